"""Generate faults and external changes."""

from random import Random

from simulator import StunFault

from .constants import (
    BATCH,
    CREATE,
    DELETE,
    ENDPOINTS,
    HOST_NAMES,
    LIST,
    PRIMARY_ADDRESSES,
    PROVIDERS,
    UNUSABLE_ADDRESSES,
    UPDATE,
    ZONES,
)
from .random_choice import family as random_family, one
from .scenario import Step, Value

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
    ("redirect", {"url": "http://["}),
    ("redirect", {"url": "http://a:99999999/"}),
    ("redirect", {"url": "https://x:port/"}),
    ("redirect", {"url": "http://localhost/"}),
    *_DELAYS,
)
API_FAULTS: tuple[tuple[str, dict[str, Value]], ...] = (
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
LIST_FAULTS: tuple[tuple[str, dict[str, Value]], ...] = (
    ("short_list", {"position": 0}),
    ("short_list", {"position": 1}),
    ("short_list", {"position": 3}),
    ("repeated_id", {"position": 0}),
    ("repeated_id", {"position": 1}),
    ("repeated_id", {"position": 3}),
    ("small_pages", {"size": 3, "shift": 1}),
    ("small_pages", {"size": 3, "shift": 0}),
    ("small_pages", {"size": 3, "shift": -1}),
    ("no_result_info", {"size": 2}),
    ("no_result_info", {"size": 5}),
)
ODD_FIELDS: tuple[dict[str, Value], ...] = (
    {"content": None},
    {"proxied": None},
    {"ttl": 300.0},
    {"id": "0123abcd" * 4 + "-odd"},
    {"tags": {}},
    {"comment": 7},
    {"name": "."},
)
"""Fields of records that Cloudflare does not document so."""
_PROVIDER_FAULTS: tuple[tuple[str, dict[str, Value]], ...] = (
    *_COMMON_FAULTS,
    ("huge", {"size": 5000}),
    ("wrong_family", {}),
    ("warp_on", {}),
    ("gateway_on", {}),
    ("foreign_h", {}),
    ("body", {"body": ""}),
    ("body", {"body": "{}"}),
    ("body", {"body": PRIMARY_ADDRESSES[4][5]}),
    ("body", {"body": PRIMARY_ADDRESSES[6][5]}),
    ("body", {"body": UNUSABLE_ADDRESSES[4][0]}),
)


_ZONE_STATES: tuple[dict[str, Value], ...] = (
    {"status": "moved"},
    {"status": "pending"},
    {"paused": True},
    {},
    {},
)
_RESOLVER_FAULTS: tuple[tuple[str, dict[str, Value]], ...] = (
    *_COMMON_FAULTS,
    *[("wrong_answer", {})] * 6,
    *[("nxdomain", {})] * 4,
    *[("stale_answer", {})] * 4,
    ("servfail", {}),
    ("body", {"body": "{}"}),
    ("body", {"body": '{"Status": 0, "Answer": 7}'}),
)


def add_api_fault(rng: Random) -> Step:
    """Make requests to Cloudflare fail."""
    kind, detail = one(rng, API_FAULTS)
    # A false success can be recognized only where the response has to contain a record.
    is_false_success = kind == "body" and "success" in str(detail)
    targets = (LIST, BATCH, CREATE, UPDATE) if is_false_success else ("*", LIST, BATCH, *ENDPOINTS)
    target = one(rng, targets)
    if detail.get("code") == _RECORD_NOT_FOUND and target in ("*", DELETE):
        # A deletion that is answered by "record does not exist" counts as done.
        target = UPDATE
    return ["add_fault", "cloudflare", target, kind, one(rng, (1, 1, 1, 2, 5, None)), detail]


def add_provider_fault(rng: Random) -> Step:
    """Make requests to providers fail."""
    kind, detail = one(rng, _PROVIDER_FAULTS)
    return ["add_fault", "ip", one(rng, ("*", *PROVIDERS)), kind, one(rng, (1, 2, None)), detail]


def add_list_fault(rng: Random) -> Step:
    """Make lists of records incomplete."""
    kind, detail = one(rng, LIST_FAULTS)
    return ["add_fault", "cloudflare", LIST, kind, one(rng, (1, 1, 2, 5, None)), detail]


def ignore_fields(rng: Random) -> Step:
    """Make fields of successful writes not take."""
    fields = one(rng, (["proxied"], ["ttl"], ["proxied", "ttl"], ["content"], ["comment"]))
    times = one(rng, (1, 1, 2, 5, None))
    return ["add_fault", "cloudflare", "*", "ignored_fields", times, {"fields": [*fields]}]


def add_odd_record(rng: Random) -> Step:
    """Add a record with odd fields: of another type, at another name, or of a managed one."""
    zone = one(rng, ZONES)
    type_, name = one(rng, ("TXT", "TXT", "MX", "A")), one(rng, HOST_NAMES[zone])
    if type_ == "A" and rng.random() < 0.7:
        name = f"odd.{zone}"
    odd: dict[str, Value] = {"type": type_, "name": name, **one(rng, ODD_FIELDS)}
    return ["add_odd_record", zone, odd]


def clear_faults(_rng: Random) -> Step:
    """Stop making requests fail."""
    return ["clear_faults"]


def set_reachable(rng: Random) -> Step:
    """Make the Cloudflare API reachable or unreachable."""
    return ["set_reachable", one(rng, (False, True, True))]


def set_stun(rng: Random) -> Step:
    """Answer probes, rightly or wrongly, perhaps by another way out, or let them be lost."""
    fault = one(rng, (*[None] * len(StunFault), *StunFault))
    pool = rng.sample(PRIMARY_ADDRESSES[random_family(rng)], rng.randint(1, 3))
    return ["set_stun", fault, [*one(rng, ((), (), pool))]]


def set_token(rng: Random) -> Step:
    """Revoke the API token, limit its permissions, or restore it."""
    access = ("revoked", "read_only", "other_network", "other_zone", *["full"] * 4)
    return ["set_token", one(rng, access)]


def set_zone_exists(rng: Random) -> Step:
    """Remove a zone from the account, or restore it."""
    return ["set_zone_exists", one(rng, ZONES), one(rng, (False, True, True))]


def set_zone_state(rng: Random) -> Step:
    """Let a zone say of itself that it moved, is pending or is paused, or nothing."""
    return ["set_zone_state", one(rng, ZONES), {**one(rng, _ZONE_STATES)}]


def set_delegation(rng: Random) -> Step:
    """Let the registrar have foreign nameservers for a zone, or Cloudflare's."""
    return ["set_delegation", one(rng, ZONES), rng.random() < 0.4]


def add_resolver_fault(rng: Random) -> Step:
    """Make public resolvers fail or answer wrongly."""
    kind, detail = one(rng, _RESOLVER_FAULTS)
    return ["add_fault", "doh", "*", kind, one(rng, (1, 2, None)), detail]


def edit_dns(rng: Random) -> Step:
    """Edit DNS as another client."""
    zone = one(rng, ZONES)
    family = random_family(rng)
    edit = one(
        rng,
        (
            *("edit_content", "edit_content", "edit_content", "delete", "create", "create"),
            *("create_cname", "edit_comment", "rename", "take_over", "create_in_other_home"),
            *("enable_proxy", "disable_proxy", "disable_proxy", "raise_ttl", "raise_ttl"),
            *("edit_txt", "create_txt", "delete_txt", "delegate", "end_delegation"),
        ),
    )
    name = one(rng, HOST_NAMES[zone])
    return ["edit_dns", zone, edit, name, one(rng, PRIMARY_ADDRESSES[family])]
