"""Say an error of the core in Home Assistant's words: the one place where it is done."""

from collections.abc import Awaitable
from dataclasses import dataclass, field

from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import CONF_KEY, CONF_ZONE, DOMAIN, LOGGER
from .ddns.errors import (
    CloudflareAuthError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CredentialFault,
    DdnsError,
    HostNameError,
    NoAddressError,
    OutsideZoneError,
    Permission,
    RelativeNameError,
    ZoneNameError,
)
from .ddns.report import Report

BASE = "base"

_CREDENTIALS = {
    CredentialFault.MALFORMED: (CONF_KEY, "malformed_key"),
    CredentialFault.EMAIL_MISSING: (CONF_EMAIL, "email_missing"),
    CredentialFault.EMAIL_MALFORMED: (CONF_EMAIL, "malformed_email"),
    CredentialFault.REFUSED: (CONF_KEY, "invalid_auth"),
}
_PERMISSIONS = {
    Permission.ZONE_READ: (CONF_KEY, "zone_read_missing"),
    Permission.DNS_READ: (CONF_KEY, "dns_edit_missing"),
    Permission.DNS_EDIT: (CONF_KEY, "dns_edit_missing"),
    Permission.LOCATION: (CONF_KEY, "token_location"),
}
_OTHERS = {
    CloudflareNotFoundError: (CONF_ZONE, "zone_not_found"),
    CloudflareConnectionError: (BASE, "cannot_connect"),
    ZoneNameError: (CONF_ZONE, "malformed_zone"),
    OutsideZoneError: (CONF_DOMAIN, "outside_zone"),
    RelativeNameError: (CONF_DOMAIN, "full_name_needed"),
    HostNameError: (CONF_DOMAIN, "malformed_domain"),
    NoAddressError: (BASE, "no_address"),
}
"""The special before the general."""
_TROUBLE = (BASE, "cloudflare_trouble")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The translation of an error, and the form field it belongs to."""

    form_field: str
    key: str
    placeholders: dict[str, str] = field(default_factory=dict)


def explain(err: DdnsError) -> Explanation:
    """Return how to tell an error to people."""
    match err:
        case CloudflareAuthError():
            return Explanation(*_CREDENTIALS[err.fault])
        case CloudflarePermissionError():
            return Explanation(*_PERMISSIONS[err.missing])
        case CloudflareRateLimitError():
            return Explanation(BASE, "rate_limited", {"wait": f"{err.retry_after_s:.0f}"})
        case CloudflareRefusedError():
            return Explanation(BASE, "refused", {"reason": str(err)})
    matching = (where for kind, where in _OTHERS.items() if isinstance(err, kind))
    return Explanation(*next(matching, _TROUBLE))


async def explained[ResultT](work: Awaitable[ResultT]) -> ResultT | Explanation:
    """Return the result of some work of a flow, or why it failed."""
    try:
        return await work
    except DdnsError as err:
        return explain(err)
    except Exception:
        LOGGER.exception("Unexpected error in a flow")
        return Explanation(BASE, "unknown")


def translated[ErrorT: HomeAssistantError](kind: type[ErrorT], err: DdnsError) -> ErrorT:
    """Return an error of Home Assistant's that says what an error of the core means."""
    explanation = explain(err)
    return kind(
        translation_domain=DOMAIN,
        translation_key=explanation.key,
        translation_placeholders=explanation.placeholders,
    )


def check_first(report: Report) -> None:
    """Let set-up fail for a credential that is refused, or if nothing could be read.

    Raises ConfigEntryAuthFailed and UpdateFailed.
    """
    error: CloudflareError | None = report.error
    if isinstance(error, CloudflareAuthError):
        raise translated(ConfigEntryAuthFailed, error)
    if error and not any(reading.address for reading in report.readings.values()):
        explanation = explain(error)
        wait_s = error.retry_after_s if isinstance(error, CloudflareRateLimitError) else None
        raise UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=explanation.key,
            translation_placeholders=explanation.placeholders,
            retry_after=wait_s,
        )
