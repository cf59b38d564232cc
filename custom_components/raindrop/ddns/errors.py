"""Exceptions of the library, all below DdnsError, and the enums that they carry."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address


class DetectionError(StrEnum):
    """Why a source gave no address; a value, not an exception."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    STATUS = "status"
    """The HTTP status is not 200."""
    TOO_LONG = "too_long"
    NOT_AN_ADDRESS = "not_an_address"
    WRONG_FAMILY = "wrong_family"
    NOT_PUBLIC = "not_public"
    CGNAT = "cgnat"
    """An address that an internet provider shares between customers (RFC 6598)."""
    CLOUDFLARE = "cloudflare"
    """An address in one of Cloudflare's own ranges."""
    WRONG_HOST = "wrong_host"
    """A trace names another host than the one that was requested."""
    WARP = "warp"
    """A trace does not rule out that the request went through a tunnel or gateway of Cloudflare."""
    TUNNEL = "tunnel"
    """A trace says that the request went through Cloudflare WARP."""
    SILENT = "silent"
    """An entity without a state, or a host without such an address."""


class CredentialProblem(StrEnum):
    """What is wrong with a credential."""

    MALFORMED = "malformed"
    """It is not a valid key or token."""
    EMAIL_MISSING = "email_missing"
    """It is a Global API Key, which needs the account's email address."""
    EMAIL_MALFORMED = "email_malformed"
    """The email address is malformed."""
    REFUSED = "refused"
    """Cloudflare does not accept it: wrong, expired, revoked or disabled."""


class Permission(StrEnum):
    """What a valid credential lacks."""

    ZONE_READ = "zone_read"
    DNS_READ = "dns_read"
    DNS_EDIT = "dns_edit"
    LISTS_EDIT = "lists_edit"
    """On the account, not on a zone."""
    ZERO_TRUST_EDIT = "zero_trust_edit"
    """On the account, not on a zone."""
    LOCATION = "location"
    """The token is restricted to other IP addresses."""


class DdnsError(Exception):
    """Base of all errors that this library raises."""


class NoAddressError(DdnsError, ValueError):
    """There is no usable, agreed address."""


class UnusableAddressError(NoAddressError):
    """``address`` may not be written to a record of a family; ``error`` is the reason."""

    def __init__(self, error: DetectionError, address: IPv4Address | IPv6Address) -> None:
        super().__init__(error.value)
        self.error = error
        self.address = address


class HostNameError(DdnsError, ValueError):
    """A text is not a host name that DNS allows."""


class ZoneNameError(HostNameError):
    """A text is neither a zone's name nor its identifier."""


class OutsideZoneError(HostNameError):
    """A host name does not belong to the zone."""


class RelativeNameError(HostNameError):
    """A name is relative, and the zone's name is not known."""


class InterfaceIdError(DdnsError, ValueError):
    """A text is not an interface identifier that fits after the prefix."""


class ProviderUrlError(DdnsError, ValueError):
    """A text is not a URL that may be requested for an address."""


class BaseUrlError(DdnsError, ValueError):
    """A text is not a URL to which a credential may be sent."""


class NoResponseError(DdnsError):
    """No complete HTTP response arrived; the text names the kind of failure."""


class ResponseTimeoutError(NoResponseError):
    """The HTTP response was not complete in time."""


class UntrustedServerError(NoResponseError):
    """The server did not prove its identity with a trusted TLS certificate."""


class ResponseTooLongError(DdnsError):
    """An HTTP response is longer than its reader allows."""


class AmbiguousZoneError(DdnsError):
    """Several zones have one name, and none of them is known to be the active one."""

    def __init__(self, zones: Mapping[str, str]) -> None:
        """Keep what distinguishes the zones, by identifier: the user has to choose one."""
        super().__init__("several zones have this name")
        self.zones = zones


class CloudflareError(DdnsError):
    """A request to Cloudflare failed."""

    status: int | None = None
    """The HTTP status of the response, None without one."""
    codes: tuple[int, ...] = ()
    """The error codes in its body, in order."""

    @property
    def is_of_content(self) -> bool:
        """Whether Cloudflare refused the content of the request, and may accept another one.

        The status 403 forbids everything, whatever the code.
        """
        is_refusal = isinstance(self, (CloudflareNotFoundError, CloudflareRefusedError))
        return is_refusal and self.status != HTTPStatus.FORBIDDEN


class CloudflareConnectionError(CloudflareError):
    """Cloudflare could not be reached, or its response did not arrive."""


class CloudflareTimeoutError(CloudflareConnectionError):
    """Cloudflare did not respond in time."""


class CloudflareCertificateError(CloudflareConnectionError):
    """The server that answered instead of Cloudflare has no trusted TLS certificate."""


class CloudflareAuthError(CloudflareError):
    """The credential is malformed, unknown, expired or revoked; ``problem`` says which."""

    def __init__(
        self, message: str, *, problem: CredentialProblem = CredentialProblem.REFUSED
    ) -> None:
        super().__init__(message)
        self.problem = problem


class CloudflarePermissionError(CloudflareError):
    """The credential is valid but lacks the permission ``missing``."""

    def __init__(self, message: str, *, missing: Permission) -> None:
        super().__init__(message)
        self.missing = missing


class CloudflareRateLimitError(CloudflareError):
    """Too many requests: Cloudflare refuses all of them for ``retry_after_s`` seconds."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class CloudflareBusyError(CloudflareError):
    """Another change of the account's lists is pending: this one may be tried again later.

    It says nothing about other requests.
    """


class CloudflareNotFoundError(CloudflareError):
    """The zone or the record does not exist, or no longer does."""


class CloudflareRefusedError(CloudflareError):
    """Cloudflare refused the request for the reason quoted in the text."""


class CloudflareAddressTakenError(CloudflareRefusedError):
    """The address belongs to another DNS location, perhaps in the account of somebody else."""


class CloudflareResponseError(CloudflareError):
    """The response has an unknown shape: HTML, truncated JSON, a server error."""


class CloudflareCaptivePortalError(CloudflareResponseError):
    """Something other than Cloudflare answered, such as a captive portal or a proxy."""


class UnknownSettingsError(CloudflareError):
    """A write would lose ``settings``, which this library does not know: it is not sent."""

    def __init__(self, settings: Sequence[str]) -> None:
        super().__init__(f"unknown settings: {', '.join(settings)}")
        self.settings = (*settings,)


class ChangedSettingsError(CloudflareError):
    """A write changed ``settings`` that were sent as they had been read."""

    def __init__(self, settings: Sequence[str]) -> None:
        super().__init__(f"Cloudflare changed other settings: {', '.join(settings)}")
        self.settings = (*settings,)


class UnknownNetworkError(CloudflareError):
    """It is not known which network is this home's, so none is replaced."""


class LastNetworkError(CloudflareError):
    """Without its last network, a DNS location would filter queries from anywhere."""
