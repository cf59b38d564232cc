"""Silence deletes nothing, in 100,000 steps of a name with a record for each of two lines."""

from random import Random

import pytest

from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.desired_records import desired_records_of
from custom_components.raindrop.ddns.down_connections import with_down
from custom_components.raindrop.ddns.models import HomeId, Policy, RecordKey, ZoneId
from custom_components.raindrop.ddns.records.make_plan import make_plan
from custom_components.raindrop.ddns.sources import (
    ConnectionId,
    Family,
    Meaning,
    Source,
    SourceKind,
)
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig
from tests.library.builders import A1, A2, HOME, record
from tests.library.fake_sources import FakeSources, new_detector

STEPS, SEEDS = 25_000, 4
HOME_ID = HomeId("3f9a1c2b")
ADDRESSES = {ConnectionId("fibre"): A1, ConnectionId("lte"): A2}
SILENT = (None, "unavailable", "unknown", "")


def line(connection: ConnectionId) -> ManagedRecord:
    """Return the record of a line whose modem reports its address, and whether its port is on."""
    source = Source(
        Family.IPV4,
        SourceKind.ENTITY,
        entity=f"sensor.{connection}",
        meaning=Meaning.OTHER_CONNECTION,
    )
    return ManagedRecord(
        record_key=RecordKey(HOME, Family.IPV4, connection),
        source=source,
        policy=Policy(create=True),
        up_sensor=f"binary_sensor.{connection}",
    )


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_silence_deletes_nothing(seed: int) -> None:
    """Whatever is unavailable, and for however long: only its own word says a line is down."""
    rng, sources = Random(seed), FakeSources()
    detector = new_detector({}, (), sources)
    config = ZoneConfig(
        zone_id=ZoneId("0" * 32), home_sources=[], managed_records=[line(c) for c in ADDRESSES]
    )
    known = {
        RecordKey(HOME, Family.IPV4, c): RecordState(last_address=a) for c, a in ADDRESSES.items()
    }
    existing = [
        record(a, number=n, comment=Ownership(HOME_ID).comment(c), home_id=HOME_ID)
        for n, (c, a) in enumerate(ADDRESSES.items())
    ]
    values = {f"sensor.{c}": str(a) for c, a in ADDRESSES.items()}
    values |= {f"binary_sensor.{c}": "on" for c in ADDRESSES}
    silent_reports = 0

    for _ in range(STEPS):
        silent = [name for name in values if rng.random() < 1 / 2]
        silent_reports += len(silent)
        sources.values = {**values, **{name: rng.choice(SILENT) for name in silent}}
        sources.advance(rng.choice((1, 60, 3600, 86_400, -60)))
        looked = [await detector.look(source) for source in config.sources]
        detections = {d.source: await detector.confirm(d) for d in looked}
        off_sensors = await detector.off_sensors(config.up_sensors)
        now_config = with_down(config, detections, off_sensors)
        desired = desired_records_of(
            now_config, detections, State(records=known), existing, sources.now
        )
        plan = make_plan(desired, existing)
        assert (plan.changes, plan.deletions, plan.stale_records) == ((), (), {})

    assert silent_reports > STEPS
