"""The laws of `make_plan`, tested on random zones.

The simulator accepts only what Cloudflare accepts: a plan that it refuses fails
the test.
"""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings

from custom_components.raindrop.ddns.addresses import parse_record
from custom_components.raindrop.ddns.models import (
    Address,
    Create,
    DesiredRecord,
    InterfaceId,
    Owner,
    Reason,
    Record,
    RecordKey,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Conflict, Plan
from custom_components.raindrop.ddns.records.make_plan import make_plan
from tests.library.random_zones import OURS, RandomZone, desired_address, random_zones, rrset

CONFLICTS = {
    Reason.MISSING,
    Reason.AMBIGUOUS,
    Reason.OTHER_HOME,
    Reason.CNAME,
    Reason.DELEGATED,
    Reason.READ_ONLY,
    Reason.PLACEHOLDER,
    Reason.PROXIED_UNKNOWN,
    Reason.CONTESTED,
}

law = settings(max_examples=5000, deadline=None)


@law
@given(zone=random_zones)
def test_convergence(zone: RandomZone) -> None:
    """Cloudflare accepts every plan, and planning again after it is applied gives no change."""
    plan = zone.plan()

    zone.apply(plan)

    again = zone.plan()
    assert again.changes == ()
    assert again.conflicts == plan.conflicts
    in_conflict = {conflict.record_key for conflict in plan.conflicts}
    later = [
        replace(w, last_address=_held_address(again, w))
        for w in zone.desired_records
        if w.record_key not in in_conflict
    ]
    after = make_plan(later, zone.existing, zone.zone_name)
    assert (after.changes, after.conflicts) == ((), ())
    for change in plan.changes:
        desired_record = zone.desired(change.record_key)
        held = again.records[change.record_key]
        assert parse_record(held.content) == desired_address(desired_record, held)
        assert desired_record.policy.proxied in (None, held.proxied)
        assert held.proxied or desired_record.policy.ttl_s in (None, held.ttl_s)


@law
@given(zone=random_zones)
def test_restraint(zone: RandomZone) -> None:
    """No record except that of a record key is changed; what is deleted is certainly stale."""
    before = {record.id: record for record in zone.existing}
    plan = zone.plan()

    zone.apply(plan)

    after = {record.id: record for record in zone.existing}
    deleted = {r.id for records in plan.stale_records.values() for r in records}
    assert deleted == before.keys() - after.keys()
    for key, records in plan.stale_records.items():
        assert all(_is_stale(zone.desired(key), plan.records[key], r) for r in records)
    touched = {id_ for id_, record in before.items() if after.get(id_, record) != record}
    updates = {c.record.id: c for c in plan.changes if isinstance(c, Update)}
    assert touched == set(updates)
    assert len(after) == len(before) + len(plan.changes) - len(updates) - len(deleted)
    for id_, change in updates.items():
        old, new, desired_record = before[id_], after[id_], zone.desired(change.record_key)
        assert (old.name, old.type) == (
            change.record_key.name,
            change.record_key.family.record_type,
        )
        assert (new.name, new.type) == (old.name, old.type)
        assert change.is_takeover is (old.owner is Owner.OTHER_HOME)
        assert new.comment == (OURS if change.is_takeover else old.comment)
        assert desired_record.policy.proxied is not None or new.proxied == old.proxied
        assert desired_record.policy.ttl_s is not None or new.proxied or new.ttl_s == old.ttl_s
        assert _may_change(desired_record, old, rrset(list(before.values()), change.record_key))
    for each in plan.changes:
        desired_record = zone.desired(each.record_key)
        assert each.is_drift is _is_drift(desired_record, each)
        assert not each.is_drift or not desired_record.is_contested


@law
@given(zone=random_zones)
def test_thrift(zone: RandomZone) -> None:
    """There is at most one change for each record key, with no unneeded field."""
    before = zone.existing
    plan = zone.plan()

    each = Counter(item.record_key for item in (*plan.changes, *plan.conflicts))
    assert set(each.values()) <= {1}
    for change in plan.changes:
        desired_record = zone.desired(change.record_key)
        if isinstance(change, Create):
            assert desired_record.policy.create
            assert rrset(before, change.record_key) == []
            assert change.address == desired_address(desired_record, None)
            assert change.proxied == _proxied_at_creation(desired_record)
            continue
        old = change.record
        assert change.is_takeover or (change.address, change.proxied, change.ttl_s) != 3 * (None,)
        assert change.address in (None, desired_address(desired_record, old))
        assert change.address != parse_record(old.content)
        assert (
            change.proxied is None or change.proxied == desired_record.policy.proxied != old.proxied
        )
        assert change.ttl_s is None or change.ttl_s == desired_record.policy.ttl_s != old.ttl_s
    for desired_record in zone.desired_records:
        if desired_record.record_key not in each and desired_record.address is not None:
            assert _is_in_sync(desired_record, plan.records[desired_record.record_key])


@law
@given(zone=random_zones)
def test_leave(zone: RandomZone) -> None:
    """An unknown address causes no change and no conflict, with any other desired records."""
    plan = zone.plan()
    unknown = {desired.record_key for desired in zone.desired_records if desired.address is None}

    assert not unknown & {item.record_key for item in (*plan.changes, *plan.conflicts)}
    assert not unknown & (plan.stale_records.keys() | plan.stale_hints.keys())
    unknown_records = [replace(desired, address=None) for desired in zone.desired_records]
    empty = make_plan(unknown_records, zone.existing, zone.zone_name)
    assert (empty.changes, empty.conflicts) == ((), ())


@law
@given(zone=random_zones)
def test_memory(zone: RandomZone) -> None:
    """A record that is deleted externally and created again has the attributes it had."""
    zone.apply(zone.plan())
    plan = zone.plan()
    in_conflict = {conflict.record_key for conflict in plan.conflicts}
    for key, record in plan.records.items():
        known = replace(
            zone.desired(key),
            last_address=parse_record(record.content),
            last_attributes=record.attributes,
            is_contested=False,
        )
        is_only_one = len(rrset(zone.existing, key)) == 1
        if key in in_conflict or not is_only_one or not _can_be_created(known):
            continue
        zone.zone.delete(record.id)
        if _obstacle(zone, key, None):
            continue

        zone.apply(make_plan([known], zone.existing, zone.zone_name))

        (created,) = rrset(zone.existing, key)
        assert created.content == record.content
        assert created.attributes == record.attributes


@settings(max_examples=2000, deadline=None)
@given(zone=random_zones)
def test_every_conflict_has_its_reason(zone: RandomZone) -> None:
    """Every conflict has its cause in the existing records and lists all of them."""
    before, plan = zone.existing, zone.plan()

    for conflict in plan.conflicts:
        desired_record = zone.desired(conflict.record_key)
        records = rrset(before, conflict.record_key)
        obstacle = _obstacle(zone, conflict.record_key, plan.records.get(conflict.record_key))
        assert conflict.reason in CONFLICTS
        if obstacle:
            assert (conflict.reason, set(conflict.records)) == obstacle
            continue
        assert conflict.reason not in OBSTACLES
        assert conflict.records == tuple(records)
        if conflict.reason is Reason.MISSING:
            record = plan.records.get(desired_record.record_key)
            lacks_address = desired_address(desired_record, record) is None
            assert lacks_address or (records == [] and not desired_record.policy.create)
        if conflict.reason is Reason.PROXIED_UNKNOWN:
            assert (records, desired_record.policy.proxied) == ([], None)
            assert desired_record.last_address is not None
            assert desired_record.last_attributes is None
        is_elsewhere = all(record.owner is Owner.OTHER_HOME for record in records)
        if conflict.reason is Reason.OTHER_HOME:
            assert records != []
            assert is_elsewhere
        if conflict.reason is Reason.AMBIGUOUS and not is_elsewhere:
            assert len(records) > 1
        if conflict.reason is Reason.CONTESTED:
            assert desired_record.is_contested
            assert _was_in_sync(desired_record, plan.records.get(desired_record.record_key))


@settings(max_examples=1000, deadline=None)
@given(zone=random_zones)
def test_the_order_of_the_list_does_not_matter(zone: RandomZone) -> None:
    """A plan depends on the existing records, not on the order in which they are listed."""
    plan = zone.plan()
    reordered = make_plan(reversed(zone.desired_records), reversed(zone.existing), zone.zone_name)

    assert set(reordered.changes) == set(plan.changes)
    assert reordered.records == plan.records
    assert {_unordered(conflict) for conflict in reordered.conflicts} == {
        _unordered(conflict) for conflict in plan.conflicts
    }


@settings(max_examples=1000, deadline=None)
@given(zone=random_zones)
def test_nothing_is_written_where_something_is_in_the_way(zone: RandomZone) -> None:
    """A name that is delegated, or that another product keeps, has a conflict and no change."""
    plan = zone.plan()
    in_conflict = {conflict.record_key: conflict.reason for conflict in plan.conflicts}
    for desired_record in zone.desired_records:
        key = desired_record.record_key
        obstacle = _obstacle(zone, key, plan.records.get(key))
        if obstacle and desired_record.address is not None:
            assert in_conflict[key] is obstacle[0]
            assert key not in {change.record_key for change in plan.changes}
            assert key not in plan.stale_records.keys() | plan.stale_hints.keys()


def test_random_zones_cover_the_table() -> None:
    """Every row of the table occurs often enough in random zones to test the laws."""
    seen: Counter[str] = Counter()

    @settings(max_examples=2500, deadline=None, derandomize=True, database=None)
    @given(zone=random_zones)
    def count(zone: RandomZone) -> None:
        seen.update(_rows(zone))

    count()

    rare = {row for row in ROWS if seen[row] < 5}
    assert rare == set(), seen


ROWS = {
    *CONFLICTS,
    *(f"{kind}{' drift' * is_drift}" for kind in ("create", "update") for is_drift in (0, 1)),
    *("unknown", "in sync", "pinned", "one of several", "create as it was"),
    "takeover",
    *(f"interface identifier {how} {prefix}" for how in ("kept", "given") for prefix in (48, 64)),
    *("interface identifier given 16", "attributes only", "attributes only drift"),
    *("stale record", "stale hints"),
}


def _rows(zone: RandomZone) -> list[str]:
    """Return the rows of the table that a zone covers."""
    plan = zone.plan()
    rows: list[str] = [conflict.reason for conflict in plan.conflicts]
    rows += [f"{type(c).__name__.lower()}{' drift' * c.is_drift}" for c in plan.changes]
    rows += ["takeover" for c in plan.changes if isinstance(c, Update) and c.is_takeover]
    attributes_only = [c for c in plan.changes if isinstance(c, Update) and c.address is None]
    rows += [f"attributes only{' drift' * c.is_drift}" for c in attributes_only]
    created = [c for c in plan.changes if isinstance(c, Create)]
    rows += ["create as it was" for c in created if zone.desired(c.record_key).last_attributes]
    rows += ["stale record"] * len(plan.stale_records) + ["stale hints"] * len(plan.stale_hints)
    decided = {item.record_key for item in (*plan.changes, *plan.conflicts)}
    for desired_record in zone.desired_records:
        record = plan.records.get(desired_record.record_key)
        records = rrset(zone.existing, desired_record.record_key)
        if desired_record.address is None:
            rows.append("unknown")
        elif desired_record.record_key not in decided:
            rows.append("in sync")
        if record and record.id == desired_record.policy.record_id:
            rows.append("pinned")
        elif record and len(records) > 1:
            rows.append("one of several")
        if desired_record.address and record and desired_record.policy.interface_id:
            rows.append(_interface_id_row(desired_record.policy.interface_id))
    return rows


OBSTACLES = {Reason.DELEGATED, Reason.CNAME, Reason.READ_ONLY, Reason.PLACEHOLDER}


def _obstacle(
    zone: RandomZone, key: RecordKey, chosen: Record | None
) -> tuple[Reason, set[Record]] | None:
    """Return what is in the way of a record, as the simulator's zone has it."""
    at_name = [r for r in zone.existing if r.name == key.name]
    delegations = [
        r
        for r in zone.existing
        if r.type == "NS" and r.name != "example.com" and f".{key.name}".endswith(f".{r.name}")
    ]
    is_glue = any(r.content.lower().rstrip(".") == key.name for r in delegations)
    is_shadowed = any(r.is_shadowed for r in at_name if r.type in {"A", "AAAA"})
    if (delegations and not is_glue) or is_shadowed:
        return Reason.DELEGATED, set(delegations)
    if cnames := {r for r in at_name if r.type == "CNAME"}:
        return Reason.CNAME, cnames
    kept = {
        r
        for r in at_name
        if r.type in {"A", "AAAA"}
        and (r.is_read_only or (r.content == "100::" and r.proxied and not r.is_owned))
    }
    if not kept or (rrset(at_name, key) and chosen not in kept):
        return None
    is_read_only = any(r.is_read_only for r in kept)
    return Reason.READ_ONLY if is_read_only else Reason.PLACEHOLDER, kept


def _is_stale(desired_record: DesiredRecord, chosen: Record, other: Record) -> bool:
    """Return whether this home certainly created a record beside the one it manages."""
    written = {desired_record.last_address, *desired_record.sent_addresses} - {None}
    is_same_place = (chosen.name, chosen.type) == (other.name, other.type)
    is_ours = chosen.comment == other.comment == OURS and desired_record.policy.record_id is None
    return is_same_place and is_ours and chosen != other and parse_record(other.content) in written


def _interface_id_row(interface_id: InterfaceId) -> str:
    """Return the row of an interface identifier."""
    how = "kept" if interface_id.bits is None else "given"
    return f"interface identifier {how} {interface_id.prefix_length}"


def _can_be_created(desired_record: DesiredRecord) -> bool:
    """Return whether the record may be created if the zone has none."""
    address = desired_address(desired_record, None)
    return desired_record.policy.create and address is not None


def _proxied_at_creation(desired_record: DesiredRecord) -> bool:
    """Return whether a created record is proxied: as the policy says, or as it was."""
    if desired_record.policy.proxied is not None:
        return desired_record.policy.proxied
    before = desired_record.last_attributes
    return before is not None and before.proxied


def _may_change(desired_record: DesiredRecord, old: Record, records: list[Record]) -> bool:
    """Return whether a record may be chosen: by pin, ownership comment or address."""
    pin, given = desired_record.policy.record_id, desired_record.policy.take_over
    allowed = [r for r in records if r.owner is not Owner.OTHER_HOME or r.version in given]
    if old not in allowed or pin in {record.id for record in allowed}:
        return old.id == pin and old in allowed
    for owner in (Owner.THIS_HOME, Owner.OTHER_HOME, Owner.UNNAMED_HOME):
        if any(record.owner is owner for record in allowed):
            return old.owner is owner
    is_known = parse_record(old.content) in {
        desired_record.last_address,
        desired_address(desired_record, old),
    }
    return len(records) == 1 or (pin is None and is_known)


def _is_drift(desired_record: DesiredRecord, change: Create | Update) -> bool:
    """Return whether a change corrects an external change."""
    if isinstance(change, Create):
        return _was_in_sync(desired_record, None)
    return change.record.owner is not Owner.OTHER_HOME and _was_in_sync(
        desired_record, change.record
    )


def _was_in_sync(desired_record: DesiredRecord, record: Record | None) -> bool:
    """Return whether the field that differs now, address or attributes, was in sync before."""
    address, before = desired_address(desired_record, record), desired_record.last_record
    if record is None or parse_record(record.content) != address:
        return desired_record.last_address == address
    if before is None:
        return False
    policy = desired_record.policy
    if policy.proxied not in (None, record.proxied):
        return before.proxied == policy.proxied
    return (before.proxied, before.ttl_s) == (False, policy.ttl_s)


def _has_attributes(desired_record: DesiredRecord, record: Record) -> bool:
    """Return whether a record has the enforced attributes."""
    policy = desired_record.policy
    return policy.proxied in (None, record.proxied) and (
        record.proxied or policy.ttl_s in (None, record.ttl_s)
    )


def _is_in_sync(desired_record: DesiredRecord, record: Record) -> bool:
    """Return whether a record is in sync, or its desired address is not known."""
    address = desired_address(desired_record, record)
    if address is None:
        return True
    return parse_record(record.content) == address and _has_attributes(desired_record, record)


def _unordered(conflict: Conflict) -> tuple[RecordKey, Reason, frozenset[Record]]:
    """Return a conflict without the order of its records."""
    return conflict.record_key, conflict.reason, frozenset(conflict.records)


def _held_address(plan: Plan, desired: DesiredRecord) -> Address | None:
    """Return the address of a record, as the next update remembers it."""
    record = plan.records.get(desired.record_key)
    return parse_record(record.content) if record else None
