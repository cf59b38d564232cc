"""The words of Raindrop, as far as they can do more than be said."""

import pytest

from custom_components.raindrop.ddns.model import OWNER_COMMENT, Address, Family
from custom_components.raindrop.ddns.reading import Answer, Problem, Reading

from .builders import A1, A2, B1, HERE, HERE_V6, record


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
    "address, answers, is_open",
    [
        pytest.param(None, [], False, id="nothing heard/closed"),
        pytest.param(None, [None], False, id="only failures/closed"),
        pytest.param(None, [A1], True, id="one not believed/open"),
        pytest.param(None, [A1, A2], True, id="two not believed/open"),
        pytest.param(A1, [A1], False, id="one believed/closed"),
        pytest.param(A1, [A1, None, A1], False, id="two believed/closed"),
        pytest.param(A1, [A2, A1, A1], False, id="two against one/closed"),
    ],
)
def test_a_reading_tells_whether_it_is_settled(
    *, address: Address | None, answers: list[Address | None], is_open: bool
) -> None:
    """A reading is open while what was heard is not believed."""
    reading = Reading(
        source=HERE,
        address=address,
        answers=tuple(
            Answer(operator=str(n), address=heard, problem=None if heard else Problem.TIMEOUT)
            for n, heard in enumerate(answers)
        ),
    )

    assert reading.is_open is is_open


@pytest.mark.parametrize(
    "address, answers, heard",
    [
        pytest.param(None, [], None, id="nobody asked/nothing"),
        pytest.param(None, [None, None], None, id="nobody answered/nothing"),
        pytest.param(None, [None, A2, A1], A2, id="dispute/the first voice"),
        pytest.param(A1, [A2, A1, A1], A1, id="outvoted/what is believed"),
        pytest.param(A1, [None, A1], A1, id="one voice/it"),
    ],
)
def test_a_reading_tells_what_was_heard(
    address: Address | None, answers: list[Address | None], heard: Address | None
) -> None:
    """What is believed is shown, else what was heard first: good to show, not to write."""
    reading = Reading(
        source=HERE,
        address=address,
        answers=tuple(Answer(operator=str(n), address=said) for n, said in enumerate(answers)),
    )

    assert reading.heard == heard


@pytest.mark.parametrize(
    "problems, is_absent",
    [
        pytest.param([], False, id="nobody asked/not known"),
        pytest.param([Problem.UNREACHABLE], True, id="the only one unreachable/absent"),
        pytest.param([Problem.UNREACHABLE] * 3, True, id="all unreachable/absent"),
        pytest.param([Problem.UNREACHABLE, Problem.TIMEOUT], False, id="one slow/there"),
        pytest.param([Problem.UNREACHABLE, None], False, id="one answers/there"),
        pytest.param([Problem.STATUS, Problem.STATUS], False, id="all refuse/there"),
    ],
)
def test_a_family_that_reaches_nobody_may_be_absent(
    *, problems: list[Problem | None], is_absent: bool
) -> None:
    """Only where no operator can be reached at all does the home perhaps not have the family."""
    reading = Reading(
        source=HERE_V6,
        answers=tuple(
            Answer(operator=str(n), address=None if problem else B1, problem=problem)
            for n, problem in enumerate(problems)
        ),
    )

    assert reading.is_absent is is_absent
