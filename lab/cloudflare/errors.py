"""Every refusal of the API: status, code and message in one place.

UNVERIFIED marks an answer that no captured response supports; nobody should rely on its code.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is answered when a request is refused."""

    status: int
    code: int
    message: str
    chain: tuple[tuple[int, str], ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return the error as it stands in an envelope."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.chain:
            error["error_chain"] = [
                {"code": code, "message": message} for code, message in self.chain
            ]
        return error


class RefusedError(Exception):
    """A request is refused, for one or more reasons."""

    def __init__(self, *reasons: Refusal) -> None:
        """Take the reasons; the first decides the HTTP status."""
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


def _headers(code: int, message: str) -> Refusal:
    """Return the refusal of a malformed header, which hides its reason in the chain."""
    return Refusal(400, 6003, "Invalid request headers", ((code, message),))


MALFORMED_TOKEN = _headers(6111, "Invalid format for Authorization header")
MALFORMED_KEY = _headers(6103, "Invalid format for X-Auth-Key header")
# The message is known, its status is UNVERIFIED.
MALFORMED_EMAIL = _headers(6102, "Invalid format for X-Auth-Email header")
# UNVERIFIED.
CONTENT_TYPE = _headers(
    6105,
    "Invalid Content-Type header, valid values are application/json,multipart/form-data",
)
MALFORMED_ON_ACCOUNT = Refusal(400, 9106, "Authentication failed (status: 400)")
UNKNOWN_TOKEN = Refusal(403, 9109, "Invalid access token")
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
IDENTICAL = Refusal(400, 81058, "An identical record already exists.")
# Changing the type has been over since 2026-06-30; the code and message are UNVERIFIED.
TYPE_CHANGE = Refusal(400, 9004, "DNS record type cannot be changed.")
# UNVERIFIED.
EMPTY_BATCH = Refusal(400, 9207, "Batch request contains no operations.")
# UNVERIFIED.
BAD_JSON = Refusal(400, 6007, "Malformed JSON in request body")


def unroutable(path: str) -> Refusal:
    """Refuse an identifier that cannot be one."""
    return Refusal(
        400, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?"
    )


def wrong_method(method: str, scheme: str) -> Refusal:
    """Refuse a method that the path does not have."""
    return Refusal(
        405, 10405, f"{method} method not allowed for the {scheme} authentication scheme"
    )


def wrong_location(address: str) -> Refusal:
    """Refuse a token that may not be used from this address."""
    return Refusal(403, 9109, f"Cannot use the access token from location: {address}")


def may_not_list(actor: str) -> Refusal:
    """Refuse to list zones; code 0 is what is observed."""
    return Refusal(
        403,
        0,
        f"Actor '{actor}' requires permission 'com.cloudflare.api.account.zone.list' to list zones",
    )


def bad_type(given: object) -> Refusal:
    """Refuse a type that is not one. UNVERIFIED."""
    return Refusal(400, 9002, f"DNS record type {given!r} is invalid.")


def bad_field(name: str) -> Refusal:
    """Refuse a field of the wrong JSON type. UNVERIFIED."""
    return Refusal(400, 9207, f"Request body is invalid: {name} has the wrong type.")


def bad_query(name: str) -> Refusal:
    """Refuse a query parameter. UNVERIFIED."""
    return Refusal(400, 9208, f"Invalid value for query parameter {name}.")


def bad_ttl(least: int) -> Refusal:
    """Refuse a TTL. The code is old, the wording UNVERIFIED."""
    return Refusal(
        400, 9021, f"Invalid TTL. Must be between {least} and 86400 seconds, or 1 for automatic."
    )


def not_proxied(address: str) -> Refusal:
    """Refuse to proxy an address that the edge cannot reach."""
    return Refusal(400, 9003, f"Target {address} is not allowed for a proxied record.")


def long_comment(most: int) -> Refusal:
    """Refuse a comment that is too long for the plan."""
    return Refusal(
        400, 9313, f"DNS record comment exceeds the maximum length of {most} characters."
    )


def many_tags(count: int, most: int) -> Refusal:
    """Refuse more tags than the plan has."""
    return Refusal(400, 9300, f"DNS record has {count} tags, exceeding the quota of {most}.")


def large_batch(most: int) -> Refusal:
    """Refuse more operations than the plan has. UNVERIFIED."""
    return Refusal(400, 9209, f"Batch request exceeds the maximum of {most} operations.")
