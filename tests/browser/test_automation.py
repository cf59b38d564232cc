"""User journey: build an automation in the editor that reacts to a new address."""

from playwright.async_api import Page, expect

from .environment import NEW_ADDRESS, ZONE, Environment
from .pages import AutomationEditor, Notifications, RaindropPage
from .screenshots import Screenshots

TRIGGER = "Public IP address changed"
ACTION = "Create persistent notification"
MESSAGE = "The address of this home has changed."


async def test_automation_reacts_to_a_new_address(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """An automation triggered by a changed public IP address can be built without YAML."""
    await environment.ensure_zone_is_set_up()
    editor = await AutomationEditor(page).open()
    await editor.add_trigger(ZONE, TRIGGER)
    await expect(editor.part(TRIGGER)).to_be_visible()
    await screenshots.take(page, "trigger")
    await editor.add_action(ACTION, MESSAGE)
    await expect(editor.part(ACTION)).to_be_visible()
    await screenshots.take(page, "automation")
    await editor.save("Notify me of a new address")

    raindrop = await RaindropPage(page).open()
    zone = await raindrop.open_device(ZONE)
    environment.change_address(NEW_ADDRESS)
    await zone.press("Update now")
    notifications = await Notifications(page).open()
    await expect(notifications.message(MESSAGE)).to_be_visible()
    await screenshots.take(page, "notification")
