"""Several connections with one record each under one name."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Address, IPv6Network

import pytest

from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import (
    Address,
    Create,
    DesiredRecord,
    HomeId,
    InterfaceId,
    Network,
    Policy,
    Reason,
    Record,
    RecordAttributes,
    RecordKey,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Conflict, Deletion, Plan
from custom_components.raindrop.ddns.records.make_plan import make_plan
from custom_components.raindrop.ddns.sources import ConnectionId, Family
from tests.library.builders import A1, A2, A3, B1, B2, HOME, V4, record

HOME_ID = HomeId("3f9a1c2b")
FIBRE, LTE = (RecordKey(HOME, Family.IPV4, ConnectionId(id_)) for id_ in ("fibre", "lte"))
FIBRE_V6, LTE_V6 = (key._replace(family=Family.IPV6) for key in (FIBRE, LTE))
C1 = IPv6Address("2001:218:9:2::1")
CREATES = Policy(create=True)


def line(
    key: RecordKey,
    address: Address | None,
    *,
    last: Address | None = None,
    is_down: bool = False,
    uses_default_route: bool = False,
    network: Network | None = None,
    policy: Policy = CREATES,
    had: RecordAttributes | None = None,
) -> DesiredRecord:
    """Return the desired record of a connection."""
    return DesiredRecord(
        record_key=key,
        address=address,
        policy=policy,
        last_address=last,
        last_attributes=had or (RecordAttributes() if last else None),
        is_down=is_down,
        uses_default_route=uses_default_route,
        network=network,
    )


def of(
    connection: str,
    content: Address,
    number: int = 1,
    *,
    home: HomeId = HOME_ID,
    proxied: bool = False,
) -> Record:
    """Return the existing record of a connection of a home."""
    comment = Ownership(home).comment(ConnectionId(connection))
    kind = Family(content.version).record_type
    return record(
        content, number=number, kind=kind, comment=comment, home_id=HOME_ID, proxied=proxied
    )


def plan(desired: Iterable[DesiredRecord], *existing: Record) -> Plan:
    """Return the plan, which does not depend on the order of the list."""
    desired = list(desired)
    made = make_plan(desired, existing)
    assert make_plan(desired, existing[::-1]) == made
    return made


def test_every_connection_gets_a_record_of_its_own() -> None:
    """Two connections have two records, whatever else there is under the name."""
    beside = record(A3, number=7, comment="a web server elsewhere")

    made = plan([line(FIBRE, A1), line(LTE, A2)], beside)

    assert made.changes == (
        Create(record_key=FIBRE, address=A1),
        Create(record_key=LTE, address=A2),
    )
    assert (made.conflicts, made.stale_records, made.deletions) == ((), {}, ())


def test_each_record_is_updated_by_its_comment() -> None:
    """A connection's record is the one whose comment names it."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)

    made = plan([line(FIBRE, A1), line(LTE, A3)], fibre, lte)

    assert made.records == {FIBRE: fibre, LTE: lte}
    assert made.changes == (Update(record_key=LTE, record=lte, address=A3),)


@pytest.mark.parametrize(
    "lines, owner",
    [
        pytest.param([line(FIBRE, A2), line(LTE, A1)], LTE, id="of the one with its address"),
        pytest.param([line(FIBRE, A2), line(LTE, A3)], FIBRE, id="else of the first"),
        pytest.param([line(FIBRE, None), line(LTE, A3)], None, id="also if that is silent"),
    ],
)
def test_the_record_from_before_becomes_that_of_a_connection(
    lines: Sequence[DesiredRecord], owner: RecordKey | None
) -> None:
    """This home's record without a connection is not left behind."""
    before = record(A1, comment=Ownership(HOME_ID).comment(), home_id=HOME_ID)

    made = plan(lines, before)

    taken = [change for change in made.changes if isinstance(change, Update)]
    assert [change.record_key for change in taken] == [owner] * (owner is not None)
    assert all(change.is_takeover and change.record == before for change in taken)
    assert len(made.changes) == len([d for d in lines if d.address])
    assert (made.stale_records, made.deletions, made.conflicts) == ({}, (), ())


