"""Raindrop."""

import asyncio
from collections.abc import Mapping
import json
import os
from types import MappingProxyType
from typing import Any, override
from unittest.mock import patch

# Has to come before Home Assistant.
import tests.ha_compat  # isort: skip  # noqa: F401

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop import source_watch
from custom_components.raindrop.ddns import UpdateOptions, desired_records
from devtools.raindrop_imports import DEFAULT_DOMAIN, DEFAULT_OPTIONS, DOMAIN, coordinator
from devtools.simulated_providers import install_from_json

from .in_home_assistant import InHomeAssistant

ROUTER = "sensor.router"


def _never(*_: object) -> bool:
    """Return False, without the time that a mock needs for each record."""
    return False


class Raindrop(InHomeAssistant):
    """Raindrop with its default options: the address comes from web providers."""

    options: Mapping[str, Any] = MappingProxyType({})

    @override
    async def prepare(self) -> None:
        """Point Raindrop at the simulator and start Home Assistant."""
        os.environ["CLOUDFLARE_BASE_URL"] = self.task.cloudflare
        install_from_json(json.dumps({"ip": self.task.ip, "stun": self.task.stun}))
        # Updates follow each other faster than usual; each one must look up the address itself.
        patch.object(coordinator, "ROUTINE", UpdateOptions()).start()
        # So do external changes; within six hours they would make a record contested.
        patch.object(desired_records, "is_contested", _never).start()
        await super().prepare()

    @override
    async def full_sync(self) -> None:
        """Run the update that reads the zone, as once an hour."""
        await self.entry.runtime_data.async_update_now()

    @override
    async def stop(self) -> None:
        """Unload the entry and discard the detected addresses."""
        await super().stop()
        self.hass.data.pop(f"{DOMAIN}_detector", None)

    @override
    def new_entry(self) -> MockConfigEntry:
        """Return an entry with one domain for each name."""
        task = self.task
        return MockConfigEntry(
            domain=DOMAIN,
            title=task.zone,
            unique_id=task.zone_id,
            data={
                "zone": task.zone,
                "email": None,
                "key": task.token,
                "zone_id": task.zone_id,
                "zone_name": task.zone,
                "is_paid": True,
            },
            options={**DEFAULT_OPTIONS, **self.options},
            subentries_data=[
                {
                    "subentry_type": "domain",
                    "title": name,
                    "unique_id": f"domain:{name}",
                    "data": {**DEFAULT_DOMAIN, "domain": name},
                }
                for name in task.names
            ],
        )


class RaindropWithEntity(Raindrop):
    """Raindrop with a router entity as the source, confirmed by a web provider."""

    options = MappingProxyType(
        {
            "sources": {
                "ipv4": [{"source": "entity", "entity": ROUTER, "meaning": "this_network"}],
                "ipv6": [],
            }
        }
    )

    @override
    async def prepare(self) -> None:
        """Let updates follow each change of the entity, which are far apart in practice."""
        patch.object(source_watch, "_ENTITY_PAUSE_S", 0).start()
        await super().prepare()

    @override
    async def start(self) -> None:
        """Set up the entry while the state of the router entity is unknown."""
        self.hass.states.async_set(ROUTER, "unknown")
        await super().start()

    @override
    async def report_address(self, address: str) -> None:
        """Set the state of the router entity, and wait until all records have the address."""
        done = asyncio.Event()

        def check() -> None:
            records = self.coordinator.data.records.values()
            if {str(record.last_address) for record in records} == {address}:
                done.set()

        stop = self.coordinator.async_add_listener(check)
        self.hass.states.async_set(ROUTER, address)
        async with asyncio.timeout(30):
            await done.wait()
        stop()
