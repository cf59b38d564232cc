"""An address that is not known: not in sync at once, and a problem after 15 minutes."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns.detection import detector, hedged
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import LIST, Clock, endpoints, press_update_now, state
from .router_entities import PROBLEM, Router, contents, issues, lines, reason

NAME = "home.example.com"
DNS_RECORD = "event.home_example_com_dns_record"
MOBILE = "mobile.example.com"
MOBILE_PROBLEM = "binary_sensor.mobile_example_com_dns_problem"
HOLD_DOWN = timedelta(seconds=10)
OTHERS = ("ipify", "ident.me", "amazon", "home-assistant")


def one_provider_contradicts(simulator: Simulator) -> str:
    """Let one provider report another address, and all others be unreachable."""
    for name in OTHERS:
        simulator.faults.add("ip", name, kind="reset")
    simulator.ip.set_address(NEXT)
    unreachable = ", ".join(f"{name}: unreachable" for name in OTHERS)
    return f"cloudflare: {NEXT}, {unreachable}"


def every_address_is_shared(simulator: Simulator) -> str:
    """Let every provider report an address that must not be written."""
    simulator.ip.set_address("100.64.0.1")
    return ", ".join(f"{name}: 100.64.0.1 (cgnat)" for name in ("cloudflare", *OTHERS))


CAUSES = [one_provider_contradicts, every_address_is_shared]


async def domains_in_sync(hass: HomeAssistant) -> str:
    """Return how many domains system health counts as in sync."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    if "cloudflare_api" in info:
        await info["cloudflare_api"]
    return str(info["domains_in_sync"])


def event_of(hass: HomeAssistant) -> tuple[str, str | None]:
    """Return the type and the reason of the last event of the domain."""
    shown = hass.states.get(DNS_RECORD)
    assert shown is not None
    return shown.attributes["event_type"], shown.attributes["reason"]


@pytest.mark.parametrize("cause", CAUSES)
async def test_an_address_that_is_not_known_for_15_minutes_is_a_problem(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
    cause: Callable[[Simulator], str],
) -> None:
    """There is a reason, an event, and a repair with what each provider reported."""
    assert await domains_in_sync(hass) == "1 / 1"
    responses = cause(simulator)
    await clock.cycles(3)
    assert (state(hass, PROBLEM), event_of(hass)) == (STATE_OFF, ("updated", None))
    assert issues(hass) == {}
    assert await domains_in_sync(hass) == "0 / 1"
    (record,) = (await async_get_config_entry_diagnostics(hass, entry))["records"]
    assert (record["is_in_sync"], record["reason"], record["unknown_s"]) == (False, None, 602)

    await clock.cycles()
    assert (state(hass, PROBLEM), reason(hass)) == (STATE_ON, "no_address")
    assert event_of(hass) == ("failed", "no_address")
    placeholders = issues(hass)["no_address"]
    assert placeholders["responses"].replace("\\", "") == responses
    assert placeholders["names"] == f"`{NAME}`"
    assert lines(caplog) == [
        "example.com cannot be kept up to date: no usable, agreed IPv4 address"
    ]

    simulator.faults.clear()
    simulator.ip.set_address(HOME)
    await clock.cycles()
    assert (state(hass, PROBLEM), event_of(hass)) == (STATE_OFF, ("recovered", None))
    assert issues(hass) == {}
    assert await domains_in_sync(hass) == "1 / 1"


@pytest.mark.parametrize("cause", CAUSES)
async def test_update_now_fails_at_once_without_an_address(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    cause: Callable[[Simulator], str],
) -> None:
    """The message names the domain and who reported what."""
    responses = cause(simulator)
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "address_unknown"
    assert caught.value.translation_placeholders == {
        "family": "IPv4",
        "names": NAME,
        "responses": responses,
    }


