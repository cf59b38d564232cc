"""What users read, held to what they will find: every message, name, link and example."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from homeassistant.components.blueprint import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
import voluptuous as vol

from custom_components.raindrop.config_flow import _LINKS
from custom_components.raindrop.ddns.model import Trouble
from lab import Lab
from lab.cloudflare import Zone

from .conftest import HOME, NEXT, OLD
from .rooms.builders import domain, set_up

ROOT = Path(__file__).parent.parent
RAINDROP = ROOT / "custom_components" / "raindrop"
HOMEPAGE = json.loads((RAINDROP / "manifest.json").read_text())["documentation"]
README = (ROOT / "README.md").read_text()
TROUBLES = (ROOT / "docs/troubleshooting.md").read_text()
FOLDERS = (".", ".github", "custom_components", "docs", "lab", "tests")
PAGES = sorted(
    page
    for folder in FOLDERS
    for page in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
)

MESSAGE = re.compile(
    r"^(?:config|options|config_subentries\.\w+)\.(?:error|abort)\."
    r"|^exceptions\.|^issues\.\w+\.(?:title$|fix_flow\.(?:error|abort)\.)"
    r"|\.reason\.state\."
)
NAME = re.compile(
    r"^entity\..+\.name$|\.event_type\.state\.|^(?:triggers|conditions|services)\..+\.name$"
    r"|^(?:config|options|config_subentries\.\w+)\.step\.\w+\.data\.|^selector\.source\.options\."
)
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|srcset|href)=\"([^\"]+)\"")
MY = "https://my.home-assistant.io/redirect/"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENTITY_ID = re.compile(r"\b(?:binary_sensor|button|event|sensor)\.example_com_\w+|\w+\.home_\w+")

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def flat(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of a translation with the path of its key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from flat(value, f"{path}.{key}" if path else key)
    else:
        yield path, str(node)


ENGLISH = dict(flat(json.loads((RAINDROP / "translations/en.json").read_text())))


def texts(pattern: re.Pattern[str]) -> set[str]:
    """Return the English texts whose keys match."""
    return {text for key, text in ENGLISH.items() if pattern.search(key)}


def links(path: Path) -> list[str]:
    """Return where a page leads, and the pictures it shows."""
    return [link or source for link, source in LINK.findall(FENCE.sub("", path.read_text()))]


def anchors(path: Path) -> list[str]:
    """Return the places of a page that a link can lead to, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text()), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def blocks() -> list[Any]:
    """Return the examples of the README."""
    return [parse_yaml(text) for kind, text in FENCE.findall(README) if kind == "yaml"]


def automations() -> list[dict[str, Any]]:
    """Return those of the examples that are automations."""
    return [block for block in blocks() if isinstance(block, dict) and "triggers" in block]


def my_links(redirect: str) -> Iterator[dict[str, str]]:
    """Yield what the links to a page of one's own Home Assistant carry."""
    for link in links(ROOT / "README.md"):
        if link.startswith(f"{MY}{redirect}/"):
            yield {key: value for key, (value,) in parse_qs(urlsplit(link).query).items()}


def test_every_message_is_explained() -> None:
    """What the user interface can complain of is found on one page, to the letter."""
    messages = texts(MESSAGE)
    assert len(messages) > 70
    assert {
        m for m in messages if f"**{m}** " not in TROUBLES and f"| {m} |" not in TROUBLES
    } == set()


def test_only_messages_that_exist_are_explained() -> None:
    """What is explained is what the user interface says today."""
    begin, end = (TROUBLES.index(f"\n## {title}\n") for title in ("In a form", "Without a message"))
    explained = re.findall(r"^\*\*(.+?)\*\* ", TROUBLES[begin:end], re.MULTILINE)
    assert explained
    assert set(explained) <= texts(MESSAGE)


