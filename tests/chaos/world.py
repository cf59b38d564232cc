"""The parts of an environment that recovery, trials and expectations use."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulator import Simulator

from .account_resources import Account
from .clock import Clock
from .external_editor import ExternalEditor
from .faults import Faults
from .home_assistant_core import HomeAssistantCore
from .model import ZoneModel
from .network import Network
from .resource_model import ResourceModel
from .user_operations import UserOperations
from .zone_checker import ZoneChecker


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The simulator, the home, its users and the checkers."""

    simulator: Simulator
    clock: Clock
    network: Network
    faults: Faults
    editor: ExternalEditor
    core: HomeAssistantCore
    user: UserOperations
    models: Mapping[str, ZoneModel]
    checkers: Mapping[str, ZoneChecker]
    resources: ResourceModel
    account: Account
