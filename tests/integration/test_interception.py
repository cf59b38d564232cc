"""Something else than Cloudflare answers: the message says so."""

from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.certificates import self_signed, server_context
from tests.conftest import HOME
from tests.library.raw_server import raw_server, response
from tests.secrets import TOKEN

from .conftest import LIST, PUBLIC_IPV4, Clock, press_update_now, state, submit, submit_user_form


async def test_an_untrusted_certificate_is_named_in_the_form(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The form says that the certificate is wrong, and works once it is right."""
    context = server_context(tmp_path / "server.pem", self_signed())
    async with raw_server(response(b""), context) as server:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", server.origin)
        form = await submit_user_form(hass, zone=zone.name, key=TOKEN, domain="home")

    assert form["errors"] == {"base": "untrusted_certificate"}
    assert server.received == []

    monkeypatch.setenv("CLOUDFLARE_BASE_URL", simulator.cloudflare.base_url)
    done = await submit(hass, form, zone=zone.name, key=TOKEN, domain="home")
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_captive_portal_is_named_in_the_form(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The form says that something else answers, and works once it is gone."""
    simulator.faults.add("cloudflare", kind="portal")
    form = await submit_user_form(hass, zone=zone.name, key=TOKEN, domain="home")

    assert form["errors"] == {"base": "captive_portal"}

    simulator.faults.clear()
    done = await submit(hass, form, zone=zone.name, key=TOKEN, domain="home")
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_captive_portal_is_named_when_an_update_is_requested(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, clock: Clock
) -> None:
    """The button fails with the reason; the records stay, and follow when the portal is gone."""
    simulator.faults.add("cloudflare", LIST, kind="portal")

    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)

    assert caught.value.translation_key == "captive_portal"
    assert state(hass, PUBLIC_IPV4) == HOME

    simulator.faults.clear()
    await clock.cycles(2)
    assert entry.runtime_data.data.errors == ()
