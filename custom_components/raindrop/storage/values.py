"""Read single stored values, which may have been edited by hand or restored in part.

Every function raises a ValueError for a value of another type or out of range.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from homeassistant.core import valid_entity_id
from homeassistant.exceptions import HomeAssistantError

from .. import ddns
from ..ddns import Address, HostName, ResourceId

MALFORMED = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
"""What reading malformed data raises."""
UNREADABLE = (*MALFORMED, HomeAssistantError, NotImplementedError, OSError)
"""Also what Home Assistant's store raises: for a file of another version, without
one, that is no JSON object, or that cannot be opened."""


class StoredValueError(ValueError):
    """A stored value is malformed."""


def read_mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping."""
    if not isinstance(value, Mapping):
        raise StoredValueError("not a mapping")
    return value


def read_list(value: object) -> Iterable[Any]:
    """Return a list."""
    if not isinstance(value, list | tuple):
        raise StoredValueError("not a list")
    return value


def read_choice[ValueT](choices: Mapping[str, ValueT], value: object) -> ValueT:
    """Return the value of a choice."""
    if not isinstance(value, str) or value not in choices:
        raise StoredValueError("not a choice")
    return choices[value]


def read_text(value: object) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise StoredValueError("not a text")
    return value


def read_bool(value: object) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise StoredValueError("neither true nor false")
    return value


def read_int(value: object, minimum: int, maximum: int) -> int:
    """Return a whole number of a range; fractions of it are cut off."""
    if not isinstance(value, int | float) or not minimum <= value <= maximum:
        raise StoredValueError(f"not a number from {minimum} to {maximum}")
    return int(value)


def read_id(value: object) -> str:
    """Return an identifier of Cloudflare, which becomes part of a path."""
    text = read_text(value).lower()
    if not ddns.is_id(text):
        raise StoredValueError("not an identifier")
    return text


def read_resource_id(value: object) -> ResourceId:
    """Return the identifier of a resource of an account, which becomes part of a path."""
    text = read_text(value).lower()
    if not ddns.is_resource_id(text):
        raise StoredValueError("not an identifier")
    return ResourceId(text)


def read_entity(value: object) -> str:
    """Return an entity id, or the registry id of an entity."""
    text = read_text(value)
    if not (text.replace("_", "").isalnum() or valid_entity_id(text)):
        raise StoredValueError("not an entity")
    return text


def read_host_name(value: object) -> HostName:
    """Return a host name, normalized."""
    return ddns.to_ascii(read_text(value))


def read_time(value: object) -> datetime:
    """Return a time in UTC; one without an offset is local time. Also raises OverflowError."""
    return datetime.fromisoformat(read_text(value)).astimezone(UTC)


def read_optional_time(value: object) -> datetime | None:
    """Return a time in UTC, None if there is none. Also raises OverflowError."""
    return None if value is None else read_time(value)


def read_address(value: object) -> Address:
    """Return an IP address; a number is not one."""
    return ip_address(read_text(value))


def read_optional_address(value: object) -> Address | None:
    """Return an IP address, None if there is none."""
    return read_address(value) if value else None
