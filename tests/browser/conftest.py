"""Fixtures of the browser tests: environment, browser, pages and screenshots."""

from collections.abc import AsyncIterator, Callable, Generator
import os
from pathlib import Path
import shutil

from playwright.async_api import Browser, BrowserContext, Page
import pytest

from devtools.checkout import ROOT

from .effort import Effort
from .environment import Environment
from .screenshots import Screenshots
from .session import running_browser, running_environment, window

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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty configuration folder; a module may put something into it."""
    return tmp_path_factory.mktemp("home-assistant")


@pytest.fixture(scope="module")
async def environment(
    request: pytest.FixtureRequest, folder: Path, screenshots: Screenshots
) -> AsyncIterator[Environment]:
    """Run the simulator and a new Home Assistant instance."""
    try:
        async with running_environment(folder) as environment:
            yield environment
    finally:
        for log in filter(Path.exists, (folder / name for name in LOGS)):
            shutil.copy(log, screenshots.folder / f"{request.path.stem}-{log.name}")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run Chromium."""
    async with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
async def context(browser: Browser, environment: Environment) -> AsyncIterator[BrowserContext]:
    """Return a browser window in the light theme, without animations."""
    async with window(browser, environment) as context:
        yield context


@pytest.fixture(scope="module")
async def effort(request: pytest.FixtureRequest, context: BrowserContext) -> AsyncIterator[Effort]:
    """Count what the tasks of a module take the user, for the summary."""
    effort = Effort()
    await effort.attach(context)
    yield effort
    request.config.stash[MEASUREMENTS] += effort.lines


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
