"""Address parsing: responses as text, Cloudflare trace and JSON."""

from collections.abc import Callable
from ipaddress import ip_address
import json

from hypothesis import example, given, strategies as st
import pytest

from custom_components.raindrop.ddns.addresses import Rejected, parse, parse_record
from custom_components.raindrop.ddns.detection.response_formats import from_json, from_trace
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import Address
from custom_components.raindrop.ddns.sources import Family
from tests.library.builders import A1
from tests.library.test_addresses import PAGE, expected

HOST = "api.cloudflare.com"
SHORT_TRACE = "h=one.example\nip=8.8.4.4\nwarp=off\n"
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


def parse_trace(text: str, family: Family) -> Address | Rejected:
    """Parse a trace that was requested from one host."""
    return from_trace(text, family, HOST)


def reason(found: Address | Rejected) -> DetectionError | None:
    """Return why there is no address, None if there is one."""
    return found.error if isinstance(found, Rejected) else None


def test_a_trace_gives_the_address_of_its_line() -> None:
    """A trace of the requested host, without WARP, gives the address of its ``ip`` line."""
    assert parse_trace(TRACE, Family.IPV4) == A1


def test_a_trace_may_have_any_line_ends() -> None:
    """Blank lines and carriage returns do not matter in a trace."""
    assert parse_trace(TRACE.replace("\n", "\r\n") + "\r\n\r\n", Family.IPV4) == A1


@pytest.mark.parametrize(
    "old, new, error",
    [
        pytest.param("warp=off", "warp=on", DetectionError.TUNNEL, id="warp on/tunnel"),
        pytest.param("warp=off", "warp=plus", DetectionError.TUNNEL, id="warp plus/tunnel"),
        pytest.param("warp=off", "warp=", DetectionError.WARP, id="warp empty/warp"),
        pytest.param("warp=off\n", "", DetectionError.WARP, id="warp absent/warp"),
        pytest.param("warp=off", "warp=OFF", DetectionError.WARP, id="warp in upper case/warp"),
    ],
)
def test_s8_the_address_of_a_tunnel_is_rejected(old: str, new: str, error: DetectionError) -> None:
    """Lesson S8: a trace through WARP, or one that does not rule it out, is rejected."""
    assert reason(parse_trace(TRACE.replace(old, new), Family.IPV4)) is error


@pytest.mark.parametrize(
    "new, error",
    [
        pytest.param("h=portal.example", DetectionError.WRONG_HOST, id="portal/wrong host"),
        pytest.param("h=", DetectionError.WRONG_HOST, id="empty/wrong host"),
        pytest.param("h=api.cloudflare.com.", DetectionError.WRONG_HOST, id="near miss/wrong host"),
        pytest.param("x=api.cloudflare.com", DetectionError.NOT_AN_ADDRESS, id="absent/no address"),
    ],
)
def test_s4_a_trace_of_another_host_is_rejected(new: str, error: DetectionError) -> None:
    """Lesson S4: a trace from a captive portal gives no address."""
    assert reason(parse_trace(TRACE.replace("h=api.cloudflare.com", new), Family.IPV4)) is error


@pytest.mark.parametrize(
    "text, error",
    [
        pytest.param(
            TRACE.replace("ip=81.2.69.1\n", ""), DetectionError.NOT_AN_ADDRESS, id="no ip/none"
        ),
        pytest.param(TRACE + "ip=8.8.8.8\n", DetectionError.NOT_AN_ADDRESS, id="two ip/none"),
        pytest.param(TRACE + "ip=81.2.69.1\n", DetectionError.NOT_AN_ADDRESS, id="ip twice/none"),
        pytest.param(
            TRACE + "h=api.cloudflare.com\n", DetectionError.NOT_AN_ADDRESS, id="h twice/none"
        ),
        pytest.param(TRACE + "warp=off\n", DetectionError.NOT_AN_ADDRESS, id="warp twice/none"),
        pytest.param(
            TRACE.replace("81.2.69.1", "104.18.0.0"),
            DetectionError.CLOUDFLARE,
            id="own address/own",
        ),
        pytest.param(
            TRACE.replace("81.2.69.1", "2001:218::1"), DetectionError.WRONG_FAMILY, id="IPv6/family"
        ),
        pytest.param(
            TRACE.replace("81.2.69.1", ""), DetectionError.NOT_AN_ADDRESS, id="empty ip/none"
        ),
        pytest.param(
            TRACE.replace("ip=81.2.69.1", "ip = 81.2.69.1"),
            DetectionError.NOT_AN_ADDRESS,
            id="spaces around the sign/none",
        ),
        pytest.param(TRACE.upper(), DetectionError.NOT_AN_ADDRESS, id="upper case/none"),
        pytest.param(TRACE[:20], DetectionError.NOT_AN_ADDRESS, id="cut/none"),
        pytest.param(PAGE, DetectionError.NOT_AN_ADDRESS, id="page/none"),
        pytest.param("8.8.8.8", DetectionError.NOT_AN_ADDRESS, id="text/none"),
        pytest.param("", DetectionError.NOT_AN_ADDRESS, id="empty/none"),
    ],
)
def test_a_malformed_trace_is_rejected(text: str, error: DetectionError) -> None:
    """A trace needs each of its lines exactly once, and a public address."""
    assert reason(parse_trace(text, Family.IPV4)) is error


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"ip":"81.2.69.1"}', id="bare/parsed"),
        pytest.param(
            '{"country":"NL","ip":"81.2.69.1","latitude":"52.3"}\n', id="among more/parsed"
        ),
        pytest.param(' { "ip" : " 81.2.69.1 " } ', id="with spaces/parsed"),
    ],
)
def test_json_gives_the_address_of_its_key(text: str) -> None:
    """An object with a public address under `ip` gives that address."""
    assert from_json(text, Family.IPV4) == A1


