"""Home Assistant's pages, with the names and words that a person sees on them.

Whatever is asked for is waited for, as long as the browser's limit allows.
"""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from contextlib import asynccontextmanager
import re
from typing import Self

from playwright.async_api import Locator, Page, expect

from .house import LIMIT_S

SHORT_MS = 1000
"""After which something that did not show is tried again."""
INTEGRATION = "Raindrop Cloudflare DDNS"


@asynccontextmanager
async def without_a_reload(page: Page) -> AsyncIterator[None]:
    """Make sure that a page is not loaded anew meanwhile."""
    await page.evaluate("window.isTheSamePage = true")
    yield
    assert await page.evaluate("window.isTheSamePage === true")


class Dialog:
    """A form that leads through a set-up or a repair, step by step."""

    def __init__(self, page: Page) -> None:
        """Expect the dialog on a page."""
        self.root = page.locator("dialog-data-entry-flow")

    def text(self, words: str) -> Locator:
        """Return the place where the dialog says something."""
        return self.root.get_by_text(words)

    def error_at(self, field: str) -> Locator:
        """Return the error that stands at a field."""
        return self.root.locator(f"ha-alert:has(+ ha-selector input[name={field}])")

    async def fill(self, **texts: str) -> None:
        """Type into fields, by their key."""
        fields = [(self.root.locator(f"input[name={key}]"), text) for key, text in texts.items()]
        async with asyncio.timeout(LIMIT_S):
            # What is typed while the form is still being drawn can get lost.
            while any([await field.input_value() != text for field, text in fields]):
                for field, text in fields:
                    await field.fill(text)

    async def pick(self, field: str, option: str) -> None:
        """Choose from a list, by the label of its field."""
        await self.root.get_by_role("button", name=field).click()
        await self.root.get_by_role("option", name=option).click()

    async def pick_kind(self, field: str, kind: str) -> None:
        """Choose from a list that drops down, by the label of its field."""
        await self.root.get_by_role("button", name=field).click()
        await self.root.get_by_role("menuitem", name=kind).click()

    async def pick_entity(self, name: str) -> None:
        """Choose an entity, by its name."""
        await self.root.locator("ha-entity-picker").click()
        await self.root.get_by_role("option", name=name).click()

    async def switch_off(self, field: str) -> None:
        """Turn a switch off, by its label."""
        switch = self.root.get_by_role("switch", name=field)
        async with asyncio.timeout(LIMIT_S):
            # While the form is still being drawn, what was pressed can be undone.
            while await switch.is_checked():
                # The switch's own drawing lies over it, where a click would land.
                await switch.press("Space")
                with contextlib.suppress(AssertionError):
                    await expect(switch).not_to_be_checked(timeout=SHORT_MS)

    async def choose(self, option: str) -> None:
        """Choose from a menu."""
        await self.root.locator("ha-list-item").filter(has_text=option).click()

    async def press(self, button: str) -> None:
        """Press a button."""
        await self.root.get_by_role("button", name=button, exact=True).click()

    async def close(self) -> None:
        """Close the dialog with its cross, and see it go."""
        await self.press("Close")
        await expect(self.root.get_by_role("dialog")).to_be_hidden()

    async def finish(self) -> None:
        """Leave the last step, and see the dialog go."""
        await self.press("Finish")
        await expect(self.root.get_by_role("dialog")).to_be_hidden()


class HomeAssistantPage:
    """Any page that has an address of its own."""

    path: str

    def __init__(self, page: Page) -> None:
        """Show it in a page of the browser."""
        self.page = page

    async def open(self) -> Self:
        """Go there."""
        await self.page.goto(self.path, wait_until="commit")
        return self


class IntegrationsPage(HomeAssistantPage):
    """Settings > Devices & services."""

    path = "/config/integrations/dashboard"

    @property
    def add_button(self) -> Locator:
        """The button Add integration."""
        return self.page.get_by_role("button", name="Add integration")

    async def add_integration(self, name: str = INTEGRATION) -> Dialog:
        """Look an integration up by its name, and begin to set it up."""
        await self.add_button.click()
        chooser = self.page.locator("dialog-add-integration")
        await chooser.get_by_role("textbox").fill(name)
        await chooser.locator("ha-integration-list-item").filter(has_text=name).click()
        return Dialog(self.page)

    def card(self, name: str = INTEGRATION) -> Locator:
        """Return the card of an integration that is set up."""
        return self.page.locator("ha-integration-card").filter(has_text=name)


