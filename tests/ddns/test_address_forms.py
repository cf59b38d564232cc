"""How an address is read from what a source says: text, trace, JSON."""

from collections.abc import Callable
from ipaddress import ip_address
import json

from hypothesis import example, given, strategies as st
import pytest

from custom_components.raindrop.ddns.addresses import (
    UnusableAddressError,
    from_json,
    from_text,
    from_trace,
    parse,
    parse_record,
)
from custom_components.raindrop.ddns.model import Address, Family
from custom_components.raindrop.ddns.reading import Problem

from .builders import A1
from .test_addresses import PAGE, expected

HOST = "api.cloudflare.com"
TRACE = """fl=123f456
h=api.cloudflare.com
ip=81.2.69.1
ts=1764000000.123
visit_scheme=https
uag=Raindrop (Home Assistant)
colo=AMS
sliver=none
http=http/1.1
loc=NL
tls=TLSv1.3
sni=plaintext
warp=off
gateway=off
rbi=off
kex=X25519
"""


def read_trace(text: str, family: Family) -> Address:
    """Read a trace that was asked of one host."""
    return from_trace(text, family, HOST)


def test_a_trace_gives_the_address_of_its_line() -> None:
    """A trace that speaks for the host that was asked, without WARP, gives its address."""
    assert read_trace(TRACE, Family.IPV4) == A1


def test_a_trace_may_end_its_lines_as_it_likes() -> None:
    """Blank lines and carriage returns do not matter in a trace."""
    assert read_trace(TRACE.replace("\n", "\r\n") + "\r\n\r\n", Family.IPV4) == A1


@pytest.mark.parametrize(
    "old, new, problem",
    [
        pytest.param("warp=off", "warp=on", Problem.WARP, id="warp on/warp"),
        pytest.param("warp=off", "warp=plus", Problem.WARP, id="warp plus/warp"),
        pytest.param("warp=off", "warp=", Problem.WARP, id="warp empty/warp"),
        pytest.param("warp=off\n", "", Problem.WARP, id="warp absent/warp"),
        pytest.param("warp=off", "warp=OFF", Problem.WARP, id="warp spelt otherwise/warp"),
    ],
)
def test_s8_the_address_of_a_tunnel_is_not_the_homes(old: str, new: str, problem: Problem) -> None:
    """Lesson S8: a trace that came through WARP, or does not say, is not believed."""
    with pytest.raises(UnusableAddressError) as caught:
        read_trace(TRACE.replace(old, new), Family.IPV4)

    assert caught.value.problem is problem


@pytest.mark.parametrize(
    "new, problem",
    [
        pytest.param("h=portal.example", Problem.WRONG_HOST, id="portal/wrong host"),
        pytest.param("h=", Problem.WRONG_HOST, id="empty/wrong host"),
        pytest.param("h=api.cloudflare.com.", Problem.WRONG_HOST, id="near miss/wrong host"),
        pytest.param("x=api.cloudflare.com", Problem.NOT_AN_ADDRESS, id="absent/no address"),
    ],
)
def test_s4_a_trace_of_another_host_is_not_believed(new: str, problem: Problem) -> None:
    """Lesson S4: a captive portal that answers in another's name gives no address."""
    with pytest.raises(UnusableAddressError) as caught:
        read_trace(TRACE.replace("h=api.cloudflare.com", new), Family.IPV4)

    assert caught.value.problem is problem


@pytest.mark.parametrize(
    "text, problem",
    [
        pytest.param(TRACE.replace("ip=81.2.69.1\n", ""), Problem.NOT_AN_ADDRESS, id="no ip/none"),
        pytest.param(TRACE + "ip=8.8.8.8\n", Problem.NOT_AN_ADDRESS, id="two ip/none"),
        pytest.param(TRACE + "ip=81.2.69.1\n", Problem.NOT_AN_ADDRESS, id="ip twice/none"),
        pytest.param(TRACE + "h=api.cloudflare.com\n", Problem.NOT_AN_ADDRESS, id="h twice/none"),
        pytest.param(TRACE + "warp=off\n", Problem.NOT_AN_ADDRESS, id="warp twice/none"),
        pytest.param(
            TRACE.replace("81.2.69.1", "104.18.0.0"), Problem.CLOUDFLARE, id="own address/own"
        ),
        pytest.param(
            TRACE.replace("81.2.69.1", "2001:218::1"), Problem.WRONG_FAMILY, id="IPv6/family"
        ),
        pytest.param(TRACE.replace("81.2.69.1", ""), Problem.NOT_AN_ADDRESS, id="empty ip/none"),
        pytest.param(
            TRACE.replace("ip=81.2.69.1", "ip = 81.2.69.1"),
            Problem.NOT_AN_ADDRESS,
            id="spaces around the sign/none",
        ),
        pytest.param(TRACE.upper(), Problem.NOT_AN_ADDRESS, id="upper case/none"),
        pytest.param(TRACE[:20], Problem.NOT_AN_ADDRESS, id="cut/none"),
        pytest.param(PAGE, Problem.NOT_AN_ADDRESS, id="page/none"),
        pytest.param("8.8.8.8", Problem.NOT_AN_ADDRESS, id="text/none"),
        pytest.param("", Problem.NOT_AN_ADDRESS, id="empty/none"),
    ],
)
def test_a_trace_that_is_not_exact_gives_nothing(text: str, problem: Problem) -> None:
    """A trace counts only if each line stands in it once and the address is a good one."""
    with pytest.raises(UnusableAddressError) as caught:
        read_trace(text, Family.IPV4)

    assert caught.value.problem is problem


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"ip":"81.2.69.1"}', id="bare/read"),
        pytest.param('{"country":"NL","ip":"81.2.69.1","latitude":"52.3"}\n', id="among more/read"),
        pytest.param(' { "ip" : " 81.2.69.1 " } ', id="with spaces/read"),
    ],
)
def test_json_gives_the_address_of_its_key(text: str) -> None:
    """An object with an address under `ip` gives that address."""
    assert from_json(text, Family.IPV4) == A1


