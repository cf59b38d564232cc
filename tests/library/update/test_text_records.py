"""Texts in updates: they ride in the batch of the address, and fail without holding it back."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import (
    Address,
    HomeId,
    HostName,
    Policy,
    Reason,
    RecordKey,
)
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from custom_components.raindrop.ddns.state import RecordState
from custom_components.raindrop.ddns.update_result import EventType
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD, operations
from tests.library.builders import V4, V6, managed
from tests.library.fake_sources import FakeSources
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater
from tests.waiting import until

MAIL = "mail.example.com"
LATER = "81.2.69.146"
VALUE = 'alpn="h3,h2" ipv4hint="{}"'
PATCH = "PATCH /zones/{zone_id}/dns_records/{dns_record_id}"
HOURS = timedelta(hours=2).total_seconds()


def spf(address: str, rest: str = "-all") -> str:
    """Return the content of an SPF record with an address."""
    return f'"v=spf1 ip4:{address} {rest}"'


def follow(updater: ZoneUpdater, *names: str, is_paused: bool = False) -> None:
    """Let the texts at some names follow the record."""
    record = managed("home.example.com", policy=Policy(create=True))
    names_ = frozenset(map(HostName, names))
    updater.managed_records = [replace(record, text_names=names_, is_paused=is_paused)]


def known(updater: ZoneUpdater) -> RecordState:
    """Return what is known of the record."""
    return updater.state.record(V4)


def addresses(updater: ZoneUpdater) -> set[Address]:
    """Return which of the addresses a text may have."""
    return {*known(updater).text_addresses}


@pytest.fixture
async def text(updater: ZoneUpdater, simulator: Simulator, zone: Zone) -> dict[str, Any]:
    """Add a text with the address of the home, which the record has already."""
    added = simulator.cloudflare.add_record(zone, type="TXT", name="mail", content=spf(HOME))
    follow(updater, MAIL)
    await updater.update()
    return added


def content(updater: ZoneUpdater) -> str:
    """Return what the text is now."""
    return updater.contents[f"TXT {MAIL}"]


async def test_texts_ride_in_the_batch(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone, text: dict[str, Any]
) -> None:
    """Of each only the content is sent, or all parts; no request is added."""
    https = simulator.cloudflare.add_record(
        zone, type="HTTPS", name="mail", content=f"1 . {VALUE.format(HOME)}", comment="door"
    )
    simulator.ip.set_address(NEXT)

    result = await updater.update()

    assert updater.requests == [LIST, BATCH]
    (batch,) = simulator.log.select(endpoint=BATCH)
    data = {"priority": 1, "target": ".", "value": VALUE.format(NEXT)}
    assert operations(batch, "patches")[1:] == [
        {"id": https["id"], "data": data},
        {"id": text["id"], "content": spf(NEXT)},
    ]
    assert updater.contents == {
        "A home.example.com": NEXT,
        f"TXT {MAIL}": spf(NEXT),
        f"HTTPS {MAIL}": f"1 . {VALUE.format(NEXT)}",
    }
    assert [outcome.is_done for outcome in result.texts] == [True, True]
    assert [event.type for event in result.events] == [
        EventType.PUBLIC_CHANGED,
        EventType.UPDATED,
    ]
    assert (known(updater).reason, updater.state.is_converged) == (None, True)
    await updater.update()
    assert updater.requests == []
    assert simulator.log.surprises == []


async def test_a_text_with_another_address_is_never_touched(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """The record pointed elsewhere before it was managed: that address is not this home's."""
    simulator.cloudflare.add_record(zone, type="TXT", name="mail", content=spf(OLD))
    follow(updater, MAIL)
    for address in (HOME, NEXT, LATER):
        simulator.ip.set_address(address)
        await updater.update(full_sync=True)

    assert content(updater) == spf(OLD)
    assert known(updater).reason is None


@pytest.mark.usefixtures("text")
async def test_a_paused_domain_leaves_its_texts(updater: ZoneUpdater, simulator: Simulator) -> None:
    """Once it goes on, the address that it had before is replaced, however long that takes."""
    follow(updater, MAIL, is_paused=True)
    for address in (NEXT, LATER):
        simulator.ip.set_address(address)
        await updater.update(full_sync=True)
        assert content(updater) == spf(HOME)

    follow(updater, MAIL)
    await updater.update(full_sync=True)
    assert updater.contents == {"A home.example.com": LATER, f"TXT {MAIL}": spf(LATER)}


