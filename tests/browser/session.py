"""A simulator, a Home Assistant and a browser, for the tests and for the pictures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from devtools.checkout import ROOT
from devtools.home_assistant_process import HomeAssistant
from simulator import Simulator

from .environment import LIMIT_S, Environment

BROWSER = ROOT / ".dev/chromium"
FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LIMIT_MS = LIMIT_S * 1000
NAMES = {"cloudflare": "Cloudflare", "amazon": "Amazon", "home-assistant": "Home Assistant"}
"""What the services are called that the simulator stands for, as users see them."""
DESKTOP, PHONE = (1280, 900), (390, 844)
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@asynccontextmanager
async def running_environment(folder: Path) -> AsyncIterator[Environment]:
    """Run the simulator with one zone, and a new Home Assistant instance."""
    async with Simulator() as simulator:
        urls = simulator.urls()
        for service in urls["ip"]:
            service["name"] = NAMES.get(service["name"], service["name"])
        async with HomeAssistant(folder, port=0, simulator=urls) as home_assistant:
            environment = Environment(simulator, home_assistant)
            environment.add_zone()
            yield environment


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Run Chromium."""
    assert BROWSER.exists(), "there is no browser: run scripts/setup --browser"
    expect.set_options(timeout=LIMIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def window(
    browser: Browser, environment: Environment, size: tuple[int, int] = DESKTOP
) -> AsyncIterator[BrowserContext]:
    """Open a browser window in the light theme, without animations."""
    width, height = size
    context = await browser.new_context(
        base_url=environment.home_assistant.url,
        viewport={"width": width, "height": height},
        color_scheme="light",
        reduced_motion="reduce",
        service_workers="block",
    )
    context.set_default_timeout(LIMIT_MS)
    yield context
    await context.close()


async def rendered(page: Page) -> None:
    """Wait until a page shows another size or theme, with the images and icons of it."""
    await page.wait_for_load_state("networkidle")
    await page.evaluate(TWO_FRAMES)
