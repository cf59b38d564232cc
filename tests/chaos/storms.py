"""Storms: all that can happen to a house, each thrown by dice."""

from collections.abc import Callable, Sequence
from random import Random

from .wishes import HOST_PARTS
from .words import (
    BAD,
    BATCH,
    CREATE,
    DELETE,
    ENTITIES,
    FAMILIES,
    GOOD,
    LIST,
    MOBILE,
    NAMES,
    OPERATORS,
    PAGES,
    REQUESTS,
    TWINS,
    UPDATE,
    WAYS,
    ZONES,
    Step,
    Value,
)

_GONE = 81044
"""Cloudflare's code for a record that does not exist."""
_SLOWLY: tuple[tuple[str, dict[str, Value]], ...] = (
    ("slow", {"delay": 1.5}),
    ("slow", {"delay": 3}),
    ("slow", {"delay": 4}),
    ("slow", {"delay": 7}),
    ("slow", {"delay": 15}),
    ("slow", {"delay": 30}),
    ("drip", {"delay": 0.1}),
    ("drip", {"delay": 1}),
)
"""Within and beyond the 2, 5 and 10 seconds of a look-up, and the 20 of a request."""
_EVERYWHERE: tuple[tuple[str, dict[str, Value]], ...] = (
    ("hang", {}),
    ("reset", {}),
    ("lost_answer", {}),
    ("cut", {}),
    ("truncated", {}),
    ("garbled", {}),
    ("html", {}),
    ("html", {"status": 403}),
    ("status", {"status": 503}),
    ("redirect", {"url": "http://127.0.0.1:9/"}),
    *_SLOWLY,
)
_OF_CLOUDFLARE: tuple[tuple[str, dict[str, Value]], ...] = (
    *_EVERYWHERE,
    ("lost_answer", {}),
    ("lost_answer", {}),
    ("error", {}),
    ("error", {"status": 400, "code": 81058, "message": "An identical record already exists."}),
    ("error", {"status": 400, "code": 81057, "message": "Record already exists."}),
    ("error", {"status": 400, "code": 9005, "message": "Content is not valid."}),
    ("error", {"status": 400, "code": 81045, "message": "Record quota exceeded."}),
    ("error", {"status": 404, "code": _GONE, "message": "Record does not exist."}),
    ("error", {"status": 403, "code": 9109, "message": "Invalid access token"}),
    ("error", {"status": 403, "code": 9109, "message": "Unauthorized to access this"}),
    ("rate_limit", {"retry_after": 30}),
    ("rate_limit", {"retry_after": 900}),
    ("spurious_403", {}),
    ("body", {"body": "null"}),
    ("body", {"body": '{"success": true}'}),
    ("body", {"body": '{"success": true, "result": {"id": 7}}'}),
)
_OF_OPERATORS: tuple[tuple[str, dict[str, Value]], ...] = (
    *_EVERYWHERE,
    ("huge", {"size": 5000}),
    ("wrong_family", {}),
    ("warp_on", {}),
    ("foreign_h", {}),
    ("body", {"body": ""}),
    ("body", {"body": "{}"}),
    ("body", {"body": GOOD[4][5]}),
    ("body", {"body": GOOD[6][5]}),
    ("body", {"body": BAD[4][0]}),
)


def _one[OneT](dice: Random, among: Sequence[OneT]) -> OneT:
    """Return one of several."""
    return dice.choice(among)


def _family(dice: Random) -> int:
    """Return a family, IPv4 more often."""
    return dice.choice((4, 4, 6))


def _passes(dice: Random) -> Step:
    """Let time pass: seconds, cycles, an hour, and what a machine sleeps away."""
    return ["passes", _one(dice, (1, 11, 15, 60, 125, *[300] * 8, 900, 3600, 40_000))]


def _clock_is_put(dice: Random) -> Step:
    """Put the wall clock: by what a sync mends, by hours, and by a day."""
    seconds = _one(dice, (5, 40, 290, 3600, 3 * 3600, 6 * 3600, 86_400))
    return ["clock_is_put", _one(dice, (-1, 1)) * seconds]


def _moves(dice: Random) -> Step:
    """Give the home, or its other connection, another address; entities may know it later."""
    way, family = _one(dice, (GOOD, GOOD, MOBILE)), _family(dice)
    return ["moves", _one(dice, way[family]), dice.random() < 0.15]


