"""Which address of a text is that of another connection of its name."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.desired_records import of_others
from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.models import Address, HostName, ZoneId
from custom_components.raindrop.ddns.sources import ConnectionId, Family, Source, SourceKind
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig
from tests.library.builders import A1, A2, V4, managed


def line(name: str, text_name: str = "mail.example.com") -> ManagedRecord:
    """Return the record of a connection, which a text follows."""
    return replace(
        managed(V4.name),
        record_key=V4._replace(connection=ConnectionId(name)),
        source=Source(Family.IPV4, SourceKind.ENTITY, entity=f"sensor.{name}"),
        text_names=frozenset({HostName(text_name)} if text_name else ()),
    )


@pytest.mark.parametrize(
    "fibre, lte, lte_address, expected",
    [
        pytest.param(line("fibre"), line("lte"), A2, {A2}, id="another address"),
        pytest.param(line("fibre"), line("lte"), A1, set(), id="the same address/its own"),
        pytest.param(line("fibre"), line("lte"), None, set(), id="unknown/none"),
        pytest.param(line("fibre", ""), line("lte"), A2, set(), id="no text follows it/none"),
    ],
)
def test_a_text_has_the_address_of_another_connection(
    fibre: ManagedRecord, lte: ManagedRecord, lte_address: Address | None, expected: set[Address]
) -> None:
    """Its own address is never that of another one, though both may report it."""
    config = ZoneConfig(zone_id=ZoneId("0" * 32), home_sources=[], managed_records=[fibre, lte])
    detections = {
        fibre.source: Detection(source=fibre.source, address=A1),
        lte.source: Detection(source=lte.source, address=lte_address),
    }

    assert of_others(fibre, config, detections) == expected
