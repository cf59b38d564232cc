"""Generate operations of the user."""

from random import Random

from .constants import ENTITIES, FAMILIES, HOST_NAMES, MULTI_RECORD_NAME, URL_PROVIDERS, ZONES
from .model import INTERFACE_IDS
from .random_choice import one
from .scenario import Step, Value


def _source_choice(rng: Random, label: str) -> list[Value]:
    family = FAMILIES[label]
    providers = URL_PROVIDERS[family]
    entities = [name for name, (_, of) in ENTITIES.items() if of == family]
    return one(
        rng,
        (
            ["automatic"],
            ["off"],
            ["urls", *rng.sample(providers, rng.randint(2, len(providers)))],
            ["urls", one(rng, providers)],
            ["entity", entities[0]],
            ["entity", entities[0]],
            ["unverifiable_entity", entities[1]],
            ["unverifiable_entity", entities[1]],
        ),
    )


def set_source(rng: Random) -> Step:
    """Choose another source for a zone."""
    label = one(rng, ("ipv4", "ipv4", "ipv6"))
    return ["set_source", one(rng, ZONES), label, _source_choice(rng, label)]


def _policy(rng: Random) -> dict[str, Value]:
    """Enforce some attributes of a domain."""
    proxied = one(rng, ("keep", "keep", "on", "off"))
    ttls = ("keep", "auto", "seconds") if proxied != "on" else ("keep", "auto")
    return {"proxied": proxied, "ttl": one(rng, ttls), "ttl_s": one(rng, (120, 3600))}


def _interface_id(rng: Random) -> dict[str, Value]:
    """Keep a part of the IPv6 address."""
    text = one(rng, tuple(INTERFACE_IDS))
    length = 56 if text == "::5:0:0:0:9" else one(rng, (56, 64))
    return {"interface_id": text, "prefix_length": length}


def save_domain(rng: Random) -> Step:
    """Add or replace a domain."""
    zone = one(rng, ZONES)
    name = one(rng, HOST_NAMES[zone])
    families: list[Value] = [*one(rng, (("ipv4",), ("ipv4", "ipv6"), ("ipv6",)))]
    data: dict[str, Value] = {
        "families": families,
        "create": rng.random() < 0.85,
        "delete": rng.random() < 0.4,
    }
    if rng.random() < 0.4:
        data |= _policy(rng)
    if rng.random() < 0.3:
        data |= _interface_id(rng)
    if rng.random() < 0.3:
        sources = {label: _source_choice(rng, label) for label in FAMILIES}
        if "interface_id" not in data and rng.random() < 0.2:
            sources["ipv6"] = ["router_entity", "router6"]
        data["sources"] = {**sources}
    if rng.random() < (0.8 if name == MULTI_RECORD_NAME else 0.1):
        data["pinned"] = rng.randrange(3)
    return ["save_domain", zone, name, data]


def remove_domain(rng: Random) -> Step:
    """Remove a domain."""
    zone = one(rng, ZONES)
    return ["remove_domain", zone, one(rng, HOST_NAMES[zone])]


def pause_domain(rng: Random) -> Step:
    """Turn *Keep up to date* of a domain off or on again."""
    zone = one(rng, ZONES)
    return ["pause_domain", zone, one(rng, HOST_NAMES[zone]), rng.random() < 0.6]


def reload(rng: Random) -> Step:
    """Reload a config entry."""
    return ["reload", one(rng, ZONES)]


def restart(rng: Random) -> Step:
    """Restart Home Assistant with its storage; entities may appear after the integration."""
    return ["restart", rng.random() < 0.3]


def update_now(rng: Random) -> Step:
    """Press the button *Update now*."""
    return ["update_now", one(rng, ZONES)]


def dry_run(rng: Random) -> Step:
    """Make a plan without applying it."""
    return ["dry_run", one(rng, ZONES)]
