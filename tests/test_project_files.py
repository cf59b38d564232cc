"""The files of the project: workflows, releases, forms, dev container and design notes."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import re
import subprocess
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest

from custom_components.raindrop.ddns.detection import detector, hedged
from custom_components.raindrop.ddns.errors import DdnsError
from custom_components.raindrop.ddns.models import OWNER_COMMENT
from devtools.simulated_home import CONTROL_PORT

ROOT = Path(__file__).parent.parent
MANIFEST = json.loads((ROOT / "custom_components/raindrop/manifest.json").read_text())
VERSION = MANIFEST["version"]
HOME = MANIFEST["documentation"]

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"), key=lambda path: path.stem)
FORMS = sorted(p for p in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if p.stem != "config")
NOTES = sorted((ROOT / "docs/design").glob("*.md"))
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"),
    *((GITHUB / "PULL_REQUEST_TEMPLATE.md"), *NOTES, *sorted((ROOT / "docs").glob("*.md"))),
]

USES = re.compile(r"^\s*(?:- )?uses: (.+)$", re.MULTILINE)
PINNED_VERSION = r"(?:v?\d+\.\d+\.\d+|master \d{4}-\d\d-\d\d)"
PINNED = re.compile(rf"([\w.-]+/[\w./-]+)@([0-9a-f]{{40}}) # {PINNED_VERSION}")
SCRIPT = re.compile(r"(?<![\w/.-])scripts/[\w.-]+")
LINK = re.compile(r"\]\(([^)\s]+)\)")
INPUTS = {"input", "textarea", "dropdown", "checkboxes", "upload"}
OPTIONAL_FORM_KEYS = {"assignees", "labels", "projects", "title", "type"}

by_name = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
each_form = pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def read(path: Path) -> dict[str, Any]:
    """Return a YAML file that holds one mapping."""
    content = parse_yaml(path.read_text())
    assert isinstance(content, dict)
    return content


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    """Return the jobs of a workflow by their name."""
    found: dict[str, dict[str, Any]] = read(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the steps of all jobs of a workflow."""
    for job in jobs(path).values():
        yield from job["steps"]


def commands(path: Path) -> str:
    """Return all that the steps of a workflow run in a shell."""
    return "\n".join(step["run"] for step in steps(path) if "run" in step)


def step_named(path: Path, name: str) -> str:
    """Return what one step of a workflow runs in a shell."""
    return next(str(step["run"]) for step in steps(path) if step["name"] == name)


def test_there_are_five_workflows() -> None:
    """Linting, tests, validation for the stores, the nightly run and the release have one each."""
    assert [path.stem for path in WORKFLOWS] == ["lint", "nightly", "release", "test", "validate"]


@by_name
def test_an_action_is_pinned_to_a_commit(path: Path) -> None:
    """No action can change unnoticed: each has a commit, with the version as a comment."""
    uses = USES.findall(path.read_text())

    assert len(uses) == sum("uses" in step for step in steps(path))
    assert [use for use in uses if not PINNED.fullmatch(use)] == []


def test_an_action_has_the_same_commit_everywhere() -> None:
    """All workflows use one commit of an action, so that only one has to be reviewed."""
    pins = {PINNED.fullmatch(use) for path in WORKFLOWS for use in USES.findall(path.read_text())}
    commits = {(pin[1], pin[2]) for pin in pins if pin}
    assert len(commits) == len({action for action, _ in commits}) >= 4


@by_name
def test_a_workflow_has_no_permissions_of_its_own(path: Path) -> None:
    """Each job has only the permissions that it needs; only one may write."""
    assert read(path)["permissions"] == {}
    for name, job in jobs(path).items():
        permissions = job["permissions"]
        may_write = {"contents": "write"} if (path.stem, name) == ("release", "archive") else None
        assert permissions in ({}, {"contents": "read"}, may_write), name


@by_name
def test_a_workflow_has_limits(path: Path) -> None:
    """Every job has a timeout and a fixed system; a workflow does not run twice at a time."""
    assert read(path)["concurrency"]["group"]
    for job in jobs(path).values():
        # The mutation check of all modules takes hours; nobody waits for what runs at night.
        assert 0 < job["timeout-minutes"] <= (240 if path.stem == "nightly" else 60)
        assert re.fullmatch(r"ubuntu-\d\d\.\d\d", job["runs-on"])


