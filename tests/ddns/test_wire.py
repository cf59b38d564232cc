"""Zones and records as values; and every shape that is not the known one."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from custom_components.raindrop.ddns import wire
from custom_components.raindrop.ddns.errors import CloudflareResponseError

ID = "023e105f4ecef8ad9ca31a8372d0c353"
RECORD: dict[str, object] = {
    "id": ID,
    "name": "home.example.com",
    "type": "A",
    "content": "81.2.69.1",
    "proxiable": True,
    "proxied": False,
    "ttl": 1,
    "settings": {},
    "meta": {},
    "comment": None,
    "tags": [],
    "created_on": "2025-10-25T12:48:34.17977Z",
    "modified_on": "2025-10-25T12:48:34.17977Z",
}
ZONE: dict[str, object] = {"id": ID, "name": "example.com", "status": "active", "type": "full"}


def test_a_zone_is_read() -> None:
    """A zone has an identifier, a name that is compared in Punycode, and a plan."""
    zone = wire.read_zone({**ZONE, "name": "München.example", "plan": {"legacy_id": "pro"}})

    assert (zone.id, zone.name, zone.is_paid) == (ID, "xn--mnchen-3ya.example", True)
    assert wire.read_zones([ZONE]) == [wire.read_zone(ZONE)]
    for plan in (None, "pro", {}, {"legacy_id": "free"}):
        assert not wire.read_zone({"id": ID, "name": "example.com", "plan": plan}).is_paid


def test_a_record_is_read() -> None:
    """A record has all that Raindrop compares, shows or keeps."""
    raw = {**RECORD, "proxied": True, "comment": "front door", "tags": ["owner:me"]}

    record = wire.read_record(raw)

    assert (record.id, record.name, record.type) == (ID, "home.example.com", "A")
    assert (record.content, record.proxied, record.ttl_s) == ("81.2.69.1", True, 1)
    assert (record.comment, record.tags) == ("front door", ("owner:me",))
    assert record.modified_on == datetime(2025, 10, 25, 12, 48, 34, 179770, tzinfo=UTC)
    assert wire.read_records([raw]) == [record]


@pytest.mark.parametrize(
    "name, compared",
    [
        pytest.param("Home.Example.COM", "home.example.com", id="upper case/lower"),
        pytest.param("münchen.example", "xn--mnchen-3ya.example", id="unicode/punycode"),
        pytest.param("*.example.com", "*.example.com", id="wildcard/as it is"),
        pytest.param("_sip._TLS.example.com", "_sip._tls.example.com", id="service/lower"),
        pytest.param("ODD name.Example.com", "odd name.example.com", id="no host name/lower"),
    ],
)
def test_s21_the_name_of_a_record_is_compared_in_one_spelling(name: str, compared: str) -> None:
    """Lesson S21: names are compared in lower-case Punycode, and odd ones do no harm."""
    assert wire.read_record({**RECORD, "name": name}).name == compared


@pytest.mark.parametrize(
    "field, value, attribute, read",
    [
        pytest.param("comment", "", "comment", None, id="empty comment/none"),
        pytest.param("comment", 7, "comment", None, id="odd comment/none"),
        pytest.param("tags", None, "tags", (), id="null tags/none"),
        pytest.param("tags", [1], "tags", ("1",), id="odd tag/text"),
        pytest.param("content", "", "content", "", id="empty content/empty"),
        pytest.param("modified_on", None, "modified_on", None, id="no time/none"),
        pytest.param("modified_on", "yesterday", "modified_on", None, id="odd time/none"),
        pytest.param("modified_on", 1764000000, "modified_on", None, id="number/none"),
        pytest.param(
            "modified_on",
            "2026-01-02T03:04:05Z",
            "modified_on",
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            id="whole seconds/time",
        ),
    ],
)
def test_what_a_record_may_lack_is_forgiven(
    field: str, value: object, attribute: str, read: object
) -> None:
    """A record without a comment, tags or a time is still a record."""
    for raw in ({**RECORD, field: value}, {**RECORD, field: value, "proxied": False}):
        assert getattr(wire.read_record(raw), attribute) == read


@pytest.mark.parametrize("field", ["proxied", "comment", "tags", "content", "modified_on"])
def test_fields_that_may_be_absent(field: str) -> None:
    """A record of a type without these fields is still a record."""
    raw = {key: value for key, value in RECORD.items() if key != field}

    assert wire.read_record(raw).id == ID


@pytest.mark.parametrize("text", ["2026-01-02T03:04:05", "2026-01-02"])
def test_a_time_without_an_offset_is_not_known(text: str) -> None:
    """A time that does not say where its clock stands cannot be compared, and is left out."""
    assert wire.read_record({**RECORD, "modified_on": text}).modified_on is None


@pytest.mark.parametrize(
    "read, value",
    [
        *(
            pytest.param(wire.read_record, {**RECORD, field: value}, id=f"record, {field} {value}")
            for field, value in (
                ("id", None),
                ("id", "7"),
                ("id", "../../user/tokens"),
                ("id", ID.upper()),
                ("id", ID + "\n"),
                ("name", None),
                ("type", 1),
                ("content", None),
                ("ttl", "1"),
                ("ttl", None),
                ("proxied", None),
                ("proxied", "true"),
                ("tags", "a"),
            )
        ),
        *(
            pytest.param(
                wire.read_record,
                {key: value for key, value in RECORD.items() if key != field},
                id=f"record, no {field}",
            )
            for field in ("id", "name", "type", "ttl")
        ),
        pytest.param(wire.read_record, None, id="record, null"),
        pytest.param(wire.read_record, [RECORD], id="record, list"),
        pytest.param(wire.read_records, None, id="records, null"),
        pytest.param(wire.read_records, RECORD, id="records, object"),
        pytest.param(wire.read_records, [None], id="records, null inside"),
        pytest.param(wire.read_zone, {**ZONE, "id": "7"}, id="zone, id"),
        pytest.param(wire.read_zone, {**ZONE, "name": None}, id="zone, name"),
        pytest.param(wire.read_zone, "example.com", id="zone, text"),
        pytest.param(wire.read_zones, None, id="zones, null"),
        pytest.param(wire.read_zones, {}, id="zones, object"),
        pytest.param(wire.read_batch, None, id="batch, null"),
        pytest.param(wire.read_batch, [], id="batch, list"),
        pytest.param(wire.read_batch, {"posts": {"id": ID}}, id="batch, object"),
        pytest.param(wire.read_batch, {"posts": [{"id": ID}]}, id="batch, no record"),
    ],
)
def test_s10_an_unknown_shape_is_an_error(read: Callable[[object], object], value: object) -> None:
    """Lesson S10: what cannot be read is an error, and never an empty list or a record."""
    with pytest.raises(CloudflareResponseError, match="unknown shape"):
        read(value)


@pytest.mark.parametrize(
    "text, is_one",
    [
        pytest.param(ID, True, id="identifier/yes"),
        pytest.param(ID[:-1], False, id="short/no"),
        pytest.param(ID + "0", False, id="long/no"),
        pytest.param(ID.upper(), False, id="upper case/no"),
        pytest.param(ID[:-1] + "g", False, id="other letter/no"),
        pytest.param(ID + "\n", False, id="newline/no"),
        pytest.param("example.com", False, id="name/no"),
    ],
)
def test_an_identifier_is_known_by_its_form(*, text: str, is_one: bool) -> None:
    """An identifier is 32 lower-case hexadecimal characters."""
    assert wire.is_id(text) is is_one
