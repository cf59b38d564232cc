"""STUN messages: the samples of RFC 5769, and whatever else a socket may receive."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from random import Random

import pytest

from custom_components.raindrop.ddns.detection.stun import binding_request, mapped_address
from custom_components.raindrop.ddns.sources import Family
from simulator.stun import binding_response

ID = bytes.fromhex("b7e7a701bc34d686fa87dfae")
RESPONSE_V4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
"""RFC 5769 section 2.2."""
RESPONSE_V6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
)
"""RFC 5769 section 2.3."""
ATTRIBUTE = RESPONSE_V4[36:48]
"""An XOR-MAPPED-ADDRESS."""
EMPTY = bytes.fromhex("80250000")
"""An attribute without a value."""
MUTATIONS = 100_000


def test_a_request_is_a_header_alone() -> None:
    """Type, length, magic cookie and transaction id: 20 bytes."""
    assert binding_request(ID) == bytes.fromhex("000100002112a442") + ID


def test_the_samples_of_the_standard_are_read() -> None:
    """Both families."""
    assert mapped_address(RESPONSE_V4, ID, Family.IPV4) == IPv4Address("192.0.2.1")
    expected = IPv6Address("2001:db8:1234:5678:11:2233:4455:6677")
    assert mapped_address(RESPONSE_V6, ID, Family.IPV6) == expected


@pytest.mark.parametrize(
    "datagram",
    [
        pytest.param(b"", id="empty"),
        pytest.param(RESPONSE_V4[:19], id="half a header"),
        pytest.param(RESPONSE_V4[:-1], id="truncated"),
        pytest.param(RESPONSE_V4 + b"\0\0\0\0", id="longer than it says"),
        pytest.param(b"\x01\x11" + RESPONSE_V4[2:], id="error response"),
        pytest.param(b"\x00\x01" + RESPONSE_V4[2:], id="request"),
        pytest.param(RESPONSE_V4[:4] + b"\0\0\0\0" + RESPONSE_V4[8:], id="no magic cookie"),
        pytest.param(RESPONSE_V4[:8] + ID[::-1] + RESPONSE_V4[20:], id="other transaction"),
        pytest.param(RESPONSE_V4.replace(b"\0\x20\0\x08", b"\0\x01\0\x08"), id="not masked"),
        pytest.param(RESPONSE_V4.replace(b"\0\x20\0\x08", b"\0\x20\0\x09"), id="wrong length"),
        pytest.param(RESPONSE_V4.replace(b"\x80\x28\0\x04", b"\x80\x28\0\x05"), id="overlong end"),
        pytest.param(b"\x01\x01\0\x03" + RESPONSE_V4[4:20] + b"\0\x20\0", id="half an attribute"),
        pytest.param(binding_response(ID, ip_address("8.8.4.4"), None)[:20], id="no attribute"),
    ],
)
def test_anything_else_is_ignored(datagram: bytes) -> None:
    """It is neither an address nor an error."""
    assert mapped_address(datagram, ID, Family.IPV4) is None


def response(body: bytes) -> bytes:
    """Return a success response with these attributes."""
    return b"\x01\x01" + len(body).to_bytes(2) + RESPONSE_V4[4:20] + body


def test_two_addresses_are_none() -> None:
    """Which one to believe is not known."""
    assert mapped_address(response(ATTRIBUTE * 2), ID, Family.IPV4) is None


@pytest.mark.parametrize("body", [EMPTY + ATTRIBUTE, ATTRIBUTE + EMPTY], ids=["first", "last"])
def test_an_attribute_may_be_empty(body: bytes) -> None:
    """It is its type and length alone."""
    assert mapped_address(response(body), ID, Family.IPV4) == IPv4Address("192.0.2.1")


def test_an_address_of_the_other_family_is_none() -> None:
    """The socket speaks one family."""
    assert mapped_address(RESPONSE_V4, ID, Family.IPV6) is None
    assert mapped_address(RESPONSE_V6, ID, Family.IPV4) is None


def test_no_mutation_raises_or_is_believed_without_its_transaction() -> None:
    """A datagram that is not from the server lacks the random transaction id."""
    random = Random(8489)
    believed = 0
    for _ in range(MUTATIONS):
        datagram = bytearray(random.choice((RESPONSE_V4, RESPONSE_V6)))
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(datagram))
            datagram[place] = random.randrange(256)
        del datagram[random.choice((len(datagram), random.randrange(len(datagram)))) :]
        family = random.choice([*Family])
        address = mapped_address(bytes(datagram), ID, family)
        if address is not None:
            believed += 1
            assert address.version == family
            assert datagram[8:20] == ID
    assert believed > 0
