"""What the story needs: a house, a browser, and an album for what is seen on the way."""

from collections.abc import AsyncIterator, Callable, Generator
import os
from pathlib import Path
import shutil

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
import pytest

from lab import Lab
from lab.home_assistant import ROOT, HomeAssistant

from .album import Album
from .house import LIMIT_S, House

BROWSER = ROOT / ".dev/chromium"
FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LIMIT_MS = LIMIT_S * 1000
WINDOW = (1280, 900)

ARTEFACTS_VARIABLE = "RAINDROP_ARTEFACTS"
ARTEFACTS = ROOT / ".artefacts/live"
LOGS = ("home-assistant.log", "console.log")

FAILED = pytest.StashKey[bool]()
REMARKS = pytest.StashKey[list[str]]()

type Remark = Callable[[str], None]


def pytest_configure(config: pytest.Config) -> None:
    """Begin without remarks."""
    config.stash[REMARKS] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures of a test know whether it failed."""
    report = yield
    item.stash[FAILED] = report.failed
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell what was measured, and where the pictures are."""
    terminalreporter.section("the story")
    for remark in (*config.stash[REMARKS], f"screenshots and logs: {artefacts()}"):
        terminalreporter.write_line(remark)


def artefacts() -> Path:
    """Return the folder for what a run leaves behind."""
    return Path(os.environ.get(ARTEFACTS_VARIABLE) or ARTEFACTS).absolute()


@pytest.fixture
def remark(request: pytest.FixtureRequest) -> Remark:
    """Return what takes a remark for the end of the run."""
    return request.config.stash[REMARKS].append


@pytest.fixture(scope="session")
def album() -> Album:
    """Return an empty album."""
    return Album(artefacts())


@pytest.fixture(scope="module")
async def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, album: Album
) -> AsyncIterator[House]:
    """Run the lab, and a Home Assistant that has never been started before."""
    folder = tmp_path_factory.mktemp("home-assistant")
    async with Lab() as lab:
        try:
            async with HomeAssistant(folder, port=0, lab=lab.urls()) as home:
                house = House(lab, home)
                house.furnish()
                yield house
        finally:
            for log in filter(Path.exists, (folder / name for name in LOGS)):
                shutil.copy(log, album.folder / f"{request.path.stem}-{log.name}")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run the machine's Chromium."""
    assert BROWSER.exists(), "there is no browser: run scripts/setup --browser"
    expect.set_options(timeout=LIMIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def context(browser: Browser, house: House) -> AsyncIterator[BrowserContext]:
    """Return a window of the browser, in the light theme and without animations."""
    width, height = WINDOW
    context = await browser.new_context(
        base_url=house.home.url,
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
    request: pytest.FixtureRequest, context: BrowserContext, album: Album
) -> AsyncIterator[Page]:
    """Return a page; if the test fails, what it showed last is kept."""
    page = await context.new_page()
    yield page
    if request.node.stash[FAILED]:
        await album.keep(page, f"failed-{request.node.name}")
    await page.close()
