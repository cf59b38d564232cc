"""Web providers that report the address a request came from: built-in ones and custom URLs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from aiohttp import ClientSession

from ..addresses import Rejected, parse
from ..errors import (
    DetectionError,
    NoResponseError,
    ProviderUrlError,
    ResponseTimeoutError,
    ResponseTooLongError,
)
from ..http import USER_AGENT, HttpResponse, request
from ..models import Address
from ..sources import Family
from .detection import Response
from .response_formats import ResponseFormat, from_json, from_trace

_MAX_BODY = 4096
"""More than any valid response, in bytes."""
_HEADERS = {"Accept-Encoding": "identity"}
_TRACE_PATH = "/cdn-cgi/trace"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A service that reports the address a request came from."""

    name: str
    """Providers with the same name count as one when two have to agree."""
    format: ResponseFormat
    urls: Mapping[Family, str] = field(repr=False)
    """The URL for each family: HTTPS, or plain HTTP on loopback alone. One of the user's own
    may contain a secret."""
    is_custom: bool = False
    """Whether the user chose it; then it may report an IPv4-mapped IPv6 address."""
    user_agent: str = USER_AGENT
    """What it is told of who asks."""


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        name="Cloudflare",
        format=ResponseFormat.TRACE,
        urls=dict.fromkeys(Family, "https://api.cloudflare.com/cdn-cgi/trace"),
    ),
    Provider(
        name="ipify",
        format=ResponseFormat.TEXT,
        urls={
            Family.IPV4: "https://api.ipify.org/",
            Family.IPV6: "https://api6.ipify.org/",
        },
    ),
    Provider(
        name="ident.me",
        format=ResponseFormat.TEXT,
        urls={Family.IPV4: "https://v4.ident.me/", Family.IPV6: "https://v6.ident.me/"},
    ),
    Provider(
        name="Amazon",
        format=ResponseFormat.TEXT,
        urls={Family.IPV4: "https://checkip.amazonaws.com/"},
    ),
    Provider(
        name="Home Assistant",
        format=ResponseFormat.JSON,
        urls=dict.fromkeys(Family, "https://services.home-assistant.io/whoami/v1"),
    ),
)
"""The built-in providers in the order they are queried; Cloudflare first: it holds the zone."""


def custom_provider(url: str, family: Family, user_agent: str = USER_AGENT) -> Provider:
    """Return a provider for a URL that the user chose; its name is its host.

    It may respond with the address alone, with a JSON object that has an
    ``ip``, or as Cloudflare's trace pages do; an IPv4 address also in the form
    of an IPv6 one (RFC 4291 section 2.5.5.2). Raises ProviderUrlError if the
    URL is neither HTTPS nor on this host, contains a user name, or names an
    address of the other family.

    >>> custom_provider("https://ip.example.net/", Family.IPV4).name
    'ip.example.net'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ProviderUrlError("not a URL") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    is_plain = url.isascii() and url.isprintable() and parts.username is None
    if not (host and is_safe and is_plain and _may_serve(host, family)):
        raise ProviderUrlError("not a URL that may be queried")
    is_trace = parts.path == _TRACE_PATH
    name = f"[{host}]" if ":" in host else host
    has_usual_port = port in {None, _PORTS[parts.scheme]}
    return Provider(
        name=name if has_usual_port else f"{name}:{port}",
        format=ResponseFormat.TRACE if is_trace else ResponseFormat.ANY,
        urls={family: url},
        is_custom=True,
        user_agent=user_agent,
    )


async def query(
    session: ClientSession, provider: Provider, family: Family, limit_s: float
) -> Response:
    """Return what a provider reports within ``limit_s`` seconds; never raises a library error."""
    try:
        response = await request(
            session,
            "GET",
            provider.urls[family],
            timeout_s=limit_s,
            limit=_MAX_BODY,
            headers={**_HEADERS, "User-Agent": provider.user_agent},
        )
    except ResponseTimeoutError:
        return Response(provider=provider.name, error=DetectionError.TIMEOUT)
    except NoResponseError:
        return Response(provider=provider.name, error=DetectionError.UNREACHABLE)
    except ResponseTooLongError:
        return Response(provider=provider.name, error=DetectionError.TOO_LONG)
    result = _read(provider, family, response)
    return response_of(provider.name, _unmapped(result, family) if provider.is_custom else result)


def response_of(provider: str, result: Address | Rejected) -> Response:
    """Return a provider's response from its parsed text."""
    if isinstance(result, Rejected):
        return Response(provider=provider, error=result.error, rejected=result.address)
    return Response(provider=provider, address=result)


def _unmapped(result: Address | Rejected, family: Family) -> Address | Rejected:
    """Return the IPv4 address that was reported as an IPv4-mapped IPv6 address."""
    reported = result.address if isinstance(result, Rejected) else result
    if family is Family.IPV4 and isinstance(reported, IPv6Address) and reported.ipv4_mapped:
        return parse(str(reported.ipv4_mapped), family)
    return result


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _may_serve(host: str, family: Family) -> bool:
    """Return whether a host can be reached over a family: an address only over its own."""
    try:
        return ip_address(host).version == family
    except ValueError:
        return True


def _read(provider: Provider, family: Family, response: HttpResponse) -> Address | Rejected:
    if response.status != HTTPStatus.OK:
        return Rejected(DetectionError.STATUS)
    is_json = provider.format is ResponseFormat.JSON or (
        provider.format is ResponseFormat.ANY and response.body.startswith(b"{")
    )
    try:
        # JSON is UTF-8 (RFC 8259 section 8.1), and may name a city beside the address.
        body = response.body.decode("utf-8" if is_json else "ascii")
    except UnicodeDecodeError:
        return Rejected(DetectionError.NOT_AN_ADDRESS)
    if provider.format is ResponseFormat.TRACE:
        url = urlsplit(provider.urls[family])
        return from_trace(body, family, url.netloc.lower().removesuffix(f":{url.port}"))
    return from_json(body, family) if is_json else parse(body, family)
