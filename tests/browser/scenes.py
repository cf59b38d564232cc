"""What the pictures of the documentation show: `python -m tests.browser.scenes FOLDER`."""

from argparse import ArgumentParser
import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
import re
import sqlite3
from tempfile import TemporaryDirectory
from typing import Any

from homeassistant.util.yaml import parse_yaml
from playwright.async_api import Page, expect

from devtools.checkout import ROOT

from .connection_forms import LTE_ADDRESS, add_lines, list_connections
from .environment import (
    ADDRESS,
    HOST,
    IP_LIST,
    LOCATION,
    NEW_ADDRESS,
    OLD_ADDRESS,
    TOKEN,
    WWW,
    ZERO_TRUST_LIST,
    ZONE,
    Environment,
)
from .pages import DevicePage, IntegrationsPage, RaindropPage, RepairsPage
from .pictures import Animation, Pictures
from .session import rendered, running_browser, running_environment, window

TALL = (1280, 1100)
NARROW = (760, 840)
"""The window of the animation: everything in it can be read."""
LATER_ADDRESS = "81.2.69.146"
NAS = "nas.example.com"
BLOG, PHOTOS, VPN, SHOP = "blog", "photos", "vpn", "shop"
NOTICED_MS = 30_000
"""How long the connection watch may take, with no one to press a button."""
HIGHLIGHT = "row => { row.style.outline = '3px solid #f59e0b'; row.style.outlineOffset = '4px'; }"
CALL = "message => document.querySelector('home-assistant').hass.callWS(message)"
SECTION = re.compile(r"^```yaml\n(type: grid\n.+?)^```$", re.MULTILINE | re.DOTALL)
DASHBOARD = "home-dns"
ADDRESS_SENSOR = "sensor.example_com_public_ipv4_address"
CHANGES_SENSOR = "sensor.example_com_ipv4_address_changes"
STATUS_SENSOR = "sensor.home_example_com_status"
CHANGES_PER_WEEK = (1, 3, 2, 2, 4, 1, 2, 3, 1, 2, 2, 3, 1, 2)
"""How often the address changed, the oldest week first."""


def main() -> None:
    """Take all pictures."""
    parser = ArgumentParser(prog="tests.browser.scenes", description=__doc__)
    parser.add_argument("folder", type=Path)
    asyncio.run(take_pictures(parser.parse_args().folder))


async def take_pictures(folder: Path) -> None:
    """Take all pictures in one Home Assistant, in the order of a user."""
    pictures = Pictures(folder)
    with TemporaryDirectory(prefix="raindrop-", ignore_cleanup_errors=True) as config:
        async with running_environment(Path(config)) as environment, running_browser() as browser:
            add_records(environment)
            async with window(browser, environment, NARROW) as context:
                await animate_the_first_seconds(await context.new_page(), environment, folder)
            async with window(browser, environment, TALL) as context:
                page = await context.new_page()
                await show_the_forms(page, environment, pictures)
                await show_the_devices(page, environment, pictures)
                await show_the_connections(page, environment, pictures)
                await show_an_ip_list(page, environment, pictures)
                await show_a_zero_trust_list(page, environment, pictures)
                await show_a_dns_location(page, environment, pictures)
                await show_a_repair(page, environment, pictures)
                await show_the_dashboard(page, environment, pictures)


def add_records(environment: Environment) -> None:
    """Add what a zone of a home contains, and take the home's IPv6 away."""
    environment.simulator.ip.set_address(None, family=6)
    environment.edit_record(WWW, content=ADDRESS)
    cloudflare = environment.simulator.cloudflare
    for name in (BLOG, PHOTOS):
        cloudflare.add_record(ZONE, type="A", name=name, content=ADDRESS)
    cloudflare.add_record(ZONE, type="A", name=VPN, content="198.51.100.7")
    cloudflare.add_record(ZONE, type="CNAME", name=SHOP, content="shops.example.net")


