"""Fix flows of repair issues, and the domain whose record they fix."""

from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.components.repairs.issue_handler import RepairsFlowManager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from tests.conftest import OLD

NAME = "www.example.com"
A = {"type": "A", "name": "www", "content": OLD}
SECOND = A | {"content": "81.2.69.150", "proxied": True, "comment": "flat"}


def issues(hass: HomeAssistant) -> list[str]:
    """Return the translation keys of the issues."""
    found = ir.async_get(hass).issues.values()
    return sorted(str(i.translation_key) for i in found if i.domain == DOMAIN)


def issue_id(hass: HomeAssistant) -> str:
    """Return the id of the only issue."""
    (found,) = (i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN)
    return found.issue_id


class Repair:
    """A fix flow."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Use the flow manager of the repairs."""
        self._hass = hass
        self._manager: RepairsFlowManager = hass.data[REPAIRS]["flow_manager"]
        self.step: Any = None

    async def start(self, which: str | None = None) -> Any:  # noqa: ANN401
        """Start the flow of an issue, by default of the only one."""
        # Until 2026.9 the data named the issue, since then it is the context.
        issue: Any = {"issue_id": which or issue_id(self._hass)}
        self.step = await self._manager.async_init(DOMAIN, context=issue, data=issue)
        return self.step

    async def send(self, responses: dict[str, Any]) -> Any:  # noqa: ANN401
        """Submit a step."""
        self.step = await self._manager.async_configure(self.step["flow_id"], responses)
        await self._hass.async_block_till_done()
        return self.step

    async def choose(self, option: str) -> Any:  # noqa: ANN401
        """Choose an option of a menu."""
        return await self.send({"next_step_id": option})


def contents(simulator: Simulator) -> list[str]:
    """Return the addresses at the name."""
    return [r["content"] for r in simulator.cloudflare.records("example.com") if r["name"] == NAME]
