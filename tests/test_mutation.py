"""The mutation check: which results are a problem, and that its files match the code."""

import ast
import re

import pytest

from tests.mutation.explained import MIN_SCORE, SURVIVORS, parse_reasons, problems
from tests.mutation.page import PAGE, page
from tests.mutation.results import Mutant, Result, parse_mutant
from tests.mutation.suites import INTEGRATION, MODULES, ROOT, SUITES, Suite

CHANGED = Mutant("ddns.records.make_plan.make_plan", "if a == b:", "if a != b:")
METHOD = Mutant("ddns.records.make_plan.Maker.__init__", "self.a = 1\nself.b = 2", "self.a = None")
REASONS = parse_reasons(SURVIVORS.read_text())


def result(*survivors: Mutant, mutants: int = 100) -> Result:
    """Return a result of one module."""
    return Result(
        module="ddns.records.make_plan", mutants=mutants, timed_out=1, survivors=survivors
    )


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
            "raindrop.ddns.records.make_plan.xǁMakerǁ__init____mutmut_12",
            "-    self.a = 1\n-    self.b = 2\n+    self.a = None",
            METHOD,
            id="method, two lines become one",
        ),
        pytest.param(
            "x_f__mutmut_1",
            "---1\n+",
            Mutant("ddns.records.make_plan.f", "--1", ""),
            id="looks like a heading",
        ),
    ],
)
def test_a_mutant_is_identified_by_its_function_and_line(
    name: str, diff: str, expected: Mutant
) -> None:
    """A reason stays valid when lines are added or removed above its mutant."""
    assert parse_mutant("ddns.records.make_plan", name, diff) == expected


@pytest.mark.parametrize(
    "found, reasons, words",
    [
        pytest.param(result(), [], [], id="no survivor/no problem"),
        pytest.param(result(CHANGED), [CHANGED], [], id="survivor with a reason/no problem"),
        pytest.param(result(CHANGED), [], ["without a reason"], id="survivor/no reason"),
        pytest.param(result(), [CHANGED], ["without a survivor"], id="reason/no survivor"),
        pytest.param(
            result(METHOD),
            [CHANGED],
            ["without a reason", "without a survivor"],
            id="another survivor/two problems",
        ),
        pytest.param(
            result(), [Mutant("ddns.state.plan", "a", "b")], [], id="another module/no problem"
        ),
        pytest.param(result(CHANGED, mutants=10), [CHANGED], [], id="9 of 10 killed/no problem"),
        pytest.param(
            result(CHANGED, mutants=9), [CHANGED], ["score is 88.9 %"], id="8 of 9 killed/low score"
        ),
    ],
)
def test_a_low_score_and_an_unexplained_survivor_are_problems(
    found: Result, reasons: list[Mutant], words: list[str]
) -> None:
    """Every survivor has a reason, every reason a survivor, and most mutants are killed."""
    texts = problems([found], dict.fromkeys(reasons, "No difference."))

    assert len(texts) == len(words)
    for text, word in zip(texts, words, strict=True):
        assert word in text


def test_the_page_shows_the_scores_and_the_survivors() -> None:
    """Mutants of one line that share a reason are shown together."""
    other = Mutant(CHANGED.function, CHANGED.was, "if True:")

    text = page(
        [("Tool", "1.0")], [result(CHANGED, other, METHOD)], {CHANGED: "Why.", other: "Why."}
    )

    assert "| Tool | 1.0 |\n" in text
    assert "| `ddns.records.make_plan` | 100 | 97 | 1 | 3 | 97.0 % |\n" in text
    assert "### `ddns.records.make_plan.make_plan`\n" in text
    assert "```diff\n- if a == b:\n+ if a != b:\n+ if True:\n```\n\nWhy.\n" in text
    assert text.count("Why.") == 1
    assert "+ self.a = None\n```\n\n**No reason is known.**\n" in text


def test_the_page_matches_the_modules_and_the_reasons() -> None:
    """The page has the score of every module, and every survivor with its reason."""
    text = PAGE.read_text()

    scores = dict(re.findall(r"^\| `([\w.]+)` .* ([\d.]+) % \|$", text, re.MULTILINE))
    assert list(scores) == list(MODULES)
    assert all(float(score) >= MIN_SCORE for score in scores.values())
    assert "**No reason is known.**" not in text
    for survivor, why in REASONS.items():
        assert f"\n### `{survivor.function}`\n" in text
        assert f"\n\n{why}\n" in text
        for line in survivor.now.splitlines():
            assert f"\n+ {line}\n" in text


@pytest.mark.parametrize("survivor", REASONS, ids=lambda survivor: survivor.function)
def test_a_reason_is_about_existing_code(survivor: Mutant) -> None:
    """The function of a reason exists and contains the line."""
    name = max((m for m in MODULES if survivor.function.startswith(f"{m}.")), key=len)
    source = (ROOT / MODULES[name]).read_text()
    node: ast.AST = ast.parse(source)
    for part in survivor.function.removeprefix(f"{name}.").split("."):
        node = next(n for n in ast.walk(node) if getattr(n, "name", None) == part)
    lines = [line.strip() for line in (ast.get_source_segment(source, node) or "").splitlines()]

    assert set(survivor.was.splitlines()) <= set(lines)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_a_suite_names_existing_files(suite: Suite) -> None:
    """A module that is moved, or a test file that is renamed, does not leave the check silently."""
    assert suite.modules
    assert all((ROOT / path).is_file() for path in suite.modules.values())
    not_checked = [name.replace(".", "/") for name in suite.not_checked]
    assert all((ROOT / INTEGRATION / f"{path}.py").is_file() for path in not_checked)
    assert all((ROOT / path.partition("::")[0].rpartition("=")[2]).exists() for path in suite.tests)
    assert all(path.is_relative_to(suite.code) for path in suite.modules.values())