def test_the_record_from_before_becomes_that_of_the_first_connection_without_one() -> None:
    """Else it kept its old address under the name forever, after the order was changed."""
    before = record(A3, comment=Ownership(HOME_ID).comment(), home_id=HOME_ID)

    made = plan([line(LTE, A2), line(FIBRE, A1)], before, of("lte", A2, 2))

    assert made.changes == (Update(record_key=FIBRE, record=before, address=A1, is_takeover=True),)


def test_a_second_record_from_before_stays() -> None:
    """Only one record without a connection becomes that of the first one, others are copies."""
    before, copy = (
        record(a, number=n, comment=Ownership(HOME_ID).comment(), home_id=HOME_ID)
        for n, a in ((1, A1), (2, A2))
    )

    made = plan([line(FIBRE, A3, last=A2)], before, copy)

    assert [change.record for change in made.changes if isinstance(change, Update)] == [copy]
    assert made.stale_records == {}


def test_a_chosen_record_becomes_that_of_the_first_connection() -> None:
    """What the user chose, or gave to this home, gets the connection's comment."""
    chosen = record(A3, number=4, comment="front door")
    theirs = of("", A3, 5, home=HomeId("00c0ffee"))

    pinned = plan([line(FIBRE, A1, policy=replace(CREATES, record_id=chosen.id))], chosen)
    given = plan(
        [line(FIBRE, A1, policy=replace(CREATES, take_over=frozenset({theirs.version})))], theirs
    )
    not_given = plan([line(FIBRE, A1, policy=replace(CREATES, record_id=theirs.id))], theirs)

    assert pinned.changes == (
        Update(record_key=FIBRE, record=chosen, address=A1, is_takeover=True),
    )
    assert given.changes == (Update(record_key=FIBRE, record=theirs, address=A1, is_takeover=True),)
    assert not_given.changes == (Create(record_key=FIBRE, address=A1),)


def test_a_connection_that_is_down_loses_its_record() -> None:
    """It is deleted if another one was read as it should be."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)

    made = plan([line(FIBRE, None, is_down=True), line(LTE, A2)], fibre, lte)

    assert made.deletions == (Deletion(record_key=FIBRE, record=fibre),)
    assert made.changes == ()


@pytest.mark.parametrize(
    "lte, existing",
    [
        pytest.param(line(LTE, None, last=A2), of("lte", A2, 2), id="is silent"),
        pytest.param(line(LTE, None, is_down=True), of("lte", A2, 2), id="is down too"),
        pytest.param(line(LTE, A3), of("lte", A2, 2), id="is about to be changed"),
        pytest.param(line(LTE, A3), None, id="is about to be created"),
        pytest.param(
            line(LTE, A2), of("lte", A2, 2, home=HomeId("00c0ffee")), id="is another home's"
        ),
        pytest.param(line(LTE, A2), record(A2, number=2), id="is nobody's"),
    ],
)
def test_the_last_record_is_never_deleted(lte: DesiredRecord, existing: Record | None) -> None:
    """The record of a connection that is down stays, unless another one is right."""
    fibre = of("fibre", A1, 1)

    made = plan([line(FIBRE, None, is_down=True), lte], fibre, *filter(None, [existing]))

    assert made.deletions == ()
    assert made.stale_records == {}


def test_a_name_that_is_delegated_keeps_its_records() -> None:
    """A record that nobody can see is not right."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)
    elsewhere = record("ns.example.net", number=3, kind="NS")

    made = make_plan(
        [line(FIBRE, None, is_down=True), line(LTE, A2)],
        [fibre, lte, elsewhere, record(A3, name="example.com", number=8)],
    )

    assert [conflict.reason for conflict in made.conflicts] == [Reason.DELEGATED]
    assert made.deletions == ()


def test_a_record_that_is_not_marked_is_never_deleted() -> None:
    """A record from before stays while its connection is down: it has no comment of its own."""
    before = record(A1, comment=Ownership(HOME_ID).comment(), home_id=HOME_ID)

    made = plan([line(FIBRE, None, is_down=True), line(LTE, A2)], before, of("lte", A2, 2))

    assert (made.deletions, made.stale_records, made.changes) == ((), {}, ())