async def test_update_now_fails_if_every_provider_is_slow(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message says that each of them timed out."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.05)
    monkeypatch.setattr(detector, "TIME_LIMIT_S", 0.4)
    simulator.faults.add("ip", kind="hang")
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "address_unknown"
    assert "cloudflare: timeout" in str(caught.value)


@pytest.fixture
async def mobile(hass: HomeAssistant, zone: Zone, clock: Clock) -> Router:
    """Set up two domains, of which one has a second connection as its own source."""
    mobile = Router(hass, "mobile", platform="huawei_lte")
    await mobile.reports(OLD)
    sources = {"ipv4": [mobile.source("other_connection")]}
    await set_up(hass, zone, [domain(NAME), domain(MOBILE, sources=sources)])
    await clock.passes(HOLD_DOWN)
    return mobile


async def test_an_address_of_another_source_is_no_proof(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, mobile: Router
) -> None:
    """A domain with a source of its own is in sync, the one that has the home's is not."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert await domains_in_sync(hass) == "2 / 2"
    simulator.faults.add("ip", kind="reset")
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "address_unknown"
    assert await domains_in_sync(hass) == "1 / 2"
    data = {"config_entry_id": entry.entry_id, "domains": [MOBILE]}
    await hass.services.async_call(DOMAIN, "sync", data, blocking=True)
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "sync", {**data, "domains": [NAME]}, blocking=True)

    await clock.cycles(4)
    assert (reason(hass), reason(hass, MOBILE_PROBLEM)) == ("no_address", None)
    assert [*issues(hass)] == ["no_address"]


async def test_an_own_source_that_is_silent_is_a_problem_of_its_domain(
    hass: HomeAssistant, clock: Clock, mobile: Router
) -> None:
    """Nothing may take the place of a second connection; the home is not affected."""
    await mobile.reports(STATE_UNAVAILABLE)
    await clock.cycles(4)
    assert (reason(hass), reason(hass, MOBILE_PROBLEM)) == (None, "no_address")
    assert issues(hass)["no_address"]["responses"].replace("\\", "") == "The router: not an address"
    await mobile.reports(OLD)
    await clock.passes(HOLD_DOWN)
    assert reason(hass, MOBILE_PROBLEM) is None
    assert issues(hass) == {}


async def test_update_now_during_a_hold_down_says_how_long_it_lasts(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, mobile: Router
) -> None:
    """That nobody can confirm the address is not that two services disagree."""
    await mobile.reports(NEXT)
    await clock.passes(timedelta(seconds=2))
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "hold_down"
    assert caught.value.translation_placeholders == {
        "family": "IPv4",
        "address": NEXT,
        "wait": "7",
    }
    await clock.passes(HOLD_DOWN)
    await press_update_now(hass)
    assert contents(simulator)[MOBILE] == NEXT


async def test_update_now_of_a_flapping_address_says_how_long_it_is_held(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """All providers agree, and the message says so with the seconds that are left."""
    for address in (NEXT, HOME):
        simulator.ip.set_address(address)
        await clock.passes(timedelta(minutes=1))
        with suppress(HomeAssistantError):
            await press_update_now(hass)
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "hold_down"
    placeholders = caught.value.translation_placeholders
    assert placeholders is not None
    assert placeholders["address"] == HOME
    assert 0 < int(placeholders["wait"]) <= 120


async def test_what_is_missing_is_said_before_what_is_held(
    hass: HomeAssistant, simulator: Simulator, mobile: Router
) -> None:
    """A hold-down ends by itself; an address that is not found needs somebody."""
    await mobile.reports(NEXT)
    simulator.faults.add("ip", kind="reset")
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "address_unknown"


async def test_the_15_minutes_go_on_over_reloads(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Reloads in between neither hide the failure nor repeat it."""
    simulator.faults.add("ip", kind="html")
    for _ in range(4):
        await clock.cycles()
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert (reason(hass), event_of(hass)) == ("no_address", ("failed", "no_address"))
    simulator.faults.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert event_of(hass) == ("recovered", None)


async def test_ipv6_that_is_gone_is_a_repair_until_its_record_is_gone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """An AAAA record that leads nowhere is a problem; the home's IPv4 is not affected."""
    entry = await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])])
    simulator.ip.set_address(None, family=6)
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "address_unknown"
    await clock.cycles(4)
    assert reason(hass) == "no_address"
    assert issues(hass)["family_gone"]["type"] == "AAAA"

    (record,) = (r for r in simulator.cloudflare.records(zone) if r["type"] == "AAAA")
    simulator.cloudflare.delete_record(zone, record["id"])
    await press_update_now(hass)
    assert (reason(hass), issues(hass)) == (None, {})
    assert await domains_in_sync(hass) == "1 / 1"
    assert entry.runtime_data.data.has_unknown_record is False


async def test_an_outage_of_the_network_is_not_the_end_of_ipv6(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """If no address is known at all, no repair asks to delete a record."""
    await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])])
    simulator.faults.add("ip", kind="reset")
    await clock.cycles(4)
    shown = {i.translation_key for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN}
    assert shown == {"no_address"}
    assert len(ir.async_get(hass).issues) == 2


async def test_a_home_that_never_had_ipv6_has_no_problem(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A domain that asks for both families works with IPv4 alone."""
    simulator.ip.set_address(None, family=6)
    await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])])
    await clock.cycles(5)
    assert (reason(hass), issues(hass)) == (None, {})
    assert await domains_in_sync(hass) == "1 / 1"
    await press_update_now(hass)


async def test_a_zone_that_cannot_be_read_for_15_minutes_is_a_problem(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The address is known and the same, but nobody knows whether the record still has it."""
    simulator.cloudflare.reachable = False
    with pytest.raises(HomeAssistantError):
        await press_update_now(hass)
    assert (reason(hass), await domains_in_sync(hass)) == (None, "0 / 1")
    await clock.cycles(3)
    assert (reason(hass), event_of(hass)) == ("unread", ("failed", "unread"))

    simulator.cloudflare.reachable = True
    simulator.log.clear()
    await clock.cycles()
    assert endpoints(simulator) == [LIST]
    assert (reason(hass), event_of(hass)) == (None, ("recovered", None))
