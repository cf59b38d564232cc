"""Names that are delegated or that another product of Cloudflare keeps, and old address hints."""

from collections.abc import Callable
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import LIST, Clock, endpoints, record_endpoints, state
from .domain_forms import FORM, placeholders, rows, send, start
from .repair_flows import Repair, issues
from .router_entities import contents

NAME = "vpn.sub.example.com"
PROBLEM = "binary_sensor.vpn_sub_example_com_dns_problem"
EVENT = "event.vpn_sub_example_com_dns_record"
HOUR = timedelta(hours=1)


def delegate(simulator: Simulator) -> str:
    """Add an NS record between the name and the zone."""
    record = simulator.cloudflare.add_record(
        "example.com", type="NS", name="sub", content="ns_1.example.net"
    )
    return str(record["id"])


def lock(simulator: Simulator) -> str:
    """Add a read-only record."""
    record = simulator.cloudflare.add_read_only_record(
        "example.com", type="A", name=NAME, content="192.0.2.1"
    )
    return str(record["id"])


def hold(simulator: Simulator) -> str:
    """Add the placeholder of a Worker."""
    record = simulator.cloudflare.add_record(
        "example.com", type="AAAA", name=NAME, content="100::", proxied=True
    )
    return str(record["id"])


KINDS = pytest.mark.parametrize(
    "reason, add, existing",
    [
        pytest.param("delegated", delegate, "sub.example.com NS ns_1.example.net", id="delegated"),
        pytest.param("read_only", lock, "192.0.2.1", id="read-only"),
        pytest.param("placeholder", hold, "100::", id="placeholder"),
    ],
)


@KINDS
async def test_an_obstacle_is_reported_and_never_tried(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    repair: Repair,
    reason: str,
    add: Callable[[Simulator], str],
    existing: str,
) -> None:
    """The entity, the event and the repair say what it is; one list an update, and no write."""
    obstacle = add(simulator)
    before = simulator.cloudflare.records(zone)
    await set_up(hass, zone, [domain(NAME)])

    for _ in range(4):
        assert record_endpoints(simulator) == [LIST]
        assert state(hass, PROBLEM) == "on"
        for entity in (PROBLEM, EVENT):
            shown = hass.states.get(entity)
            assert shown is not None
            assert shown.attributes["reason"] == reason
        assert issues(hass) == [f"record_{reason}"]
        simulator.log.clear()
        await clock.cycles()
    assert simulator.cloudflare.records(zone) == before
    step = await repair.start()
    assert step["description_placeholders"]["existing"] == f"`{existing}`"
    assert step["description_placeholders"]["error"] == ""
    again = await repair.choose("retry")
    assert again["menu_options"] == ["retry", "remove"]
    error = again["description_placeholders"]["error"]
    assert "The problem still exists" in error
    assert "epairs" not in error

    simulator.cloudflare.delete_record(zone, obstacle)
    done = await repair.choose("retry")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert contents(simulator)[NAME] == HOME
    assert (state(hass, PROBLEM), issues(hass)) == ("off", [])


@KINDS
async def test_the_domain_of_an_obstacle_can_be_removed(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    repair: Repair,
    reason: str,
    add: Callable[[Simulator], str],
    existing: str,
) -> None:
    """The menu of the repair removes it, and nothing else changes."""
    add(simulator)
    before = simulator.cloudflare.records(zone)
    entry = await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == [f"record_{reason}"]
    await repair.start()
    await repair.choose("remove")
    assert not entry.subentries
    assert issues(hass) == []
    assert simulator.cloudflare.records(zone) == before


@KINDS
async def test_an_obstacle_is_shown_before_a_domain_is_stored(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    reason: str,
    add: Callable[[Simulator], str],
    existing: str,
) -> None:
    """The last page of the form says what is in the way; the domain can be stored."""
    entry = await set_up(hass, zone, [])
    add(simulator)
    simulator.log.clear()
    preview = await send(hass, await start(hass, entry), FORM | {"domain": NAME})

    assert preview["errors"] == {"base": f"record_{reason}"}
    assert placeholders(preview)["existing"] == existing
    (row,) = rows(preview)
    assert row.startswith(f"- **{NAME}** A: {existing}")
    assert "→" not in row
    # The first one is for the names that the form suggests.
    assert endpoints(simulator) == [LIST, LIST]
    assert (await send(hass, preview, {}))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_subdomain_that_is_delegated_later_is_found_within_an_hour(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The full sync reads the whole zone."""
    await set_up(hass, zone, [domain(NAME)])
    ns = delegate(simulator)
    simulator.log.clear()
    await clock.passes(HOUR)
    assert issues(hass) == ["record_delegated"]
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert "sub" in issue.translation_placeholders["existing"]

    simulator.cloudflare.delete_record(zone, ns)
    await clock.cycles()
    assert (state(hass, PROBLEM), issues(hass)) == ("off", [])


async def test_other_delegated_subdomains_do_not_matter(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Nor do name servers of the zone itself, in whatever case."""
    for name, server in (("sub", "ns.example.net"), ("@", "NS.Example.NET.")):
        simulator.cloudflare.add_record(zone, type="NS", name=name, content=server)
    await set_up(hass, zone, [domain(name) for name in ("example.com", "www.example.com")])
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(simulator).items() >= {"example.com": NEXT, "www.example.com": NEXT}.items()
    assert issues(hass) == []


async def test_old_hints_are_a_repair_until_they_are_gone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The record itself is right, so there is no problem, and nothing is written to them."""
    await set_up(hass, zone, [domain(NAME)])
    records = [
        simulator.cloudflare.add_record(zone, type=kind, name=NAME, content=f"1 . ipv4hint={HOME}")
        for kind in ("SVCB", "HTTPS")
    ]
    await clock.passes(HOUR)
    assert issues(hass) == []
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert issues(hass) == ["stale_hints"]
    assert state(hass, PROBLEM) == "off"
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["hint_types"] == "HTTPS / SVCB"

    for record in records:
        simulator.cloudflare.edit_record(zone, record["id"], content='1 . alpn="h2"')
    await clock.passes(HOUR)
    assert issues(hass) == []