def _lies(dice: Random) -> Step:
    """Let one operator say another address."""
    family = _family(dice)
    return ["lies", _one(dice, OPERATORS), _one(dice, (*GOOD[family], *BAD[family]))]


def _falls_silent(dice: Random) -> Step:
    """Let one operator, or a whole family, be out of reach."""
    return ["falls_silent", _one(dice, (None, *OPERATORS)), _family(dice)]


def _is_honest(_dice: Random) -> Step:
    """Let all operators say where the home is."""
    return ["is_honest"]


def _entity_says(dice: Random) -> Step:
    """Let an entity say something, or nothing; None is the truth."""
    name = _one(dice, tuple(ENTITIES))
    way, family = ENTITIES[name]
    odd = (*BAD[family], GOOD[10 - family][0], "online", "81.2.69.142, 81.2.69.143")
    nothing = ("unknown", "unavailable", "unavailable", "gone")
    told = _one(dice, ((None,), WAYS[way][family], odd, nothing))
    return ["entity_says", name, _one(dice, told)]


def _flaps(dice: Random) -> Step:
    """Let an entity, or a whole way, go to and fro: faster or slower than is waited for."""
    name = _one(dice, tuple(ENTITIES))
    way, family = ENTITIES[name]
    one, other = dice.sample(WAYS[way][family], 2)
    says: list[Value] = [["moves", one], ["moves", other]]
    if dice.random() < 0.5:
        between = _one(dice, (other, other, "unavailable"))
        says = [["entity_says", name, one], ["entity_says", name, between]]
    count = dice.randint(3, 7)
    pauses = dice.choices((1, 4, 9, 12, 30, 110, 130, 301), k=count)
    if dice.random() < 0.5:
        pauses = [_one(dice, (4, 12, 30, 110))] * count
    return ["flaps", says, [*pauses]]


def ends(dice: Random) -> Step:
    """Let the last thing before the calm be a move, and perhaps a clock that is put.

    What is slow then stays so, within the limits.
    """
    put_s = _one(dice, (0, 0, 0, -40, -3 * 3600, -3 * 3600, 3 * 3600))
    slow: dict[str, Value] = {"ip": 4, "cloudflare": 15}
    return ["ends", put_s, slow if dice.random() < 0.2 else {}]


def _fails_at_cloudflare(dice: Random) -> Step:
    """Let requests to Cloudflare fail."""
    kind, detail = _one(dice, _OF_CLOUDFLARE)
    # A success that is none can be seen through only where a record is to be shown.
    is_false = kind == "body" and "success" in str(detail)
    target = _one(
        dice, (LIST, BATCH, CREATE, UPDATE) if is_false else ("*", LIST, BATCH, *REQUESTS)
    )
    if detail.get("code") == _GONE and target in ("*", DELETE):
        # A record that is said to be gone needs no deleting: who would look again?
        target = UPDATE
    return ["fails", "cloudflare", target, kind, _one(dice, (1, 1, 1, 2, 5, None)), detail]


def _fails_at_operators(dice: Random) -> Step:
    """Let look-ups fail."""
    kind, detail = _one(dice, _OF_OPERATORS)
    return ["fails", "ip", _one(dice, ("*", *OPERATORS)), kind, _one(dice, (1, 2, None)), detail]


def _works(_dice: Random) -> Step:
    """End all faults."""
    return ["works"]


def _reaches(dice: Random) -> Step:
    """Let Cloudflare be out of reach, or in reach again."""
    return ["reaches", _one(dice, (False, True, True))]


def _token(dice: Random) -> Step:
    """Revoke the token, change what it may do, or give it back."""
    return ["token", _one(dice, ("revoked", "read", "elsewhere", "other_zone", *["full"] * 4))]


def _zone(dice: Random) -> Step:
    """Take a zone from the account, or give it back."""
    return ["zone", _one(dice, ZONES), _one(dice, (False, True, True))]


def _stranger(dice: Random) -> Step:
    """Let somebody else edit DNS."""
    zone = _one(dice, ZONES)
    family = _family(dice)
    deed = _one(
        dice,
        (
            *("edits", "edits", "edits", "deletes", "adds", "adds", "cname", "comments"),
            *("renames", "proxies", "unproxies", "unproxies", "slows", "slows"),
            *("other_edits", "other_adds", "other_deletes"),
        ),
    )
    return ["stranger", zone, deed, _one(dice, NAMES[zone]), _one(dice, GOOD[family])]


