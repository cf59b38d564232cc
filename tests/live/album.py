"""Screenshots of what a stranger sees, step by step.

`python -m tests.live.album FROM TO NAME...` copies pictures as small files, for the documentation.
"""

from argparse import ArgumentParser
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

COLOURS = 256
"""More than a page without photographs needs."""


class Album:
    """A folder with one picture for each step."""

    def __init__(self, folder: Path) -> None:
        """Begin with an empty folder; only pictures and logs are thrown away."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("*.png"), *folder.glob("*.log")):
            old.unlink()
        self.folder = folder

    async def keep(self, page: Page, name: str) -> None:
        """Keep what a page shows now."""
        await page.screenshot(path=self.folder / f"{name}.png", animations="disabled")


def main() -> None:
    """Copy the pictures that the command line names."""
    parser = ArgumentParser(prog="tests.live.album", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    options.target.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        with Image.open(options.source / f"{name}.png") as picture:
            small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(options.target / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
