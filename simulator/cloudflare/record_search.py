"""Listing zones and records: filters, order and pages."""

from collections.abc import Callable, Iterable

from ..faults import Fault
from .errors import RefusedError, bad_query
from .host_names import to_ascii
from .query_parameters import Page, Query, paged
from .record import TYPES, Fields, OddRecord, Record
from .switches import ZoneNameForms
from .wrong_successes import faulty_page
from .zone import Zone

type Test[T] = Callable[[T], bool]

MAX_ZONES = 50
MAX_RECORDS = 5_000_000
MAX_PAGE = 10_000_000

TEXT_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "": str.__eq__,
    ".exact": str.__eq__,
    ".contains": str.__contains__,
    ".startswith": str.startswith,
    ".endswith": str.endswith,
}
ZONE_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "equal": str.__eq__,
    "not_equal": str.__ne__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
}
ORDERS: dict[str, Callable[[Fields], tuple[object, ...]]] = {
    "type": lambda fields: (fields.type, fields.name),
    "name": lambda fields: (fields.name, fields.type),
    "content": lambda fields: (fields.content,),
    "ttl": lambda fields: (fields.ttl,),
    "proxied": lambda fields: (fields.proxied,),
}
PRESENCE = (".present", ".absent")
SHADOW = ("include_shadow_metadata", "shadowed_by_name", "shadowing_name")
PAGING = ("page", "per_page", "order", "direction", "match")
RECORD_PARAMETERS = frozenset(
    {
        f"{field}{suffix}"
        for field in ("name", "content", "comment", "tag")
        for suffix in TEXT_OPERATORS
    }
    | {f"{field}{suffix}" for field in ("comment", "tag") for suffix in PRESENCE}
    | {"type", "proxied", "tag_match", "search", *SHADOW, *PAGING}
)
ZONE_PARAMETERS = frozenset({"name", "status", "account.id", "account.name", "type", *PAGING})


def records(
    zone: Zone, query: Query, surprises: list[str], fault: Fault | None
) -> Page[Record | OddRecord]:
    """Return one page of the records that match a query, as the fault changes it."""
    surprises += _surprises(zone, query)
    tests = [*_text_tests(query), *_plain_tests(query)]
    tags = _tag_tests(query)
    matches = _combine(tests, query.choice("match", ("any", "all"), "all"))
    has_tags = _combine(tags, query.choice("tag_match", ("any", "all"), "all"))
    found = [
        record
        for record in zone.records.values()
        if matches(record.fields) and has_tags(record.fields)
    ]
    key = ORDERS[query.choice("order", ORDERS, "type")]
    descending = query.choice("direction", ("asc", "desc"), "asc") == "desc"
    found.sort(key=lambda record: key(record.fields), reverse=descending)
    page = query.number("page", 1, 1, MAX_PAGE)
    per_page = query.number("per_page", 100, 1, MAX_RECORDS)
    return faulty_page([*found, *_odd_records(zone, query)], page, per_page, fault)


def zones(
    visible: Iterable[Zone], query: Query, forms: ZoneNameForms, surprises: list[str]
) -> Page[Zone]:
    """Return one page of the zones that match a query."""
    matches = _combine(_zone_tests(query, forms), query.choice("match", ("any", "all"), "all"))
    types = (query.text("type") or "full,partial,secondary").split(",")
    found = [zone for zone in visible if zone.type in types and matches(zone)]
    order = query.choice(
        "order", ("name", "status", "account.id", "account.name", "plan.id"), "name"
    )
    descending = query.choice("direction", ("asc", "desc"), "asc") == "desc"
    found.sort(key=lambda zone: _zone_key(zone, order), reverse=descending)
    page = query.number("page", 1, 1, MAX_PAGE)
    per_page = query.number("per_page", 20, 5, MAX_PAGE)
    if per_page > MAX_ZONES:
        # The documented maximum is 50, but clients that request 100 are known to work.
        surprises.append(f"per_page={per_page} is above {MAX_ZONES}")
    return paged(found, page, min(per_page, MAX_ZONES))


def _odd_records(zone: Zone, query: Query) -> list[OddRecord]:
    """Return the odd records at the name in a query, or all without one."""
    name = query.text("name.exact") or query.text("name")
    return [odd for odd in zone.odd_records if name is None or odd.fields["name"] == name]


def requested_name(query: Query) -> str | None:
    """Return the zone name in a query, without its operator."""
    name = query.text("name")
    return None if name is None else name.rpartition(":")[2].lower()


def _combine[T](tests: list[Test[T]], match: str) -> Test[T]:
    """Combine tests; without tests every item passes."""
    if not tests:
        return lambda _item: True
    combine = any if match == "any" else all
    return lambda item: combine(test(item) for test in tests)


def _text_tests(query: Query) -> list[Test[Fields]]:
    """Return the case-insensitive tests of name, content and comment."""
    return [
        _text_test(field, compare, value.lower())
        for suffix, compare in TEXT_OPERATORS.items()
        for field in ("name", "content", "comment")
        if (value := query.text(f"{field}{suffix}")) is not None
    ]


