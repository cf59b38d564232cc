"""The rules of the house: who may import whom."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import subprocess
import sys

import pytest

from custom_components.raindrop import ddns

CORE = Path(ddns.__file__).parent
RAINDROP = CORE.parent
MODULES = sorted(path.stem for path in CORE.glob("*.py") if path.stem != "__init__")
ROOMS = sorted(path.stem for path in RAINDROP.glob("*.py"))
PURE = (
    *("model", "errors", "report", "addresses", "wire", "plan"),
    *("names", "credential", "host_part", "news", "own_address", "reading", "steady"),
)
OPEN_TO_ALL = {"reconcile", "reading", "report", "model", "errors"}
DOORS = {"http", "webhook", "websocket_api", "frontend", "panel_custom", "cloud", "api"}
"""Integrations of Home Assistant's by which somebody could come in."""
SERVERS = {"HomeAssistantView", "start_server", "create_server", "start_unix_server", "TCPSite"}
WAIVERS = {"ssl", "verify_ssl", "ssl_context", "check_hostname", "insecure", "skip_verify"}
"""Words for letting a certificate pass that proves nothing."""
BUILDERS = {
    "client": {"cloudflare", "credential"},
    "config_flow": {"names", "plan", "survey"},
    "domain_flow": {"host_part", "names"},
    "domains": {"host_part"},
    "preview": {"plan", "survey"},
    "removal": {"apply", "cloudflare"},
    "schemas": {"host_part"},
    "services": {"names"},
    "source_forms": {"web"},
    "sources": {"detect", "own_address", "web"},
}
"""What single rooms may know besides: those that build, ask, or read what was typed."""


def tree(path: Path) -> ast.Module:
    """Return a module as its syntax."""
    return ast.parse(path.read_text())


