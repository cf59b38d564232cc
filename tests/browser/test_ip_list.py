"""User journey: an IP list that follows the address, and its repair."""

from playwright.async_api import Page, expect

from .environment import ADDRESS, IP_LIST, NEW_ADDRESS, TOKEN, ZONE, Environment
from .pages import RaindropPage, RepairsPage
from .screenshots import Screenshots

OFFICE = "198.51.100.1"
LATER_ADDRESS = "81.2.69.146"


async def test_missing_permission_is_named(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """The form says which one, and where to add it."""
    await environment.ensure_zone_is_set_up()
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_ip_list()
    await expect(form.text("Account > Account Filter Lists > Edit to it")).to_be_visible()
    await expect(form.text("IP lists belong to the account")).to_be_visible()
    await screenshots.take_dialog(page, "ip-list-permission")
    await form.close()


async def test_list_is_added(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """The form offers the account's lists, and the preview says what changes."""
    environment.add_ip_list()
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_ip_list()
    await form.choose_radio(f"{IP_LIST} (1)")
    await screenshots.take_dialog(page, "ip-list-form")
    await form.press("Next")
    await expect(form.text(ADDRESS)).to_be_visible()
    await screenshots.take_dialog(page, "ip-list-preview")
    await form.press("Submit")
    await environment.wait_for_listed(OFFICE, ADDRESS)
    await form.finish()


async def test_list_follows_the_address(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """The page of the list shows the new address, and what happened."""
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(NEW_ADDRESS)
    await zone.press("Update now")
    await environment.wait_for_listed(OFFICE, NEW_ADDRESS)
    await page.go_back()
    device = await raindrop.open_list(IP_LIST)
    await expect(device.row("Listed addresses")).to_contain_text(NEW_ADDRESS)
    await expect(device.row("IP list problem")).to_contain_text("OK")
    await screenshots.take_on_any_screen(page, "ip-list-device")


async def test_repair_tries_again(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """A token that lost the permission gets it back."""
    environment.simulator.cloudflare.add_token(TOKEN)
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(LATER_ADDRESS)
    await zone.press("Update now")
    repairs = await RepairsPage(page).open()
    dialog = await repairs.repair(f"{IP_LIST}: token can't edit lists")
    await expect(dialog.text("so it doesn't follow your address")).to_be_visible()
    await screenshots.take_dialog(page, "ip-list-repair")
    environment.allow_lists()
    await dialog.press("Submit")
    await dialog.finish()
    await environment.wait_for_listed(OFFICE, LATER_ADDRESS)
    await expect(repairs.nothing_to_do).to_be_visible()


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """Nothing was logged as an error, and no request was unexpected."""
    assert environment.logged_errors() == []
    assert environment.simulator.log.surprises == []
