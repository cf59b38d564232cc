"""The content of records that is more than one value: TXT strings, and HTTPS and SVCB in parts."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
import re
from typing import Any

SERVICE_TYPES = frozenset({"HTTPS", "SVCB"})
BY_CONTENT = "the content of an HTTPS or SVCB record is set by its data"
MAX_STRING = 255
MAX_PRIORITY = 0xFFFF

_STRING = re.compile(r'"((?:[^"\\]|\\[0-9]{3}|\\[^0-9])*)"', re.DOTALL)
_BYTES = re.compile(r"\\[0-9]{3}|\\?.", re.DOTALL)
_SERVICE = re.compile(r"([0-9]{1,5})\s+(\S+)\s*(.*)", re.DOTALL)
_HINT = re.compile(r'(?<!\S)ipv([46])hint="?([^"\s]*)')


def txt_content(given: str) -> str:
    """Return the content of a TXT record; quoted strings that are too long are split.

    Content without quotes is kept as it is: only the dashboard adds them.
    """
    if not given.startswith('"'):
        return given
    strings: list[str] = []
    rest = given.strip()
    while rest:
        found = _STRING.match(rest)
        if found is None:
            raise ValueError(given)
        strings += _pieces(found[1])
        rest = rest[found.end() :].lstrip()
    return " ".join(f'"{string}"' for string in strings)


def _pieces(string: str) -> list[str]:
    """Return a string in pieces that are short enough, an empty one as a single piece."""
    pieces, length = [""], 0
    for found in _BYTES.finditer(string):
        size = len(found[0].encode()) if len(found[0]) == 1 else 1
        if length + size > MAX_STRING:
            pieces.append("")
            length = 0
        pieces[-1] += found[0]
        length += size
    return pieces


def service_data(data: Mapping[str, Any] | None, content: object) -> dict[str, Any]:
    """Return the parts of an HTTPS or SVCB record. Raises ValueError unless all are given.

    That PATCH does not keep a part that is missing is UNVERIFIED.
    """
    if data is None:
        parts = _SERVICE.fullmatch(content) if isinstance(content, str) else None
        if parts is None:
            raise ValueError(content)
        data = {"priority": int(parts[1]), "target": parts[2], "value": parts[3]}
    if data.keys() != {"priority", "target", "value"}:
        raise ValueError(data)
    priority, target, value = data["priority"], data["target"], data["value"]
    if not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
        raise ValueError(priority)
    if not isinstance(target, str) or not target or not isinstance(value, str):
        raise ValueError(data)
    for family, addresses in _HINT.findall(value):
        for address in addresses.split(","):
            _ = IPv4Address(address) if family == "4" else IPv6Address(address)
    return {"priority": priority, "target": target, "value": value}


def service_content(data: Mapping[str, Any]) -> str:
    """Return the content that Cloudflare forms of the parts."""
    return " ".join(str(part) for part in data.values() if part != "")
