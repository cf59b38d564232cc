"""Classification of Cloudflare's error responses by HTTP status and error code."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from ..errors import (
    CloudflareAuthError,
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

_MALFORMED_CREDENTIAL = frozenset({6003, 6103, 6111, 9106, 9107})
_MALFORMED_EMAIL = 6102
_UNKNOWN_CREDENTIAL = frozenset({1000, 9103})
_ACCESS_DENIED = 9109
_NOT_FOUND = frozenset({7000, 7003, 81044})
"""No such path, no such zone, no such record."""
_RATE_LIMITED = 971
_INTERNAL_ERROR = 10001
_DENIALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_MAX_QUOTE = 500
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
) -> CloudflareError:
    """Return the exception for an unsuccessful response; the caller raises it.

    Status *and* codes decide: the same bad token gives 400, 401 or 403 on
    different paths. ``needs`` is the permission that the request requires, and
    ends up in a CloudflarePermissionError; ``retry_after_s`` is the wait in
    seconds that the response asks for, if it does.
    """
    errors = tuple(errors)
    wait_s = RATE_LIMIT_WINDOW_S if retry_after_s is None else retry_after_s
    error = _classified(status, errors, needs, wait_s)
    error.status, error.codes = status, tuple(item.code for item in errors)
    return error


def _classified(
    status: int, errors: tuple[ApiError, ...], needs: Permission, wait_s: float
) -> CloudflareError:
    codes = {error.code for error in errors}
    text = " ".join(error.message for error in errors).lower()
    # Cloudflare locks a credential out after too many failed log-ins.
    is_locked_out = "max auth failures" in text
    if status == HTTPStatus.TOO_MANY_REQUESTS or _RATE_LIMITED in codes or is_locked_out:
        message = f"Cloudflare asks to wait {wait_s:.0f} s"
        return CloudflareRateLimitError(message, retry_after_s=wait_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or _INTERNAL_ERROR in codes:
        return CloudflareResponseError(f"Cloudflare has a problem of its own (HTTP {status})")
    if not codes:
        return CloudflareResponseError(f"Cloudflare's response is not understood (HTTP {status})")
    if status in _DENIALS and (denial := _denial(status, codes, text, needs)):
        return denial
    if codes & _NOT_FOUND or status == HTTPStatus.NOT_FOUND:
        return CloudflareNotFoundError("Cloudflare does not know this zone or record")
    return CloudflareRefusedError(f"Cloudflare refused the request: {_quoted(errors)}")


def _denial(
    status: int, codes: set[int], text: str, needs: Permission
) -> CloudflareAuthError | CloudflarePermissionError | None:
    """Return the exception for a refused credential or permission, None if it is neither.

    Code 9109 has several meanings, and only the message distinguishes them.
    """
    if _MALFORMED_EMAIL in codes:
        problem = CredentialProblem.EMAIL_MALFORMED
        return CloudflareAuthError("Cloudflare cannot read this email address", problem=problem)
    if codes & _MALFORMED_CREDENTIAL:
        problem = CredentialProblem.MALFORMED
        return CloudflareAuthError("Cloudflare cannot read this credential", problem=problem)
    if _ACCESS_DENIED in codes and "from location" in text:
        message = "This token may be used from other IP addresses only"
        return CloudflarePermissionError(message, missing=Permission.LOCATION)
    is_invalid = _ACCESS_DENIED in codes and "invalid" in text
    if is_invalid or codes & _UNKNOWN_CREDENTIAL or status == HTTPStatus.UNAUTHORIZED:
        return CloudflareAuthError("Cloudflare does not accept this credential")
    if status == HTTPStatus.FORBIDDEN or _ACCESS_DENIED in codes:
        message = f"This credential lacks a permission: {needs}"
        return CloudflarePermissionError(message, missing=needs)
    return None


def _quoted(errors: tuple[ApiError, ...]) -> str:
    """Return Cloudflare's messages, bounded, with control characters escaped."""
    text = "; ".join(error.message[:_MAX_QUOTE] for error in errors)[:_MAX_QUOTE]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
