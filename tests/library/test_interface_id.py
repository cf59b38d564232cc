"""The interface identifier of an IPv6 address: how it is written and combined with a prefix."""

from ipaddress import IPv6Address

from hypothesis import given, strategies as st
import pytest

from custom_components.raindrop.ddns.addresses import MAX_PREFIX, MIN_PREFIX
from custom_components.raindrop.ddns.errors import DdnsError, InterfaceIdError
from custom_components.raindrop.ddns.models import InterfaceId
from custom_components.raindrop.ddns.records.interface_id import (
    combine,
    parse_interface_id,
)

BITS = 128
prefixes = st.integers(MIN_PREFIX, MAX_PREFIX)


def names_a_host(number: int) -> bool:
    """Return whether the last 64 bits are not zero."""
    return number % 2**64 != 0


numbers = st.integers(0, 2**BITS - 1).filter(names_a_host)
addresses = numbers.map(IPv6Address)


def bits(address: IPv6Address | int) -> str:
    """Return the 128 bits of an address as text, to check results without arithmetic."""
    return f"{int(address):0{BITS}b}"


def interface(text: str) -> int:
    """Return the bits of an interface identifier."""
    return int(IPv6Address(text))


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_an_empty_text_is_no_interface_id(text: str) -> None:
    """With an empty field, records get the whole detected address."""
    assert parse_interface_id(text, 64) is None


@pytest.mark.parametrize("text", ["keep", " Keep ", "KEEP"])
@pytest.mark.parametrize("prefix_length", [MIN_PREFIX, 56, MAX_PREFIX])
def test_the_word_keep_keeps_the_interface_id(text: str, prefix_length: int) -> None:
    """The word "keep" keeps the interface identifier of the existing record."""
    assert parse_interface_id(text, prefix_length) == InterfaceId(
        prefix_length=prefix_length, bits=None
    )


@pytest.mark.parametrize(
    "text, prefix_length, number",
    [
        pytest.param("::1", 64, 1, id="one/one"),
        pytest.param("::1234:5678", 64, 0x1234_5678, id="short/itself"),
        pytest.param(" ::BEEF ", 64, 0xBEEF, id="capitals and spaces/itself"),
        pytest.param("0:0:0:0:0:0:0:5", 64, 5, id="in full/itself"),
        pytest.param("::192.0.2.1", 64, 0xC000_0201, id="like IPv4/itself"),
        pytest.param("::ffff:ffff:ffff:ffff", 64, 2**64 - 1, id="64 bits, prefix of 64/fits"),
        pytest.param("::1:0:0:0:1", 63, 2**64 + 1, id="65 bits, prefix of 63/fits"),
        pytest.param("::ff:0:0:0:1", 56, 0xFF << 64 | 1, id="72 bits, prefix of 56/fits"),
        pytest.param("::ffff:0:0:0:1", 48, 0xFFFF << 64 | 1, id="80 bits, prefix of 48/fits"),
    ],
)
def test_an_interface_id_is_written_like_the_end_of_an_address(
    text: str, prefix_length: int, number: int
) -> None:
    """An interface identifier is parsed with all its bits."""
    assert parse_interface_id(text, prefix_length) == InterfaceId(
        prefix_length=prefix_length, bits=number
    )


@pytest.mark.parametrize(
    "mac",
    [
        pytest.param("34-56-78-9A-BC-DE", id="dashes"),
        pytest.param("34:56:78:9a:bc:de", id="colons"),
        pytest.param("3456.789a.bcde", id="dots"),
        pytest.param("3456789ABCDE", id="plain"),
        pytest.param(" 34:56:78:9a:bc:de\n", id="spaces around"),
    ],
)
def test_a_mac_address_gives_the_interface_id_formed_from_it(mac: str) -> None:
    """In any notation, a MAC address gives the identifier of RFC 4291 appendix A.

    The example is that of RFC 2464 section 4.
    """
    interface_id = parse_interface_id(mac, 64)

    assert interface_id == InterfaceId(bits=interface("::3656:78ff:fe9a:bcde"))


@pytest.mark.parametrize("prefix_length", [MIN_PREFIX, 56, MAX_PREFIX])
def test_a_mac_address_fits_every_prefix_length(prefix_length: int) -> None:
    """A MAC address does not name the subnet, with any prefix length."""
    interface_id = parse_interface_id("34-56-78-9A-BC-DE", prefix_length)

    assert interface_id == InterfaceId(
        prefix_length=prefix_length, bits=interface("::3656:78ff:fe9a:bcde")
    )