@pytest.mark.parametrize(
    "text, error",
    [
        pytest.param('{"ip":null}', DetectionError.NOT_AN_ADDRESS, id="null/none"),
        pytest.param('{"ip":134744072}', DetectionError.NOT_AN_ADDRESS, id="number/none"),
        pytest.param('{"ip":["8.8.8.8"]}', DetectionError.NOT_AN_ADDRESS, id="list/none"),
        pytest.param('{"address":"8.8.8.8"}', DetectionError.NOT_AN_ADDRESS, id="other key/none"),
        pytest.param('["8.8.8.8"]', DetectionError.NOT_AN_ADDRESS, id="no object/none"),
        pytest.param('"8.8.8.8"', DetectionError.NOT_AN_ADDRESS, id="string/none"),
        pytest.param('{"ip":"8.8.8.8"', DetectionError.NOT_AN_ADDRESS, id="truncated/none"),
        pytest.param('{"ip":"8.8.8.8"}{}', DetectionError.NOT_AN_ADDRESS, id="two/none"),
        pytest.param("[" * 200_000, DetectionError.NOT_AN_ADDRESS, id="deep/none"),
        pytest.param(
            '{"ip":' + "9" * 5000 + "}", DetectionError.NOT_AN_ADDRESS, id="long number/none"
        ),
        pytest.param("8.8.8.8", DetectionError.NOT_AN_ADDRESS, id="text/none"),
        pytest.param(PAGE, DetectionError.NOT_AN_ADDRESS, id="page/none"),
        pytest.param("", DetectionError.NOT_AN_ADDRESS, id="empty/none"),
        pytest.param('{"ip":"2001:218::1"}', DetectionError.WRONG_FAMILY, id="IPv6/family"),
        pytest.param('{"ip":"10.0.0.1"}', DetectionError.NOT_PUBLIC, id="private/not public"),
    ],
)
def test_json_without_a_public_address_is_rejected(text: str, error: DetectionError) -> None:
    """JSON must be complete, and have a public address under `ip`."""
    assert reason(from_json(text, Family.IPV4)) is error


def test_a_text_response_is_the_address_and_nothing_else() -> None:
    """A text response is parsed as a whole, apart from white space around it."""
    assert parse("81.2.69.1\n", Family.IPV4) == A1
    assert parse(PAGE, Family.IPV4) == Rejected(DetectionError.NOT_AN_ADDRESS)


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
@pytest.mark.parametrize("parser", [parse, parse_trace, from_json])
def test_every_parser_gives_a_public_address_or_a_reason(
    parser: Callable[[str, Family], Address | Rejected], family: Family, text: str
) -> None:
    """For any response, the result is a public address that it contains, or a reason."""
    found = parser(text, family)

    words = {ip_address(word) for word in _words(text)}
    if isinstance(found, Rejected):
        assert found.address is None or found.address in words
        return
    assert found.version == family
    assert expected(found) is None
    assert found in words


def _words(text: str) -> set[str]:
    """Return the addresses in a response, without the white space around them."""
    lines = [line.removeprefix("ip=") for line in text.splitlines()]
    try:
        response = json.loads(text)
    except ValueError:
        response = None
    values = list(response.values()) if isinstance(response, dict) else []
    words = [text, *lines, *(value for value in values if isinstance(value, str))]
    return {bare for word in words if parse_record(bare := word.strip(" \t\r\n")) is not None}


@pytest.mark.parametrize("line", ["warp=on", "warp=on=off", "ip=8.8.8.8", "ip=8.8.8.8=", "h="])
def test_a_trace_with_two_lines_of_one_name_is_rejected(line: str) -> None:
    """A second line cannot replace the first one, whatever its value contains."""
    trace = from_trace(f"{SHORT_TRACE}{line}\n", Family.IPV4, "one.example")

    assert trace == Rejected(DetectionError.NOT_AN_ADDRESS)


@pytest.mark.parametrize("character", ["\r", "\v", "\f", "\x1c", "\x1d", "\x1e"])
def test_a_line_of_a_trace_ends_at_a_line_feed_only(character: str) -> None:
    """What a client sends, such as its user agent, cannot begin a line of its own."""
    body = f"h=one.example\nuag=x{character}ip=8.8.8.8{character}warp=off\nip=8.8.4.4\nwarp=off\n"

    assert from_trace(body, Family.IPV4, "one.example") == ip_address("8.8.4.4")


@pytest.mark.parametrize("character", ["\v", "\x1c"])
def test_no_address_comes_from_within_a_line(character: str) -> None:
    """A trace without lines of its own for the address and the tunnel has none."""
    body = f"h=one.example\nuag=x{character}ip=8.8.8.8{character}warp=off\n"

    assert from_trace(body, Family.IPV4, "one.example") == Rejected(DetectionError.NOT_AN_ADDRESS)
