"""The laws of the plan for connections with one record each under one name, on random names.

The simulator accepts only what Cloudflare accepts: a change that it refuses fails the
test, in whatever order the changes are made.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from random import Random

from hypothesis import given, settings, strategies as st

from custom_components.raindrop.ddns.addresses import network_of, parse_record
from custom_components.raindrop.ddns.cloudflare import codec
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import (
    Address,
    Change,
    Create,
    DesiredRecord,
    HomeId,
    Policy,
    Reason,
    Record,
    RecordAttributes,
    RecordKey,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Plan
from custom_components.raindrop.ddns.records.make_plan import make_plan
from custom_components.raindrop.ddns.sources import ConnectionId, Family
from simulator.cloudflare import RefusedError, Zone, writes
from simulator.cloudflare.plans import PLANS
from simulator.cloudflare.zone import Account
from tests.library.builders import A1, A2, A3, HOME

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOME_ID, OTHER_HOME = HomeId("3f9a1c2b"), HomeId("00c0ffee")
CONNECTIONS = tuple(map(ConnectionId, ("fibre", "lte", "cable")))
ADDRESSES = (A1, A2, A3, IPv4Address("81.2.69.4"))
KNOWN: tuple[Address | None, ...] = (None, *ADDRESSES)
COMMENTS = (
    None,
    "front door",
    Ownership(HOME_ID).comment(),
    *(Ownership(HOME_ID).comment(connection) for connection in (*CONNECTIONS, *CONNECTIONS)),
    Ownership(HOME_ID).comment(ConnectionId("former")),
    *(Ownership(OTHER_HOME).comment(connection) for connection in CONNECTIONS[:2]),
)
law = settings(max_examples=3000, deadline=None)


@dataclass(frozen=True, slots=True)
class RandomName:
    """A name with existing records, and the desired ones of its connections."""

    zone: Zone
    group: tuple[DesiredRecord, ...]
    rng: Random

    @property
    def existing(self) -> list[Record]:
        """The records as the client returns them."""
        return [
            codec.read_record(r.shown(), Ownership(HOME_ID)) for r in self.zone.records.values()
        ]

    def plan(self, group: Iterable[DesiredRecord] | None = None) -> Plan:
        """Return the plan, of the connections as they are known by default."""
        return make_plan(self.group if group is None else group, self.existing)

    def change(self, change: Change) -> None:
        """Make a change; raises RefusedError if Cloudflare would refuse it."""
        if isinstance(change, Create):
            writes.create(self.zone, codec.create_body(change, Ownership(HOME_ID)), [])
        else:
            writes.patch(
                self.zone, change.record.id, codec.update_body(change, Ownership(HOME_ID)), []
            )

    def apply(self, plan: Plan) -> None:
        """Apply a plan, its changes in any order."""
        for change in self.rng.sample(plan.changes, k=len(plan.changes)):
            self.change(change)
        for record in deleted(plan):
            writes.delete(self.zone, record.id)

    def known(self, plan: Plan) -> list[DesiredRecord]:
        """Return the connections as they are known after a plan was applied."""
        unsure = {conflict.record_key for conflict in plan.conflicts}
        held = {
            key: parse_record(record.content)
            for key, record in self.plan().records.items()
            if key not in unsure
        }
        return [replace(d, last_address=held.get(d.record_key, d.last_address)) for d in self.group]


def deleted(plan: Plan) -> list[Record]:
    """Return the records that a plan deletes after its changes."""
    stale = [record for records in plan.stale_records.values() for record in records]
    return [*stale, *(deletion.record for deletion in plan.deletions)]


def _desired(rng: Random, connection: ConnectionId, policy: Policy) -> DesiredRecord:
    is_down = rng.random() < 1 / 4
    return DesiredRecord(
        record_key=RecordKey(HOME, Family.IPV4, connection),
        address=None if is_down else rng.choice(KNOWN),
        policy=policy,
        last_address=rng.choice(KNOWN),
        last_attributes=rng.choice(
            (None, RecordAttributes(), RecordAttributes(proxied=True, is_owned=False))
        ),
        sent_addresses=tuple(a for a in ADDRESSES if rng.random() < 1 / 4),
        is_contested=rng.random() < 1 / 8,
        is_down=is_down,
        uses_default_route=rng.random() < 1 / 4,
        network=rng.choice((None, network_of(rng.choice(ADDRESSES)))),
    )


def _random_name(rng: Random) -> RandomName:
    zone = Zone("example.com", PLANS["pro"], Account("Home"), lambda: NOW)
    is_proxied = rng.choice((False, True))
    for _ in range(rng.randrange(6)):
        is_like_most = rng.random() < 7 / 8
        body = {
            "type": "A",
            "name": HOME,
            "content": str(rng.choice(ADDRESSES)),
            "proxied": is_proxied is is_like_most,
            "comment": rng.choice(COMMENTS),
        }
        try:
            writes.create(zone, body, [])
        except RefusedError:
            continue
    records = [
        codec.read_record(record.shown(), Ownership(HOME_ID)) for record in zone.records.values()
    ]
    policy = Policy(
        create=rng.random() < 7 / 8,
        proxied=rng.choice((None, None, is_proxied, False, True)),
        record_id=rng.choice([None, None, *(record.id for record in records)]),
        take_over=frozenset(record.version for record in records if rng.random() < 1 / 8),
    )
    connections = rng.sample(CONNECTIONS, k=rng.randrange(1, 4))
    return RandomName(zone, tuple(_desired(rng, c, policy) for c in connections), rng)


random_names = st.randoms(use_true_random=True).map(_random_name)


def _is_given(name: RandomName, record: Record) -> bool:
    policy = name.group[0].policy
    is_chosen = record.id == policy.record_id and record.owner != "other_home"
    return is_chosen or record.version in policy.take_over


@law
@given(name=random_names)
def test_convergence(name: RandomName) -> None:
    """Cloudflare accepts every plan in any order, and planning again changes nothing.

    Only a connection with a conflict may follow, once: the plan changed the cause of it.
    """
    plan = name.plan()

    name.apply(plan)

    again = name.plan(name.known(plan))
    assert {c.record_key for c in again.changes} <= {c.record_key for c in plan.conflicts}
    for change in plan.changes:
        held = again.records[change.record_key]
        desired = next(d for d in name.group if d.record_key == change.record_key)
        assert parse_record(held.content) == desired.address
        assert held.is_owned
        assert held.connection == change.record_key.connection
    name.apply(again)
    assert name.plan(name.known(again)).changes == ()


@law
@given(name=random_names)
def test_restraint(name: RandomName) -> None:
    """What is not this home's stays as it is, whatever addresses there are."""
    theirs = {r.id: r for r in name.existing if not r.is_owned and not _is_given(name, r)}
    plan = name.plan()

    name.apply(plan)

    assert {r.id: r for r in name.existing if r.id in theirs} == theirs
    assert all(record.is_owned for record in deleted(plan))


