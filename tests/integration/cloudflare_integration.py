"""Home Assistant's own Cloudflare integration, whose client library is replaced by a stand-in.

The library has its API's address built in, and need not be installed.
"""

from collections.abc import Mapping
import os
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

from aiohttp import ClientSession
from homeassistant.config_entries import HANDLERS, SOURCE_USER, ConfigEntry, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_integration,
    mock_platform,
)

from tests.secrets import TOKEN

DOMAIN = "cloudflare"
type Hook = Any
"""An async function that a config entry is set up or unloaded by."""


class Client:
    """What the integration needs of its client library."""

    def __init__(self, *, api_token: str, client_session: ClientSession) -> None:
        """Use a token."""
        self._headers = {"Authorization": f"Bearer {api_token}"}
        self._session = client_session

    async def list_zones(self) -> list[dict[str, Any]]:
        """Return all zones."""
        return await self._get("/zones", {})

    async def list_dns_records(self, *, zone_id: str, type: str) -> list[dict[str, Any]]:  # noqa: A002 - its name
        """Return the records of a type."""
        return await self._get(f"/zones/{zone_id}/dns_records", {"type": type})

    async def _get(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        url = os.environ["CLOUDFLARE_BASE_URL"] + path
        async with self._session.get(url, params=query, headers=self._headers) as response:
            found: list[dict[str, Any]] = (await response.json())["result"]
            return found


async def set_up(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, zone: str, names: list[str], address: str
) -> ConfigEntry:
    """Set up the integration by its own forms, in a home with an address."""
    library = ModuleType("pycfdns")
    vars(library).update(
        Client=Client,
        ZoneModel=dict,
        RecordModel=dict,
        AuthenticationException=PermissionError,
        ComunicationException=ConnectionError,
    )
    monkeypatch.setitem(sys.modules, "pycfdns", library)

    async def location(_: ClientSession) -> SimpleNamespace:
        return SimpleNamespace(ip=address)

    flow = hass.config_entries.flow
    form = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    coordinator = sys.modules["homeassistant.components.cloudflare.coordinator"]
    monkeypatch.setattr(coordinator, "async_detect_location_info", location)
    for fields in ({"api_token": TOKEN}, {"zone": zone}, {"records": names}):
        form = await flow.async_configure(form["flow_id"], fields)
    assert form["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    return form["result"]


def stand_in(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, unload: Hook = None) -> None:
    """Replace the integration by one that does nothing, or something when it is unloaded."""

    async def set_up_entry(_: HomeAssistant, entry: ConfigEntry) -> bool:
        return True

    async def unload_entry(_: HomeAssistant, entry: ConfigEntry) -> bool:
        return True

    module = MockModule(
        DOMAIN, async_setup_entry=set_up_entry, async_unload_entry=unload or unload_entry
    )
    # A built-in one returns a boolean before 2026.11, and must not any more.
    mock_integration(hass, module, built_in=False)
    mock_platform(hass, f"{DOMAIN}.config_flow")
    monkeypatch.setitem(HANDLERS, DOMAIN, ConfigFlow)


async def add_entry(hass: HomeAssistant, names: list[str], **data: Any) -> MockConfigEntry:
    """Add an entry of the stand-in, with the data that the integration stores."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="example.com",
        data={"api_token": TOKEN, "zone": "example.com", "records": names, **data},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
