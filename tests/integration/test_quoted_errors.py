"""Errors in Cloudflare's own words: they are shown literally and accuse no key."""

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import LIST, PUBLIC_IPV4, Clock, state
from .repair_flows import issue_id, issues

MARKDOWN = "**Click** [here](https://portal.example) <img src=x>\n# now\x1b[2J"
ESCAPED = (
    r"Cloudflare refused the request\: \*\*Click\*\* \[here\]\(https\:\/\/portal\.example\) "
    r"\<img src\=x\> \# now \[2J"
)


async def test_the_reason_in_a_repair_is_shown_literally(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A repair is Markdown: what Cloudflare says can be no link, image or heading in it."""
    simulator.faults.add("cloudflare", "POST *", kind="error", status=400, code=1, message=MARKDOWN)

    await set_up(hass, zone, [domain("www.example.com")])

    assert issues(hass) == ["record_refused"]
    issue = ir.async_get(hass).issues[DOMAIN, issue_id(hass)]
    assert (issue.translation_placeholders or {})["reason"] == ESCAPED


async def test_the_target_of_a_cname_in_a_repair_is_shown_literally(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """So is the content of a record, which anybody with access to the zone can write."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="www", content="_a_._b_.example.org")

    await set_up(hass, zone, [domain("www.example.com")])

    issue = ir.async_get(hass).issues[DOMAIN, issue_id(hass)]
    assert (issue.translation_placeholders or {})["existing"] == "`_a_._b_.example.org`"


@pytest.mark.parametrize(
    "kind, detail",
    [
        pytest.param("error", {"status": 403, "code": 1038}, id="another code"),
        pytest.param("body", {"status": 403, "body": '{"error": "No"}'}, id="bare error"),
        pytest.param("body", {"status": 404, "body": '{"error": "No"}'}, id="404"),
    ],
)
async def test_a_refusal_for_another_reason_asks_for_no_other_key(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    clock: Clock,
    kind: str,
    detail: Detail,
) -> None:
    """However long it lasts, the key is not blamed, and the record follows when it ends."""
    simulator.faults.add("cloudflare", LIST, kind=kind, **detail)
    simulator.ip.set_address(NEXT)

    await clock.cycles(5)

    assert not [*entry.async_get_active_flows(hass, {SOURCE_REAUTH})]
    assert issues(hass) == []
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert [r["content"] for r in simulator.cloudflare.records("example.com")] == [HOME]

    simulator.faults.clear()
    await clock.cycles(2)
    assert [r["content"] for r in simulator.cloudflare.records("example.com")] == [NEXT]
