"""Screenshots of the browser tests."""

from pathlib import Path

from playwright.async_api import Locator, Page

from .pages import overflow
from .session import DESKTOP, PHONE


class Screenshots:
    """A folder with one screenshot per step."""

    def __init__(self, folder: Path) -> None:
        """Create the folder, and delete screenshots and logs of an earlier run."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("*.png"), *folder.glob("*.log")):
            old.unlink()
        self.folder = folder

    async def take(self, page: Page, name: str) -> None:
        """Save a screenshot of a page."""
        await page.screenshot(path=self.folder / f"{name}.png", animations="disabled")

    async def take_on_any_screen(self, page: Page, name: str, *parts: Locator) -> None:
        """Save screenshots on a small and on a large screen, in which some parts have to fit."""
        for width, height in (PHONE, DESKTOP):
            await page.set_viewport_size({"width": width, "height": height})
            await self.take(page, f"{name}-{width}")
            for part in parts:
                assert await overflow(part) <= 0

    async def take_dialog(self, page: Page, name: str) -> None:
        """Save screenshots of a dialog, which has to fit."""
        await self.take_on_any_screen(page, name, page.locator("dialog-data-entry-flow"))
