"""The mutation check: what it complains of, and what is said of those that live."""

import ast
from pathlib import Path
import re
import tomllib

import pytest

from tests.mutation.explained import EXPLAINED, LIMIT, complaints, explanations
from tests.mutation.page import PAGE, page
from tests.mutation.workspace import CORE, MODULES, ROOT, Mutant, Result, mutant

CHANGED = Mutant("plan.make_plan", "if a == b:", "if a != b:")
METHOD = Mutant("plan.Maker.__init__", "self.a = 1\nself.b = 2", "self.a = None")
REASONS = explanations(EXPLAINED.read_text())


def result(*survivors: Mutant, mutants: int = 100) -> Result:
    """Return what became of a module's mutants."""
    return Result(module="plan", mutants=mutants, out_of_time=1, survivors=survivors)


@pytest.mark.parametrize(
    "name, diff, expected",
    [
        pytest.param(
            "x_make_plan__mutmut_3",
            "--- plan.py\n+++ plan.py\n@@ -1 +1 @@\n a\n-    if a == b:\n+    if a != b:\n b",
            CHANGED,
            id="function",
        ),
        pytest.param(
            "raindrop.ddns.plan.xǁMakerǁ__init____mutmut_12",
            "-    self.a = 1\n-    self.b = 2\n+    self.a = None",
            METHOD,
            id="method, two lines become one",
        ),
        pytest.param(
            "x_f__mutmut_1", "---1\n+", Mutant("plan.f", "--1", ""), id="looks like a heading"
        ),
    ],
)
def test_a_mutant_is_known_by_its_place_and_its_line(
    name: str, diff: str, expected: Mutant
) -> None:
    """A reason stays with its mutant when lines above it come or go."""
    assert mutant("plan", name, diff) == expected


@pytest.mark.parametrize(
    "found, reasons, words",
    [
        pytest.param(result(), [], [], id="none lives/well"),
        pytest.param(result(CHANGED), [CHANGED], [], id="one lives for a reason/well"),
        pytest.param(result(CHANGED), [], ["without a reason"], id="without a reason/said"),
        pytest.param(result(), [CHANGED], ["without a survivor"], id="it died meanwhile/said"),
        pytest.param(
            result(METHOD),
            [CHANGED],
            ["without a reason", "without a survivor"],
            id="another one lives/both said",
        ),
        pytest.param(
            result(), [Mutant("detect.look", "a", "b")], [], id="of a module not looked at/well"
        ),
        pytest.param(result(CHANGED, mutants=10), [CHANGED], [], id="nine of ten died/well"),
        pytest.param(
            result(CHANGED, mutants=9), [CHANGED], ["88.9 % died"], id="eight of nine died/said"
        ),
    ],
)
def test_a_low_score_and_a_missing_reason_are_complained_of(
    found: Result, reasons: list[Mutant], words: list[str]
) -> None:
    """Nothing lives without a reason, no reason outlives its mutant, and most mutants die."""
    said = complaints([found], dict.fromkeys(reasons, "It does no harm."))

    assert len(said) == len(words)
    for text, word in zip(said, words, strict=True):
        assert word in text


def test_the_page_shows_who_lives_and_why() -> None:
    """Scores stand in a table, and mutants of one line that share a reason stand together."""
    other = Mutant(CHANGED.function, CHANGED.was, "if True:")

    text = page(
        [("Tool", "1.0")], [result(CHANGED, other, METHOD)], {CHANGED: "Why.", other: "Why."}
    )

    assert "| Tool | 1.0 |\n" in text
    assert "| `plan` | 100 | 97 | 1 | 3 | 97.0 % |\n" in text
    assert "```diff\n- if a == b:\n+ if a != b:\n+ if True:\n```\n\nWhy.\n" in text
    assert text.count("Why.") == 1
    assert "+ self.a = None\n```\n\n**No reason is known.**\n" in text


def test_the_page_is_of_this_tree() -> None:
    """The results that are kept have every module, each over the limit, and every reason."""
    text = PAGE.read_text()

    scores = dict(re.findall(r"^\| `(\w+)` .* ([\d.]+) % \|$", text, re.MULTILINE))
    assert tuple(scores) == MODULES
    assert all(float(score) >= LIMIT for score in scores.values())
    assert "**No reason is known.**" not in text
    for survivor, why in REASONS.items():
        assert f"\n### `{survivor.function}`\n" in text
        assert f"\n\n{why}\n" in text
        for line in survivor.now.splitlines():
            assert f"\n+ {line}\n" in text


@pytest.mark.parametrize("survivor", REASONS, ids=lambda survivor: survivor.function)
def test_a_reason_speaks_of_code_that_is_there(survivor: Mutant) -> None:
    """The line that a reason is about still stands in the function that it names."""
    module, _, path = survivor.function.partition(".")
    source = (ROOT / CORE / f"{module}.py").read_text()
    node: ast.AST = ast.parse(source)
    for name in path.split("."):
        node = next(n for n in ast.walk(node) if getattr(n, "name", None) == name)
    lines = [line.strip() for line in (ast.get_source_segment(source, node) or "").splitlines()]

    assert set(survivor.was.splitlines()) <= set(lines)


def test_the_tool_and_the_page_look_at_the_same_modules() -> None:
    """What is put faults into is what is counted."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]

    assert [Path(name) for name in tool["only_mutate"]] == [CORE / f"{m}.py" for m in MODULES]