@pytest.mark.parametrize(
    "mac, text",
    [
        pytest.param("00:11:22:33:44:55", "::211:22ff:fe33:4455", id="universal/bit set"),
        pytest.param("02:11:22:33:44:55", "::11:22ff:fe33:4455", id="local/bit cleared"),
        pytest.param("ff:ff:ff:ff:ff:ff", "::fdff:ffff:feff:ffff", id="all ones/one bit cleared"),
        pytest.param("00:00:00:00:00:01", "::200:ff:fe00:1", id="leading zeros/kept"),
    ],
)
def test_the_universal_bit_of_a_mac_address_is_inverted(mac: str, text: str) -> None:
    """The universal/local bit is inverted, all other bits are kept."""
    interface_id = parse_interface_id(mac, 64)

    assert interface_id == InterfaceId(bits=interface(text))


@pytest.mark.parametrize(
    "text, prefix_length",
    [
        pytest.param("::1:0:0:0:1", 64, id="65 bits, prefix of 64"),
        pytest.param("::2:0:0:0:1", 63, id="66 bits, prefix of 63"),
        pytest.param("::100:0:0:0:1", 56, id="73 bits, prefix of 56"),
        pytest.param("::1:0:0:0:0:1", 48, id="81 bits, prefix of 48"),
        pytest.param("2001:db8::5", 48, id="a whole address"),
        pytest.param("fe80::211:22ff:fe33:4455", 64, id="a link-local address"),
        pytest.param("::", 64, id="zero"),
        pytest.param("::77:0:0:0:0", 56, id="zero in a subnet"),
        pytest.param("::0", 48, id="zero written out"),
        pytest.param("::5%eth0", 64, id="scope"),
        pytest.param("fe80::5%1", 64, id="link-local with a scope"),
    ],
)
def test_a_text_that_does_not_fit_the_prefix_length_is_refused(
    text: str, prefix_length: int
) -> None:
    """An interface identifier has no bit in the prefix, is not zero and has no scope."""
    with pytest.raises(InterfaceIdError, match="does not fit") as caught:
        parse_interface_id(text, prefix_length)

    assert f"prefix of {prefix_length}" in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("garden", id="word"),
        pytest.param("keeps", id="almost the word keep"),
        pytest.param("5", id="bare number"),
        pytest.param("192.0.2.1", id="IPv4"),
        pytest.param("::5/64", id="network"),
        pytest.param("::5 ::6", id="two"),
        pytest.param("::12345", id="too many digits"),
        pytest.param("00:11:22:33:44", id="short MAC"),
        pytest.param("00:11:22:33:44:55:66", id="long MAC"),
        pytest.param("00:11:22:33:44:5g", id="MAC with a g"),
        pytest.param("0011.2233", id="half a MAC"),
        pytest.param("00112233445", id="eleven digits"),
        pytest.param("00 11 22 33 44 55", id="MAC with spaces"),
        pytest.param("::1\n::2", id="two lines"),
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    """The error quotes a text that is neither an interface identifier nor a MAC address."""
    with pytest.raises(InterfaceIdError, match="not an interface identifier") as caught:
        parse_interface_id(text, 64)

    assert isinstance(caught.value, DdnsError)
    assert isinstance(caught.value, ValueError)
    assert repr(text) in str(caught.value)


@given(number=numbers, prefix_length=prefixes)
def test_exactly_the_identifiers_that_fit_are_accepted(number: int, prefix_length: int) -> None:
    """Every identifier that fits the prefix length is parsed, and every other is refused."""
    text = str(IPv6Address(number))

    if number and "1" not in bits(number)[:prefix_length]:
        interface_id = parse_interface_id(text, prefix_length)
        assert interface_id == InterfaceId(prefix_length=prefix_length, bits=number)
    else:
        with pytest.raises(InterfaceIdError):
            parse_interface_id(text, prefix_length)


@given(number=st.integers(1, 2 ** (BITS - MAX_PREFIX) - 1), prefix_length=prefixes)
def test_every_identifier_of_64_bits_fits_every_prefix_length(
    number: int, prefix_length: int
) -> None:
    """An identifier of 64 bits is accepted with any prefix length."""
    interface_id = parse_interface_id(str(IPv6Address(number)), prefix_length)

    assert interface_id == InterfaceId(prefix_length=prefix_length, bits=number)


