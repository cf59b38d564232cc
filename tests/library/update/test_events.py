"""The events of an update: each once, in the order in which it happened."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.models import (
    Address,
    Change,
    HostName,
    InterfaceId,
    Policy,
    Reason,
    RecordKey,
    ZoneId,
)
from custom_components.raindrop.ddns.plan_values import Outcome
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update_result import (
    DdnsEvent,
    EventType,
    UpdateResult,
    events_between,
)
from custom_components.raindrop.ddns.zone_config import ZoneConfig
from simulator import Simulator
from tests.conftest import HOME as AT_HOME, NEXT, OLD
from tests.library.builders import A1, A2, A3, B1, B2, HOME, V4, V6, create, managed, record, update
from tests.library.zone_updater import LIST, ZoneUpdater

IPV4, IPV6 = Family.IPV4, Family.IPV6
WEB = RecordKey(HostName("web.example.com"), IPV4)
ALIAS = RecordKey(HostName("alias.example.com"), IPV4)

CONFIG = ZoneConfig(
    zone_id=ZoneId("0" * 32),
    home_sources=[],
    managed_records=[managed(key.name, key.family) for key in (V4, V6, WEB, ALIAS)],
)

type Outcomes = Mapping[RecordKey, Outcome]


def home(*addresses: Address) -> State:
    """Return a state with the addresses of the home only."""
    found = {Family(address.version): address for address in addresses}
    detections = (Detection(source=Source(f), address=found.get(f)) for f in Family)
    return State(public_addresses=found, detections={d.source: d for d in detections})


def outcome(change: Change, reason: Reason | None = None) -> Outcomes:
    """Return the outcome of one change."""
    return {
        change.record_key: Outcome(
            change=change,
            reason=reason,
            record=None if reason else record(change.address or A1),
            error=CloudflareRefusedError("refused") if reason else None,
        )
    }


def failed(reason: Reason | None, record_key: RecordKey = V4, *addresses: Address) -> State:
    """Return a state with a record that has failed for a reason, or is in sync."""
    record_state = RecordState(last_address=A1, reason=reason, has_failed=reason is not None)
    return replace(home(*addresses), records={record_key: record_state})


def address_changed(family: Family, from_ip: Address, to_ip: Address) -> DdnsEvent:
    """Return the event of a changed public address."""
    return DdnsEvent(type=EventType.PUBLIC_CHANGED, family=family, from_ip=from_ip, to_ip=to_ip)


def written(type_: EventType, from_ip: Address | None, to_ip: Address) -> DdnsEvent:
    """Return the event of a change that is done."""
    return DdnsEvent(type=type_, family=IPV4, record_key=V4, from_ip=from_ip, to_ip=to_ip)


def test_an_event_of_the_home_has_no_connection() -> None:
    """Nor has that of a record that is its name's only one."""
    of_home = DdnsEvent(type=EventType.PUBLIC_CHANGED, family=IPV4)
    of_record = DdnsEvent(type=EventType.CREATED, family=IPV4, record_key=V4)

    assert (of_home.connection, of_record.connection) == ("", "")


@pytest.mark.parametrize(
    "before, after, events",
    [
        pytest.param(home(), home(), [], id="nothing known/none"),
        pytest.param(home(), home(A1), [], id="first address/none"),
        pytest.param(home(A1), home(A1), [], id="same address/none"),
        pytest.param(home(A1), home(A2), [address_changed(IPV4, A1, A2)], id="IPv4 changed/one"),
        pytest.param(home(A1), home(A1, B1), [], id="first IPv6 address/none"),
        pytest.param(
            home(A1, B1), home(A1, B2), [address_changed(IPV6, B1, B2)], id="IPv6 changed/one"
        ),
        pytest.param(
            home(B1, A1),
            home(B2, A2),
            [address_changed(IPV4, A1, A2), address_changed(IPV6, B1, B2)],
            id="both changed/IPv4 first",
        ),
    ],
)
def test_a_changed_public_address_is_an_event(
    before: State, after: State, events: list[DdnsEvent]
) -> None:
    """A changed public address is an event; the first one ever accepted is none."""
    assert list(events_between(CONFIG, before, after, {})) == events


@pytest.mark.parametrize(
    "change, event",
    [
        pytest.param(create(HOME, A2), written(EventType.CREATED, None, A2), id="create/created"),
        pytest.param(
            update(record(A1), A2), written(EventType.UPDATED, A1, A2), id="update/updated"
        ),
        pytest.param(
            replace(create(HOME, A2), is_drift=True),
            written(EventType.DRIFT_CORRECTED, None, A2),
            id="deleted externally/drift corrected",
        ),
        pytest.param(
            replace(update(record(A3), A1), is_drift=True),
            written(EventType.DRIFT_CORRECTED, A3, A1),
            id="changed externally/drift corrected",
        ),
        pytest.param(
            replace(update(record(A1), A1), address=None, proxied=True),
            written(EventType.UPDATED, A1, A1),
            id="attribute only/updated",
        ),
        pytest.param(
            update(record("not an address"), A2),
            written(EventType.UPDATED, None, A2),
            id="no address before/updated",
        ),
    ],
)
def test_a_change_that_is_done_is_an_event(change: Change, event: DdnsEvent) -> None:
    """The event of a change has the address before and after it."""
    assert events_between(CONFIG, State(), State(), outcome(change)) == (event,)


