"""Names in the API: lower case, Punycode for records, Unicode for zones."""

import re

import idna

MAX_NAME_LENGTH = 253
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def to_ascii(name: str) -> str:
    """Return a name in lower-case Punycode, without a trailing dot.

    Raises ValueError for an invalid name.

    >>> to_ascii("MÜNCHEN.de.")
    'xn--mnchen-3ya.de'
    """
    return ".".join(_alabel(label) for label in name.removesuffix(".").split("."))


def to_unicode(name: str) -> str:
    """Return a name in Unicode, as in zones.

    >>> to_unicode("xn--mnchen-3ya.de")
    'münchen.de'
    """
    return ".".join(
        idna.decode(label) if label.startswith("xn--") else label for label in name.split(".")
    )


def complete(name: str, zone: str) -> str:
    """Return the full name of a record for the name in a request.

    Raises ValueError for an invalid name.

    >>> complete("@", "example.com"), complete("Home", "example.com")
    ('example.com', 'home.example.com')
    """
    if name in {"@", ""}:
        if not name:
            raise ValueError(name)
        return zone
    full = to_ascii(name)
    if full != zone and not full.endswith(f".{zone}"):
        full = f"{full}.{zone}"
    if len(full) > MAX_NAME_LENGTH:
        raise ValueError(name)
    first, *others = full.split(".")
    labels = others if first == "*" else [first, *others]
    if not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError(name)
    return full


def _alabel(label: str) -> str:
    """Return one label in ASCII; IDNA applies only to labels with other characters."""
    if label.isascii():
        return label.lower()
    try:
        return idna.encode(label, uts46=True).decode("ascii").lower()
    except idna.IDNAError as err:
        raise ValueError(label) from err
