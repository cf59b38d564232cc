"""The report of a round: what it says of each slot, and what it stands for as a whole."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.raindrop.ddns.errors import (
    CloudflareConnectionError,
    CloudflareRefusedError,
    CloudflareResponseError,
)
from custom_components.raindrop.ddns.model import (
    Address,
    Conflict,
    ConflictKind,
    Family,
    Outcome,
    Result,
    Trouble,
)
from custom_components.raindrop.ddns.reading import Answer, Problem, Reading
from custom_components.raindrop.ddns.report import Report

from .builders import A1, A2, B1, HERE, HERE_V6, HOME, V4, V6, create, record, target

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
REFUSAL = CloudflareRefusedError("refused")
KNOWN = Reading(source=HERE, address=A1, answers=(Answer(operator="a", address=A1),))
SILENT = Reading(source=HERE, answers=(Answer(operator="a", problem=Problem.TIMEOUT),))
ABSENT = Reading(
    source=HERE,
    answers=tuple(Answer(operator=name, problem=Problem.UNREACHABLE) for name in "ab"),
)
HELD = Reading(source=HERE, held=A2, answers=(Answer(operator="a", address=A2),))
FLAPPING = replace(HELD, is_flapping=True)
DISPUTED = Reading(
    source=HERE,
    answers=(Answer(operator="a", address=A1), Answer(operator="b", address=A2)),
)
HALF_ABSENT = Reading(
    source=HERE,
    answers=(
        Answer(operator="a", problem=Problem.UNREACHABLE),
        Answer(operator="b", problem=Problem.STATUS),
    ),
)


def one_slot(
    reading: Reading | None = KNOWN,
    *,
    compared: Address | None = None,
    kept: Address | None = None,
    conflict: ConflictKind | None = None,
    result: Result | None = None,
) -> Report:
    """Return a report of one slot."""
    outcome = Outcome(change=create(HOME, A1), result=result or Result.DONE)
    return Report(
        readings={} if reading is None else {reading.source: reading},
        compared={} if compared is None else {V4: compared},
        kept={} if kept is None else {V4: kept},
        conflicts={} if conflict is None else {V4: Conflict(slot=V4, kind=conflict)},
        outcomes={} if result is None else {V4: outcome},
    )


@pytest.mark.parametrize("kind", ConflictKind)
def test_every_conflict_is_a_trouble_of_its_name(kind: ConflictKind) -> None:
    """What only the user can solve is told by its own word."""
    assert one_slot(conflict=kind).trouble(target(HOME)) is Trouble[kind.name]


@pytest.mark.parametrize("result", [Result.REFUSED, Result.UNCONFIRMED])
def test_every_failed_change_is_a_trouble_of_its_name(result: Result) -> None:
    """A change that did not come about is told by how it ended."""
    assert (
        one_slot(result=result, compared=A1, kept=A1).trouble(target(HOME)) is Trouble[result.name]
    )


@pytest.mark.parametrize(
    "told, trouble",
    [
        pytest.param(one_slot(compared=A1, kept=A1), None, id="compared and kept/none"),
        pytest.param(
            one_slot(compared=A1, kept=A1, result=Result.DONE), None, id="just written/none"
        ),
        pytest.param(one_slot(compared=A1, kept=B1), None, id="host part/none"),
        pytest.param(one_slot(), Trouble.UNREAD, id="never read/unread"),
        pytest.param(one_slot(compared=A2, kept=A2), Trouble.UNREAD, id="moved since/unread"),
        pytest.param(one_slot(compared=A2, kept=A1), Trouble.UNREAD, id="moved back/unread"),
        pytest.param(one_slot(kept=A1), Trouble.UNREAD, id="remembered from before/unread"),
        pytest.param(one_slot(compared=A1), Trouble.UNREAD, id="never right/unread"),
        pytest.param(one_slot(SILENT), Trouble.NO_ADDRESS, id="silence from the start/no address"),
        pytest.param(one_slot(DISPUTED), Trouble.NO_ADDRESS, id="dispute/no address"),
        pytest.param(one_slot(HALF_ABSENT), Trouble.NO_ADDRESS, id="half absent/no address"),
        pytest.param(
            one_slot(SILENT, compared=A1), Trouble.NO_ADDRESS, id="silence, never right/no address"
        ),
        pytest.param(one_slot(SILENT, kept=A1), None, id="silence after all was well/none"),
        pytest.param(one_slot(DISPUTED, kept=A1), None, id="dispute after all was well/none"),
        pytest.param(one_slot(ABSENT), Trouble.NO_ADDRESS, id="no network/no address"),
        pytest.param(one_slot(ABSENT, kept=A2), None, id="no network after all was well/none"),
        pytest.param(one_slot(FLAPPING, kept=A1), Trouble.FLAPPING, id="flapping/flapping"),
        pytest.param(one_slot(HELD, kept=A1), None, id="not yet stood still/none"),
        pytest.param(one_slot(HELD), Trouble.NO_ADDRESS, id="first not yet stood still/no address"),
        pytest.param(one_slot(None), None, id="family not looked up/none"),
        pytest.param(
            one_slot(ABSENT, conflict=ConflictKind.CNAME),
            Trouble.CNAME,
            id="absent, alias/cname",
        ),
        pytest.param(
            one_slot(SILENT, result=Result.REFUSED), Trouble.REFUSED, id="silence, refused/refused"
        ),
        pytest.param(
            one_slot(conflict=ConflictKind.MISSING, result=Result.UNCONFIRMED),
            Trouble.MISSING,
            id="conflict and failure/conflict",
        ),
    ],
)
def test_a_report_tells_why_a_slot_is_in_trouble(told: Report, trouble: Trouble | None) -> None:
    """A slot is well if it was compared with the address that is known, and held it.

    A look-up that fails afterwards leaves it well.
    """
    assert told.trouble(target(HOME)) is trouble


def test_an_ipv6_address_that_the_home_does_not_have_is_no_trouble() -> None:
    """Most homes without IPv6 will never have it: nothing is wrong with that."""
    nobody = Answer(operator="a", problem=Problem.UNREACHABLE)
    told = Report(readings={HERE_V6: Reading(source=HERE_V6, answers=(nobody,))})

    assert told.trouble(target(HOME, Family.IPV6)) is None


def test_every_trouble_can_be_told() -> None:
    """No word for a trouble is without a case in which it is said."""
    said = {Trouble[kind.name] for kind in ConflictKind}
    said |= {Trouble[result.name] for result in Result if result is not Result.DONE}

    assert set(Trouble) == said | {Trouble.UNREAD, Trouble.NO_ADDRESS, Trouble.FLAPPING}


def test_the_trouble_of_a_slot_is_its_own() -> None:
    """What is wrong with one family of a name says nothing about the other."""
    reading = Reading(source=HERE_V6, address=B1)
    told = replace(
        one_slot(conflict=ConflictKind.AMBIGUOUS, result=Result.REFUSED),
        readings={HERE: KNOWN, HERE_V6: reading},
        compared={V6: B1},
        kept={V6: B1},
    )

    assert told.trouble(target(HOME)) is Trouble.AMBIGUOUS
    assert told.trouble(target(HOME, Family.IPV6)) is None


def test_a_zone_that_cannot_be_read_is_no_trouble_while_nothing_moved() -> None:
    """A failed list is told by the report as a whole; the slots are as they were."""
    broken = replace(one_slot(compared=A1, kept=A1), error=CloudflareConnectionError("down"))

    assert broken.trouble(target(HOME)) is None
    assert broken.failures == (broken.error,)


def test_a_report_tells_the_address_of_a_family() -> None:
    """An address that was not read, or not believed, is not known."""
    report = Report(
        readings={
            HERE: Reading(source=HERE, address=A1),
        }
    )

    assert report.address(HERE) == A1
    assert report.address(HERE_V6) is None
    assert Report(readings={HERE_V6: Reading(source=HERE_V6)}).address(HERE_V6) is None


def test_a_report_tells_when_dns_was_last_written() -> None:
    """The last write is the newest of the records that have a time, by Cloudflare's clock."""
    old = replace(record(A1), modified_on=NOON - timedelta(hours=1))
    new = replace(record(B1, kind="AAAA"), modified_on=NOON)
    unknown = record(A2)

    assert Report().written_at([V4]) is None
    assert Report(records={V4: unknown}).written_at([V4]) is None
    assert Report(records={V4: old, V6: new}).written_at([V4, V6]) == NOON
    assert Report(records={V4: old, V6: new}).written_at([V4]) == old.modified_on
    assert Report(records={V4: unknown, V6: new}).written_at([V4, V6]) == NOON


def test_a_report_tells_all_failures() -> None:
    """What Cloudflare failed at comes first, then what it refused."""
    broken, refused = CloudflareResponseError("broken"), CloudflareRefusedError("refused")
    change = create(HOME, A1)
    report = Report(
        error=broken,
        outcomes={
            V6: Outcome(change=change, result=Result.DONE, record=record(A1)),
            V4: Outcome(change=change, result=Result.REFUSED, error=refused),
        },
    )

    assert report.failures == (broken, refused)
    assert Report().failures == ()


def test_reports_of_equal_rounds_are_equal() -> None:
    """A round that only read the zone again makes no news."""
    report = Report(records={V4: record(A1)}, is_settled=True)

    assert replace(report, was_read=True) == report
    assert replace(report, fresh=(REFUSAL,)) == report
    assert replace(report, is_settled=False) != report
