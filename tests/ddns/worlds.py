"""Random worlds: a strict zone with whatever may stand in it, and whatever may be wanted of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, IPv6Network
from itertools import product
from random import Random
from typing import override

from hypothesis import strategies as st

from custom_components.raindrop.ddns import wire
from custom_components.raindrop.ddns.addresses import parse_record
from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    TTL_AUTO,
    Address,
    Create,
    Family,
    HostName,
    HostPart,
    Plan,
    Policy,
    Record,
    RecordId,
    Slot,
    Want,
)
from custom_components.raindrop.ddns.plan import make_plan
from lab.cloudflare import RefusedError, Zone, writes
from lab.cloudflare.plans import PLANS
from lab.cloudflare.zone import Account

from .builders import A1, A2, A3, B1, B2

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FAR = IPv6Address("2001:218:9:8::1")
"""The home beside another prefix, with the interface id of before."""
NOT_PUBLIC = IPv6Network("2001:db8::/32")
NAMES = ("example.com", "home.example.com", "*.example.com")
KINDS = ("A", "A", "A", "AAAA", "AAAA", "AAAA", "CNAME", "TXT")
COMMENTS = (None, "front door", OWNER_COMMENT)
CONTENTS = {
    "A": (str(A1), str(A2), str(A3)),
    "AAAA": (str(B1), str(B2), str(FAR)),
    "CNAME": ("elsewhere.example.net",),
    "TXT": ("hello",),
}
ADDRESSES: dict[Family, tuple[Address | None, ...]] = {
    Family.IPV4: (None, A1, A2),
    Family.IPV6: (None, B1, FAR),
}
LASTS: dict[Family, tuple[Address | None, ...]] = {
    Family.IPV4: (None, A1, A2),
    Family.IPV6: (None, B1, B2, FAR),
}
HOSTS = (
    None,
    None,
    HostPart(),
    HostPart(prefix_length=48),
    HostPart(interface_id=1),
    HostPart(interface_id=2),
    HostPart(prefix_length=48, interface_id=2),
    HostPart(prefix_length=48, interface_id=2 << 64 | 1),
    HostPart(prefix_length=16, interface_id=0xDB8 << 96 | 1),
)
"""None, kept, typed, beside short prefixes; the last makes no address that may be written."""
BORN = 8
"""Records that are tried in a world; a strict zone refuses some of them."""


def _zone() -> Zone:
    """Return an empty zone of the lab's, without a network around it."""
    return Zone("example.com", PLANS["free"], Account("Home"), lambda: NOW)


def _ids() -> list[RecordId]:
    """Return the ids that a zone of this name gives, in their order."""
    zone = _zone()
    made = [
        writes.create(zone, {"type": "TXT", "name": "@", "content": str(n)}, [])
        for n in range(BORN)
    ]
    return [RecordId(record.id) for record in made]


IDS = _ids()
POLICIES = [
    Policy(create=create, proxied=proxied, ttl_s=ttl_s, record_id=id_, host_part=host)
    for create, proxied, ttl_s, id_, host in product(
        (False, True),
        (None, True, False),
        (None, TTL_AUTO, 300),
        (None, None, None, *IDS),
        HOSTS,
    )
]
SLOTS = [Slot(HostName(name), family) for name, family in product(NAMES, Family)]


@dataclass(frozen=True, slots=True)
class World:
    """A zone with its records, and what is wanted of it."""

    zone: Zone
    wants: tuple[Want, ...]

    @override
    def __repr__(self) -> str:
        """Return what a law that is broken is to be broken with."""
        return f"World(records={self.records}, wants={self.wants})"

    @property
    def records(self) -> list[Record]:
        """The records as the wire shows them."""
        return [wire.read_record(record.shown()) for record in self.zone.records.values()]

    def plan(self) -> Plan:
        """Return the plan for this world."""
        return make_plan(self.wants, self.records)

    def apply(self, plan: Plan) -> None:
        """Carry a plan out; raises RefusedError for what Cloudflare would not take."""
        for change in plan.changes:
            surprises: list[str] = []
            if isinstance(change, Create):
                writes.create(self.zone, wire.create_body(change), surprises)
            else:
                writes.patch(self.zone, change.record.id, wire.update_body(change), surprises)
            assert surprises == []

    def want(self, slot: Slot) -> Want:
        """Return what is wanted of a slot."""
        return next(want for want in self.wants if want.slot == slot)


def due(want: Want, record: Record | None) -> Address | None:
    """Return the address that a record should hold, told by its bits and not by sums."""
    address, host = want.address, want.policy.host_part
    if host is None or not isinstance(address, IPv6Address):
        return address
    there = parse_record(record.content) if record else None
    own = there if host.interface_id is None else IPv6Address(host.interface_id)
    if own is None:
        return None
    names_subnet = host.interface_id is None or int(own) >= 2**64
    cut = host.prefix_length if names_subnet else 64
    joined_bits = f"{int(address):0128b}"[:cut] + f"{int(own):0128b}"[cut:]
    joined = IPv6Address(int(joined_bits, 2))
    return None if joined in NOT_PUBLIC else joined


def at(records: Sequence[Record], slot: Slot) -> list[Record]:
    """Return the records of a slot's name and type."""
    return [r for r in records if (r.name, r.type) == (slot.name, slot.family.record_type)]


def _record(dice: Random) -> dict[str, object]:
    """Return a record as somebody may have wished for it."""
    kind = dice.choice(KINDS)
    return {
        "type": kind,
        "name": dice.choice(NAMES),
        "content": dice.choice(CONTENTS[kind]),
        "proxied": dice.choice((False, True)) and kind != "TXT",
        "ttl": dice.choice((TTL_AUTO, 300)),
        "comment": dice.choice(COMMENTS),
    }


def _want(dice: Random, slot: Slot) -> Want:
    """Return whatever may be wanted of a slot."""
    last, policy = dice.choice(LASTS[slot.family]), dice.choice(POLICIES)
    return Want(
        slot=slot,
        policy=policy,
        address=dice.choice(ADDRESSES[slot.family]),
        last=last,
        before=_before(dice, slot, policy, last) if last else None,
        repairs=dice.randrange(4),
    )


def _before(dice: Random, slot: Slot, policy: Policy, last: Address) -> Record | None:
    """Return the record of a slot when all was well, whatever was asked for then."""
    if not dice.randrange(4):
        return None
    return Record(
        id=dice.choice(IDS),
        name=slot.name,
        type=slot.family.record_type,
        content=str(last),
        proxied=dice.choice((bool(policy.proxied), False, True)),
        ttl_s=dice.choice((policy.ttl_s or TTL_AUTO, TTL_AUTO, 300)),
    )


def _world(dice: Random) -> World:
    """Build a zone, without the records that Cloudflare would not have taken."""
    zone = _zone()
    for _ in range(dice.randrange(BORN + 1)):
        try:
            writes.create(zone, _record(dice), [])
        except RefusedError:
            continue
    slots = dice.sample(SLOTS, k=dice.randrange(len(SLOTS) + 1))
    return World(zone, tuple(_want(dice, slot) for slot in slots))


worlds = st.randoms(use_true_random=True).map(_world)
"""Thrown with one dice each: numbers that are drawn singly would mostly be the smallest."""