def test_a_chosen_record_that_is_not_yet_ours_is_never_deleted() -> None:
    """A user's record with the address of a connection that is down stays theirs."""
    chosen = record(A1, number=4, comment="front door")
    policy = replace(CREATES, record_id=chosen.id)
    down = line(FIBRE, A1, is_down=True, policy=policy)

    made = plan([down, line(LTE, A2, policy=policy)], chosen, of("lte", A2, 2))

    assert (made.deletions, made.stale_records) == ((), {})


def test_silence_changes_nothing() -> None:
    """A connection that says nothing keeps its record."""
    made = plan([line(FIBRE, None, last=A1), line(LTE, A2)], of("fibre", A1, 1), of("lte", A2, 2))

    assert (made.changes, made.conflicts, made.deletions, made.stale_records) == ((), (), (), {})


def test_two_connections_with_one_address_have_one_record() -> None:
    """The second one has a conflict: Cloudflare does not keep two identical records."""
    made = plan([line(FIBRE, A1), line(LTE, A1)])

    assert made.changes == (Create(record_key=FIBRE, address=A1),)
    assert made.conflicts == (Conflict(record_key=LTE, reason=Reason.SAME_ADDRESS),)


@pytest.mark.parametrize("lte_address", [A2, None], ids=["reports", "is silent"])
def test_the_way_out_is_not_a_new_address(lte_address: Address | None) -> None:
    """What this host uses as its way out is the other connection, whose address it is."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)
    lines = [line(FIBRE, A2, last=A1, uses_default_route=True), line(LTE, lte_address, last=A2)]

    made = plan(lines, fibre, lte)

    assert made.conflicts == (
        Conflict(record_key=FIBRE, reason=Reason.SAME_ADDRESS, records=(lte,)),
    )
    assert (made.changes, made.stale_records, made.deletions) == ((), {}, ())


@pytest.mark.parametrize(
    "lte",
    [
        pytest.param(line(LTE_V6, B1, last=B1), id="reports"),
        pytest.param(line(LTE_V6, None, last=B1), id="is silent"),
        pytest.param(
            line(LTE_V6, None, is_down=True, network=IPv6Network("2001:218:1:2::/64")),
            id="is down, as its binary sensor says",
        ),
    ],
)
def test_the_way_out_is_not_a_new_address_in_the_network_of_another_connection(
    lte: DesiredRecord,
) -> None:
    """The interface of this host has another address of it than the router of that connection."""
    of_fibre, of_lte = of("fibre", C1, 1), of("lte", B1, 2)
    fibre = line(FIBRE_V6, B2, last=C1, uses_default_route=True)

    made = plan([fibre, lte], of_fibre, of_lte)

    assert made.conflicts == (
        Conflict(record_key=FIBRE_V6, reason=Reason.SAME_ADDRESS, records=(of_lte,)),
    )
    assert (made.changes, made.stale_records, made.deletions) == ((), {}, ())


@pytest.mark.parametrize(
    "key, address, network",
    [
        pytest.param(FIBRE_V6, C1, IPv6Network("2001:218:9::/56"), id="a prefix"),
        pytest.param(FIBRE, A2, IPv4Network(A2), id="an address that is not accepted yet"),
    ],
)
def test_what_another_connection_reports_is_its_own(
    key: RecordKey, address: Address, network: Network
) -> None:
    """Nothing of it is written to the record of the way out, whether that exists or not."""
    lte = line(key._replace(connection=LTE.connection), None, network=network)

    made = plan([line(key, address, uses_default_route=True), lte])

    assert made.conflicts == (Conflict(record_key=key, reason=Reason.SAME_ADDRESS),)
    assert made.changes == ()


def test_an_old_record_of_a_connection_that_is_down_holds_back_no_other() -> None:
    """It does not count if the connection's own source reports another address."""
    fibre = line(FIBRE, None, is_down=True, network=IPv4Network((A2, 32)))
    existing = of("fibre", A1)

    made = plan([fibre, line(LTE, A1, uses_default_route=True)], existing)

    assert made.conflicts == ()
    assert made.changes == (Update(record_key=LTE, record=existing, is_takeover=True),)


