"""Which texts are changed: those with an address that a record of this home had."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import (
    Address,
    DesiredRecord,
    HomeId,
    HostName,
    Record,
    RecordKey,
)
from custom_components.raindrop.ddns.plan_values import Plan
from custom_components.raindrop.ddns.records.make_plan import make_plan
from custom_components.raindrop.ddns.records.text_plan import with_texts
from tests.library.builders import (
    A1,
    A2,
    A3,
    B1,
    B2,
    HOME,
    V4,
    V6,
    desired,
    https,
    record,
    record_id,
    txt,
)

MAIL, VPN = "mail.example.com", RecordKey(HostName("vpn.example.com"), V4.family)
HOME_ID, OTHERS = HomeId("3f9a1c2b"), Ownership(HomeId("00c0ffee")).comment()
SPF = f'"v=spf1 ip4:{A1} -all"'
FOLLOWS = desired(A2, last=A1, texts=[MAIL])
OURS = record(A1)
VPN_RECORD = record(A1, number=2, name=VPN.name)


def plan(desired_records: list[DesiredRecord], existing: list[Record]) -> Plan:
    """Return the plan for a zone."""
    made = make_plan(desired_records, existing, HostName("example.com"))
    return with_texts(made, desired_records, existing)


def texts(made: Plan) -> dict[str, str]:
    """Return the new texts of a plan by record ID."""
    return {text.record.id: text.text for text in made.texts}


def test_the_last_address_is_replaced_at_chosen_names() -> None:
    """It rides beside the change of the record; other names, and other types, are left."""
    spf, elsewhere, mx = txt(SPF, name=MAIL), txt(SPF, number=3), record(SPF, kind="MX", name=MAIL)
    made = plan([FOLLOWS], [OURS, spf, elsewhere, mx])

    assert [change.address for change in made.changes] == [A2]
    (text,) = made.texts
    assert (text.record, text.text) == (spf, f'"v=spf1 ip4:{A2} -all"')
    assert (text.record_key, text.replaced) == (V4, ((A1, A2),))
    assert text.record_keys == {V4}
    assert made.left_texts == {}


def test_both_families_share_one_change() -> None:
    """A text is written once, with all the addresses that it gets."""
    six = desired(B2, record_key=V6, last=B1, texts=[MAIL])
    existing = [OURS, record(B1, number=2, kind="AAAA")]
    existing.append(https(f'ipv4hint="{A1}" ipv6hint="{B1}"', name=MAIL))
    made = plan([six, FOLLOWS], existing)

    (text,) = made.texts
    assert text.text == f'ipv4hint="{A2}" ipv6hint="{B2}"'
    assert text.record_key == V4
    assert text.record_keys == {V4, V6}


@pytest.mark.parametrize(
    "wanted, existing",
    [
        pytest.param(desired(A2, texts=[MAIL]), OURS, id="last address unknown"),
        pytest.param(desired(None, last=A1, texts=[MAIL]), OURS, id="address unknown or paused"),
        pytest.param(
            desired(None, texts=[MAIL], had=[A1]),
            record(A2),
            id="only the record's address is known",
        ),
        pytest.param(desired(A2, last=A1), OURS, id="no name chosen"),
        pytest.param(desired(A2, last=A3, texts=[MAIL]), OURS, id="another last address"),
        pytest.param(desired(A1, last=A1, texts=[MAIL]), OURS, id="not changed"),
        pytest.param(
            desired(A2, last=A1, texts=[MAIL]), replace(OURS, type="CNAME"), id="conflict"
        ),
        pytest.param(desired(A2, last=A1, texts=[MAIL]), None, id="may not be created"),
        pytest.param(
            desired(A1, last=A1, is_contested=True, texts=[MAIL]), record(A3), id="contested"
        ),
    ],
)
def test_texts_that_are_left(wanted: DesiredRecord, existing: Record | None) -> None:
    """Nothing is written without both addresses, and not before the record itself may be."""
    made = plan([wanted], [*([existing] if existing else []), txt(SPF, name=MAIL)])

    assert (made.texts, made.left_texts) == ((), {})


def test_a_record_that_is_right_already_has_its_texts_changed() -> None:
    """Somebody else may have written the new address while Home Assistant was off."""
    made = plan([FOLLOWS], [record(A2), txt(SPF, name=MAIL)])

    assert made.changes == ()
    assert texts(made) == {record_id(9): f'"v=spf1 ip4:{A2} -all"'}


def test_an_earlier_address_is_replaced() -> None:
    """It may be left of a change that failed."""
    wanted = desired(A2, last=A2, had=[A1, A3], texts=[MAIL])

    made = plan([wanted], [record(A2), txt(f'"v=spf1 ip4:{A3} ip4:{A3}"', name=MAIL)])

    assert texts(made) == {record_id(9): f'"v=spf1 ip4:{A2} ip4:{A2}"'}


@pytest.mark.parametrize(
    "addresses, is_left",
    [
        pytest.param([A1, A2], False, id="the new one is there"),
        pytest.param([A1, A3], True, id="two earlier ones"),
    ],
)
def test_addresses_of_a_text_never_become_one(addresses: list[Address], *, is_left: bool) -> None:
    """Nothing would show later which of the two was another connection's."""
    wanted = desired(A2, last=A3, had=[A1], texts=[MAIL])
    spf = txt(f'"v=spf1 ip4:{addresses[0]} ip4:{addresses[1]}"', name=MAIL)

    made = plan([wanted], [record(A2), spf])

    assert made.texts == ()
    assert made.left_texts == ({V4: (spf,)} if is_left else {})