async def test_a_text_that_is_refused_does_not_hold_back_the_address(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """It is reported once, tried again with each full sync, and recovers."""
    simulator.ip.set_address(short := "81.2.69.1")
    long = "x" * (4096 - len(spf(short, "")))
    text = simulator.cloudflare.add_record(
        zone, type="TXT", name="mail", content=spf(short, long).strip('"')
    )
    simulator.cloudflare.edit_record(zone, text["id"], content=f"v=spf1 ip4:{short} {long}xx")
    follow(updater, MAIL)
    await updater.update()
    simulator.ip.set_address(NEXT)

    failed = await updater.update()

    assert updater.contents["A home.example.com"] == NEXT
    assert content(updater).startswith(f"v=spf1 ip4:{short} ")
    assert updater.requests == [LIST, BATCH, BATCH]
    (outcome,) = failed.texts
    assert (outcome.reason, outcome.error) == (Reason.REFUSED, failed.errors[0])
    assert known(updater).reason is Reason.TEXT
    assert updater.state.errors == failed.errors
    assert [(e.type, e.reason) for e in failed.events[-1:]] == [(EventType.FAILED, Reason.TEXT)]
    await updater.update()
    assert updater.requests == []
    updater.state = replace(updater.state, is_converged=False)
    assert (await updater.update()).texts == ()
    assert (updater.requests, known(updater).reason) == ([LIST], Reason.TEXT)
    again = await updater.update(full_sync=True)
    assert (updater.requests, again.events) == ([LIST, BATCH, PATCH], ())

    simulator.cloudflare.edit_record(zone, text["id"], content=spf(short))
    recovered = await updater.update(full_sync=True)
    assert content(updater) == spf(NEXT)
    assert [event.type for event in recovered.events] == [EventType.RECOVERED]
    assert known(updater).reason is None


@pytest.mark.usefixtures("text")
async def test_every_text_that_is_refused_waits(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """Also while another record lets each update read the zone."""
    add = simulator.cloudflare.add_record
    add(zone, type="TXT", name="mail", content=spf(NEXT))
    add(zone, type="HTTPS", name="mail", content=f"1 . {VALUE.format(HOME)}")
    add(zone, type="HTTPS", name="mail", content=f"1 . {VALUE.format(NEXT)}")
    simulator.ip.set_address(NEXT)
    failed = await updater.update()
    assert [outcome.reason for outcome in failed.texts] == [Reason.REFUSED] * 2
    assert {*updater.state.errors} == {*failed.errors}
    assert len(updater.state.errors) == 2

    for _ in range(3):
        updater.state = replace(updater.state, is_converged=False)
        await updater.update()
        assert (updater.requests, known(updater).reason) == ([LIST], Reason.TEXT)


@pytest.mark.usefixtures("text")
@pytest.mark.parametrize("status", [500, 403])
async def test_a_text_that_may_have_failed_the_batch_is_sent_after_the_address(
    updater: ZoneUpdater, simulator: Simulator, status: int
) -> None:
    """A failure that names no change may be due to the text each time."""
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, kind="status", status=status, times=1)
    await updater.update()
    assert updater.contents == {"A home.example.com": HOME, f"TXT {MAIL}": spf(HOME)}

    await updater.update()
    assert updater.requests == [LIST, BATCH, BATCH]
    first, second = simulator.log.select(endpoint=BATCH)
    assert [op["content"] for op in operations(first, "patches")] == [NEXT]
    assert [op["content"] for op in operations(second, "patches")] == [spf(NEXT)]
    simulator.ip.set_address(LATER)
    await updater.update()
    assert updater.requests == [LIST, BATCH]


@pytest.mark.usefixtures("text")
async def test_a_text_of_two_homes_is_read_again_in_the_next_update(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """The other home usually gets its address meanwhile; if not, the next full sync looks again."""
    theirs = simulator.cloudflare.add_record(
        zone, type="A", name="theirs", content=HOME, comment=Ownership(HomeId("00c0ffee")).comment()
    )
    for address, has_followed in ((NEXT, True), (LATER, False)):
        simulator.ip.set_address(address)
        await updater.update()
        assert (content(updater) == spf(address), known(updater).reason) == (False, Reason.TEXT)
        if has_followed:
            simulator.cloudflare.edit_record(zone, theirs["id"], content=address)
        await updater.update()
        assert (content(updater) == spf(address)) is has_followed
        assert (known(updater).reason is None) is has_followed
        await updater.update()
        assert updater.requests == []


@pytest.mark.usefixtures("text")
async def test_a_second_connection_in_the_same_text_keeps_its_address(
    updater: ZoneUpdater, simulator: Simulator, sources: FakeSources, text: dict[str, Any]
) -> None:
    """The home goes over to it and back; both have been there from the beginning."""
    both = spf(HOME, f"ip4:{NEXT} -all")
    simulator.cloudflare.edit_record(updater.zone, text["id"], content=both)
    for address in (NEXT, HOME) * 2:
        simulator.ip.set_address(address)
        await updater.update()
        sources.advance(HOURS)
        await updater.update()
        assert (updater.contents["A home.example.com"], content(updater)) == (address, both)
        assert known(updater).reason is None

    simulator.ip.set_address(LATER)
    await updater.update()
    assert (content(updater), known(updater).reason) == (both, Reason.TEXT)


@pytest.mark.usefixtures("text")
async def test_a_text_that_was_not_applied_is_tried_again_in_a_full_sync(
    updater: ZoneUpdater, simulator: Simulator
) -> None:
    """Its response shows the old address; that of the record counts for the record alone."""
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=("content",))
    result = await updater.update()

    (outcome,) = result.texts
    assert outcome.reason is Reason.NOT_APPLIED
    simulator.faults.clear()
    await updater.update(full_sync=True)
    assert content(updater) == spf(NEXT)
    assert known(updater).reason is None


@pytest.mark.usefixtures("text")
async def test_a_text_without_a_response_is_read_first(
    updater: ZoneUpdater, simulator: Simulator
) -> None:
    """The batch may have been applied: nothing is sent again before that is known."""
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, kind="lost_response", times=1)
    result = await updater.update()
    assert [outcome.reason for outcome in result.texts] == [Reason.UNCONFIRMED]

    await updater.update()
    assert (updater.requests, content(updater)) == ([LIST], spf(NEXT))
    assert known(updater).reason is None


