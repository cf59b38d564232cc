r"""Addresses in texts: find them, and replace some of them without changing anything else.

In a TXT record these are the mechanisms ``ip4:`` and ``ip6:`` of SPF (RFC 7208
section 5.6), of a single address, in HTTPS and SVCB records the parameters
``ipv4hint=`` and ``ipv6hint=`` (RFC 9460 section 7.3). What is written in any
other way is not found, and so never changed.

The content of a TXT record consists of quoted strings (RFC 1035 section 5.1) of
255 bytes at most, which SPF joins without a space, so that a split may be
within an address. Content that was created without quotes is a single string.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise
import re
from typing import NamedTuple

from ..addresses import parse_record
from ..models import Address, Record
from ..text_records import text_of

_MAX_STRING = 255
_STRING = r'"((?:[^"\\]|\\[0-9]{3}|\\[^0-9])*)"'
_QUOTED = re.compile(rf"(?:{_STRING}\s*)+", re.DOTALL)
_STRINGS = re.compile(_STRING, re.DOTALL)
_CHARACTER = re.compile(r"\\([0-9]{3})|\\?(.)", re.DOTALL)
_VERSION = "v=spf1"
_SPF = re.compile(r"v=spf1(?: .*)?", re.DOTALL | re.IGNORECASE)
_MECHANISM = re.compile(
    r"(?<![^ ])[-+?~]?ip(?:4:([0-9.]+)(?:/32)?|6:([0-9a-f:.]+)(?:/128)?)(?![^ ])", re.IGNORECASE
)
_PARAMETER = re.compile(r'(?:"(?:[^"\\]|\\.)*"|\\.|[^"\\\s])+', re.DOTALL)
_HINT = re.compile(r'ipv([46])hint=("?)([0-9A-Fa-f:.,]+)\2')
_LISTED = re.compile(r"[^,]+")


class _Character(NamedTuple):
    """One character of a text, and its position in the content."""

    character: str
    start: int
    end: int


class _Token(NamedTuple):
    """An address in a text, and its position."""

    address: Address
    start: int
    end: int


def addresses_in(record: Record) -> frozenset[Address]:
    """Return the addresses in the text of a record that can be replaced."""
    return frozenset(token.address for token in _tokens(record, _characters(record)))


def with_addresses(record: Record, replacements: Mapping[Address, Address]) -> str:
    r"""Return the text of a record in which some addresses are replaced by others.

    An address that is split is put into the string in which it began. A string
    that gets too long is split where it has to be.
    """
    text, characters = text_of(record) or "", _characters(record)
    for token in reversed([*_tokens(record, characters)]):
        if new := replacements.get(token.address):
            parts = characters[token.start : token.end]
            gaps = (text[before.end : after.start] for before, after in pairwise(parts))
            text = text[: parts[0].start] + str(new) + "".join(gaps) + text[parts[-1].end :]
    return _split(text) if record.type == "TXT" else text


def is_same_text(text: str, record: Record) -> bool:
    """Return whether a record has a text, however Cloudflare quotes and splits it."""
    if record.type == "TXT":
        return _joined(_txt_characters(text)) == _joined(_txt_characters(record.content))
    found = text_of(record) or ""
    return _parameters(text) == _parameters(found)


def _characters(record: Record) -> list[_Character]:
    """Return the characters of the text of a record; none if it cannot have an address."""
    if record.type != "TXT":
        return [*_as_they_are(text_of(record) or "")]
    # A zone may have thousands of others.
    start = _joined(islice(_txt_characters(record.content), len(_VERSION)))
    return [*_txt_characters(record.content)] if start.lower() == _VERSION else []


def _txt_characters(content: str) -> Iterator[_Character]:
    """Yield the characters of the strings in a content; none if it is malformed."""
    if not content.startswith('"'):
        yield from _as_they_are(content)
    elif _QUOTED.fullmatch(content):
        for string in _STRINGS.finditer(content):
            for found in _CHARACTER.finditer(content, *string.span(1)):
                character = chr(int(found[1])) if found[1] else found[2]
                yield _Character(character, *found.span())


def _as_they_are(text: str) -> Iterator[_Character]:
    return (_Character(character, at, at + 1) for at, character in enumerate(text))


def _tokens(record: Record, characters: list[_Character]) -> Iterator[_Token]:
    text = _joined(characters)
    return _spf_tokens(text) if record.type == "TXT" else _hint_tokens(text)


def _spf_tokens(text: str) -> Iterator[_Token]:
    for found in _MECHANISM.finditer(text) if _SPF.fullmatch(text) else ():
        group = found.lastindex or 0
        address = parse_record(found[group])
        if address and address.version == (4 if group == 1 else 6):
            yield _Token(address, *found.span(group))


def _hint_tokens(text: str) -> Iterator[_Token]:
    for parameter in _PARAMETER.finditer(text):
        if hint := _HINT.fullmatch(parameter[0]):
            start = parameter.start()
            for listed in _LISTED.finditer(hint[0], *hint.span(3)):
                address = parse_record(listed[0])
                if address and address.version == int(hint[1]):
                    yield _Token(address, start + listed.start(), start + listed.end())


def _joined(characters: Iterable[_Character]) -> str:
    return "".join(character.character for character in characters)


def _parameters(text: str) -> list[str]:
    return [parameter.replace('"', "") for parameter in _PARAMETER.findall(text)]


def _split(content: str) -> str:
    """Return quoted strings; those that are too long are split as Cloudflare does."""
    splits: list[int] = []
    for string in _STRINGS.finditer(content) if content.startswith('"') else ():
        length = 0
        for found in _CHARACTER.finditer(content, *string.span(1)):
            size = 1 if found[1] else len(found[2].encode(errors="surrogatepass"))
            if length + size > _MAX_STRING:
                splits.append(found.start())
                length = 0
            length += size
    for at in reversed(splits):
        content = f'{content[:at]}" "{content[at:]}'
    return content
