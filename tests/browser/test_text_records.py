"""User journey: an SPF record that follows the address of a domain."""

from contextlib import suppress

from playwright.async_api import Page, expect

from devtools.ha_rest import RestError

from .environment import HOST, NEW_ADDRESS, WWW, ZONE, Environment
from .pages import RaindropPage, RepairsPage, overflow
from .screenshots import Screenshots
from .session import DESKTOP, PHONE

MAIL = f"mail.{ZONE}"
SECTION = "Addresses in SPF and HTTPS records"


def spf(address: str) -> str:
    """Return the content of an SPF record with an address."""
    return f'"v=spf1 a:{HOST} ip4:{address} -all"'


async def take(page: Page, screenshots: Screenshots, name: str) -> None:
    """Take a screenshot of a dialog on a large and on a small screen, in which it has to fit."""
    dialog = page.locator("dialog-data-entry-flow")
    for width, height in (DESKTOP, PHONE):
        await page.set_viewport_size({"width": width, "height": height})
        await screenshots.take(page, f"{name}-{width}")
        # A table that is too wide can be scrolled.
        assert await page.locator("table").count() or await overflow(dialog) <= 0


async def test_select_a_record_that_follows_the_address(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """The form lists the name with its address, and the record follows a new address."""
    await environment.ensure_zone_is_set_up()
    record = environment.simulator.cloudflare.add_record(
        ZONE, type="TXT", name=MAIL, content=spf(environment.address)
    )
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_domain()
    await form.add_option(WWW)
    await form.expand(SECTION)
    await form.text(f"{MAIL} · TXT {environment.address}").click()
    await form.text(
        "Addresses that this domain never had stay unchanged"
    ).scroll_into_view_if_needed()
    await expect(form.text("current address of that domain")).to_be_visible()
    await take(page, screenshots, "texts-section")
    await form.press("Next")
    await expect(form.text(MAIL).first).to_be_visible()
    await take(page, screenshots, "texts-preview")
    await form.press("Submit")
    await environment.wait_for_record(WWW, environment.address)
    await form.finish()

    environment.change_address(NEW_ADDRESS)
    await environment.update_now()
    assert environment.record_content(WWW) == NEW_ADDRESS
    records = environment.simulator.cloudflare.records(ZONE)
    assert spf(NEW_ADDRESS) in [found["content"] for found in records]

    # Cloudflare refuses a second identical record.
    environment.simulator.cloudflare.add_record(
        ZONE, type="TXT", name=MAIL, content=spf("81.2.69.150")
    )
    environment.change_address("81.2.69.150")
    with suppress(RestError):
        await environment.update_now()
    assert environment.record_content(WWW) == "81.2.69.150"
    repairs = await RepairsPage(page).open()
    dialog = await repairs.repair(f"{WWW}: TXT change failed")
    await expect(dialog.text("identical record")).to_be_visible()
    await take(page, screenshots, "texts-repair")
    environment.simulator.cloudflare.delete_record(ZONE, record["id"])
    await dialog.press("Submit")
    await dialog.finish()
    await expect(repairs.nothing_to_do).to_be_visible()


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """The log has only the expected error, and no request was unexpected."""
    assert [line for line in environment.logged_errors() if "identical record" not in line] == []
    assert environment.simulator.log.surprises == []