def test_a_change_without_a_record_has_no_address() -> None:
    """If the outcome has no record, its event has no address."""
    outcomes = {V4: Outcome(change=create(HOME, A1))}

    assert events_between(CONFIG, State(), State(), outcomes) == (
        DdnsEvent(type=EventType.CREATED, family=IPV4, record_key=V4),
    )


@pytest.mark.parametrize("reason", [Reason.REFUSED, Reason.UNCONFIRMED])
def test_a_change_that_is_not_done_is_no_event(reason: Reason) -> None:
    """A refused or unconfirmed change is not reported as a change."""
    assert events_between(CONFIG, State(), State(), outcome(update(record(A1), A2), reason)) == ()


@pytest.mark.parametrize(
    "before, after, types_",
    [
        pytest.param(None, None, [], id="in sync, in sync/none"),
        pytest.param(None, Reason.MISSING, [EventType.FAILED], id="in sync, missing/failed"),
        pytest.param(Reason.MISSING, Reason.MISSING, [], id="missing, missing/none"),
        pytest.param(Reason.MISSING, Reason.CNAME, [], id="missing, another reason/none"),
        pytest.param(Reason.UNREAD, None, [EventType.RECOVERED], id="unread, in sync/recovered"),
    ],
)
def test_a_failure_is_an_event_when_it_begins_and_when_it_ends(
    before: Reason | None, after: Reason | None, types_: list[EventType]
) -> None:
    """A record fails once and recovers once, whatever its reasons are in between."""
    events = events_between(CONFIG, failed(before), failed(after), {})

    assert [event.type for event in events] == types_


@pytest.mark.parametrize(
    "before, after, types_",
    [
        pytest.param(False, False, [], id="in sync, flapping/none"),
        pytest.param(True, True, [], id="failed, flapping/none"),
        pytest.param(False, True, [EventType.FAILED], id="flapping, failed/failed"),
    ],
)
def test_only_a_failure_is_an_event_and_not_its_reason(
    *, before: bool, after: bool, types_: list[EventType]
) -> None:
    """A reason without a failure, such as a flapping address, is no event."""
    flapping = RecordState(reason=Reason.FLAPPING)
    first, second = (
        replace(home(), records={V4: replace(flapping, has_failed=has_failed)})
        for has_failed in (before, after)
    )

    assert [event.type for event in events_between(CONFIG, first, second, {})] == types_


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.FLAPPING, Reason.NO_ADDRESS}))
def test_a_failure_has_a_reason(reason: Reason) -> None:
    """The event of a failure has the last address, the one of its source and the reason."""
    (event,) = events_between(CONFIG, failed(None, V4, A2), failed(reason, V4, A2), {})

    assert event == DdnsEvent(
        type=EventType.FAILED, family=IPV4, record_key=V4, from_ip=A1, to_ip=A2, reason=reason
    )


def test_a_failure_without_an_address_names_none() -> None:
    """The last public address is not the one that the record should hold."""
    after = replace(failed(Reason.NO_ADDRESS), public_addresses={IPV4: A2})
    (event,) = events_between(CONFIG, failed(None, V4, A2), after, {})

    assert (event.from_ip, event.to_ip, event.reason) == (A1, None, Reason.NO_ADDRESS)


def test_a_failure_has_the_address_that_the_record_should_hold() -> None:
    """With an interface identifier, that is not the detected address."""
    policy = Policy(interface_id=InterfaceId(bits=0xBEEF))
    config = replace(CONFIG, managed_records=[managed(HOME, IPV6, policy)])

    (event,) = events_between(config, home(B1), failed(Reason.REFUSED, V6, B1), {})

    assert event.to_ip == ip_address("2001:218:1:2::beef")


def test_a_failure_has_the_interface_identifier_of_the_record() -> None:
    """Where the policy has none, the record keeps its own."""
    policy = Policy(interface_id=InterfaceId())
    config = replace(CONFIG, managed_records=[managed(HOME, IPV6, policy)])
    state = failed(Reason.REFUSED, V6, B1)
    known = replace(state.record(V6), record=record("2001:218:9:9::77", kind="AAAA"))

    (event,) = events_between(config, home(B1), replace(state, records={V6: known}), {})

    assert event.to_ip == ip_address("2001:218:1:2::77")


