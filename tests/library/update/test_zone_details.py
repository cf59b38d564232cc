"""The zone itself: read with its records if that is wanted, and remembered."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.errors import (
    CloudflareError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareResponseError,
)
from custom_components.raindrop.ddns.models import Reason
from custom_components.raindrop.ddns.zones import Zone, ZoneStatus
from tests.conftest import HOME, NEXT
from tests.library.builders import V4
from tests.library.zone_updater import BATCH, LIST, ZONE, ZoneUpdater
from tests.secrets import TOKEN


def status(updater: ZoneUpdater) -> ZoneStatus | None:
    """Return the status of the zone that is remembered, None if no zone is."""
    zone = updater.state.zone
    return zone.status if zone else None


async def test_a_full_sync_reads_the_zone_itself_if_that_is_wanted(updater: ZoneUpdater) -> None:
    """What the zone says of itself is one request, and remembered by later updates."""
    await updater.update()
    assert (updater.requests, updater.state.zone) == ([LIST, BATCH], None)

    result = await updater.update(full_sync=True, read_zone=True)

    assert updater.requests == [LIST, ZONE]
    assert isinstance(result.zone, Zone)
    assert result.zone == updater.state.zone
    assert result.zone.account_id == updater.zone.account.id
    updater.simulator.cloudflare.edit_zone(updater.zone, status="moved")
    await updater.update(full_sync=True)
    await updater.update(may_call_api=False)
    assert status(updater) is ZoneStatus.ACTIVE
    await updater.update(full_sync=True, read_zone=True)
    assert status(updater) is ZoneStatus.MOVED


async def test_a_zone_that_is_delegated_elsewhere_is_so_in_later_updates(
    updater: ZoneUpdater,
) -> None:
    """An update asks no resolvers: what they answered counts until Cloudflare says it itself."""
    await updater.update(read_zone=True)
    elsewhere = frozenset({"ns1.registrar.example"})
    updater.state = replace(updater.state, foreign_name_servers=elsewhere)
    for full_sync in (False, True):
        result = await updater.update(full_sync=full_sync, read_zone=True)
        assert updater.state.foreign_name_servers == elsewhere
    assert updater.state.record(V4).reason is Reason.NOT_SEEN
    assert result.events == ()

    updater.simulator.cloudflare.edit_zone(updater.zone, status="moved")
    await updater.update(full_sync=True, read_zone=True)
    assert updater.state.foreign_name_servers is None


async def test_the_zone_is_read_with_its_records_only(updater: ZoneUpdater) -> None:
    """An update that does not read the records, or cannot, does not ask for the zone."""
    await updater.update()
    await updater.update(read_zone=True)
    assert updater.requests == []
    updater.simulator.faults.add("cloudflare", LIST, kind="html", status=502)
    assert (await updater.update(full_sync=True, read_zone=True)).zone is None
    assert updater.requests == [LIST]


async def test_a_zone_that_does_not_answer_delays_no_change(updater: ZoneUpdater) -> None:
    """The records are written while the request for the zone is still waiting."""
    simulator = updater.simulator
    await updater.update()
    simulator.ip.set_address(NEXT)
    held = simulator.faults.add("cloudflare", ZONE, kind="hold")
    simulator.log.clear()
    task = updater.start(full_sync=True, read_zone=True)

    await simulator.log.arrived(1, endpoint=BATCH, status=200)

    assert updater.contents == {"A home.example.com": NEXT}
    held.release()
    await task
    assert status(updater) is ZoneStatus.ACTIVE


@pytest.mark.parametrize(
    "fault, error",
    [
        ({"kind": "html", "status": 502}, CloudflareResponseError),
        ({"kind": "body", "body": '{"success": true, "result": {}}'}, CloudflareResponseError),
        ({"kind": "rate_limit", "retry_after": 60}, CloudflareRateLimitError),
    ],
)
async def test_a_zone_that_cannot_be_read_stays_as_it_was_known(
    updater: ZoneUpdater, fault: dict[str, str | int], error: type[CloudflareError]
) -> None:
    """No failure to read the zone itself is an error of the records."""
    await updater.update(read_zone=True)
    updater.simulator.ip.set_address(NEXT)
    updater.simulator.faults.add("cloudflare", ZONE, times=1, **fault)  # type: ignore[arg-type]

    result = await updater.update(full_sync=True, read_zone=True)

    assert isinstance(result.zone, error)
    assert (result.errors, updater.state.errors) == ((), ())
    assert updater.contents == {"A home.example.com": NEXT}
    assert status(updater) is ZoneStatus.ACTIVE


async def test_a_zone_that_may_not_be_read_is_not_known(updater: ZoneUpdater) -> None:
    """A token needs no Zone Read: the records are kept, and nothing is said of the zone."""
    await updater.update(read_zone=True)
    updater.simulator.cloudflare.add_token(TOKEN, permissions=["dns:edit"])

    result = await updater.update(full_sync=True, read_zone=True)

    assert isinstance(result.zone, CloudflarePermissionError)
    assert (result.errors, updater.state.errors, updater.state.zone) == ((), (), None)
    assert updater.contents == {"A home.example.com": HOME}
