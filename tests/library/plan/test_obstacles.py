"""The rows of `make_plan` for what keeps address records from a name."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    HostName,
    Reason,
    Record,
    RecordKey,
)
from custom_components.raindrop.ddns.plan_values import Conflict, Plan
from custom_components.raindrop.ddns.records.make_plan import make_plan, name_conflict
from tests.library.builders import A1, A2, B1, HOME, V4, V6, desired, record

ZONE = HostName("example.com")
SUBDOMAIN = "sub.example.com"
BELOW = HostName("vpn.sub.example.com")
KEY = RecordKey(BELOW, V4.family)
WEB = record(A1, number=90, name="www.example.com")
"""A record beside everything else."""


def ns(name: str, target: str = "ns1.example.net", number: int = 10) -> Record:
    """Return an NS record."""
    return record(target, number=number, name=name, kind="NS")


def plan_of(key: RecordKey, records: list[Record], zone_name: HostName | None = ZONE) -> Plan:
    """Return the plan for one record that may be created."""
    return make_plan([desired(A2, record_key=key, create=True)], records, zone_name)


@pytest.mark.parametrize("zone_name", [ZONE, None], ids=["zone name/known", "zone name/unknown"])
@pytest.mark.parametrize("existing", [[], [record(A1, name=BELOW)]], ids=["missing", "exists"])
@pytest.mark.parametrize(
    "delegation",
    [
        pytest.param([ns(SUBDOMAIN)], id="above"),
        pytest.param([ns(SUBDOMAIN), ns(SUBDOMAIN, "ns2.example.net", 11)], id="two name servers"),
        pytest.param([ns(BELOW)], id="at the name"),
        pytest.param([ns("sub.example.com", "ns.other.sub.example.com")], id="glue of another"),
    ],
)
def test_a_delegated_name_is_a_conflict(
    delegation: list[Record], existing: list[Record], zone_name: HostName | None
) -> None:
    """Nobody asks this zone for a name at or below an NS record; nothing is written there."""
    plan = plan_of(KEY, [WEB, *existing, *delegation], zone_name)

    assert plan.conflicts == (
        Conflict(record_key=KEY, reason=Reason.DELEGATED, records=tuple(delegation)),
    )
    assert plan.changes == ()
    assert name_conflict(KEY, [WEB, *existing, *delegation], zone_name) == plan.conflicts[0]


@pytest.mark.parametrize("zone_name", [ZONE, None], ids=["zone name/known", "zone name/unknown"])
@pytest.mark.parametrize(
    "name, other",
    [
        pytest.param(HOME, ns("sub.example.com"), id="another subdomain"),
        pytest.param(HOME, ns("deep.home.example.com"), id="below the name"),
        pytest.param(HOME, ns("me.example.com"), id="a name with the same end"),
        pytest.param(HOME, ns("example.com"), id="the zone itself"),
        pytest.param("example.com", ns("example.com"), id="the zone itself, at its own name"),
        pytest.param("*.example.com", ns("sub.example.com"), id="wildcard"),
        pytest.param(BELOW, ns(SUBDOMAIN, "VPN.sub.example.com."), id="glue"),
        pytest.param("xn--sb-xka.example.com", ns("sb.example.com"), id="Punycode"),
    ],
)
def test_another_delegation_is_none_of_ours(
    name: str, other: Record, zone_name: HostName | None
) -> None:
    """Only an NS record at the name or between it and the zone counts, unless it needs the name."""
    key = RecordKey(HostName(name), V4.family)

    plan = plan_of(key, [WEB, other], zone_name)

    assert [change.record_key for change in plan.changes] == [key]
    assert plan.conflicts == ()
    assert name_conflict(key, [WEB, other], zone_name) is None


def test_glue_of_a_delegation_below_another_is_never_reached() -> None:
    """The delegation nearest to the zone decides: no resolver gets to the one below."""
    key = RecordKey(HostName("ns1.a.sub.example.com"), V4.family)
    below, above = ns("a.sub.example.com", key.name), ns(SUBDOMAIN, number=11)

    assert plan_of(key, [WEB, below]).conflicts == ()
    (conflict,) = plan_of(key, [WEB, below, above]).conflicts
    assert (conflict.reason, conflict.records) == (Reason.DELEGATED, (above,))


def test_a_wildcard_below_a_delegation_is_a_conflict() -> None:
    """All names below the NS record are gone, so the wildcard answers for none."""
    key = RecordKey(HostName("*.sub.example.com"), V4.family)
    (conflict,) = plan_of(key, [WEB, ns(SUBDOMAIN)]).conflicts
    assert conflict.reason is Reason.DELEGATED


def test_cloudflare_may_say_that_a_record_is_shadowed() -> None:
    """In the list of one name the NS records above it are missing, but its records say so."""
    hidden = replace(record(A1), is_shadowed=True)

    (conflict,) = make_plan([desired(A2)], [hidden], ZONE).conflicts

    assert conflict == Conflict(record_key=V4, reason=Reason.DELEGATED)


APP = record("100::", number=20, kind="AAAA", proxied=True)
LOCKED = replace(record(A1, number=21), is_read_only=True)


@pytest.mark.parametrize(
    "key, records, reason",
    [
        pytest.param(V6, [APP], Reason.PLACEHOLDER, id="placeholder/AAAA"),
        pytest.param(V4, [APP], Reason.PLACEHOLDER, id="placeholder/A would be created"),
        pytest.param(V4, [LOCKED], Reason.READ_ONLY, id="read-only/A"),
        pytest.param(V6, [LOCKED], Reason.READ_ONLY, id="read-only/AAAA would be created"),
        pytest.param(
            V6, [replace(APP, is_read_only=True)], Reason.READ_ONLY, id="read-only placeholder"
        ),
        pytest.param(V4, [LOCKED, APP], Reason.READ_ONLY, id="both/read-only"),
    ],
)
def test_a_record_of_another_product_is_a_conflict(
    key: RecordKey, records: list[Record], reason: Reason
) -> None:
    """A read-only record and the placeholder of a Worker or redirect are left alone."""
    address = A2 if key is V4 else B1

    plan = make_plan([desired(address, record_key=key, create=True)], records, ZONE)

    expected = Conflict(record_key=key, reason=reason, records=tuple(records))
    assert (plan.changes, plan.conflicts) == ((), (expected,))
    assert name_conflict(key, records, ZONE) == expected


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([record(A1), APP], id="a record of its own beside a placeholder"),
        pytest.param([record(A1), replace(APP, proxied=False)], id="100:: without the proxy"),
        pytest.param(
            [record(A1), replace(record("v=spf1 -all", number=3, kind="TXT"), is_read_only=True)],
            id="a read-only record of another type",
        ),
    ],
)
def test_other_records_do_not_stand_in_the_way(records: list[Record]) -> None:
    """A record that can be written is written."""
    (change,) = make_plan([desired(A2)], records, ZONE).changes
    assert change.address == A2
    assert name_conflict(V4, records, ZONE) is None


def test_the_own_record_is_no_placeholder() -> None:
    """Somebody changed the address of a record that this home created: that is drift."""
    own = record("100::", kind="AAAA", proxied=True, comment=OWNER_COMMENT)
    (change,) = make_plan([desired(B1, record_key=V6)], [own], ZONE).changes
    assert change.address == B1


def test_an_unknown_address_has_no_conflict() -> None:
    """Where nothing would be written, nothing is in the way."""
    records = [WEB, ns(SUBDOMAIN), record(A1, name=BELOW)]
    assert make_plan([desired(None, record_key=KEY)], records, ZONE).conflicts == ()


def https(content: str, kind: str = "HTTPS") -> Record:
    """Return an HTTPS or SVCB record at the name."""
    return record(content, number=30, kind=kind)


@pytest.mark.parametrize(
    "hinting",
    [
        pytest.param(https(f'1 . alpn="h3,h2" ipv4hint="{A1}"'), id="quoted"),
        pytest.param(https(f"1 . ipv4hint={A1}"), id="bare"),
        pytest.param(https(f'1 . ipv4hint="{A2},{A1}"'), id="one of two"),
        pytest.param(https(f'16 HOME.example.com. ipv4hint="{A1}"', "SVCB"), id="own name, SVCB"),
    ],
)
@pytest.mark.parametrize("existing", [[record(A1)], [record(A2)], []], ids=["old", "new", "none"])
def test_hints_with_an_old_address_are_reported(hinting: Record, existing: list[Record]) -> None:
    """They are not written, but they lead to where nobody is."""
    plan = make_plan([desired(A2, create=True)], [*existing, hinting], ZONE)

    assert plan.stale_hints == {V4: (hinting,)}
    assert plan.conflicts == ()


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([https(f'1 . ipv4hint="{A2}"')], id="right"),
        pytest.param([https('1 . ipv6hint="2001:db8::1"')], id="other family"),
        pytest.param([https('1 . alpn="h2"')], id="no hint"),
        pytest.param([https(f'1 cdn.example.net. ipv4hint="{A1}"')], id="another target"),
        pytest.param([https("0 cdn.example.net.")], id="alias"),
        pytest.param([https('1 . ipv4hint="nonsense,,"')], id="no address"),
        pytest.param([https(""), https(f"1 .ipv4hint={A1}")], id="malformed"),
        pytest.param(
            [https(f'1 . ipv4hint="{A2},81.2.69.9"'), record("81.2.69.9", number=5)],
            id="address of a second record",
        ),
        pytest.param(
            [replace(https(f'1 . ipv4hint="{A1}"'), name=HostName(SUBDOMAIN))], id="elsewhere"
        ),
        pytest.param([record(f'1 . ipv4hint="{A1}"', number=30, kind="TXT")], id="another type"),
    ],
)
def test_other_hints_are_not_reported(records: list[Record]) -> None:
    """Hints of other names and families, and those that are right, are nobody's concern."""
    plan = make_plan([desired(A2, pin=1)], [record(A1), *records], ZONE)
    assert plan.stale_hints == {}


def test_hints_are_not_judged_without_an_address() -> None:
    """What is not known cannot be wrong."""
    plan = make_plan([desired(None)], [record(A1), https(f'1 . ipv4hint="{A2}"')], ZONE)
    assert plan.stale_hints == {}
