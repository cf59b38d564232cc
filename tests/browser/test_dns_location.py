"""User journey: a DNS location that follows the address, and its repair."""

from playwright.async_api import Page, expect
import pytest

from simulator.cloudflare.dns_locations import Location

from .environment import ADDRESS, LOCATION, NEW_ADDRESS, OLD_ADDRESS, TOKEN, ZONE, Environment
from .pages import RaindropPage, RepairsPage
from .screenshots import Screenshots

FRIENDS = "198.51.100.1/32"
LATER_ADDRESS = "81.2.69.146"


@pytest.fixture(scope="module")
def location(environment: Environment) -> Location:
    """Return a location with the network of friends and the home's old address."""
    return environment.add_location(FRIENDS, f"{OLD_ADDRESS}/32")


async def test_missing_permission_is_named(
    page: Page, environment: Environment, location: Location, screenshots: Screenshots
) -> None:
    """The form says which one, and where to add it."""
    await environment.ensure_zone_is_set_up()
    environment.simulator.cloudflare.add_token(TOKEN)
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_dns_location()
    await expect(form.text("Account > Zero Trust > Edit to it")).to_be_visible()
    await screenshots.take_dialog(page, "dns-location-permission")
    await form.close()
    environment.allow_zero_trust()


async def test_location_is_added(
    page: Page, environment: Environment, location: Location, screenshots: Screenshots
) -> None:
    """The form says that it is experimental, asks for the network, and shows what changes."""
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_dns_location()
    await expect(form.text("This is experimental")).to_be_visible()
    await expect(form.text("IPv4 only")).to_be_visible()
    await form.choose_radio(f"{LOCATION} (2)")
    await screenshots.take_dialog(page, "dns-location-form")
    await form.press("Next")
    await expect(form.text("None of these: add my address")).to_be_visible()
    await form.choose_radio(OLD_ADDRESS)
    await screenshots.take_dialog(page, "dns-location-network")
    await form.press("Next")
    await expect(form.text("Nothing else in the location changes")).to_be_visible()
    await expect(form.text(ADDRESS)).to_be_visible()
    await screenshots.take_dialog(page, "dns-location-preview")
    await form.press("Submit")
    await environment.wait_for_networks(location, FRIENDS, f"{ADDRESS}/32")
    await form.finish()


async def test_location_follows_the_address(
    page: Page, environment: Environment, location: Location, screenshots: Screenshots
) -> None:
    """The page of the location shows the new address, and what happened."""
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(NEW_ADDRESS)
    await zone.press("Update now")
    await environment.wait_for_networks(location, FRIENDS, f"{NEW_ADDRESS}/32")
    await page.go_back()
    device = await raindrop.open_location(LOCATION)
    await expect(device.row("Filtered address")).to_contain_text(NEW_ADDRESS)
    await expect(device.row("DNS location problem")).to_contain_text("OK")
    await screenshots.take_on_any_screen(page, "dns-location-device")


async def test_repair_tries_again(
    page: Page, environment: Environment, location: Location, screenshots: Screenshots
) -> None:
    """An address that a neighbor has in a location becomes free."""
    locations = environment.simulator.cloudflare.locations
    locations.taken.add(LATER_ADDRESS)
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(LATER_ADDRESS)
    await zone.press("Update now")
    repairs = await RepairsPage(page).open()
    dialog = await repairs.repair(f"{LOCATION}: address is taken")
    await expect(dialog.text("shares the address between customers")).to_be_visible()
    await screenshots.take_dialog(page, "dns-location-repair")
    locations.taken.clear()
    await dialog.press("Submit")
    await dialog.finish()
    await environment.wait_for_networks(location, FRIENDS, f"{LATER_ADDRESS}/32")
    await expect(repairs.nothing_to_do).to_be_visible()


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """Nothing was logged as an error, and no request was unexpected."""
    assert environment.logged_errors() == []
    assert environment.simulator.log.surprises == []
