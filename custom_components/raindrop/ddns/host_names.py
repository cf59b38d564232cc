"""Host names: normalization to Punycode, display in Unicode, and membership in a zone."""

from collections.abc import Collection
import re
import unicodedata

from .errors import HostNameError, OutsideZoneError, RelativeNameError
from .models import HostName

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:\*|{_LABEL})(?:\.{_LABEL})*")
_MAX_NAME = 253
_JOINERS = "\u200c\u200d"
_INVISIBLE = re.compile("[\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Variation selectors and similar characters, which UTS #46 ignores."""
_ACE_PREFIX = "xn--"
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?([^\s/:?#]+)(?::\d*)?(?:[/?#].*)?", re.IGNORECASE)
"""A URL, or the host of one with a port or path (RFC 3986 section 3)."""


def to_ascii(text: str) -> HostName:
    """Normalize a full host name: Punycode, lower case, no trailing dot.

    Maps like UTS #46 (https://www.unicode.org/reports/tr46/) without its
    transitional rules, as Cloudflare does: Python's own ``idna`` codec would
    turn ``straße`` into the different name ``strasse``. Raises HostNameError.

    >>> to_ascii("Home.München.Example.")
    'home.xn--mnchen-3ya.example'
    """
    name = _mapped(text).removesuffix(".")
    if not name.isascii():
        name = ".".join(_ascii_label(label) for label in name.split("."))
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise HostNameError(f"not a host name: {text!r}")
    return HostName(name)


def to_unicode(name: str) -> str:
    """Return a host name in Unicode for display; labels that do not decode stay as they are.

    >>> to_unicode("home.xn--mnchen-3ya.example")
    'home.münchen.example'
    """
    return ".".join(_unicode_label(label) for label in name.split("."))


def host_of(text: str) -> str:
    """Return the host in a pasted URL, or in a host with a port or path; else the text itself.

    >>> host_of("https://home.example.com:8123/lovelace")
    'home.example.com'
    """
    found = _URL.fullmatch(text.strip())
    return found[1] if found else text


def is_within(name: HostName, zone_name: HostName) -> bool:
    """Return whether a host name is the zone's own or below it."""
    return name == zone_name or name.endswith(f".{zone_name}")


def full_name(text: str, zone_name: HostName | None) -> HostName:
    """Complete a host name as typed: a full name, ``@``, ``*`` or one label of the zone.

    Of a URL, only the host counts. ``zone_name`` is None if it is not known.
    Several labels that do not end in the zone's name are not relative, because
    a typing error would then create a record. Raises HostNameError,
    OutsideZoneError for a name of another zone, and RelativeNameError for a
    relative name without ``zone_name``.
    """
    text = host_of(text).strip()
    if "." in _mapped(text).removesuffix("."):
        name = to_ascii(text)
        if zone_name and not is_within(name, zone_name):
            raise OutsideZoneError(f"{text!r} is not in {zone_name}")
        return name
    if zone_name is None:
        raise RelativeNameError(f"{text!r} is not a full name")
    if text == "@" or to_ascii(text) == zone_name:
        return zone_name
    if text.endswith("."):
        raise OutsideZoneError(f"{text!r} is not in {zone_name}")
    return to_ascii(f"{text}.{zone_name}")


def shares_parent_domain(name: HostName, others: Collection[HostName]) -> bool:
    """Return whether a name shares a parent domain with a record of a zone.

    For a zone whose own name is not known: a name that shares no parent domain
    is probably a typing error. ``others`` are names in the zone.
    """
    return any(is_within(other, parent) for parent in parents(name) for other in others)


def parents(name: HostName) -> list[HostName]:
    """Return the possible zone names for a host name, the longest first.

    >>> parents("home.example.com")
    ['home.example.com', 'example.com']
    """
    labels = name.removeprefix("*.").split(".")
    return [HostName(".".join(labels[start:])) for start in range(len(labels) - 1)]


def _mapped(text: str) -> str:
    """Return a text with case, compatible characters and full stops mapped (UTS #46)."""
    if text.isascii():
        return text.strip().lower()
    # Letter by letter, because str.lower() maps "Σ" differently at the end of a word.
    lower = "".join(char.lower() for char in text.strip())
    folded = "".join(char.lower() for char in unicodedata.normalize("NFKC", lower))
    visible = (char for char in folded if char in _JOINERS or unicodedata.category(char) != "Cf")
    mapped = _INVISIBLE.sub("", "".join(visible))
    return unicodedata.normalize("NFC", mapped).replace("\u3002", ".")


def _ascii_label(label: str) -> str:
    """Return a mapped label in Punycode (RFC 3492)."""
    if label.isascii():
        return label
    if any(unicodedata.category(char) == "Cs" for char in label):
        raise HostNameError("not a host name: it contains half of a surrogate pair")
    return _ACE_PREFIX + label.encode("punycode").decode("ascii")


def _unicode_label(label: str) -> str:
    """Return a label decoded, or as it is unless encoding gives the same label again."""
    try:
        decoded = label.removeprefix(_ACE_PREFIX).encode("ascii").decode("punycode")
        is_faithful = label.startswith(_ACE_PREFIX) and _ascii_label(_mapped(decoded)) == label
    except (UnicodeError, HostNameError):
        return label
    return decoded if is_faithful else label
