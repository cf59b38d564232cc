"""Zones: what keeps the world from seeing their records, and which one of a name is used."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.errors import AmbiguousZoneError
from custom_components.raindrop.ddns.models import HostName, Reason, ZoneId
from custom_components.raindrop.ddns.zones import (
    Zone,
    ZoneStatus,
    ZoneType,
    active_zone,
)

ACTIVE = Zone(
    id=ZoneId("a" * 32),
    name=HostName("example.com"),
    status=ZoneStatus.ACTIVE,
    type=ZoneType.FULL,
    name_servers=(HostName("ada.ns.cloudflare.com"),),
)
PENDING = replace(ACTIVE, id=ZoneId("b" * 32), status=ZoneStatus.PENDING)
MOVED = replace(ACTIVE, id=ZoneId("c" * 32), status=ZoneStatus.MOVED)
UNKNOWN = Zone(id=ZoneId("d" * 32), name=HostName("example.com"))
PROBLEMS = [
    (None, ACTIVE),
    (None, UNKNOWN),
    (Reason.ZONE_PENDING, PENDING),
    (Reason.ZONE_PENDING, replace(ACTIVE, status=ZoneStatus.INITIALIZING)),
    (Reason.ZONE_MOVED, MOVED),
    (Reason.ZONE_MOVED, replace(MOVED, paused=True, type=ZoneType.PARTIAL)),
    (Reason.ZONE_PAUSED, replace(ACTIVE, paused=True)),
    (Reason.ZONE_PARTIAL, replace(ACTIVE, type=ZoneType.PARTIAL)),
    (Reason.ZONE_SECONDARY, replace(ACTIVE, type=ZoneType.SECONDARY, paused=True)),
    (Reason.ZONE_INTERNAL, replace(MOVED, type=ZoneType.INTERNAL)),
]


@pytest.mark.parametrize("reason, zone", PROBLEMS)
def test_a_zone_has_at_most_one_problem(reason: Reason | None, zone: Zone) -> None:
    """It is the one without which the others would not matter."""
    assert zone.problem is reason
    assert zone.problem_of(proxied=False) is reason
    assert reason is None or reason.is_only_unseen


def test_the_proxied_records_of_a_partial_zone_are_seen() -> None:
    """All other problems concern proxied records as well."""
    for reason, zone in PROBLEMS:
        seen = reason is Reason.ZONE_PARTIAL
        assert zone.problem_of(proxied=True) is (None if seen else reason)


@pytest.mark.parametrize(
    "zones, expected",
    [
        ([], None),
        ([MOVED], MOVED),
        ([UNKNOWN], UNKNOWN),
        ([ACTIVE, PENDING], ACTIVE),
        ([MOVED, PENDING, ACTIVE], ACTIVE),
    ],
)
def test_the_active_zone_of_a_name_is_used(zones: Sequence[Zone], expected: Zone | None) -> None:
    """Whatever the order; a single one is used whatever it is."""
    assert active_zone(zones) == expected


@pytest.mark.parametrize("zones", [[MOVED, PENDING], [UNKNOWN, PENDING]])
def test_none_of_several_zones_is_guessed(zones: Sequence[Zone]) -> None:
    """If none is active, somebody has to choose."""
    with pytest.raises(AmbiguousZoneError) as caught:
        active_zone(zones)
    assert caught.value.zones == {zone.id: zone.label for zone in zones}


def test_a_registrar_has_to_name_the_name_servers_of_the_zone_itself() -> None:
    """Those of Cloudflare only if the zone has none of its own."""
    assert ACTIVE.registrar_name_servers == ACTIVE.name_servers
    own = (HostName("ns1.example.com"),)
    assert replace(ACTIVE, vanity_name_servers=own).registrar_name_servers == own
