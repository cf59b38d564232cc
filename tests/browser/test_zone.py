"""User journey: a zone that the registrar points elsewhere, and its move to another account."""

from playwright.async_api import Page, expect

from .environment import HOST, TOKEN, ZONE, Environment
from .pages import IntegrationsPage, RepairsPage, overflow
from .screenshots import Screenshots
from .session import DESKTOP, PHONE

TITLE = f"{ZONE}: nameservers changed"
DNS_PAGE = "a[href='https://dash.cloudflare.com/{}/example.com/dns/records']"


async def take(page: Page, screenshots: Screenshots, name: str) -> None:
    """Take a screenshot of a dialog on a large and on a small screen, in which it has to fit."""
    for width, height in (DESKTOP, PHONE):
        await page.set_viewport_size({"width": width, "height": height})
        await screenshots.take(page, f"{name}-{width}")
        assert await overflow(page.locator("dialog-data-entry-flow")) <= 0


async def test_first_form_warns_of_a_zone_that_nobody_sees(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """The warning names what to enter at the registrar, and Submit goes on."""
    zone = environment.simulator.cloudflare.edit_zone(ZONE, status="moved")
    integrations = await IntegrationsPage(page).open()
    form = await integrations.add_integration()
    await form.fill(zone=ZONE, email="", key=TOKEN, domain="home")
    await form.press("Submit")
    await expect(form.text("Set it up anyway?")).to_be_visible()
    await expect(form.text("ada.ns.cloudflare.com")).to_be_visible()
    await expect(form.root.locator(DNS_PAGE.format(zone.account.id))).to_be_visible()
    await take(page, screenshots, "unseen-zone")
    await form.press("Submit")
    await expect(form.text(f"A: {environment.address}")).to_be_visible()
    await form.press("Submit")
    await environment.wait_for_record(HOST, environment.address)
    await expect(form.text("is set up, but its DNS records")).to_be_visible()
    await form.close()


async def test_repair_offers_the_zone_in_another_account(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """It says what to do, and once the zone is active in another account, offers that."""
    await environment.ensure_zone_is_set_up()
    cloudflare = environment.simulator.cloudflare
    repairs = await RepairsPage(page).open()
    dialog = await repairs.repair(TITLE)
    await expect(dialog.text("Cloudflare deletes the zone after 7 days")).to_be_visible()
    await take(page, screenshots, "moved-zone")
    await dialog.press("Submit")
    await expect(dialog.text("Cloudflare still reports the same problem")).to_be_visible()
    await take(page, screenshots, "moved-zone-still")
    await dialog.close()

    other = cloudflare.add_zone(ZONE, account="Other")
    cloudflare.add_token(TOKEN, other_accounts=["Other"])
    dialog = await repairs.repair(TITLE)
    await expect(dialog.text("Switch to the other account?")).to_be_visible()
    await expect(dialog.root.locator(DNS_PAGE.format(other.account.id))).to_be_visible()
    await take(page, screenshots, "zone-in-another-account")
    await dialog.press("Submit")
    await dialog.finish()
    await expect(repairs.nothing_to_do).to_be_visible()
    assert [record["name"] for record in cloudflare.records(other)] == [HOST]


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """Nothing was logged as an error, and no request was unexpected."""
    assert environment.logged_errors() == []
    assert environment.simulator.log.surprises == []
