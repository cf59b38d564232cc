"""What may surround an address in a text."""

import pytest

from custom_components.raindrop.ddns.addresses import Rejected, parse
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family


@pytest.mark.parametrize(
    "text", ["X8.8.4.4", "8.8.4.4X", "\v8.8.4.4", "8.8.4.4\x00", "8.8.4.4\xa0"]
)
def test_only_white_space_may_surround_an_address(text: str) -> None:
    """A text that is an address and something else is rejected."""
    assert parse(text, Family.IPV4) == Rejected(DetectionError.NOT_AN_ADDRESS)
