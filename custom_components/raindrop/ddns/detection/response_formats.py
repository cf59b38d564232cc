"""How providers write the address in their responses, and how it is parsed."""

from enum import Enum
import json

from ..addresses import Rejected, parse
from ..errors import DetectionError
from ..models import Address
from ..sources import Family

_WARP = {"on", "plus"}
"""The values of ``warp`` in a trace of a request through WARP or WARP+."""


class ResponseFormat(Enum):
    """How a provider writes the address."""

    TEXT = "text"
    """Nothing but the address."""
    TRACE = "trace"
    """Lines of ``key=value``, as Cloudflare's trace pages have them."""
    JSON = "json"
    """A JSON object with an ``ip``."""
    ANY = "any"
    """Text or JSON."""


def from_trace(body: str, family: Family, host: str) -> Address | Rejected:
    """Parse the ``ip=`` line of Cloudflare's ``/cdn-cgi/trace``.

    ``host`` is the host that was requested, with its port unless it is the
    default. It must be in the ``h=`` line, or another server responded; and
    ``warp`` must be off, or the address is that of a tunnel; and ``gateway``,
    which only newer traces have, must not be on.
    """
    # Not `splitlines`: the user agent may contain other characters that end a line for it.
    lines = [line.partition("=") for line in body.replace("\r\n", "\n").split("\n") if line]
    fields = {key: value for key, _, value in lines}
    if len(fields) != len(lines) or "ip" not in fields or "h" not in fields:
        return Rejected(DetectionError.NOT_AN_ADDRESS)
    if fields["h"] != host:
        return Rejected(DetectionError.WRONG_HOST)
    if fields.get("warp") in _WARP:
        return Rejected(DetectionError.TUNNEL)
    if fields.get("warp") != "off" or fields.get("gateway", "off") != "off":
        return Rejected(DetectionError.WARP)
    return parse(fields["ip"], family)


def from_json(body: str, family: Family) -> Address | Rejected:
    """Parse the ``ip`` of a JSON object."""
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        response = None
    if not isinstance(response, dict) or not isinstance(response.get("ip"), str):
        return Rejected(DetectionError.NOT_AN_ADDRESS)
    return parse(response["ip"], family)
