"""User journey: one name for two internet connections, of which the first goes down."""

from playwright.async_api import Page, expect
import pytest

from .connection_forms import (
    FIBER,
    LTE,
    LTE_ADDRESS,
    add_lines,
    list_connections,
    set_fiber_status,
)
from .environment import WWW, Environment
from .pages import Dialog, RaindropPage, overflow
from .screenshots import Screenshots
from .session import DESKTOP, PHONE, rendered

BACK_AFTER_S = 90.0
"""Time limit for going back: one minute is the shortest time that can be set."""


async def take(page: Page, screenshots: Screenshots, name: str, form: Dialog) -> None:
    """Take a screenshot of a dialog on a large and on a small screen, in which it has to fit."""
    for width, height in (PHONE, DESKTOP):
        await page.set_viewport_size({"width": width, "height": height})
        await rendered(page)
        await screenshots.take(page, f"connections-{name}-{width}")
        # A table that is too wide can be scrolled.
        assert await form.root.locator("table").count() or await overflow(form.dialog) <= 0


@pytest.mark.timeout(180)
async def test_a_name_moves_to_the_second_connection_and_back(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """Two connections are listed in the form; the first goes down, and comes back."""
    await environment.ensure_zone_is_set_up()
    await add_lines(environment)
    home = environment.address
    form = await list_connections(page, WWW)
    await form.root.get_by_role("spinbutton", name="Back after").fill("1")
    await take(page, screenshots, "list", form)
    await form.press("Next")
    await expect(form.root.get_by_role("cell", name=f"{home} ✓", exact=True)).to_be_visible()
    await expect(form.root.get_by_role("cell", name=LTE_ADDRESS, exact=True)).to_be_visible()
    await take(page, screenshots, "addresses", form)
    await form.press("Next")
    await expect(form.preview_of(WWW)).to_contain_text(f"→ {home}")
    await take(page, screenshots, "preview", form)
    await form.press("Submit")
    await environment.wait_for_record(WWW, home)
    await form.finish()

    domain = await RaindropPage(page).open_device(WWW)
    await expect(domain.row("IPv4 connection")).to_contain_text(FIBER)
    await set_fiber_status(environment, "off")
    await environment.wait_for_record(WWW, LTE_ADDRESS)
    await expect(domain.row("IPv4 connection")).to_contain_text(LTE)
    await expect(domain.row("A record")).to_contain_text(LTE_ADDRESS)
    await screenshots.take(page, "connections-second")
    await set_fiber_status(environment, "on")
    await environment.wait_for_record(WWW, home, BACK_AFTER_S)
    await expect(domain.row("IPv4 connection")).to_contain_text(FIBER)
    await screenshots.take(page, "connections-back")
