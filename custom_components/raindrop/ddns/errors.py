"""What can go wrong, and the one place where Cloudflare's refusals are classified."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class DdnsError(Exception):
    """Base of all errors that Raindrop's core raises."""


class NoAddressError(DdnsError, ValueError):
    """A text holds no address that may be written; says why."""


class HostNameError(DdnsError, ValueError):
    """A text is not a host name that DNS allows."""


class ZoneNameError(HostNameError):
    """A text is neither a zone's name nor its identifier."""


class OutsideZoneError(HostNameError):
    """A host name does not belong to the zone."""


class RelativeNameError(HostNameError):
    """A name is relative, and the zone's name is not known."""


class CredentialFault(StrEnum):
    """What is wrong with a credential."""

    MALFORMED = "malformed"
    """It cannot be a key or token at all."""
    EMAIL_MISSING = "email_missing"
    """It is a Global API Key, which needs the account's email address."""
    EMAIL_MALFORMED = "email_malformed"
    """The email address cannot be one."""
    REFUSED = "refused"
    """Cloudflare does not know it: wrong, expired, revoked or disabled."""


class Permission(StrEnum):
    """What a valid credential lacks."""

    ZONE_READ = "zone_read"
    DNS_READ = "dns_read"
    DNS_EDIT = "dns_edit"
    LOCATION = "location"
    """The token may be used from other IP addresses only."""


class CloudflareError(DdnsError):
    """Cloudflare did not do what was asked."""

    def __init__(
        self, message: str, *, status: int | None = None, codes: tuple[int, ...] = ()
    ) -> None:
        """Keep the HTTP status and Cloudflare's codes, where there was an answer."""
        super().__init__(message)
        self.status = status
        self.codes = codes


class CloudflareConnectionError(CloudflareError):
    """Cloudflare could not be reached, or the answer did not arrive."""


class CloudflareTimeoutError(CloudflareConnectionError):
    """Cloudflare did not answer in time."""


class CloudflareAuthError(CloudflareError):
    """The credential is malformed, unknown, expired or revoked."""

    def __init__(
        self,
        message: str,
        *,
        fault: CredentialFault = CredentialFault.REFUSED,
        status: int | None = None,
        codes: tuple[int, ...] = (),
    ) -> None:
        """Keep what is wrong with the credential."""
        super().__init__(message, status=status, codes=codes)
        self.fault = fault


class CloudflarePermissionError(CloudflareError):
    """The credential is valid, but may not do this here."""

    def __init__(
        self,
        message: str,
        *,
        missing: Permission,
        status: int | None = None,
        codes: tuple[int, ...] = (),
    ) -> None:
        """Keep what is missing."""
        super().__init__(message, status=status, codes=codes)
        self.missing = missing


class CloudflareRateLimitError(CloudflareError):
    """Too many requests; all are refused until the wait is over."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float,
        status: int | None = None,
        codes: tuple[int, ...] = (),
    ) -> None:
        """Keep the wait that Cloudflare asks for, in seconds."""
        super().__init__(message, status=status, codes=codes)
        self.retry_after_s = retry_after_s


class CloudflareNotFoundError(CloudflareError):
    """The zone or the record is gone, or was never there."""


class CloudflareRefusedError(CloudflareError):
    """The request is wrong for this zone, for the reason that the message gives."""


class CloudflareResponseError(CloudflareError):
    """The answer has not the shape that is known: HTML, truncated JSON, a server error."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the ``errors`` of an answer."""

    code: int
    message: str


RATE_LIMIT_WINDOW_S = 300.0
"""How long Cloudflare blocks after the limit, if it does not say.

https://developers.cloudflare.com/fundamentals/api/reference/limits/
"""

_MALFORMED_CREDENTIAL = frozenset({6003, 6102, 6103, 6111, 9106, 9107})
_MALFORMED_EMAIL = 6102
_UNKNOWN_CREDENTIAL = frozenset({1000, 9103})
_ACCESS_DENIED = 9109
_NOT_ROUTABLE = frozenset({7000, 7003})
_RECORD_GONE = 81044
_RATE_LIMITED = 971
_INTERNAL_ERROR = 10001

_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN = 400, 401, 403
_NOT_FOUND, _TOO_MANY_REQUESTS, _SERVER_ERROR = 404, 429, 500


def classify(
    status: int,
    faults: Iterable[Fault],
    *,
    needs: Permission,
    retry_after_s: float | None = None,
) -> CloudflareError:
    """Return the error that an unsuccessful answer stands for.

    Status *and* code decide: the same bad token is 400, 401 or 403 on
    different paths. ``needs`` is the permission that the request asked for, so
    that a denial can name it.
    """
    faults = tuple(faults)
    codes = tuple(fault.code for fault in faults)
    known = set(codes)
    if status == _TOO_MANY_REQUESTS or _RATE_LIMITED in known or _is_locked_out(faults):
        wait_s = RATE_LIMIT_WINDOW_S if retry_after_s is None else retry_after_s
        return CloudflareRateLimitError(
            f"Cloudflare asks to wait {wait_s:.0f} s",
            retry_after_s=wait_s,
            status=status,
            codes=codes,
        )
    if status >= _SERVER_ERROR or _INTERNAL_ERROR in known:
        return CloudflareResponseError(
            f"Cloudflare has a problem of its own (HTTP {status})",
            status=status,
            codes=codes,
        )
    if known and (denial := _denial(status, faults, needs)):
        return denial
    if _RECORD_GONE in known or known & _NOT_ROUTABLE or (known and status == _NOT_FOUND):
        return CloudflareNotFoundError(
            "Cloudflare does not know this zone or record", status=status, codes=codes
        )
    if known:
        return CloudflareRefusedError(
            f"Cloudflare refused the request: {'; '.join(f.message for f in faults)}",
            status=status,
            codes=codes,
        )
    return CloudflareResponseError(
        f"Cloudflare answered in an unknown way (HTTP {status})", status=status
    )


def _denial(status: int, faults: tuple[Fault, ...], needs: Permission) -> CloudflareError | None:
    """Return what a refused credential is refused for, None if it is not that.

    9109 has several meanings that only its message tells apart.
    """
    codes = tuple(fault.code for fault in faults)
    known = set(codes)
    said = " ".join(fault.message for fault in faults).lower()
    if status not in (_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN):
        return None
    if known & _MALFORMED_CREDENTIAL:
        fault = (
            CredentialFault.EMAIL_MALFORMED
            if _MALFORMED_EMAIL in known
            else CredentialFault.MALFORMED
        )
        return CloudflareAuthError(
            "Cloudflare cannot read this credential", fault=fault, status=status, codes=codes
        )
    if _ACCESS_DENIED in known and "from location" in said:
        return CloudflarePermissionError(
            "This token may be used from other IP addresses only",
            missing=Permission.LOCATION,
            status=status,
            codes=codes,
        )
    is_invalid = _ACCESS_DENIED in known and "invalid" in said
    if is_invalid or known & _UNKNOWN_CREDENTIAL or status == _UNAUTHORIZED:
        return CloudflareAuthError(
            "Cloudflare does not accept this credential", status=status, codes=codes
        )
    if status == _FORBIDDEN or _ACCESS_DENIED in known:
        return CloudflarePermissionError(
            f"This credential lacks a permission: {needs}",
            missing=needs,
            status=status,
            codes=codes,
        )
    return None


def _is_locked_out(faults: tuple[Fault, ...]) -> bool:
    """Return whether Cloudflare blocks after too many failed log-ins."""
    return any("max auth failures" in fault.message.lower() for fault in faults)
