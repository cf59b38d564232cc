"""Page objects for Home Assistant's frontend, which find elements by their visible text.

Playwright waits for every element, up to the time limit of the browser.
"""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from contextlib import asynccontextmanager
import re
from typing import Self

from playwright.async_api import Locator, Page, expect

from .environment import LIMIT_S

SHORT_MS = 1000
"""How long to wait for the effect of a key press before it is repeated."""
INTEGRATION = "Raindrop Cloudflare DDNS"


@asynccontextmanager
async def without_a_reload(page: Page) -> AsyncIterator[None]:
    """Check that the page is not reloaded in this block."""
    await page.evaluate("window.isTheSamePage = true")
    yield
    assert await page.evaluate("window.isTheSamePage === true")


async def overflow(dialog: Locator) -> float:
    """Return by how many pixels the widest element of a dialog is wider than the window."""
    widest = "all => Math.max(...all.map(one => one.getBoundingClientRect().right))"
    return float(await dialog.locator("*").evaluate_all(widest)) - float(
        await dialog.page.evaluate("window.innerWidth")
    )


class Dialog:
    """The dialog of a config, options, subentry or repair flow."""

    def __init__(self, page: Page) -> None:
        """Use the dialog of a page."""
        self.root = page.locator("dialog-data-entry-flow")

    @property
    def dialog(self) -> Locator:
        """The visible dialog, without the page behind it."""
        return self.root.get_by_role("dialog")

    def text(self, text: str) -> Locator:
        """Return the element with a text."""
        return self.root.get_by_text(text)

    def preview_of(self, name: str) -> Locator:
        """Return the lines about the records of a name in a preview."""
        return self.root.get_by_role("listitem").filter(
            has_text=re.compile(rf"^{re.escape(name)} ")
        )

    def error_at(self, field: str) -> Locator:
        """Return the error shown at a field."""
        return self.root.locator(f"ha-alert:has(+ ha-selector input[name={field}])")

    async def fill(self, **texts: str) -> None:
        """Fill in text fields, by their key."""
        fields = [(self.root.locator(f"input[name={key}]"), text) for key, text in texts.items()]
        async with asyncio.timeout(LIMIT_S):
            # Text can get lost if it is typed before the form is rendered.
            while any([await field.input_value() != text for field, text in fields]):
                for field, text in fields:
                    await field.fill(text)

    async def add_option(self, option: str) -> None:
        """Add an option to the only field that takes several."""
        await self.press("Add")
        await self.root.get_by_role("option", name=option).click()

    async def pick_from_menu(self, field: str, item: str) -> None:
        """Choose an item of a drop-down menu, by the label of its field."""
        await self.root.get_by_role("button", name=field).click()
        await self.root.get_by_role("menuitem", name=item).click()

    async def pick_entity(self, name: str, field: str = "") -> None:
        """Choose an entity by its name, for the only field or for one with a label."""
        picker = self.root.locator("ha-entity-picker")
        await picker.filter(has_text=field).click()
        await self.root.get_by_role("option", name=name).click()

    async def expand(self, section: str) -> None:
        """Open a section, by its name."""
        # The text of another section may name this one, too.
        name = re.compile(rf"^\s*{re.escape(section)}")
        await self.root.locator("ha-expansion-panel").filter(has_text=name).click()

    async def switch_on(self, field: str) -> None:
        """Turn on a switch, by its label."""
        await self._turn(field, is_on=True)

    async def switch_off(self, field: str) -> None:
        """Turn off a switch, by its label."""
        await self._turn(field, is_on=False)

    async def _turn(self, field: str, *, is_on: bool) -> None:
        switch = self.root.get_by_role("switch", name=field)
        await switch.wait_for()
        async with asyncio.timeout(LIMIT_S):
            # A key press can be undone if it comes before the form is rendered.
            while await switch.is_checked() is not is_on:
                # A click would land on an element that covers the switch.
                await switch.press("Space")
                with contextlib.suppress(AssertionError):
                    await expect(switch).to_be_checked(checked=is_on, timeout=SHORT_MS)

    async def choose(self, option: str) -> None:
        """Choose an option of a menu step."""
        await self.root.locator("ha-list-item").filter(has_text=option).click()

    async def choose_radio(self, option: str) -> None:
        """Choose one of several options that are all shown."""
        await self.root.get_by_role("radio", name=option).click()

    async def press(self, button: str) -> None:
        """Press a button."""
        await self.root.get_by_role("button", name=button, exact=True).click()

    async def close(self) -> None:
        """Close the dialog with its last *Close* button: in its title, or below a result."""
        await self.root.get_by_role("button", name="Close", exact=True).last.click()
        await expect(self.dialog).to_be_hidden()

    async def finish(self) -> None:
        """Close the dialog with *Finish* in its last step."""
        await self.press("Finish")
        await expect(self.dialog).to_be_hidden()


