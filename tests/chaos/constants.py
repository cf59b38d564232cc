"""Addresses, providers, entities, zones and endpoints of the chaos tests."""

PRIMARY, SECONDARY, TERTIARY = "primary", "secondary", "tertiary"
"""The connections of the home: this host's default route, and the others."""
PRIMARY_ADDRESSES = {
    4: tuple(f"81.2.69.{last}" for last in range(142, 148)),
    6: tuple(f"2001:218:1:{net}::142" for net in range(2, 8)),
}
"""Public addresses of the primary connection, by family; each IPv6 one has its own prefix."""
SECONDARY_ADDRESSES = {
    4: tuple(f"81.2.69.{last}" for last in range(162, 166)),
    6: tuple(f"2001:218:2:{net}::162" for net in range(2, 6)),
}
"""Public addresses of the secondary connection, which only its modem's entities report."""
TERTIARY_ADDRESSES = {
    4: tuple(f"89.160.20.{last}" for last in range(112, 116)),
    6: tuple(f"2001:218:3:{net}::112" for net in range(2, 6)),
}
"""Public addresses of a mobile connection, which only its own entities report."""
LATE_ADDRESSES = {
    PRIMARY: {
        4: tuple(f"81.2.69.{last}" for last in range(150, 153)),
        6: tuple(f"2001:218:1:{net:x}::142" for net in range(16, 19)),
    },
    SECONDARY: {
        4: tuple(f"81.2.69.{last}" for last in range(170, 173)),
        6: tuple(f"2001:218:2:{net:x}::162" for net in range(16, 19)),
    },
    TERTIARY: {
        4: tuple(f"89.160.20.{last}" for last in range(120, 123)),
        6: tuple(f"2001:218:3:{net:x}::112" for net in range(16, 19)),
    },
}
"""Public addresses that no connection has before the last step: none of them can be damped."""
OTHER_HOME_ADDRESSES = {
    4: tuple(f"82.64.10.{last}" for last in range(10, 14)),
    6: tuple(f"2a01:e0a:1:{net}::10" for net in range(2, 6)),
}
"""Public addresses of another home with access to the same account."""
EXIT_ADDRESSES = {4: "185.159.157.1", 6: "2001:ac8:20::1"}
"""The addresses by which a tunnel leaves, which belong to no connection of the home."""
CONNECTIONS = {
    PRIMARY: PRIMARY_ADDRESSES,
    SECONDARY: SECONDARY_ADDRESSES,
    TERTIARY: TERTIARY_ADDRESSES,
}
UNUSABLE_ADDRESSES = {
    4: ("10.0.0.1", "100.64.0.1", "104.18.0.0", "224.0.0.1"),
    6: ("fe80::1", "ff0e::1", "2606:4700::1", "64:ff9b::a00:1"),
}
"""Addresses that must never be written to a record, whatever reports them."""

FAMILIES = {"ipv4": 4, "ipv6": 6}
RECORD_TYPES = {"ipv4": "A", "ipv6": "AAAA"}

PROVIDERS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")
URL_PROVIDERS = {4: PROVIDERS[:4], 6: PROVIDERS[:3]}
"""Providers whose URLs a user may choose as a source, by family."""
ENTITIES = {
    "router": (PRIMARY, 4),
    "router6": (PRIMARY, 6),
    "modem": (SECONDARY, 4),
    "modem6": (SECONDARY, 6),
    "mobile": (TERTIARY, 4),
    "mobile6": (TERTIARY, 6),
}
"""Entities that report an address, with their connection and family."""
STATUS_ENTITIES = {name: f"{name}_status" for name in CONNECTIONS}
"""The binary sensor of each connection, which is off while it is down."""
NO_ADDRESS = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - it is what a router reports, no interface
"""What an entity reports to say that its connection is down."""

ZONES = ("example.com", "example.org")
ENTITY_ZONE = "example.org"
"""The zone whose IPv4 source is an entity at the start."""
MULTI_RECORD_NAME = "twin.example.com"
"""A name with several records of each type, of which the user pins one."""
HOST_NAMES = {
    "example.com": (
        "home.example.com",
        "www.example.com",
        "*.example.com",
        "example.com",
        MULTI_RECORD_NAME,
        "nas.sub.example.com",
    ),
    "example.org": ("vpn.example.org", "home.example.org", "example.org"),
}

