"""Screenshots of the browser tests."""

from pathlib import Path

from playwright.async_api import Page


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