def _choice(dice: Random, label: str) -> list[Value]:
    """Choose where an address comes from."""
    family = FAMILIES[label]
    pages = PAGES[family]
    entities = [name for name, (_, of) in ENTITIES.items() if of == family]
    return _one(
        dice,
        (
            ["automatic"],
            ["off"],
            ["urls", *dice.sample(pages, dice.randint(2, len(pages)))],
            ["urls", _one(dice, pages)],
            ["entity", entities[0]],
            ["entity", entities[0]],
            ["alone", entities[1]],
            ["alone", entities[1]],
        ),
    )


def _switches(dice: Random) -> Step:
    """Choose another source for a zone."""
    label = _one(dice, ("ipv4", "ipv4", "ipv6"))
    return ["switches", _one(dice, ZONES), label, _choice(dice, label)]


def _policy(dice: Random) -> dict[str, Value]:
    """Enforce some attributes of a domain."""
    proxied = _one(dice, ("keep", "keep", "on", "off"))
    ttls = ("keep", "auto", "seconds") if proxied != "on" else ("keep", "auto")
    return {"proxied": proxied, "ttl": _one(dice, ttls), "ttl_s": _one(dice, (120, 3600))}


def _host_part(dice: Random) -> dict[str, Value]:
    """Keep a part of the IPv6 address."""
    text = _one(dice, tuple(HOST_PARTS))
    length = 56 if text == "::5:0:0:0:9" else _one(dice, (56, 64))
    return {"host_part": text, "prefix_length": length}


def _adds(dice: Random) -> Step:
    """Add a domain, or change it."""
    zone = _one(dice, ZONES)
    name = _one(dice, NAMES[zone])
    families: list[Value] = [*_one(dice, (("ipv4",), ("ipv4", "ipv6"), ("ipv6",)))]
    data: dict[str, Value] = {
        "families": families,
        "create": dice.random() < 0.85,
        "delete": dice.random() < 0.4,
    }
    if dice.random() < 0.4:
        data |= _policy(dice)
    if dice.random() < 0.3:
        data |= _host_part(dice)
    if dice.random() < 0.3:
        data["sources"] = {label: _choice(dice, label) for label in FAMILIES}
    if dice.random() < (0.8 if name == TWINS else 0.1):
        data["pinned"] = dice.randrange(3)
    return ["adds", zone, name, data]


def _removes(dice: Random) -> Step:
    """Remove a domain."""
    zone = _one(dice, ZONES)
    return ["removes", zone, _one(dice, NAMES[zone])]


def _reloads(dice: Random) -> Step:
    """Set an entry up anew."""
    return ["reloads", _one(dice, ZONES)]


def _restarts(dice: Random) -> Step:
    """Start Home Assistant anew; what is on disk stays, and entities may come up last."""
    return ["restarts", dice.random() < 0.3]


def _presses(dice: Random) -> Step:
    """Press the button."""
    return ["presses", _one(dice, ZONES)]


def _plans(dice: Random) -> Step:
    """Ask what would be done."""
    return ["plans", _one(dice, ZONES)]


def _meanwhile(dice: Random) -> Step:
    """Let something happen while a request is under way, whose answer may be lost."""
    target = _one(dice, (LIST, BATCH, BATCH, BATCH, "ip"))
    inner = _one(
        dice,
        (
            *(_restarts, _restarts, _reloads, _moves, _stranger, _stranger, _adds, _removes),
            *(_switches, _clock_is_put, _entity_says),
        ),
    )
    begins = _one(dice, (_moves, _moves, _stranger, _presses, _reloads, _switches))
    return ["meanwhile", target, dice.random() < 0.4, begins(dice), inner(dice)]


MAKERS: dict[Callable[[Random], Step], int] = {
    _passes: 26,
    _clock_is_put: 4,
    _moves: 9,
    _lies: 5,
    _falls_silent: 2,
    _is_honest: 3,
    _entity_says: 6,
    _flaps: 2,
    _fails_at_cloudflare: 9,
    _fails_at_operators: 5,
    _works: 5,
    _reaches: 2,
    _token: 4,
    _zone: 1,
    _stranger: 10,
    _adds: 7,
    _removes: 3,
    _switches: 5,
    _reloads: 2,
    _restarts: 2,
    _presses: 3,
    _plans: 1,
    _meanwhile: 7,
}
"""What can happen, and how often."""
