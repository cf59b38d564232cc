"""Validation of records: the fields are checked in the order of Cloudflare's errors.

That order (type, name, content, ttl, proxied, comment, tags, then conflicts and quota, which
`conflicts` and the zone check) is UNVERIFIED.
"""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
import re
from typing import Any

from . import errors
from .errors import RefusedError
from .host_names import complete, to_ascii
from .plans import Plan
from .record import PROXIABLE_TYPES, TYPES, Fields, is_proxiable
from .record_content import BY_CONTENT, SERVICE_TYPES, service_content, service_data, txt_content

WRITABLE = frozenset(
    {
        "type",
        "name",
        "content",
        "ttl",
        "proxied",
        "comment",
        "tags",
        "settings",
        "priority",
        "data",
        "private_routing",
    }
)
SETTINGS = {"CNAME": frozenset({"flatten_cname", "ipv4_only", "ipv6_only"})}
COMMON_SETTINGS = frozenset({"ipv4_only", "ipv6_only"})
MAX_TTL_S = 86_400
MAX_CONTENT_LENGTH = 4096
MAX_PRIORITY = 0xFFFF
TAG = re.compile(r"[A-Za-z0-9_-]{1,32}(:.{0,100})?")
HOST = re.compile(r"[a-z0-9_*]([a-z0-9_.-]{0,251}[a-z0-9_])?")

type Body = Mapping[str, Any]


def full_fields(body: Body, zone: str, plan: Plan) -> Fields:
    """Return the fields of a POST or PUT; missing ones have their defaults.

    Raises RefusedError for the first invalid field.
    """
    type_ = _type(body.get("type"))
    name = _name(body.get("name"), zone)
    if type_ in SERVICE_TYPES:
        body = _service(body)
    content = _content(type_, name, body, zone)
    ttl = _ttl(body.get("ttl", 1), plan)
    proxied = _proxied(body.get("proxied", False), type_, content)
    return Fields(
        type=type_,
        name=name,
        content=content,
        ttl=1 if proxied else ttl,
        proxied=proxied,
        comment=_comment(body.get("comment"), plan),
        tags=_tags(body.get("tags"), plan),
        settings=_settings(type_, body.get("settings"), {}),
        priority=_priority(body.get("priority")),
        data=_object("data", body["data"]) if body.get("data") is not None else None,
        private_routing=_boolean("private_routing", body.get("private_routing", False)),
    )


def patched_fields(body: Body, old: Fields, zone: str, plan: Plan) -> Fields:
    """Return the fields after a PATCH; missing ones are kept.

    Raises RefusedError for the first invalid field.
    """
    kept = {
        "type": old.type,
        "name": old.name,
        "content": old.content,
        "ttl": old.ttl,
        "proxied": old.proxied,
        "comment": old.comment,
        "tags": list(old.tags),
        "priority": old.priority,
        "data": old.data,
        "private_routing": old.private_routing,
    }
    given = {key: value for key, value in body.items() if key != "settings"}
    if "data" in given:
        # The content is derived from the data, so the old content must not be kept.
        given.setdefault("content", None)
    elif "content" in given:
        kept["data"] = None
    check_same_type(kept | given, old)
    fields = full_fields(kept | given, zone, plan)
    return replace(fields, settings=_settings(old.type, body.get("settings"), old.settings))


def check_same_type(body: Body, old: Fields) -> None:
    """Raise RefusedError for a change of the type."""
    if _type(body.get("type")) != old.type:
        raise RefusedError(errors.TYPE_CHANGE)


def ignored_fields(body: Body, type_: object) -> list[str]:
    """Return a surprise for each field that Cloudflare ignores or that is read-only."""
    ignored = [f"body field {key!r} is ignored" for key in body if key not in WRITABLE]
    return [*ignored, BY_CONTENT] if type_ in SERVICE_TYPES and "content" in body else ignored


def _service(body: Body) -> Body:
    """Return the body of an HTTPS or SVCB record with its parts and the content of them."""
    data = body.get("data")
    try:
        parts = service_data(None if data is None else _object("data", data), body.get("content"))
    except ValueError as err:
        raise RefusedError(errors.OTHER_CONTENT) from err
    return {**body, "data": parts, "content": service_content(parts)}