@law
@given(name=random_names)
def test_thrift(name: RandomName) -> None:
    """There is one change, deletion or conflict at most for each connection."""
    plan = name.plan()

    decided = (*plan.changes, *plan.conflicts, *plan.deletions)
    assert set(Counter(item.record_key for item in decided).values()) <= {1}
    touched = [c.record.id for c in plan.changes if isinstance(c, Update)]
    touched += [record.id for record in deleted(plan)]
    assert len(touched) == len(set(touched))
    addresses = [c.address for c in plan.changes if c.address]
    assert len(addresses) == len(set(addresses))


@law
@given(name=random_names)
def test_leave(name: RandomName) -> None:
    """A connection that says nothing keeps its record, or one with its address."""
    silent = {d.record_key for d in name.group if d.address is None and not d.is_down}
    plan = name.plan()

    assert not silent & {item.record_key for item in (*plan.changes, *plan.conflicts)}
    assert not silent & {deletion.record_key for deletion in plan.deletions}
    gone = {record.id for record in deleted(plan)}
    assert gone.isdisjoint(plan.records[key].id for key in silent & plan.records.keys())
    unknown = name.plan([replace(d, address=None) for d in name.group])
    assert (unknown.changes, unknown.conflicts, deleted(unknown)) == ((), (), [])


@law
@given(name=random_names)
def test_never_without_a_record(name: RandomName) -> None:
    """A name never loses its last record of this home, not even between two requests."""
    plan = name.plan()
    had_one = any(record.is_owned for record in name.existing)
    for change in name.rng.sample(plan.changes, k=len(plan.changes)):
        name.change(change)
        assert any(record.is_owned for record in name.existing)
    right = {d.address for d in name.group}
    for record in name.rng.sample(deleted(plan), k=len(deleted(plan))):
        writes.delete(name.zone, record.id)
        left = [record for record in name.existing if record.is_owned]
        assert any(parse_record(record.content) in right for record in left)

    assert any(record.is_owned for record in name.existing) or not had_one


@law
@given(name=random_names)
def test_what_is_down_goes(name: RandomName) -> None:
    """A connection that is down keeps its record only if no other one was right."""
    before = {record.id for record in name.existing}
    plan = name.plan()
    going = {deletion.record_key for deletion in plan.deletions}
    decided = {item.record_key for item in (*plan.changes, *plan.conflicts)}
    right = {
        d.record_key
        for d in name.group
        if d.address is not None and d.record_key not in decided and not d.is_down
    }

    for desired in name.group:
        record = plan.records.get(desired.record_key)
        if desired.is_down and record and record.connection and right:
            assert desired.record_key in going or not record.is_owned or _is_given(name, record)
        if desired.record_key in going:
            assert desired.is_down
    assert {deletion.record.id for deletion in plan.deletions} <= before


def test_random_names_cover_the_table() -> None:
    """Every row of the table occurs often enough in random names to test the laws."""
    seen: Counter[str] = Counter()

    @settings(max_examples=2000, deadline=None, derandomize=True, database=None)
    @given(name=random_names)
    def count(name: RandomName) -> None:
        plan = name.plan()
        seen.update(conflict.reason for conflict in plan.conflicts)
        seen.update(type(change).__name__ for change in plan.changes)
        seen.update("taken" for c in plan.changes if isinstance(c, Update) and c.is_takeover)
        seen.update("down" for _ in plan.deletions)
        seen.update("former" for r in deleted(plan) if r.connection == "former")
        seen.update("late" for r in deleted(plan) if r.connection in CONNECTIONS)

    count()

    rows = {"Create", "Update", "taken", "down", "former", "late", Reason.SAME_ADDRESS}
    rows |= {Reason.MIXED_PROXIED, Reason.AMBIGUOUS, Reason.OTHER_HOME, Reason.MISSING}
    assert {row for row in rows if seen[row] < 5} == set(), seen
