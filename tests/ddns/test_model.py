"""The words of Raindrop, as far as they can do more than be said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.raindrop.ddns.errors import CloudflareRefusedError, CloudflareResponseError
from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    Address,
    Answer,
    Family,
    Outcome,
    Problem,
    Reading,
    Result,
)
from custom_components.raindrop.ddns.report import Report

from .builders import A1, A2, B1, V4, V6, create, record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "family, version, record_type, label",
    [(Family.IPV4, 4, "A", "IPv4"), (Family.IPV6, 6, "AAAA", "IPv6")],
)
def test_a_family_has_a_number_a_type_and_a_name(
    family: Family, version: int, record_type: str, label: str
) -> None:
    """Each family is numbered like its IP version, and has its own type of record."""
    assert (family, family.record_type, family.label) == (version, record_type, label)


def test_s12_a_record_is_ours_by_its_comment() -> None:
    """Lesson S12: Raindrop knows the records that it created by a comment that fits any plan."""
    assert record(A1, comment=OWNER_COMMENT).is_owned
    assert not record(A1, comment="front door").is_owned
    assert not record(A1).is_owned
    assert len(OWNER_COMMENT) <= 100


@pytest.mark.parametrize(
    "address, answers, is_open, is_disputed",
    [
        pytest.param(None, [], False, False, id="nothing heard/closed"),
        pytest.param(None, [None], False, False, id="only failures/closed"),
        pytest.param(None, [A1], True, False, id="one not believed/open"),
        pytest.param(None, [A1, A2], True, True, id="two not believed/disputed"),
        pytest.param(A1, [A1], False, False, id="one believed/closed"),
        pytest.param(A1, [A1, None, A1], False, False, id="two believed/closed"),
        pytest.param(A1, [A2, A1, A1], False, True, id="two against one/disputed"),
    ],
)
def test_a_reading_tells_whether_it_is_settled(
    *, address: Address | None, answers: list[Address | None], is_open: bool, is_disputed: bool
) -> None:
    """A reading is open while what was heard is not believed, and disputed if voices differ."""
    reading = Reading(
        family=Family.IPV4,
        address=address,
        answers=tuple(
            Answer(operator=str(n), address=heard, problem=None if heard else Problem.TIMEOUT)
            for n, heard in enumerate(answers)
        ),
    )

    assert (reading.is_open, reading.is_disputed) == (is_open, is_disputed)


def test_a_report_tells_the_address_of_a_family() -> None:
    """An address that was not read, or not believed, is not known."""
    report = Report(
        readings={
            Family.IPV4: Reading(family=Family.IPV4, address=A1),
        }
    )

    assert report.address(Family.IPV4) == A1
    assert report.address(Family.IPV6) is None
    assert Report(readings={Family.IPV6: Reading(family=Family.IPV6)}).address(Family.IPV6) is None


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
    change = create("home.example.com", A1)
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
    assert replace(report, is_settled=False) != report