@given(text=st.text(max_size=20), prefix_length=prefixes)
def test_any_text_is_parsed_or_refused(text: str, prefix_length: int) -> None:
    """Any text is an interface identifier, none, or refused with InterfaceIdError."""
    try:
        interface_id = parse_interface_id(text, prefix_length)
    except InterfaceIdError:
        return
    assert interface_id is None or interface_id.prefix_length == prefix_length


@given(
    detection=addresses,
    existing=addresses,
    given=st.integers(2 ** (BITS - MAX_PREFIX) + 1, 2**BITS - 1).filter(names_a_host),
    prefix_length=prefixes,
)
def test_a_given_identifier_with_a_subnet_follows_the_detected_prefix(
    detection: IPv6Address, existing: IPv6Address, given: int, prefix_length: int
) -> None:
    """The prefix is that of the detection, the rest is given, with any existing address."""
    interface_id = InterfaceId(prefix_length=prefix_length, bits=given)

    combined = combine(detection, interface_id, existing)

    assert combined is not None
    assert bits(combined) == bits(detection)[:prefix_length] + bits(given)[prefix_length:]
    assert combine(detection, interface_id, None) == combined


@given(
    detection=addresses,
    existing=addresses,
    given=st.integers(1, 2 ** (BITS - MAX_PREFIX) - 1),
    prefix_length=prefixes,
)
def test_a_given_identifier_without_a_subnet_follows_the_detected_subnet(
    detection: IPv6Address, existing: IPv6Address, given: int, prefix_length: int
) -> None:
    """An identifier of 64 bits names no subnet: it is that of the detection."""
    interface_id = InterfaceId(prefix_length=prefix_length, bits=given)

    combined = combine(detection, interface_id, existing)

    assert combined is not None
    assert bits(combined) == bits(detection)[:MAX_PREFIX] + bits(given)[MAX_PREFIX:]
    assert combine(detection, interface_id, None) == combined


@given(detection=addresses, existing=addresses, prefix_length=prefixes)
def test_a_kept_identifier_follows_the_detected_prefix(
    detection: IPv6Address, existing: IPv6Address, prefix_length: int
) -> None:
    """The prefix is that of the detection, the rest is that of the existing address."""
    combined = combine(detection, InterfaceId(prefix_length=prefix_length), existing)

    assert combined is not None
    assert bits(combined) == bits(detection)[:prefix_length] + bits(existing)[prefix_length:]


@given(detection=addresses, existing=addresses, prefix_length=prefixes)
def test_combining_again_changes_nothing(
    detection: IPv6Address, existing: IPv6Address, prefix_length: int
) -> None:
    """A combined address stays the same, and another prefix can be restored."""
    keep = InterfaceId(prefix_length=prefix_length)
    combined = combine(detection, keep, existing)

    assert combine(detection, keep, combined) == combined
    assert combine(existing, keep, combined) == existing


@given(detection=addresses, given=numbers, prefix_length=prefixes)
def test_only_the_detected_prefix_matters(
    detection: IPv6Address, given: int, prefix_length: int
) -> None:
    """Two machines of one home have the same prefix, so that either may detect it."""
    interface_id = InterfaceId(prefix_length=prefix_length, bits=given)
    other = combine(detection, InterfaceId(prefix_length=prefix_length, bits=1), None)

    assert other is not None
    assert combine(other, interface_id, None) == combine(detection, interface_id, None)


@given(detection=addresses, prefix_length=prefixes)
def test_without_a_record_no_identifier_is_kept(detection: IPv6Address, prefix_length: int) -> None:
    """An unknown identifier gives an unknown address."""
    assert combine(detection, InterfaceId(prefix_length=prefix_length), None) is None


@pytest.mark.parametrize(
    "interface_id, existing",
    [
        pytest.param(InterfaceId(bits=0), None, id="given"),
        pytest.param(InterfaceId(prefix_length=56, bits=0x77 << 64), None, id="given, a subnet"),
        pytest.param(InterfaceId(), "100::", id="kept from a placeholder"),
        pytest.param(InterfaceId(), "2001:218:1:2::", id="kept"),
        pytest.param(InterfaceId(prefix_length=56), "2001:218:1:2a::", id="kept, with a subnet"),
    ],
)
def test_an_identifier_of_zero_is_none(interface_id: InterfaceId, existing: str | None) -> None:
    """The subnet-router anycast address belongs to no machine (RFC 4291 section 2.6.1)."""
    kept = IPv6Address(existing) if existing else None

    assert combine(IPv6Address("2001:218:1:2::9"), interface_id, kept) is None
