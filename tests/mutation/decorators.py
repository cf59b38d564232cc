"""Decorators, which mutmut leaves alone together with their functions.

Those here only mark a function, so they can be taken off and put back on top of what mutmut adds.
"""

import ast
from collections.abc import Iterator, Mapping

_MARKS = {"callback", "override", "property"}

type _Function = ast.FunctionDef | ast.AsyncFunctionDef
type Marks = Mapping[tuple[str, str], list[str]]
"""The decorators of functions, by class and name."""


def without_marks(code: str) -> tuple[str, Marks]:
    r"""Return the code of a module without the decorators, and the decorators.

    >>> without_marks("class A:\n    @property\n    def b(self): ...")
    ('class A:\n    def b(self): ...', {('A', 'b'): ['property']})
    """
    lines = code.splitlines(keepends=True)
    marks = {}
    for key, function in reversed([*_functions(code)]):
        decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
        if decorators and _MARKS.issuperset(decorators):
            marks[key] = decorators
            del lines[_first_line(function) : function.lineno - 1]
    return "".join(lines), marks


def with_marks(code: str, marks: Marks) -> str:
    r"""Return the code of a module with the decorators.

    >>> with_marks("class A:\n    @b\n    def c(self): ...", {("A", "c"): ["property"]})
    'class A:\n    @property\n    @b\n    def c(self): ...'
    """
    lines = code.splitlines(keepends=True)
    for key, function in reversed([*_functions(code)]):
        indent = " " * function.col_offset
        first = _first_line(function)
        lines[first:first] = [f"{indent}@{mark}\n" for mark in marks.get(key, [])]
    return "".join(lines)


def _functions(code: str) -> Iterator[tuple[tuple[str, str], _Function]]:
    """Yield the functions and methods of a module, in order."""
    for node in ast.parse(code).body:
        of_class = node.name if isinstance(node, ast.ClassDef) else ""
        for function in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (of_class, function.name), function


def _first_line(function: _Function) -> int:
    """Return the index of the first line of a function, with its decorators."""
    return min([function, *function.decorator_list], key=lambda node: node.lineno).lineno - 1
