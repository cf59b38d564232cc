"""Rules about the source: the length of files, the words in names, no registries."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
import subprocess

import pytest

ROOT = Path(__file__).parent.parent
RAINDROP = ROOT / "custom_components" / "raindrop"
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "debian" + ".org", "npmjs" + ".org")


def tracked() -> list[Path]:
    """Return the files that belong to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_file_names_a_registry() -> None:
    """The package index is configured on the machine, not in the repository."""
    for path in tracked():
        if path.suffix not in {".png", ".svg", ".webp"}:
            text = path.read_text()
            assert not [name for name in REGISTRIES if name in text], path


def test_files_have_one_job() -> None:
    """No module of the integration is longer than 350 lines."""
    lengths = {path: len(path.read_text().splitlines()) for path in RAINDROP.rglob("*.py")}
    assert {path: length for path, length in lengths.items() if length > 350} == {}


HOME_MADE_WORDS = re.compile(
    r"\b(slot|twins?|strays?|strangers?|audits?|lapse|inquiry|survey|akin|kin|verdict|disputed"
    r"|retire|retiring|patience|journal|audience|rooms?|mend(?:s|ed)?|anew|host part|wish|wishes"
    r"|deeds?|storms?|beliefs|told|tells?|heed|heard|news|trouble|standing|lab|house|settled)\b"
)
"""What the field's words replaced: docs/design/README.md has those."""


def named_in(source: str) -> Iterator[str]:
    """Yield the identifiers, the keys and the first lines of the docstrings of a module."""
    for node in ast.walk(ast.parse(source)):
        for attribute in ("id", "name", "arg", "attr"):
            yield str(getattr(node, attribute, ""))
        match node:
            case ast.Constant(value=str(key)) if re.fullmatch("[a-z_]+", key):
                yield key
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield (ast.get_docstring(node) or "").partition("\n")[0]


@pytest.mark.parametrize(
    "folder", ["benchmark", "custom_components", "devtools", "scripts", "simulator", "tests"]
)
def test_names_are_words_of_the_field(folder: str) -> None:
    """No file, test, identifier, key or summary of a docstring uses a home-made word."""
    modules = [path for path in tracked() if path.suffix == ".py"]
    home_made = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules
        if path.is_relative_to(ROOT / folder)
        for name in (path.stem, *named_in(path.read_text()))
        if HOME_MADE_WORDS.search(re.sub("_|(?<=[a-z])(?=[A-Z])", " ", name).lower())
    }

    assert home_made == set()
