"""What everybody on the stage knows by name: addresses, zones, whoever says something, steps."""

from collections.abc import Awaitable, Callable
import json

type Value = str | int | float | bool | dict[str, Value] | list[Value] | None
type Step = list[Value]
"""What happens, and how exactly: plain values, so that a program can be printed and read again."""
type Program = list[Step]
type Deed = Callable[..., Awaitable[None]]
"""Carries out a step of one name."""
type Slot = tuple[str, str]
"""The name and the type of records."""

GOOD = {
    4: tuple(f"81.2.69.{last}" for last in range(142, 148)),
    6: tuple(f"2001:218:1:{net}::142" for net in range(2, 8)),
}
"""Addresses that a home may have; of IPv6 each has a prefix of its own."""
MOBILE = {
    4: tuple(f"81.2.69.{last}" for last in range(162, 166)),
    6: tuple(f"2001:218:2:{net}::162" for net in range(2, 6)),
}
"""Addresses that its second connection may have, which nobody but its modem sees."""
BAD = {
    4: ("10.0.0.1", "100.64.0.1", "104.18.0.0", "224.0.0.1"),
    6: ("fe80::1", "ff0e::1", "2606:4700::1", "64:ff9b::a00:1"),
}
"""Addresses that no record may ever hold, whoever says them."""
TYPES = {"ipv4": "A", "ipv6": "AAAA"}
FAMILIES = {"ipv4": 4, "ipv6": 6}

OPERATORS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")
PAGES = {4: OPERATORS[:4], 6: OPERATORS[:3]}
"""Those whose pages a user may choose."""
HOME, AWAY = "home", "away"
"""The ways to the Internet: the one this host uses, and the one it does not."""
ENTITIES = {
    "router": (HOME, 4),
    "router6": (HOME, 6),
    "modem": (AWAY, 4),
    "modem6": (AWAY, 6),
}
"""The entities that say an address: of which way, and which family."""
WAYS = {HOME: GOOD, AWAY: MOBILE}

ZONES = ("example.com", "example.org")
ROUTED = "example.org"
"""The zone whose IPv4 address an entity says, until the user chooses otherwise."""
TWINS = "twin.example.com"
"""A name with several records, of which the user chooses one."""
NAMES = {
    "example.com": ("home.example.com", "www.example.com", "*.example.com", "example.com", TWINS),
    "example.org": ("vpn.example.org", "home.example.org", "example.org"),
}
LIST = "GET /zones/{zone_id}/dns_records"
BATCH = "POST /zones/{zone_id}/dns_records/batch"
CREATE = "POST /zones/{zone_id}/dns_records"
UPDATE = "PATCH /zones/{zone_id}/dns_records/{dns_record_id}"
DELETE = "DELETE /zones/{zone_id}/dns_records/{dns_record_id}"
REQUESTS = (LIST, BATCH, CREATE, UPDATE, DELETE)
CYCLE_S = 301


class BrokenPromiseError(AssertionError):
    """Raindrop did what it never does, or did not what it always does."""


def family_of(address: str) -> int:
    """Return the family of an address."""
    return 6 if ":" in address else 4


def furniture(zone: str) -> list[dict[str, Value]]:
    """Return what stands in a zone before Raindrop comes."""
    stands: list[dict[str, Value]] = [
        {"type": "A", "name": "home", "content": "81.2.69.140", "ttl": 3600, "comment": "door"},
        {"type": "AAAA", "name": "www", "content": "2001:218:1:2::140", "proxied": True},
        {"type": "TXT", "name": "@", "content": "v=spf1 -all"},
        {"type": "TXT", "name": "home", "content": "hello"},
        {"type": "A", "name": "mail", "content": "81.2.69.190", "ttl": 60},
        {"type": "AAAA", "name": "mail", "content": "2001:218:1:2::190"},
        {"type": "CNAME", "name": "blog", "content": f"mail.{zone}"},
    ]
    if TWINS in NAMES[zone]:
        stands += [
            {"type": "A", "name": TWINS, "content": f"81.2.69.18{last}"} for last in range(3)
        ]
        stands += [
            {"type": "AAAA", "name": TWINS, "content": f"2001:218:1:2::18{last}"}
            for last in range(2)
        ]
    return stands


def shown(steps: Program) -> str:
    """Return a program as text, one step on each line."""
    return "\n".join(json.dumps(step) for step in steps)


def read(text: str) -> Program:
    """Return the program that a text shows."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]
