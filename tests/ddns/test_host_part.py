"""The host part of an IPv6 address: how people write it, and the sums with a prefix."""

from ipaddress import IPv6Address

from hypothesis import given, strategies as st
import pytest

from custom_components.raindrop.ddns.errors import DdnsError
from custom_components.raindrop.ddns.host_part import (
    MAX_PREFIX,
    MIN_PREFIX,
    HostPartError,
    join,
    read_host_part,
)
from custom_components.raindrop.ddns.model import HostPart

BITS = 128
prefixes = st.integers(MIN_PREFIX, MAX_PREFIX)
numbers = st.integers(0, 2**BITS - 1)
addresses = numbers.map(IPv6Address)


def bits(address: IPv6Address | int) -> str:
    """Return the 128 bits of an address, so that sums can be checked without sums."""
    return f"{int(address):0{BITS}b}"


def interface(text: str) -> int:
    """Return an interface id as people write it."""
    return int(IPv6Address(text))


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_nothing_names_no_host_part(text: str) -> None:
    """Who leaves the field empty gets the whole address of the reading."""
    assert read_host_part(text, 64) is None


@pytest.mark.parametrize("text", ["record", " Record ", "RECORD"])
@pytest.mark.parametrize("prefix_length", [MIN_PREFIX, 56, MAX_PREFIX])
def test_the_interface_id_of_the_record_may_stay(text: str, prefix_length: int) -> None:
    """The word "record" keeps whatever interface id the record has."""
    assert read_host_part(text, prefix_length) == HostPart(
        prefix_length=prefix_length, interface_id=None
    )


