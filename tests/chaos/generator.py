"""Generate scenarios: random operations and faults, determined by a seed."""

from collections.abc import Callable, Sequence
from random import Random

from .constants import (
    BATCH,
    CONNECTIONS,
    CREATE,
    DELETE,
    ENDPOINTS,
    ENTITIES,
    FAMILIES,
    HOST_NAMES,
    LIST,
    MULTI_RECORD_NAME,
    PRIMARY_ADDRESSES,
    PROVIDERS,
    SECONDARY_ADDRESSES,
    UNUSABLE_ADDRESSES,
    UPDATE,
    URL_PROVIDERS,
    ZONES,
)
from .model import INTERFACE_IDS
from .scenario import Scenario, Step, Value

_RECORD_NOT_FOUND = 81044
"""Cloudflare's code for a record that does not exist."""
_DELAYS: tuple[tuple[str, dict[str, Value]], ...] = (
    ("slow", {"delay": 1.5}),
    ("slow", {"delay": 3}),
    ("slow", {"delay": 4}),
    ("slow", {"delay": 7}),
    ("slow", {"delay": 15}),
    ("slow", {"delay": 30}),
    ("drip", {"delay": 0.1}),
    ("drip", {"delay": 1}),
)
"""Shorter and longer than the 2, 5 and 10 s limits of a look-up and the 20 s of an API request."""
_COMMON_FAULTS: tuple[tuple[str, dict[str, Value]], ...] = (
    ("hang", {}),
    ("reset", {}),
    ("lost_response", {}),
    ("cut", {}),
    ("truncated", {}),
    ("garbled", {}),
    ("html", {}),
    ("html", {"status": 403}),
    ("status", {"status": 503}),
    ("redirect", {"url": "http://127.0.0.1:9/"}),
    *_DELAYS,
)
_API_FAULTS: tuple[tuple[str, dict[str, Value]], ...] = (
    *_COMMON_FAULTS,
    ("lost_response", {}),
    ("lost_response", {}),
    ("error", {}),
    ("error", {"status": 400, "code": 81058, "message": "An identical record already exists."}),
    ("error", {"status": 400, "code": 81057, "message": "Record already exists."}),
    ("error", {"status": 400, "code": 9005, "message": "Content is not valid."}),
    ("error", {"status": 400, "code": 81045, "message": "Record quota exceeded."}),
    ("error", {"status": 404, "code": _RECORD_NOT_FOUND, "message": "Record does not exist."}),
    ("error", {"status": 403, "code": 9109, "message": "Invalid access token"}),
    ("error", {"status": 403, "code": 9109, "message": "Unauthorized to access this"}),
    ("rate_limit", {"retry_after": 30}),
    ("rate_limit", {"retry_after": 900}),
    ("spurious_403", {}),
    ("body", {"body": "null"}),
    ("body", {"body": '{"success": true}'}),
    ("body", {"body": '{"success": true, "result": {"id": 7}}'}),
)
_PROVIDER_FAULTS: tuple[tuple[str, dict[str, Value]], ...] = (
    *_COMMON_FAULTS,
    ("huge", {"size": 5000}),
    ("wrong_family", {}),
    ("warp_on", {}),
    ("foreign_h", {}),
    ("body", {"body": ""}),
    ("body", {"body": "{}"}),
    ("body", {"body": PRIMARY_ADDRESSES[4][5]}),
    ("body", {"body": PRIMARY_ADDRESSES[6][5]}),
    ("body", {"body": UNUSABLE_ADDRESSES[4][0]}),
)


def generate(seed: int, length: int) -> Scenario:
    """Return the scenario of a seed: random steps, and a final change of all addresses."""
    rng = Random(seed)
    makers = list(_WEIGHTS)
    weights = [_WEIGHTS[maker] for maker in makers]
    steps = [maker(rng) for maker in rng.choices(makers, weights, k=length)]
    return [*steps, _final_change(rng)]


def _one[OneT](rng: Random, among: Sequence[OneT]) -> OneT:
    return rng.choice(among)


def _family(rng: Random) -> int:
    """Return a family, IPv4 more often."""
    return rng.choice((4, 4, 6))


# Time


def _wait(rng: Random) -> Step:
    """Advance the time: by seconds, update intervals, an hour, or the sleep of a computer."""
    return ["wait", _one(rng, (1, 11, 15, 60, 125, *[300] * 8, 900, 3600, 40_000))]


def _shift_wall_clock(rng: Random) -> Step:
    """Shift the wall clock: by a time synchronization, by hours, or by a day."""
    seconds = _one(rng, (5, 40, 290, 3600, 3 * 3600, 6 * 3600, 86_400))
    return ["shift_wall_clock", _one(rng, (-1, 1)) * seconds]


# Addresses, providers and entities


