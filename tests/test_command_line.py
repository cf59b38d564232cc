"""The command line without Home Assistant: `scripts/raindrop`, run as a process of its own."""

import ast
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any

import pytest

from simulator import Simulator
from simulator.cloudflare import Zone

from .conftest import HOME, OLD
from .secrets import TOKEN

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "raindrop"
LIBRARY = ROOT / "custom_components" / "raindrop" / "ddns"
PROGRAM = """
import json, os, runpy, sys
script, services, *sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.join(os.path.dirname(script), "..", "custom_components", "raindrop"))
import ddns
ddns.PROVIDERS = tuple(
    ddns.Provider(
        name=service["name"],
        format=ddns.ResponseFormat(service["form"]),
        urls={ddns.Family(int(family)): url for family, url in service["urls"].items()},
    )
    for service in json.loads(services)
)
runpy.run_path(script, run_name="__main__")
"""
"""Replaces the providers by the simulator's, then runs the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended."""

    status: int
    out: str
    err: str


type Run = Callable[..., Any]


@pytest.fixture
def run(simulator: Simulator, zone: Zone, tmp_path: Path) -> Run:
    """Return a function that runs the script with some content of the file and options."""
    services = json.dumps(simulator.urls()["ip"])

    async def run(content: Mapping[str, Any] | str, *options: str) -> Ended:
        path = tmp_path / "credentials.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, str(SCRIPT), services, "raindrop", str(path)),
            *options,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(status=process.returncode, out=out.decode(), err=err.decode())

    return run


def credentials(**fields: Any) -> dict[str, Any]:
    """Return the content of a file that works, with some fields changed."""
    return {"zone": "example.com", "email": "", "key": TOKEN, "domain": "home.example.com"} | fields


def content(simulator: Simulator, zone: Zone) -> list[Any]:
    """Return what the record holds."""
    return [record["content"] for record in simulator.cloudflare.records(zone)]


async def test_a_changed_address_is_written(simulator: Simulator, zone: Zone, run: Run) -> None:
    """The record is written, before and after are printed, and the second run changes nothing."""
    first = await run(credentials())
    assert (first.status, first.out) == (0, f"home.example.com {OLD} -> {HOME}\n")
    assert content(simulator, zone) == [HOME]

    second = await run(credentials())
    assert (second.status, second.out) == (0, "unchanged\n")


async def test_a_dry_run_only_shows_the_change(simulator: Simulator, zone: Zone, run: Run) -> None:
    """With --dry-run the same line is printed and nothing is written."""
    ended = await run(credentials(zone=""), "--dry-run")
    assert (ended.status, ended.out) == (0, f"home.example.com {OLD} -> {HOME}\n")
    assert content(simulator, zone) == [OLD]
    assert {entry.method for entry in simulator.log.select(service="cloudflare")} <= {
        "GET",
        "PATCH",
    }


async def test_a_missing_record_is_created(simulator: Simulator, zone: Zone, run: Run) -> None:
    """A name without a record gets one."""
    ended = await run(credentials(domain="new"))
    assert (ended.status, ended.out) == (0, f"new.example.com (none) -> {HOME}\n")


@pytest.mark.parametrize(
    "file, named",
    [
        pytest.param("{", "not JSON", id="truncated"),
        pytest.param("[]", "not a JSON object", id="a list"),
        pytest.param(json.dumps(credentials(key="")), "key: missing", id="no key"),
        pytest.param(json.dumps({"key": TOKEN}), "domain: missing", id="no domain"),
        pytest.param(json.dumps(credentials(zone=1)), "zone: not a text", id="a number"),
        pytest.param(json.dumps(credentials(key="cfut_" + "0" * 40)), "key: ", id="wrong key"),
        pytest.param(json.dumps(credentials(key="a key")), "key: ", id="malformed key"),
        pytest.param(json.dumps(credentials(key="a" * 37)), "email: ", id="no email"),
        pytest.param(json.dumps(credentials(zone="example.net")), "zone: ", id="other zone"),
        pytest.param(json.dumps(credentials(domain="a.example.net")), "domain: ", id="outside"),
    ],
)
async def test_bad_input_names_the_field(zone: Zone, run: Run, file: str, named: str) -> None:
    """Bad input ends with status 2 and the name of the field, and shows no key."""
    ended = await run(file)
    assert (ended.status, ended.out) == (2, "")
    assert named in ended.err
    assert TOKEN not in ended.err


