"""Choose the names of new domains: what is offered, what is selected, and many at once."""

import time

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD
from tests.secrets import TOKEN

from .conftest import BATCH, LIST, endpoints, submit_user_form, typed
from .domain_forms import FORM, WWW, placeholders, rows, send, start


async def test_the_names_of_the_zone_can_be_picked(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The form suggests names of address records without a domain, and takes any other."""
    simulator.cloudflare.add_record(zone, type="A", name="www", content=OLD, proxied=True)
    simulator.cloudflare.add_record(zone, type="AAAA", name="tür", content=HOME_V6)
    simulator.cloudflare.add_record(zone, type="CNAME", name="blog", content="example.org")
    simulator.cloudflare.add_record(zone, type="TXT", name="text", content="hello")
    form = await start(hass, entry)
    schema = form["data_schema"]
    assert schema is not None
    (selector,) = (value for key, value in schema.schema.items() if key == "domain")
    assert [(o["value"], o["label"]) for o in selector.config["options"]] == [
        (WWW, f"{WWW} · A {OLD} ☁"),
        ("tür.example.com", f"tür.example.com · AAAA {HOME_V6}"),
    ]
    assert selector.config["custom_value"]
    assert placeholders(form)["cnames"] == "blog.example.com"
    assert "cnames" in schema.schema
    preview = await send(hass, form, FORM | {"domain": "door"})
    assert preview["step_id"] == "preview"


async def test_nothing_is_said_about_cname_records_where_there_are_none(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The form has a section about them only if there are some."""
    schema = (await start(hass, entry))["data_schema"]
    assert schema is not None
    assert "cnames" not in schema.schema


async def test_names_that_point_to_the_home_are_selected(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """So are those that have what the first record had: they share an outdated address."""
    for name, content in (("now", HOME), ("before", OLD), ("other", "81.2.69.150")):
        simulator.cloudflare.add_record(zone, type="A", name=name, content=content)
    result = await submit_user_form(hass, zone="example.com", key=TOKEN, domain="home")
    menu = hass.config_entries.subentries.async_get(result["next_flow"][1])
    form = await send(hass, menu, {"next_step_id": "add"})
    assert typed(form)["domain"] == ["before.example.com", "now.example.com"]

    simulator.ip.set_address(NEXT)
    await result["result"].runtime_data.async_refresh()
    form = await start(hass, result["result"])
    assert typed(form)["domain"] == ["now.example.com"]


async def test_a_hundred_names_are_added_by_one_form(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """One list for the form, one for the preview, and one list and batch for the update."""
    names = [f"host{number}.example.com" for number in range(100)]
    for name in names[:50]:
        simulator.cloudflare.add_record(zone, type="A", name=name, content=OLD)
    began = time.monotonic()
    form = await start(hass, entry)
    preview = await send(hass, form, FORM | {"domain": names})
    assert placeholders(preview)["domain"] == "host0.example.com (+99)"
    assert len(rows(preview)) == 100
    simulator.log.clear()
    result = await send(hass, preview, {})
    assert time.monotonic() - began < 10
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "several"
    assert placeholders(result)["count"] == "100"
    assert endpoints(simulator) == [LIST, BATCH]
    assert len(entry.subentries) == 101
    contents = {r["name"]: r["content"] for r in simulator.cloudflare.records(zone)}
    assert {contents[name] for name in names} == {HOME}


async def test_a_name_with_only_an_aaaa_record_gets_the_ipv6_address(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """IPv6 counts as chosen for it, and for no other name of the form."""
    simulator.cloudflare.add_record(zone, type="AAAA", name="six", content="2001:218::1")
    names = ["six.example.com", WWW]
    preview = await send(hass, await start(hass, entry), FORM | {"domain": names})
    assert rows(preview) == [
        f"- **six.example.com** A: — → {HOME}",
        f"- **six.example.com** AAAA: 2001:218::1 → {HOME_V6}",
        f"- **{WWW}** A: — → {HOME}",
    ]


async def test_names_that_were_added_meanwhile_are_left_out(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Two dialogs may add the same name; the second one adds the others, if there are any."""
    previews = [
        await send(hass, await start(hass, entry), FORM | {"domain": names})
        for names in (["www"], ["www", "door"], ["door"])
    ]
    results = [await send(hass, preview, {}) for preview in previews]
    assert [result["type"] for result in results] == [
        FlowResultType.CREATE_ENTRY,
        FlowResultType.CREATE_ENTRY,
        FlowResultType.ABORT,
    ]
    assert results[1]["description"] is None
    assert results[2]["reason"] == "already_configured"
    titles = [subentry.title for subentry in entry.subentries.values()]
    assert titles == ["home.example.com", WWW, "door.example.com"]
