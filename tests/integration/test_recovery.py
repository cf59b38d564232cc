"""Recovery: however Cloudflare fails, all is right within two updates after it works again.

Run with ``-s``, each test prints a row of the table: the response, and how
many updates it took after a fault of two updates and after a long one.
"""

from dataclasses import dataclass, field
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .conftest import BATCH, LIST, Clock, endpoints
from .router_entities import NAME, contents, issues, reason

EVERYTHING = ("*",)
WRITES = (BATCH, "PATCH *", "POST *")
LONG = 7
"""How many updates a long fault lasts: more than any change is tried in a row."""
FULL_SYNC = 12
"""After so many updates the zone is read in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How Cloudflare fails, and after how many updates all has to be right again."""

    kind: str = "error"
    detail: dict[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = EVERYTHING
    limit: int = 2
    limit_after_long: int = 2


def denied(status: int, code: int, message: str, *chain: tuple[int, str]) -> Fault:
    """Return a denial, or another error that says nothing about the content of a change."""
    detail = {"status": status, "code": code, "message": message, "chain": chain}
    return Fault(detail=detail)


def refused(code: int, message: str, status: int = 400) -> Fault:
    """Return a refusal of each change for its content; the zone can be read."""
    detail = {"status": status, "code": code, "message": message}
    return Fault(detail=detail, targets=WRITES, limit_after_long=FULL_SYNC)


def outdated(code: int, message: str, status: int = 400) -> Fault:
    """Return a refusal that only says that the zone is not as it was read."""
    return Fault(detail={"status": status, "code": code, "message": message}, targets=WRITES)


HEADERS = "Invalid request headers"
FAULTS = {
    # Authentication and authorization.
    "400 6003 6111": denied(400, 6003, HEADERS, (6111, "Invalid format for Authorization header")),
    "400 6003 6103": denied(400, 6003, HEADERS, (6103, "Invalid format for X-Auth-Key header")),
    "400 6003 6102": denied(400, 6003, HEADERS, (6102, "Invalid format for X-Auth-Email header")),
    "400 6003": denied(400, 6003, HEADERS),
    "403 9109 token": denied(403, 9109, "Invalid access token"),
    "401 10000": denied(401, 10000, "Authentication error"),
    "400 9106": denied(400, 9106, "Authentication failed (status: 400)"),
    "401 1000": denied(401, 1000, "Invalid API Token"),
    "403 9103": denied(403, 9103, "Unknown X-Auth-Key or X-Auth-Email"),
    "403 9106 9107": denied(403, 9106, "Missing X-Auth-Key header", (9107, "Missing")),
    "403 9109 location": denied(403, 9109, "Cannot use the access token from location: 8.8.4.4"),
    "403 10000": denied(403, 10000, "Authentication error"),
    "403 9109 resource": denied(403, 9109, "Unauthorized to access requested resource"),
    "403 0": denied(403, 0, "Actor requires permission 'zone.list' to list zones"),
    "403 locked out": denied(403, 10000, "Max auth failures reached"),
    "403 1038": denied(403, 1038, "You cannot use this API for domains with a .tk TLD"),
    # Routing and identifiers.
    "400 7003": denied(400, 7003, "Could not route to /client/v4/zones/x/dns_records"),
    "404 7003": denied(404, 7003, "Could not route to /client/v4/zones/x/dns_records"),
    "404 7000": denied(404, 7000, "No route for that URI"),
    "404 1001": denied(404, 1001, "Invalid zone identifier"),
    "405 10405": refused(10405, "PUT method not allowed", 405),
    "405 10000": refused(10000, "PUT method not allowed", 405),
    "404 81044": outdated(81044, "Record does not exist.", 404),
    # Validation.
    "400 1004": refused(1004, "DNS Validation Error"),
    "400 9000": refused(9000, "DNS name is invalid."),
    "400 9003": refused(9003, "Target is not allowed for a proxied record."),
    "400 9005": refused(9005, "Content for A record must be a valid IPv4 address."),
    "400 9006": refused(9006, "Content for AAAA record must be a valid IPv6 address."),
    "400 9015": refused(9015, "Record content exceeds the allowed length."),
    "400 9021": refused(9021, "Invalid TTL."),
    "400 9039": refused(9039, "CNAME content cannot reference itself."),
    "400 9041": refused(9041, "This record type cannot be proxied."),
    "400 9300": refused(9300, "DNS record has 1 tags, exceeding the quota of 0."),
    "400 9313": refused(9313, "DNS record comment exceeds the maximum length."),
    "400 81045": refused(81045, "Record quota exceeded."),
    "400 81053": refused(81053, "An A, AAAA, or CNAME record with that host already exists."),
    "400 81054": refused(81054, "A CNAME record with that host already exists."),
    "400 81055": refused(81055, "An A record with that host already exists."),
    "400 81056": refused(81056, "NS records with that host already exist."),
    "400 81057": outdated(81057, "Record already exists."),
    "400 81058": outdated(81058, "An identical record already exists."),
    "400 83011": refused(83011, "The combined content is too long."),
    "400 1038": refused(1038, "You cannot use this API for domains with a .tk TLD"),
    # Rate limits, server errors, and what lies between.
    "429 971": Fault(kind="rate_limit", detail={"retry_after": 300}),
    "429 971, 60 s": Fault(kind="rate_limit", detail={"retry_after": 60}),
    "429 10100": denied(429, 10100, "More than 1200 requests per 300 seconds reached."),
    "500 10001": denied(500, 10001, "internal error"),
    "500 1000": denied(500, 1000, "Internal Server Error"),
    "400 10001": denied(400, 10001, "internal error"),
    "504 1000": denied(504, 1000, "Request timeout"),
    **{
        f"{status} page": Fault(kind="html", detail={"status": status})
        for status in (403, 404, 500, 502, 503, 504, *range(520, 527))
    },
    **{
        f"{kind}": Fault(kind=kind)
        for kind in ("spurious_403", "reset", "cut", "truncated", "garbled", "lost_response")
    },
}


@pytest.mark.parametrize("name", FAULTS)
async def test_all_is_right_within_two_updates_after_a_fault(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    name: str,
) -> None:
    """The record, the problem, the repairs and the question for another key."""
    fault = FAULTS[name]
    took: list[int] = []
    for span, address in ((2, NEXT), (LONG, HOME)):
        simulator.ip.set_address(address)
        for target in fault.targets:
            simulator.faults.add("cloudflare", target, kind=fault.kind, **fault.detail)
        await clock.cycles(span)
        simulator.faults.clear()
        took.append(await updates_until_right(hass, simulator, clock, address))
    print(f"{name:20} {took[0]:3} {took[1]:3}")  # noqa: T201 - the table, for who asks for it
    assert took[0] <= fault.limit
    assert took[1] <= fault.limit_after_long


async def updates_until_right(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, address: str
) -> int:
    """Return how many updates it takes until everything is as it should be."""
    for count in range(1, FULL_SYNC + 2):
        await clock.cycles()
        is_written = contents(simulator)[NAME] == address
        flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if is_written and reason(hass) is None and not issues(hass) and not flows:
            return count
    raise AssertionError("the zone did not recover")


async def test_a_denied_key_costs_one_request_in_each_update(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A day of denials is 288 lists, besides those of the form that asks for another key."""
    simulator.cloudflare.credentials.revoke(entry.data["key"])
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    simulator.log.clear()
    await clock.cycles(2 * FULL_SYNC)
    assert endpoints(simulator) == [LIST] * 2 * FULL_SYNC


async def test_a_refused_change_costs_few_requests(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """It is sent in three updates in a row, then once an hour."""
    for target in WRITES:
        simulator.faults.add("cloudflare", target, kind="error", status=400, code=9005)
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert endpoints(simulator).count(BATCH) >= 3
    simulator.log.clear()
    await clock.cycles(2 * FULL_SYNC)
    assert endpoints(simulator).count(LIST) == endpoints(simulator).count(BATCH) == 2
