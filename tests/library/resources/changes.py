"""What happens in the tests of random changes."""

from collections.abc import Iterator
from typing import Any

CHANGES = 1000
FAULTS: dict[str, dict[str, Any]] = {
    "error": {},
    "spurious_403": {},
    "html": {"status": 502},
    "status": {"status": 503},
    "garbled": {},
    "reset": {},
    "lost_response": {},
    "cut": {},
    "truncated": {},
    "rate_limit": {"retry_after": 1},
}


def addresses() -> Iterator[str]:
    """Yield addresses that the home did not have before."""
    for number in range(2 * CHANGES):
        yield f"81.{2 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
