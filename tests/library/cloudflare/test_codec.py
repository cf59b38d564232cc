"""Codec: zones and records, and responses of an unknown shape."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from custom_components.raindrop.ddns.cloudflare import codec, zone_codec
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.errors import CloudflareResponseError
from custom_components.raindrop.ddns.models import OWNER_COMMENT, HomeId, HostName, Owner, ZoneId
from custom_components.raindrop.ddns.zones import AccountId, Zone, ZoneStatus, ZoneType

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
HOME_ID = HomeId("3f9a1c2b")
OURS, OTHERS = Ownership(HOME_ID).comment(), Ownership(HomeId("00c0ffee")).comment()
ACCOUNT_ID = "9a7806061c88ada191ed06f989cc3dac"
ZONE_FIELDS = [
    *("status", "paused", "type", "name_servers", "vanity_name_servers", "account", "plan"),
]
ZONE: dict[str, object] = {"id": ID, "name": "example.com", "status": "active", "type": "full"}


def test_a_zone_is_decoded() -> None:
    """A zone has an identifier, a name in Punycode, and a plan."""
    zone = zone_codec.read_zone({**ZONE, "name": "München.example", "plan": {"legacy_id": "pro"}})

    assert (zone.id, zone.name, zone.is_paid) == (ID, "xn--mnchen-3ya.example", True)
    assert zone_codec.read_zones([ZONE]) == [zone_codec.read_zone(ZONE)]
    for plan in (None, {}, {"legacy_id": None}, {"legacy_id": "free"}):
        assert not zone_codec.read_zone({"id": ID, "name": "example.com", "plan": plan}).is_paid


def test_a_zone_says_whether_the_world_can_see_it() -> None:
    """A zone has a status, a type, name servers, an account and a plan."""
    zone = zone_codec.read_zone(
        {
            **ZONE,
            "status": "moved",
            "paused": True,
            "type": "partial",
            "name_servers": ["Ada.NS.cloudflare.com"],
            "vanity_name_servers": ["ns1.example.com"],
            "account": {"id": ACCOUNT_ID, "name": "Home"},
            "plan": {"legacy_id": "business"},
        }
    )

    assert zone == Zone(
        id=ZoneId(ID),
        name=HostName("example.com"),
        status=ZoneStatus.MOVED,
        paused=True,
        type=ZoneType.PARTIAL,
        name_servers=(HostName("ada.ns.cloudflare.com"),),
        vanity_name_servers=(HostName("ns1.example.com"),),
        account_id=AccountId(ACCOUNT_ID),
        plan="business",
    )


@pytest.mark.parametrize("absent", [{}, dict.fromkeys(ZONE_FIELDS)], ids=["left out", "null"])
def test_what_a_zone_does_not_say_is_not_known(absent: dict[str, object]) -> None:
    """A zone has an id and a name; the rest may be missing."""
    zone = zone_codec.read_zone({"id": ID, "name": "example.com", **absent})
    assert zone == Zone(id=ZoneId(ID), name=HostName("example.com"))
    assert zone_codec.read_zone({**ZONE, "status": "new", "type": "new", "account": {}}) == zone


def test_a_record_is_decoded() -> None:
    """A record has every field that is compared, shown or kept."""
    raw = {**RECORD, "proxied": True, "comment": "front door", "tags": ["owner:me"]}

    record = codec.read_record(raw)

    assert (record.id, record.name, record.type) == (ID, "home.example.com", "A")
    assert (record.content, record.proxied, record.ttl_s) == ("81.2.69.1", True, 1)
    assert (record.comment, record.tags) == ("front door", ("owner:me",))
    assert record.modified_on == datetime(2025, 10, 25, 12, 48, 34, 179770, tzinfo=UTC)
    assert codec.read_records([raw]) == [record]


@pytest.mark.parametrize(
    "meta, is_shadowed, is_read_only",
    [
        pytest.param({}, False, False, id="nothing"),
        pytest.param({"shadowed_by": [ID]}, True, False, id="shadowed"),
        pytest.param({"shadowed_by": []}, False, False, id="shadowed by nothing"),
        pytest.param({"shadowed_by": [ID], "is_glue": True}, False, False, id="glue"),
        pytest.param(
            {"shadowed_by": [ID], "is_glue": True, "dead_glue": True}, True, False, id="dead glue"
        ),
        pytest.param({"read_only": True}, False, True, id="read-only"),
        pytest.param({"read_only": "no", "shadowed_by": None}, False, False, id="other values"),
        pytest.param(None, False, False, id="null"),
        pytest.param(["read_only"], False, False, id="list"),
    ],
)
def test_what_cloudflare_says_of_a_record_is_decoded(
    meta: object, *, is_shadowed: bool, is_read_only: bool
) -> None:
    """The metadata may be missing or have another shape: it is extra, and no error."""
    record = codec.read_record({**RECORD, "meta": meta})
    assert (record.is_shadowed, record.is_read_only) == (is_shadowed, is_read_only)


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
def test_s21_the_name_of_a_record_is_normalized(name: str, compared: str) -> None:
    """Lesson S21: names are in lower-case Punycode; names that are no host names are kept."""
    assert codec.read_record({**RECORD, "name": name}).name == compared


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
def test_empty_or_malformed_optional_fields_are_ignored(
    field: str, value: object, attribute: str, read: object
) -> None:
    """A record with an empty or malformed comment, tags or time is decoded."""
    for raw in ({**RECORD, field: value}, {**RECORD, field: value, "proxied": False}):
        assert getattr(codec.read_record(raw), attribute) == read


@pytest.mark.parametrize("field", ["proxied", "comment", "tags", "content", "modified_on"])
def test_absent_optional_fields_are_accepted(field: str) -> None:
    """A record of a type without these fields is decoded."""
    raw = {key: value for key, value in RECORD.items() if key != field}

    assert codec.read_record(raw).id == ID


@pytest.mark.parametrize("text", ["2026-01-02T03:04:05", "2026-01-02"])
def test_a_time_without_an_offset_is_ignored(text: str) -> None:
    """A time without a UTC offset cannot be compared, and becomes None."""
    assert codec.read_record({**RECORD, "modified_on": text}).modified_on is None


@pytest.mark.parametrize(
    "read, value",
    [
        *(
            pytest.param(codec.read_record, {**RECORD, field: value}, id=f"record, {field} {value}")
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
                codec.read_record,
                {key: value for key, value in RECORD.items() if key != field},
                id=f"record, no {field}",
            )
            for field in ("id", "name", "type", "ttl")
        ),
        pytest.param(codec.read_record, None, id="record, null"),
        pytest.param(codec.read_record, [RECORD], id="record, list"),
        pytest.param(codec.read_records, None, id="records, null"),
        pytest.param(codec.read_records, RECORD, id="records, object"),
        pytest.param(codec.read_records, [None], id="records, null inside"),
        pytest.param(zone_codec.read_zone, {**ZONE, "id": "7"}, id="zone, id"),
        pytest.param(zone_codec.read_zone, {**ZONE, "name": None}, id="zone, name"),
        pytest.param(zone_codec.read_zone, "example.com", id="zone, text"),
        pytest.param(codec.read_token_expiry, None, id="token, nothing"),
        pytest.param(codec.read_token_expiry, [], id="token, list"),
        *(
            pytest.param(zone_codec.read_zone, {**ZONE, field: value}, id=f"zone, {field}")
            for field, value in (
                ("status", 7),
                ("paused", "true"),
                ("type", ["full"]),
                ("name_servers", "ada.ns.cloudflare.com"),
                ("vanity_name_servers", [7]),
                ("account", "Home"),
                ("account", {"id": "../7"}),
                ("plan", "pro"),
                ("plan", {"legacy_id": 7}),
            )
        ),
        pytest.param(zone_codec.read_zones, None, id="zones, null"),
        pytest.param(zone_codec.read_zones, {}, id="zones, object"),
        pytest.param(codec.read_batch, None, id="batch, null"),
        pytest.param(codec.read_batch, [], id="batch, list"),
        pytest.param(codec.read_batch, {"posts": {"id": ID}}, id="batch, object"),
        pytest.param(codec.read_batch, {"posts": [{"id": ID}]}, id="batch, no record"),
    ],
)
def test_s10_an_unknown_shape_is_an_error(read: Callable[[object], object], value: object) -> None:
    """Lesson S10: an unknown shape is an error, and never an empty list or a record."""
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
def test_an_identifier_is_recognized_by_its_form(*, text: str, is_one: bool) -> None:
    """An identifier is 32 lower-case hexadecimal characters."""
    assert codec.is_id(text) is is_one


@pytest.mark.parametrize(
    "comment, home_id, owner",
    [
        pytest.param(OURS, HOME_ID, Owner.THIS_HOME, id="our id/this home"),
        pytest.param(OTHERS, HOME_ID, Owner.OTHER_HOME, id="another id/other home"),
        pytest.param(OWNER_COMMENT, HOME_ID, Owner.UNNAMED_HOME, id="no id/unnamed home"),
        pytest.param(OWNER_COMMENT, None, Owner.THIS_HOME, id="no id for none/this home"),
        pytest.param(OURS, None, Owner.OTHER_HOME, id="an id for none/other home"),
        pytest.param(f"{OURS}, once", HOME_ID, Owner.NOBODY, id="our id, edited/nobody"),
        pytest.param(f"VPN. {OTHERS}.", HOME_ID, Owner.OTHER_HOME, id="another id, edited/other"),
        pytest.param(f"{OWNER_COMMENT} (home x)", HOME_ID, Owner.NOBODY, id="no real id/nobody"),
        pytest.param("front door", HOME_ID, Owner.NOBODY, id="a person's comment/nobody"),
        pytest.param(None, HOME_ID, Owner.NOBODY, id="no comment/nobody"),
    ],
)
def test_s12_a_record_is_owned_by_its_comment(
    comment: str | None, home_id: HomeId | None, owner: Owner
) -> None:
    """Lesson S12: a record is owned only if it has the very comment that this home writes."""
    raw = {**RECORD, "comment": comment}

    read = codec.read_record(raw, Ownership(home_id))
    assert read.owner is owner
    assert read.is_owned is (owner is Owner.THIS_HOME)
    assert codec.read_records([raw], Ownership(home_id)) == [read]
    assert codec.read_batch({"posts": [raw]}, Ownership(home_id)) == [read]


def test_the_comment_of_a_home_fits_the_free_plan() -> None:
    """A comment has at most 100 characters there."""
    assert len(OURS) <= 100