def test_a_record_that_is_created_has_texts_as_well() -> None:
    """It was deleted, and is created with the new address."""
    made = plan([replace(FOLLOWS, policy=desired(A2, create=True).policy)], [txt(SPF, name=MAIL)])

    assert texts(made) == {record_id(9): f'"v=spf1 ip4:{A2} -all"'}


@pytest.mark.parametrize(
    "vpn, is_replaced",
    [
        pytest.param(desired(A2, record_key=VPN, last=A1, texts=[MAIL]), True, id="the same"),
        pytest.param(desired(A3, record_key=VPN, last=A1, texts=[MAIL]), False, id="another"),
        pytest.param(desired(A1, record_key=VPN, last=A1, texts=[MAIL]), False, id="not moved"),
        pytest.param(desired(A1, record_key=VPN, texts=[MAIL]), False, id="new here"),
        pytest.param(desired(None, record_key=VPN, last=A1, texts=[MAIL]), False, id="unknown"),
        pytest.param(desired(A3, record_key=VPN, last=A1, texts=[HOME]), True, id="other texts"),
    ],
)
def test_an_address_of_two_records(vpn: DesiredRecord, *, is_replaced: bool) -> None:
    """It is replaced if all that had it and follow it there get the same one."""
    spf = txt(SPF, name=MAIL)
    made = plan([FOLLOWS, vpn], [OURS, VPN_RECORD, spf])

    assert bool(made.texts) is is_replaced
    assert (V4 in made.left_texts) is not is_replaced
    if vpn.address is None:
        assert VPN not in made.left_texts
    if is_replaced and MAIL in vpn.text_names:
        assert made.texts[0].record_keys == {V4, VPN}


def test_an_address_that_another_home_has_too_is_left() -> None:
    """Its record says so; once it has moved, or if it was given to this home, nobody else has."""
    other = record(A1, number=2, name=VPN.name, comment=OTHERS, home_id=HOME_ID)
    spf = txt(SPF, name=MAIL)

    made = plan([FOLLOWS], [OURS, other, spf])
    assert (made.texts, made.left_texts) == ((), {V4: (spf,)})
    assert plan([FOLLOWS], [OURS, replace(other, content=str(A2)), spf]).texts
    given = desired(A2, record_key=VPN, last=A1, take_over=[other])
    assert plan([FOLLOWS, given], [OURS, other, spf]).texts


def test_a_text_that_another_product_keeps_is_left() -> None:
    """Cloudflare would refuse it."""
    spf = replace(txt(SPF, name=MAIL), is_read_only=True)
    made = plan([FOLLOWS], [OURS, spf])

    assert (made.texts, made.left_texts) == ((), {V4: (spf,)})


def test_one_address_of_a_text_may_be_left() -> None:
    """The others are replaced all the same."""
    six = desired(B2, record_key=V6, last=B1, texts=[MAIL])
    theirs = record(A1, number=3, name=VPN.name, comment=OTHERS, home_id=HOME_ID)
    spf = txt(f'"v=spf1 ip4:{A1} ip6:{B1} -all"', name=MAIL)
    made = plan([FOLLOWS, six], [OURS, record(B1, number=2, kind="AAAA"), theirs, spf])

    assert texts(made) == {record_id(9): f'"v=spf1 ip4:{A1} ip6:{B2} -all"'}
    assert made.left_texts == {V4: (spf,)}


def test_a_hint_that_is_replaced_is_not_stale() -> None:
    """One at the name that nobody replaces still is."""
    follows = desired(A2, last=A1, texts=[HOME])
    ours, other = https(f"ipv4hint={A1}"), https(f"ipv4hint={A3}", number=7)

    assert plan([follows], [OURS, ours]).stale_hints == {}
    assert plan([follows], [OURS, ours, other]).stale_hints == {V4: [other]}
    assert plan([desired(A2, last=A1)], [OURS, ours]).stale_hints == {V4: (ours,)}
