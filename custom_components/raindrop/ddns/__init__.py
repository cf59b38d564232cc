"""Keep Cloudflare DNS records pointed at a changing public IP address.

This is the public interface of the library: everything a caller needs is imported from
here; ``Name`` is how type checkers know (PEP 484). It only needs aiohttp, and knows
nothing about Home Assistant. Nothing here sleeps or retries: the caller decides when to
update. A `ConnectionWatch` tells when that should be.

    >>> from ipaddress import ip_address
    >>> key = RecordKey(to_ascii("home.example.com"), Family.IPV4)
    >>> desired = DesiredRecord(
    ...     record_key=key, address=ip_address("8.8.4.4"), policy=Policy(create=True)
    ... )
    >>> plan = make_plan([desired], existing=[])
    >>> [(type(change).__name__, change.record_key.name) for change in plan.changes]
    [('Create', 'home.example.com')]

One update of a zone, given a client session::

    client = CloudflareClient(session, read_credential(None, token))
    detector = Detector(lambda family: session, PROVIDERS, read_source, utcnow)
    state, result = await update_zone(client, detector, config, State())
"""

from .addresses import MAX_PREFIX, MIN_PREFIX
from .cloudflare.client import BASE_URL, CloudflareClient, check_base_url
from .cloudflare.codec import RateLimit, is_id
from .cloudflare.credentials import ApiToken, GlobalApiKey, read_credential
from .cloudflare.discovery import (
    ZoneAccess,
    discover_zone,
    find_records,
    records_for,
    verify_access,
    zone_elsewhere,
)
from .cloudflare.ownership import Ownership
from .detection.connection_watch import STUN_SERVERS, ConnectionWatch, WatchStatus
from .detection.detection import Detection, Response
from .detection.detector import Detector, ReadSource, SourceState, parse_state
from .detection.local import stable_address
from .detection.providers import PROVIDERS, Provider, custom_provider
from .detection.response_formats import ResponseFormat
from .detection.stun_probes import ProbeStatus, StunServer
from .errors import (
    AmbiguousZoneError,
    BaseUrlError,
    ChangedSettingsError,
    CloudflareAddressTakenError,
    CloudflareAuthError,
    CloudflareBusyError,
    CloudflareCaptivePortalError,
    CloudflareCertificateError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
    CredentialProblem,
    DdnsError,
    DetectionError,
    HostNameError,
    InterfaceIdError,
    LastNetworkError,
    NoAddressError,
    OutsideZoneError,
    Permission,
    ProviderUrlError,
    RelativeNameError,
    UnknownNetworkError,
    UnknownSettingsError,
    ZoneNameError,
)
from .failover import ConnectionState, FailoverState
from .host_names import full_name, to_ascii, to_unicode
from .models import (
    MAX_TTL_S,
    MIN_TTL_S,
    TTL_AUTO,
    Address,
    Change,
    Create,
    DesiredRecord,
    HomeId,
    HostName,
    InterfaceId,
    Network,
    Owner,
    Policy,
    Reason,
    Record,
    RecordAttributes,
    RecordId,
    RecordKey,
    RecordVersion,
    ResourceId,
    Update,
    ZoneId,
)
from .plan_values import Conflict, Deletion, Outcome, Plan, TextOutcome
from .preview import Preview, preview, preview_source
from .proxy import ProxyObstacles, proxy_obstacles
from .public_answers import (
    PublicAnswers,
    PublicQuestions,
    ask_resolvers,
    questions_about,
    with_public_answers,
    without_public_answers,
)
from .records.delete import delete_owned
from .records.interface_id import parse_interface_id
from .records.make_plan import make_plan, name_conflict
from .records.text_tokens import addresses_in
from .resolvers import RESOLVERS, Resolver
from .resources.kinds import find_resources
from .resources.resource_codec import is_resource_id, network_text
from .resources.resource_plan import ResourcePlan, adoptable_items
from .resources.resource_settings import (
    IPV6_HOST,
    IPV6_NETWORK,
    AccountResource,
    ItemId,
    ResourceConfig,
    ResourceItem,
    ResourceKind,
    desired_networks,
    is_shared,
)
from .resources.resource_state import (
    ResourceResult,
    ResourceState,
    assess_resource,
    resource_failure_events,
)
from .resources.sync import (
    check_resource_edit,
    delete_own_items,
    preview_resource,
    sync_resource,
)
from .sources import Connection, ConnectionId, FailoverTimes, Family, Meaning, Source, SourceKind
from .state import IncompleteRecord, RecordState, State, carried_over, reconfigured
from .text_records import TextUpdate
from .update import UpdateOptions, update_zone
from .update_result import DdnsEvent, EventType, UpdateResult
from .visibility import is_visible, next_in_turn
from .zone_config import ManagedRecord, ZoneConfig
from .zones import (
    MAX_BATCH,
    MAX_BATCH_PAID,
    AccountId,
    Zone,
    ZoneStatus,
    ZoneType,
)

