"""Stored connections: what a domain with several internet connections manages."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from custom_components.raindrop.config import (
    DEFAULT_OPTIONS,
    DOMAIN_DEFAULTS,
    read_managed_records,
    read_record_keys,
)
from custom_components.raindrop.ddns import (
    Connection,
    ConnectionId,
    FailoverTimes,
    Family,
    HostName,
    ManagedRecord,
    Meaning,
    Policy,
    RecordKey,
    Source,
    SourceKind,
)
from custom_components.raindrop.storage.connections import new_connection_id
from custom_components.raindrop.storage.sources import read_sources

NAME = HostName("home.example.com")
LTE_ENTITY = {"source": "entity", "entity": "sensor.lte", "meaning": "other_connection"}
FIBRE = {"id": "fibre", "name": "Fibre", "ipv4": {"source": "zone"}, "ipv6": {"source": "local"}}
LTE = {"id": "lte", "name": "LTE", "ipv4": LTE_ENTITY, "up_sensor": "binary_sensor.lte"}
AUTOMATIC = Source(Family.IPV4)
LOCAL = Source(Family.IPV6, SourceKind.LOCAL)
OF_LTE = Source(
    Family.IPV4, SourceKind.ENTITY, entity="sensor.lte", meaning=Meaning.OTHER_CONNECTION
)


def domain(families: list[str] | None = None, **connections: Any) -> dict[str, Any]:
    """Return the data of a domain with the fibre first and LTE second."""
    data = {**DOMAIN_DEFAULTS, "domain": NAME, "families": families or ["ipv4", "ipv6"]}
    return {**data, "connections": {"list": [FIBRE, LTE], **connections}}


def managed_records(
    data: dict[str, Any], options: Mapping[str, Any] = DEFAULT_OPTIONS
) -> tuple[ManagedRecord, ...]:
    """Return what a domain manages."""
    return read_managed_records(data, read_sources(options))


def test_a_domain_without_connections_is_as_it_was() -> None:
    """No list, an empty one, or none of it: one source gives the address."""
    expected = (
        ManagedRecord(
            record_key=RecordKey(NAME, Family.IPV4),
            source=AUTOMATIC,
            policy=Policy(create=True),
        ),
    )
    none: list[dict[str, Any]] = [{}, {"list": []}, {"mode": "all", "list": []}]
    for stored in none:
        data = {**domain(["ipv4"]), "connections": stored}
        assert managed_records(data) == expected
        assert read_record_keys(data) == [RecordKey(NAME, Family.IPV4, ConnectionId(""))]


def test_the_first_connection_is_in_use_as_configured() -> None:
    """Each family has the connections that have a source of it, in order."""
    ipv4, ipv6 = managed_records(domain())
    fibre = Connection(id=ConnectionId("fibre"), name="Fibre", source=AUTOMATIC)
    lte = Connection(
        id=ConnectionId("lte"), name="LTE", source=OF_LTE, up_sensor="binary_sensor.lte"
    )
    assert ipv4.record_key == RecordKey(NAME, Family.IPV4)
    assert ipv4.source == AUTOMATIC
    assert ipv4.connections == (fibre, lte)
    assert ipv4.failover == FailoverTimes(
        down_after=timedelta(minutes=2), back_after=timedelta(minutes=10)
    )
    assert ipv6.source == LOCAL
    assert [connection.source for connection in ipv6.connections] == [LOCAL]


def test_the_order_is_that_of_the_list() -> None:
    """The first of the list comes first, whatever its name."""
    (managed, _) = managed_records(domain(list=[LTE, FIBRE]))
    assert managed.source == OF_LTE
    assert [connection.id for connection in managed.connections] == ["lte", "fibre"]


def test_the_times_are_stored_in_minutes() -> None:
    """A domain has its own times."""
    managed = managed_records(domain(down_after_min=5, back_after_min=30))[0]
    assert managed.failover == FailoverTimes(
        down_after=timedelta(minutes=5), back_after=timedelta(minutes=30)
    )


def test_with_all_of_them_each_connection_has_a_record_of_its_own() -> None:
    """The record keys differ by the connection, the only one that gives the address."""
    found = managed_records(domain(mode="all"))
    assert [
        (*managed.record_key[1:], managed.source, managed.connections, managed.up_sensor)
        for managed in found
    ] == [
        (Family.IPV4, "fibre", AUTOMATIC, (), ""),
        (Family.IPV4, "lte", OF_LTE, (), "binary_sensor.lte"),
        (Family.IPV6, "fibre", LOCAL, (), ""),
    ]
    assert read_record_keys(domain(mode="all")) == [managed.record_key for managed in found]


def test_connections_replace_the_own_sources_of_a_domain() -> None:
    """A family of which no connection has a source is not detected, but its record is kept."""
    data = {**domain(list=[LTE]), "sources": {"ipv6": [{"source": "local"}]}}
    assert [managed.source for managed in managed_records(data)] == [OF_LTE]
    for mode in ("first", "all"):
        keys = read_record_keys({**data, "connections": {"mode": mode, "list": [LTE]}})
        assert RecordKey(NAME, Family.IPV6) in keys


def test_a_connection_follows_a_zone_that_detects_no_such_address() -> None:
    """Then this connection gives none; the next one does."""
    options: dict[str, Any] = {"sources": {"ipv4": [], "ipv6": []}}
    (managed, _) = managed_records(domain(), options)
    assert managed.source == OF_LTE
    keys = read_record_keys(domain(mode="all"))
    assert RecordKey(NAME, Family.IPV4, ConnectionId("fibre")) in keys


@pytest.mark.parametrize(
    "connections",
    [
        pytest.param({"list": {}}, id="no list"),
        pytest.param({"list": ["fibre"]}, id="no connection"),
        pytest.param({"list": [FIBRE, FIBRE]}, id="an id twice"),
        pytest.param({"list": [{**FIBRE, "id": ""}]}, id="no id"),
        pytest.param({"list": [{**FIBRE, "id": "Fibre"}]}, id="upper case"),
        pytest.param({"list": [{**FIBRE, "id": "fibre, lte"}]}, id="more than an id"),
        pytest.param({"list": [{**FIBRE, "id": "f" * 17}]}, id="a long id"),
        pytest.param({"list": [{**FIBRE, "name": None}]}, id="no name"),
        pytest.param({"list": [{**FIBRE, "ipv4": "zone"}]}, id="no source"),
        pytest.param({"list": [{**FIBRE, "ipv4": {"source": "moon"}}]}, id="unknown source"),
        pytest.param({"list": [{**FIBRE, "up_sensor": "a/b"}]}, id="no entity"),
        pytest.param({"mode": "some"}, id="unknown mode"),
        pytest.param({"down_after_min": 0}, id="no time to be down"),
        pytest.param({"back_after_min": 1441}, id="more than a day"),
    ],
)
def test_malformed_connections_are_errors(connections: dict[str, Any]) -> None:
    """Reading them raises a ValueError, as for all malformed data of a domain."""
    with pytest.raises(ValueError, match="not "):
        managed_records(domain(**connections))


@pytest.mark.parametrize(
    "name, taken, expected",
    [
        pytest.param("Fibre", (), "fibre", id="lower case"),
        pytest.param("LTE (Büro)", (), "lte-buro", id="ASCII"),
        pytest.param("LTE", ("lte",), "lte-2", id="taken"),
        pytest.param("LTE", ("lte", "lte-2"), "lte-3", id="taken twice"),
        pytest.param("A connection with words", (), "a-connection-wit", id="long"),
        pytest.param("The connection of x", (), "the-connection-o", id="long"),
        pytest.param("The connections of", (), "the-connections", id="no hyphen at the end"),
        pytest.param("x" * 20, ("x" * 16,), f"{'x' * 13}-2", id="long and taken"),
        pytest.param("¿?", (), "unknown", id="nothing left"),
    ],
)
def test_the_id_of_a_connection_comes_from_its_name(
    name: str, taken: tuple[ConnectionId, ...], expected: str
) -> None:
    """It is short enough for a comment, and no other connection has it."""
    assert new_connection_id(name, taken) == expected
