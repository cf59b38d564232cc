"""The action `raindrop.sync`: an update on request, or a dry run."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, requests, sync

NAME = "home.example.com"


async def test_an_update_without_changes_costs_one_request(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The zone is read, and the response says that each record is unchanged."""
    assert await sync(hass, entry) == {
        "zone": "example.com",
        "addresses": {"ipv4": HOME},
        "records": [{"domain": NAME, "family": "ipv4", "result": "unchanged", "to_ip": HOME}],
        "requests": 1,
    }


async def test_a_change_is_applied_and_returned(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The response contains each change with the old and the new address."""
    simulator.ip.set_address(NEXT)
    response = await sync(hass, entry)
    assert response["records"] == [
        {
            "domain": NAME,
            "family": "ipv4",
            "result": "done",
            "change": "update",
            "from_ip": HOME,
            "to_ip": NEXT,
        }
    ]
    assert (response["addresses"], response["requests"]) == ({"ipv4": NEXT}, 2)
    assert simulator.cloudflare.records(zone)[0]["content"] == NEXT


async def test_a_dry_run_changes_nothing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """It returns the plan for each domain and writes nothing; the next update applies it."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    names = (NAME, "alias.example.com", "new.example.com")
    entry = await set_up(hass, zone, [domain(name, proxied="on") for name in names])
    new = next(r for r in simulator.cloudflare.records(zone) if r["name"] == "new.example.com")
    simulator.cloudflare.delete_record(zone, str(new["id"]))
    simulator.ip.set_address(NEXT)
    before = simulator.cloudflare.records(zone)
    simulator.log.clear()

    response = await sync(hass, entry, dry_run=True)

    assert endpoints(simulator) == [LIST]
    assert simulator.cloudflare.records(zone) == before
    assert response["requests"] == 1
    assert response["addresses"] == {"ipv4": NEXT}
    assert {r["domain"]: (r["result"], r.get("change")) for r in response["records"]} == {
        NAME: ("planned", "update"),
        "alias.example.com": ("cname", None),
        "new.example.com": ("planned", "create"),
    }
    await clock.cycles()
    contents = {r["name"]: r["content"] for r in simulator.cloudflare.records(zone)}
    assert (contents[NAME], contents["new.example.com"]) == (NEXT, NEXT)


async def test_an_enforced_attribute_is_returned(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A change of an attribute shows the attribute, and no address if that stays."""
    entry = await set_up(hass, zone, [domain(NAME, proxied="on")])
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, str(record["id"]), proxied=False)
    response = await sync(hass, entry, dry_run=True)
    assert response["records"][0]["proxied"] is True
    assert response["records"][0]["to_ip"] is None


async def test_an_update_can_be_limited_to_some_domains(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Only their records are returned, and a conflict of another domain is no error."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    entry = await set_up(hass, zone, [domain(NAME), domain("alias.example.com")])
    response = await sync(hass, entry, domains=["HOME.example.com."])
    assert [record["domain"] for record in response["records"]] == [NAME]
    with pytest.raises(HomeAssistantError) as caught:
        await sync(hass, entry)
    assert caught.value.translation_key == "in_conflict"


@pytest.mark.parametrize("name", ["other.example.com", "no name"])
async def test_a_domain_that_is_not_configured_is_refused(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, name: str
) -> None:
    """A typo in a name is an error before any request is sent."""
    simulator.log.clear()
    with pytest.raises(ServiceValidationError) as caught:
        await sync(hass, entry, domains=[NAME, name])
    assert caught.value.translation_key == "unknown_domain"
    assert caught.value.translation_placeholders == {"names": name}
    assert not requests(simulator)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_failure_is_a_translated_error(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, *, dry_run: bool
) -> None:
    """The action raises the same error as the button."""
    simulator.cloudflare.reachable = False
    with pytest.raises(HomeAssistantError) as caught:
        await sync(hass, entry, dry_run=dry_run)
    assert caught.value.translation_key == "cannot_connect"


async def test_the_action_works_while_an_update_is_running(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """It waits for that update and then runs its own; a dry run does not wait."""
    simulator.ip.set_address(NEXT)
    hold = simulator.faults.add("cloudflare", BATCH, kind="hold")
    first = hass.async_create_task(sync(hass, entry))
    await simulator.log.arrived(1, endpoint=BATCH)
    planned = await sync(hass, entry, dry_run=True)
    second = hass.async_create_task(sync(hass, entry))
    hold.release()
    simulator.faults.clear()
    assert (await first)["records"][0]["result"] == "done"
    assert (await second)["records"][0]["result"] == "unchanged"
    assert planned["records"][0]["from_ip"] in {HOME, OLD}


async def test_a_failure_of_another_domain_is_no_error(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """An update of one domain succeeds though a change of another one was refused."""
    entry = await set_up(hass, zone, [domain(NAME), domain("two.example.com")])
    simulator.ip.set_address(NEXT)
    hold = simulator.faults.add("cloudflare", LIST, kind="hold")
    calling = hass.async_create_task(sync(hass, entry, domains=[NAME]))
    await simulator.log.arrived(1, endpoint=LIST)
    # Between list and batch a record appears to which this one would become identical.
    simulator.cloudflare.add_record(zone, type="A", name="two", content=NEXT)
    hold.release()
    simulator.faults.clear()
    response = await calling
    assert [(r["domain"], r["result"]) for r in response["records"]] == [(NAME, "done")]


async def test_a_dry_run_without_an_address_returns_no_plan(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """A record whose address is unknown is neither planned nor unchanged."""
    simulator.ip.set_address(None)
    response = await sync(hass, entry, dry_run=True)
    assert response["addresses"] == {"ipv4": None}
    assert response["records"] == [{"domain": NAME, "family": "ipv4", "result": "no_address"}]


async def test_an_entry_that_does_not_exist_is_named(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Home Assistant's own message says so."""
    data = {"config_entry_id": "no-such-entry"}
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(DOMAIN, "sync", data, blocking=True)
    assert caught.value.translation_key == "service_config_entry_not_found"


async def test_a_zone_without_domains_needs_an_address(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """It shows the home's address, which is not known."""
    entry = await set_up(hass, zone, [])
    simulator.faults.add("ip", kind="html")
    with pytest.raises(HomeAssistantError) as caught:
        await sync(hass, entry)
    assert caught.value.translation_key == "no_address"


async def set_up_second_zone(hass: HomeAssistant, simulator: Simulator) -> Zone:
    """Set up another zone with a domain of its own."""
    second = simulator.cloudflare.add_zone("example.org")
    await set_up(hass, second, [domain("home.example.org")])
    return second


async def sync_all(hass: HomeAssistant, **data: Any) -> dict[str, list[tuple[str, str]]]:
    """Call the action without a zone; return what it responds, by the title of the zone."""
    response: Any = await hass.services.async_call(
        DOMAIN, "sync", data, blocking=True, return_response=True
    )
    return {
        zone["zone"]: [(record["domain"], record["result"]) for record in zone["records"]]
        for zone in response["zones"]
    }


@pytest.mark.parametrize("dry_run, result", [(False, "done"), (True, "planned")])
async def test_all_zones_are_synced_one_after_another(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    *,
    dry_run: bool,
    result: str,
) -> None:
    """Without a zone, the response has all zones; a zone that is not loaded is left out."""
    second = await set_up_second_zone(hass, simulator)
    third = simulator.cloudflare.add_zone("example.net")
    unloaded = await set_up(hass, third, [domain("home.example.net")])
    await hass.config_entries.async_unload(unloaded.entry_id)
    for each in (simulator.cloudflare.zone("example.com"), second):
        (record,) = simulator.cloudflare.records(each)
        simulator.cloudflare.edit_record(each, str(record["id"]), content=OLD)
    assert await sync_all(hass, dry_run=dry_run) == {
        "example.com": [(NAME, result)],
        "example.org": [("home.example.org", result)],
    }


async def test_domains_without_a_zone_are_found_in_all_zones(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Only the zones of the domains are synced; a name that no zone has is refused."""
    await set_up_second_zone(hass, simulator)
    assert (await sync_all(hass, domains=["home.example.org"])).keys() == {"example.org"}
    simulator.log.clear()
    with pytest.raises(ServiceValidationError) as caught:
        await sync_all(hass, domains=["home.example.org", "home.example.net"])
    assert caught.value.translation_placeholders == {"names": "home.example.net"}
    assert not requests(simulator)


async def test_the_failure_of_a_zone_does_not_stop_the_others(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The second zone is synced though the first one fails, whose error is raised at the end."""
    second = await set_up_second_zone(hass, simulator)
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.delete_record(zone, str(record["id"]))
    simulator.cloudflare.add_record(zone, type="CNAME", name="home", content="example.net")
    (record,) = simulator.cloudflare.records(second)
    simulator.cloudflare.edit_record(second, str(record["id"]), content=OLD)
    with pytest.raises(HomeAssistantError) as caught:
        await sync_all(hass)
    assert caught.value.translation_key == "in_conflict"
    assert simulator.cloudflare.records(second)[0]["content"] == HOME


async def test_the_failures_of_several_zones_are_one_error(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """It says for each zone what went wrong."""
    await set_up_second_zone(hass, simulator)
    simulator.cloudflare.reachable = False
    with pytest.raises(HomeAssistantError) as caught:
        await sync_all(hass)
    assert caught.value.translation_key == "zones_failed"
    text = str(caught.value)
    assert "example.com: " in text
    assert "example.org: " in text


async def test_without_any_loaded_zone_there_is_nothing_to_sync(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The action says that no zone is loaded, instead of having done nothing."""
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await sync_all(hass)
    assert caught.value.translation_key == "no_zone_loaded"
