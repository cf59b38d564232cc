"""Contested records: three external changes within six hours, whatever comes between them."""

from collections.abc import Mapping
from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.models import Policy, Reason
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.update_result import EventType
from tests.conftest import HOME, NEXT, OLD
from tests.library.builders import V4, managed
from tests.library.fake_sources import FakeSources, new_detector
from tests.library.update.external_changes import ExternalChange, delete, edit, unproxy
from tests.library.zone_updater import ZoneUpdater

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


class Fight:
    """An updater with a clock, and an external change that keeps coming back."""

    def __init__(self, updater: ZoneUpdater, sources: FakeSources) -> None:
        """Change the address of the record."""
        self.updater = updater
        self.sources = sources
        self.change: ExternalChange = edit

    async def sync(self, after_s: float = HOUR_S) -> None:
        """Run a full sync after some time."""
        self.sources.advance(after_s)
        await self.updater.update(full_sync=True)

    async def is_corrected(self, after_s: float = HOUR_S) -> bool:
        """Change the record externally; return whether the next full sync corrects it."""
        self.change(self.updater)
        await self.sync(after_s)
        is_contested = self.updater.state.record(V4).reason is Reason.CONTESTED
        is_right = self.updater.contents == {"A home.example.com": HOME}
        assert is_contested is not is_right
        return is_right


@pytest.fixture
async def fight(updater: ZoneUpdater, sessions: Mapping[Family, ClientSession]) -> Fight:
    """Bring the record in sync, with a clock that the test advances."""
    sources = FakeSources()
    updater.detector = new_detector(sessions, ddns.PROVIDERS, sources)
    updater.managed_records = [managed("home.example.com", policy=Policy(create=True))]
    await updater.update()
    return Fight(updater, sources)


@pytest.mark.parametrize("change", [edit, delete])
async def test_a_right_reading_does_not_reset_the_count(
    fight: Fight, change: ExternalChange
) -> None:
    """The third external change within six hours is contested, though the record was right."""
    fight.change = change
    for _ in range(2):
        assert await fight.is_corrected()
        await fight.sync()
    assert not await fight.is_corrected()


async def test_another_record_that_is_never_converged_does_not_reset_the_count(
    fight: Fight,
) -> None:
    """A domain without a record makes every update list the zone; the fight still ends."""
    fight.updater.managed_records = [*fight.updater.managed_records, managed("missing.example.com")]
    changes = 0
    for _ in range(96):
        changes += await fight.is_corrected(after_s=300)
        for _ in range(2):
            await fight.sync(after_s=300)
    assert changes == 2


async def test_a_fight_of_a_whole_day_is_corrected_twice(fight: Fight) -> None:
    """Of 96 external changes in a day, every fourth found by a full sync, two are corrected."""
    corrected = [await fight.is_corrected() for _ in range(24)]
    assert corrected == [True, True] + 22 * [False]


async def test_external_changes_more_than_six_hours_apart_are_corrected(fight: Fight) -> None:
    """Two external changes within six hours are never contested, however many there are."""
    for _ in range(8):
        assert await fight.is_corrected(after_s=3 * HOUR_S + 60)


async def test_a_contested_record_is_left_alone_for_longer_than_six_hours(fight: Fight) -> None:
    """Time alone does not end a conflict; a right record does, but the changes still count."""
    for expected in (True, True, False):
        assert await fight.is_corrected() is expected
    for _ in range(12):
        await fight.sync()
        assert fight.updater.state.record(V4).reason is Reason.CONTESTED
    edit(fight.updater, HOME)
    await fight.sync()
    assert fight.updater.state.record(V4).reason is None
    assert await fight.is_corrected()


async def test_a_contested_record_that_was_right_once_is_contested_again(fight: Fight) -> None:
    """If the external change is taken back and made again soon, the record is contested."""
    for expected in (True, True, False):
        assert await fight.is_corrected() is expected
    edit(fight.updater, HOME)
    await fight.sync()
    assert not await fight.is_corrected()


