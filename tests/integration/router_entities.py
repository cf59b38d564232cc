"""Routers: entities that report a public address, and what Raindrop shows of them."""

from collections.abc import Mapping
import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from simulator.responses import Json

from .conftest import BATCH

NAME = "home.example.com"
PROBLEM = "binary_sensor.home_example_com_dns_problem"


class Router:
    """An entity of a router's integration that reports the public address."""

    def __init__(
        self,
        hass: HomeAssistant,
        name: str = "router",
        *,
        platform: str = "upnp",
        translation_key: str | None = "external_ip",
    ) -> None:
        """Register the entity, without a state."""
        self._hass = hass
        entry = er.async_get(hass).async_get_or_create(
            "sensor",
            platform,
            f"{name}_external_ip",
            suggested_object_id=f"{name}_external_ip",
            translation_key=translation_key,
        )
        self.id = entry.id
        """Its registry id, which stays when it is renamed."""

    @property
    def entity_id(self) -> str:
        """Its present entity id."""
        entity_id = er.async_resolve_entity_id(er.async_get(self._hass), self.id)
        assert entity_id is not None
        return entity_id

    async def reports(self, text: str, **attributes: str) -> None:
        """Change the state, and wait for what follows; no time passes."""
        self._hass.states.async_set(
            self.entity_id, text, {"friendly_name": "The router", **attributes}
        )
        await self._hass.async_block_till_done(wait_background_tasks=True)

    def source(self, meaning: str = "this_network") -> dict[str, Any]:
        """Return the entity as a stored source."""
        return {"source": "entity", "entity": self.id, "meaning": meaning}


def issues(hass: HomeAssistant) -> dict[str, Mapping[str, str]]:
    """Return the repair issues by translation key, with their placeholders."""
    return {
        str(issue.translation_key): issue.translation_placeholders or {}
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    }


def reason(hass: HomeAssistant, entity_id: str = PROBLEM) -> object:
    """Return the reason of a problem sensor, None if there is no problem."""
    shown = hass.states.get(entity_id)
    assert shown is not None
    return shown.attributes["reason"]


def contents(simulator: Simulator, zone: str = "example.com") -> dict[str, str]:
    """Return the contents of the records of a zone, by name."""
    return {str(r["name"]): str(r["content"]) for r in simulator.cloudflare.records(zone)}


def written(simulator: Simulator) -> list[str]:
    """Return the addresses of all batches, in the order in which they were sent."""
    addresses: list[Json] = []
    for batch in simulator.log.select(endpoint=BATCH):
        assert isinstance(batch.body, dict)
        for operations in batch.body.values():
            assert isinstance(operations, list)
            addresses += [o["content"] for o in operations if isinstance(o, dict)]
    return [str(address) for address in addresses]


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    """Return what Raindrop logged at a level."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}") and record.levelno == level
    ]
