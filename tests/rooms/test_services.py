"""The action "Sync DNS": a round on request, or a look at what one would do."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints

NAME = "home.example.com"


async def sync(hass: HomeAssistant, entry: RaindropConfigEntry, **data: Any) -> dict[str, Any]:
    """Call the action; return its response."""
    response = await hass.services.async_call(
        DOMAIN,
        "sync",
        {"config_entry_id": entry.entry_id, **data},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    return dict(response)


async def test_nothing_to_do_is_said_with_one_request(
    hass: HomeAssistant, lab: Lab, entry: RaindropConfigEntry
) -> None:
    """The zone is read, and the response says that all is as it should be."""
    assert await sync(hass, entry) == {
        "dry_run": False,
        "readings": {"ipv4": HOME},
        "records": [{"domain": NAME, "family": "ipv4", "result": "unchanged", "to_ip": HOME}],
        "requests": 1,
    }


async def test_a_change_is_made_and_told(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The response tells what was changed, from what to what."""
    lab.ip.set_address(NEXT)
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
    assert (response["readings"], response["requests"]) == ({"ipv4": NEXT}, 2)
    assert lab.cloudflare.records(zone)[0]["content"] == NEXT


async def test_a_dry_run_changes_nothing(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """What would be done is told for each domain; nothing is written, and nothing is lost."""
    lab.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    names = (NAME, "alias.example.com", "new.example.com")
    entry = await set_up(hass, zone, [domain(name, proxied="on") for name in names])
    new = next(r for r in lab.cloudflare.records(zone) if r["name"] == "new.example.com")
    lab.cloudflare.delete_record(zone, str(new["id"]))
    lab.ip.set_address(NEXT)
    before = lab.cloudflare.records(zone)
    lab.log.clear()

    response = await sync(hass, entry, dry_run=True)

    assert endpoints(lab) == [LIST]
    assert lab.cloudflare.records(zone) == before
    assert (response["dry_run"], response["requests"]) == (True, 1)
    assert response["readings"] == {"ipv4": NEXT}
    assert {r["domain"]: (r["result"], r.get("change")) for r in response["records"]} == {
        NAME: ("planned", "update"),
        "alias.example.com": ("cname", None),
        "new.example.com": ("planned", "create"),
    }
    await clock.cycles()
    contents = {r["name"]: r["content"] for r in lab.cloudflare.records(zone)}
    assert (contents[NAME], contents["new.example.com"]) == (NEXT, NEXT)


async def test_an_enforced_attribute_is_told(hass: HomeAssistant, lab: Lab, zone: Zone) -> None:
    """A policy that changes more than the address says so."""
    entry = await set_up(hass, zone, [domain(NAME, proxied="on")])
    (record,) = lab.cloudflare.records(zone)
    lab.cloudflare.edit_record(zone, str(record["id"]), proxied=False)
    response = await sync(hass, entry, dry_run=True)
    assert response["records"][0]["proxied"] is True
    assert response["records"][0]["to_ip"] is None


async def test_some_domains_alone_are_told_of(hass: HomeAssistant, lab: Lab, zone: Zone) -> None:
    """The conflict of another domain is not this call's error."""
    lab.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    entry = await set_up(hass, zone, [domain(NAME), domain("alias.example.com")])
    response = await sync(hass, entry, domains=["HOME.example.com."])
    assert [record["domain"] for record in response["records"]] == [NAME]
    with pytest.raises(HomeAssistantError) as caught:
        await sync(hass, entry)
    assert caught.value.translation_key == "in_conflict"


@pytest.mark.parametrize("name", ["other.example.com", "no name"])
async def test_a_name_that_is_not_kept_is_refused(
    hass: HomeAssistant, lab: Lab, entry: RaindropConfigEntry, name: str
) -> None:
    """A slip in a name is said before anything is asked."""
    lab.log.clear()
    with pytest.raises(ServiceValidationError) as caught:
        await sync(hass, entry, domains=[NAME, name])
    assert caught.value.translation_key == "unknown_domain"
    assert caught.value.translation_placeholders == {"names": name}
    assert not lab.log.entries


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_failure_is_an_error_in_words(
    hass: HomeAssistant, lab: Lab, entry: RaindropConfigEntry, *, dry_run: bool
) -> None:
    """What went wrong is said as by the button."""
    lab.cloudflare.reachable = False
    with pytest.raises(HomeAssistantError) as caught:
        await sync(hass, entry, dry_run=dry_run)
    assert caught.value.translation_key == "cannot_connect"


async def test_the_action_works_while_a_round_is_running(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """It waits for the round, runs its own, and a dry run does not wait at all."""
    lab.ip.set_address(NEXT)
    hold = lab.faults.add("cloudflare", BATCH, kind="hold")
    first = hass.async_create_task(sync(hass, entry))
    await lab.log.arrived(1, endpoint=BATCH)
    planned = await sync(hass, entry, dry_run=True)
    second = hass.async_create_task(sync(hass, entry))
    hold.release()
    lab.faults.clear()
    assert (await first)["records"][0]["result"] == "done"
    assert (await second)["records"][0]["result"] == "unchanged"
    assert planned["records"][0]["from_ip"] in {HOME, OLD}


async def test_the_failure_of_another_domain_is_not_this_calls(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Who asks for one domain is not told that a write of another one was refused."""
    entry = await set_up(hass, zone, [domain(NAME), domain("two.example.com")])
    lab.ip.set_address(NEXT)
    hold = lab.faults.add("cloudflare", LIST, kind="hold")
    calling = hass.async_create_task(sync(hass, entry, domains=[NAME]))
    await lab.log.arrived(1, endpoint=LIST)
    # Between list and write a twin appears, to which the record would become identical.
    lab.cloudflare.add_record(zone, type="A", name="two", content=NEXT)
    hold.release()
    lab.faults.clear()
    response = await calling
    assert [(r["domain"], r["result"]) for r in response["records"]] == [(NAME, "done")]


async def test_a_dry_run_without_an_address_says_so(
    hass: HomeAssistant, lab: Lab, entry: RaindropConfigEntry
) -> None:
    """What is not known is neither planned nor unchanged."""
    lab.ip.set_address(None)
    response = await sync(hass, entry, dry_run=True)
    assert response["readings"] == {"ipv4": None}
    assert response["records"] == [{"domain": NAME, "family": "ipv4", "result": "no_address"}]
