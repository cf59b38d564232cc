"""Fixtures of the browser tests: environment, browser, pages and screenshots."""

from collections.abc import AsyncIterator, Callable, Generator
import os
from pathlib import Path
import shutil

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
import pytest

from devtools.checkout import ROOT
from devtools.home_assistant import HomeAssistant
from simulator import Simulator

from .environment import LIMIT_S, Environment
from .screenshots import Screenshots

BROWSER = ROOT / ".dev/chromium"
FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LIMIT_MS = LIMIT_S * 1000
WINDOW = (1280, 900)

ARTEFACTS_VARIABLE = "RAINDROP_ARTEFACTS"
ARTEFACTS = ROOT / ".artefacts/browser"
LOGS = ("home-assistant.log", "console.log")

FAILED = pytest.StashKey[bool]()
MEASUREMENTS = pytest.StashKey[list[str]]()

type AddMeasurement = Callable[[str], None]


def pytest_configure(config: pytest.Config) -> None:
    """Start without measurements."""
    config.stash[MEASUREMENTS] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Store whether a test failed, for its fixtures."""
    report = yield
    item.stash[FAILED] = report.failed
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the measurements, and the folder of the screenshots."""
    terminalreporter.section("browser tests")
    for line in (*config.stash[MEASUREMENTS], f"screenshots and logs: {artefacts()}"):
        terminalreporter.write_line(line)


def artefacts() -> Path:
    """Return the folder for screenshots and logs."""
    return Path(os.environ.get(ARTEFACTS_VARIABLE) or ARTEFACTS).absolute()


@pytest.fixture
def add_measurement(request: pytest.FixtureRequest) -> AddMeasurement:
    """Return a function that adds a line to the summary."""
    return request.config.stash[MEASUREMENTS].append


@pytest.fixture(scope="session")
def screenshots() -> Screenshots:
    """Return an empty folder for screenshots."""
    return Screenshots(artefacts())


@pytest.fixture(scope="module")
async def environment(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    screenshots: Screenshots,
) -> AsyncIterator[Environment]:
    """Run the simulator and a new Home Assistant instance."""
    folder = tmp_path_factory.mktemp("home-assistant")
    async with Simulator() as simulator:
        try:
            urls = simulator.urls()
            async with HomeAssistant(folder, port=0, simulator=urls) as home_assistant:
                environment = Environment(simulator, home_assistant)
                environment.add_zone()
                yield environment
        finally:
            for log in filter(Path.exists, (folder / name for name in LOGS)):
                shutil.copy(log, screenshots.folder / f"{request.path.stem}-{log.name}")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run Chromium."""
    assert BROWSER.exists(), "there is no browser: run scripts/setup --browser"
    expect.set_options(timeout=LIMIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def context(browser: Browser, environment: Environment) -> AsyncIterator[BrowserContext]:
    """Return a browser window in the light theme, without animations."""
    width, height = WINDOW
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


@pytest.fixture
async def page(
    request: pytest.FixtureRequest, context: BrowserContext, screenshots: Screenshots
) -> AsyncIterator[Page]:
    """Return a page; if the test fails, its last state is kept as a screenshot."""
    page = await context.new_page()
    yield page
    if request.node.stash[FAILED]:
        await screenshots.take(page, f"failed-{request.node.name}")
    await page.close()