class RaindropPage(HomeAssistantPage):
    """The page of the integration, with its zones and their domains."""

    path = "/config/integrations/integration/raindrop"

    async def add_domain(self) -> Dialog:
        """Begin to add a domain."""
        await self.page.get_by_role("button", name="Add domain").click()
        return Dialog(self.page)

    async def configure(self) -> Dialog:
        """Open the options of the zone."""
        await self.page.get_by_role("button", name="Configure").click()
        return Dialog(self.page)

    def device(self, name: str) -> Locator:
        """Return the line of a zone or a domain."""
        return self.page.get_by_role("button", name=re.compile(rf"^{re.escape(name)} DNS "))

    async def open_device(self, name: str) -> DevicePage:
        """Go to the page of a zone or a domain."""
        await self.device(name).click()
        return DevicePage(self.page)


class DevicePage:
    """The page of a device, with its entities."""

    def __init__(self, page: Page) -> None:
        """Expect it in a page of the browser."""
        self.page = page

    def row(self, entity: str) -> Locator:
        """Return the line of an entity, with its state."""
        rows = self.page.locator("ha-device-entities-card hui-generic-entity-row")
        return rows.filter(has=self.page.get_by_text(entity, exact=True))

    async def press(self, button: str) -> None:
        """Press a button entity."""
        await self.row(button).get_by_role("button", name="Press").click()

    def activity(self, words: str) -> Locator:
        """Return what the page tells of the past."""
        return self.page.locator("ha-logbook-entry").filter(has_text=words)

    def notice(self, words: str) -> Locator:
        """Return the short notice at the bottom of the page."""
        return self.page.locator("ha-toast .message").get_by_text(words)


class RepairsPage(HomeAssistantPage):
    """Settings > Repairs."""

    path = "/config/repairs"

    def issue(self, title: str) -> Locator:
        """Return an issue in the list."""
        return self.page.locator("ha-config-repairs").get_by_text(title)

    async def repair(self, title: str) -> Dialog:
        """Open an issue."""
        await self.issue(title).click()
        return Dialog(self.page)

    @property
    def nothing_to_do(self) -> Locator:
        """The words that stand there when there is no issue."""
        return self.page.get_by_text("There are currently no repairs pending")


class AutomationEditor(HomeAssistantPage):
    """The editor with a new automation in it."""

    path = "/config/automation/edit/new"

    async def add_trigger(self, device: str, trigger: str) -> None:
        """Add a trigger of a device that provides a service, as Raindrop's do."""
        await self.page.get_by_role("button", name="Add trigger").click()
        chooser = self._chooser
        await chooser.get_by_role("treeitem", name="Services").click()
        await chooser.get_by_role("treeitem", name=device, exact=True).click()
        await chooser.get_by_role("button", name=trigger).click()

    async def add_action(self, action: str, text: str) -> None:
        """Look an action up by its name, add it, and type a text into its first field."""
        await self.page.get_by_role("button", name="Add action").click()
        chooser = self._chooser
        await chooser.get_by_placeholder("Search").fill(action)
        await chooser.get_by_role("button", name=action).click()
        await self.page.locator("ha-automation-sidebar").get_by_role("textbox").first.fill(text)

    def part(self, words: str) -> Locator:
        """Return a trigger, condition or action that the automation has."""
        return self.page.locator("ha-automation-editor").get_by_role("heading", name=words)

    async def save(self, name: str) -> None:
        """Give the automation a name and save it."""
        await self.page.locator("ha-automation-editor").get_by_role("button", name="Save").click()
        dialog = self.page.locator("ha-dialog-automation-save")
        await dialog.get_by_role("textbox", name="Name").fill(name)
        await dialog.get_by_role("button", name="Save").click()
        # Only when it is stored does the editor show it under an address of its own.
        await self.page.wait_for_url(re.compile(r"/config/automation/edit/\d+"))

    @property
    def _chooser(self) -> Locator:
        """The dialog that triggers and actions are chosen in."""
        return self.page.locator("add-automation-element-dialog")


class Notifications:
    """The panel that opens behind the bell."""

    def __init__(self, page: Page) -> None:
        """Expect the bell on a page."""
        self.page = page

    async def open(self) -> Self:
        """Click on the bell."""
        await self.page.get_by_role("button", name="Notifications").click()
        return self

    def message(self, words: str) -> Locator:
        """Return a message."""
        return self.page.locator("notification-drawer").get_by_text(words)
