"""User journey: what people do with Raindrop, on a desktop and on a phone, light and dark.

What each task takes the user is added to the summary.
"""

from playwright.async_api import Locator, Page, expect

from .effort import Effort
from .environment import ADDRESS, HOST, NEW_ADDRESS, TOKEN, WWW, ZONE, Environment
from .pages import (
    AutomationEditor,
    IntegrationsPage,
    Notifications,
    RaindropPage,
    RepairsPage,
    overflow,
)
from .screenshots import Screenshots
from .session import DESKTOP, PHONE, rendered

BLOG, PHOTOS, SHOP, VPN = (f"{name}.example.com" for name in ("blog", "photos", "shop", "vpn"))
VPN_ADDRESS = "198.51.100.7"
LATER_ADDRESS, LAST_ADDRESS = "81.2.69.146", "81.2.69.148"
MESSAGE = "A record of this home was written."


async def take(page: Page, screenshots: Screenshots, name: str, part: Locator) -> None:
    """Take a screenshot on a large and on a small screen, light and dark, where a part fits in."""
    for size in (PHONE, DESKTOP):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        for theme in ("dark", "light"):
            await page.emulate_media(color_scheme=theme)
            await rendered(page)
            await screenshots.take(page, f"daily-{name}-{size[0]}-{theme}")
        assert await overflow(part) <= 0


async def test_first_domain(
    page: Page, environment: Environment, screenshots: Screenshots, effort: Effort
) -> None:
    """A token and a name are enough: the zone is found, and the record points to the home."""
    environment.simulator.ip.set_address(None, family=6)
    integrations = await IntegrationsPage(page).open()
    await expect(integrations.add_button).to_be_visible()
    async with effort.measured(page, "first domain"):
        form = await integrations.add_integration()
        await form.fill(key=TOKEN, domain=HOST)
        await form.press("Submit")
        await environment.wait_for_record(HOST, ADDRESS)
        await expect(form.text(f"{HOST} now points to {ADDRESS}")).to_be_visible()
    await take(page, screenshots, "first-domain", form.root)
    await form.choose("Finish")
    await form.close()


async def test_three_of_five_names_at_once(
    page: Page, environment: Environment, screenshots: Screenshots, effort: Effort
) -> None:
    """Of five names, those that held the home's address are selected; one preview shows them."""
    await environment.ensure_zone_is_set_up()
    cloudflare = environment.simulator.cloudflare
    before = environment.address
    for name in (BLOG, PHOTOS):
        cloudflare.add_record(ZONE, type="A", name=name, content=before)
    environment.edit_record(WWW, content=before)
    cloudflare.add_record(ZONE, type="A", name=VPN, content=VPN_ADDRESS)
    cloudflare.add_record(ZONE, type="CNAME", name=SHOP, content="shops.example.net")
    environment.change_address(NEW_ADDRESS)
    await environment.update_now()
    raindrop = await RaindropPage(page).open()
    async with effort.measured(page, "three of five names"):
        form = await raindrop.add_domain()
        await form.expand("Names that can't be added")
        await expect(form.text(SHOP)).to_be_visible()
        for name in (BLOG, PHOTOS, WWW):
            await expect(form.text(f"{name} · A {before}")).to_be_visible()
        await expect(form.text(VPN)).to_be_hidden()
        await form.press("Next")
        for name in (BLOG, PHOTOS, WWW):
            await expect(form.preview_of(name)).to_be_visible()
        assert environment.record_content(BLOG) == before
        await form.press("Submit")
        for name in (BLOG, PHOTOS, WWW):
            await environment.wait_for_record(name, environment.address)
        await form.finish()
    assert environment.record_content(VPN) == VPN_ADDRESS
    for name in (BLOG, PHOTOS, WWW):
        await expect(raindrop.device(name)).to_be_visible()

    form = await raindrop.add_domain()
    await form.add_option(VPN)
    await take(page, screenshots, "names", form.root)
    await form.press("Next")
    change = f"{VPN} A: {VPN_ADDRESS} → {environment.address}"
    await expect(form.preview_of(VPN)).to_have_text(change)
    await take(page, screenshots, "preview", form.root)
    await form.close()


