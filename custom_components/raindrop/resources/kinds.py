"""The kinds of resources in the user interface; each is a type of subentry of the same name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..dashboard_links import lists_url, locations_url, zero_trust_lists_url
from ..ddns import AccountId, Reason, ResourceKind

_ONLY_OF_LOCATIONS = (
    Reason.ADDRESS_TAKEN,
    Reason.SETTINGS_UNKNOWN,
    Reason.SETTINGS_CHANGED,
    Reason.IPV4_OFF,
)
ONLY_OF_RESOURCES = (
    Reason.NOT_FOUND,
    Reason.BUSY,
    Reason.OLD_ADDRESS,
    Reason.SHARED_ADDRESS,
    *_ONLY_OF_LOCATIONS,
)
"""The reasons that records do not have."""
_REASONS = (
    Reason.CONTESTED,
    Reason.REFUSED,
    Reason.UNCONFIRMED,
    Reason.UNREAD,
    Reason.FLAPPING,
    Reason.NO_ADDRESS,
    Reason.NOT_FOUND,
    Reason.OLD_ADDRESS,
    Reason.SHARED_ADDRESS,
)
"""The reasons that any resource can have."""
_LIST_ISSUES = {
    Reason.CONTESTED: "list_contested",
    Reason.NOT_FOUND: "list_missing",
    Reason.OLD_ADDRESS: "list_old_address",
    Reason.REFUSED: "list_refused",
    Reason.SHARED_ADDRESS: "list_shared_address",
}
_ZERO_TRUST_LIST_ISSUES = {
    Reason.CONTESTED: "zero_trust_list_contested",
    Reason.NOT_FOUND: "zero_trust_list_missing",
    Reason.OLD_ADDRESS: "zero_trust_list_old_address",
    Reason.REFUSED: "zero_trust_list_refused",
    Reason.SHARED_ADDRESS: "zero_trust_list_shared_address",
}
_LOCATION_ISSUES = {
    Reason.ADDRESS_TAKEN: "location_address_taken",
    Reason.AMBIGUOUS: "location_ambiguous",
    Reason.CONTESTED: "location_contested",
    Reason.IPV4_OFF: "location_ipv4_off",
    Reason.NOT_FOUND: "location_missing",
    Reason.OLD_ADDRESS: "location_old_address",
    Reason.REFUSED: "location_refused",
    Reason.SETTINGS_CHANGED: "location_settings_changed",
    Reason.SETTINGS_UNKNOWN: "location_settings_unknown",
    Reason.SHARED_ADDRESS: "location_shared_address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDescription:
    """What distinguishes one kind from the others. The key of its event is the kind."""

    model: str
    """In the device registry, and in the log."""
    attribute: str
    """The attribute of events that has the name; in the plural, its key in responses."""
    addresses_key: str
    """The key of the sensor of what it holds for the home."""
    problem_key: str
    status_key: str
    reasons: tuple[Reason, ...]
    """Why it may not be in sync."""
    issues: Mapping[Reason, str]
    """The issues for the reasons about which the user can do something; the others pass."""
    url: Callable[[AccountId], str]
    """Where the user finds it in Cloudflare's dashboard."""


KINDS: Mapping[ResourceKind, KindDescription] = {
    ResourceKind.IP_LIST: KindDescription(
        model="IP list",
        attribute="list",
        addresses_key="listed_addresses",
        problem_key="ip_list_problem",
        status_key="ip_list_status",
        reasons=(*_REASONS, Reason.BUSY),
        issues=_LIST_ISSUES,
        url=lists_url,
    ),
    ResourceKind.ZERO_TRUST_LIST: KindDescription(
        model="Zero Trust list",
        attribute="list",
        addresses_key="listed_addresses",
        problem_key="zero_trust_list_problem",
        status_key="zero_trust_list_status",
        reasons=_REASONS,
        issues=_ZERO_TRUST_LIST_ISSUES,
        url=zero_trust_lists_url,
    ),
    ResourceKind.DNS_LOCATION: KindDescription(
        model="DNS location",
        attribute="location",
        addresses_key="filtered_address",
        problem_key="dns_location_problem",
        status_key="dns_location_status",
        reasons=(
            *_REASONS,
            Reason.AMBIGUOUS,
            *_ONLY_OF_LOCATIONS,
        ),
        issues=_LOCATION_ISSUES,
        url=locations_url,
    ),
}
