"""The mutants of a module, made by mutmut."""

from difflib import unified_diff
from pathlib import Path

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

from .decorators import with_marks, without_marks
from .results import Mutant, parse_mutant


def put_mutants(folder: Path, module: str, path: Path) -> dict[str, Mutant]:
    """Put all mutants of a module into its file, and return them by mutmut's names.

    A function calls one of its mutants while that is named in ``MUTANT_UNDER_TEST``.
    """
    code, marks = without_marks((folder / path).read_text())
    mutated = mutate_file_contents(str(path), code)
    (folder / path).write_text(with_marks(mutated.code, marks))
    lines = mutated.code.splitlines()
    return {
        get_mutant_name(path, name): parse_mutant(module, name, _diff(mutated, lines, name))
        for name in mutated.mutant_names
    }


def _diff(mutated: MutatedFile, lines: list[str], name: str) -> str:
    """Return the difference between a function and its mutant."""
    mangled = name.rpartition("__mutmut_")[0]
    was, now = (
        [line.replace(of, mangled) for line in lines[span.start - 1 : span.end]]
        for of in (f"{mangled}__mutmut_orig", name)
        for span in [mutated.line_span_by_function_name[of]]
    )
    return "\n".join(unified_diff(was, now, lineterm=""))
