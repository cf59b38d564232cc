"""User journey: a Zero Trust list that follows the address, and its repair."""

from playwright.async_api import Page, expect
import pytest

from simulator.cloudflare.zero_trust_lists import ZeroTrustList

from .environment import ADDRESS, NEW_ADDRESS, TOKEN, ZERO_TRUST_LIST, ZONE, Environment
from .pages import RaindropPage, RepairsPage
from .screenshots import Screenshots

OFFICE = "198.51.100.1"
LATER_ADDRESS = "81.2.69.146"


@pytest.fixture(scope="module")
def homes(environment: Environment) -> ZeroTrustList:
    """Return a list with an entry of somebody else."""
    return environment.add_zero_trust_list()


async def test_missing_permission_is_named(
    page: Page, environment: Environment, homes: ZeroTrustList, screenshots: Screenshots
) -> None:
    """The form says which one, and where to add it."""
    await environment.ensure_zone_is_set_up()
    environment.simulator.cloudflare.add_token(TOKEN)
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_zero_trust_list()
    await expect(form.text("Account > Zero Trust > Edit to it")).to_be_visible()
    await expect(form.text("Zero Trust lists belong to the account")).to_be_visible()
    await screenshots.take_dialog(page, "zero-trust-list-permission")
    await form.close()
    environment.allow_zero_trust()


async def test_list_is_added(
    page: Page, environment: Environment, homes: ZeroTrustList, screenshots: Screenshots
) -> None:
    """The form offers the account's lists, and the preview says what changes."""
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_zero_trust_list()
    await form.choose_radio(f"{ZERO_TRUST_LIST} (1)")
    await screenshots.take_dialog(page, "zero-trust-list-form")
    await form.press("Next")
    await expect(form.text(ADDRESS)).to_be_visible()
    await screenshots.take_dialog(page, "zero-trust-list-preview")
    await form.press("Submit")
    await environment.wait_for_values(homes, OFFICE, ADDRESS)
    await form.finish()


async def test_list_follows_the_address(
    page: Page, environment: Environment, homes: ZeroTrustList, screenshots: Screenshots
) -> None:
    """The page of the list shows the new address, and what happened."""
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(NEW_ADDRESS)
    await zone.press("Update now")
    await environment.wait_for_values(homes, OFFICE, NEW_ADDRESS)
    await page.go_back()
    device = await raindrop.open_list(ZERO_TRUST_LIST)
    await expect(device.row("Listed addresses")).to_contain_text(NEW_ADDRESS)
    await expect(device.row("Zero Trust list problem")).to_contain_text("OK")
    await screenshots.take_on_any_screen(page, "zero-trust-list-device")


async def test_repair_tries_again(
    page: Page, environment: Environment, homes: ZeroTrustList, screenshots: Screenshots
) -> None:
    """A token that lost the permission gets it back."""
    environment.simulator.cloudflare.add_token(TOKEN)
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(LATER_ADDRESS)
    await zone.press("Update now")
    repairs = await RepairsPage(page).open()
    dialog = await repairs.repair(f"{ZERO_TRUST_LIST}: token can't edit Zero Trust")
    await expect(dialog.text("so it doesn't follow your address")).to_be_visible()
    await screenshots.take_dialog(page, "zero-trust-list-repair")
    environment.allow_zero_trust()
    await dialog.press("Submit")
    await dialog.finish()
    await environment.wait_for_values(homes, OFFICE, LATER_ADDRESS)
    await expect(repairs.nothing_to_do).to_be_visible()


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """Nothing was logged as an error, and no request was unexpected."""
    assert environment.logged_errors() == []
    assert environment.simulator.log.surprises == []