@pytest.mark.usefixtures("text")
@pytest.mark.parametrize(
    "failure",
    [
        pytest.param({"kind": "reset"}, id="no response"),
        pytest.param({"kind": "error", "status": 403, "code": 9999}, id="forbidden"),
    ],
)
async def test_a_text_alone_that_is_not_refused_for_its_content_is_sent_in_the_next_update(
    updater: ZoneUpdater, simulator: Simulator, failure: dict[str, Any]
) -> None:
    """The record is right already, but the zone is not converged."""
    simulator.cloudflare.edit_record(
        updater.zone, simulator.cloudflare.records(updater.zone)[0]["id"], content=NEXT
    )
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, times=1, **failure)
    await updater.update()
    assert (known(updater).reason, updater.state.is_converged) == (Reason.TEXT, False)

    await updater.update()
    assert (updater.requests, content(updater)) == ([LIST, BATCH], spf(NEXT))


@pytest.mark.usefixtures("text")
@pytest.mark.parametrize(
    "passed_s, is_replaced",
    [pytest.param(HOURS, True, id="in time"), pytest.param(HOURS + 1, False, id="too late")],
)
async def test_a_late_write_is_corrected(
    updater: ZoneUpdater,
    simulator: Simulator,
    sources: FakeSources,
    passed_s: float,
    *,
    is_replaced: bool,
) -> None:
    """An address that was sent counts as this home's for two hours after it is seen no more."""
    updater.client.timeout_s = 1
    simulator.ip.set_address(NEXT)
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    await updater.update()
    updater.client.timeout_s = 20
    simulator.ip.set_address(LATER)
    await updater.update()
    assert content(updater) == spf(LATER)

    late.release()
    await until(lambda: content(updater) == spf(NEXT))
    sources.advance(passed_s)
    await updater.update(full_sync=True)
    assert content(updater) == spf(LATER if is_replaced else NEXT)
    assert updater.contents["A home.example.com"] == LATER
    await updater.update(full_sync=True)
    assert (ip_address(NEXT) in addresses(updater)) is is_replaced


async def test_who_writes_an_old_address_back_wins_in_the_end(
    updater: ZoneUpdater, simulator: Simulator, sources: FakeSources, text: dict[str, Any]
) -> None:
    """Two full syncs replace it; whoever writes it after that means it."""
    simulator.ip.set_address(NEXT)
    await updater.update()
    for hour in range(4):
        simulator.cloudflare.edit_record(updater.zone, text["id"], content=spf(HOME))
        sources.advance(3600)
        await updater.update(full_sync=True)
        assert content(updater) == spf(NEXT if hour < 2 else HOME)
    assert (ip_address(HOME) in addresses(updater), known(updater).reason) == (False, None)


