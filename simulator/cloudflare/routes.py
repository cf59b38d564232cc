"""The routes of the simulated API."""

from dataclasses import dataclass
import re
from typing import Literal

from . import errors
from .errors import RefusedError

PREFIX = "/client/v4"
UNKNOWN = "(unknown)"
IDENTIFIER = re.compile(r"[0-9a-f]{32}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORMS = {"gateway_list_id": UUID}
"""The forms of those identifiers that have one of their own."""

RECORDS = "/zones/{zone_id}/dns_records"
RECORD = RECORDS + "/{dns_record_id}"
LISTS = "/accounts/{account_id}/rules/lists"
LOCATIONS = "/accounts/{account_id}/gateway/locations"
ZERO_TRUST_LISTS = "/accounts/{account_id}/gateway/lists"

type Action = Literal[
    "list_zones",
    "get_zone",
    "list_records",
    "create_record",
    "get_record",
    "patch_record",
    "put_record",
    "delete_record",
    "batch",
    "usage",
    "verify_user_token",
    "verify_account_token",
    "list_lists",
    "get_list",
    "list_items",
    "create_items",
    "replace_items",
    "delete_items",
    "get_operation",
    "list_locations",
    "get_location",
    "put_location",
    "list_zero_trust_lists",
    "get_zero_trust_list",
    "patch_zero_trust_list",
    "list_zero_trust_items",
]

ROUTES: dict[str, dict[str, Action]] = {
    "/zones": {"GET": "list_zones"},
    "/zones/{zone_id}": {"GET": "get_zone"},
    f"{RECORDS}/batch": {"POST": "batch"},
    f"{RECORDS}/usage": {"GET": "usage"},
    RECORDS: {"GET": "list_records", "POST": "create_record"},
    RECORD: {
        "GET": "get_record",
        "PATCH": "patch_record",
        "PUT": "put_record",
        "DELETE": "delete_record",
    },
    "/user/tokens/verify": {"GET": "verify_user_token"},
    "/accounts/{account_id}/tokens/verify": {"GET": "verify_account_token"},
    LISTS: {"GET": "list_lists"},
    f"{LISTS}/bulk_operations/{{operation_id}}": {"GET": "get_operation"},
    f"{LISTS}/{{list_id}}": {"GET": "get_list"},
    f"{LISTS}/{{list_id}}/items": {
        "GET": "list_items",
        "POST": "create_items",
        "PUT": "replace_items",
        "DELETE": "delete_items",
    },
    LOCATIONS: {"GET": "list_locations"},
    f"{LOCATIONS}/{{location_id}}": {"GET": "get_location", "PUT": "put_location"},
    ZERO_TRUST_LISTS: {"GET": "list_zero_trust_lists"},
    f"{ZERO_TRUST_LISTS}/{{gateway_list_id}}": {
        "GET": "get_zero_trust_list",
        "PATCH": "patch_zero_trust_list",
    },
    f"{ZERO_TRUST_LISTS}/{{gateway_list_id}}/items": {"GET": "list_zero_trust_items"},
}
"""Fixed paths come before those with a placeholder in the same position."""

PATTERNS = {
    template: re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)) for template in ROUTES
}
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
TARGETS = frozenset(
    {"*", *(f"{method} *" for method in METHODS)}
    | {f"{method} {template}" for template, methods in ROUTES.items() for method in methods}
)
"""The valid targets of a fault."""


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """The route of a path, with the identifiers in the path."""

    template: str
    identifiers: dict[str, str]

    def action(self, method: str, path: str, scheme: str) -> Action:
        """Return the action. Raises RefusedError for an invalid identifier or method."""
        given = self.identifiers.items()
        if not all(FORMS.get(name, IDENTIFIER).fullmatch(value) for name, value in given):
            raise RefusedError(errors.unroutable(path))
        action = ROUTES[self.template].get(method)
        if action is None:
            raise RefusedError(errors.wrong_method(method, scheme))
        return action


def match(path: str) -> RouteMatch | None:
    """Return the route of a path, None if it has none."""
    if not path.startswith(PREFIX):
        return None
    rest = path.removeprefix(PREFIX).removesuffix("/")
    for template, pattern in PATTERNS.items():
        if found := pattern.fullmatch(rest):
            return RouteMatch(template, found.groupdict())
    return None


def template_of(_method: str, path: str) -> str:
    """Return the template of a path for the log."""
    found = match(path)
    return found.template if found else UNKNOWN
