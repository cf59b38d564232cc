"""Which changes only send again what Cloudflare did not apply before."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.models import Change, Reason, Update
from custom_components.raindrop.ddns.plan_values import Outcome
from custom_components.raindrop.ddns.records.verify import is_repetition
from tests.library.builders import A1, A2, V4, create, record

KEPT = record(A2)
SENT = Update(record_key=V4, record=KEPT, address=A1, proxied=True, ttl_s=300)
TAKEN = replace(SENT, is_takeover=True)
CREATED = create("home.example.com", A1)
NOT_APPLIED = Outcome(change=SENT, reason=Reason.NOT_APPLIED, record=KEPT)
NOT_TAKEN = replace(NOT_APPLIED, change=TAKEN)


@pytest.mark.parametrize(
    "change, failure, expected",
    [
        pytest.param(SENT, NOT_APPLIED, True, id="the same/repetition"),
        pytest.param(replace(SENT, proxied=None), NOT_APPLIED, True, id="less/repetition"),
        pytest.param(replace(SENT, address=A2), NOT_APPLIED, False, id="another address/new"),
        pytest.param(replace(SENT, proxied=False), NOT_APPLIED, False, id="another proxied/new"),
        pytest.param(replace(SENT, ttl_s=60), NOT_APPLIED, False, id="another TTL/new"),
        pytest.param(
            replace(SENT, record=record(A2, number=2)), NOT_APPLIED, False, id="another record/new"
        ),
        pytest.param(TAKEN, NOT_APPLIED, False, id="now taken over/new"),
        pytest.param(TAKEN, NOT_TAKEN, True, id="taken over in vain/repetition"),
        pytest.param(SENT, NOT_TAKEN, True, id="no longer taken over/repetition"),
        pytest.param(
            SENT, replace(NOT_APPLIED, reason=Reason.REFUSED), False, id="refused/tried again"
        ),
        pytest.param(CREATED, NOT_APPLIED, False, id="created after an update/new"),
        pytest.param(SENT, replace(NOT_APPLIED, record=None), False, id="found since then/new"),
        pytest.param(
            CREATED,
            replace(NOT_APPLIED, change=CREATED, record=None),
            True,
            id="created and not shown/repetition",
        ),
    ],
)
def test_only_what_was_not_applied_is_a_repetition(
    change: Change, failure: Outcome, *, expected: bool
) -> None:
    """A repetition waits for the next full sync; anything else is sent at once."""
    assert is_repetition(change, failure) is expected
