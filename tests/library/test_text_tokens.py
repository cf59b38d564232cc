"""Addresses in texts: what is found, and that nothing else is changed."""

from functools import partial
from random import Random
from timeit import repeat

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.raindrop.ddns.models import Address
from custom_components.raindrop.ddns.records.text_tokens import (
    addresses_in,
    is_same_text,
    with_addresses,
)
from simulator.cloudflare.record_content import txt_content
from tests.library.builders import A1, A2, A3, B1, B2, https, record, txt

SAME = "unchanged"


@pytest.mark.parametrize(
    "content, replaced",
    [
        pytest.param(f'"v=spf1 ip4:{A1} -all"', f'"v=spf1 ip4:{A2} -all"', id="quoted"),
        pytest.param(f"v=spf1 ip4:{A1} -all", f"v=spf1 ip4:{A2} -all", id="no quotes"),
        pytest.param(f"V=SPF1 IP4:{A1}", f"V=SPF1 IP4:{A2}", id="upper case"),
        pytest.param(f'"v=spf1 ip4:{A1}/32 ~all"', f'"v=spf1 ip4:{A2}/32 ~all"', id="/32"),
        pytest.param(f'"v=spf1 ?ip4:{A1}"', f'"v=spf1 ?ip4:{A2}"', id="qualifier"),
        pytest.param(
            f'"v=spf1 ip4:{A1} a ip6:{B1}/128 ip4:{A1}"',
            f'"v=spf1 ip4:{A2} a ip6:{B2}/128 ip4:{A2}"',
            id="several",
        ),
        pytest.param(
            '"v=spf1 ip6:2001:0218:1:2:0:0:0:0001 mx"', f'"v=spf1 ip6:{B2} mx"', id="spelling"
        ),
        pytest.param('"v=spf1 ip4:81.2." "69.1 -all"', f'"v=spf1 ip4:{A2}" " -all"', id="split"),
        pytest.param(
            '"v=spf1 i"  "p4:8""1.2.69." "1" " -all"',
            f'"v=spf1 i"  "p4:{A2}""" "" " -all"',
            id="split four times",
        ),
        pytest.param(
            '"v=spf1 ip4:81\\.2.69.\\049 \\"x\\""', f'"v=spf1 ip4:{A2} \\"x\\""', id="escapes"
        ),
        pytest.param(f'"v=spf1 ip4:{A3} -all"', SAME, id="another address"),
        pytest.param(f'"v=spf1 ip4:{A1}/29 -all"', SAME, id="a network"),
        pytest.param(f'"v=spf1 ip4:{A1}/032 -all"', SAME, id="odd length"),
        pytest.param(f'"v=spf1 ip6:::ffff:{A1} -all"', SAME, id="mapped"),
        pytest.param(f'"v=spf1 ip6:{A1} ip4:{B1}"', SAME, id="wrong family"),
        pytest.param(f'"v=spf1 ip4:{A1}1 ip4:1{A1} ip4:{A1}."', SAME, id="part of another"),
        pytest.param(f'"v=spf1 xip4:{A1} ip4={A1} exp=ip4:{A1}"', SAME, id="other mechanisms"),
        pytest.param(f'"v=spf1 ip4:{A1},ip4:{A1}"', SAME, id="no spaces"),
        pytest.param(f'"v=spf1 ip4:{A1}\\009ip4:{A1}"', SAME, id="tabs"),
        pytest.param(f'"v=spf10 ip4:{A1}"', SAME, id="another version"),
        pytest.param(f'" v=spf1 ip4:{A1}"', SAME, id="space first"),
        pytest.param(f'"ip4:{A1}"', SAME, id="no SPF"),
        pytest.param(f'"v=spf1 ip4:{A1} -all', SAME, id="no end"),
        pytest.param(f'"v=spf1 ip4:{A1}" x', SAME, id="more after it"),
        pytest.param(f'"v=spf1 ip4:{A1} \\2"', SAME, id="half an escape"),
        pytest.param(f'v=spf1 "ip4:{A1}"', SAME, id="quotes within"),
        pytest.param("", SAME, id="empty"),
    ],
)
def test_spf(content: str, replaced: str) -> None:
    """Mechanisms of a single address are replaced, in records of SPF that are well-formed."""
    found = txt(content)

    text = with_addresses(found, {A1: A2, B1: B2})

    assert text == (content if replaced == SAME else replaced)
    assert bool(addresses_in(found) & {A1, B1}) is (replaced != SAME)


