"""The traffic of a quiet day, in simulated time: `python -m benchmark.simulated_day`.

Prints the traffic of a watched day and of one without the watch as JSON. Has a
process of its own, whose clock is frozen and advances from timer to timer.
"""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
import json
import sys
from typing import cast

# Has to come before Home Assistant.
import tests.ha_compat  # isort: skip  # noqa: F401

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.raindrop import ddns
from devtools.simulated_providers import resolvers_of
from simulator import Simulator
from simulator.traffic import Traffic, traffic_of
from tests.simulated_time import advance, watch_by_simulator

from .contestants.raindrop import Raindrop
from .task import Task

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
WARM_UP, DAY = timedelta(hours=1), timedelta(days=1)
ADDRESS = "81.2.69.142"
TOKEN = "cfut_" + "benchmark" * 5


async def _day(freezer: FrozenDateTimeFactory, *, is_watched: bool) -> Traffic:
    """Return the traffic of a home with one record, after an hour."""
    async with Simulator() as simulator:
        simulator.ip.set_address(ADDRESS)
        raindrop = Raindrop(_task(simulator))
        await raindrop.prepare()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ddns, "RESOLVERS", resolvers_of(simulator.doh.urls))
            queries = watch_by_simulator(simulator, patch) if is_watched else None
            await raindrop.start()
            # Plans the next one, as `start` does not.
            await raindrop.update()
            await advance(raindrop.hass, freezer, WARM_UP)
            simulator.log.clear()
            simulator.stun.clear()
            await advance(raindrop.hass, freezer, DAY)
            traffic = traffic_of(simulator, stun_queries=queries.queries if queries else 0)
            await raindrop.close()
        return traffic


def _task(simulator: Simulator) -> Task:
    simulator.cloudflare.add_token(TOKEN)
    zone = simulator.cloudflare.add_zone("example.com")
    simulator.cloudflare.add_record(zone, type="A", name="home", content=ADDRESS)
    urls = json.loads(json.dumps(simulator.urls()))
    return Task(
        zone_id=zone.id,
        zone=zone.name,
        names=("home.example.com",),
        token=TOKEN,
        cloudflare=urls["cloudflare"],
        ip=urls["ip"],
    )


def main() -> None:
    """Print the traffic of both days."""
    days = {}
    for name, is_watched in (("watched", True), ("polled", False)):
        with freeze_time(START) as freezer:
            frozen = cast("FrozenDateTimeFactory", freezer)
            days[name] = asdict(asyncio.run(_day(frozen, is_watched=is_watched)))
    sys.stdout.write(json.dumps(days))


if __name__ == "__main__":
    main()
