"""Names on the wire: Punycode for records, Unicode for zones, lower case everywhere."""

import re

import idna

LONGEST_NAME = 253
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def to_ascii(name: str) -> str:
    """Return a name in lower-case Punycode, without a trailing dot.

    Raises ValueError for what is no name.

    >>> to_ascii("MÜNCHEN.de.")
    'xn--mnchen-3ya.de'
    """
    return ".".join(_alabel(label) for label in name.removesuffix(".").split("."))


def to_unicode(name: str) -> str:
    """Return a name in Unicode, as zones show theirs.

    >>> to_unicode("xn--mnchen-3ya.de")
    'münchen.de'
    """
    return ".".join(
        idna.decode(label) if label.startswith("xn--") else label for label in name.split(".")
    )


def complete(name: str, zone: str) -> str:
    """Return the full name for what a request calls a record of a zone.

    Raises ValueError for what is no name.

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
    if len(full) > LONGEST_NAME:
        raise ValueError(name)
    first, *others = full.split(".")
    labels = others if first == "*" else [first, *others]
    if not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError(name)
    return full


def _alabel(label: str) -> str:
    """Return one label in ASCII; underscores and `*` are none of IDNA's business."""
    if label.isascii():
        return label.lower()
    try:
        return idna.encode(label, uts46=True).decode("ascii").lower()
    except idna.IDNAError as err:
        raise ValueError(label) from err