async def test_a_new_address_does_not_reset_the_count(fight: Fight) -> None:
    """An update to another address is no external change and ends no fight."""
    assert await fight.is_corrected()
    assert await fight.is_corrected()
    fight.updater.simulator.ip.set_address(NEXT)
    await fight.sync()
    assert fight.updater.contents == {"A home.example.com": NEXT}
    edit(fight.updater)
    await fight.sync()
    assert fight.updater.contents == {"A home.example.com": OLD}


async def test_overruling_resets_the_count(fight: Fight) -> None:
    """After a contested record was overruled, two external changes are corrected again."""
    for expected in (True, True, False):
        assert await fight.is_corrected() is expected
    await fight.updater.update(full_sync=True, overrule=V4)
    assert fight.updater.contents == {"A home.example.com": HOME}
    for expected in (True, True, False):
        assert await fight.is_corrected() is expected


@pytest.mark.parametrize("back_s", [HOUR_S, DAY_S, 400 * DAY_S])
async def test_a_clock_that_is_set_back_does_not_end_a_fight(fight: Fight, back_s: float) -> None:
    """External changes that seem to lie in the future count as if they were made now."""
    assert await fight.is_corrected()
    assert await fight.is_corrected()
    assert not await fight.is_corrected(after_s=-back_s)


@pytest.mark.parametrize("back_s", [HOUR_S, DAY_S, 400 * DAY_S])
async def test_a_clock_that_is_set_back_keeps_no_record_contested(
    fight: Fight, back_s: float
) -> None:
    """Six hours after the clock was set back, the external changes before it are forgotten."""
    assert await fight.is_corrected()
    assert await fight.is_corrected()
    await fight.sync(after_s=-back_s)
    await fight.sync(after_s=6 * HOUR_S + 60)
    assert await fight.is_corrected()


async def test_a_change_of_an_attribute_that_is_kept_never_counts(fight: Fight) -> None:
    """If somebody stops the proxy of a record whose proxied status is kept, its TTL follows.

    The TTL of a proxied record is always automatic, so the enforced one is
    written when the proxy is off: that is no correction.
    """
    updater = fight.updater
    updater.managed_records = [managed("home.example.com", policy=Policy(ttl_s=300))]
    await fight.sync()
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    for _ in range(4):
        updater.simulator.cloudflare.edit_record(updater.zone, record["id"], proxied=True, ttl=1)
        await fight.sync(after_s=60)
        unproxy(updater)
        fight.sources.advance(60)
        result = await updater.update(full_sync=True)
        assert [event.type for event in result.events] == [EventType.UPDATED]
        (record,) = updater.simulator.cloudflare.records(updater.zone)
        assert (record["proxied"], record["ttl"]) == (False, 300)


async def test_a_change_of_an_attribute_that_is_enforced_counts(fight: Fight) -> None:
    """If somebody keeps stopping an enforced proxy, the record is contested."""
    updater = fight.updater
    updater.managed_records = [managed("home.example.com", policy=Policy(proxied=True))]
    await fight.sync()
    for expected in (True, True, False):
        unproxy(updater)
        await fight.sync()
        await fight.sync()
        (record,) = updater.simulator.cloudflare.records(updater.zone)
        assert record["proxied"] is expected


async def test_external_changes_are_counted_for_each_record(fight: Fight) -> None:
    """The external changes of one record do not count for another."""
    updater = fight.updater
    away = updater.simulator.cloudflare.add_record(
        updater.zone, type="A", name="away", content=HOME
    )
    updater.managed_records = [*updater.managed_records, managed("away.example.com")]
    (home,) = (r for r in updater.simulator.cloudflare.records(updater.zone) if r != away)
    await fight.sync()
    for id_ in (home["id"], away["id"], home["id"], away["id"]):
        updater.simulator.cloudflare.edit_record(updater.zone, id_, content=OLD)
        await fight.sync(timedelta(minutes=10).total_seconds())
        assert set(updater.contents.values()) == {HOME}
