"""The lines of Cloudflare's trace."""

from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.addresses import Rejected, from_trace
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family

TRACE = "h=one.example\nip=8.8.4.4\nwarp=off\n"


@pytest.mark.parametrize("line", ["warp=on", "warp=on=off", "ip=8.8.8.8", "ip=8.8.8.8=", "h="])
def test_a_trace_with_two_lines_of_one_name_is_rejected(line: str) -> None:
    """A second line cannot replace the first one, whatever its value contains."""
    trace = from_trace(f"{TRACE}{line}\n", Family.IPV4, "one.example")

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