def test_every_reason_is_explained_to_people_and_to_automations() -> None:
    """A domain's problem has a word that people see and one that automations compare."""
    for trouble in Trouble:
        seen = ENGLISH[f"entity.binary_sensor.problem.state_attributes.reason.state.{trouble}"]
        assert f"| {seen} | `{trouble}` | " in TROUBLES


def test_everything_is_named_in_the_readme() -> None:
    """Entities, events, what automations use, fields and sources go by the names people see."""
    names = texts(NAME)
    assert len(names) > 50
    assert {name for name in names if name not in README} == set()
    keys = {key.split(".")[1] for key in ENGLISH if re.match(r"triggers|conditions|services", key)}
    assert {key for key in keys if f"`raindrop.{key}`" not in README} == set()


@each_page
def test_every_link_of_every_page_leads_somewhere(path: Path) -> None:
    """A file, a picture or a place in a page that is linked to is there; the rest is HTTPS."""
    for link in links(path):
        place, _, anchor = link.partition("#")
        if not link.startswith("https://"):
            target = path.parent / place if place else path
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@each_page
def test_every_place_of_a_page_has_its_own_name(path: Path) -> None:
    """No two headings of a page that people link to are the same, or a link would miss one."""
    found = anchors(path)
    assert path.name == "CHANGELOG.md" or len(found) == len(set(found))


def test_every_picture_is_shown() -> None:
    """Each screenshot is on a page."""
    shown = {(ROOT / link).resolve() for link in links(ROOT / "README.md") if "//" not in link}
    assert set((ROOT / "docs/images").iterdir()) <= shown


def test_the_links_into_home_assistant_name_what_is_here() -> None:
    """The store is led to this repository, and the set-up to this integration."""
    (store,), (start,) = my_links("hacs_repository"), my_links("config_flow_start")
    assert HOMEPAGE.endswith("/{owner}/{repository}".format(**store))
    assert store["category"] == "integration"
    assert start == {"domain": "raindrop"}


def test_the_blueprint_can_be_imported() -> None:
    """The link leads to a blueprint that exists, where GitHub shows it as it is."""
    (data,) = my_links("blueprint_import")
    where = urlsplit(data["blueprint_url"])
    owner, branch, path = re.split("/(main)/", where.path, maxsplit=1)
    assert (where.scheme, where.netloc, branch) == ("https", "raw.githubusercontent.com", "main")
    assert HOMEPAGE.endswith(owner)
    content = load_yaml_dict(str(ROOT / path))
    assert not Blueprint(content, expected_domain="automation", schema=BLUEPRINT_SCHEMA).validate()


def test_the_link_to_the_token_is_the_one_of_the_form() -> None:
    """The README and the form lead to the same page, with the same permissions filled in."""
    assert _LINKS["token_url"] in links(ROOT / "README.md")


def test_the_commands_of_the_readme_exist() -> None:
    """Each script that is told of can be started; the two to begin with are the first."""
    scripts = re.findall(r"(?<![\w/.-])scripts/\w+", README)
    assert scripts[:2] == ["scripts/develop", "scripts/test"]
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)


def test_every_rule_of_quality_is_kept_or_has_a_reason() -> None:
    """Nothing is left to do, and what does not apply says why."""
    rules = load_yaml_dict(str(RAINDROP / "quality_scale.yaml"))["rules"]
    assert len(rules) == 54
    for name, rule in rules.items():
        if rule != "done":
            assert rule["status"] in {"done", "exempt"}, name
            assert rule["comment"].strip().endswith("."), name


@pytest.fixture
async def home(enable_custom_integrations: None, hass: HomeAssistant, lab: Lab, zone: Zone) -> Zone:
    """Keep the domain of the examples."""
    await set_up(hass, zone, [domain("home.example.com")])
    return zone


async def press(hass: HomeAssistant) -> None:
    """Press the button, and wait for what comes of it."""
    target = {"entity_id": "button.example_com_update_now"}
    await hass.services.async_call("button", "press", target, blocking=True)
    await hass.async_block_till_done()


