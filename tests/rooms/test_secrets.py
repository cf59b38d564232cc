"""Credentials: whatever Cloudflare says, they show nowhere and go nowhere else."""

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
from lab import Lab
from lab.cloudflare import Zone
from lab.faults import Detail
from tests.conftest import NEXT
from tests.ddns.raw import Raw, answer, raw_server
from tests.secrets import EMAIL, GLOBAL_KEY, TOKEN, found_in

from .conftest import BATCH, Clock, submit_user_form

ECHOES: dict[str, Callable[[str], tuple[str, Detail]]] = {
    "message": lambda told: ("error", {"status": 400, "code": 9005, "message": told}),
    "chain": lambda told: ("error", {"status": 400, "code": 1004, "chain": [(9005, told)]}),
    "denial": lambda told: ("error", {"status": 403, "code": 9109, "message": told}),
    "lock-out": lambda told: ("error", {"status": 403, "message": f"Max auth failures: {told}"}),
    "trouble": lambda told: ("error", {"status": 500, "message": told}),
    "page": lambda told: ("body", {"status": 502, "body": f"<h1>{told}</h1>"}),
    "result": lambda told: (
        "body",
        {"body": f'{{"success": true, "result": [{{"id": "{told}"}}]}}'},
    ),
    "other shape": lambda told: ("body", {"body": f'{{"success": false, "errors": "{told}"}}'}),
    "redirect": lambda told: ("redirect", {"url": f"http://127.0.0.1:9/?{told}"}),
}
"""Ways in which an answer may repeat what was sent."""


@pytest.fixture
def fired(hass: HomeAssistant) -> Iterator[list[str]]:
    """Collect all that goes over the bus; nothing of it is secret."""
    texts: list[str] = []

    @callback
    def hear(event: Event[Any]) -> None:
        texts.append(repr(event.data))

    hass.bus.async_listen(MATCH_ALL, hear)
    yield texts
    assert texts
    assert [text for text in texts if found_in(text)] == []


def said(form: ConfigFlowResult) -> str:
    """Return what a form says, apart from what was typed in it."""
    return f"{form['errors']}{form['description_placeholders']}"


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize(
    "typed", [{"key": TOKEN}, {"key": GLOBAL_KEY, "email": EMAIL}], ids=["token", "key"]
)
async def test_a_credential_that_cloudflare_repeats_shows_in_no_form(
    hass: HomeAssistant, lab: Lab, zone: Zone, how: str, typed: dict[str, str]
) -> None:
    """A form that quotes Cloudflare does not quote the key, the token or the email address."""
    kind, detail = ECHOES[how](f"Bearer {' and '.join(typed.values())}")
    lab.faults.add("cloudflare", kind=kind, **detail)

    form = await submit_user_form(hass, zone="example.com", domain="home", **typed)

    assert form["type"] is FlowResultType.FORM
    assert found_in(said(form)) == []


@pytest.mark.parametrize("how", ECHOES)
async def test_a_credential_that_cloudflare_repeats_is_told_nobody(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: list[str],
    how: str,
) -> None:
    """Neither repairs nor states, events, diagnostics or log repeat what Cloudflare repeats."""
    kind, detail = ECHOES[how](f"Bearer {TOKEN}")
    await clock.cycles()
    lab.faults.add("cloudflare", BATCH, kind=kind, **detail)
    lab.ip.set_address(NEXT)
    await clock.cycles(2)
    lab.faults.clear()
    lab.faults.add("cloudflare", kind=kind, **detail)
    await clock.cycles(13)

    shown = [str(issue.to_json()) for issue in ir.async_get(hass).issues.values()]
    shown += [f"{i.data}{i.translation_placeholders}" for i in ir.async_get(hass).issues.values()]
    shown += [str(state.as_dict()) for state in hass.states.async_all()]
    shown.append(json.dumps(await async_get_config_entry_diagnostics(hass, entry)))
    for flow in hass.config_entries.flow.async_progress():
        step = await hass.config_entries.flow.async_configure(flow["flow_id"])
        shown.append(said(step))
    assert [text for text in shown if found_in(text)] == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_credential_goes_nowhere_but_to_cloudflare(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry, status: int
) -> None:
    """A redirect is not followed, by no request of any kind, and no page is told the key."""
    async with raw_server(answer(b"{}")) as elsewhere:
        await _redirect_everything(hass, lab, clock, elsewhere, status)
    assert elsewhere.heard == []
    assert {look_up.auth for look_up in lab.log.select(service="ip")} == {"none"}
    assert {asked.auth for asked in lab.log.select(service="cloudflare")} == {"token"}


async def _redirect_everything(
    hass: HomeAssistant, lab: Lab, clock: Clock, elsewhere: Raw, status: int
) -> None:
    """Change the address, and send whoever asks anything for it elsewhere."""
    for service, target in (("ip", "ipify"), ("cloudflare", BATCH), ("cloudflare", "*")):
        where: Any = service
        lab.faults.add(where, target, kind="redirect", url=elsewhere.origin, status=status)
        lab.ip.set_address(NEXT)
        await clock.cycles(2)
    await submit_user_form(hass, zone="example.com", key=TOKEN, domain="www")
