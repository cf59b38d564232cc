"""User journey: several repairs, on a desktop and on a phone, light and dark."""

from contextlib import suppress

from playwright.async_api import Page, expect

from devtools.ha_rest import RestError

from .environment import HOST, OLD_ADDRESS, WWW, ZONE, Environment
from .pages import Dialog, RepairsPage, overflow
from .screenshots import Screenshots
from .session import DESKTOP, PHONE

BLOG = "blog.example.com"
DIALOGS = {
    f"{WWW}: no A record": ("No A record", "isn't set up to create missing records"),
    f"{BLOG}: CNAME instead of A": ("CNAME instead of A record", "Delete the CNAME record"),
    f"{HOST}: A changed by others": ("Record keeps being changed", OLD_ADDRESS),
}
"""The titles in the list, with the title of their dialog and a part of its text."""
EDITS = 3
SIZES = {"desktop": DESKTOP, "phone": PHONE}


async def update(environment: Environment) -> None:
    """Press *Update now*, which fails while a repair is open."""
    with suppress(RestError):
        await environment.update_now()


async def cause_repairs(environment: Environment) -> None:
    """Cause a missing record, a CNAME instead of a record, and a contested record."""
    await environment.ensure_www_is_set_up()
    cloudflare = environment.simulator.cloudflare
    cloudflare.add_record(ZONE, type="CNAME", name="blog", content="pages.example.org")
    await environment.add_domain_that_creates_nothing(BLOG)
    environment.delete_record(WWW)
    for _ in range(EDITS):
        environment.edit_record(HOST, content=OLD_ADDRESS)
        await update(environment)


async def test_repairs_fit_into_any_screen(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """The list and each dialog are shown whole, with links and without the name in the title."""
    await cause_repairs(environment)
    for name, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            repairs = await RepairsPage(page).open()
            for title in DIALOGS:
                await expect(repairs.issue(title)).to_be_visible()
            await screenshots.take(page, f"repairs-{name}-{theme}")
            for number, (title, (heading, text)) in enumerate(DIALOGS.items()):
                dialog = await repairs.repair(title)
                await expect(dialog.text(text)).to_be_visible()
                await expect(dialog.root.get_by_text(heading, exact=True)).to_be_visible()
                await screenshots.take(page, f"repair-{number}-{name}-{theme}")
                assert await overflow(dialog.root) <= 0
                await dialog.close()


async def test_a_phone_is_enough_to_fix_what_is_wrong(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """Trying too early shows why, in the same dialog; a domain can be removed there."""
    width, height = SIZES["phone"]
    await page.set_viewport_size({"width": width, "height": height})
    missing, cname, contested = DIALOGS
    repairs = await RepairsPage(page).open()

    dialog = await repairs.repair(cname)
    await dialog.choose("Try again")
    await expect(dialog.text("The problem still exists")).to_be_visible()
    await screenshots.take(page, "repair-failed-phone")
    assert await overflow(dialog.root) <= 0
    await dialog.choose(f"Remove {BLOG} from Raindrop")
    await end(dialog)
    await expect(repairs.issue(cname)).to_be_hidden()
    assert environment.record_content(BLOG) == "pages.example.org"

    dialog = await repairs.repair(contested)
    await dialog.choose("Update it with my address")
    await end(dialog)
    assert environment.record_content(HOST) == environment.address

    dialog = await repairs.repair(missing)
    await dialog.choose("Create the record")
    await end(dialog)
    await environment.wait_for_record(WWW, environment.address)
    await expect(repairs.nothing_to_do).to_be_visible()


async def end(dialog: Dialog) -> None:
    """Close a dialog that says that the issue is gone."""
    await expect(dialog.text("The issue is repaired!")).to_be_visible()
    await dialog.finish()


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """The log has only the expected error, and no request was unexpected."""
    assert [line for line in environment.logged_errors() if "Couldn't update" not in line] == []
    assert environment.simulator.log.surprises == []