def _change_address(rng: Random) -> Step:
    """Change the address of a connection; its entities may keep reporting the old one."""
    connection = _one(rng, (PRIMARY_ADDRESSES, PRIMARY_ADDRESSES, SECONDARY_ADDRESSES))
    family = _family(rng)
    return ["change_address", _one(rng, connection[family]), rng.random() < 0.15]


def _provider_reports(rng: Random) -> Step:
    """Make one provider report another address."""
    family = _family(rng)
    provider = _one(rng, PROVIDERS)
    addresses = (*PRIMARY_ADDRESSES[family], *UNUSABLE_ADDRESSES[family])
    return ["provider_reports", provider, _one(rng, addresses)]


def _provider_unreachable(rng: Random) -> Step:
    """Make one provider, or all of a family, unreachable."""
    return ["provider_unreachable", _one(rng, (None, *PROVIDERS)), _family(rng)]


def _report_truth(_rng: Random) -> Step:
    """Make all providers and entities report the current addresses."""
    return ["report_truth"]


def _entity_reports(rng: Random) -> Step:
    """Make an entity report the current address (None), another text, or nothing."""
    name = _one(rng, tuple(ENTITIES))
    connection, family = ENTITIES[name]
    unusable = (
        *UNUSABLE_ADDRESSES[family],
        PRIMARY_ADDRESSES[10 - family][0],
        "online",
        "81.2.69.142, 81.2.69.143",
    )
    without_address = ("unknown", "unavailable", "unavailable", "removed")
    states = _one(rng, ((None,), CONNECTIONS[connection][family], unusable, without_address))
    return ["entity_reports", name, _one(rng, states)]


def _flap(rng: Random) -> Step:
    """Make an entity or a connection alternate, faster or slower than the waiting times."""
    name = _one(rng, tuple(ENTITIES))
    connection, family = ENTITIES[name]
    one, other = rng.sample(CONNECTIONS[connection][family], 2)
    steps: list[Value] = [["change_address", one], ["change_address", other]]
    if rng.random() < 0.5:
        between = _one(rng, (other, other, "unavailable"))
        steps = [["entity_reports", name, one], ["entity_reports", name, between]]
    count = rng.randint(3, 7)
    pauses = rng.choices((1, 4, 9, 12, 30, 110, 130, 301), k=count)
    if rng.random() < 0.5:
        pauses = [_one(rng, (4, 12, 30, 110))] * count
    return ["flap", steps, [*pauses]]


def _final_change(rng: Random) -> Step:
    """Change all addresses, and perhaps shift the wall clock or delay all responses."""
    shift_s = _one(rng, (0, 0, 0, -40, -3 * 3600, -3 * 3600, 3 * 3600))
    delays: dict[str, Value] = {"ip": 4, "cloudflare": 15}
    return ["final_change", shift_s, delays if rng.random() < 0.2 else {}]


# Faults


def _add_api_fault(rng: Random) -> Step:
    """Make requests to Cloudflare fail."""
    kind, detail = _one(rng, _API_FAULTS)
    # A false success can be recognized only where the response has to contain a record.
    is_false_success = kind == "body" and "success" in str(detail)
    targets = (LIST, BATCH, CREATE, UPDATE) if is_false_success else ("*", LIST, BATCH, *ENDPOINTS)
    target = _one(rng, targets)
    if detail.get("code") == _RECORD_NOT_FOUND and target in ("*", DELETE):
        # A deletion that is answered by "record does not exist" counts as done.
        target = UPDATE
    return ["add_fault", "cloudflare", target, kind, _one(rng, (1, 1, 1, 2, 5, None)), detail]


def _add_provider_fault(rng: Random) -> Step:
    """Make requests to providers fail."""
    kind, detail = _one(rng, _PROVIDER_FAULTS)
    return ["add_fault", "ip", _one(rng, ("*", *PROVIDERS)), kind, _one(rng, (1, 2, None)), detail]


def _clear_faults(_rng: Random) -> Step:
    """Stop making requests fail."""
    return ["clear_faults"]


def _set_reachable(rng: Random) -> Step:
    """Make the Cloudflare API reachable or unreachable."""
    return ["set_reachable", _one(rng, (False, True, True))]


def _set_token(rng: Random) -> Step:
    """Revoke the API token, limit its permissions, or restore it."""
    access = ("revoked", "read_only", "other_network", "other_zone", *["full"] * 4)
    return ["set_token", _one(rng, access)]


def _set_zone_exists(rng: Random) -> Step:
    """Remove a zone from the account, or restore it."""
    return ["set_zone_exists", _one(rng, ZONES), _one(rng, (False, True, True))]


# External changes


