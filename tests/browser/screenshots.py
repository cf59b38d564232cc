"""Screenshots of the browser tests.

`python -m tests.browser.screenshots FROM TO NAME...` copies screenshots as small files, for the
documentation.
"""

from argparse import ArgumentParser
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

COLORS = 256
"""Enough for pages without photographs."""


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


def main() -> None:
    """Copy the screenshots that the command line names."""
    parser = ArgumentParser(prog="tests.browser.screenshots", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    options.target.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        with Image.open(options.source / f"{name}.png") as image:
            small = image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
            small.save(options.target / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
