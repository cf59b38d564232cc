"""Random zones: a strict zone of the simulator with random records, and random desired records."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv6Address, IPv6Network
from itertools import product
from random import Random
from typing import override

from hypothesis import strategies as st

from custom_components.raindrop.ddns.addresses import parse_record
from custom_components.raindrop.ddns.cloudflare import codec
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    TTL_AUTO,
    Address,
    Create,
    DesiredRecord,
    HomeId,
    HostName,
    InterfaceId,
    Policy,
    Record,
    RecordAttributes,
    RecordId,
    RecordKey,
    RecordVersion,
)
from custom_components.raindrop.ddns.plan_values import Plan
from custom_components.raindrop.ddns.records.make_plan import make_plan
from custom_components.raindrop.ddns.sources import Family
from simulator.cloudflare import RefusedError, Zone, writes
from simulator.cloudflare.plans import PLANS
from simulator.cloudflare.shadowing import shown_with_shadows
from simulator.cloudflare.zone import Account
from tests.library.builders import A1, A2, A3, B1, B2

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FAR = IPv6Address("2001:218:9:8::1")
"""The address of the home with another prefix and the same interface identifier."""
NOT_PUBLIC = IPv6Network("2001:db8::/32")
NAMES = ("example.com", "home.example.com", "*.example.com", "ns.sub.example.com")
DELEGATED = ("sub.example.com", "other.example.com", "home.example.com", "example.com")
"""Names at which a random zone may have NS records; those of the zone itself delegate nothing."""
NAME_SERVERS = ("ns.example.net", "NS.sub.example.com.")
KINDS = ("A", "A", "A", "AAAA", "AAAA", "AAAA", "CNAME", "TXT", "HTTPS")
HOME_ID = HomeId("3f9a1c2b")
OURS, OTHERS = Ownership(HOME_ID).comment(), Ownership(HomeId("00c0ffee")).comment()
COMMENTS = (None, "front door", OURS, OWNER_COMMENT, OTHERS, OTHERS)
TAGS = ((), ("room:attic",), ("room:attic", "owner:me"))
CONTENTS = {
    "A": (str(A1), str(A2), str(A3)),
    "AAAA": (str(B1), str(B2), str(FAR), "2001:218:1:2::", "100::"),
    "CNAME": ("elsewhere.example.net",),
    "TXT": ("hello",),
    "HTTPS": (f"1 . ipv4hint={A1}", f"1 . ipv4hint={A2} ipv6hint={B1}", "0 elsewhere.example.net"),
}
ADDRESSES: dict[Family, tuple[Address | None, ...]] = {
    Family.IPV4: (None, A1, A2),
    Family.IPV6: (None, B1, FAR),
}
LAST_ADDRESSES: dict[Family, tuple[Address | None, ...]] = {
    Family.IPV4: (None, A1, A2),
    Family.IPV6: (None, B1, B2, FAR),
}
INTERFACE_IDS = (
    None,
    None,
    InterfaceId(),
    InterfaceId(prefix_length=48),
    InterfaceId(bits=1),
    InterfaceId(bits=2),
    InterfaceId(prefix_length=48, bits=2),
    InterfaceId(prefix_length=48, bits=2 << 64 | 1),
    InterfaceId(prefix_length=16, bits=0xDB8 << 96 | 1),
)
"""None, kept, given, with short prefixes; the last never makes an address that may be written."""
MAX_RECORDS = 8
"""How many records a random zone gets at most; the simulator refuses some of them."""


def _zone() -> Zone:
    """Return an empty zone of the simulator, without a network."""
    return Zone("example.com", PLANS["pro"], Account("Home"), lambda: NOW)


def _ids() -> list[RecordId]:
    """Return the record IDs that such a zone assigns, in order."""
    zone = _zone()
    made = [
        writes.create(zone, {"type": "TXT", "name": "@", "content": str(n)}, [])
        for n in range(MAX_RECORDS)
    ]
    return [RecordId(record.id) for record in made]


IDS = _ids()
POLICIES = [
    Policy(create=create, proxied=proxied, ttl_s=ttl_s, record_id=id_, interface_id=interface_id)
    for create, proxied, ttl_s, id_, interface_id in product(
        (False, True),
        (None, True, False),
        (None, TTL_AUTO, 300),
        (None, None, None, *IDS),
        INTERFACE_IDS,
    )
]
RECORD_KEYS = [RecordKey(HostName(name), family) for name, family in product(NAMES, Family)]


@dataclass(frozen=True, slots=True)
class RandomZone:
    """A zone with its existing records and the desired records."""

    zone: Zone
    desired_records: tuple[DesiredRecord, ...]
    zone_name: HostName | None
    """None if it is not known."""

    @override
    def __repr__(self) -> str:
        """Return what is needed to reproduce a failed test."""
        return f"RandomZone(existing={self.existing}, desired_records={self.desired_records})"

    @property
    def existing(self) -> list[Record]:
        """The existing records, as the client returns them."""
        shown = shown_with_shadows(self.zone, [*self.zone.records.values()])
        return [codec.read_record(record, Ownership(HOME_ID)) for record in shown]

    def plan(self) -> Plan:
        """Return the plan for this zone."""
        return make_plan(self.desired_records, self.existing, self.zone_name)

    def apply(self, plan: Plan) -> None:
        """Apply a plan; raises RefusedError for a change that Cloudflare would refuse."""
        for change in plan.changes:
            surprises: list[str] = []
            if isinstance(change, Create):
                writes.create(self.zone, codec.create_body(change, Ownership(HOME_ID)), surprises)
            else:
                body = codec.update_body(change, Ownership(HOME_ID))
                writes.patch(self.zone, change.record.id, body, surprises)
            assert surprises == []
        for records in plan.stale_records.values():
            for record in records:
                writes.delete(self.zone, record.id)

    def desired(self, record_key: RecordKey) -> DesiredRecord:
        """Return the desired record of a record key."""
        return next(desired for desired in self.desired_records if desired.record_key == record_key)


def desired_address(desired: DesiredRecord, record: Record | None) -> Address | None:
    """Return the address that a record should hold, computed from its bits as text."""
    address, interface_id = desired.address, desired.policy.interface_id
    if interface_id is None or not isinstance(address, IPv6Address):
        return address
    existing = parse_record(record.content) if record else None
    low_bits = existing if interface_id.bits is None else IPv6Address(interface_id.bits)
    if low_bits is None:
        return None
    names_subnet = interface_id.bits is None or int(low_bits) >= 2**64
    cut = interface_id.prefix_length if names_subnet else 64
    combined_bits = f"{int(address):0128b}"[:cut] + f"{int(low_bits):0128b}"[cut:]
    combined = IPv6Address(int(combined_bits, 2))
    is_anycast = combined_bits.endswith("0" * 64)
    return None if is_anycast or combined in NOT_PUBLIC else combined


def rrset(records: Sequence[Record], record_key: RecordKey) -> list[Record]:
    """Return the records with the name and type of a record key."""
    return [
        r for r in records if (r.name, r.type) == (record_key.name, record_key.family.record_type)
    ]


def _record(rng: Random) -> dict[str, object]:
    """Return the fields of a random record, which Cloudflare may refuse."""
    kind = rng.choice(KINDS)
    return {
        "type": kind,
        "name": rng.choice(NAMES),
        "content": rng.choice(CONTENTS[kind]),
        "proxied": rng.choice((False, True)) and kind not in {"TXT", "HTTPS"},
        "ttl": rng.choice((TTL_AUTO, 300)),
        "comment": rng.choice(COMMENTS),
        "tags": rng.choice(TAGS),
    }


def _desired(rng: Random, record_key: RecordKey, given: frozenset[RecordVersion]) -> DesiredRecord:
    """Return a random desired record."""
    last, policy = rng.choice(LAST_ADDRESSES[record_key.family]), rng.choice(POLICIES)
    return DesiredRecord(
        record_key=record_key,
        policy=replace(policy, take_over=given),
        address=rng.choice(ADDRESSES[record_key.family]),
        last_address=last,
        last_record=_last_record(rng, record_key, policy, last) if last else None,
        is_contested=rng.random() < 0.5,
        last_attributes=_last_attributes(rng),
        sent_addresses=tuple(
            address for address in ADDRESSES[record_key.family] if address and rng.random() < 0.5
        ),
    )


def _last_record(
    rng: Random, record_key: RecordKey, policy: Policy, last: Address
) -> Record | None:
    """Return the record of a key when it was last in sync, under any policy."""
    if not rng.randrange(4):
        return None
    return Record(
        id=rng.choice(IDS),
        name=record_key.name,
        type=record_key.family.record_type,
        content=str(last),
        proxied=rng.choice((bool(policy.proxied), False, True)),
        ttl_s=rng.choice((policy.ttl_s or TTL_AUTO, TTL_AUTO, 300)),
    )


def _last_attributes(rng: Random) -> RecordAttributes | None:
    """Return what a record had when it was last read."""
    if not rng.randrange(4):
        return None
    is_owned = rng.choice((False, True))
    return RecordAttributes(
        proxied=rng.choice((False, True)),
        ttl_s=rng.choice((TTL_AUTO, 300)),
        comment=OURS if is_owned else rng.choice((None, "front door")),
        tags=rng.choice(TAGS),
        is_owned=is_owned,
    )


def _more_records(rng: Random, zone: Zone, *, is_name_known: bool) -> Iterator[dict[str, object]]:
    """Yield a delegation, a record that was created late, and one that shows the zone's name."""
    if not rng.randrange(4):
        yield {"type": "NS", "name": rng.choice(DELEGATED), "content": rng.choice(NAME_SERVERS)}
    for record in [*zone.records.values()]:
        fields = record.fields
        if fields.comment == OURS and fields.type in {"A", "AAAA"}:
            content = rng.choice(CONTENTS[fields.type])
            yield {"type": fields.type, "name": fields.name, "content": content, "comment": OURS}
    if not is_name_known:
        yield {"type": "TXT", "name": "beside", "content": "everything else"}


def _random_zone(rng: Random) -> RandomZone:
    """Return a zone with those of the random records that Cloudflare accepts."""
    zone = _zone()
    for _ in range(rng.randrange(MAX_RECORDS + 1)):
        try:
            writes.create(zone, _record(rng), [], is_read_only=rng.random() < 1 / 16)
        except RefusedError:
            continue
    is_name_known = rng.choice((True, False))
    for fields in _more_records(rng, zone, is_name_known=is_name_known):
        with suppress(RefusedError):
            writes.create(zone, fields, [])
    record_keys = rng.sample(RECORD_KEYS, k=rng.randrange(len(RECORD_KEYS) + 1))
    records = [
        codec.read_record(record.shown(), Ownership(HOME_ID)) for record in zone.records.values()
    ]
    given = frozenset(record.version for record in records if rng.random() < 1 / 3)
    desired_records = tuple(_desired(rng, record_key, given) for record_key in record_keys)
    return RandomZone(zone, desired_records, HostName(zone.name) if is_name_known else None)


random_zones = st.randoms(use_true_random=True).map(_random_zone)
"""Each is built from one random generator: Hypothesis draws single numbers mostly small."""
