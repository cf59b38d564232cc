"""The forks in which the mutation check runs the tests of a mutant."""

from collections.abc import Callable, Iterator
import os
import signal
import sys

import pytest

from tests.mutation.forks import Job, results

LONG_S = 60.0


def waits_forever() -> bool:
    """Wait for a signal that nobody sends."""
    signal.pause()
    return True


def raises() -> bool:
    """Fail with an error."""
    raise ValueError


def exits() -> bool:
    """Try to end the process as if all were well."""
    sys.exit(0)


def crashes() -> bool:
    """End the process by a signal."""
    os.kill(os.getpid(), signal.SIGKILL)
    return True


@pytest.mark.parametrize(
    "do, limit_s, expected",
    [
        pytest.param(lambda: True, LONG_S, True, id="passes"),
        pytest.param(lambda: False, LONG_S, False, id="fails"),
        pytest.param(raises, LONG_S, False, id="raises/failed"),
        pytest.param(exits, LONG_S, False, id="exits/failed"),
        pytest.param(crashes, LONG_S, False, id="crashes/failed"),
        pytest.param(waits_forever, 0.1, None, id="takes too long/no result"),
    ],
)
def test_a_job_passes_only_if_it_says_so(
    do: Callable[[], bool], limit_s: float, expected: object
) -> None:
    """A mutant survives only if its tests ran to their end."""
    assert list(results([Job("job", do, limit_s)], at_once=2)) == [("job", expected)]


def test_each_job_has_its_own_result() -> None:
    """A job that takes too long does not keep the others from running."""
    jobs = [
        Job("slow", waits_forever, 0.1),
        *(Job(f"passes {number}", lambda: True, LONG_S) for number in range(3)),
        *(Job(f"fails {number}", lambda: False, LONG_S) for number in range(3)),
    ]

    found = dict(results(jobs, at_once=2))

    assert len(found) == len(jobs)
    assert found.pop("slow") is None
    assert all(passed == name.startswith("passes") for name, passed in found.items())


def test_a_job_changes_nothing_for_the_next() -> None:
    """Each job finds the process as it was when the first began."""
    seen: list[str] = []

    def is_first() -> bool:
        seen.append("job")
        return len(seen) == 1

    found = list(results([Job("a", is_first, LONG_S), Job("b", is_first, LONG_S)], at_once=1))

    assert found == [("a", True), ("b", True)]
    assert not seen


def test_only_so_many_jobs_run_at_once() -> None:
    """A job does not begin before another has ended."""
    begun: list[str] = []

    def jobs() -> Iterator[Job]:
        for name in "abc":
            begun.append(name)
            yield Job(name, lambda: True, LONG_S)

    found = results(jobs(), at_once=2)

    next(found)
    assert begun == ["a", "b"]
    assert len(list(found)) == 2
    assert begun == ["a", "b", "c"]


def test_a_job_is_stopped_with_what_it_started() -> None:
    """A mutant that starts processes leaves none behind."""
    reader, writer = os.pipe()

    def starts_a_process() -> bool:
        if os.fork() == 0:
            os.write(writer, b".")
        return waits_forever()

    def ends_when_it_is_started() -> bool:
        return os.read(reader, 1) == b"."

    jobs = [Job("left", starts_a_process, LONG_S), Job("ends", ends_when_it_is_started, LONG_S)]
    found = results(jobs, at_once=2)
    assert next(found) == ("ends", True)
    found.close()
    os.close(writer)
    with os.fdopen(reader, "rb") as left:
        # This would wait for as long as another process can write.
        assert left.read() == b""