def _edit_dns(rng: Random) -> Step:
    """Edit DNS as another client."""
    zone = _one(rng, ZONES)
    family = _family(rng)
    edit = _one(
        rng,
        (
            *("edit_content", "edit_content", "edit_content", "delete", "create", "create"),
            *("create_cname", "edit_comment", "rename"),
            *("enable_proxy", "disable_proxy", "disable_proxy", "raise_ttl", "raise_ttl"),
            *("edit_txt", "create_txt", "delete_txt"),
        ),
    )
    name = _one(rng, HOST_NAMES[zone])
    return ["edit_dns", zone, edit, name, _one(rng, PRIMARY_ADDRESSES[family])]


# Operations of the user


def _source_choice(rng: Random, label: str) -> list[Value]:
    family = FAMILIES[label]
    providers = URL_PROVIDERS[family]
    entities = [name for name, (_, of) in ENTITIES.items() if of == family]
    return _one(
        rng,
        (
            ["automatic"],
            ["off"],
            ["urls", *rng.sample(providers, rng.randint(2, len(providers)))],
            ["urls", _one(rng, providers)],
            ["entity", entities[0]],
            ["entity", entities[0]],
            ["unverifiable_entity", entities[1]],
            ["unverifiable_entity", entities[1]],
        ),
    )


def _set_source(rng: Random) -> Step:
    """Choose another source for a zone."""
    label = _one(rng, ("ipv4", "ipv4", "ipv6"))
    return ["set_source", _one(rng, ZONES), label, _source_choice(rng, label)]


def _policy(rng: Random) -> dict[str, Value]:
    """Enforce some attributes of a domain."""
    proxied = _one(rng, ("keep", "keep", "on", "off"))
    ttls = ("keep", "auto", "seconds") if proxied != "on" else ("keep", "auto")
    return {"proxied": proxied, "ttl": _one(rng, ttls), "ttl_s": _one(rng, (120, 3600))}


def _interface_id(rng: Random) -> dict[str, Value]:
    """Keep a part of the IPv6 address."""
    text = _one(rng, tuple(INTERFACE_IDS))
    length = 56 if text == "::5:0:0:0:9" else _one(rng, (56, 64))
    return {"interface_id": text, "prefix_length": length}


def _save_domain(rng: Random) -> Step:
    """Add or replace a domain."""
    zone = _one(rng, ZONES)
    name = _one(rng, HOST_NAMES[zone])
    families: list[Value] = [*_one(rng, (("ipv4",), ("ipv4", "ipv6"), ("ipv6",)))]
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
        data["sources"] = {label: _source_choice(rng, label) for label in FAMILIES}
    if rng.random() < (0.8 if name == MULTI_RECORD_NAME else 0.1):
        data["pinned"] = rng.randrange(3)
    return ["save_domain", zone, name, data]


def _remove_domain(rng: Random) -> Step:
    """Remove a domain."""
    zone = _one(rng, ZONES)
    return ["remove_domain", zone, _one(rng, HOST_NAMES[zone])]


def _reload(rng: Random) -> Step:
    """Reload a config entry."""
    return ["reload", _one(rng, ZONES)]


def _restart(rng: Random) -> Step:
    """Restart Home Assistant with its storage; entities may appear after the integration."""
    return ["restart", rng.random() < 0.3]


def _update_now(rng: Random) -> Step:
    """Press the button *Update now*."""
    return ["update_now", _one(rng, ZONES)]


def _dry_run(rng: Random) -> Step:
    """Make a plan without applying it."""
    return ["dry_run", _one(rng, ZONES)]


# Concurrency


def _interleave(rng: Random) -> Step:
    """Run a step while the response to a request is held back; the response may be lost."""
    target = _one(rng, (LIST, BATCH, BATCH, BATCH, "ip"))
    second = _one(
        rng,
        (
            *(_restart, _restart, _reload, _change_address, _edit_dns, _edit_dns),
            *(_save_domain, _remove_domain, _set_source, _shift_wall_clock, _entity_reports),
        ),
    )
    first = _one(
        rng, (_change_address, _change_address, _edit_dns, _update_now, _reload, _set_source)
    )
    return ["interleave", target, rng.random() < 0.4, first(rng), second(rng)]


_WEIGHTS: dict[Callable[[Random], Step], int] = {
    _wait: 26,
    _shift_wall_clock: 4,
    _change_address: 9,
    _provider_reports: 5,
    _provider_unreachable: 2,
    _report_truth: 3,
    _entity_reports: 6,
    _flap: 2,
    _add_api_fault: 9,
    _add_provider_fault: 5,
    _clear_faults: 5,
    _set_reachable: 2,
    _set_token: 4,
    _set_zone_exists: 1,
    _edit_dns: 10,
    _save_domain: 7,
    _remove_domain: 3,
    _set_source: 5,
    _reload: 2,
    _restart: 2,
    _update_now: 3,
    _dry_run: 1,
    _interleave: 7,
}
"""How often each kind of step is chosen."""
