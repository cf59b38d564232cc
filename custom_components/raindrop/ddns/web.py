"""Web pages that say from where they were asked: which there are, and asking one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import ClientSession

from .addresses import UnusableAddressError, from_json, from_text, from_trace
from .model import Address, Family
from .reading import Answer, Problem
from .transport import (
    AnswerTooLongError,
    HttpAnswer,
    UnansweredError,
    UnansweredInTimeError,
    request,
)

_MAX_ANSWER = 4096
"""More than any honest answer, in bytes."""
_HEADERS = {"Accept-Encoding": "identity"}
_TRACE_PATH = "/cdn-cgi/trace"
_PORTS = {"https": 443, "http": 80}


class PageUrlError(ValueError):
    """A text is not the URL of a page that may be asked."""


class Form(Enum):
    """How a web source writes the address."""

    TEXT = "text"
    TRACE = "trace"
    JSON = "json"
    ANY = "any"
    """Text or JSON, as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSource:
    """A page of an operator that says from where it was asked."""

    operator: str
    form: Form
    urls: Mapping[Family, str]
    """The page to ask for each family; HTTPS, plain HTTP on loopback alone."""


WEB_SOURCES: tuple[WebSource, ...] = (
    WebSource(
        operator="Cloudflare",
        form=Form.TRACE,
        urls=dict.fromkeys(Family, "https://api.cloudflare.com/cdn-cgi/trace"),
    ),
    WebSource(
        operator="ipify",
        form=Form.TEXT,
        urls={
            Family.IPV4: "https://api.ipify.org/",
            Family.IPV6: "https://api6.ipify.org/",
        },
    ),
    WebSource(
        operator="ident.me",
        form=Form.TEXT,
        urls={Family.IPV4: "https://v4.ident.me/", Family.IPV6: "https://v6.ident.me/"},
    ),
    WebSource(
        operator="Amazon",
        form=Form.TEXT,
        urls={Family.IPV4: "https://checkip.amazonaws.com/"},
    ),
    WebSource(
        operator="Home Assistant",
        form=Form.JSON,
        urls=dict.fromkeys(Family, "https://services.home-assistant.io/whoami/v1"),
    ),
)
"""Whom to ask, in this order; Cloudflare first, for it holds the zone anyway."""


def page(url: str, family: Family) -> WebSource:
    """Return a page that the user chose as a source; its operator is its host.

    It may answer with the address alone, with a JSON object that has an
    ``ip``, or as Cloudflare's trace pages do. Raises PageUrlError if it is
    neither HTTPS nor on this very host, carries a user name, or names an
    address of the other family.

    >>> page("https://ip.example.net/", Family.IPV4).operator
    'ip.example.net'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise PageUrlError from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    is_plain = url.isascii() and url.isprintable() and parts.username is None
    if not (host and is_safe and is_plain and _may_speak(host, family)):
        raise PageUrlError
    form = Form.TRACE if parts.path == _TRACE_PATH else Form.ANY
    name = f"[{host}]" if ":" in host else host
    is_usual = port in {None, _PORTS[parts.scheme]}
    operator = name if is_usual else f"{name}:{port}"
    return WebSource(operator=operator, form=form, urls={family: url})


async def ask(session: ClientSession, source: WebSource, family: Family, limit_s: float) -> Answer:
    """Return what a page says within a time; never raises."""
    try:
        answer = await request(
            session,
            "GET",
            source.urls[family],
            timeout_s=limit_s,
            limit=_MAX_ANSWER,
            headers=_HEADERS,
        )
        address = _read(source, family, answer)
    except UnansweredInTimeError:
        return Answer(operator=source.operator, problem=Problem.TIMEOUT)
    except UnansweredError:
        return Answer(operator=source.operator, problem=Problem.UNREACHABLE)
    except AnswerTooLongError:
        return Answer(operator=source.operator, problem=Problem.TOO_LONG)
    except UnusableAddressError as err:
        return Answer(operator=source.operator, problem=err.problem, said=err.said)
    return Answer(operator=source.operator, address=address)


def _is_loopback(host: str) -> bool:
    """Return whether a host name means this very host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _may_speak(host: str, family: Family) -> bool:
    """Return whether a host can be reached by a family; a name may be."""
    try:
        return ip_address(host).version == family
    except ValueError:
        return True


def _read(source: WebSource, family: Family, answer: HttpAnswer) -> Address:
    """Return the address in an answer. Raises UnusableAddressError."""
    if answer.status != HTTPStatus.OK:
        raise UnusableAddressError(Problem.STATUS)
    is_json = source.form is Form.ANY and answer.body.startswith(b"{")
    form = Form.JSON if is_json else source.form
    try:
        # JSON is UTF-8 (RFC 8259 section 8.1), and may name a city beside the address.
        body = answer.body.decode("utf-8" if form is Form.JSON else "ascii")
    except UnicodeDecodeError:
        raise UnusableAddressError(Problem.NOT_AN_ADDRESS) from None
    if form is Form.TRACE:
        url = urlsplit(source.urls[family])
        return from_trace(body, family, url.netloc.lower().removesuffix(f":{url.port}"))
    return from_json(body, family) if form is Form.JSON else from_text(body, family)
