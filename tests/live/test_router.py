"""A router tells of a new address: chosen in the options, and heard at once."""

from playwright.async_api import Page, expect

from .album import Album
from .house import HOST, NEXT, ZONE, House
from .pages import RaindropPage

ROUTER = "Router external IP"


async def test_a_router_tells_of_a_new_address_at_once(
    page: Page, house: House, album: Album
) -> None:
    """With the router's entity as source, a new address is in DNS before anybody asks for it."""
    await house.keep_home()
    await house.router_says(ROUTER, house.address)
    raindrop = await RaindropPage(page).open()
    form = await raindrop.configure()
    await form.pick_kind("IPv4 address", "An entity")
    await album.keep(page, "sources")
    await form.press("Submit")
    await form.pick_entity(ROUTER)
    await album.keep(page, "entity")
    await form.press("Submit")
    await form.finish()

    zone = await raindrop.open_device(ZONE)
    await expect(zone.row("IPv4 source")).to_contain_text(ROUTER)
    house.move_to(NEXT)
    await house.router_says(ROUTER, NEXT)
    await house.points_to(HOST, NEXT)
    await expect(zone.row("Public IPv4 address")).to_contain_text(NEXT)
    await album.keep(page, "router")
