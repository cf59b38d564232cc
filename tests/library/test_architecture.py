"""The laws of the layout: which module may import which."""

import ast
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
import subprocess
import sys

import pytest

from custom_components.raindrop import ddns

ROOT = Path(__file__).parent.parent.parent
LIBRARY = Path(ddns.__file__).parent
INTEGRATION = LIBRARY.parent
PURE = (
    "models",
    "sources",
    "plan_values",
    "errors",
    "addresses",
    "host_names",
    "records.make_plan",
    "cloudflare.codec",
    "cloudflare.zone_codec",
)
"""Modules that need the standard library alone."""
PACKAGES = ("custom_components", "simulator", "devtools", "benchmark", "tests")
ENTRY_POINTS = {"http", "webhook", "websocket_api", "frontend", "panel_custom", "cloud", "api"}
"""Integrations of Home Assistant through which an outsider could reach ours."""
SERVERS = {"HomeAssistantView", "start_server", "create_server", "start_unix_server", "TCPSite"}
TLS_WAIVERS = {"ssl", "verify_ssl", "ssl_context", "check_hostname", "insecure", "skip_verify"}
"""Names that would let an invalid certificate pass."""


def dotted(path: Path, base: Path) -> str:
    """Return the dotted name of a module below a folder; a package has the name of its folder."""
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_below(base: Path) -> Mapping[str, Path]:
    """Return the modules below a folder by their dotted names."""
    return {dotted(path, base): path for path in sorted(base.rglob("*.py"))}


LIBRARY_MODULES = {name: path for name, path in modules_below(LIBRARY).items() if name}
INTEGRATION_MODULES = [
    path for path in sorted(INTEGRATION.rglob("*.py")) if LIBRARY not in path.parents
]
ALL_MODULES = {
    f"{package}.{name}" if name else package: path
    for package in PACKAGES
    for name, path in modules_below(ROOT / package).items()
}
ALL_MODULES |= modules_below(ROOT / "scripts" / "_bootstrap")
IDS = pytest.mark.parametrize(
    "path", sorted(INTEGRATION.rglob("*.py")), ids=lambda p: str(p.relative_to(INTEGRATION))
)


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text())


def imports(name: str, path: Path) -> Iterator[str]:
    """Yield the absolute dotted name of everything that a module imports.

    What is above the top package has no absolute name, and keeps its dots.
    """
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")
            climbed = len(above) - node.level + 1
            if climbed > 0 and node.level:
                base = ".".join(filter(None, [*above[:climbed], node.module]))
            else:
                base = f"{'.' * node.level}{node.module or ''}"
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def graph() -> dict[str, set[str]]:
    """Return which modules of the repository each module imports."""
    arrows: dict[str, set[str]] = {}
    for name, path in ALL_MODULES.items():
        found = {target for target in imports(name, path) if target in ALL_MODULES}
        # A name from a submodule is no arrow to the package that holds it.
        arrows[name] = {
            target
            for target in found - {name}
            if not (name.startswith(f"{target}.") or any(o.startswith(f"{target}.") for o in found))
        }
    return arrows


def run(program: str, *options: str) -> str:
    """Return what a program prints in an isolated interpreter."""
    finished = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-I", "-B", *options, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=INTEGRATION,
    )
    return finished.stdout.strip() or finished.stderr


@pytest.mark.parametrize("line", ["from ...select import x", "from ....json import x"])
def test_what_is_above_the_top_package_has_no_absolute_name(line: str, tmp_path: Path) -> None:
    """A module of the integration cannot be taken for one of the standard library."""
    (tmp_path / "client.py").write_text(line)

    found = [*imports("ddns.cloudflare.client", tmp_path / "client.py")]

    assert all(name.startswith("...") for name in found)


@pytest.mark.parametrize("module", ["", *LIBRARY_MODULES])
def test_the_library_imports_nothing_of_home_assistant(module: str) -> None:
    """Law 1: the library imports the standard library, aiohttp and itself, nothing above."""
    path = LIBRARY_MODULES.get(module, LIBRARY / "__init__.py")
    for target in imports(f"ddns.{module}".rstrip("."), path):
        package = target.partition(".")[0]
        assert package in sys.stdlib_module_names | {"aiohttp", "ddns"}, f"{module}: {target}"


@pytest.mark.parametrize("module", ["", *LIBRARY_MODULES])
def test_the_library_runs_where_home_assistant_cannot_be_found(module: str) -> None:
    """Law 1: every module of the library can be imported with nothing but aiohttp installed."""
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
        f"    import {'.'.join(filter(None, ('ddns', module)))}\n"
        "    print(sorted({'homeassistant', 'voluptuous'} & sys.modules.keys()))"
    )

    assert run(program) == "[]"


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_import_only_the_standard_library(module: str) -> None:
    """Law 2: no pure module reaches another package, directly or through what it imports."""
    waiting, reached = [f"custom_components.raindrop.ddns.{module}"], set()
    arrows = graph()
    while waiting:
        current = waiting.pop()
        reached.add(current)
        for target in imports(current, ALL_MODULES[current]):
            top = target.partition(".")[0]
            assert top in sys.stdlib_module_names | {"custom_components"}, f"{current}: {target}"
        waiting += arrows[current] - reached


