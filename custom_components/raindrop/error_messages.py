"""Map library errors to translation keys, form fields and Home Assistant exceptions."""

from collections.abc import Awaitable, Collection, Iterable
from dataclasses import dataclass, field
from math import ceil

from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.update_coordinator import UpdateFailed

from . import ddns
from .const import CONF_KEY, CONF_ZONE, DOMAIN, LOGGER
from .ddns import (
    CredentialProblem,
    DdnsError,
    Detection,
    ManagedRecord,
    Permission,
    RecordKey,
    Response,
    Source,
    State,
    ZoneConfig,
)

BASE = "base"
IN_CONFLICT = "in_conflict"
"""The translation key of the error that refers to the repairs."""

_CREDENTIALS = {
    CredentialProblem.MALFORMED: (CONF_KEY, "malformed_key"),
    CredentialProblem.EMAIL_MISSING: (CONF_EMAIL, "email_missing"),
    CredentialProblem.EMAIL_MALFORMED: (CONF_EMAIL, "malformed_email"),
    CredentialProblem.REFUSED: (CONF_KEY, "invalid_auth"),
}
_PERMISSIONS = {
    Permission.ZONE_READ: (CONF_KEY, "zone_read_missing"),
    Permission.DNS_READ: (CONF_KEY, "dns_edit_missing"),
    Permission.DNS_EDIT: (CONF_KEY, "dns_edit_missing"),
    Permission.LISTS_EDIT: (CONF_KEY, "lists_edit_missing"),
    Permission.ZERO_TRUST_EDIT: (CONF_KEY, "zero_trust_edit_missing"),
    Permission.LOCATION: (CONF_KEY, "token_location"),
}
_OTHERS: dict[type[ddns.DdnsError], tuple[str, str]] = {
    ddns.CloudflareNotFoundError: (CONF_ZONE, "zone_not_found"),
    ddns.CloudflareBusyError: (BASE, "lists_busy"),
    ddns.CloudflareAddressTakenError: (BASE, "address_taken"),
    ddns.UnknownNetworkError: (BASE, "network_unknown"),
    ddns.CloudflareCertificateError: (BASE, "untrusted_certificate"),
    ddns.CloudflareConnectionError: (BASE, "cannot_connect"),
    ddns.CloudflareCaptivePortalError: (BASE, "captive_portal"),
    ddns.ZoneNameError: (CONF_ZONE, "malformed_zone"),
    ddns.AmbiguousZoneError: (CONF_ZONE, "ambiguous_zone"),
    ddns.OutsideZoneError: (CONF_DOMAIN, "outside_zone"),
    ddns.RelativeNameError: (CONF_DOMAIN, "full_name_needed"),
    ddns.HostNameError: (CONF_DOMAIN, "malformed_domain"),
    ddns.NoAddressError: (BASE, "no_address"),
}
"""In this order: a subclass comes before its base class."""
_OTHER_CLOUDFLARE_ERROR = (BASE, "cloudflare_unavailable")


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """The translation of an error, and the form field it belongs to."""

    form_field: str
    key: str
    placeholders: dict[str, str] = field(default_factory=dict)


def error_message(err: DdnsError) -> ErrorMessage:
    """Return the translation of an error and the form field it belongs to."""
    match err:
        case ddns.CloudflareAuthError():
            return ErrorMessage(*_CREDENTIALS[err.problem])
        case ddns.CloudflarePermissionError():
            return ErrorMessage(*_PERMISSIONS[err.missing])
        case ddns.CloudflareRateLimitError():
            return ErrorMessage(BASE, "rate_limited", {"wait": f"{err.retry_after_s:.0f}"})
        case ddns.UnknownSettingsError() | ddns.ChangedSettingsError():
            is_unknown = isinstance(err, ddns.UnknownSettingsError)
            key = "settings_unknown" if is_unknown else "settings_changed"
            return ErrorMessage(BASE, key, {"settings": ", ".join(err.settings)})
        case ddns.CloudflareRefusedError() if not isinstance(err, ddns.CloudflareAddressTakenError):
            return ErrorMessage(BASE, "refused", {"reason": str(err)})
    matching = (message for kind, message in _OTHERS.items() if isinstance(err, kind))
    return ErrorMessage(*next(matching, _OTHER_CLOUDFLARE_ERROR))


async def try_or_error[ResultT](action: Awaitable[ResultT]) -> ResultT | ErrorMessage:
    """Return the result of an action of a flow, or the message of its error."""
    try:
        return await action
    except DdnsError as err:
        return error_message(err)
    except Exception:
        LOGGER.exception("Unexpected error in a flow")
        return ErrorMessage(BASE, "unknown")


def translated_error[ErrorT: HomeAssistantError](kind: type[ErrorT], err: DdnsError) -> ErrorT:
    """Return a Home Assistant exception with the translation of a library error."""
    message = error_message(err)
    return kind(
        translation_domain=DOMAIN,
        translation_key=message.key,
        translation_placeholders=message.placeholders,
    )


def raise_setup_error(state: State) -> None:
    """Raise ConfigEntryAuthFailed if the credential is denied, UpdateFailed if nothing was read."""
    error = state.list_error
    if isinstance(error, ddns.CloudflareAuthError):
        raise translated_error(ConfigEntryAuthFailed, error)
    if error and not any(detection.address for detection in state.detections.values()):
        message = error_message(error)
        raise UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=message.key,
            translation_placeholders=message.placeholders,
            retry_after=(
                error.retry_after_s if isinstance(error, ddns.CloudflareRateLimitError) else None
            ),
        )