def imported(module: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what a module imports: how many floors up, and the dotted name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is None:
            yield from ((node.level, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, str(node.module)


def neighbours(module: str) -> set[str]:
    """Return the modules of the core that one of them imports."""
    return {name for level, name in imported(tree(CORE / f"{module}.py")) if level == 1}


def floors() -> list[set[str]]:
    """Return the modules of the core, the highest first, as its docstring orders them."""
    text = ast.get_docstring(tree(CORE / "__init__.py")) or ""
    order = text.partition("downwards only:")[2]
    return [set(re.findall(r"``(\w+)``", floor)) for floor in order.split("->")]


def run(program: str, *options: str) -> str:
    """Return what a program says in an interpreter of its own."""
    finished = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-I", "-B", *options, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=RAINDROP,
    )
    return finished.stdout.strip() or finished.stderr


@pytest.mark.parametrize("module", ["__init__", *MODULES])
def test_the_core_knows_nothing_of_home_assistant(module: str) -> None:
    """No module of the core imports Home Assistant or what comes with it, or climbs out."""
    for level, name in imported(tree(CORE / f"{module}.py")):
        assert level <= 1, f"{module} climbs to {name}"
        if level == 0:
            package = name.partition(".")[0]
            assert package in sys.stdlib_module_names | {"aiohttp"}, f"{module} imports {name}"


@pytest.mark.parametrize("module", PURE)
def test_what_thinks_needs_only_the_standard_library(module: str) -> None:
    """The modules that only think import the standard library, and each other."""
    for level, name in imported(tree(CORE / f"{module}.py")):
        known = set(PURE) if level else sys.stdlib_module_names
        assert name.partition(".")[0] in known, f"{module} imports {name}"


@pytest.mark.parametrize("module", PURE)
def test_what_thinks_runs_without_any_package(module: str) -> None:
    """The modules that only think run where no package is installed at all."""
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        f"import ddns.{module}\n"
        "print(sorted({'aiohttp', 'homeassistant', 'voluptuous'} & sys.modules.keys()))"
    )

    assert run(program, "-S") == "[]"
    assert "ModuleNotFoundError" in run("import aiohttp; print('found')", "-S")


@pytest.mark.parametrize("module", MODULES)
def test_the_core_runs_where_home_assistant_cannot_be_found(module: str) -> None:
    """Every module of the core can be used with nothing but aiohttp beside it."""
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('homeassistant', 'voluptuous'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "try:\n"
        "    import homeassistant\n"
        "except ModuleNotFoundError:\n"
        f"    import ddns.{module}\n"
        "    print(sorted({'homeassistant', 'voluptuous'} & sys.modules.keys()))"
    )

    assert run(program) == "[]"


def test_the_order_of_the_core_names_each_of_its_modules() -> None:
    """The order that the core's docstring gives has a place for every module, and for no other."""
    named = [module for floor in floors() for module in floor]

    assert sorted(named) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    """A module imports from its own floor or from those below it, never from above."""
    height = {name: number for number, floor in enumerate(floors()) for name in floor}
    assert len(floors()) >= 4

    for below in neighbours(module) & height.keys():
        assert height.get(module, 0) <= height[below], f"{module} imports {below}"


@pytest.mark.parametrize("module", MODULES)
def test_no_two_modules_need_each_other(module: str) -> None:
    """Following the imports of a module never leads back to it."""
    reached: set[str] = set()
    waiting = neighbours(module)
    while waiting:
        current = waiting.pop()
        reached.add(current)
        waiting |= neighbours(current) - reached

    assert module not in reached


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_know_little_of_the_core(room: str) -> None:
    """Rooms use the core's round, words and errors; only those that build may know its parts."""
    taken = {
        name.removeprefix("ddns.")
        for level, name in imported(tree(RAINDROP / f"{room}.py"))
        if level == 1 and name.partition(".")[0] == "ddns"
    }
    # `from .ddns import detect` names the module as what is imported.
    taken |= {
        alias.name
        for node in ast.walk(tree(RAINDROP / f"{room}.py"))
        if isinstance(node, ast.ImportFrom) and node.module == "ddns"
        for alias in node.names
    }
    taken.discard("ddns")

    assert taken <= OPEN_TO_ALL | BUILDERS.get(room, set()), f"{room} knows too much"


@pytest.mark.parametrize(
    "path", sorted(RAINDROP.rglob("*.py")), ids=lambda path: str(path.relative_to(RAINDROP))
)
def test_nothing_is_imported_late(path: Path) -> None:
    """No function imports anything: a late import would hold up Home Assistant's loop."""
    inside = [
        node.lineno
        for function in ast.walk(tree(path))
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        or (isinstance(node, ast.Name) and node.id in {"__import__", "import_module"})
    ]

    assert inside == []


@pytest.mark.parametrize(
    "path", sorted(RAINDROP.rglob("*.py")), ids=lambda path: str(path.relative_to(RAINDROP))
)
def test_s19_nothing_listens(path: Path) -> None:
    """Lesson S19: no page, hook or socket of ours can be asked to write by who is not logged in."""
    for node in ast.walk(tree(path)):
        names = [alias.name for alias in getattr(node, "names", ()) if isinstance(alias, ast.alias)]
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name}" for name in names]
        for name in names:
            parts = name.split(".")
            is_door = parts[:2] == ["homeassistant", "components"] and DOORS & set(parts[2:3])
            assert not is_door, name
            assert parts[:2] != ["aiohttp", "web"], name
        words = {getattr(node, "id", None), getattr(node, "attr", None)}
        assert not SERVERS & words


def test_s19_nothing_needs_a_door() -> None:
    """Lesson S19: the manifest asks for no integration by which somebody could come in."""
    manifest = json.loads((RAINDROP / "manifest.json").read_text())

    for key in ("dependencies", "after_dependencies"):
        assert not DOORS & set(manifest.get(key, ()))


@pytest.mark.parametrize(
    "path", sorted(RAINDROP.rglob("*.py")), ids=lambda path: str(path.relative_to(RAINDROP))
)
def test_s20_nothing_can_switch_the_verification_off(path: Path) -> None:
    """Lesson S20: there is no word for a certificate, so none can be waved through."""
    for node in ast.walk(tree(path)):
        words = {getattr(node, "arg", None), getattr(node, "id", None), getattr(node, "attr", None)}
        assert not WAIVERS & words
        assert {name for _, name in imported(node)} & {"ssl"} == set()


def test_s20_no_field_of_a_form_asks_for_it() -> None:
    """Lesson S20: nor does any form or action offer to go on without a proof."""
    texts = (RAINDROP / "translations" / "en.json").read_text()
    keys = set(re.findall(r'"(\w+)":', texts))

    assert not {key for key in keys if re.search("ssl|tls|verify|insecure", key)}


def test_s18_the_core_does_not_log() -> None:
    """Lesson S18: the core writes no log, so nothing it knows can get into one."""
    for module in MODULES:
        names = {name for _, name in imported(tree(CORE / f"{module}.py"))}
        assert "logging" not in names
        calls = [n for n in ast.walk(tree(CORE / f"{module}.py")) if isinstance(n, ast.Name)]
        assert "print" not in {call.id for call in calls}
