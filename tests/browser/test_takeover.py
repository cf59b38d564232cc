"""User journey: taking over from Home Assistant's own Cloudflare integration."""

import json
from pathlib import Path

from playwright.async_api import Page, expect
import pytest

from custom_components.raindrop.const import DOMAIN

from . import cloudflare_integration
from .conftest import AddMeasurement
from .environment import ADDRESS, NEW_ADDRESS, OLD_ADDRESS, TOKEN, ZONE, Environment
from .pages import Dialog, IntegrationsPage, overflow
from .screenshots import Screenshots
from .session import DESKTOP, PHONE

NAMES = [f"service{number:02}.{ZONE}" for number in range(12)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a configuration folder in which the other integration keeps twelve records."""
    folder = tmp_path_factory.mktemp("home-assistant")
    cloudflare_integration.install(folder, TOKEN, ZONE, NAMES)
    return folder


async def take(page: Page, screenshots: Screenshots, name: str, dialog: Dialog) -> None:
    """Take a screenshot of a dialog on a large and on a small screen, in which it has to fit."""
    for width, height in (PHONE, DESKTOP):
        await page.set_viewport_size({"width": width, "height": height})
        await screenshots.take(page, f"{name}-{width}")
        assert await overflow(dialog.root) <= 0


async def test_what_is_not_right_is_shown_before(
    page: Page, environment: Environment, screenshots: Screenshots
) -> None:
    """The page shows what will change, asks which of several records, and names what it leaves."""
    cloudflare = environment.simulator.cloudflare
    for content in (OLD_ADDRESS, NEW_ADDRESS):
        cloudflare.add_record(ZONE, type="A", name=NAMES[0], content=content)
    cloudflare.add_record(ZONE, type="A", name=NAMES[1], content=OLD_ADDRESS)
    cloudflare.add_record(ZONE, type="CNAME", name=NAMES[2], content="example.org")
    integrations = await IntegrationsPage(page).open()
    form = await integrations.add_integration()
    await form.choose("Use its token and records")
    await expect(form.text(f"{NAMES[2]} (CNAME example.org)")).to_be_visible()
    change = f"{OLD_ADDRESS} → {ADDRESS}"
    await expect(form.root.get_by_role("cell", name=change, exact=True)).to_be_visible()
    await expect(form.root.get_by_role("radio", name=NEW_ADDRESS)).to_be_visible()
    await take(page, screenshots, "takeover-asks", form)
    await form.press("Submit")
    await expect(form.text("Choose the A record to update.")).to_be_visible()
    await form.close()


async def test_pasted_json_fills_in_the_first_form(page: Page, screenshots: Screenshots) -> None:
    """The JSON file of the original script is recognized in the field for the key."""
    integrations = await IntegrationsPage(page).open()
    form = await integrations.add_integration()
    await form.choose("Set up manually")
    content = {"zone": ZONE, "email": "", "key": TOKEN, "domain": "home.example.com"}
    await form.fill(key=json.dumps(content), domain="anything")
    await form.press("Submit")
    await expect(form.root.locator("input[name=zone]")).to_have_value(ZONE)
    await expect(form.root.locator("input[name=domain]")).to_have_value("home.example.com")
    await expect(form.root.locator("input[name=key]")).to_have_value(TOKEN)
    await expect(form.root.locator("input[name=key]")).to_have_attribute("type", "password")
    await take(page, screenshots, "pasted-json", form)
    await form.close()


async def test_twelve_records_are_taken_over_by_two_clicks(
    page: Page,
    environment: Environment,
    screenshots: Screenshots,
    add_measurement: AddMeasurement,
) -> None:
    """A menu and a preview; nothing is written, and the other integration is disabled."""
    cloudflare = environment.simulator.cloudflare
    for record in cloudflare.records(ZONE):
        cloudflare.delete_record(ZONE, record["id"])
    for number, name in enumerate(NAMES):
        cloudflare.add_record(ZONE, type="A", name=name, content=ADDRESS, proxied=number < 6)
    before = cloudflare.records(ZONE)
    integrations = await IntegrationsPage(page).open()
    form = await integrations.add_integration()
    await expect(form.text("is set up for example.com")).to_be_visible()
    await take(page, screenshots, "takeover-offered", form)
    environment.simulator.log.clear()

    await form.choose("Use its token and records")
    await expect(form.text("will be disabled")).to_be_visible()
    for name in NAMES:
        await expect(form.root.get_by_role("cell", name=name, exact=True)).to_be_visible()
    await take(page, screenshots, "takeover-preview", form)
    await form.press("Submit")
    await expect(form.text("Cloudflare integration is disabled")).to_be_visible()
    await take(page, screenshots, "takeover-done", form)
    requests = environment.simulator.log.select(service="cloudflare")
    assert {request.method for request in requests} == {"GET"}
    assert len(requests) <= 4
    add_measurement(f"taking over 12 records: 2 clicks, {len(requests)} requests to Cloudflare")
    assert cloudflare.records(ZONE) == before
    rest = environment.home_assistant.rest
    (other,) = await rest.entries(cloudflare_integration.DOMAIN)
    assert other["disabled_by"] == "user"
    (entry,) = await rest.entries(DOMAIN)
    assert (entry["state"], entry["num_subentries"]) == ("loaded", 12)

    await form.choose("Finish")
    await form.close()
    await expect(integrations.card()).to_be_visible()
    await screenshots.take(page, "taken-over")


def test_log_has_no_unexpected_errors(environment: Environment) -> None:
    """Nothing was logged as an error, and no request was unexpected."""
    assert environment.logged_errors() == []
    assert environment.simulator.log.surprises == []
