"""What the repository shows to stores, contributors and its own robots, held to its word."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import re
import subprocess
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest

from custom_components.raindrop.ddns import inquiry
from custom_components.raindrop.ddns.errors import DdnsError
from custom_components.raindrop.ddns.model import OWNER_COMMENT
from lab.develop import CONTROL_PORT

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
    *((GITHUB / "PULL_REQUEST_TEMPLATE.md"), *NOTES),
]

USES = re.compile(r"^\s*(?:- )?uses: (.+)$", re.MULTILINE)
VERSION_OF_PIN = r"(?:v?\d+\.\d+\.\d+|master \d{4}-\d\d-\d\d)"
PINNED = re.compile(rf"([\w.-]+/[\w./-]+)@([0-9a-f]{{40}}) # {VERSION_OF_PIN}")
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


def test_the_robots_are_all_there() -> None:
    """Linting, testing, the stores' rules, the canary and the release have a workflow each."""
    assert [path.stem for path in WORKFLOWS] == ["lint", "nightly", "release", "test", "validate"]


@by_name
def test_an_action_is_pinned_to_a_commit(path: Path) -> None:
    """No action can change behind our back: each is named by its commit, the version beside it."""
    named = USES.findall(path.read_text())

    assert len(named) == sum("uses" in step for step in steps(path))
    assert [use for use in named if not PINNED.fullmatch(use)] == []


def test_an_action_is_the_same_everywhere() -> None:
    """All workflows use one commit of an action, so that there is one to look at."""
    pins = {PINNED.fullmatch(use) for path in WORKFLOWS for use in USES.findall(path.read_text())}
    commits = {(pin[1], pin[2]) for pin in pins if pin}
    assert len(commits) == len({action for action, _ in commits}) >= 4


@by_name
def test_a_workflow_may_do_nothing_by_itself(path: Path) -> None:
    """A workflow gives no right, each of its jobs only what it needs; one alone may write."""
    assert read(path)["permissions"] == {}
    for name, job in jobs(path).items():
        rights = job["permissions"]
        may_write = {"contents": "write"} if (path.stem, name) == ("release", "archive") else None
        assert rights in ({}, {"contents": "read"}, may_write), name


@by_name
def test_a_workflow_comes_to_an_end(path: Path) -> None:
    """Every job has a limit, on a system that is named; a newer run replaces or awaits an older."""
    assert read(path)["concurrency"]["group"]
    for job in jobs(path).values():
        assert 0 < job["timeout-minutes"] <= 60
        assert re.fullmatch(r"ubuntu-\d\d\.\d\d", job["runs-on"])


@by_name
def test_a_clone_keeps_no_credentials(path: Path) -> None:
    """What is checked out holds no token that a later step could use."""
    for step in steps(path):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@by_name
def test_no_step_pastes_what_others_wrote(path: Path) -> None:
    """A command takes what it needs from its environment, where it cannot become a command."""
    assert "${{" not in commands(path)


@by_name
def test_a_workflow_calls_scripts_that_exist(path: Path) -> None:
    """Every script that a workflow calls is there and can be started."""
    for script in SCRIPT.findall(commands(path)):
        assert os.access(ROOT / script, os.X_OK), script