def _type(given: object) -> str:
    if not isinstance(given, str) or given not in TYPES:
        raise RefusedError(errors.bad_type(given))
    return given


def _name(given: object, zone: str) -> str:
    if not isinstance(given, str):
        raise RefusedError(errors.NAME)
    try:
        return complete(given, zone)
    except ValueError as err:
        raise RefusedError(errors.NAME) from err


def _content(type_: str, name: str, body: Body, zone: str) -> str:
    """Return the content in canonical form."""
    given = body.get("content")
    if given is None and body.get("data") is not None and type_ not in errors.CONTENT:
        given = " ".join(str(value) for value in _object("data", body["data"]).values())
    invalid = RefusedError(errors.CONTENT.get(type_, errors.OTHER_CONTENT))
    if not isinstance(given, str) or not given:
        raise invalid
    if len(given.encode()) > MAX_CONTENT_LENGTH:
        raise RefusedError(errors.CONTENT_TOO_LONG)
    try:
        match type_:
            case "A":
                return str(IPv4Address(given))
            case "AAAA":
                return _ipv6(given)
            case "CNAME":
                return _host(given, name, zone)
            case "TXT":
                return txt_content(given)
            case _:
                return given
    except ValueError as err:
        raise invalid from err


def _ipv6(given: str) -> str:
    """Return an IPv6 address in canonical form. Raises ValueError for one with a scope id."""
    address = IPv6Address(given)
    if address.scope_id is not None:
        raise ValueError(given)
    return str(address)


def _host(given: str, name: str, zone: str) -> str:
    """Return the target of a CNAME. Raises ValueError if it is not a host name."""
    host = zone if given == "@" else to_ascii(given)
    if not HOST.fullmatch(host):
        raise ValueError(given)
    if host == name:
        raise RefusedError(errors.SELF_REFERENCE)
    return host


def _ttl(given: object, plan: Plan) -> int:
    """Return the TTL if the plan allows it."""
    if not isinstance(given, int) or isinstance(given, bool):
        raise RefusedError(errors.bad_field("ttl"))
    if given != 1 and not plan.min_ttl_s <= given <= MAX_TTL_S:
        raise RefusedError(errors.bad_ttl(plan.min_ttl_s))
    return given


def _proxied(given: object, type_: str, content: str) -> bool:
    """Return whether the record is proxied, if it can be."""
    proxied = _boolean("proxied", given)
    if proxied and type_ not in PROXIABLE_TYPES:
        raise RefusedError(errors.NOT_PROXIABLE)
    if proxied and not is_proxiable(type_, content):
        raise RefusedError(errors.not_proxied(content))
    return proxied


def _comment(given: object, plan: Plan) -> str | None:
    """Return the comment; null and an empty text both clear it (both UNVERIFIED)."""
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise RefusedError(errors.bad_field("comment"))
    if len(given) > plan.comment:
        raise RefusedError(errors.long_comment(plan.comment))
    if "\n" in given or "\r" in given:
        raise RefusedError(errors.COMMENT_LINES)
    return given


def _tags(given: object, plan: Plan) -> tuple[str, ...]:
    """Return the tags if the plan allows them."""
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        raise RefusedError(errors.bad_field("tags"))
    if len(given) > plan.tags:
        raise RefusedError(errors.many_tags(len(given), plan.tags))
    for tag in given:
        if not isinstance(tag, str) or not TAG.fullmatch(tag):
            raise RefusedError(errors.TAG_FORMAT)
    return tuple(given)


def _settings(type_: str, given: object, old: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings; missing ones are kept, and a CNAME always has `flatten_cname`."""
    settings = {"flatten_cname": False} if type_ == "CNAME" else {}
    settings |= old
    if given is None:
        return settings
    known = SETTINGS.get(type_, COMMON_SETTINGS)
    for key, value in _object("settings", given).items():
        if key not in known:
            raise RefusedError(errors.bad_field(f"settings.{key}"))
        settings[key] = _boolean(f"settings.{key}", value)
    return settings


def _priority(given: object) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= MAX_PRIORITY:
        raise RefusedError(errors.bad_field("priority"))
    return given


def _boolean(name: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise RefusedError(errors.bad_field(name))
    return given


def _object(name: str, given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise RefusedError(errors.bad_field(name))
    return given