async def test_what_is_sent_is_saved_before(
    updater: ZoneUpdater, simulator: Simulator, text: dict[str, Any]
) -> None:
    """An update that is cut off after it sent a text leaves an address that is known."""
    updater.saved.clear()
    simulator.ip.set_address(NEXT)
    await updater.update()
    assert content(updater) == spf(NEXT)

    (before,) = updater.saved
    assert before.record(V4).last_address == ip_address(HOME)
    assert {ip_address(HOME), ip_address(NEXT)} == {*before.record(V4).text_addresses}
    updater.state = before
    simulator.ip.set_address(LATER)
    await updater.update(full_sync=True)
    assert content(updater) == spf(LATER)


@pytest.mark.usefixtures("text")
async def test_a_text_is_right_though_its_record_is_refused(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """The address in it is known afterwards, whatever the record has."""
    record = simulator.cloudflare.records(zone)[0]
    simulator.cloudflare.edit_record(zone, record["id"], tags=[])
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9999, times=2)
    await updater.update()
    assert known(updater).reason is Reason.REFUSED
    simulator.ip.set_address(LATER)
    await updater.update()
    assert updater.contents == {"A home.example.com": LATER, f"TXT {MAIL}": spf(LATER)}


async def test_both_families_are_replaced(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """A text with both is one change, and each record knows its own address in it."""
    simulator.cloudflare.add_record(
        zone, type="TXT", name="mail", content=spf(HOME, f"ip6:{HOME_V6} -all")
    )
    updater.families = (Family.IPV4, Family.IPV6)
    updater.managed_records = [
        replace(
            managed("home.example.com", family, Policy(create=True)),
            text_names=frozenset({HostName(MAIL)}),
        )
        for family in Family
    ]
    await updater.update()
    for address in (NEXT, six := "2001:218:1:2::144"):
        simulator.ip.set_address(address)
    result = await updater.update()

    assert content(updater) == spf(NEXT, f"ip6:{six} -all")
    assert [outcome.change.record_keys for outcome in result.texts] == [{V4, V6}]
    assert addresses(updater) == {ip_address(HOME), ip_address(NEXT)}
    assert {*updater.state.record(V6).text_addresses} == {ip_address(HOME_V6), ip_address(six)}


@pytest.mark.usefixtures("text")
async def test_texts_that_are_chosen_no_more_are_forgotten(
    updater: ZoneUpdater, simulator: Simulator
) -> None:
    """And never written again."""
    assert addresses(updater) == {ip_address(HOME)}
    follow(updater)
    simulator.ip.set_address(NEXT)
    await updater.update()

    assert content(updater) == spf(HOME)
    assert addresses(updater) == set()


@pytest.mark.usefixtures("text")
async def test_a_failure_stays_while_the_address_is_not_known(
    updater: ZoneUpdater, simulator: Simulator
) -> None:
    """Nothing is tried, so nothing is better."""
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, kind="reset")
    await updater.update()
    (failure,) = known(updater).text_failures
    simulator.ip.set_address(None, family=4)
    simulator.faults.clear()
    await updater.update(full_sync=True)

    assert known(updater).text_failures == (failure,)


@pytest.mark.usefixtures("text")
async def test_an_outdated_configuration_sends_no_text(
    updater: ZoneUpdater, simulator: Simulator
) -> None:
    """The next update reads the zone."""
    simulator.ip.set_address(NEXT)
    updater.is_current = False
    await updater.update()

    assert (content(updater), updater.state.is_converged) == (spf(HOME), False)


async def test_two_records_of_one_text_change_together_and_apart(
    updater: ZoneUpdater, sources: FakeSources, simulator: Simulator, zone: Zone
) -> None:
    """What one of them gets is never taken for an address of the other."""
    modem = Source(
        Family.IPV4, SourceKind.ENTITY, entity="sensor.modem", meaning=Meaning.OTHER_CONNECTION
    )
    follow(updater, MAIL)
    (home,) = updater.managed_records
    vpn = RecordKey(HostName("vpn.example.com"), Family.IPV4)
    updater.managed_records = [home, replace(home, record_key=vpn, source=modem)]
    content = spf(HOME, f"ip4:{OLD} -all")
    text = simulator.cloudflare.add_record(zone, type="TXT", name="mail", content=content)

    async def moves(at_modem: str, at_home: str) -> str:
        sources.values[modem.entity] = at_modem
        await updater.update()
        simulator.ip.set_address(at_home)
        sources.advance(180)
        await updater.update()
        records = simulator.cloudflare.records(zone)
        return next(str(r["content"]) for r in records if r["id"] == text["id"])

    assert await moves(OLD, HOME) == content
    assert await moves(LATER, NEXT) == spf(NEXT, f"ip4:{LATER} -all")
    assert await moves("81.2.69.1", NEXT) == spf(NEXT, "ip4:81.2.69.1 -all")