# A table of names is read at a glance.
# fmt: off
__all__ = [  # noqa: RUF022
    "AccountId", "AccountResource", "Address", "AmbiguousZoneError", "ApiToken", "BASE_URL",
    "BaseUrlError", "Change", "ChangedSettingsError", "CloudflareAddressTakenError",
    "CloudflareAuthError", "CloudflareBusyError", "CloudflareCaptivePortalError",
    "CloudflareCertificateError", "CloudflareClient", "CloudflareConnectionError",
    "CloudflareError", "CloudflareNotFoundError", "CloudflarePermissionError",
    "CloudflareRateLimitError", "CloudflareRefusedError", "CloudflareResponseError",
    "CloudflareTimeoutError", "Conflict", "Connection", "ConnectionId", "ConnectionState",
    "ConnectionWatch", "Create", "CredentialProblem", "DdnsError", "DdnsEvent", "Deletion",
    "DesiredRecord", "Detection", "DetectionError", "Detector", "EventType", "FailoverState",
    "FailoverTimes", "Family", "GlobalApiKey", "HomeId", "HostName", "HostNameError", "IPV6_HOST",
    "IPV6_NETWORK", "IncompleteRecord", "InterfaceId", "InterfaceIdError", "ItemId",
    "LastNetworkError", "MAX_BATCH", "MAX_BATCH_PAID", "MAX_PREFIX", "MAX_TTL_S", "MIN_PREFIX",
    "MIN_TTL_S", "ManagedRecord", "Meaning", "Network", "NoAddressError", "Outcome",
    "OutsideZoneError", "Owner", "Ownership", "PROVIDERS", "Permission", "Plan", "Policy",
    "Preview", "ProbeStatus", "Provider", "ProviderUrlError", "ProxyObstacles", "PublicAnswers",
    "PublicQuestions", "RESOLVERS", "RateLimit", "ReadSource", "Reason", "Record",
    "RecordAttributes", "RecordId", "RecordKey", "RecordState", "RecordVersion",
    "RelativeNameError", "Resolver", "ResourceConfig", "ResourceId", "ResourceItem", "ResourceKind",
    "ResourcePlan", "ResourceResult", "ResourceState", "Response", "ResponseFormat", "STUN_SERVERS",
    "Source", "SourceKind", "SourceState", "State", "StunServer", "TTL_AUTO", "TextOutcome",
    "TextUpdate", "UnknownNetworkError", "UnknownSettingsError", "Update", "UpdateOptions",
    "UpdateResult", "WatchStatus", "Zone", "ZoneAccess", "ZoneConfig", "ZoneId", "ZoneNameError",
    "ZoneStatus", "ZoneType", "addresses_in", "adoptable_items", "ask_resolvers", "assess_resource",
    "carried_over", "check_base_url", "check_resource_edit", "custom_provider", "delete_own_items",
    "delete_owned", "desired_networks", "discover_zone", "find_records", "find_resources",
    "full_name", "is_id", "is_resource_id", "is_shared", "is_visible", "make_plan", "name_conflict",
    "network_text", "next_in_turn", "parse_interface_id", "parse_state", "preview",
    "preview_resource", "preview_source", "proxy_obstacles", "questions_about", "read_credential",
    "reconfigured", "records_for", "resource_failure_events", "stable_address", "sync_resource",
    "to_ascii", "to_unicode", "update_zone", "verify_access", "with_public_answers",
    "without_public_answers", "zone_elsewhere",
]
# fmt: on
