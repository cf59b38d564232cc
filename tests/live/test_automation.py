"""How an automation reacts to a new address: built in the editor, without a line of YAML."""

from playwright.async_api import Page, expect

from .album import Album
from .house import NEXT, ZONE, House
from .pages import AutomationEditor, Notifications, RaindropPage

TRIGGER = "Public IP address changed"
ACTION = "Create persistent notification"
MESSAGE = "The address of this home has changed."


async def test_an_automation_reacts_to_a_new_address(
    page: Page, house: House, album: Album
) -> None:
    """An automation that starts when the public IP address has changed is built with the mouse."""
    await house.keep_home()
    editor = await AutomationEditor(page).open()
    await editor.add_trigger(ZONE, TRIGGER)
    await expect(editor.part(TRIGGER)).to_be_visible()
    await album.keep(page, "trigger")
    await editor.add_action(ACTION, MESSAGE)
    await expect(editor.part(ACTION)).to_be_visible()
    await album.keep(page, "automation")
    await editor.save("Tell me about a new address")

    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    house.move_to(NEXT)
    await zone.press("Update now")
    notifications = await Notifications(page).open()
    await expect(notifications.message(MESSAGE)).to_be_visible()
    await album.keep(page, "notification")
