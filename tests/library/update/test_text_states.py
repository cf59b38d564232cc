"""What is known of the texts at a name after they were read and changed."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

from custom_components.raindrop.ddns.models import Address, HostName, Record, ZoneId
from custom_components.raindrop.ddns.plan_values import Plan, TextOutcome
from custom_components.raindrop.ddns.state import RecordState
from custom_components.raindrop.ddns.text_records import TextUpdate
from custom_components.raindrop.ddns.text_states import TextsRead
from custom_components.raindrop.ddns.zone_config import ZoneConfig
from tests.library.builders import A1, A2, A3, HERE, V4, managed, txt

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
MAIL = HostName("mail.example.com")
HOME = replace(managed(V4.name), text_names=frozenset({MAIL}))
CONFIG = ZoneConfig(zone_id=ZoneId("0" * 32), home_sources=[HERE], managed_records=[HOME])


def spf(address: Address, number: int) -> Record:
    """Return a text with an address."""
    return txt(f'"v=spf1 ip4:{address} -all"', number=number, name=MAIL)


def test_every_text_at_a_name_counts() -> None:
    """Whichever is read last."""
    before = RecordState(last_address=A1, text_addresses={A2: None})
    left = {V4: [spf(A2, 2)]}
    for listing in permutations([spf(A1, 1), spf(A2, 2)]):
        read = TextsRead(CONFIG, listing, [])
        after = read.known(before, before, HOME, Plan(left_texts=left), NOON, has_address=True)
        assert after.text_addresses == {A1: None, A2: None}
        assert after.left_texts == (spf(A2, 2),)


def test_an_address_that_was_replaced_is_known_from_then_on() -> None:
    """No text has it any longer; another text at the name changes nothing about that."""
    old, other = spf(A1, 1), spf(A3, 2)
    change = TextUpdate(
        record_key=V4,
        record=old,
        text=spf(A2, 1).content,
        replaced=((A1, A2),),
        record_keys=frozenset({V4}),
    )
    done = TextOutcome(change=change, record=spf(A2, 1))
    before, after = RecordState(last_address=A1), RecordState(last_address=A2)
    for listing in permutations([old, other]):
        read = TextsRead(CONFIG, listing, [done])
        known = read.known(before, after, HOME, Plan(), NOON, has_address=True)
        assert known.text_addresses == {A1: NOON, A2: None}
        assert known.text_failures == ()