def raise_update_error(
    config: ZoneConfig,
    state: State,
    record_keys: Collection[RecordKey] | None,
    wait_s: float,
    *,
    was_read: bool,
) -> None:
    """Raise HomeAssistantError with the reason if some records are not known to be in sync.

    ``record_keys`` are those of the zone by default. ``wait_s`` is how many seconds the
    zone must not be read, and ``was_read`` whether it was.
    """
    records = [
        managed
        for managed in config.managed_records
        if not managed.is_paused and (record_keys is None or managed.record_key in record_keys)
    ]
    keys = [managed.record_key for managed in records]
    if wait_s and records and not was_read:
        limit = ddns.CloudflareRateLimitError("the zone was not read", retry_after_s=wait_s)
        raise translated_error(HomeAssistantError, limit)
    for error in state.errors_of(keys):
        if isinstance(error, ddns.CloudflareRateLimitError):
            limit = ddns.CloudflareRateLimitError(str(error), retry_after_s=wait_s)
            raise translated_error(HomeAssistantError, limit)
        raise translated_error(HomeAssistantError, error)
    home = [state.detections[source] for source in config.home_sources]
    if home and not records and all(detection.address is None for detection in home):
        raise translated_error(HomeAssistantError, ddns.NoAddressError())
    unknown = [managed for managed in records if state.record(managed.record_key).unknown_since]
    # A hold-down ends by itself, so anything else is more important.
    asked = sorted(map(state.detection, unknown), key=lambda d: bool(d.candidate))
    if asked:
        source = asked[0].source
        raise _unknown_address_error(asked[0], [m for m in unknown if state.source(m) == source])
    # An update cannot make a record visible to the world.
    reasons = ((key, state.record(key).reason) for key in keys)
    unsolved = [k for k, r in reasons if r and r.is_problem and not r.is_only_unseen]
    if names := _names(unsolved):
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=IN_CONFLICT,
            translation_placeholders={"names": names},
        )


def _unknown_address_error(
    detection: Detection, unknown: Iterable[ManagedRecord]
) -> HomeAssistantError:
    """Return the exception for an address that is in hold-down or not known."""
    if detection.candidate:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="hold_down",
            translation_placeholders={
                "family": detection.family.label,
                "address": str(detection.candidate),
                "wait": str(ceil(detection.hold_down_s)),
            },
        )
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="address_unknown",
        translation_placeholders={
            "family": detection.family.label,
            "names": _names(managed.record_key for managed in unknown),
            "responses": response_text(detection),
        },
    )


def response_text(detection: Detection) -> str:
    """Return what each provider of a source reported: an address, or why there is none."""
    return ", ".join(f"{r.provider}: {_reported(r)}" for r in detection.all_responses)


def _reported(response: Response) -> str:
    if response.address:
        return str(response.address)
    error = str(response.error).replace("_", " ")
    return f"{response.rejected} ({error})" if response.rejected else error


def _names(record_keys: Iterable[RecordKey]) -> str:
    return ", ".join(sorted({ddns.to_unicode(key.name) for key in record_keys}))


class StatusLog:
    """Logs the beginning and the end of a failure of one zone, however long it lasts."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._reason: str | None = None
        self._substituted: frozenset[Source] = frozenset()

    def log(
        self, state: State, result: ddns.UpdateResult, managed_records: Iterable[ManagedRecord]
    ) -> None:
        """Log what is new in a state."""
        reason = _log_reason(state, managed_records)
        if reason and reason != self._reason:
            LOGGER.warning("%s cannot be kept up to date: %s", self._title, reason)
        elif self._reason and not reason:
            LOGGER.info("%s is up to date again", self._title)
        self._reason = reason
        substituted = {s: d for s, d in state.detections.items() if d.is_substituted}
        for source in substituted.keys() - self._substituted:
            response = substituted[source].source_response
            name = response.provider if response else source.entity
            LOGGER.warning("%s reports no usable address; using web services instead", name)
        self._substituted = frozenset(substituted)
        for text in result.texts:
            record, done = text.change.record, text.reason or "replaced"
            LOGGER.info("Address in the %s record of %s: %s", record.type, record.name, done)
        for event in result.events:
            if event.record_key and event.to_connection:
                used = event.to_connection, event.from_connection
                LOGGER.info("%s uses %s instead of %s", event.record_key.name, *used)
        for key, outcome in result.outcomes.items():
            if outcome.change.is_drift:
                correction = outcome.reason or "corrected"
                LOGGER.info("%s was changed externally: %s", key.name, correction)


def _log_reason(state: State, managed_records: Iterable[ManagedRecord]) -> str | None:
    """Return why a zone is not up to date, None if it is."""
    for error in state.errors:
        return str(error)
    for managed in managed_records:
        is_down = state.record(managed.record_key).is_down
        if managed.is_paused or is_down or state.has_connection_up(managed):
            continue
        detection = state.detection(managed)
        if detection.ways_out:
            label = managed.record_key.family.label
            addresses = ", ".join(map(str, detection.ways_out))
            return f"the {label} address keeps changing between {addresses}"
        if detection.expected is None and not detection.is_unsupported_family:
            return f"no usable, agreed {managed.record_key.family.label} address"
    for key, record in state.records.items():
        if record.conflict or record.is_overdue:
            return f"{key.family.record_type} record of {key.name}: {record.reason}"
    return None