def test_what_has_to_pass_is_run() -> None:
    """The workflows run every stage of what has to pass before a change goes in."""
    said = "\n".join(commands(path) for path in WORKFLOWS).replace("${FLOOR:+--floor}", "--floor")
    stages = re.findall(r"^stage (.+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert stages
    assert [stage for stage in stages if stage not in said] == []


def test_the_floor_is_the_one_promised() -> None:
    """The suite runs on the newest Home Assistant and on the oldest that the store is told of."""
    store = json.loads((ROOT / "hacs.json").read_text())
    suite = jobs(GITHUB / "workflows/test.yml")["suite"]
    runs = {run["home-assistant"]: run["floor"] for run in suite["strategy"]["matrix"]["include"]}
    assert runs == {"newest": "", store["homeassistant"].removesuffix(".0"): "yes"}


@pytest.mark.parametrize(
    "tag, entry, complaint",
    [
        pytest.param(VERSION, f"[{VERSION}] - 2026-12-01", "", id="all-agrees/passes"),
        pytest.param(f"v{VERSION}", f"[{VERSION}] - 2026-12-01", "manifest", id="letter/stops"),
        pytest.param("9.9.9", "[9.9.9] - 2026-12-01", "manifest", id="other-version/stops"),
        pytest.param(VERSION, f"[{VERSION}] - Unreleased", "CHANGELOG", id="no-day/stops"),
        pytest.param(VERSION, "[9.9.9] - 2026-12-01", "CHANGELOG", id="no-entry/stops"),
    ],
)
def test_a_release_is_what_it_says(tmp_path: Path, tag: str, entry: str, complaint: str) -> None:
    """A tag that is not the manifest's version, or without a dated entry, is no release."""
    folder = tmp_path / "custom_components/raindrop"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {entry}\n")

    done = subprocess.run(  # noqa: S603 - the step itself, as it stands in the workflow
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


def test_a_release_carries_the_integration() -> None:
    """The archive that is attached is the one that was built, from the integration's folder."""
    release = GITHUB / "workflows/release.yml"
    assert read(release)["on"] == {"release": {"types": ["published"]}}
    build, attach = (step_named(release, f"{verb} the archive") for verb in ("Build", "Attach"))
    assert "custom_components/raindrop" in build
    assert "raindrop.zip" in build
    assert "raindrop.zip" in attach


def test_the_changelog_speaks_of_this_version() -> None:
    """The newest entry of the changelog is the version of the manifest, and can be followed."""
    text = (ROOT / "CHANGELOG.md").read_text()
    entries = re.findall(r"^## \[([^]]+)\] - (?:Unreleased|\d{4}-\d\d-\d\d)$", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^## ", text, re.MULTILINE))
    assert entries[0] == VERSION
    assert f"[{VERSION}]: {HOME}/releases/tag/{VERSION}\n" in text


@each_form
def test_a_form_can_be_shown(path: Path) -> None:
    """A form has what GitHub asks for: a name, a description, and fields with ids of their own."""
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


def test_a_bug_comes_with_what_is_needed() -> None:
    """Without both versions, the diagnostics and what happened, nobody can look into a bug."""
    form = read(GITHUB / "ISSUE_TEMPLATE/bug.yml")
    required = {p["id"] for p in form["body"] if p.get("validations", {}).get("required")}
    assert {"happened", "home-assistant", "raindrop", "diagnostics"} <= required


def test_a_blank_issue_is_led_on() -> None:
    """Who finds no form that fits is shown a place that does."""
    config = read(GITHUB / "ISSUE_TEMPLATE/config.yml")
    assert config["blank_issues_enabled"] is False
    for link in config["contact_links"]:
        assert link["name"]
        assert link["about"]
        assert link["url"].startswith(HOME)


def test_pins_are_kept_fresh() -> None:
    """What is pinned is proposed anew when it ages; what belongs together is left to people."""
    config = read(GITHUB / "dependabot.yml")
    updates = {update["package-ecosystem"]: update for update in config["updates"]}
    assert config["version"] == 2
    assert updates.keys() == {"github-actions", "pip"}
    pinned = "".join(path.read_text() for path in ROOT.glob("requirements_*.txt"))
    for allowed in (rule["dependency-name"] for rule in updates["pip"]["allow"]):
        assert re.search(rf"^{allowed}==", pinned, re.MULTILINE), allowed


def test_the_dev_container_is_ready_to_use() -> None:
    """The container has a Python that fits, sets itself up, and shows both servers."""
    container = json.loads((ROOT / ".devcontainer.json").read_text())
    assert container["image"].endswith("/python:3.14")
    assert os.access(ROOT / container["postCreateCommand"], os.X_OK)
    assert container["forwardPorts"] == [8123, CONTROL_PORT]
    assert {int(port) for port in container["portsAttributes"]} <= set(container["forwardPorts"])


@each_page
def test_every_link_leads_somewhere(path: Path) -> None:
    """A link to a file of ours leads to it, and one to our place on GitHub to the right owner."""
    for link in LINK.findall(path.read_text()):
        if link.startswith("https:"):
            assert link.startswith(HOME) or "github.com/raindrop" not in link, link
        else:
            assert (path.parent / link.partition("#")[0]).exists(), link


def test_every_note_is_in_the_index() -> None:
    """The index of the design notes names each of them once."""
    index = ROOT / "docs/design/README.md"
    notes = [link for link in LINK.findall(index.read_text()) if re.fullmatch(r"[\w-]+\.md", link)]
    assert sorted(notes) == sorted(path.name for path in NOTES if path != index)


def test_the_note_on_trust_tells_how_long_somebody_is_waited_for() -> None:
    """The times for which silence is borne are those of the code."""
    words = {2.0: "two", 5.0: "five", 10.0: "ten"}
    told = (
        f"silent for {words[inquiry._PATIENCE_S]} seconds",
        f"given up after {words[inquiry._TIMEOUT_S]}",
        f"ends after {words[inquiry._LIMIT_S]} seconds",
    )
    note = (ROOT / "docs/design/trust.md").read_text()
    assert [times for times in told if times not in note] == []


def kinds(base: type[DdnsError]) -> Iterator[type[DdnsError]]:
    """Yield a kind of error and all special ones of its kind."""
    yield base
    for special in base.__subclasses__():
        yield from kinds(special)


def test_the_notes_know_every_error_and_the_comment() -> None:
    """The note on errors names the whole tree, the one on ownership our comment to the letter."""
    ours = {kind.__name__ for kind in kinds(DdnsError) if "raindrop" in kind.__module__}
    assert ours == set(re.findall(r"\w+Error\b", (ROOT / "docs/design/errors.md").read_text()))
    assert f"`{OWNER_COMMENT}`" in (ROOT / "docs/design/ownership.md").read_text()
