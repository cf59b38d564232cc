"""The repair that the API token expires: asked about once a day, and never a condition."""

from datetime import timedelta
import gc
import logging

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest

from custom_components.raindrop.const import DOMAIN, FULL_SYNC_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.secrets import DNS_TOKEN, EMAIL, GLOBAL_KEY, OLD_TOKEN, TOKEN

from .builders import domain, set_up
from .conftest import (
    ACCOUNT_TOKEN,
    BATCH,
    LIST,
    PUBLIC_IPV4,
    USER_TOKEN,
    ZONE,
    Clock,
    endpoints,
    state,
    submit_user_form,
)
from .router_entities import NAME, contents, issues
from .test_request_budgets import FAULTS

DAY = timedelta(days=1)


def asked(simulator: Simulator) -> list[str]:
    """Return the requests about the token."""
    return [
        endpoint for endpoint in endpoints(simulator) if endpoint in {USER_TOKEN, ACCOUNT_TOKEN}
    ]


def expire(simulator: Simulator, token: str = TOKEN, *, days: float | None) -> str:
    """Let a token expire in some days; return the date."""
    expires_on = None if days is None else dt_util.utcnow() + timedelta(days=days)
    text = expires_on.isoformat() if expires_on else None
    simulator.cloudflare.add_token(token, expires_on=text)
    return f"{dt_util.as_local(expires_on):%Y-%m-%d}" if expires_on else ""


async def next_day(clock: Clock) -> None:
    """Let a day pass with a single full sync, at its end."""
    clock.jumps(DAY - FULL_SYNC_INTERVAL)
    await clock.full_syncs()


