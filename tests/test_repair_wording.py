"""The texts of the repairs: short titles, names in the text, and only what can be done there."""

from collections.abc import Iterator
import json
from pathlib import Path
import re

import pytest

from custom_components.raindrop.issues.fix_flow_menus import MENUS

TRANSLATIONS = Path(__file__).parent.parent / "custom_components" / "raindrop" / "translations"
ISSUES = json.loads((TRANSLATIONS / "en.json").read_text())["issues"]
NAMES = ("domain", "zone", "entity", "resource")
LONGEST = {
    "type": "AAAA",
    "family": "IPv6",
    "date": "2026-11-26",
    "hint_types": "HTTPS / SVCB",
    "text_type": "HTTPS",
}
"""The longest values of what else titles have."""
MAX_TITLE = 30
"""About what a phone shows of a title, beside the name."""

each_issue = pytest.mark.parametrize("key", ISSUES)


def steps(key: str) -> dict[str, dict[str, str]]:
    """Return the steps of an issue's fix flow, none if nothing can be fixed there."""
    return dict(ISSUES[key].get("fix_flow", {}).get("step", {}))


def dialog_titles(key: str) -> list[str]:
    """Return the titles of the dialogs of an issue."""
    shown = steps(key).values() or [{"title": ISSUES[key]["short_title"]}]
    return [dialog["title"] for dialog in shown]


def descriptions(key: str) -> list[str]:
    """Return what the dialogs of an issue say."""
    return [dialog["description"] for dialog in steps(key).values() or [ISSUES[key]]]


def texts(node: object) -> Iterator[str]:
    """Yield each text of an issue."""
    if isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    else:
        yield str(node)


@each_issue
def test_the_list_begins_with_the_name(key: str) -> None:
    """Titles of the list begin with the name if they have one, and are short beside it."""
    title = ISSUES[key]["title"]
    name = re.search(f"{{({'|'.join(NAMES)})}}", title)
    assert name is None or title.startswith(f"{name[0]}: ")
    assert len(title.format(**dict.fromkeys(NAMES, ""), **LONGEST)) <= MAX_TITLE


@each_issue
def test_a_dialog_has_its_name_in_the_text(key: str) -> None:
    """Its title is short and has no name; the text has it, as code."""
    for title in dialog_titles(key):
        assert not any(f"{{{name}}}" in title for name in NAMES)
        assert len(title.format(**LONGEST)) <= MAX_TITLE
    for text in descriptions(key):
        names = [name for name in NAMES if f"{{{name}}}" in text]
        assert all(text.count(f"`{{{name}}}`") == text.count(f"{{{name}}}") for name in names)
        in_title = [name for name in NAMES if f"{{{name}}}" in ISSUES[key]["title"]]
        assert set(in_title) <= set(names)


@each_issue
def test_a_repair_does_not_refer_to_the_repairs(key: str) -> None:
    """Whoever reads it is there."""
    assert not any("repair" in text.lower() for text in texts(ISSUES[key]))


@each_issue
def test_a_repair_offers_to_remove_what_it_says_can_be_removed(key: str) -> None:
    """And the menus of the code are those of the texts."""
    speaks = any(re.search(r"\b[Rr]emove\b[^.]*from Raindrop", text) for text in texts(ISSUES[key]))
    options = [*steps(key).get("init", {}).get("menu_options", {})]
    assert speaks == ("remove" in options)
    assert options == [*MENUS.get(key, ())]