@pytest.mark.parametrize(
    "text, prefix_length, number",
    [
        pytest.param("::1", 64, 1, id="one/one"),
        pytest.param("::1234:5678", 64, 0x1234_5678, id="short/itself"),
        pytest.param(" ::BEEF ", 64, 0xBEEF, id="capitals and spaces/itself"),
        pytest.param("0:0:0:0:0:0:0:5", 64, 5, id="in full/itself"),
        pytest.param("::192.0.2.1", 64, 0xC000_0201, id="like IPv4/itself"),
        pytest.param("::ffff:ffff:ffff:ffff", 64, 2**64 - 1, id="64 bits beside 64/fits"),
        pytest.param("::1:0:0:0:1", 63, 2**64 + 1, id="65 bits beside 63/fits"),
        pytest.param("::ff:0:0:0:1", 56, 0xFF << 64 | 1, id="72 bits beside 56/fits"),
        pytest.param("::ffff:0:0:0:1", 48, 0xFFFF << 64 | 1, id="80 bits beside 48/fits"),
    ],
)
def test_an_interface_id_may_be_typed(text: str, prefix_length: int, number: int) -> None:
    """An interface id is written like the end of an address, and keeps every bit."""
    assert read_host_part(text, prefix_length) == HostPart(
        prefix_length=prefix_length, interface_id=number
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
def test_a_mac_address_stands_for_the_interface_id_formed_from_it(mac: str) -> None:
    """However it is written, a MAC address gives the id of RFC 4291 appendix A.

    The numbers are those that RFC 2464 section 4 works out.
    """
    host = read_host_part(mac, 64)

    assert host == HostPart(interface_id=interface("::3656:78ff:fe9a:bcde"))


@pytest.mark.parametrize("prefix_length", [MIN_PREFIX, 56, MAX_PREFIX])
def test_a_mac_address_fits_beside_every_prefix(prefix_length: int) -> None:
    """A MAC address says nothing of the subnet, however short the prefix is."""
    host = read_host_part("34-56-78-9A-BC-DE", prefix_length)

    assert host == HostPart(
        prefix_length=prefix_length, interface_id=interface("::3656:78ff:fe9a:bcde")
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
def test_the_universal_bit_of_a_mac_address_is_turned(mac: str, text: str) -> None:
    """The bit that tells universal from local addresses is inverted, all others stay."""
    host = read_host_part(mac, 64)

    assert host == HostPart(interface_id=interface(text))


@pytest.mark.parametrize(
    "text, prefix_length",
    [
        pytest.param("::1:0:0:0:1", 64, id="65 bits beside 64"),
        pytest.param("::2:0:0:0:1", 63, id="66 bits beside 63"),
        pytest.param("::100:0:0:0:1", 56, id="73 bits beside 56"),
        pytest.param("::1:0:0:0:0:1", 48, id="81 bits beside 48"),
        pytest.param("2001:db8::5", 48, id="a whole address"),
        pytest.param("fe80::211:22ff:fe33:4455", 64, id="a link's address"),
        pytest.param("::", 64, id="zero"),
        pytest.param("::0", 48, id="zero in words"),
        pytest.param("::5%eth0", 64, id="scope"),
        pytest.param("fe80::5%1", 64, id="scope of a link"),
    ],
)
def test_what_does_not_fit_beside_the_prefix_is_refused(text: str, prefix_length: int) -> None:
    """An interface id has no bit in the prefix, is not zero, and knows no scope."""
    with pytest.raises(HostPartError, match="does not fit") as caught:
        read_host_part(text, prefix_length)

    assert f"prefix of {prefix_length}" in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("garden", id="word"),
        pytest.param("records", id="nearly a word"),
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
    """What is neither an interface id nor a MAC address is named in the refusal."""
    with pytest.raises(HostPartError, match="not a host part") as caught:
        read_host_part(text, 64)

    assert isinstance(caught.value, DdnsError)
    assert isinstance(caught.value, ValueError)
    assert repr(text) in str(caught.value)


@given(number=numbers, prefix_length=prefixes)
def test_exactly_what_fits_can_be_typed(number: int, prefix_length: int) -> None:
    """Every id that fits beside the prefix is read as it is, and no other is read at all."""
    text = str(IPv6Address(number))

    if number and "1" not in bits(number)[:prefix_length]:
        host = read_host_part(text, prefix_length)
        assert host == HostPart(prefix_length=prefix_length, interface_id=number)
    else:
        with pytest.raises(HostPartError):
            read_host_part(text, prefix_length)


@given(number=st.integers(1, 2 ** (BITS - MAX_PREFIX) - 1), prefix_length=prefixes)
def test_every_id_of_64_bits_fits_beside_every_prefix(number: int, prefix_length: int) -> None:
    """An ordinary interface id can be typed whatever the provider hands out."""
    host = read_host_part(str(IPv6Address(number)), prefix_length)

    assert host == HostPart(prefix_length=prefix_length, interface_id=number)


@given(text=st.text(max_size=20), prefix_length=prefixes)
def test_no_text_breaks_the_form(text: str, prefix_length: int) -> None:
    """Whatever is typed is a host part, none, or refused with the one error."""
    try:
        host = read_host_part(text, prefix_length)
    except HostPartError:
        return
    assert host is None or host.prefix_length == prefix_length


@given(
    reading=addresses,
    there=addresses,
    typed=st.integers(2 ** (BITS - MAX_PREFIX), 2**BITS - 1),
    prefix_length=prefixes,
)
def test_a_typed_id_with_a_subnet_stands_behind_the_prefix_of_the_reading(
    reading: IPv6Address, there: IPv6Address, typed: int, prefix_length: int
) -> None:
    """The first bits are the reading's, the rest the id's, whatever the record holds."""
    host = HostPart(prefix_length=prefix_length, interface_id=typed)

    joined = join(reading, host, there)

    assert joined is not None
    assert bits(joined) == bits(reading)[:prefix_length] + bits(typed)[prefix_length:]
    assert join(reading, host, None) == joined


@given(
    reading=addresses,
    there=addresses,
    typed=st.integers(0, 2 ** (BITS - MAX_PREFIX) - 1),
    prefix_length=prefixes,
)
def test_a_typed_id_without_a_subnet_stands_behind_the_subnet_of_the_reading(
    reading: IPv6Address, there: IPv6Address, typed: int, prefix_length: int
) -> None:
    """An id of 64 bits says nothing of the subnet: it is that of the reading, beside any prefix."""
    host = HostPart(prefix_length=prefix_length, interface_id=typed)

    joined = join(reading, host, there)

    assert joined is not None
    assert bits(joined) == bits(reading)[:MAX_PREFIX] + bits(typed)[MAX_PREFIX:]
    assert join(reading, host, None) == joined


@given(reading=addresses, there=addresses, prefix_length=prefixes)
def test_a_kept_id_stands_behind_the_prefix_of_the_reading(
    reading: IPv6Address, there: IPv6Address, prefix_length: int
) -> None:
    """The first bits are the reading's, the rest the record's."""
    joined = join(reading, HostPart(prefix_length=prefix_length), there)

    assert joined is not None
    assert bits(joined) == bits(reading)[:prefix_length] + bits(there)[prefix_length:]


@given(reading=addresses, there=addresses, prefix_length=prefixes)
def test_joining_again_changes_nothing(
    reading: IPv6Address, there: IPv6Address, prefix_length: int
) -> None:
    """A record that follows the prefix already stays as it is, and knows its way back."""
    keep = HostPart(prefix_length=prefix_length)
    joined = join(reading, keep, there)

    assert join(reading, keep, joined) == joined
    assert join(there, keep, joined) == there


@given(reading=addresses, typed=numbers, prefix_length=prefixes)
def test_only_the_prefix_of_the_reading_counts(
    reading: IPv6Address, typed: int, prefix_length: int
) -> None:
    """Two machines of one home see the same prefix, so that either may do the reading."""
    host = HostPart(prefix_length=prefix_length, interface_id=typed)
    neighbour = join(reading, HostPart(prefix_length=prefix_length, interface_id=1), None)

    assert neighbour is not None
    assert join(neighbour, host, None) == join(reading, host, None)


@given(reading=addresses, prefix_length=prefixes)
def test_without_a_record_there_is_no_id_to_keep(reading: IPv6Address, prefix_length: int) -> None:
    """An id that is not known joins with nothing: unknown stays unknown."""
    assert join(reading, HostPart(prefix_length=prefix_length), None) is None


def test_the_id_zero_is_an_id() -> None:
    """Zero is not "unknown": the router's anycast address is joined like any other."""
    host = HostPart(interface_id=0)

    assert join(IPv6Address("2001:218:1:2::9"), host, IPv6Address("2001:218::7")) == IPv6Address(
        "2001:218:1:2::"
    )
