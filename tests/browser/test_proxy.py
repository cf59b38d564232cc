"""User journey: the external URL is a name that Cloudflare's proxy cannot reach."""

from playwright.async_api import Page, expect

from .environment import WWW, Environment
from .pages import RepairsPage, overflow
from .screenshots import Screenshots
from .session import DESKTOP, PHONE

SET_EXTERNAL_URL = """url => document.querySelector("home-assistant").hass.callWS(
    {type: "config/core/update", external_url: url})"""


async def test_proxied_external_url_is_a_repair_on_any_screen(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """Every text fits into a phone, and the repair goes away with the URL."""
    await environment.ensure_www_is_set_up()
    repairs = await RepairsPage(page).open()
    await expect(repairs.nothing_to_do).to_be_visible()

    texts = {
        ":8123": (f"{WWW}: proxy can't connect", "doesn't forward port 8123"),
        "": (f"{WWW}: proxy not trusted", "doesn't trust these"),
    }
    for path, (title, text) in texts.items():
        await page.evaluate(SET_EXTERNAL_URL, f"https://{WWW}{path}")
        for size in (DESKTOP, PHONE):
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await repairs.open()
            await repairs.issue(title).click()
            dialog = page.locator("dialog-repairs-issue")
            await expect(dialog.get_by_text(text)).to_be_visible()
            await screenshots.take(page, f"proxy-{path.strip(':') or 'trust'}-{size[0]}")
            assert await overflow(dialog) <= 0
            await page.keyboard.press("Escape")

    await page.evaluate(SET_EXTERNAL_URL, None)
    await expect(repairs.nothing_to_do).to_be_visible()


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """Nothing was logged as an error, and no request was unexpected."""
    assert environment.logged_errors() == []
    assert environment.simulator.log.surprises == []