def test_two_connections_may_have_addresses_in_one_network() -> None:
    """If each reports its own: they are different, and neither is a way out."""
    made = plan([line(FIBRE_V6, B1), line(LTE_V6, B2)])

    assert [change.record_key for change in made.changes] == [FIBRE_V6, LTE_V6]


def test_an_address_belongs_to_the_connection_that_knows_it() -> None:
    """A record with the address of another connection becomes that one's, and what is old goes."""
    fibre, lte = of("fibre", A3, 1), of("lte", A2, 2)
    lines = [line(FIBRE, A3, last=A3, uses_default_route=True), line(LTE, A3, last=A2)]

    made = plan(lines, fibre, lte)

    assert made.changes == (Update(record_key=LTE, record=fibre, is_takeover=True),)
    assert made.stale_records == {LTE: [lte]}
    assert made.conflicts == (
        Conflict(record_key=FIBRE, reason=Reason.SAME_ADDRESS, records=(fibre,)),
    )


def test_connections_exchange_their_records() -> None:
    """After two lines were exchanged, only the comments change."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)

    made = plan([line(FIBRE, A2, last=A1), line(LTE, A1, last=A2)], fibre, lte)

    assert made.changes == (
        Update(record_key=FIBRE, record=lte, is_takeover=True),
        Update(record_key=LTE, record=fibre, is_takeover=True),
    )
    assert made.stale_records == {}


@pytest.mark.parametrize(
    "home, reason",
    [
        pytest.param(None, Reason.AMBIGUOUS, id="nobody's"),
        pytest.param(HomeId("00c0ffee"), Reason.OTHER_HOME, id="another home's"),
    ],
)
@pytest.mark.parametrize("existing", [[], [of("fibre", A2, 1)]], ids=["none", "its own"])
def test_an_address_that_the_name_has_already(
    home: HomeId | None, reason: Reason, existing: Sequence[Record]
) -> None:
    """A record of somebody else with the connection's address stays, and the user is asked."""
    theirs = of("", A1, 5, home=home) if home else record(A1, number=5)

    made = plan([line(FIBRE, A1)], theirs, *existing)

    assert made.conflicts == (Conflict(record_key=FIBRE, reason=reason, records=(theirs,)),)
    assert made.changes == ()


def test_the_records_of_former_connections_are_deleted() -> None:
    """A connection that the user removed loses its record once another one is right."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)
    other = of("lte", A3, 3, home=HomeId("00c0ffee"))

    right = plan([line(FIBRE, A1)], fibre, lte, other)
    changed = plan([line(FIBRE, A3, last=A1)], fibre, lte)
    silent = plan([line(FIBRE, None)], fibre, lte)
    two = plan([line(FIBRE, A2), line(FIBRE._replace(connection=ConnectionId("cable")), A1)], lte)

    assert right.stale_records == changed.stale_records == {FIBRE: [lte]}
    assert silent.stale_records == {}
    assert two.stale_records == {}
    assert [change.record_key for change in two.changes if isinstance(change, Update)] == [FIBRE]


def test_late_records_of_connections_are_deleted() -> None:
    """A second record of a connection goes, once the one that it has is right."""
    fibre, late, older = of("fibre", A2, 1), of("fibre", A1, 2), of("fibre", A3, 3)
    before = record(A1, number=4, comment=Ownership(HOME_ID).comment(), home_id=HOME_ID)

    made = plan([line(FIBRE, A2, last=A1), line(LTE, None)], fibre, late, older)
    unknown = plan([line(FIBRE, None, last=A1), line(LTE, A3)], fibre, late, of("lte", A3, 3))
    unnamed = plan([line(FIBRE, A2, last=A1)], fibre, before)

    assert made.records == {FIBRE: fibre}
    assert made.stale_records == {FIBRE: [late, older]}
    assert unknown.stale_records == {}
    assert unnamed.stale_records == {FIBRE: [before]}


def test_one_record_is_enough_again() -> None:
    """Without connections, one of their records stays and gets the usual comment."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)
    name = DesiredRecord(record_key=V4, address=A2, policy=CREATES)

    right = plan([name], fibre, lte)
    first = plan([replace(name, address=A3)], fibre, lte)
    last = plan([replace(name, address=A3, last_address=A2)], fibre, lte)
    unknown = plan([replace(name, address=None)], fibre, lte)
    one = plan([replace(name, address=A3, last_address=A1)], fibre, of("", A2, 2))

    assert right.changes == (Update(record_key=V4, record=lte, is_takeover=True),)
    assert right.stale_records == {V4: [fibre]}
    assert first.changes == (Update(record_key=V4, record=fibre, address=A3, is_takeover=True),)
    assert first.stale_records == {V4: [lte]}
    assert last.records == {V4: lte}
    assert (unknown.changes, unknown.stale_records) == ((), {})
    assert one.records == {V4: of("", A2, 2)}
    assert one.stale_records == {V4: [fibre]}