@pytest.mark.parametrize("kind", ["HTTPS", "SVCB"])
@pytest.mark.parametrize(
    "value, replaced",
    [
        pytest.param(f'alpn="h3" ipv4hint="{A1}"', f'alpn="h3" ipv4hint="{A2}"', id="quoted"),
        pytest.param(f"ipv4hint={A1} port=443", f"ipv4hint={A2} port=443", id="no quotes"),
        pytest.param(
            f'ipv4hint="{A3},{A1}"\tipv6hint={B1},2001:db8::1',
            f'ipv4hint="{A3},{A2}"\tipv6hint={B2},2001:db8::1',
            id="several",
        ),
        pytest.param(f'ipv6hint="{str(B1).upper()}"', f'ipv6hint="{B2}"', id="spelling"),
        pytest.param(f"ipv4hint={A3}", SAME, id="another address"),
        pytest.param(f"ipv6hint={A1}", SAME, id="wrong family"),
        pytest.param(f'key1="a ipv4hint={A1} b"', SAME, id="within another parameter"),
        pytest.param(f'key1="a\\" ipv4hint={A1} b"', SAME, id="behind an escaped quote"),
        pytest.param(f"key1=a\\ ipv4hint={A1}", SAME, id="behind an escaped space"),
        pytest.param(
            f'key1=\\" key2=" ipv4hint={A1} "', SAME, id="behind an escaped quote without quotes"
        ),
        pytest.param(
            f'key1=a\\"b ipv4hint={A1} key2="c"',
            f'key1=a\\"b ipv4hint={A2} key2="c"',
            id="an escaped quote without quotes",
        ),
        pytest.param(f'"ipv4hint={A1}"', SAME, id="all quoted"),
        pytest.param(f'ipv4hint="{A1}', SAME, id="no end"),
        pytest.param(f"xipv4hint={A1} ipv4hint=,{A1}x", SAME, id="other parameters"),
        pytest.param("", SAME, id="none"),
    ],
)
def test_hints(value: str, replaced: str, kind: str) -> None:
    """Hints are replaced wherever they are in a list, as parameters of their own."""
    found = https(value, kind=kind)

    text = with_addresses(found, {A1: A2, B1: B2})

    assert text == (value if replaced == SAME else replaced)
    assert bool(addresses_in(found) & {A1, B1}) is (replaced != SAME)


def test_a_record_whose_parts_are_not_known_has_no_addresses() -> None:
    """It could not be changed."""
    found = record(f"1 . ipv4hint={A1}", kind="HTTPS")

    assert addresses_in(found) == frozenset()
    assert with_addresses(found, {A1: A2}) == ""
    assert not is_same_text(f"ipv4hint={A1}", found)


@pytest.mark.parametrize(
    "content, replaced",
    [
        pytest.param(
            f'"v=spf1 ip4:1.0.0.1 x={"x" * 234}"',
            f'"v=spf1 ip4:81.2.69.200 x={"x" * 230}" "xxxx"',
            id="at the end",
        ),
        pytest.param(
            f'"v=spf1 ip4:1.0.0.1 x={"x" * 234}" "y"',
            f'"v=spf1 ip4:81.2.69.200 x={"x" * 230}" "xxxx" "y"',
            id="before another",
        ),
        pytest.param(
            f'"v=spf1 ip4:1.0.0.1 x={"é" * 117}"',
            f'"v=spf1 ip4:81.2.69.200 x={"é" * 115}" "éé"',
            id="two bytes each",
        ),
        pytest.param(
            f'"v=spf1 ip4:1.0.0.1 x={"\\233" * 234}"',
            f'"v=spf1 ip4:81.2.69.200 x={"\\233" * 230}" "{"\\233" * 4}"',
            id="escapes",
        ),
        pytest.param(
            f'"v=spf1 ip4:1.0.0.1 x={"x" * 500}"',
            f'"v=spf1 ip4:81.2.69.200 x={"x" * 230}" "{"x" * 255}" "{"x" * 15}"',
            id="twice",
        ),
        pytest.param(
            f"v=spf1 ip4:1.0.0.1 x={'x' * 300}", f"v=spf1 ip4:81.2.69.200 x={'x' * 300}", id="none"
        ),
        pytest.param(
            f'v=spf1 ip4:1.0.0.1 x="{"x" * 300}"',
            f'v=spf1 ip4:81.2.69.200 x="{"x" * 300}"',
            id="none, but quotes in a term",
        ),
    ],
)
def test_a_string_that_gets_too_long_is_split(content: str, replaced: str) -> None:
    """A longer address may not fit; what has no quotes is split by Cloudflare when it answers."""
    old, new = A1.__class__("1.0.0.1"), A1.__class__("81.2.69.200")

    text = with_addresses(txt(content), {old: new})

    assert text == replaced
    assert txt_content(text) == text


def test_characters_that_cannot_be_encoded_are_kept() -> None:
    """JSON can have half a pair of surrogates, which UTF-8 cannot."""
    found = txt(f'"v=spf1 ip4:{A1} x=\ud800"')

    assert with_addresses(found, {A1: A2}) == f'"v=spf1 ip4:{A2} x=\ud800"'


