"""The documentation for users: every message, name, link and example is up to date."""

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
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
import voluptuous as vol

from custom_components.raindrop.config_flow import LINKS
from custom_components.raindrop.ddns.models import Reason
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.integration.builders import domain, set_up

ROOT = Path(__file__).parent.parent
RAINDROP = ROOT / "custom_components" / "raindrop"
HOMEPAGE = json.loads((RAINDROP / "manifest.json").read_text())["documentation"]
README = (ROOT / "README.md").read_text()
MANUAL_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MANUAL = "\n".join(page.read_text() for page in MANUAL_PAGES)
"""All that users read: the README and the pages that it links."""
RESULTS = (ROOT / "docs/benchmark/results.md").read_text()
TROUBLESHOOTING = (ROOT / "docs/troubleshooting.md").read_text()
FOLDERS = (".", ".github", "custom_components", "docs", "simulator", "tests")
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
WORDS = 1700
"""The longest README: everything else is on a page of its own."""

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
    """Return the links and images of a page."""
    return [link or source for link, source in LINK.findall(FENCE.sub("", path.read_text()))]


def anchors(path: Path) -> list[str]:
    """Return the anchors of a page, as GitHub creates them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text()), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def blocks() -> list[Any]:
    """Return the examples of the manual."""
    return [parse_yaml(text) for kind, text in FENCE.findall(MANUAL) if kind == "yaml"]


def automations() -> list[dict[str, Any]]:
    """Return those of the examples that are automations."""
    return [block for block in blocks() if isinstance(block, dict) and "triggers" in block]


def my_links(redirect: str) -> Iterator[dict[str, str]]:
    """Yield the parameters of the My Home Assistant links to a page, once each."""
    for link in {link for page in MANUAL_PAGES for link in links(page)}:
        if link.startswith(f"{MY}{redirect}/"):
            yield {key: value for key, (value,) in parse_qs(urlsplit(link).query).items()}


def test_every_message_is_explained() -> None:
    """Each message of the user interface is on the troubleshooting page, word for word."""
    messages = texts(MESSAGE)
    assert len(messages) > 70
    assert {
        m
        for m in messages
        if f"**{m}** " not in TROUBLESHOOTING and f"| {m} |" not in TROUBLESHOOTING
    } == set()


def test_only_messages_that_exist_are_explained() -> None:
    """The page explains no message that the user interface does not have."""
    begin, end = (
        TROUBLESHOOTING.index(f"\n## {title}\n") for title in ("In a form", "Without a message")
    )
    explained = re.findall(r"^\*\*(.+?)\*\* ", TROUBLESHOOTING[begin:end], re.MULTILINE)
    assert explained
    assert set(explained) <= texts(MESSAGE)


def test_every_reason_is_explained() -> None:
    """The page has the text that is shown, and the state that automations compare."""
    shown = {
        (key.rpartition(".")[2], text)
        for key, text in ENGLISH.items()
        if re.match(r"entity\.binary_sensor\..*\.reason\.state\.", key)
    }
    assert {reason for reason, _ in shown} == {*Reason}
    missing = {text for reason, text in shown if f"| {text} | `{reason}` | " not in TROUBLESHOOTING}
    assert missing == set()


def test_everything_is_named_in_the_manual() -> None:
    """Entities, events, triggers, conditions, actions, fields and sources have the shown names."""
    names = texts(NAME)
    assert len(names) > 50
    assert {name for name in names if name not in MANUAL} == set()
    keys = {key.split(".")[1] for key in ENGLISH if re.match(r"triggers|conditions|services", key)}
    assert {key for key in keys if f"`raindrop.{key}`" not in MANUAL} == set()


def test_the_readme_is_short() -> None:
    """It links every other page, and leaves the details to them."""
    assert len(README.split()) <= WORDS
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    own = {ROOT / "docs/mutation.md", ROOT / "README.md"}
    assert {*MANUAL_PAGES} - own <= linked


def benchmark_figures(heading: str, records: int) -> dict[str, dict[str, str]]:
    """Return the figures of the first table below a heading, by contestant and column."""
    table = RESULTS[RESULTS.index(f"\n### {heading}") :]
    head, _, *rows = (
        [cell.strip(" *`") for cell in line.strip("|").split("|")]
        for line in table[table.index("\n| ") :].partition("\n\n|")[0].strip().splitlines()
        if line.startswith("|")
    )
    return {row[1]: dict(zip(head, row, strict=True)) for row in rows if row[0] == str(records)}


def test_the_figures_of_the_comparison_are_those_of_the_benchmark() -> None:
    """The README has the measured number of requests, and who keeps the attributes of a record."""
    changed, cold = benchmark_figures("Changed", 200), benchmark_figures("Cold start", 200)
    measured = [changed["Raindrop"], changed["Home Assistant `cloudflare"], cold["ddclient"]]
    requests, attributes = (
        re.findall(r"\[([^]]+)\]\([^)]*benchmark/results", row)
        for row in README.splitlines()
        if row.startswith(("| Requests to change 200 records", "| TTL, comment and tags"))
    )
    assert requests == [figures["requests"] for figures in measured]
    assert attributes == [
        "kept" if figures["attributes lost"] == "0" else "reset" for figures in measured
    ]
    (median_s,) = re.findall(r"^\| the home moves \| ([\d.]+) s ", RESULTS, re.MULTILINE)
    assert f"[{float(median_s):.0f} seconds](docs/benchmark/results.md" in README


@each_page
def test_every_link_has_a_target(path: Path) -> None:
    """A linked file, image or heading exists; all other links are HTTPS."""
    for link in links(path):
        place, _, anchor = link.partition("#")
        if not link.startswith("https://"):
            target = path.parent / place if place else path
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@each_page
def test_every_heading_is_unique(path: Path) -> None:
    """No two headings of a page have the same anchor."""
    found = anchors(path)
    assert path.name == "CHANGELOG.md" or len(found) == len(set(found))


def test_every_image_is_shown() -> None:
    """Each picture is on a page, in its light and its dark version."""
    shown = {
        (page.parent / link).resolve()
        for page in MANUAL_PAGES
        for link in links(page)
        if "//" not in link
    }
    pictures = {*(ROOT / "docs/images").iterdir()}
    assert pictures <= shown
    light = {path.name for path in pictures if "-light." in path.name}
    dark = {path.name.replace("-dark.", "-light.") for path in pictures if "-dark." in path.name}
    assert light == dark
    assert len(pictures) == len(light) + len(dark)


def test_pictures_are_small() -> None:
    """A page is read on a phone as well: an animation has 1.5 MB at most, a screenshot 150 KB."""
    limits = {".png": 150_000, ".webp": 1_500_000}
    for path in (ROOT / "docs/images").iterdir():
        assert path.stat().st_size <= limits[path.suffix], path.name


def test_the_links_into_home_assistant_name_this_project() -> None:
    """HACS opens this repository, and the config flow this integration."""
    (store,), (start,) = my_links("hacs_repository"), my_links("config_flow_start")
    assert HOMEPAGE.endswith("/{owner}/{repository}".format(**store))
    assert store["category"] == "integration"
    assert start == {"domain": "raindrop"}


def test_the_blueprint_can_be_imported() -> None:
    """The link is the raw URL of a valid blueprint of this repository."""
    (data,) = my_links("blueprint_import")
    url = urlsplit(data["blueprint_url"])
    owner, branch, path = re.split("/(main)/", url.path, maxsplit=1)
    assert (url.scheme, url.netloc, branch) == ("https", "raw.githubusercontent.com", "main")
    assert HOMEPAGE.endswith(owner)
    content = load_yaml_dict(str(ROOT / path))
    assert not Blueprint(content, expected_domain="automation", schema=BLUEPRINT_SCHEMA).validate()


def test_the_link_to_the_token_is_the_one_of_the_form() -> None:
    """The README and the form have the same link, with the same permissions."""
    assert LINKS["token_url"] in links(ROOT / "README.md")


def test_the_commands_of_the_manual_exist() -> None:
    """Each command is executable, and the section for developers begins with the first two."""
    command = re.compile(r"(?<![\w/.-])scripts/\w+(?![\w/])")
    scripts = command.findall(MANUAL)
    develop = README[README.index("\n## Develop\n") :]
    assert command.findall(develop)[:2] == ["scripts/develop", "scripts/test"]
    assert "scripts/raindrop" in scripts
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)


def test_every_rule_of_the_quality_scale_is_done_or_exempt() -> None:
    """An exempt rule has a comment."""
    rules = load_yaml_dict(str(RAINDROP / "quality_scale.yaml"))["rules"]
    assert len(rules) == 54
    for name, rule in rules.items():
        if rule != "done":
            assert rule["status"] in {"done", "exempt"}, name
            assert rule["comment"].strip().endswith("."), name


@pytest.fixture
async def home(
    enable_custom_integrations: None, hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> Zone:
    """Set up the domain of the examples."""
    await set_up(hass, zone, [domain("home.example.com")])
    return zone


async def press(hass: HomeAssistant) -> None:
    """Press the button, and wait for the events."""
    target = {"entity_id": "button.example_com_update_now"}
    await hass.services.async_call("button", "press", target, blocking=True)
    await hass.async_block_till_done()


async def test_the_entities_of_the_examples_exist(hass: HomeAssistant, home: Zone) -> None:
    """The entity ids of the examples are those of the domain home.example.com."""
    mentioned = set(ENTITY_ID.findall(MANUAL))
    assert len(mentioned) > 5
    assert {
        entity_id for entity_id in mentioned if not er.async_get(hass).async_get(entity_id)
    } == set()


@pytest.fixture
def notifications(hass: HomeAssistant) -> list[ServiceCall]:
    """Collect the notifications of the examples."""
    texts_only = vol.Schema({vol.Optional("title"): cv.string, vol.Required("message"): cv.string})
    return async_mock_service(hass, "persistent_notification", "create", schema=texts_only)


async def test_the_automations_of_the_manual_are_valid(
    hass: HomeAssistant, home: Zone, notifications: list[ServiceCall]
) -> None:
    """Each of them can be copied and is set up."""
    assert await async_setup_component(hass, "automation", {"automation": automations()})
    await hass.async_block_till_done()
    running = {state.name: state.state for state in hass.states.async_all("automation")}
    assert running == {automation["alias"]: "on" for automation in automations()}
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_the_automations_of_the_manual_run(
    hass: HomeAssistant, simulator: Simulator, home: Zone, notifications: list[ServiceCall]
) -> None:
    """A new address, an external change and a lasting failure are notified."""
    event_automations = [
        a for a in automations() if a["triggers"][0]["trigger"].startswith("raindrop.")
    ]
    waiting = {
        "wait_template": "{{ is_state('binary_sensor.home_example_com_dns_problem', 'on') }}"
    }
    for automation in event_automations:
        # The delay of a quarter of an hour is replaced by a wait for the state.
        steps = automation["actions"]
        automation["actions"] = [waiting if "delay" in step else step for step in steps]
    assert await async_setup_component(hass, "automation", {"automation": event_automations})
    await hass.async_block_till_done()

    simulator.ip.set_address(NEXT)
    await press(hass)
    (record,) = simulator.cloudflare.records(home)
    simulator.cloudflare.edit_record(home, str(record["id"]), content=OLD)
    await press(hass)
    simulator.cloudflare.reachable = False
    simulator.ip.set_address("81.2.69.146")
    with pytest.raises(HomeAssistantError):
        await press(hass)
    await hass.async_block_till_done()

    assert [call.data["message"] for call in notifications] == [
        f"It was {HOME}, it is {NEXT}.",
        f"home.example.com was changed by somebody else and points to {NEXT} again.",
        f"It was {NEXT}, it is 81.2.69.146.",
        "home.example.com is not up to date: unread.",
    ]


async def test_the_action_of_the_manual_responds_as_documented(
    hass: HomeAssistant, simulator: Simulator, home: Zone, notifications: list[ServiceCall]
) -> None:
    """The example runs, and the response has the documented keys."""
    (sequence,) = (block for block in blocks() if isinstance(block, list))
    (shown,) = (block for block in blocks() if "zones" in block)
    scripts = {"script": {"example": {"sequence": sequence}}}
    assert await async_setup_component(hass, "script", scripts)
    simulator.ip.set_address(NEXT)

    await hass.services.async_call("script", "example", blocking=True)

    assert [call.data["message"] for call in notifications] == ["Not up to date: home.example.com"]
    (entry,) = hass.config_entries.async_entries("raindrop")
    data = {"config_entry_id": entry.entry_id, "dry_run": True}
    response: Any = await hass.services.async_call(
        "raindrop", "sync", data, blocking=True, return_response=True
    )
    assert response.keys() == shown.keys()
    (responded,), (documented,) = response["zones"], shown["zones"]
    assert responded.keys() == documented.keys()
    assert responded["records"][0].keys() == documented["records"][0].keys()
    assert responded["requests"] == documented["requests"]
    await hass.services.async_call(
        "raindrop", "sync", {**data, "dry_run": False}, blocking=True, return_response=True
    )
    await hass.services.async_call("script", "example", blocking=True)
    assert notifications[-1].data["message"] == "Not up to date: nothing"


async def test_the_list_of_addresses_of_the_manual_is_filled(
    hass: HomeAssistant, simulator: Simulator, home: Zone
) -> None:
    """The template sensor stores the changes, and the card lists them."""
    (config,) = (block for block in blocks() if "template" in block)
    (card,) = (b for b in blocks() if isinstance(b, dict) and b.get("type") == "markdown")
    assert await async_setup_component(hass, "template", config)
    await hass.async_block_till_done()
    simulator.ip.set_address(NEXT)
    await press(hass)

    state = hass.states.get("sensor.addresses_of_this_home")
    assert state
    assert state.state == "1"
    assert [change["to_ip"] for change in state.attributes["changes"]] == [NEXT]
    now = dt_util.now()
    assert (
        Template(card["content"], hass).async_render().strip()
        == f"- {now:%Y-%m-%d %H:%M}: `{NEXT}`"
    )


def test_every_repair_that_sends_people_to_cloudflare_has_a_link() -> None:
    """To the zone's DNS page, or to the tokens where it is about the token."""
    sending = {
        key: text
        for key, text in ENGLISH.items()
        if key.startswith("issues.")
        and "in Cloudflare" in text.replace("In ", "in ", 1)
        and key.endswith(".description")
    }
    assert len(sending) > 15
    links = re.compile(r"\]\(\{(dns_url|tokens_url|url)\}\)")
    assert {key for key, text in sending.items() if not links.search(text)} == set()