async def test_a_day_costs_one_request_about_the_token(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """It goes out beside a full sync, the first one after setup."""
    await set_up(hass, zone, [domain(NAME)])
    assert asked(simulator) == []
    for day in (1, 2, 3):
        await clock.full_syncs()
        assert asked(simulator) == [USER_TOKEN] * day
        await clock.full_syncs(23)
        assert asked(simulator) == [USER_TOKEN] * day
    simulator.log.clear()
    await clock.full_syncs(24)
    assert sorted(endpoints(simulator)) == sorted([USER_TOKEN, ZONE, *[LIST] * 24])


@pytest.mark.parametrize(
    "days, is_reported",
    [
        pytest.param(None, False, id="never"),
        pytest.param(365, False, id="in a year"),
        pytest.param(14.5, False, id="in more than two weeks"),
        pytest.param(13.5, True, id="in less than two weeks"),
        pytest.param(0.5, True, id="today"),
    ],
)
async def test_a_token_that_expires_within_two_weeks_is_a_repair(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    days: float | None,
    *,
    is_reported: bool,
) -> None:
    """The repair has the date, and the link to the page of the tokens."""
    date = expire(simulator, days=days)
    await set_up(hass, zone, [domain(NAME)])
    await clock.full_syncs()
    url = "https://dash.cloudflare.com/profile/api-tokens"
    placeholders = {"zone": "example.com", "date": date, "url": url}
    found = issues(hass)
    assert [*found] == (["token_expires"] if is_reported else [])
    assert all(placeholders.items() <= issue.items() for issue in found.values())
    assert asked(simulator) == [USER_TOKEN]


@pytest.fixture
async def expiring(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> RaindropConfigEntry:
    """Set up a zone with a token that expires in a week, and with the repair."""
    expire(simulator, days=7)
    entry = await set_up(hass, zone, [domain(NAME)])
    await clock.full_syncs()
    assert list(issues(hass)) == ["token_expires"]
    return entry


async def test_the_repair_goes_when_the_token_is_prolonged(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, expiring: RaindropConfigEntry
) -> None:
    """It is gone within a day."""
    expire(simulator, days=365)
    await next_day(clock)
    assert issues(hass) == {}


async def test_the_repair_goes_when_the_token_is_replaced(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, expiring: RaindropConfigEntry
) -> None:
    """It is gone at once, and stays away if the new token does not expire."""
    expire(simulator, OLD_TOKEN, days=None)
    hass.config_entries.async_update_entry(expiring, data={**expiring.data, "key": OLD_TOKEN})
    await hass.async_block_till_done()
    assert issues(hass) == {}
    await next_day(clock)
    assert issues(hass) == {}


async def test_the_repair_is_a_warning_of_a_loaded_zone(
    hass: HomeAssistant, expiring: RaindropConfigEntry
) -> None:
    """It has no button, and goes with the zone."""
    (issue,) = (i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN)
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    await hass.config_entries.async_unload(expiring.entry_id)
    assert issues(hass) == {}


async def test_the_token_is_not_asked_about_with_a_global_api_key(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """It does not expire, and the request would be refused."""
    simulator.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    await submit_user_form(hass, zone="example.com", email=EMAIL, key=GLOBAL_KEY, domain="home")
    await next_day(clock)
    assert asked(simulator) == []
    assert issues(hass) == {}


async def test_the_token_is_not_asked_about_while_the_zone_cannot_be_read(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A token that is refused is a matter of the lists; it is asked about when they succeed."""
    await set_up(hass, zone, [domain(NAME)])
    simulator.cloudflare.credentials.revoke(TOKEN)
    await clock.full_syncs(3)
    assert asked(simulator) == []
    expire(simulator, days=7)
    await clock.full_syncs()
    assert asked(simulator) == [USER_TOKEN]
    assert list(issues(hass)) == ["token_expires"]


async def test_a_token_of_an_account_is_a_repair_as_well(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Where to ask is found out once; the link leads to the tokens of the account."""
    expires_on = (dt_util.utcnow() + timedelta(days=7)).isoformat()
    simulator.cloudflare.add_token(DNS_TOKEN, owner="account", expires_on=expires_on)
    await set_up(hass, zone, [domain(NAME)], token=DNS_TOKEN)
    simulator.log.clear()
    await clock.full_syncs()
    assert endpoints(simulator) == [LIST, USER_TOKEN, "GET /zones/{zone_id}", ACCOUNT_TOKEN]
    url = "https://dash.cloudflare.com/?to=/:account/api-tokens"
    assert issues(hass)["token_expires"]["url"] == url
    simulator.log.clear()
    await next_day(clock)
    assert asked(simulator) == [ACCOUNT_TOKEN]
    assert hass.config_entries.flow.async_progress() == []


async def test_a_token_whose_account_is_unknown_works(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A token of an account that may not read the zone has no repair, and works."""
    simulator.cloudflare.add_token(
        DNS_TOKEN, owner="account", permissions={"dns:edit"}, expires_on="2020-01-01T00:00:00Z"
    )
    await set_up(hass, zone, [domain(NAME)], token=DNS_TOKEN)
    await next_day(clock)
    assert asked(simulator) == [USER_TOKEN]
    assert issues(hass) == {}
    assert hass.config_entries.flow.async_progress() == []
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(simulator)[NAME] == NEXT


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_failed_request_about_the_token_changes_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    expiring: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    """Records are kept, nobody is asked for another key, and the repair stays."""
    expire(simulator, days=365)
    # Not once: aiohttp repeats a request whose connection was closed.
    simulator.faults.add("cloudflare", USER_TOKEN, kind=kind, **FAULTS[kind])
    simulator.log.clear()
    await next_day(clock)
    assert set(asked(simulator)) == {USER_TOKEN}
    simulator.faults.clear()
    gc.collect()  # A task that raised is logged when it is forgotten.
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == []
    assert list(issues(hass)) == ["token_expires"]
    assert hass.config_entries.flow.async_progress() == []
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(simulator)[NAME] == NEXT
    await next_day(clock)
    assert issues(hass) == {}


async def test_a_slow_response_about_the_token_delays_nothing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Updates go on, and are published, while it is awaited."""
    expire(simulator, days=7)
    await set_up(hass, zone, [domain(NAME)])
    held = simulator.faults.add("cloudflare", USER_TOKEN, kind="hold", times=1)
    passing = hass.async_create_task(clock.full_syncs())
    await simulator.log.arrived(1, endpoint=USER_TOKEN, status=None)
    simulator.ip.set_address(NEXT)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    await entry.runtime_data.async_update_now()
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert contents(simulator)[NAME] == NEXT
    assert issues(hass) == {}
    held.release()
    await passing
    assert list(issues(hass)) == ["token_expires"]


async def test_a_late_response_about_the_token_brings_no_repair_of_an_unloaded_zone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The zone unloads without waiting for it."""
    expire(simulator, days=7)
    entry = await set_up(hass, zone, [domain(NAME)])
    held = simulator.faults.add("cloudflare", USER_TOKEN, kind="hold", times=1)
    passing = hass.async_create_task(clock.full_syncs())
    await simulator.log.arrived(1, endpoint=USER_TOKEN, status=None)
    await hass.config_entries.async_unload(entry.entry_id)
    held.release()
    await passing
    assert issues(hass) == {}


async def test_a_rate_limit_of_the_request_about_the_token_is_obeyed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Cloudflare is not called until it allows that again."""
    await set_up(hass, zone, [domain(NAME)])
    simulator.faults.add("cloudflare", USER_TOKEN, kind="rate_limit", retry_after=600, times=1)
    await clock.full_syncs()
    assert asked(simulator) == [USER_TOKEN]
    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert endpoints(simulator) == []
    assert contents(simulator)[NAME] == HOME
    await clock.cycles(2)
    assert endpoints(simulator) == [LIST, BATCH]
