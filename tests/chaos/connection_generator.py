"""Generate homes with several connections, and what happens to these."""

from random import Random

from .constants import CONNECTIONS, HOST_NAMES, PRIMARY, STATUS_ENTITIES, ZONES
from .random_choice import one
from .scenario import Step, Value

_TIMES = ((2, 10), (2, 10), (1, 3), (5, 10))
"""Minutes after which a connection is down, and after which it is used again."""
_MINUTES = (1, 2, 3, 5, 9, 11, 15)


def save_connections(rng: Random) -> Step:
    """Let a domain use the first connection that is up, or all of them."""
    names = [*CONNECTIONS]
    rng.shuffle(names)
    if rng.random() < 0.6:
        names.sort(key=lambda name: name != PRIMARY)
    names = names[: one(rng, (2, 3, 3))]
    has_own_records = rng.random() < 0.4
    first_source: list[Value] = ["automatic"]
    if not has_own_records and rng.random() < 0.3:
        first_source = ["same_as_zone"]
    down_after_min, back_after_min = one(rng, _TIMES)
    data: dict[str, Value] = {
        "families": [*one(rng, (("ipv4",), ("ipv4", "ipv6"), ("ipv6",)))],
        "delete": rng.random() < 0.4,
        "connections": [*names],
        "first_source": first_source,
        "with_status": [name for name in names if rng.random() < 0.6],
        "has_own_records": has_own_records,
        "down_after_min": down_after_min,
        "back_after_min": back_after_min,
    }
    if rng.random() < 0.3:
        data |= {"ttl": "seconds", "ttl_s": 60}
    zone = one(rng, ZONES)
    return ["save_domain", zone, one(rng, HOST_NAMES[zone]), data]


def connection_down(rng: Random) -> Step:
    """Take a connection down: shown by its binary sensor, by its entities, or by silence."""
    name = _any_connection(rng)
    entities = one(rng, ("unavailable", "unavailable", "no_address", "100.64.0.1", "removed"))
    status = one(rng, ("off", "off", "off", None, "on", "unavailable", "removed"))
    others: list[str | None] = [other for other in CONNECTIONS if other != name]
    return ["connection_down", name, entities, status, one(rng, (None, *others))]


def connection_up(rng: Random) -> Step:
    """Bring a connection up, perhaps with other addresses and as the way out."""
    name = _any_connection(rng)
    addresses: list[Value] = []
    if rng.random() < 0.3:
        addresses = [one(rng, of_family) for of_family in CONNECTIONS[name].values()]
    status = one(rng, ("on", "on", "on", None, "unavailable"))
    return ["connection_up", name, addresses, status, name == PRIMARY or rng.random() < 0.2]


def flap_connection(rng: Random) -> Step:
    """Let a connection go down and up in turn, faster or slower than what was promised."""
    down, up = connection_down(rng), connection_up(rng)
    up[1:3] = [down[1], []]
    pauses = rng.choices((11, 30, 90, 110, 130, 301, 590, 610), k=rng.randint(2, 4))
    return ["flap", [down, up], [*pauses]]


def status_reports(rng: Random) -> Step:
    """Let a binary sensor report what it likes, or go away."""
    name = one(rng, tuple(STATUS_ENTITIES.values()))
    return ["status_reports", name, one(rng, ("off", "on", "on", "unavailable", "removed"))]


def move_way_out(rng: Random) -> Step:
    """Let this host use another connection, or none."""
    return ["move_way_out", one(rng, (*CONNECTIONS, PRIMARY, None))]


def wait_minutes(rng: Random) -> Step:
    """Wait for times in the range of what was promised."""
    return ["wait", 60 * one(rng, _MINUTES)]


def _any_connection(rng: Random) -> str:
    return one(rng, (PRIMARY, PRIMARY, *CONNECTIONS))