async def test_the_entities_of_the_examples_exist(hass: HomeAssistant, home: Zone) -> None:
    """Whoever keeps home.example.com can copy the examples as they are."""
    mentioned = set(ENTITY_ID.findall(README))
    assert len(mentioned) > 5
    assert {
        entity_id for entity_id in mentioned if not er.async_get(hass).async_get(entity_id)
    } == set()


@pytest.fixture
def told(hass: HomeAssistant) -> list[ServiceCall]:
    """Collect what the examples tell."""
    texts_only = vol.Schema({vol.Optional("title"): cv.string, vol.Required("message"): cv.string})
    return async_mock_service(hass, "persistent_notification", "create", schema=texts_only)


async def test_the_automations_of_the_readme_are_taken_as_they_are(
    hass: HomeAssistant, home: Zone, told: list[ServiceCall]
) -> None:
    """Each of them is valid and comes up, once copied."""
    assert await async_setup_component(hass, "automation", {"automation": automations()})
    await hass.async_block_till_done()
    running = {state.name: state.state for state in hass.states.async_all("automation")}
    assert running == {automation["alias"]: "on" for automation in automations()}
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_the_automations_of_the_readme_do_what_they_say(
    hass: HomeAssistant, lab: Lab, home: Zone, told: list[ServiceCall]
) -> None:
    """A new address, a stranger's hand and a failure that lasts are told in words."""
    on_news = [a for a in automations() if a["triggers"][0]["trigger"].startswith("raindrop.")]
    waiting = {"wait_template": "{{ is_state('binary_sensor.home_example_com_dns', 'on') }}"}
    for automation in on_news:
        # For as long as the test takes, and not for a quarter of an hour.
        steps = automation["actions"]
        automation["actions"] = [waiting if "delay" in step else step for step in steps]
    assert await async_setup_component(hass, "automation", {"automation": on_news})
    await hass.async_block_till_done()

    lab.ip.set_address(NEXT)
    await press(hass)
    (record,) = lab.cloudflare.records(home)
    lab.cloudflare.edit_record(home, str(record["id"]), content=OLD)
    await press(hass)
    lab.cloudflare.reachable = False
    lab.ip.set_address(HOME)
    with pytest.raises(HomeAssistantError):
        await press(hass)
    await hass.async_block_till_done()

    assert [call.data["message"] for call in told] == [
        f"It was {HOME}, it is {NEXT}.",
        f"home.example.com was changed by somebody else and points to {NEXT} again.",
        f"It was {NEXT}, it is {HOME}.",
        "home.example.com does not follow: unread.",
    ]


async def test_the_action_of_the_readme_answers_as_it_says(
    hass: HomeAssistant, lab: Lab, home: Zone, told: list[ServiceCall]
) -> None:
    """The example of the action runs, and its response has the form that is shown."""
    (sequence,) = (block for block in blocks() if isinstance(block, list))
    (shown,) = (block for block in blocks() if "readings" in block)
    scripts = {"script": {"example": {"sequence": sequence}}}
    assert await async_setup_component(hass, "script", scripts)
    lab.ip.set_address(NEXT)

    await hass.services.async_call("script", "example", blocking=True)

    assert [call.data["message"] for call in told] == ["Not as it should be: home.example.com"]
    (entry,) = hass.config_entries.async_entries("raindrop")
    data = {"config_entry_id": entry.entry_id, "dry_run": True}
    response: Any = await hass.services.async_call(
        "raindrop", "sync", data, blocking=True, return_response=True
    )
    assert response.keys() == shown.keys()
    assert response["records"][0].keys() == shown["records"][0].keys()
    assert response["requests"] == shown["requests"]
    await hass.services.async_call(
        "raindrop", "sync", {**data, "dry_run": False}, blocking=True, return_response=True
    )
    await hass.services.async_call("script", "example", blocking=True)
    assert told[-1].data["message"] == "Not as it should be: nothing"
