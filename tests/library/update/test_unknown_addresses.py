"""Updates without an address while something is left to do: nothing of it is forgotten."""

import pytest

from custom_components.raindrop.ddns.errors import CloudflareRateLimitError
from custom_components.raindrop.ddns.models import HostName, Policy, Reason, RecordKey
from custom_components.raindrop.ddns.sources import Family
from tests.conftest import HOME, NEXT, OLD
from tests.library.builders import V4, managed
from tests.library.update.external_changes import (
    ExternalChange,
    delete,
    edit,
    refuse_writes,
    unproxy,
)
from tests.library.zone_updater import BATCH, ZoneUpdater

MISSING = RecordKey(HostName("none.example.com"), Family.IPV4)


async def update_without_address(updater: ZoneUpdater, *, full_sync: bool = False) -> None:
    """Run an update in which no provider reports an address."""
    updater.simulator.faults.add("ip", kind="html")
    result = await updater.update(full_sync=full_sync)
    assert result.errors == ()
    updater.simulator.faults.clear()


@pytest.mark.parametrize("failure", ["rate_limit", "reset", "spurious_403"])
async def test_a_failed_correction_is_tried_again(updater: ZoneUpdater, failure: str) -> None:
    """Drift that could not be corrected is corrected once the address is known again."""
    await updater.update()
    edit(updater)
    updater.simulator.faults.add("cloudflare", BATCH, kind=failure, times=1)
    await updater.update(full_sync=True)
    await update_without_address(updater)

    await updater.update()

    assert updater.contents == {"A home.example.com": HOME}


async def test_a_refused_change_stays_refused(updater: ZoneUpdater) -> None:
    """A full sync without an address keeps the reason of a refused change."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)
    refuse_writes(updater, 9003)
    for _ in range(3):
        await updater.update()
    failure = updater.state.record(V4).failure
    await update_without_address(updater, full_sync=True)

    await updater.update()

    assert updater.contents == {"A home.example.com": HOME}
    known = updater.state.record(V4)
    assert (known.reason, known.failure) == (Reason.REFUSED, failure)


async def test_a_contested_record_stays_contested(updater: ZoneUpdater) -> None:
    """A full sync without an address keeps a contested record contested."""
    await updater.update()
    for _ in range(3):
        edit(updater)
        await updater.update(full_sync=True)
    await update_without_address(updater, full_sync=True)
    assert updater.state.record(V4).reason is Reason.CONTESTED

    await updater.update(full_sync=True)

    known = updater.state.record(V4)
    assert known.conflict is not None
    assert known.conflict.reason is known.reason is Reason.CONTESTED


async def test_external_changes_are_not_forgotten(updater: ZoneUpdater) -> None:
    """A full sync without an address keeps the external changes."""
    await updater.update()
    edit(updater)
    await updater.update(full_sync=True)
    await update_without_address(updater, full_sync=True)

    assert len(updater.state.record(V4).external_changes) == 1


async def test_a_new_policy_is_no_drift(updater: ZoneUpdater) -> None:
    """A change that a new policy causes is not counted as an external change."""
    await updater.update()
    updater.managed_records = [managed("home.example.com", policy=Policy(proxied=True))]

    result = await updater.update(full_sync=True)

    assert [outcome.change.is_drift for outcome in result.outcomes.values()] == [False]
    assert updater.state.record(V4).external_changes == ()


async def test_a_conflict_is_kept(updater: ZoneUpdater) -> None:
    """A conflict stays in the state while the address is not known."""
    updater.managed_records = [managed("none.example.com")]
    await updater.update()
    conflict = updater.state.record(MISSING).conflict

    await update_without_address(updater)

    assert conflict is not None
    assert updater.state.record(MISSING).conflict == conflict
    assert updater.state.is_converged is False


async def test_an_external_change_is_not_taken_for_the_last_address(updater: ZoneUpdater) -> None:
    """While the address is not known, the record is read but not remembered as in sync."""
    await updater.update()
    first = updater.state.record(V4)
    edit(updater)

    await update_without_address(updater, full_sync=True)

    known = updater.state.record(V4)
    assert known.record is not None
    assert known.record.content == OLD
    assert (known.last_address, known.last_record) == (first.last_address, first.last_record)
    result = await updater.update(full_sync=True)
    assert [outcome.change.is_drift for outcome in result.outcomes.values()] == [True]


async def test_a_refused_correction_is_not_taken_for_the_last_address(
    updater: ZoneUpdater,
) -> None:
    """Drift whose correction is refused stays drift: the next full sync tries again."""
    await updater.update()
    first = updater.state.record(V4)
    edit(updater)
    refuse_writes(updater, 9003)

    await updater.update(full_sync=True)

    known = updater.state.record(V4)
    assert known.record is not None
    assert known.record.content == OLD
    assert (known.last_address, known.last_record) == (first.last_address, first.last_record)
    updater.simulator.faults.clear()
    result = await updater.update(full_sync=True)
    assert [outcome.change.is_drift for outcome in result.outcomes.values()] == [True]
    assert updater.contents == {"A home.example.com": HOME}


async def test_a_deleted_record_is_no_longer_known(updater: ZoneUpdater) -> None:
    """After the zone was read, a record that was deleted externally is not in the state."""
    await updater.update()
    delete(updater)

    await updater.update(full_sync=True)

    assert updater.state.record(V4).record is None
    assert updater.state.record(V4).reason is Reason.MISSING


async def test_the_error_of_a_change_is_in_one_result_only(updater: ZoneUpdater) -> None:
    """A result has the errors of its own update; the state has those that last."""
    assert (await updater.update()).errors == ()
    updater.simulator.ip.set_address(NEXT)
    updater.simulator.faults.add("cloudflare", BATCH, kind="rate_limit", times=1)

    result = await updater.update()

    errors = result.errors
    assert [type(error) for error in errors] == [CloudflareRateLimitError]
    assert updater.state.errors == errors
    result = await updater.update(may_call_api=False)
    assert (result.errors, updater.state.errors) == ((), errors)
    await update_without_address(updater)
    assert updater.state.errors == errors
    assert (await updater.update()).errors == ()
    assert updater.state.errors == ()


async def test_each_failed_list_is_an_error_of_its_own_update(updater: ZoneUpdater) -> None:
    """Each failed list is in the result; without a list the error is in the state only."""
    await updater.update()
    updater.simulator.faults.add("cloudflare", kind="html")
    for _ in range(2):
        result = await updater.update(full_sync=True)
        assert result.errors == (updater.state.list_error,)
    list_error = updater.state.list_error

    result = await updater.update(may_call_api=False)

    assert result.errors == ()
    assert list_error is not None
    assert updater.state.errors == (list_error,)


@pytest.mark.parametrize("change", [delete, edit, unproxy])
async def test_what_changes_while_the_address_is_unknown_is_corrected_as_soon_as_it_is_known(
    updater: ZoneUpdater, change: ExternalChange
) -> None:
    """The record was seen to be wrong: it is not in sync because the address is the old one."""
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], proxied=True)
    updater.managed_records = [
        managed("home.example.com", policy=Policy(create=True, proxied=True))
    ]
    await updater.update()
    updater.simulator.ip.set_address(None, family=4)
    await updater.update()
    change(updater)
    await updater.update(full_sync=True)
    updater.simulator.ip.set_address(HOME)

    await updater.update()

    (record,) = updater.simulator.cloudflare.records(updater.zone)
    assert (record["content"], record["proxied"]) == (HOME, True)
    assert updater.state.record(V4).is_in_sync