def _text_test(field: str, compare: Callable[[str, str], bool], wanted: str) -> Test[Fields]:
    """Return the test of one field, which fails if the field is unset."""

    def test(fields: Fields) -> bool:
        value: str | None = getattr(fields, field)
        return value is not None and compare(value.lower(), wanted)

    return test


def _plain_tests(query: Query) -> list[Test[Fields]]:
    """Return the tests of type, proxying, comment presence and search."""
    tests: list[Test[Fields]] = []
    if (type_ := query.text("type")) is not None:
        wanted = type_.upper()
        if wanted not in TYPES:
            raise RefusedError(bad_query("type"))
        tests.append(lambda fields: fields.type == wanted)
    if (proxied := query.boolean("proxied")) is not None:
        tests.append(lambda fields: fields.proxied is proxied)
    if query.text("comment.present") is not None:
        tests.append(lambda fields: fields.comment is not None)
    if query.text("comment.absent") is not None:
        tests.append(lambda fields: fields.comment is None)
    if (search := query.text("search")) is not None:
        tests.append(lambda fields: _contains(fields, search.lower()))
    return tests


def _contains(fields: Fields, text: str) -> bool:
    """Return whether the name, content or comment of a record contains a text."""
    return any(
        text in value.lower() for value in (fields.name, fields.content, fields.comment or "")
    )


def _tag_tests(query: Query) -> list[Test[Fields]]:
    """Return the tests of tags; one matching tag is enough for each."""
    tests = [
        _tag_test(compare, value.lower())
        for suffix, compare in TEXT_OPERATORS.items()
        if (value := query.text(f"tag{suffix}")) is not None
    ]
    if (present := query.text("tag.present")) is not None:
        tests.append(lambda fields: _has_tag(fields, present))
    if (absent := query.text("tag.absent")) is not None:
        tests.append(lambda fields: not _has_tag(fields, absent))
    return tests


def _tag_test(compare: Callable[[str, str], bool], wanted: str) -> Test[Fields]:
    """Return the test that at least one tag must pass."""
    return lambda fields: any(compare(tag.lower(), wanted) for tag in fields.tags)


def _has_tag(fields: Fields, name: str) -> bool:
    """Return whether a record has a tag of this name, with any value."""
    return any(tag.partition(":")[0].lower() == name.lower() for tag in fields.tags)


def _surprises(zone: Zone, query: Query) -> list[str]:
    """Return the parameters that can find nothing, or that are not simulated."""
    surprises = [f"{name} is not simulated" for name in SHADOW[1:] if query.text(name) is not None]
    for parameter in ("name", "name.exact"):
        name = query.text(parameter)
        if name is None:
            continue
        is_full = name.isascii() and not name.endswith(".") and name.lower().endswith(zone.name)
        if not is_full:
            surprises.append(
                f"{parameter}={name} is not a full name in Punycode, so it finds nothing"
            )
    return surprises


def _zone_tests(query: Query, forms: ZoneNameForms) -> list[Test[Zone]]:
    tests: list[Test[Zone]] = []
    if (name := query.text("name")) is not None:
        tests.append(_zone_name_test(name, forms))
    if (status := query.text("status")) is not None:
        tests.append(lambda zone: zone.status == status)
    if (account_id := query.text("account.id")) is not None:
        tests.append(lambda zone: zone.account.id == account_id)
    if (account := query.text("account.name")) is not None:
        tests.append(lambda zone: _matches_filter(account, [zone.account.name]))
    return tests


def _zone_name_test(wanted: str, forms: ZoneNameForms) -> Test[Zone]:
    """Return the test of a zone name, in the forms that the switch allows."""
    return lambda zone: _matches_filter(
        wanted,
        {"punycode": [zone.name], "unicode": [zone.unicode_name]}.get(
            forms, [zone.name, zone.unicode_name]
        ),
    )


def _matches_filter(wanted: str, values: list[str]) -> bool:
    """Apply a filter of the form `operator:value`; the default operator is `equal`."""
    operator, _, value = wanted.rpartition(":")
    is_case_sensitive = operator.endswith("_case_sensitive")
    compare = ZONE_OPERATORS.get(operator.removesuffix("_case_sensitive") or "equal")
    if compare is None:
        raise RefusedError(bad_query("name"))
    if not is_case_sensitive:
        value, values = value.lower(), [known.lower() for known in values]
    combine = all if compare is str.__ne__ else any
    return combine(compare(known, value) for known in values)


def _zone_key(zone: Zone, order: str) -> str:
    """Return the sort key of a zone."""
    return {
        "name": to_ascii(zone.name),
        "status": zone.status,
        "account.id": zone.account.id,
        "account.name": zone.account.name,
        "plan.id": zone.plan.legacy_id,
    }[order]