async def test_a_file_that_is_not_there_is_bad_input(run: Run, tmp_path: Path) -> None:
    """The path is named."""
    ended = await run("{}", "--dry-run", str(tmp_path / "missing.json"))
    assert ended.status == 2


@pytest.mark.parametrize("option", [[], ["--dry-run"]], ids=["update", "dry run"])
async def test_without_agreement_nothing_is_written(
    simulator: Simulator, zone: Zone, run: Run, option: list[str]
) -> None:
    """One provider alone is not believed: status 1, and what each reported."""
    simulator.faults.add("ip", kind="status")
    ended = await run(credentials(), *option)
    assert (ended.status, ended.out) == (1, "")
    assert "no two providers agree" in ended.err
    assert content(simulator, zone) == [OLD]


@pytest.mark.parametrize("option", [[], ["--dry-run"]], ids=["update", "dry run"])
async def test_a_conflict_is_named(
    simulator: Simulator, zone: Zone, run: Run, option: list[str]
) -> None:
    """Two records of one name are left alone: status 1, and the reason."""
    simulator.cloudflare.add_record(zone, type="A", name="home", content="81.2.69.199")
    ended = await run(credentials(), *option)
    assert ended.status == 1
    assert "ambiguous" in ended.err
    assert content(simulator, zone) == [OLD, "81.2.69.199"]


async def test_a_refused_write_is_reported(simulator: Simulator, zone: Zone, run: Run) -> None:
    """A failure of Cloudflare ends with status 1 and its reason."""
    simulator.faults.add("cloudflare", "POST *", kind="html")
    ended = await run(credentials())
    assert ended.status == 1
    assert "Cloudflare" in ended.err


async def test_cloudflare_out_of_reach_is_no_bad_input(
    simulator: Simulator, zone: Zone, run: Run
) -> None:
    """An API that cannot be reached says nothing about the fields: status 1."""
    simulator.cloudflare.reachable = False
    ended = await run(credentials())
    assert ended.status == 1


SOURCES = pytest.mark.parametrize(
    "path", [SCRIPT, *sorted(LIBRARY.rglob("*.py"))], ids=lambda path: path.stem
)


@SOURCES
def test_the_syntax_is_that_of_python_3_12(path: Path) -> None:
    """Machines with cron rarely have Python 3.14: nothing newer than 3.12 is written."""
    ast.parse(path.read_text(), feature_version=(3, 12))


@SOURCES
def test_every_eager_task_is_given_its_loop(path: Path) -> None:
    """Before Python 3.14, a task without its loop cannot start eagerly."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call):
            options = {option.arg for option in call.keywords}
            assert "loop" in options or "eager_start" not in options, f"line {call.lineno}"


@SOURCES
def test_annotations_name_only_what_exists_already(path: Path) -> None:
    """Before Python 3.14 annotations are evaluated at once: a class is quoted within itself."""
    module = ast.parse(path.read_text())
    classes = {node.name: node.lineno for node in module.body if isinstance(node, ast.ClassDef)}
    for node in module.body:
        for part in ast.walk(node):
            annotations = [getattr(part, "annotation", None), getattr(part, "returns", None)]
            for annotation in filter(None, annotations):
                names = {n.id for n in ast.walk(annotation) if isinstance(n, ast.Name)}
                late = {name for name in names & classes.keys() if classes[name] >= node.lineno}
                assert not late, f"line {part.lineno}"  # type: ignore[attr-defined]
