"""Texts in requests and responses: HTTPS and SVCB records have parts, TXT records have not."""

from ipaddress import ip_address
from typing import Any

import pytest

from custom_components.raindrop.ddns.cloudflare import codec
from custom_components.raindrop.ddns.errors import UnusableAddressError
from custom_components.raindrop.ddns.models import Record
from custom_components.raindrop.ddns.service_binding import ServiceBinding
from custom_components.raindrop.ddns.text_records import TextUpdate
from tests.library.builders import A1, A2, V4, https, record_id, txt

PARTS = {"priority": 1, "target": ".", "value": "alpn=h2"}


def fields(**more: Any) -> dict[str, Any]:
    """Return an HTTPS record of a response."""
    return {
        "id": record_id(1),
        "name": "home.example.com",
        "type": "HTTPS",
        "content": "1 . alpn=h2",
        "ttl": 1,
        **more,
    }


def change(record: Record, text: str, new: str = str(A2)) -> TextUpdate:
    """Return a change of a text."""
    return TextUpdate(
        record_key=V4,
        record=record,
        text=text,
        replaced=((A1, ip_address(new)),),
        record_keys=frozenset({V4}),
    )


@pytest.mark.parametrize(
    "more, service",
    [
        pytest.param(
            {"data": PARTS}, ServiceBinding(priority=1, target=".", value="alpn=h2"), id="known"
        ),
        pytest.param({}, None, id="none"),
        pytest.param({"data": None}, None, id="null"),
        pytest.param({"data": {**PARTS, "more": 1}}, None, id="more than known"),
        pytest.param({"data": {"priority": 1, "target": "."}}, None, id="one is missing"),
        pytest.param({"data": {**PARTS, "priority": "1"}}, None, id="priority as text"),
        pytest.param({"data": {**PARTS, "target": None}}, None, id="no target"),
        pytest.param({"data": {**PARTS, "value": None}}, None, id="no value"),
        pytest.param({"data": PARTS, "type": "TXT"}, None, id="another type"),
    ],
)
def test_only_parts_that_are_known_are_read(
    more: dict[str, Any], service: ServiceBinding | None
) -> None:
    """A record with any other parts could not be written as it was."""
    assert codec.read_record(fields(**more)).service == service


def test_a_text_is_written_by_its_content_or_all_its_parts() -> None:
    """Nothing else is sent."""
    assert codec.update_body(change(txt("a"), "b")) == {"content": "b"}
    data = {"priority": 1, "target": ".", "value": "b"}
    assert codec.update_body(change(https("a"), "b")) == {"data": data}


def test_an_address_that_may_not_be_written_is_not_written_to_a_text() -> None:
    """The last check before a write is the same as for a record."""
    with pytest.raises(UnusableAddressError):
        codec.update_body(change(txt("a"), "b", "192.168.1.1"))