def test_the_one_record_that_is_enough_again_has_the_prefix() -> None:
    """Of two machines behind the former connections, the one that is reached already stays."""
    fibre, lte = of("fibre", B1, 1), of("lte", C1, 2)
    key = FIBRE_V6._replace(connection=V4.connection)
    address = IPv6Address("2001:218:9:2::99")
    keep = replace(CREATES, interface_id=InterfaceId())

    made = plan([DesiredRecord(record_key=key, address=address, policy=keep)], fibre, lte)

    assert made.changes == (Update(record_key=key, record=lte, is_takeover=True),)


def test_a_chosen_record_that_became_that_of_a_connection_is_none_to_keep() -> None:
    """Else it could not get the address that the record of another connection has."""
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)
    chosen = replace(CREATES, record_id=lte.id)

    made = plan([DesiredRecord(record_key=V4, address=A1, policy=chosen)], fibre, lte)

    assert made.conflicts == ()
    assert made.changes == (Update(record_key=V4, record=fibre, is_takeover=True),)
    assert made.stale_records == {V4: [lte]}


def test_a_chosen_record_replaces_those_of_former_connections() -> None:
    """They would answer with addresses of the past; without a known address, they stay."""
    chosen, fibre = record(A1, number=1), of("fibre", A2, 2)
    name = DesiredRecord(record_key=V4, address=A1, policy=replace(CREATES, record_id=chosen.id))

    right = plan([name], chosen, fibre)
    changed = plan([replace(name, address=A3)], chosen, fibre)
    unknown = plan([replace(name, address=None)], chosen, fibre)

    assert (right.changes, right.conflicts, right.records) == ((), (), {V4: chosen})
    assert changed.changes == (Update(record_key=V4, record=chosen, address=A3),)
    assert right.stale_records == changed.stale_records == {V4: [fibre]}
    assert unknown.stale_records == {}


def test_a_created_record_is_proxied_like_the_others() -> None:
    """Records of one name are proxied together, whatever one was before."""
    fibre = of("fibre", A1, 1, proxied=True)
    before = RecordAttributes(ttl_s=60, comment="mine", tags=("a:b",), is_owned=False)

    new = plan([line(FIBRE, A1), line(LTE, A2)], fibre)
    again = plan([line(FIBRE, A1), line(LTE, A2, had=before)], fibre)
    remembered = plan([line(FIBRE, A1), line(LTE, A2, had=replace(before, proxied=True))])

    assert new.changes == (Create(record_key=LTE, address=A2, proxied=True),)
    assert again.changes == (Create(record_key=LTE, address=A2, proxied=True, tags=("a:b",)),)
    assert all(isinstance(c, Create) and c.proxied and c.is_owned for c in remembered.changes)