@pytest.mark.parametrize(
    "path", INTEGRATION_MODULES, ids=lambda path: str(path.relative_to(INTEGRATION))
)
def test_the_integration_uses_only_the_public_face_of_the_library(path: Path) -> None:
    """Law 3: everything comes from `ddns` itself, and only names that it exports."""
    name = f"raindrop.{dotted(path, INTEGRATION)}".rstrip(".")
    for target in imports(name, path):
        if target.startswith("raindrop.ddns."):
            public = target.removeprefix("raindrop.ddns.")
            assert public in ddns.__all__, f"{path.name} imports {target}"


def test_the_public_face_is_small_and_true() -> None:
    """What the library imports from its modules is what it exports, each name once."""
    body = tree(Path(ddns.__file__)).body
    imported = [a.name for n in body if isinstance(n, ast.ImportFrom) for a in n.names]
    assert sorted(ddns.__all__) == sorted(imported)
    assert [name for name in ddns.__all__ if not hasattr(ddns, name)] == []
    assert len(ddns.__all__) == len(set(ddns.__all__))
    assert (LIBRARY / "py.typed").exists()


@pytest.mark.parametrize("path", ALL_MODULES.values(), ids=ALL_MODULES)
def test_nothing_is_imported_inside_a_function(path: Path) -> None:
    """Law 4: what a module needs is at its top; a late import would block the event loop.

    A benchmark may load a contestant by its name; the integration may not.
    """
    late = {"__import__", "import_module"} if INTEGRATION in path.parents else set()
    inside = [
        node.lineno
        for function in ast.walk(tree(path))
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        or (isinstance(node, ast.Name) and node.id in late)
    ]

    assert inside == []


@pytest.mark.parametrize("name", ALL_MODULES)
def test_no_private_name_is_imported(name: str) -> None:
    """What another module needs has a public name."""
    for target in imports(name, ALL_MODULES[name]):
        private = re.search(r"(^|\.)_(?!_)", target)
        assert private is None, target


def test_no_two_modules_of_the_repository_import_each_other() -> None:
    """Law 4: following imports never leads back, not even under TYPE_CHECKING."""
    arrows = graph()
    circles = []
    for name in arrows:
        reached: set[str] = set()
        waiting = [*arrows[name]]
        while waiting:
            current = waiting.pop()
            if current not in reached:
                reached.add(current)
                waiting += arrows[current]
        if name in reached:
            circles.append(name)

    assert circles == []
    assert len(arrows) > 100


@pytest.mark.parametrize(
    "file", ["trigger", "condition", "repairs", "diagnostics", "sensor", "switch", "select"]
)
def test_no_module_of_the_library_has_the_name_of_a_platform(file: str) -> None:
    """Home Assistant takes such a file for a platform, wherever it lies."""
    assert not list(LIBRARY.rglob(f"{file}.py"))


@IDS
def test_s19_nothing_listens(path: Path) -> None:
    """Lesson S19: no page, hook or socket of ours lets somebody without a log-in write."""
    for node in ast.walk(tree(path)):
        names = [alias.name for alias in getattr(node, "names", ()) if isinstance(alias, ast.alias)]
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name}" for name in names]
        for name in names:
            parts = name.split(".")
            is_open = parts[:2] == ["homeassistant", "components"] and ENTRY_POINTS & set(
                parts[2:3]
            )
            assert not is_open, name
            assert parts[:2] != ["aiohttp", "web"], name
        words = {getattr(node, "id", None), getattr(node, "attr", None)}
        assert not SERVERS & words


def test_s19_the_manifest_needs_no_entry_point() -> None:
    """Lesson S19: the manifest depends on no integration through which an outsider could come."""
    manifest = json.loads((INTEGRATION / "manifest.json").read_text())

    for key in ("dependencies", "after_dependencies"):
        assert not ENTRY_POINTS & set(manifest.get(key, ()))


@IDS
def test_s20_tls_verification_cannot_be_switched_off(path: Path) -> None:
    """Lesson S20: no code names a TLS setting, so none can be waived."""
    for node in ast.walk(tree(path)):
        words = {getattr(node, "arg", None), getattr(node, "id", None), getattr(node, "attr", None)}
        assert not TLS_WAIVERS & words
    name = f"raindrop.{dotted(path, INTEGRATION)}".rstrip(".")
    assert "ssl" not in set(imports(name, path))


def test_s20_no_form_offers_to_skip_tls_verification() -> None:
    """Lesson S20: no form and no action has a field for it either."""
    texts = (INTEGRATION / "translations" / "en.json").read_text()
    keys = set(re.findall(r'"(\w+)":', texts))

    assert not {key for key in keys if re.search("ssl|tls|verify|insecure", key)}


@pytest.mark.parametrize("module", LIBRARY_MODULES)
def test_s18_the_library_prints_nothing(module: str) -> None:
    """Lesson S18: the library talks through `logging` only; what it logs is tested for secrets."""
    calls = [n for n in ast.walk(tree(LIBRARY_MODULES[module])) if isinstance(n, ast.Name)]
    assert "print" not in {call.id for call in calls}