ZONE = "GET /zones/{zone_id}"
USER_TOKEN = "GET /user/tokens/verify"
LIST = "GET /zones/{zone_id}/dns_records"
BATCH = "POST /zones/{zone_id}/dns_records/batch"
CREATE = "POST /zones/{zone_id}/dns_records"
UPDATE = "PATCH /zones/{zone_id}/dns_records/{dns_record_id}"
DELETE = "DELETE /zones/{zone_id}/dns_records/{dns_record_id}"
ENDPOINTS = (LIST, BATCH, CREATE, UPDATE, DELETE)

IP_LIST, ZERO_TRUST_LIST, DNS_LOCATION = "ip_list", "zero_trust_list", "dns_location"
RESOURCES = (IP_LIST, ZERO_TRUST_LIST, DNS_LOCATION)
"""What the account has that may hold the home's addresses: one of each kind."""
LISTS = (IP_LIST, ZERO_TRUST_LIST)
READ_IP_LIST = "GET /accounts/{account_id}/rules/lists/{list_id}/items"
ADD_ITEMS = "POST /accounts/{account_id}/rules/lists/{list_id}/items"
DELETE_ITEMS = "DELETE /accounts/{account_id}/rules/lists/{list_id}/items"
POLL = "GET /accounts/{account_id}/rules/lists/bulk_operations/{operation_id}"
READ_ZERO_TRUST_LIST = "GET /accounts/{account_id}/gateway/lists/{gateway_list_id}/items"
PATCH_ZERO_TRUST_LIST = "PATCH /accounts/{account_id}/gateway/lists/{gateway_list_id}"
READ_LOCATION = "GET /accounts/{account_id}/gateway/locations/{location_id}"
PUT_LOCATION = "PUT /accounts/{account_id}/gateway/locations/{location_id}"
RESOURCE_READS = (READ_IP_LIST, READ_ZERO_TRUST_LIST, READ_LOCATION)
RESOURCE_WRITES = (ADD_ITEMS, DELETE_ITEMS, PATCH_ZERO_TRUST_LIST, PUT_LOCATION)

TRIALS = (
    "none",
    "frozen_entities",
    "tunnel",
    "two_lines",
    "short_list",
    "fields_that_do_not_take",
    "slow_write",
    "odd_records",
    "other_home",
    "recreation",
    "recreation_after_restart",
    "odd_redirects",
    "silence",
    "lone_provider",
    "zone_problem",
    "wrong_resolvers",
)
"""What happens after the recovery, in a home without other faults: see `Trials`."""
CONNECTION_TRIALS = ("primary_down", "others_down")
"""Those of a home with several connections."""
RESOURCE_TRIALS = ("requests_of_resources", "failing_resources", "undone_location")
"""Those of a home whose addresses lists and a location hold."""
SHARED_NAME_TRIALS = ("given_record",)
"""Those of a home that shares names with another one."""

FULL_SYNC_S, DAY_S = 3600, 86_400
INTERVAL_S = 301
"""One second more than the update interval."""
WATCHED_INTERVAL_S = 1801
"""One second more than the update interval where the connection watch may work."""
FULL_SYNC_INTERVALS = 13
"""After so many intervals there was a full sync."""
CONNECTION_INTERVALS = 4
"""After so many intervals a name is on the first connection that is up: there may have been a
switch just before this one was up again for the whole time."""
PROBLEM_INTERVALS = 5
"""After so many intervals a record is wrong for 15 minutes, and an update has noticed it."""


def connection_of(address: str) -> str:
    """Return the connection that an address belongs to, empty for none."""
    family = family_of(address)
    return next(
        (
            name
            for name, addresses in CONNECTIONS.items()
            if address in addresses[family] + LATE_ADDRESSES[name][family]
        ),
        "",
    )


def family_of(address: str) -> int:
    """Return the family of an address."""
    return 6 if ":" in address else 4
