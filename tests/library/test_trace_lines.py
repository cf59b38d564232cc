"""The lines of Cloudflare's trace."""

import pytest

from custom_components.raindrop.ddns.addresses import Rejected, from_trace
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import Family

TRACE = "h=one.example\nip=8.8.4.4\nwarp=off\n"


@pytest.mark.parametrize("line", ["warp=on", "warp=on=off", "ip=8.8.8.8", "ip=8.8.8.8=", "h="])
def test_a_trace_with_two_lines_of_one_name_is_rejected(line: str) -> None:
    """A second line cannot replace the first one, whatever its value contains."""
    trace = from_trace(f"{TRACE}{line}\n", Family.IPV4, "one.example")

    assert trace == Rejected(DetectionError.NOT_AN_ADDRESS)
