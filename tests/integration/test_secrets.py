"""Credentials are shown nowhere and sent to Cloudflare only, whatever it responds."""

from collections.abc import Callable, Iterator
import json
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail
from tests.conftest import NEXT
from tests.library.raw_server import Raw, raw_server, response
from tests.secrets import EMAIL, GLOBAL_KEY, TOKEN, found_in

from .conftest import BATCH, Clock, submit_user_form

ECHOES: dict[str, Callable[[str], tuple[str, Detail]]] = {
    "message": lambda text: ("error", {"status": 400, "code": 9005, "message": text}),
    "upper case": lambda text: ("error", {"status": 400, "code": 9005, "message": text.upper()}),
    "percent-encoded": lambda text: (
        "error",
        {"status": 400, "code": 9005, "message": "".join(f"%{byte:02x}" for byte in text.encode())},
    ),
    "chain": lambda text: ("error", {"status": 400, "code": 1004, "chain": [(9005, text)]}),
    "denial": lambda text: ("error", {"status": 403, "code": 9109, "message": text}),
    "lockout": lambda text: ("error", {"status": 403, "message": f"Max auth failures: {text}"}),
    "server error": lambda text: ("error", {"status": 500, "message": text}),
    "HTML": lambda text: ("body", {"status": 502, "body": f"<h1>{text}</h1>"}),
    "result": lambda text: (
        "body",
        {"body": f'{{"success": true, "result": [{{"id": "{text}"}}]}}'},
    ),
    "other shape": lambda text: ("body", {"body": f'{{"success": false, "errors": "{text}"}}'}),
    "redirect": lambda text: ("redirect", {"url": f"http://127.0.0.1:9/?{text}"}),
}
"""Ways in which a response may repeat what was sent."""


@pytest.fixture
def fired(hass: HomeAssistant) -> Iterator[list[str]]:
    """Collect the data of all events; none of it is secret."""
    texts: list[str] = []

    @callback
    def collect(event: Event[Any]) -> None:
        texts.append(repr(event.data))

    hass.bus.async_listen(MATCH_ALL, collect)
    yield texts
    assert texts
    assert [text for text in texts if found_in(text)] == []


def messages(form: ConfigFlowResult) -> str:
    """Return the messages of a form, without the entered values."""
    return f"{form['errors']}{form['description_placeholders']}"


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize(
    "typed", [{"key": TOKEN}, {"key": GLOBAL_KEY, "email": EMAIL}], ids=["token", "key"]
)
async def test_a_credential_that_cloudflare_repeats_is_shown_in_no_form(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, how: str, typed: dict[str, str]
) -> None:
    """A form that quotes Cloudflare does not quote the key, the token or the email address."""
    kind, detail = ECHOES[how](f"Bearer {' and '.join(typed.values())}")
    simulator.faults.add("cloudflare", kind=kind, **detail)

    form = await submit_user_form(hass, zone="example.com", domain="home", **typed)

    assert form["type"] is FlowResultType.FORM
    assert found_in(messages(form)) == []


@pytest.mark.parametrize("how", ECHOES)
async def test_a_credential_that_cloudflare_repeats_is_published_nowhere(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: list[str],
    how: str,
) -> None:
    """Repairs, states, events, diagnostics and log do not contain it."""
    kind, detail = ECHOES[how](f"Bearer {TOKEN}")
    await clock.cycles()
    simulator.faults.add("cloudflare", BATCH, kind=kind, **detail)
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    simulator.faults.clear()
    simulator.faults.add("cloudflare", kind=kind, **detail)
    await clock.cycles(13)

    shown = [str(issue.to_json()) for issue in ir.async_get(hass).issues.values()]
    shown += [f"{i.data}{i.translation_placeholders}" for i in ir.async_get(hass).issues.values()]
    shown += [str(state.as_dict()) for state in hass.states.async_all()]
    shown.append(json.dumps(await async_get_config_entry_diagnostics(hass, entry)))
    for flow in hass.config_entries.flow.async_progress():
        step = await hass.config_entries.flow.async_configure(flow["flow_id"])
        shown.append(messages(step))
    assert [text for text in shown if found_in(text)] == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_credential_is_sent_to_cloudflare_only(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    status: int,
) -> None:
    """No request follows a redirect, and no provider gets the key."""
    async with raw_server(response(b"{}")) as elsewhere:
        await _redirect_everything(hass, simulator, clock, elsewhere, status)
    assert elsewhere.received == []
    assert {request.auth for request in simulator.log.select(service="ip")} == {"none"}
    assert {request.auth for request in simulator.log.select(service="cloudflare")} == {"token"}


async def _redirect_everything(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, elsewhere: Raw, status: int
) -> None:
    """Change the address while requests of all kinds are redirected."""
    for service, target in (("ip", "ipify"), ("cloudflare", BATCH), ("cloudflare", "*")):
        where: Any = service
        simulator.faults.add(where, target, kind="redirect", url=elsewhere.origin, status=status)
        simulator.ip.set_address(NEXT)
        await clock.cycles(2)
    await submit_user_form(hass, zone="example.com", key=TOKEN, domain="www")
