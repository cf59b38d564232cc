"""The laws of `make_plan`, on random worlds.

A world is a zone of the lab's, which takes only what Cloudflare takes, so a
plan that it refuses breaks a law as well.
"""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings

from custom_components.raindrop.ddns.addresses import parse_record
from custom_components.raindrop.ddns.model import (
    Address,
    Conflict,
    ConflictKind,
    Create,
    HostPart,
    Plan,
    Record,
    Slot,
    Update,
    Want,
)
from custom_components.raindrop.ddns.plan import make_plan

from .worlds import World, at, due, worlds

MAX_REPAIRS = 2

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
    after = make_plan(later, world.records)
    assert (after.changes, after.conflicts) == ((), ())
    for change in plan.changes:
        wanted = world.want(change.slot)
        held = again.records[change.slot]
        assert parse_record(held.content) == due(wanted, held)
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
        old, new, wanted = before[id_], after[id_], world.want(change.slot)
        assert (old.name, old.type) == (change.slot.name, change.slot.family.record_type)
        assert (new.name, new.type, new.comment) == (old.name, old.type, old.comment)
        assert wanted.policy.proxied is not None or new.proxied == old.proxied
        assert wanted.policy.ttl_s is not None or new.proxied or new.ttl_s == old.ttl_s
        assert _may_touch(wanted, old, at(list(before.values()), change.slot))
    for each in plan.changes:
        wanted = world.want(each.slot)
        assert each.is_drift is _is_drift(wanted, each)
        assert not each.is_drift or wanted.repairs < MAX_REPAIRS


@law
@given(world=worlds)
def test_thrift(world: World) -> None:
    """There is at most one change for each slot, and each field of it is needed."""
    before = world.records
    plan = world.plan()

    each = Counter(item.slot for item in (*plan.changes, *plan.conflicts))
    assert set(each.values()) <= {1}
    for change in plan.changes:
        wanted = world.want(change.slot)
        if isinstance(change, Create):
            assert wanted.policy.create
            assert at(before, change.slot) == []
            assert change.address == due(wanted, None)
            continue
        old = change.record
        assert (change.address, change.proxied, change.ttl_s) != (None, None, None)
        assert change.address in (None, due(wanted, old))
        assert change.address != parse_record(old.content)
        assert change.proxied is None or change.proxied == wanted.policy.proxied != old.proxied
        assert change.ttl_s is None or change.ttl_s == wanted.policy.ttl_s != old.ttl_s
    for wanted in world.wants:
        if wanted.slot not in each and wanted.address is not None:
            assert _is_right(wanted, plan.records[wanted.slot])


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


@settings(max_examples=2000, deadline=None)
@given(world=worlds)
def test_every_conflict_has_its_reason(world: World) -> None:
    """The user is asked only for what stands in the way, and is shown all of it."""
    before, plan = world.records, world.plan()

    for conflict in plan.conflicts:
        wanted, twins = world.want(conflict.slot), at(before, conflict.slot)
        aliases = [r for r in before if (r.name, r.type) == (wanted.slot.name, "CNAME")]
        assert conflict.records == tuple(aliases or twins)
        assert (conflict.kind is ConflictKind.CNAME) is bool(aliases)
        if conflict.kind is ConflictKind.MISSING:
            assert twins == []
            assert not wanted.policy.create or due(wanted, None) is None
        if conflict.kind is ConflictKind.AMBIGUOUS:
            assert len(twins) > 1 or wanted.policy.record_id not in {None, twins[0].id}
        if conflict.kind is ConflictKind.CONTESTED:
            assert wanted.repairs >= MAX_REPAIRS
            assert _was_right(wanted, plan.records.get(wanted.slot))


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


def test_the_worlds_hold_all_that_the_laws_speak_of() -> None:
    """Every row of the table comes up many times, so that no law holds for want of a case."""
    seen: Counter[str] = Counter()

    @settings(max_examples=1000, deadline=None, derandomize=True, database=None)
    @given(world=worlds)
    def look(world: World) -> None:
        seen.update(_rows(world))

    look()

    rare = {row for row in ROWS if seen[row] < 5}
    assert rare == set(), seen


ROWS = {
    *ConflictKind,
    *(f"{kind}{' drift' * is_drift}" for kind in ("create", "update") for is_drift in (0, 1)),
    *("unknown", "right", "pinned", "one of several"),
    *(f"host part {how} {prefix}" for how in ("kept", "typed") for prefix in (48, 64)),
    *("host part typed 16", "attributes alone", "attributes alone drift"),
}


def _rows(world: World) -> list[str]:
    """Return which rows of the table a world holds."""
    plan = world.plan()
    rows: list[str] = [conflict.kind for conflict in plan.conflicts]
    rows += [f"{type(c).__name__.lower()}{' drift' * c.is_drift}" for c in plan.changes]
    alone = [c for c in plan.changes if isinstance(c, Update) and c.address is None]
    rows += [f"attributes alone{' drift' * c.is_drift}" for c in alone]
    decided = {item.slot for item in (*plan.changes, *plan.conflicts)}
    for wanted in world.wants:
        record, twins = plan.records.get(wanted.slot), at(world.records, wanted.slot)
        if wanted.address is None:
            rows.append("unknown")
        elif wanted.slot not in decided:
            rows.append("right")
        if record and record.id == wanted.policy.record_id:
            rows.append("pinned")
        elif record and len(twins) > 1:
            rows.append("one of several")
        if wanted.address and record and wanted.policy.host_part:
            rows.append(_host_row(wanted.policy.host_part))
    return rows


def _host_row(host: HostPart) -> str:
    """Return what kind of host part this is."""
    how = "kept" if host.interface_id is None else "typed"
    return f"host part {how} {host.prefix_length}"


def _may_touch(wanted: Want, old: Record, twins: list[Record]) -> bool:
    """Return whether a record may stand for a slot: by pin, mark, or the address it holds."""
    pin = wanted.policy.record_id
    if pin in {twin.id for twin in twins}:
        return old.id == pin
    if any(twin.is_owned for twin in twins) and (pin or len(twins) > 1):
        return old.is_owned
    is_known = parse_record(old.content) in {wanted.last, due(wanted, old)}
    return pin is None and (len(twins) == 1 or is_known)


def _is_drift(wanted: Want, change: Create | Update) -> bool:
    """Return whether a slot held already what it should hold."""
    return _was_right(wanted, change.record if isinstance(change, Update) else None)


def _was_right(wanted: Want, record: Record | None) -> bool:
    """Return whether what is off now was right before: the address, or the attributes."""
    address, before = due(wanted, record), wanted.before
    if record is None or parse_record(record.content) != address:
        return wanted.last == address
    return before is not None and _has_attributes(wanted, before)


def _has_attributes(wanted: Want, record: Record) -> bool:
    """Return whether a record has the attributes that the policy asks for."""
    policy = wanted.policy
    return policy.proxied in (None, record.proxied) and (
        record.proxied or policy.ttl_s in (None, record.ttl_s)
    )


def _is_right(wanted: Want, record: Record) -> bool:
    """Return whether a record is as it should be, or what it should be is not known."""
    address = due(wanted, record)
    if address is None:
        return True
    return parse_record(record.content) == address and _has_attributes(wanted, record)


def _told(conflict: Conflict) -> tuple[Slot, ConflictKind, frozenset[Record]]:
    """Return a conflict without the order of its records."""
    return conflict.slot, conflict.kind, frozenset(conflict.records)


def _held(plan: Plan, want: Want) -> Address | None:
    """Return what a slot holds, as the next round remembers it."""
    record = plan.records.get(want.slot)
    return parse_record(record.content) if record else None