@by_name
def test_a_clone_keeps_no_credentials(path: Path) -> None:
    """A checkout contains no token that a later step could use."""
    for step in steps(path):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@by_name
def test_no_command_contains_an_expression(path: Path) -> None:
    """A command reads values from its environment, so that they cannot be executed."""
    assert "${{" not in commands(path)


@by_name
def test_a_workflow_calls_scripts_that_exist(path: Path) -> None:
    """Every script that a workflow calls is executable."""
    for script in SCRIPT.findall(commands(path)):
        assert os.access(ROOT / script, os.X_OK), script


def test_the_workflows_run_all_stages() -> None:
    """Every stage of `.ci/run` is in a workflow."""
    text = "\n".join(commands(path) for path in WORKFLOWS).replace("${FLOOR:+--floor}", "--floor")
    stages = re.findall(r"^stage (.+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert stages
    assert [stage for stage in stages if stage not in text] == []


def test_the_oldest_version_is_tested() -> None:
    """The tests run on the newest Home Assistant and on the oldest in hacs.json."""
    store = json.loads((ROOT / "hacs.json").read_text())
    suite = jobs(GITHUB / "workflows/test.yml")["suite"]
    runs = {run["home-assistant"]: run["floor"] for run in suite["strategy"]["matrix"]["include"]}
    assert runs == {"newest": "", store["homeassistant"].removesuffix(".0"): "yes"}


@pytest.mark.parametrize(
    "tag, entry, complaint",
    [
        pytest.param(VERSION, f"[{VERSION}] - 2026-12-01", "", id="all equal/passes"),
        pytest.param(f"v{VERSION}", f"[{VERSION}] - 2026-12-01", "manifest", id="prefix/fails"),
        pytest.param("9.9.9", "[9.9.9] - 2026-12-01", "manifest", id="other version/fails"),
        pytest.param(VERSION, f"[{VERSION}] - Unreleased", "CHANGELOG", id="no date/fails"),
        pytest.param(VERSION, "[9.9.9] - 2026-12-01", "CHANGELOG", id="no entry/fails"),
    ],
)
def test_a_release_has_the_version_of_the_manifest(
    tmp_path: Path, tag: str, entry: str, complaint: str
) -> None:
    """A release fails for another version, or without a dated entry in the changelog."""
    folder = tmp_path / "custom_components/raindrop"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {entry}\n")

    done = subprocess.run(  # noqa: S603 - the step of the workflow
        ["bash", "-e", "-c", step_named(GITHUB / "workflows/release.yml", "Check the version")],
        cwd=tmp_path,
        env={**os.environ, "TAG": tag},
        capture_output=True,
        text=True,
        check=False,
    )

    assert bool(done.returncode) is bool(complaint)
    assert complaint in done.stderr
    assert bool(done.stderr) is bool(complaint)


def test_a_release_contains_the_integration() -> None:
    """The archive is built from the integration's folder and attached."""
    release = GITHUB / "workflows/release.yml"
    assert read(release)["on"] == {"release": {"types": ["published"]}}
    build, attach = (step_named(release, f"{verb} the archive") for verb in ("Build", "Attach"))
    assert "custom_components/raindrop" in build
    assert "raindrop.zip" in build
    assert "raindrop.zip" in attach


def test_the_changelog_has_this_version() -> None:
    """The newest entry is the version of the manifest, with a link."""
    text = (ROOT / "CHANGELOG.md").read_text()
    entries = re.findall(r"^## \[([^]]+)\] - (?:Unreleased|\d{4}-\d\d-\d\d)$", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^## ", text, re.MULTILINE))
    assert entries[0] == VERSION
    assert f"[{VERSION}]: {HOME}/releases/tag/{VERSION}\n" in text


@each_form
def test_a_form_is_valid(path: Path) -> None:
    """A form has what GitHub requires: a name, a description, and fields with unique ids."""
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    assert set(form) <= {"name", "description", "body"} | OPTIONAL_FORM_KEYS
    fields = [part for part in form["body"] if part["type"] != "markdown"]
    assert fields
    assert len({field["id"] for field in fields}) == len(fields)
    for field in fields:
        assert field["type"] in INPUTS
        assert re.fullmatch(r"[\w-]+", field["id"])
        assert field["attributes"]["label"].strip()
        assert field["validations"]["required"] in (True, False)
        assert (field["type"] == "dropdown") is bool(field["attributes"].get("options"))
    for text in (part["attributes"] for part in form["body"] if part["type"] == "markdown"):
        assert text["value"].strip()


def test_the_form_for_bugs_has_required_fields() -> None:
    """Both versions, the diagnostics and a description are required."""
    form = read(GITHUB / "ISSUE_TEMPLATE/bug.yml")
    required = {p["id"] for p in form["body"] if p.get("validations", {}).get("required")}
    assert {"happened", "home-assistant", "raindrop", "diagnostics"} <= required


def test_blank_issues_are_disabled() -> None:
    """There are links for everything that no form is for."""
    config = read(GITHUB / "ISSUE_TEMPLATE/config.yml")
    assert config["blank_issues_enabled"] is False
    for link in config["contact_links"]:
        assert link["name"]
        assert link["about"]
        assert link["url"].startswith(HOME)


def test_pins_are_updated() -> None:
    """Dependabot proposes updates of actions, and of packages that can be updated alone."""
    config = read(GITHUB / "dependabot.yml")
    updates = {update["package-ecosystem"]: update for update in config["updates"]}
    assert config["version"] == 2
    assert updates.keys() == {"github-actions", "pip"}
    pinned = "".join(path.read_text() for path in ROOT.glob("requirements_*.txt"))
    for allowed in (rule["dependency-name"] for rule in updates["pip"]["allow"]):
        assert re.search(rf"^{allowed}==", pinned, re.MULTILINE), allowed


def test_the_dev_container_is_ready_to_use() -> None:
    """The container has the right Python, a setup command, and the ports of both servers."""
    container = json.loads((ROOT / ".devcontainer.json").read_text())
    assert container["image"].endswith("/python:3.14")
    assert os.access(ROOT / container["postCreateCommand"], os.X_OK)
    assert container["forwardPorts"] == [8123, CONTROL_PORT]
    assert {int(port) for port in container["portsAttributes"]} <= set(container["forwardPorts"])


@each_page
def test_every_link_is_valid(path: Path) -> None:
    """A linked file exists, and a link to this project on GitHub has the right owner."""
    for link in LINK.findall(path.read_text()):
        if link.startswith("https:"):
            assert link.startswith(HOME) or "github.com/raindrop" not in link, link
        else:
            assert (path.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_a_name_that_links_to_code_is_defined_there(path: Path) -> None:
    """A note links the file by its name, or a function or class that it defines."""
    for text, file in re.findall(r"\[`([\w./]+)`\]\(([^)#]+\.py)\)", path.read_text()):
        source, name = (path.parent / file).read_text(), text.partition(".")[0]
        is_defined = re.search(rf"^ *(?:async )?(?:def|class) {name}\b", source, re.MULTILINE)
        assert file.endswith(f"/{text}") or is_defined, text


def test_every_note_is_in_the_index() -> None:
    """The index of the design notes lists each of them once."""
    index = ROOT / "docs/design/README.md"
    notes = [link for link in LINK.findall(index.read_text()) if re.fullmatch(r"[\w-]+\.md", link)]
    assert sorted(notes) == sorted(path.name for path in NOTES if path != index)


def test_the_note_on_detection_has_the_time_limits_of_the_code() -> None:
    """The time limits for slow providers are those of the code."""
    limits = (
        f"not responded for {hedged.HEDGE_DELAY_S:.0f} seconds",
        f"ends after {detector.TIME_LIMIT_S:.0f} seconds",
    )
    note = (ROOT / "docs/design/detection.md").read_text()
    assert [limit for limit in limits if limit not in note] == []


def subclasses(base: type[DdnsError]) -> Iterator[type[DdnsError]]:
    """Yield an error class and all its subclasses."""
    yield base
    for subclass in base.__subclasses__():
        yield from subclasses(subclass)


def test_the_notes_have_every_error_and_the_owner_comment() -> None:
    """The note on errors lists all classes, the one on ownership quotes the comment."""
    classes = {kind.__name__ for kind in subclasses(DdnsError) if "raindrop" in kind.__module__}
    assert classes == set(re.findall(r"\w+Error\b", (ROOT / "docs/design/errors.md").read_text()))
    assert f"`{OWNER_COMMENT}`" in (ROOT / "docs/design/ownership.md").read_text()
