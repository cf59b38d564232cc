"""The rows in Home Assistant's database: none in a quiet hour, few for a new address."""

from collections import Counter
from datetime import timedelta
import sys

from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import NEXT

from .builders import domain, set_up
from .conftest import Clock, recorded_rows
from .router_entities import contents

NAMES = ("home.example.com", "www.example.com", "mail.example.com")


@pytest.mark.usefixtures("recorder_mock")
@pytest.mark.parametrize("names", [NAMES[:1], NAMES], ids=["one name", "three names"])
async def test_a_quiet_hour_records_nothing_and_a_new_address_little(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    names: tuple[str, ...],
) -> None:
    """Eight rows for the first name at most, three for each further one."""
    await set_up(hass, zone, [domain(name) for name in names])
    await clock.advances(timedelta(minutes=6))
    begin = await recorded_rows(hass)
    await clock.advances(timedelta(hours=1))
    quiet = await recorded_rows(hass)
    assert quiet - begin == Counter()

    simulator.ip.set_address(NEXT)
    await clock.advances(timedelta(minutes=6))
    assert [contents(simulator)[name] for name in names] == [NEXT] * len(names)
    new = await recorded_rows(hass) - quiet
    sys.stdout.write("".join(f"\n{entity_id}: {count}" for entity_id, count in new.items()))
    assert 0 < new.total() <= 8 + 3 * (len(names) - 1)
    assert set(new.values()) == {1}