async def animate_the_first_seconds(page: Page, environment: Environment, folder: Path) -> None:
    """Show the way from the form to a record that follows a new address."""
    animation = Animation(page)
    integrations = await IntegrationsPage(page).open()
    form = await integrations.add_integration()
    await form.fill(zone="", email="", key="", domain="")
    caption = "Enter a token and a name"
    await animation.add_frame(caption, 1000)
    for length in (9, 27, len(TOKEN)):
        await form.fill(key=TOKEN[:length])
        await animation.add_frame(caption, 150)
    for length in (4, 9, len(HOST)):
        await form.fill(domain=HOST[:length])
        await animation.add_frame(caption, 150)
    await animation.add_frame(caption, 800)
    await form.press("Submit")
    await expect(form.text(f"{HOST} now points to {ADDRESS}")).to_be_visible()
    await animation.add_frame("The name points to your home", 2000)

    raindrop = await RaindropPage(page).open()
    domain = await raindrop.open_device(HOST)
    await expect(domain.row("A record")).to_contain_text(ADDRESS)
    await rendered(page)
    await domain.row("A record").evaluate(HIGHLIGHT)
    await animation.add_frame("Its page shows the record", 1500)
    await animation.add_frame(f"Your provider changes your address to {NEW_ADDRESS}", 1800)
    environment.change_address(NEW_ADDRESS)
    await expect(domain.row("A record")).to_contain_text(NEW_ADDRESS, timeout=NOTICED_MS)
    await animation.add_frame("Within seconds, the record follows", 3500)
    animation.save(folder, "first-ten-seconds")


