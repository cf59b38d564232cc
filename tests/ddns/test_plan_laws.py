"""The laws of `make_plan`, on random worlds that are as strict as Cloudflare."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product

from hypothesis import given, settings, strategies as st

from custom_components.raindrop.ddns import wire
from custom_components.raindrop.ddns.addresses import parse_record
from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    TTL_AUTO,
    Address,
    Conflict,
    ConflictKind,
    Create,
    Family,
    HostName,
    Plan,
    Policy,
    Record,
    RecordId,
    Slot,
    Update,
    Want,
)
from custom_components.raindrop.ddns.plan import make_plan
from lab.cloudflare import RefusedError, Zone, writes
from lab.cloudflare.plans import PLANS
from lab.cloudflare.zone import Account

from .builders import A1, A2, A3, B1, B2

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = ("example.com", "home.example.com", "*.example.com")
KINDS = ("A", "A", "A", "AAAA", "AAAA", "CNAME", "TXT")
COMMENTS = (None, "front door", OWNER_COMMENT)
CONTENTS = {
    "A": (str(A1), str(A2), str(A3)),
    "AAAA": (str(B1), str(B2)),
    "CNAME": ("elsewhere.example.net",),
    "TXT": ("hello",),
}
ADDRESSES: dict[Family, tuple[Address, ...]] = {Family.IPV4: (A1, A2), Family.IPV6: (B1, B2)}
BORN = 6
"""Records that are tried in a world; a strict zone refuses some of them."""

type Slots = dict[Slot, Want]


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


POLICIES = [
    Policy(create=create, proxied=proxied, ttl_s=ttl_s, record_id=id_)
    for create, proxied, ttl_s, id_ in product(
        (False, True), (None, True, False), (None, TTL_AUTO, 300), (None, None, None, *_ids())
    )
]


@dataclass(frozen=True, slots=True)
class World:
    """A zone with its records, and what is wanted of it."""

    zone: Zone
    wants: tuple[Want, ...]

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


FACES = list(product(NAMES, KINDS, range(3), (False, True), (TTL_AUTO, 300), COMMENTS))
"""All records that a world may hold, one number for each: drawing numbers is fast."""
WISHES = [
    Want(slot=Slot(HostName(name), family), address=address, last=last, policy=policy)
    for name, family, policy in product(NAMES, Family, POLICIES)
    for address, last in product((None, *ADDRESSES[family]), repeat=2)
]
"""All that may be wanted."""


def _world(drawn: tuple[list[int], list[int]]) -> World:
    """Build a zone, without the records that Cloudflare would not have taken."""
    zone = _zone()
    for name, kind, number, proxied, ttl, comment in (FACES[index] for index in drawn[0]):
        content = CONTENTS[kind][number % len(CONTENTS[kind])]
        body = {
            "type": kind,
            "name": name,
            "content": content,
            "proxied": proxied and kind != "TXT",
            "ttl": ttl,
            "comment": comment,
        }
        try:
            writes.create(zone, body, [])
        except RefusedError:
            continue
    wants = {want.slot: want for want in (WISHES[index] for index in drawn[1])}
    return World(zone, tuple(wants.values()))


worlds = st.tuples(
    st.lists(st.integers(0, len(FACES) - 1), max_size=BORN),
    st.lists(st.integers(0, len(WISHES) - 1), max_size=4),
).map(_world)
law = settings(max_examples=5000, deadline=None)


@law
@given(world=worlds)
def test_convergence(world: World) -> None:
    """Cloudflare takes every plan as a whole, and once it is applied nothing is left to do."""
    plan = world.plan()

    world.apply(plan)

    again = world.plan()
    assert again.changes == ()
    assert again.conflicts == plan.conflicts
    stuck = {conflict.slot for conflict in plan.conflicts}
    later = [replace(w, last=_held(again, w)) for w in world.wants if w.slot not in stuck]
    assert make_plan(later, world.records).changes == ()
    for change in plan.changes:
        wanted = _want(world, change.slot)
        held = again.records[change.slot]
        assert parse_record(held.content) == wanted.address
        assert wanted.policy.proxied in (None, held.proxied)
        assert held.proxied or wanted.policy.ttl_s in (None, held.ttl_s)


@law
@given(world=worlds)
def test_restraint(world: World) -> None:
    """No record but the one that stands for a slot is touched, and none ever goes."""
    before = {record.id: record for record in world.records}
    plan = world.plan()

    world.apply(plan)

    after = {record.id: record for record in world.records}
    touched = {id_ for id_, record in before.items() if after[id_] != record}
    updates = {c.record.id: c for c in plan.changes if isinstance(c, Update)}
    assert touched == set(updates)
    assert len(after) == len(before) + len(plan.changes) - len(updates)
    for id_, change in updates.items():
        old, new, wanted = before[id_], after[id_], _want(world, change.slot)
        assert (old.name, old.type) == (change.slot.name, change.slot.family.record_type)
        assert (new.name, new.type, new.comment) == (old.name, old.type, old.comment)
        assert wanted.policy.proxied is not None or new.proxied == old.proxied
        assert wanted.policy.ttl_s is not None or new.proxied or new.ttl_s == old.ttl_s
        twins = [r for r in before.values() if (r.name, r.type) == (old.name, old.type)]
        known = {wanted.last, wanted.address}
        assert (
            id_ == wanted.policy.record_id
            or old.is_owned
            or (wanted.policy.record_id is None and len(twins) == 1)
            or (wanted.policy.record_id is None and parse_record(old.content) in known)
        )


@law
@given(world=worlds)
def test_thrift(world: World) -> None:
    """There is at most one change for each slot, and each field of it is needed."""
    before = world.records
    plan = world.plan()

    each = Counter(item.slot for item in (*plan.changes, *plan.conflicts))
    assert set(each.values()) <= {1}
    for change in plan.changes:
        wanted = _want(world, change.slot)
        twins = _at(before, change.slot)
        if isinstance(change, Create):
            assert wanted.policy.create
            assert twins == []
            continue
        old = change.record
        assert (change.address, change.proxied, change.ttl_s) != (None, None, None)
        assert change.address in (None, wanted.address)
        assert change.address != parse_record(old.content)
        assert change.proxied is None or change.proxied == wanted.policy.proxied != old.proxied
        assert change.ttl_s is None or change.ttl_s == wanted.policy.ttl_s != old.ttl_s
    satisfied = set(_slots(world)) - set(each)
    assert all(
        _want(world, slot).address in {None, *(parse_record(r.content) for r in _at(before, slot))}
        for slot in satisfied
    )


@law
@given(world=worlds)
def test_leave(world: World) -> None:
    """A slot whose address is not known causes nothing, whatever its neighbours cause."""
    plan = world.plan()
    unknown = {want.slot for want in world.wants if want.address is None}

    assert not unknown & {item.slot for item in (*plan.changes, *plan.conflicts)}
    blind = [replace(want, address=None) for want in world.wants]
    empty = make_plan(blind, world.records)
    assert (empty.changes, empty.conflicts) == ((), ())


@settings(max_examples=1000, deadline=None)
@given(world=worlds)
def test_the_order_of_a_list_decides_nothing(world: World) -> None:
    """A plan depends on what stands in the zone, not on the order in which it is listed."""
    plan = world.plan()
    turned = make_plan(reversed(world.wants), reversed(world.records))

    assert set(turned.changes) == set(plan.changes)
    assert turned.records == plan.records
    assert {_told(conflict) for conflict in turned.conflicts} == {
        _told(conflict) for conflict in plan.conflicts
    }


def _told(conflict: Conflict) -> tuple[Slot, ConflictKind, frozenset[Record]]:
    """Return a conflict without the order of its records."""
    return conflict.slot, conflict.kind, frozenset(conflict.records)


def _slots(world: World) -> Slots:
    """Return the wants of a world by their slot."""
    return {want.slot: want for want in world.wants}


def _want(world: World, slot: Slot) -> Want:
    """Return what is wanted of a slot."""
    return _slots(world)[slot]


def _at(records_: list[Record], slot: Slot) -> list[Record]:
    """Return the records of a slot's name and type."""
    return [r for r in records_ if (r.name, r.type) == (slot.name, slot.family.record_type)]


def _held(plan: Plan, want: Want) -> Address | None:
    """Return what a slot holds, as the next round remembers it."""
    record = plan.records.get(want.slot)
    return parse_record(record.content) if record else None