class ItemDialog(Dialog):
    """The dialog for one item of a list, on top of that of its flow."""

    def __init__(self, page: Page) -> None:
        """Use the dialog of a page."""
        super().__init__(page)
        self.root = page.locator("dialog-form")


class HomeAssistantPage:
    """A page with its own path."""

    path: str

    def __init__(self, page: Page) -> None:
        """Use a page of the browser."""
        self.page = page

    async def open(self) -> Self:
        """Navigate to the page."""
        await self.page.goto(self.path, wait_until="commit")
        return self


class IntegrationsPage(HomeAssistantPage):
    """Settings > Devices & services."""

    path = "/config/integrations/dashboard"

    @property
    def add_button(self) -> Locator:
        """The button *Add integration*."""
        return self.page.get_by_role("button", name="Add integration")

    async def add_integration(self, name: str = INTEGRATION) -> Dialog:
        """Search for an integration and start its config flow."""
        await self.add_button.click()
        chooser = self.page.locator("dialog-add-integration")
        await chooser.get_by_role("textbox").fill(name)
        await chooser.locator("ha-integration-list-item").filter(has_text=name).click()
        return Dialog(self.page)

    def card(self, name: str = INTEGRATION) -> Locator:
        """Return the card of a configured integration."""
        return self.page.locator("ha-integration-card").filter(has_text=name)


class RaindropPage(HomeAssistantPage):
    """The page of the integration, with its zones and domains."""

    path = "/config/integrations/integration/raindrop"

    async def add_domain(self) -> Dialog:
        """Start the flow that adds a domain."""
        await self.page.get_by_role("button", name="Add domain").click()
        return Dialog(self.page)

    async def add_ip_list(self) -> Dialog:
        """Start the flow that adds an IP list."""
        await self.page.get_by_role("button", name="Add IP list").click()
        return Dialog(self.page)

    async def add_zero_trust_list(self) -> Dialog:
        """Start the flow that adds a Zero Trust list."""
        await self.page.get_by_role("button", name="Add Zero Trust list").click()
        return Dialog(self.page)

    async def add_dns_location(self) -> Dialog:
        """Start the flow that adds a DNS location."""
        await self.page.get_by_role("button", name="Add DNS location").click()
        return Dialog(self.page)

    async def configure(self) -> Dialog:
        """Open the options of the zone."""
        await self.page.get_by_role("button", name="Configure").click()
        return Dialog(self.page)

    def device(self, name: str) -> Locator:
        """Return the row of a zone or domain."""
        return self.page.get_by_role(
            "button", name=re.compile(rf"^{re.escape(name)} (DNS zone|Domain) ")
        )

    async def open_list(self, name: str) -> DevicePage:
        """Open the device page of a list."""
        await self.page.get_by_role(
            "button", name=re.compile(rf"^{re.escape(name)} (IP|Zero Trust) list")
        ).click()
        return DevicePage(self.page)

    async def open_location(self, name: str) -> DevicePage:
        """Open the device page of a DNS location."""
        await self.page.get_by_role(
            "button", name=re.compile(rf"^{re.escape(name)} DNS location")
        ).click()
        return DevicePage(self.page)

    async def open_device(self, name: str) -> DevicePage:
        """Open the device page of a zone or domain."""
        await self.device(name).click()
        return DevicePage(self.page)