async def test_pause_and_go_on(
    page: Page, environment: Environment, screenshots: Screenshots, effort: Effort
) -> None:
    """The switch pauses a domain, and an update follows when it is turned on again."""
    await environment.ensure_zone_is_set_up()
    raindrop = await RaindropPage(page).open()
    domain = await raindrop.open_device(HOST)
    async with effort.measured(page, "pause"):
        await domain.toggle("Keep up to date")
        await expect(domain.row("Status")).to_contain_text("Paused")
    before = environment.address
    environment.change_address(LATER_ADDRESS)
    await page.go_back()
    zone = await raindrop.open_device(ZONE)
    await zone.press("Update now")
    await expect(zone.row("Public IPv4 address")).to_contain_text(LATER_ADDRESS)
    assert environment.record_content(HOST) == before
    await page.go_back()
    domain = await raindrop.open_device(HOST)
    await expect(domain.row("A record")).to_contain_text(before)
    await take(page, screenshots, "paused", domain.row("Status"))
    async with effort.measured(page, "go on"):
        await domain.toggle("Keep up to date")
        await environment.wait_for_record(HOST, LATER_ADDRESS)
        await expect(domain.row("Status")).to_contain_text("In sync")


async def test_proxied_at_once(
    page: Page, environment: Environment, screenshots: Screenshots, effort: Effort
) -> None:
    """The proxied status is written when it is chosen, and nothing else of the record."""
    await environment.ensure_zone_is_set_up()
    raindrop = await RaindropPage(page).open()
    domain = await raindrop.open_device(HOST)
    assert not environment.is_proxied(HOST)
    async with effort.measured(page, "proxied"):
        await domain.select("Proxied by Cloudflare", "On")
        await environment.wait_until_proxied(HOST)
    assert environment.record_content(HOST) == environment.address
    await take(page, screenshots, "proxied", domain.row("Status"))


async def test_trigger_of_a_zone_fires_for_its_domains(
    page: Page, environment: Environment, screenshots: Screenshots, effort: Effort
) -> None:
    """An automation for the zone runs when a record of one of its domains is written."""
    await environment.ensure_zone_is_set_up()
    editor = await AutomationEditor(page).open()
    async with effort.measured(page, "trigger on the zone"):
        await editor.add_trigger(ZONE, "DNS record updated")
        await editor.add_action("Create persistent notification", MESSAGE)
        await editor.save("Notify me of a written record")
    await take(page, screenshots, "automation", editor.part("DNS record updated"))
    environment.change_address(LAST_ADDRESS)
    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    await zone.press("Update now")
    await environment.wait_for_record(HOST, LAST_ADDRESS)
    notifications = await Notifications(page).open()
    await expect(notifications.message(MESSAGE).first).to_be_visible()


async def test_repair_on_a_phone(
    page: Page, environment: Environment, screenshots: Screenshots, effort: Effort
) -> None:
    """A record that may not be created is created by the repair, with one hand."""
    await environment.ensure_zone_is_set_up()
    await environment.add_domain_that_creates_nothing("nas.example.com")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    repairs = await RepairsPage(page).open()
    title = "nas.example.com: no A record"
    repair = await repairs.repair(title)
    await expect(repair.text("Create the record")).to_be_visible()
    await take(page, screenshots, "repair", repair.root)
    await repair.close()
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    async with effort.measured(page, "repair on a phone"):
        repair = await repairs.repair(title)
        await repair.choose("Create the record")
        await environment.wait_for_record("nas.example.com", environment.address)
        await repair.finish()
    await expect(repairs.nothing_to_do).to_be_visible()


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """Nothing was logged as an error, and no request was unexpected."""
    assert environment.logged_errors() == []
    assert environment.simulator.log.surprises == []
