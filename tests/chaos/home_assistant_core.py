"""A Home Assistant core with the config entries of the model, started and stopped on request."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import attr
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_test_home_assistant, mock_storage

from devtools.bare_core import prepare_core

from .account_resources import Account
from .clock import Clock
from .constants import ENTITIES, STATUS_ENTITIES
from .integration import DOMAIN, INSTANCE_ID, new_entry, new_resource_subentry
from .model import ZoneModel
from .network import Network
from .resource_model import ResourceModel
from .stored_data import registry_id
from .zone_checker import ZoneChecker


@asynccontextmanager
async def run_core(
    storage: dict[str, Any], state: CoreState = CoreState.running
) -> AsyncIterator[HomeAssistant]:
    """Start a core with a storage; the caller has to stop it."""
    with mock_storage(storage):
        async with async_test_home_assistant(initial_state=state) as hass:
            await prepare_core(hass)
            yield hass


class HomeAssistantCore:
    """The core of a scenario; its storage survives a restart."""

    def __init__(
        self,
        clock: Clock,
        network: Network,
        started: Iterable[Callable[[HomeAssistant], None]],
        models: Mapping[str, ZoneModel],
        checkers: Mapping[str, ZoneChecker],
        resources: ResourceModel,
        account: Account,
    ) -> None:
        """Stay stopped; whatever starts is passed to ``started``."""
        self.hass: HomeAssistant
        self._clock = clock
        self._network = network
        self._started = started
        self._models = models
        self._checkers = checkers
        self._resources = resources
        self._account = account
        self._running = AsyncExitStack()
        self._storage: dict[str, Any] = {
            "core.uuid": {"version": 1, "key": "core.uuid", "data": {"uuid": INSTANCE_ID}}
        }
        self._is_first_start = True

    async def start(self, late_entities: bool = False) -> None:  # noqa: FBT001, FBT002
        """Start Home Assistant; with late entities, these appear after the integration."""
        state = CoreState.running if self._is_first_start else CoreState.starting
        self._is_first_start = False
        self._running = AsyncExitStack()
        hass = await self._running.enter_async_context(run_core(self._storage, state))
        self.hass = self._clock.hass = hass
        for started in self._started:
            started(hass)
        registry = er.async_get(hass)
        for name in (*ENTITIES, *STATUS_ENTITIES.values()):
            platform = _platform(name)
            entity = registry.async_get_or_create(platform, "upnp", name, suggested_object_id=name)
            # The storage has no entity registry, but stored sources contain the registry id.
            registry.entities[entity.entity_id] = attr.evolve(entity, id=registry_id(name))
        if not late_entities:
            self._network.connect_states(self._write_state)
        for name, model in self._models.items():
            zone_id, resources = self._checkers[name].zone.id, self._resources.of_zone(name)
            subentries = [new_resource_subentry(c, *self._account.ids(c.kind)) for c in resources]
            new_entry(model, zone_id, subentries).add_to_hass(hass)
        await async_setup_component(hass, DOMAIN, {})
        hass.set_state(CoreState.running)
        if state is not CoreState.running:
            hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        if late_entities:
            self._network.connect_states(self._write_state)

    async def stop(self) -> None:
        """Stop Home Assistant, whatever it is doing."""
        self._network.disconnect_states()
        await self.hass.async_stop(force=True)
        await self._running.aclose()

    def _write_state(self, name: str) -> None:
        state = self._network.entity_states[name]
        entity_id = f"{_platform(name)}.{name}"
        if state == "removed":
            self.hass.states.async_remove(entity_id)
        else:
            self.hass.states.async_set(entity_id, state)


def _platform(name: str) -> str:
    return "binary_sensor" if name in STATUS_ENTITIES.values() else "sensor"