class DevicePage:
    """The page of a device, with its entities."""

    def __init__(self, page: Page) -> None:
        """Use a page of the browser."""
        self.page = page

    def row(self, entity: str) -> Locator:
        """Return the row of an entity, with its state."""
        rows = self.page.locator("ha-device-entities-card hui-generic-entity-row")
        return rows.filter(has=self.page.get_by_text(entity, exact=True))

    async def press(self, button: str) -> None:
        """Press a button entity."""
        await self.row(button).get_by_role("button", name="Press").click()

    async def toggle(self, switch: str) -> None:
        """Turn a switch entity on or off."""
        await self.row(switch).locator("ha-switch").click()

    async def select(self, entity: str, option: str) -> None:
        """Choose an option of a select entity."""
        await self.page.get_by_role("button", name=entity).click()
        await self.page.get_by_role("menuitem", name=option, exact=True).click()

    def activity(self, text: str) -> Locator:
        """Return an entry of the activity log."""
        return self.page.locator("ha-logbook-entry").filter(has_text=text)

    def notice(self, text: str) -> Locator:
        """Return the notification at the bottom of the page."""
        return self.page.locator("ha-toast .message").get_by_text(text)


class RepairsPage(HomeAssistantPage):
    """Settings > Repairs."""

    path = "/config/repairs"

    def issue(self, title: str) -> Locator:
        """Return an issue of the list."""
        return self.page.locator("ha-config-repairs").get_by_text(title)

    async def repair(self, title: str) -> Dialog:
        """Open the repair flow of an issue."""
        await self.issue(title).click()
        return Dialog(self.page)

    @property
    def nothing_to_do(self) -> Locator:
        """The text that is shown without any issues."""
        return self.page.get_by_text("There are currently no repairs pending")


class AutomationEditor(HomeAssistantPage):
    """The editor of a new automation."""

    path = "/config/automation/edit/new"

    async def add_trigger(self, device: str, trigger: str) -> None:
        """Add a trigger of a device of type *service*, such as a zone."""
        await self.page.get_by_role("button", name="Add trigger").click()
        chooser = self._chooser
        await chooser.get_by_role("treeitem", name="Services").click()
        await chooser.get_by_role("treeitem", name=device, exact=True).click()
        await chooser.get_by_role("button", name=trigger).click()

    async def add_action(self, action: str, text: str) -> None:
        """Search for an action, add it, and fill in its first field."""
        await self.page.get_by_role("button", name="Add action").click()
        chooser = self._chooser
        await chooser.get_by_placeholder("Search").fill(action)
        await chooser.get_by_role("button", name=action).click()
        await self.page.locator("ha-automation-sidebar").get_by_role("textbox").first.fill(text)

    def part(self, text: str) -> Locator:
        """Return a trigger, condition or action of the automation."""
        return self.page.locator("ha-automation-editor").get_by_role("heading", name=text)

    async def save(self, name: str) -> None:
        """Save the automation under a name."""
        await self.page.locator("ha-automation-editor").get_by_role("button", name="Save").click()
        dialog = self.page.locator("ha-dialog-automation-save")
        await dialog.get_by_role("textbox", name="Name").fill(name)
        await dialog.get_by_role("button", name="Save").click()
        # The editor changes to the URL of the automation when it has been stored.
        await self.page.wait_for_url(re.compile(r"/config/automation/edit/\d+"))

    @property
    def _chooser(self) -> Locator:
        """The dialog for choosing triggers and actions."""
        return self.page.locator("add-automation-element-dialog")


class Notifications:
    """The notification drawer."""

    def __init__(self, page: Page) -> None:
        """Use a page of the browser."""
        self.page = page

    async def open(self) -> Self:
        """Open the drawer."""
        await self.page.get_by_role("button", name="Notifications").click()
        return self

    def message(self, text: str) -> Locator:
        """Return a notification with a text."""
        return self.page.locator("notification-drawer").get_by_text(text)
