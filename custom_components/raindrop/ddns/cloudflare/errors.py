"""Classification of Cloudflare's error responses by HTTP status and error code."""

from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from ..errors import (
    CloudflareAddressTakenError,
    CloudflareAuthError,
    CloudflareBusyError,
    CloudflareCaptivePortalError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CredentialProblem,
    Permission,
)

RATE_LIMIT_WINDOW_S = 300.0
"""How long Cloudflare blocks after the limit, in seconds, if it does not say.

https://developers.cloudflare.com/fundamentals/api/reference/limits/
"""

_INVALID_HEADERS = 6003
"""Wraps the code of the header that is invalid, which need not be the credential."""
_MALFORMED_CREDENTIAL = frozenset({6103, 6111, 9106, 9107})
_MALFORMED_EMAIL = 6102
_INVALID_TOKEN = 1000
"""If the message names a token; timeouts have the same code."""
_UNKNOWN_KEY = 9103
_ACCESS_DENIED = 9109
_AUTHENTICATION_ERROR = 10000
_NOT_FOUND = frozenset({7000, 7003, 81044})
"""No such path, no such zone, no such record."""
_INVALID_ZONE = frozenset({1001, 1003})
"""With the status 404: other parts of the API use the same codes for other errors."""
_RATE_LIMITED = frozenset({971, 10100})
_INTERNAL_ERROR = 10001
_TAKEN = "address is taken"
"""Of a DNS location; its code is not documented."""
_DENIALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_OF_ACCOUNT = (Permission.LISTS_EDIT, Permission.ZERO_TRUST_EDIT)
_MAX_QUOTE = 300
"""Characters of Cloudflare's messages that an error repeats."""


@dataclass(frozen=True, slots=True)
class ApiError:
    """One item of the ``errors`` of a response, or of an ``error_chain`` in it."""

    code: int
    message: str


def classify(
    status: int,
    errors: Iterable[ApiError],
    *,
    needs: Permission,
    retry_after_s: float | None = None,
    is_captive_portal: bool = False,
    begins_operation: bool = False,
) -> CloudflareError:
    """Return the exception for an unsuccessful response; the caller raises it.

    Status *and* codes decide: the same bad token gives 400, 401 or 403 on different
    paths. Only a known code blames the credential; any other is a
    CloudflareRefusedError that quotes Cloudflare. ``needs`` is the permission that the
    request requires, and ends up in a CloudflarePermissionError; ``retry_after_s`` is
    the wait in seconds that the response asks for, if it does. ``begins_operation``
    says that the status 429 has a second meaning: another operation is pending. That is
    not the rate limit.

    https://developers.cloudflare.com/waf/tools/lists/lists-api/
    """
    errors = tuple(errors)
    wait_s = RATE_LIMIT_WINDOW_S if retry_after_s is None else retry_after_s
    if is_captive_portal:
        error: CloudflareError = CloudflareCaptivePortalError(
            f"Something other than Cloudflare answered (HTTP {status})"
        )
    elif begins_operation and _is_operation_pending(status, errors):
        error = CloudflareBusyError("Another change of the account's lists is pending")
    else:
        error = _classified(status, errors, needs, wait_s)
    error.status, error.codes = status, tuple(item.code for item in errors)
    return error