@pytest.mark.parametrize(
    "sent, shown, is_same",
    [
        pytest.param('"ab" "c"', '"abc"', True, id="joined"),
        pytest.param("abc", '"a""bc"', True, id="quoted and split"),
        pytest.param('"a\\"b"', '"a\\034b"', True, id="another escape"),
        pytest.param('"abc"', '"xyz"', False, id="another text"),
    ],
)
def test_txt_is_compared_without_quotes(sent: str, shown: str, *, is_same: bool) -> None:
    """Cloudflare may quote and split what was sent in another way."""
    assert is_same_text(sent, txt(shown)) is is_same


@pytest.mark.parametrize(
    "sent, shown, is_same",
    [
        pytest.param("alpn=h2  port=1", 'alpn="h2" port="1"', True, id="quoted"),
        pytest.param("alpn=h2 port=1", "port=1 alpn=h2", False, id="another order"),
    ],
)
def test_parameters_are_compared_without_quotes(sent: str, shown: str, *, is_same: bool) -> None:
    """Cloudflare may quote parameters that had no quotes."""
    assert is_same_text(sent, https(shown)) is is_same


def test_a_text_that_is_no_spf_costs_little() -> None:
    """The form for a domain looks for addresses in all of the zone, thousands perhaps."""
    spf, key = txt(f'"v=spf1 ip4:{A1} {"x" * 200}"'), txt(f'"v=DKIM1; p={"x" * 217}"')

    spf_s = min(repeat(partial(addresses_in, spf), number=20))
    key_s = min(repeat(partial(addresses_in, key), number=20))

    assert key_s < spf_s / 3


TERMS = (
    "a:home.example.com",
    "mx",
    "include:x.example",
    "ip4:192.0.2.0/24",
    'x="\\é\n',
    "-all",
    "",
)
MINE: dict[Address, Address] = {A1: A2, B1: B2}


class RandomText:
    """A random TXT record of SPF, with the content and the text that it should get."""

    def __init__(self, rng: Random) -> None:
        """Put terms together, escape and split them anywhere, and leave gaps between strings."""
        self.before = self.after = "v=spf1"
        content = [_escaped(rng, character) for character in self.before]
        expected = [*content]
        for _ in range(rng.randrange(12)):
            address = rng.choice((A1, B1, A3))
            term, mine, rest = rng.choice(TERMS), "", ""
            if rng.random() < 0.6:
                term, mine = f"ip{address.version}:", rng.choice((str(address), address.exploded))
                rest = rng.choice(("", f"/{address.max_prefixlen}"))
            new = str(MINE[address]) if mine and address in MINE else mine
            is_mine = new != mine
            self.before += f" {term}{mine}{rest}"
            self.after += f" {term}{new}{rest}"
            for part, is_replaced in ((f" {term}", False), (mine, is_mine), (rest, False)):
                for at, character in enumerate(part):
                    split, raw = _split(rng), _escaped(rng, character)
                    content += [split, raw]
                    expected += [split, (new if at == 0 else "") if is_replaced else raw]
        end = rng.choice(('"', '" ""'))
        self.content = "".join(['"', *content, end])
        self.expected = "".join(['"', *expected, end])


def _split(rng: Random) -> str:
    """Return what ends a string and begins another one, now and then."""
    return rng.choice(('""', '" "', '"  "')) if rng.random() < 0.03 else ""


def _escaped(rng: Random, character: str) -> str:
    """Return a character of a quoted string, perhaps escaped without need."""
    way = rng.random()
    if way < 0.03 and ord(character) < 256:
        return f"\\{ord(character):03}"
    is_plain = character not in '"\\' and (way > 0.06 or character.isdigit())
    return character if is_plain else f"\\{character}"


def joined(content: str) -> str:
    """Return the text of quoted strings, read in another way than the library does."""
    text, at = "", 0
    is_inside = False
    while at < len(content):
        if content[at] == '"':
            is_inside = not is_inside
        elif content[at] == "\\":
            code = content[at + 1 : at + 4]
            text += chr(int(code)) if code.isdigit() else code[0]
            at += 3 if code.isdigit() else 1
        elif is_inside:
            text += content[at]
        at += 1
    return text


@settings(max_examples=3000, deadline=None)
@given(text=st.randoms(use_true_random=True).map(RandomText))
def test_only_addresses_differ(text: RandomText) -> None:
    """Every byte that is no address stays, unless a string gets too long and has to be split."""
    assert joined(text.content) == text.before

    content = with_addresses(txt(text.content), MINE)

    assert joined(content) == text.after
    if max(map(len, content.split('"'))) < 200:
        assert content == text.expected
    else:
        assert txt_content(content) == txt_content(text.expected)
    assert addresses_in(txt(content)).isdisjoint(MINE)
    assert with_addresses(txt(content), MINE) == content
    assert is_same_text(content, txt(txt_content(content)))


@settings(max_examples=3000, deadline=None)
@given(content=st.text(alphabet='"\\ v=spf1ip4:6./012\né', max_size=60))
def test_nothing_is_too_odd(content: str) -> None:
    """Whatever a content is, without an address of this home it stays as it is."""
    for found in (txt(content), https(content)):
        assert with_addresses(found, {A1: A2}) == content
        assert is_same_text(content, found)