@pytest.mark.parametrize(
    "text, problem",
    [
        pytest.param('{"ip":null}', Problem.NOT_AN_ADDRESS, id="null/none"),
        pytest.param('{"ip":134744072}', Problem.NOT_AN_ADDRESS, id="number/none"),
        pytest.param('{"ip":["8.8.8.8"]}', Problem.NOT_AN_ADDRESS, id="list/none"),
        pytest.param('{"address":"8.8.8.8"}', Problem.NOT_AN_ADDRESS, id="other key/none"),
        pytest.param('["8.8.8.8"]', Problem.NOT_AN_ADDRESS, id="no object/none"),
        pytest.param('"8.8.8.8"', Problem.NOT_AN_ADDRESS, id="string/none"),
        pytest.param('{"ip":"8.8.8.8"', Problem.NOT_AN_ADDRESS, id="truncated/none"),
        pytest.param('{"ip":"8.8.8.8"}{}', Problem.NOT_AN_ADDRESS, id="two/none"),
        pytest.param("[" * 200_000, Problem.NOT_AN_ADDRESS, id="deep/none"),
        pytest.param('{"ip":' + "9" * 5000 + "}", Problem.NOT_AN_ADDRESS, id="long number/none"),
        pytest.param("8.8.8.8", Problem.NOT_AN_ADDRESS, id="text/none"),
        pytest.param(PAGE, Problem.NOT_AN_ADDRESS, id="page/none"),
        pytest.param("", Problem.NOT_AN_ADDRESS, id="empty/none"),
        pytest.param('{"ip":"2001:218::1"}', Problem.WRONG_FAMILY, id="IPv6/family"),
        pytest.param('{"ip":"10.0.0.1"}', Problem.NOT_PUBLIC, id="private/not public"),
    ],
)
def test_json_without_a_good_address_gives_nothing(text: str, problem: Problem) -> None:
    """JSON counts only if it is whole and a good address stands under `ip`."""
    with pytest.raises(UnusableAddressError) as caught:
        from_json(text, Family.IPV4)

    assert caught.value.problem is problem


def test_a_text_is_the_address_and_nothing_else() -> None:
    """A plain answer is read like any text: the whole of it, white space aside."""
    assert from_text("81.2.69.1\n", Family.IPV4) == A1
    with pytest.raises(UnusableAddressError):
        from_text(PAGE, Family.IPV4)


addresses = st.ip_addresses().map(str)
fragments = st.one_of(
    addresses,
    st.sampled_from(["8.8.8.8", "2001:218::1", "::ffff:8.8.8.8", " ", "\n", "ip=", "%1", "<html>"]),
    st.text(max_size=8),
    st.binary(max_size=8).map(lambda raw: raw.decode("latin-1")),
)
texts = st.lists(fragments, max_size=4).map("".join)
traces = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["h=", "warp=", "ip=", ""]), fragments).map("".join),
        st.sampled_from([f"h={HOST}", "warp=off"]),
        addresses.map("ip={}".format),
    ),
    max_size=5,
).map("\n".join)
objects = st.dictionaries(st.sampled_from(["ip", "x"]), texts, max_size=2).map(json.dumps)


@given(family=st.sampled_from(Family), text=st.one_of(texts, traces, objects))
@example(family=Family.IPV4, text=TRACE)
@example(family=Family.IPV4, text='{"ip":"8.8.8.8"}')
@example(family=Family.IPV6, text="2001:218::1")
@pytest.mark.parametrize("read", [parse, from_text, read_trace, from_json])
def test_nothing_but_a_good_address_comes_out(
    read: Callable[[str, Family], Address], family: Family, text: str
) -> None:
    """Whatever a source says, what is read is a good address that stands in it, or a reason."""
    try:
        address = read(text, family)
    except UnusableAddressError:
        return

    assert address.version == family
    assert expected(address) is None
    assert address in {ip_address(word) for word in _words(text)}


def _words(text: str) -> set[str]:
    """Return the addresses that stand in an answer, free of what may stand around them."""
    lines = [line.removeprefix("ip=") for line in text.splitlines()]
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    values = list(answer.values()) if isinstance(answer, dict) else []
    words = [text, *lines, *(value for value in values if isinstance(value, str))]
    return {bare for word in words if parse_record(bare := word.strip(" \t\r\n")) is not None}
