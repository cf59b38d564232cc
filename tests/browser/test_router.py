"""User journey: choose the router's entity as the source of the IPv4 address."""

from playwright.async_api import Page, expect

from .environment import HOST, NEW_ADDRESS, ZONE, Environment
from .pages import RaindropPage
from .screenshots import Screenshots

ROUTER = "Router external IP"


async def test_router_entity_updates_dns_at_once(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """With the router's entity as source, a new address is in DNS without an update on request."""
    await environment.ensure_zone_is_set_up()
    await environment.set_router_entity(ROUTER, environment.address)
    raindrop = await RaindropPage(page).open()
    form = await raindrop.configure()
    await form.pick_from_menu("IPv4 address", "Entity")
    await screenshots.take(page, "sources")
    await form.press("Submit")
    await form.pick_entity(ROUTER)
    await screenshots.take(page, "entity")
    await form.press("Submit")
    await form.finish()

    zone = await raindrop.open_device(ZONE)
    await expect(zone.row("IPv4 source")).to_contain_text(ROUTER)
    environment.change_address(NEW_ADDRESS)
    await environment.set_router_entity(ROUTER, NEW_ADDRESS)
    await environment.wait_for_record(HOST, NEW_ADDRESS)
    await expect(zone.row("Public IPv4 address")).to_contain_text(NEW_ADDRESS)
    await screenshots.take(page, "router")
