"""What is managed in a zone."""

from custom_components.raindrop.ddns.models import HostName, RecordKey, ZoneId
from custom_components.raindrop.ddns.sources import (
    Connection,
    ConnectionId,
    Family,
    Source,
    SourceKind,
)
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig

HOME = Source(Family.IPV4)
LTE = Source(Family.IPV4, SourceKind.ENTITY, entity="sensor.lte")


def test_an_update_asks_all_connections() -> None:
    """Also those that are not in use, which may be up or down."""
    connections = tuple(
        Connection(id=ConnectionId(name), name=name, source=source)
        for name, source in (("fibre", HOME), ("lte", LTE))
    )
    managed = ManagedRecord(
        record_key=RecordKey(HostName("home.example.com"), Family.IPV4),
        source=HOME,
        connections=connections,
    )
    config = ZoneConfig(zone_id=ZoneId("0" * 32), home_sources=(), managed_records=(managed,))
    assert config.sources == {HOME, LTE}
