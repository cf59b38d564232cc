"""Two simulated public resolvers: DNS over HTTPS with JSON, caches, and faults of their own."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .cloudflare import Zone
from .cloudflare.host_names import to_ascii
from .cloudflare.record import Fields
from .faults import Faults, Kind
from .http_server import Call, Listener, ServiceHandler, origin
from .request_log import Log
from .responses import Json, Response, json_response, text_response

PATHS = {"cloudflare": "/dns-query", "google": "/resolve"}
"""The path of each resolver, in the order in which Raindrop has them."""
TARGETS = {"*", *(f"GET {path}" for path in PATHS.values())}
ABSENCE_TTL_S = 1800
"""For how long it is cached that there is no record: the minimum in a zone's SOA record."""
PROXY_ADDRESSES = {"A": "104.21.7.42", "AAAA": "2606:4700:3030::6815:72a"}
"""What proxied names answer with."""
WRONG_ADDRESSES = {"A": "81.2.69.250", "AAAA": "2001:218:1:2::250"}
"""What the fault `wrong_answer` answers with."""
_TYPES = {"A": 1, "NS": 2, "AAAA": 28}
_AUTOMATIC_TTL_S = 300
_NS_TTL_S = 86_400
_NOERROR, _SERVFAIL, _NXDOMAIN = 0, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What the authoritative servers answer."""

    status: int = _NOERROR
    data: tuple[str, ...] = ()
    ttl_s: int = ABSENCE_TTL_S


type _Cache = dict[tuple[str, str], tuple[_Answer, datetime]]
"""The answers that one resolver remembers, by name and type, and since when."""


class Resolvers:
    """Both resolvers, on one port."""

    def __init__(
        self,
        zones: Callable[[], Iterable[Zone]],
        now: Callable[[], datetime],
        log: Log,
        faults: Faults,
        stopping: asyncio.Event,
        port: int = 0,
    ) -> None:
        """Answer from the records of ``zones``; ``now`` is the clock of the caches."""
        self._zones = zones
        self._now = now
        self._port = port
        self._caches: dict[str, _Cache] = {path: {} for path in PATHS.values()}
        self._listener: Listener | None = None
        self.delegations: dict[str, tuple[str, ...]] = {}
        """The nameservers of zones that are delegated elsewhere, where they have no records.

        By the name of the zone; without any nameserver, the zone is not registered.
        """
        self._handler = ServiceHandler(
            service="doh",
            template=lambda _method, path: path,
            response=self._response,
            log=log,
            faults=faults,
            stopping=stopping,
        )

    @property
    def urls(self) -> Mapping[str, str]:
        """The URL of each resolver."""
        port = self._listener.port if self._listener else self._port
        return {name: origin(4, port) + path for name, path in PATHS.items()}

    def clear_caches(self) -> None:
        """Forget all answers."""
        for cache in self._caches.values():
            cache.clear()

    def start(self) -> None:
        """Open the port."""
        self._listener = Listener(self._handler, 4, self._port)
        self._listener.open()

    async def stop(self) -> None:
        """Close the port."""
        if self._listener:
            await self._listener.stop()

    def _response(self, call: Call) -> Response:
        """Answer one question."""
        if call.method != "GET" or call.path not in self._caches:
            return text_response("Not Found\n", status=404)
        name, type_ = call.query.get("name", ""), call.query.get("type", "")
        is_json = call.headers.get("Accept") == "application/dns-json"
        if type_ not in _TYPES or not name or not is_json:
            return text_response("Bad Request\n", status=400)
        call.entry.surprises += [
            f"unknown parameter {key}" for key in call.query if key not in {"name", "type"}
        ]
        kind = call.fault.kind if call.fault else None
        answer = self._answer(self._caches[call.path], to_ascii(name), type_, kind)
        dot = "." if call.path == PATHS["google"] else ""
        return json_response(_message(name + dot, type_, answer))

    def _answer(self, cache: _Cache, name: str, type_: str, kind: Kind | None) -> _Answer:
        """Return a cached answer, or that of the authoritative servers."""
        match kind:
            case Kind.WRONG_ANSWER if type_ != "NS":
                return _Answer(data=(WRONG_ADDRESSES[type_],), ttl_s=_AUTOMATIC_TTL_S)
            case Kind.NXDOMAIN if type_ != "NS":
                return _Answer(status=_NXDOMAIN)
            case Kind.SERVFAIL:
                return _Answer(status=_SERVFAIL)
        cached, since = cache.get((name, type_), (None, self._now()))
        # The clock of a test may be set back.
        is_fresh = cached and 0 <= (self._now() - since).total_seconds() < cached.ttl_s
        if cached and (is_fresh or kind is Kind.STALE_ANSWER):
            return cached
        answer = self._authoritative(name, type_)
        cache[name, type_] = (answer, self._now())
        return answer

    def _authoritative(self, name: str, type_: str) -> _Answer:
        zones = [z for z in self._zones() if name == z.name or name.endswith(f".{z.name}")]
        zone = max(zones, key=lambda zone: len(zone.name), default=None)
        if zone is None:
            return _Answer(status=_NXDOMAIN)
        elsewhere = self.delegations.get(zone.name)
        if type_ == "NS":
            names = _name_servers(zone) if elsewhere is None else elsewhere
            if name != zone.name or not names:
                return _Answer(status=_NXDOMAIN)
            return _Answer(data=names, ttl_s=_NS_TTL_S)
        if elsewhere is not None:
            return _Answer(status=_NXDOMAIN)
        return _from_records(zone, name, type_)


def _name_servers(zone: Zone) -> tuple[str, ...]:
    return tuple(f"{name}." for name in zone.shown([])["name_servers"])


def _from_records(zone: Zone, name: str, type_: str) -> _Answer:
    """Answer from the records at a name, or else from those of the wildcard beside it."""
    fields = [record.fields for record in zone.records.values()]
    wildcard = f"*.{name.partition('.')[2]}"
    found = [f for f in fields if to_ascii(f.name) == name]
    found = found or [f for f in fields if to_ascii(f.name) == wildcard]
    if not found and name != zone.name:
        return _Answer(status=_NXDOMAIN)
    matching = [f for f in found if f.type == type_]
    ttl_s = min((map(_ttl_s, matching)), default=ABSENCE_TTL_S)
    return _Answer(data=tuple(map(_data, matching)), ttl_s=ttl_s)


def _ttl_s(fields: Fields) -> int:
    return _AUTOMATIC_TTL_S if fields.ttl == 1 else fields.ttl


def _data(fields: Fields) -> str:
    return PROXY_ADDRESSES[fields.type] if fields.proxied else fields.content


def _message(name: str, type_: str, answer: _Answer) -> dict[str, Json]:
    """Return an answer in the form that both resolvers use."""
    number = _TYPES[type_]
    message: dict[str, Json] = {
        "Status": answer.status,
        "TC": False,
        "RD": True,
        "RA": True,
        "AD": False,
        "CD": False,
        "Question": [{"name": name, "type": number}],
    }
    if answer.data:
        message["Answer"] = [
            {"name": name, "type": number, "TTL": answer.ttl_s, "data": data}
            for data in answer.data
        ]
    return message
