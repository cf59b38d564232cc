"""Pictures for the documentation: parts of a page as PNG, and steps as an animated WebP.

Each picture is taken in the light and in the dark theme, as NAME-light and NAME-dark.
"""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import FloatRect, Locator, Page

from .session import rendered

type Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
COLORS = 256
"""Enough for pages without photographs, except where transparency takes some."""
DIALOG_RADIUS = 28
BORDER_COLORS = {"light": "#d0d7de", "dark": "#3d444d"}
"""Those of GitHub, where a dialog would have no edge."""
MARGIN = 12
CAPTION_HEIGHT, CAPTION_SIZE = 56, 22
CAPTION_COLORS = {"light": ("#03607d", "#ffffff"), "dark": ("#7fd6f5", "#0b1a20")}
"""The color of the bar and of its text, by theme."""


async def _in_each_theme(page: Page) -> AsyncIterator[Theme]:
    """Yield each theme while the page is shown in it; the page is light afterwards."""
    for theme in reversed(THEMES):
        await page.emulate_media(color_scheme=theme)
        await rendered(page)
        yield theme


async def _screenshot(page: Page, clip: FloatRect | None = None) -> Image.Image:
    data = await page.screenshot(animations="disabled", caret="hide", clip=clip)
    return Image.open(BytesIO(data)).convert("RGB")


async def _box(parts: tuple[Locator, ...], margin: float) -> FloatRect:
    """Return the rectangle around some parts of a page."""
    boxes = [box for part in parts if (box := await part.bounding_box())]
    left, top = (min(box[key] for box in boxes) - margin for key in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + margin
    bottom = max(box["y"] + box["height"] for box in boxes) + margin
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


class Pictures:
    """A folder of screenshots, cropped to what they show."""

    def __init__(self, folder: Path) -> None:
        """Create the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    async def take(self, name: str, *parts: Locator) -> None:
        """Save the smallest rectangle that contains some parts of a page."""
        page = parts[0].page
        async for theme in _in_each_theme(page):
            image = await _screenshot(page, await _box(parts, MARGIN))
            self._save(image, f"{name}-{theme}")

    async def take_dialog(self, name: str, dialog: Locator) -> None:
        """Save a dialog, with transparent corners."""
        async for theme in _in_each_theme(dialog.page):
            image = await _screenshot(dialog.page, await _box((dialog,), 0))
            mask = Image.new("L", image.size)
            edge = (0, 0, image.width - 1, image.height - 1)
            ImageDraw.Draw(mask).rounded_rectangle(edge, DIALOG_RADIUS, fill=255)
            color = BORDER_COLORS[theme]
            ImageDraw.Draw(image).rounded_rectangle(edge, DIALOG_RADIUS, outline=color)
            image.putalpha(mask)
            self._save(image, f"{name}-{theme}")

    def _save(self, image: Image.Image, name: str) -> None:
        if image.mode == "RGB":
            image = image.quantize(COLORS, dither=Image.Dither.NONE)
        image.save(self.folder / f"{name}.png", optimize=True)


class Animation:
    """An animated picture, frame by frame, each with a caption."""

    def __init__(self, page: Page) -> None:
        """Show what a page shows."""
        self._page = page
        self._frames: dict[Theme, list[Image.Image]] = {theme: [] for theme in THEMES}
        self._durations_ms: list[int] = []

    async def add_frame(self, caption: str, duration_ms: int) -> None:
        """Add what the page shows now."""
        async for theme in _in_each_theme(self._page):
            image = await _screenshot(self._page)
            self._frames[theme].append(_with_caption(image, caption, theme))
        self._durations_ms.append(duration_ms)

    def save(self, folder: Path, name: str) -> None:
        """Save one file for each theme, without loss."""
        for theme, (first, *others) in self._frames.items():
            first.save(
                folder / f"{name}-{theme}.webp",
                save_all=True,
                append_images=others,
                duration=self._durations_ms,
                loop=0,
                lossless=True,
                quality=100,
                method=6,
                minimize_size=True,
            )


def _with_caption(image: Image.Image, caption: str, theme: Theme) -> Image.Image:
    """Return an image with a bar below it."""
    bar, text = CAPTION_COLORS[theme]
    whole = Image.new("RGB", (image.width, image.height + CAPTION_HEIGHT), bar)
    whole.paste(image)
    ImageDraw.Draw(whole).text(
        (image.width / 2, image.height + CAPTION_HEIGHT / 2),
        caption,
        fill=text,
        font=ImageFont.load_default(CAPTION_SIZE),
        anchor="mm",
    )
    return whole
