"""The forms for several internet connections, filled in."""

from playwright.async_api import Page, expect

from .environment import Environment
from .pages import Dialog, ItemDialog, RaindropPage

FIBER, LTE = "Fiber", "LTE"
FIBER_STATUS, LTE_SENSOR = "Fiber connected", "LTE router external IP"
LTE_ADDRESS = "81.2.69.160"


async def add_lines(environment: Environment) -> None:
    """Add the status entity of the fiber, which is up, and the entity with the address of LTE."""
    await set_fiber_status(environment, "on")
    await environment.set_entity("sensor.lte_external_ip", LTE_SENSOR, LTE_ADDRESS)


async def set_fiber_status(environment: Environment, state: str) -> None:
    """Turn the status entity of the fiber on or off."""
    await environment.set_entity("binary_sensor.fiber", FIBER_STATUS, state)


async def list_connections(page: Page, name: str) -> Dialog:
    """Start a new domain, and list the fiber and LTE as its connections."""
    raindrop = await RaindropPage(page).open()
    form = await raindrop.add_domain()
    await form.add_option(name)
    await form.expand("Address source")
    await form.switch_on("Use several internet connections")
    await form.press("Next")
    fiber = await _add(form, FIBER)
    await fiber.switch_on("Home Assistant uses this connection")
    await fiber.pick_entity(FIBER_STATUS, "Status entity")
    await _close(fiber, form, FIBER)
    lte = await _add(form, LTE)
    await lte.pick_entity(LTE_SENSOR, "Entity with the IPv4 address")
    await _close(lte, form, LTE)
    return form


async def _add(form: Dialog, name: str) -> ItemDialog:
    await form.press("Add")
    item = ItemDialog(form.root.page)
    await item.fill(name=name)
    return item


async def _close(item: ItemDialog, form: Dialog, name: str) -> None:
    await item.press("Add")
    await expect(item.dialog).to_be_hidden()
    await expect(form.root.locator("ha-list-item-base").filter(has_text=name)).to_be_visible()