def test_mixing_proxied_and_not_is_refused() -> None:
    """A record is not created, proxied or not, where others' are otherwise."""
    theirs = record(A3, number=5, proxied=True)
    fibre = of("fibre", A1, 1)
    plain = replace(CREATES, proxied=False)

    created = plan([line(FIBRE, A1)], theirs)
    enforced = plan([line(FIBRE, A1, policy=replace(CREATES, proxied=True))], fibre, record(A3))
    moved = plan([line(FIBRE, A2, policy=replace(CREATES, proxied=True))], fibre, record(A3))
    alike = plan([line(FIBRE, A1, policy=replace(CREATES, proxied=True))], theirs)
    family = plan([line(FIBRE_V6, B1, policy=plain)], theirs, of("fibre", A1, 2, proxied=True))
    address = plan([line(FIBRE, A2, policy=plain)], fibre, theirs)

    assert created.conflicts == (
        Conflict(record_key=FIBRE, reason=Reason.MIXED_PROXIED, records=(theirs,)),
    )
    assert [conflict.reason for conflict in enforced.conflicts] == [Reason.MIXED_PROXIED]
    assert moved.changes == (Update(record_key=FIBRE, record=fibre, address=A2),)
    assert alike.conflicts == ()
    assert [conflict.records for conflict in family.conflicts] == [(theirs,)]
    assert address.changes == (Update(record_key=FIBRE, record=fibre, address=A2),)


def test_families_and_names_are_apart() -> None:
    """A connection that is down in one family keeps its record in the other."""
    existing = [of("fibre", A1, 1), of("lte", A2, 2), of("fibre", B1, 3), of("lte", B2, 4)]
    lines = [
        line(FIBRE, None, is_down=True),
        line(LTE, A2),
        line(FIBRE_V6, B1),
        line(LTE_V6, None),
    ]

    made = plan(lines, *existing)

    assert [deletion.record for deletion in made.deletions] == [existing[0]]
    assert (made.changes, made.conflicts) == ((), ())


def test_hints_may_have_the_address_of_any_connection() -> None:
    """A hint is stale if no record of the name will have its address."""
    hint = record(f"1 . ipv4hint={A1},{A2}", number=8, kind="HTTPS")
    fibre, lte = of("fibre", A1, 1), of("lte", A2, 2)

    fine = plan([line(FIBRE, A1), line(LTE, None)], fibre, lte, hint)
    stale = plan([line(FIBRE, A3), line(LTE, A2)], fibre, lte, hint)
    down = plan([line(FIBRE, A1), line(LTE, None, is_down=True)], fibre, lte, hint)

    assert fine.stale_hints == {}
    assert {key: [*records] for key, records in stale.stale_hints.items()} == {LTE: [hint]}
    assert {key: [*records] for key, records in down.stale_hints.items()} == {FIBRE: [hint]}


@pytest.mark.parametrize(
    "comment, connection",
    [
        pytest.param(Ownership(HOME_ID).comment(ConnectionId("fibre")), "fibre", id="of a home"),
        pytest.param(Ownership(None).comment(ConnectionId("lte-2")), "lte-2", id="without an id"),
        pytest.param(Ownership(HOME_ID).comment(), "", id="none"),
        pytest.param(None, "", id="no comment"),
        pytest.param(Ownership(HOME_ID).comment(ConnectionId("x" * 17)), "", id="too long"),
        pytest.param(Ownership(HOME_ID).comment(ConnectionId("lte")) + "!", "", id="extended"),
    ],
)
def test_the_comment_names_the_connection(comment: str | None, connection: str) -> None:
    """Only the exact comment says which connection a record belongs to."""
    assert Ownership().connection_of(comment) == connection
    assert len(Ownership(HOME_ID).comment(ConnectionId("x" * 16))) <= 100


def test_an_interface_id_that_is_not_known_is_missing() -> None:
    """A record that keeps the interface identifier of an existing one is not created."""
    keeps = replace(CREATES, interface_id=InterfaceId())

    made = plan([line(FIBRE_V6, B1, policy=keeps), line(LTE_V6, B2, policy=keeps)])

    assert [conflict.reason for conflict in made.conflicts] == [Reason.MISSING, Reason.MISSING]
