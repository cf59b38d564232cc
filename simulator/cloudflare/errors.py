"""All refusals of the API: status, code and message.

UNVERIFIED marks a response that no captured one supports; do not rely on its code.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error of a refused request."""

    status: int
    code: int
    message: str
    chain: tuple[tuple[int, str], ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return the error as part of an envelope."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.chain:
            error["error_chain"] = [
                {"code": code, "message": message} for code, message in self.chain
            ]
        return error


class RefusedError(Exception):
    """A request is refused, for one or more reasons."""

    def __init__(self, *reasons: Refusal) -> None:
        """Store the reasons; the first one determines the HTTP status."""
        super().__init__("; ".join(f"{reason.code} {reason.message}" for reason in reasons))
        self.reasons = reasons

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.reasons[0].status

    @property
    def code(self) -> int:
        """The code of the first reason."""
        return self.reasons[0].code


def _malformed_header(code: int, message: str) -> Refusal:
    """Return the refusal of a malformed header, which has its reason in the chain."""
    return Refusal(400, 6003, "Invalid request headers", ((code, message),))


MALFORMED_TOKEN = _malformed_header(6111, "Invalid format for Authorization header")
MALFORMED_KEY = _malformed_header(6103, "Invalid format for X-Auth-Key header")
# The message is known, its status is UNVERIFIED.
MALFORMED_EMAIL = _malformed_header(6102, "Invalid format for X-Auth-Email header")
# UNVERIFIED.
CONTENT_TYPE = _malformed_header(
    6105,
    "Invalid Content-Type header, valid values are application/json,multipart/form-data",
)
MALFORMED_ON_ACCOUNT = Refusal(400, 9106, "Authentication failed (status: 400)")
UNKNOWN_TOKEN = Refusal(403, 9109, "Invalid access token")
UNKNOWN_TOKEN_ON_ACCOUNT = Refusal(401, 10000, "Authentication error")
UNKNOWN_KEY = Refusal(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
INVALID_TOKEN = Refusal(401, 1000, "Invalid API Token")
# The status is UNVERIFIED.
VERIFY_NEEDS_TOKEN = Refusal(400, 1001, 'Missing "Authorization" header')
NO_CREDENTIALS = (Refusal(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"),)
NO_CREDENTIALS_OLD = (
    Refusal(403, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"),
    Refusal(403, 9107, "Missing X-Auth-Key header"),
)
DENIED = Refusal(403, 10000, "Authentication error")
UNAUTHORIZED = Refusal(403, 9109, "Unauthorized to access requested resource")
# UNVERIFIED.
NO_ZONE = Refusal(404, 1001, "Invalid zone identifier")
NO_ROUTE = Refusal(400, 7000, "No route for that URI")
NO_RECORD = Refusal(404, 81044, "Record does not exist.")

NAME = Refusal(400, 9000, "DNS name is invalid.")
CONTENT = {
    "A": Refusal(400, 9005, "Content for A record must be a valid IPv4 address."),
    # UNVERIFIED.
    "AAAA": Refusal(400, 9006, "Content for AAAA record must be a valid IPv6 address."),
    # UNVERIFIED.
    "CNAME": Refusal(400, 9007, "Content for CNAME record is invalid."),
}
# UNVERIFIED.
OTHER_CONTENT = Refusal(400, 9007, "Content for this record is invalid.")
CONTENT_TOO_LONG = Refusal(
    400, 9015, "Record content exceeds the allowed length of 4096 wire format bytes."
)
SELF_REFERENCE = Refusal(400, 9039, "CNAME content cannot reference itself.")
NOT_PROXIABLE = Refusal(400, 9041, "This record type cannot be proxied.")
COMMENT_LINES = Refusal(400, 9314, "DNS record comment contains a line break.")  # UNVERIFIED.
TAG_FORMAT = Refusal(400, 9301, "DNS record tag is invalid.")  # UNVERIFIED.
# The code is UNVERIFIED.
QUOTA = Refusal(400, 81045, "Record quota exceeded.")
CNAME_IN_PLACE = Refusal(
    400,
    81054,
    "A CNAME record with that host already exists. For more details, refer to <https://developers."
    "cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/>.",
)
HOST_IN_PLACE = Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
OTHER_IN_PLACE = Refusal(400, 81055, "An A record with that host already exists.")
NS_IN_PLACE = Refusal(400, 81056, "NS records with that host already exist.")
# The code was reported, the status and message are UNVERIFIED.
SHADOWED = Refusal(400, 89018, "This record is below a delegated subdomain.")
# UNVERIFIED.
READ_ONLY = Refusal(400, 1043, "This record is read-only and cannot be changed.")
IDENTICAL = Refusal(400, 81058, "An identical record already exists.")
# The type cannot be changed since 2026-06-30; the code and message are UNVERIFIED.
TYPE_CHANGE = Refusal(400, 9004, "DNS record type cannot be changed.")
# UNVERIFIED.
EMPTY_BATCH = Refusal(400, 9207, "Batch request contains no operations.")
# The status is documented, the code and message are UNVERIFIED.
OPERATION_PENDING = Refusal(429, 10022, "another bulk operation is still pending")
# All of these are UNVERIFIED.
NO_LIST = Refusal(404, 10011, "could not find list")
NO_ITEM = Refusal(404, 10015, "could not find list item")
NO_OPERATION = Refusal(404, 10016, "could not find operation")
LIST_FULL = Refusal(400, 10018, "the maximum number of list items is exceeded")
LIST_IP = Refusal(400, 10019, "list item ip is invalid")
# All of these are UNVERIFIED; the message of the second one is documented for the dashboard.
NO_LOCATION = Refusal(404, 2025, "location not found")
ADDRESS_TAKEN = Refusal(400, 2026, "Your source IPv4 address is taken")
LOCATION_NETWORK = Refusal(400, 2027, "network is invalid")
# All of these are UNVERIFIED.
NO_ZERO_TRUST_LIST = Refusal(404, 2101, "list not found")
NO_ZERO_TRUST_ITEM = Refusal(400, 2102, "list item not found")
ZERO_TRUST_DUPLICATE = Refusal(400, 2103, "duplicate items in list")
ZERO_TRUST_LIST_FULL = Refusal(400, 2104, "the maximum number of list items is exceeded")
ZERO_TRUST_VALUE = Refusal(400, 2105, "list item value is invalid")
# UNVERIFIED.
BAD_JSON = Refusal(400, 6007, "Malformed JSON in request body")


def unroutable(path: str) -> Refusal:
    """Refuse a malformed identifier."""
    return Refusal(
        400, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?"
    )


def wrong_method(method: str, scheme: str) -> Refusal:
    """Refuse a method that the path does not support."""
    return Refusal(
        405, 10405, f"{method} method not allowed for the {scheme} authentication scheme"
    )


def wrong_location(address: str) -> Refusal:
    """Refuse a token that is not allowed from this address."""
    return Refusal(403, 9109, f"Cannot use the access token from location: {address}")


def may_not_list(actor: str) -> Refusal:
    """Refuse to list zones; code 0 was observed."""
    return Refusal(
        403,
        0,
        f"Actor '{actor}' requires permission 'com.cloudflare.api.account.zone.list' to list zones",
    )


def bad_type(given: object) -> Refusal:
    """Refuse an unknown type. UNVERIFIED."""
    return Refusal(400, 9002, f"DNS record type {given!r} is invalid.")


def bad_field(name: str) -> Refusal:
    """Refuse a field of the wrong JSON type. UNVERIFIED."""
    return Refusal(400, 9207, f"Request body is invalid: {name} has the wrong type.")


def bad_query(name: str) -> Refusal:
    """Refuse a query parameter. UNVERIFIED."""
    return Refusal(400, 9208, f"Invalid value for query parameter {name}.")


def bad_ttl(min_ttl_s: int) -> Refusal:
    """Refuse a TTL. The code is known, the message UNVERIFIED."""
    return Refusal(
        400,
        9021,
        f"Invalid TTL. Must be between {min_ttl_s} and 86400 seconds, or 1 for automatic.",
    )


def not_proxied(address: str) -> Refusal:
    """Refuse to proxy an address that the edge cannot reach."""
    return Refusal(400, 9003, f"Target {address} is not allowed for a proxied record.")


def long_comment(limit: int) -> Refusal:
    """Refuse a comment that is too long for the plan."""
    return Refusal(
        400, 9313, f"DNS record comment exceeds the maximum length of {limit} characters."
    )


def many_tags(count: int, limit: int) -> Refusal:
    """Refuse more tags than the plan has."""
    return Refusal(400, 9300, f"DNS record has {count} tags, exceeding the quota of {limit}.")


def large_batch(limit: int) -> Refusal:
    """Refuse more operations than the plan has. UNVERIFIED."""
    return Refusal(400, 9209, f"Batch request exceeds the maximum of {limit} operations.")
