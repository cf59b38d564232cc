"""Programs: steps that a number tells entirely, and the search for the shortest that fails."""

from collections.abc import Callable, Sequence
import json
from random import Random

GOOD = {
    4: tuple(f"81.2.69.{last}" for last in range(142, 148)),
    6: tuple(f"2001:218:1:2::{last}" for last in range(142, 148)),
}
"""Addresses that a home may have."""
BAD = {
    4: ("10.0.0.1", "100.64.0.1", "104.18.0.0", "224.0.0.1"),
    6: ("fe80::1", "ff0e::1", "2606:4700::1", "64:ff9b::a00:1"),
}
"""Addresses that no record may ever hold, whoever says them."""
OPERATORS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")
ZONES = ("example.com", "example.org")
NAMES = {
    "example.com": ("home.example.com", "www.example.com", "*.example.com", "example.com"),
    "example.org": ("vpn.example.org", "home.example.org", "example.org"),
}
LIST = "GET /zones/{zone_id}/dns_records"
BATCH = "POST /zones/{zone_id}/dns_records/batch"
CREATE = "POST /zones/{zone_id}/dns_records"
UPDATE = "PATCH /zones/{zone_id}/dns_records/{dns_record_id}"
DELETE = "DELETE /zones/{zone_id}/dns_records/{dns_record_id}"
REQUESTS = (LIST, BATCH, CREATE, UPDATE, DELETE)

type Value = str | int | bool | dict[str, Value] | list[Value] | None
type Step = list[Value]
"""What happens, and how exactly: plain values, so that a program can be printed and read again."""
type Program = list[Step]

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
    ("error", {"status": 404, "code": 81044, "message": "Record does not exist."}),
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


def program(seed: int, length: int) -> Program:
    """Return the program of a number."""
    dice = Random(seed)
    makers = list(_MAKERS)
    weights = [_MAKERS[maker] for maker in makers]
    return [maker(dice) for maker in dice.choices(makers, weights, k=length)]


def shown(steps: Program) -> str:
    """Return a program as text, one step on each line."""
    return "\n".join(json.dumps(step) for step in steps)


def read(text: str) -> Program:
    """Return the program that a text shows."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def shortest(steps: Program, fails: Callable[[Program], bool], tries: int = 150) -> Program:
    """Return a program from which no part can be left out without its failure going away."""
    size = len(steps) // 2
    while size and tries > 0:
        start = 0
        while start < len(steps) and tries > 0:
            shorter = [*steps[:start], *steps[start + size :]]
            tries -= 1
            if fails(shorter):
                steps = shorter
            else:
                start += size
        size = size // 2
    return steps


def _one[OneT](dice: Random, among: Sequence[OneT]) -> OneT:
    """Return one of several."""
    return dice.choice(among)


def _family(dice: Random) -> int:
    """Return a family, IPv4 more often."""
    return dice.choice((4, 4, 6))


def _passes(dice: Random) -> Step:
    """Let time pass: seconds, cycles, an hour, and what a machine sleeps away."""
    return ["passes", _one(dice, (1, 11, 15, 60, 125, *[300] * 8, 900, 3600, 40_000))]


def _moves(dice: Random) -> Step:
    """Give the home another address."""
    family = _family(dice)
    return ["moves", _one(dice, GOOD[family])]


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


def _router_says(dice: Random) -> Step:
    """Let the router's entity say something; None is the truth."""
    texts = (None, None, None, *GOOD[4], *BAD[4], GOOD[6][0], "unknown", "unavailable", "online")
    return ["router_says", _one(dice, texts)]


def _fails_at_cloudflare(dice: Random) -> Step:
    """Let requests to Cloudflare fail."""
    kind, detail = _one(dice, _OF_CLOUDFLARE)
    # A success that is none can be seen through only where a record is to be shown.
    is_false = kind == "body" and "success" in str(detail)
    target = _one(
        dice, (LIST, BATCH, CREATE, UPDATE) if is_false else ("*", LIST, BATCH, *REQUESTS)
    )
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
            *("renames", "proxies", "other_edits", "other_adds", "other_deletes"),
        ),
    )
    return ["stranger", zone, deed, _one(dice, NAMES[zone]), _one(dice, GOOD[family])]


def _adds(dice: Random) -> Step:
    """Add a domain."""
    zone = _one(dice, ZONES)
    families: list[Value] = [*_one(dice, (("ipv4",), ("ipv4", "ipv6"), ("ipv6",)))]
    data: dict[str, Value] = {
        "families": families,
        "create": dice.random() < 0.85,
        "delete": dice.random() < 0.4,
    }
    return ["adds", zone, _one(dice, NAMES[zone]), data]


def _removes(dice: Random) -> Step:
    """Remove a domain."""
    zone = _one(dice, ZONES)
    return ["removes", zone, _one(dice, NAMES[zone])]


def _reloads(dice: Random) -> Step:
    """Set an entry up anew."""
    return ["reloads", _one(dice, ZONES)]


def _restarts(_dice: Random) -> Step:
    """Start Home Assistant anew; what is on disk stays."""
    return ["restarts"]


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
        dice, (_restarts, _restarts, _reloads, _moves, _stranger, _stranger, _adds, _removes)
    )
    begins = _one(dice, (_moves, _stranger, _presses, _reloads))
    return ["meanwhile", target, dice.random() < 0.4, begins(dice), inner(dice)]


_MAKERS: dict[Callable[[Random], Step], int] = {
    _passes: 28,
    _moves: 9,
    _lies: 5,
    _falls_silent: 2,
    _is_honest: 3,
    _router_says: 4,
    _fails_at_cloudflare: 10,
    _fails_at_operators: 4,
    _works: 5,
    _reaches: 2,
    _token: 4,
    _zone: 1,
    _stranger: 9,
    _adds: 4,
    _removes: 3,
    _reloads: 3,
    _restarts: 2,
    _presses: 3,
    _plans: 1,
    _meanwhile: 7,
}