async def show_the_forms(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the first form, and the form and the preview for several names."""
    integrations = await IntegrationsPage(page).open()
    form = await integrations.add_integration()
    await form.fill(zone=ZONE, email="", key=TOKEN, domain="home")
    await pictures.take_dialog("first-form", form.dialog)
    await form.close()

    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_domain()
    await expect(form.text(WWW)).to_be_visible()
    await pictures.take_dialog("add-domains", form.dialog)
    await form.press("Next")
    await expect(form.preview_of(WWW)).to_be_visible()
    await pictures.take_dialog("preview", form.dialog)
    await form.press("Submit")
    await environment.wait_for_record(WWW, NEW_ADDRESS)
    await form.finish()


async def show_the_devices(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the pages of the zone and of a domain, after a change of the address."""
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(LATER_ADDRESS)
    row = zone.row("Public IPv4 address")
    await expect(row).to_contain_text(LATER_ADDRESS, timeout=NOTICED_MS)
    await show_the_device(zone, "zone", pictures)
    await page.go_back()
    domain = await raindrop.open_device(HOST)
    await show_the_device(domain, "domain", pictures)


async def show_the_device(device: DevicePage, name: str, pictures: Pictures) -> None:
    """Show the entities of a device, and what happened to it."""
    await expect(device.activity(LATER_ADDRESS).first).to_be_visible()
    await rendered(device.page)
    cards = await device.page.locator("ha-device-entities-card").all()
    await pictures.take(name, *cards, device.page.locator("ha-logbook").first)


async def show_the_connections(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the form for several connections, and the addresses that they have."""
    await add_lines(environment)
    form = await list_connections(page, VPN)
    await pictures.take_dialog("connections", form.dialog)
    await form.press("Next")
    await expect(form.root.get_by_role("cell", name=LTE_ADDRESS, exact=True)).to_be_visible()
    await pictures.take_dialog("connection-addresses", form.dialog)
    await form.close()


async def show_an_ip_list(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the form of an IP list, and its preview."""
    environment.add_ip_list()
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_ip_list()
    await form.choose_radio(f"{IP_LIST} (1)")
    await pictures.take_dialog("ip-list-form", form.dialog)
    await form.press("Next")
    await expect(form.text("Nothing else in the list changes")).to_be_visible()
    await pictures.take_dialog("ip-list-preview", form.dialog)
    await form.close()


async def show_a_zero_trust_list(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the preview of a Zero Trust list."""
    added = environment.add_zero_trust_list()
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_zero_trust_list()
    await form.choose_radio(f"{ZERO_TRUST_LIST} (1)")
    await form.press("Next")
    await expect(form.text("in a single request")).to_be_visible()
    await pictures.take_dialog("zero-trust-list-preview", form.dialog)
    await form.close()
    environment.simulator.cloudflare.zero_trust_lists.remove(added)


async def show_a_dns_location(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the form of a DNS location, and its preview."""
    location = environment.add_location("198.51.100.1/32", f"{ADDRESS}/32")
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_dns_location()
    await expect(form.text("This is experimental")).to_be_visible()
    await pictures.take_dialog("dns-location-form", form.dialog)
    await form.choose_radio(f"{LOCATION} (2)")
    await form.press("Next")
    await form.choose_radio(ADDRESS)
    await form.press("Next")
    await expect(form.text("Nothing else in the location changes")).to_be_visible()
    await pictures.take_dialog("dns-location-preview", form.dialog)
    await form.close()
    environment.simulator.cloudflare.locations.remove(location)


async def show_a_repair(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the repair of a domain whose record may not be created."""
    await environment.add_domain_that_creates_nothing(NAS)
    repairs = await RepairsPage(page).open()
    repair = await repairs.repair(f"{NAS}: no A record")
    await expect(repair.text("Create the record")).to_be_visible()
    await pictures.take_dialog("repair", repair.dialog)
    await repair.choose(f"Remove {NAS} from Raindrop")
    await repair.finish()


async def show_the_dashboard(page: Page, environment: Environment, pictures: Pictures) -> None:
    """Show the section of docs/dashboard.md, as if the home had been moving for a month."""
    now = datetime.now(UTC)
    home_assistant = environment.home_assistant
    await home_assistant.stop()
    write_history(home_assistant.folder / "home-assistant_v2.db", now)
    await home_assistant.start()
    await IntegrationsPage(page).open()
    await call(page, "recorder/import_statistics", **statistics(now))
    await call(page, "lovelace/dashboards/create", url_path=DASHBOARD, title="DNS", mode="storage")
    (section,) = SECTION.findall((ROOT / "docs/dashboard.md").read_text())
    view = {"type": "sections", "path": "view", "max_columns": 2, "sections": [parse_yaml(section)]}
    await call(page, "lovelace/config/save", url_path=DASHBOARD, config={"views": [view]})

    await page.goto(f"/{DASHBOARD}/view")
    charts = page.locator("hui-grid-section canvas")
    await expect(charts).to_have_count(2)
    await rendered(page)
    await pictures.take("dashboard", page.locator("hui-grid-section"))


async def call(page: Page, kind: str, **data: Any) -> None:
    """Send a message by the frontend's connection, once it is there."""
    await page.wait_for_function("document.querySelector('home-assistant')?.hass?.connected")
    await page.evaluate(CALL, {"type": kind, **data})


def write_history(database: Path, now: datetime) -> None:
    """Add a week to what the recorder knows: three addresses, and an outage."""
    history = {
        ADDRESS_SENSOR: ((8, "81.2.69.131"), (5.3, "81.2.69.136"), (2.4, OLD_ADDRESS)),
        STATUS_SENSOR: ((8, "in_sync"), (2.5, "no_address"), (2.3, "in_sync")),
    }
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for entity_id, states in history.items():
            ((metadata_id,),) = connection.execute(
                "SELECT metadata_id FROM states_meta WHERE entity_id = ?", (entity_id,)
            )
            connection.executemany(
                "INSERT INTO states (metadata_id, state, last_updated_ts) VALUES (?, ?, ?)",
                [
                    (metadata_id, state, (now - timedelta(days=days)).timestamp())
                    for days, state in states
                ],
            )


def statistics(now: datetime) -> dict[str, Any]:
    """Return the number of changes of some weeks."""
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    weeks = range(len(CHANGES_PER_WEEK), 0, -1)
    counts = zip(weeks, accumulate(CHANGES_PER_WEEK), strict=True)
    return {
        "metadata": {
            "statistic_id": CHANGES_SENSOR,
            "source": "recorder",
            "name": None,
            "unit_of_measurement": None,
            "unit_class": None,
            "has_sum": True,
            "mean_type": 0,
        },
        "stats": [
            {"start": (noon - timedelta(weeks=week)).isoformat(), "state": count, "sum": count}
            for week, count in counts
        ],
    }


if __name__ == "__main__":
    main()
