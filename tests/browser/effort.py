"""What a task costs the user: fields, submits, clicks and seconds, as the browser sees them."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import time

from playwright.async_api import BrowserContext, Page

SCRIPT = """
addEventListener("pointerdown", event => {
    const texts = event.composedPath().map(node => (node.textContent || "").trim());
    reportEffort("clicks");
    if (texts.some(text => ["Submit", "Next", "Save"].includes(text))) reportEffort("submits");
}, true);
addEventListener("keydown", event => {
    if (event.code === "Space" && event.composedPath()[0].type !== "text") reportEffort("clicks");
}, true);
addEventListener("input", event => {
    const field = event.composedPath()[0];
    if (["text", "email", "password", "search"].includes(field.type) && !field.isCounted) {
        field.isCounted = true;
        reportEffort("fields");
    }
}, true);
"""
"""Reports each press, each press of a button that submits, and the first input of each field."""


class Effort:
    """Counts what happens in the pages of a browser window."""

    def __init__(self) -> None:
        """Start without a count."""
        self.counts: Counter[str] = Counter()
        self.lines: list[str] = []

    async def attach(self, context: BrowserContext) -> None:
        """Count in all pages that are opened from now on."""
        await context.expose_binding("reportEffort", self._add)
        await context.add_init_script(SCRIPT)

    def _add(self, _source: Mapping[str, object], kind: str) -> None:
        self.counts[kind] += 1

    @asynccontextmanager
    async def measured(self, page: Page, task: str) -> AsyncIterator[None]:
        """Add a line about the block: what it took the user, and the browser in seconds."""
        self.counts.clear()
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        # Reports arrive before the result of a later evaluation.
        await page.evaluate("0")
        fields, submits, clicks = (self.counts[kind] for kind in ("fields", "submits", "clicks"))
        self.lines.append(
            f"{task}: {fields} fields, {submits} submits, {clicks} clicks, {seconds:.1f} s"
        )