def test_a_failure_without_a_prefix_has_no_address() -> None:
    """A router's own address is not in the network that the record needs."""
    source = Source(IPV6, SourceKind.ENTITY, entity="router", meaning=Meaning.ROUTER)
    own = managed(HOME, IPV6, Policy(interface_id=InterfaceId(bits=0xBEEF)))
    config = replace(CONFIG, managed_records=[replace(own, source=source)])
    detections = {source: Detection(source=source, address=B1)}
    before = replace(home(B1), detections=detections)
    after = replace(failed(Reason.REFUSED, V6, B1), detections=detections)

    (event,) = events_between(config, before, after, {})

    assert event.to_ip is None


def test_a_recovery_has_the_address_of_the_record() -> None:
    """The event of a recovery has the address that the record holds."""
    (event,) = events_between(CONFIG, failed(Reason.MISSING), failed(None), {})

    assert event == DdnsEvent(type=EventType.RECOVERED, family=IPV4, record_key=V4, to_ip=A1)


def test_events_are_in_the_order_of_what_happened() -> None:
    """First changed addresses, then changes, failures and recoveries, each by record key."""
    before = failed(Reason.MISSING, V6, A1)
    after = replace(
        home(A2),
        records={
            **failed(Reason.REFUSED, WEB).records,
            **failed(Reason.CNAME, ALIAS).records,
            **failed(None, V6).records,
        },
    )
    outcomes = {**outcome(create(WEB.name, A2)), **outcome(update(record(A1), A2))}

    events = events_between(CONFIG, before, after, outcomes)

    assert [(event.type, event.record_key) for event in events] == [
        (EventType.PUBLIC_CHANGED, None),
        (EventType.UPDATED, V4),
        (EventType.CREATED, WEB),
        (EventType.FAILED, ALIAS),
        (EventType.FAILED, WEB),
        (EventType.RECOVERED, V6),
    ]


def types(result: UpdateResult) -> list[EventType]:
    """Return the types of the events of an update."""
    return [event.type for event in result.events]


async def test_no_event_is_reported_twice(updater: ZoneUpdater) -> None:
    """Each event is in the result of one update only, however often the zone is read."""
    first = await updater.update()
    assert [(event.type, event.from_ip, event.to_ip) for event in first.events] == [
        (EventType.UPDATED, ip_address(OLD), ip_address(AT_HOME))
    ]
    assert types(await updater.update()) == []
    assert types(await updater.update(full_sync=True)) == []
    updater.simulator.ip.set_address(NEXT)
    assert types(await updater.update()) == [EventType.PUBLIC_CHANGED, EventType.UPDATED]

    assert types(await updater.update(full_sync=True)) == []


async def test_a_failure_that_lasts_is_reported_once(updater: ZoneUpdater) -> None:
    """A record whose zone cannot be read for many updates fails once and recovers once."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)
    updater.simulator.faults.add("cloudflare", LIST, kind="html")

    updates = [types(await updater.update()) for _ in range(4)]
    updater.simulator.faults.clear()

    assert updates == [[EventType.PUBLIC_CHANGED, EventType.FAILED], [], [], []]
    assert types(await updater.update()) == [EventType.UPDATED, EventType.RECOVERED]
    assert types(await updater.update()) == []


async def test_a_change_of_address_during_a_restart_is_an_event(
    simulator: Simulator, updater: ZoneUpdater
) -> None:
    """The public address is remembered over a restart, so that a change meanwhile is an event."""
    updater.state = State(public_addresses={IPV4: ip_address(AT_HOME)})
    simulator.ip.set_address(NEXT)

    result = await updater.update()

    assert result.events[0] == address_changed(IPV4, ip_address(AT_HOME), ip_address(NEXT))
    updater.state = State(public_addresses=updater.state.public_addresses)
    assert EventType.PUBLIC_CHANGED not in types(await updater.update())


async def test_an_address_that_is_unknown_for_a_while_is_no_event(
    simulator: Simulator, updater: ZoneUpdater
) -> None:
    """An address that is detected again is an event only if it is another one."""
    await updater.update()
    simulator.faults.add("ip", kind="status")
    assert types(await updater.update()) == []
    simulator.faults.clear()
    assert types(await updater.update()) == []
    simulator.faults.add("ip", kind="status")
    await updater.update()
    simulator.faults.clear()
    simulator.ip.set_address(NEXT)

    assert types(await updater.update()) == [EventType.PUBLIC_CHANGED, EventType.UPDATED]


async def test_flapping_is_no_failure(simulator: Simulator, updater: ZoneUpdater) -> None:
    """A record that waits for a flapping address has a reason, but that is no event."""
    for address in (AT_HOME, NEXT, AT_HOME):
        simulator.ip.set_address(address)
        result = await updater.update()

    assert updater.state.record(V4).reason is Reason.FLAPPING
    assert updater.state.record(V4).has_failed is False
    assert result.events == ()
    assert updater.contents == {"A home.example.com": NEXT}