def is_captive_portal(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether something other than Cloudflare responded: a captive portal or a proxy.

    Cloudflare names itself in the headers of every response, including the pages of its
    edge, and its API neither redirects nor has pages. The status 511 is made for
    captive portals (RFC 6585 section 6). ``headers`` are by case-insensitive name.
    """
    if status == HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED:
        return True
    is_cloudflare = "CF-Ray" in headers or "cloudflare" in headers.get("Server", "").lower()
    is_own_problem = (
        status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    )
    if is_cloudflare or is_own_problem:
        return False
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    is_page = body.removeprefix(BOM_UTF8).lstrip().startswith(b"<")
    return is_redirect or is_page or status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED


def _classified(
    status: int, errors: tuple[ApiError, ...], needs: Permission, wait_s: float
) -> CloudflareError:
    codes = {error.code for error in errors}
    text = " ".join(error.message for error in errors).lower()
    # Cloudflare locks a credential out after too many failed logins.
    is_locked_out = "max auth failures" in text
    if status == HTTPStatus.TOO_MANY_REQUESTS or codes & _RATE_LIMITED or is_locked_out:
        message = f"Cloudflare's rate limit has been reached; it asks to wait {wait_s:.0f} s"
        return CloudflareRateLimitError(message, retry_after_s=wait_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or _INTERNAL_ERROR in codes:
        return CloudflareResponseError(f"Cloudflare is having problems (HTTP {status})")
    if not codes:
        return CloudflareResponseError(
            f"Cloudflare's response could not be understood (HTTP {status})"
        )
    if status in _DENIALS and (denial := _denial(status, codes, text, needs)):
        return denial
    if codes & _NOT_FOUND or (status == HTTPStatus.NOT_FOUND and codes & _INVALID_ZONE):
        return CloudflareNotFoundError("Cloudflare cannot find this zone or record")
    kind = CloudflareAddressTakenError if _TAKEN in text else CloudflareRefusedError
    return kind(f"Cloudflare refused the request: {quoted(errors)}")


def _is_operation_pending(status: int, errors: Collection[ApiError]) -> bool:
    """Return whether it was refused to begin an operation because another one is pending.

    Its code is not documented. The rate limiter has the same status, with codes
    of its own, or without any.
    """
    is_limited = any(e.code in _RATE_LIMITED or "throttling" in e.message for e in errors)
    return status == HTTPStatus.TOO_MANY_REQUESTS and bool(errors) and not is_limited


def _denial(
    status: int, codes: set[int], text: str, needs: Permission
) -> CloudflareAuthError | CloudflarePermissionError | None:
    """Return the exception for a refused credential or permission, None if it is neither.

    Codes 1000 and 9109 have several meanings, and only the message distinguishes
    them. The status 401 means that the credential is not accepted, whatever the
    code (RFC 9110 section 15.5.2).
    """
    if _MALFORMED_EMAIL in codes:
        problem = CredentialProblem.EMAIL_MALFORMED
        return CloudflareAuthError("This email address is not valid", problem=problem)
    if codes & _MALFORMED_CREDENTIAL or codes == {_INVALID_HEADERS}:
        problem = CredentialProblem.MALFORMED
        return CloudflareAuthError("This token or key is not valid", problem=problem)
    if _ACCESS_DENIED in codes and "from location" in text:
        message = "This token is restricted to other IP addresses"
        return CloudflarePermissionError(message, missing=Permission.LOCATION)
    # The account's part of the API says 401 where the rest says 403.
    is_unauthorized = status == HTTPStatus.UNAUTHORIZED and needs not in _OF_ACCOUNT
    is_invalid = (_ACCESS_DENIED in codes and "invalid" in text) or (
        _INVALID_TOKEN in codes and "token" in text
    )
    if is_invalid or _UNKNOWN_KEY in codes or is_unauthorized:
        return CloudflareAuthError("Cloudflare does not accept this token or key")
    is_forbidden = status != HTTPStatus.BAD_REQUEST and (
        _AUTHENTICATION_ERROR in codes or "requires permission" in text
    )
    if is_forbidden or _ACCESS_DENIED in codes:
        message = f"This token or key lacks a permission: {needs}"
        return CloudflarePermissionError(message, missing=needs)
    return None


def quoted(errors: Sequence[ApiError]) -> str:
    """Return Cloudflare's messages on one line, bounded, without control characters."""
    text = "; ".join(error.message or f"code {error.code}" for error in errors)[: 2 * _MAX_QUOTE]
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:_MAX_QUOTE]
