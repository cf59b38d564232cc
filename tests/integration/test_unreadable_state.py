"""A stored state that cannot be read: setup resets it, logs that once, and continues."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import entry_state
from .domain_forms import OWNER

NAME = "home.example.com"
EMPTY: dict[str, Any] = {
    "public_addresses": {},
    "records": {},
    "pending_deletions": {},
    "events": [],
}

FILES: dict[str, Callable[[Path], object]] = {
    "version 2": lambda path: path.write_text(stored(version=2)),
    "version 0": lambda path: path.write_text(stored(version=0)),
    "version as a text": lambda path: path.write_text(stored(version="1")),
    "version null": lambda path: path.write_text(stored(version=None)),
    "no version": lambda path: path.write_text('{"data": {}}'),
    "no data": lambda path: path.write_text('{"version": 1}'),
    "data list": lambda path: path.write_text(stored(data=[])),
    "data number": lambda path: path.write_text(stored(data=0)),
    "data text": lambda path: path.write_text(stored(data="text")),
    "list": lambda path: path.write_text("[]"),
    "number": lambda path: path.write_text("1"),
    "null": lambda path: path.write_text("null"),
    "text": lambda path: path.write_text('"text"'),
    "directory": lambda path: path.mkdir(),
    "loop of links": lambda path: path.symlink_to(path),
    "pending deletions": lambda path: path.write_text(stored(data={"pending_deletions": [1]})),
}


def stored(version: object = 1, data: object = None) -> str:
    """Return the content of a file."""
    return json.dumps(
        {
            "version": version,
            "key": "raindrop",
            "data": EMPTY | data if isinstance(data, dict) else data,
        }
    )


def file_of(hass: HomeAssistant, entry: RaindropConfigEntry) -> Path:
    """Return the file of an entry."""
    return Path(hass.config.path(".storage", f"raindrop.{entry.entry_id}"))


def issues(hass: HomeAssistant) -> list[str]:
    """Return the translation keys of the persistent issues."""
    found = ir.async_get(hass).issues.values()
    return [str(issue.translation_key) for issue in found if issue.is_persistent]


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Replace the mocked storage by real files."""
    return {}


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Keep the files in a folder of their own."""
    return str(tmp_path)


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone) -> RaindropConfigEntry:
    """Set up an entry whose state is in a real file, and unload it."""
    entry = await set_up(hass, zone, [domain(NAME, delete=True)])
    await hass.config_entries.async_unload(entry.entry_id)
    assert json.loads(file_of(hass, entry).read_text())["data"]["records"]
    return entry


@pytest.mark.parametrize("content", FILES)
async def test_a_stored_state_that_cannot_be_read_is_reset(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
    content: str,
) -> None:
    """The zone is loaded and updated; one line in the log and a persistent repair say so."""
    path = file_of(hass, entry)
    path.unlink()
    FILES[content](path)
    caplog.clear()

    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.LOADED
    simulator.ip.set_address(NEXT)
    await entry.runtime_data.async_update_now()

    assert simulator.cloudflare.records("example.com")[0]["content"] == NEXT
    assert caplog.text.count("could not be read and were reset") == 1
    assert issues(hass) == ["state_unreadable"]


async def test_a_state_that_was_reset_is_readable_again(
    hass: HomeAssistant, entry: RaindropConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """The next set-up reads what was stored since, and logs nothing."""
    file_of(hass, entry).write_text(stored(version=2))
    await hass.config_entries.async_setup(entry.entry_id)
    caplog.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert "could not be read and were reset" not in caplog.text
    assert json.loads(file_of(hass, entry).read_text())["data"]["pending_deletions"] == {
        f"A {NAME}": None
    }


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"records": []}, id="records"),
        pytest.param({"public_addresses": {"ipv4": 5}}, id="addresses"),
        pytest.param({"events": None}, id="events"),
        pytest.param({"wait_until": 5}, id="times"),
        pytest.param({"wait_until": "0001-01-01T00:00:00+14:00"}, id="before all times"),
        pytest.param({"unconfirmed_at": "9999-12-31T23:59:59-14:00"}, id="after all times"),
        pytest.param({"records": {f"A {NAME}": {"attributes": None}}}, id="record"),
    ],
)
async def test_a_part_that_cannot_be_read_does_not_lose_the_pending_deletions(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
    part: dict[str, Any],
) -> None:
    """What can be read is used, so no repair is needed."""
    simulator.cloudflare.edit_record(
        "example.com", simulator.cloudflare.records("example.com")[0]["id"], comment=None
    )
    pending = {"pending_deletions": {"A gone.example.com": None}}
    comment = OWNER
    simulator.cloudflare.add_record(
        "example.com", type="A", name="gone", content=HOME, comment=comment
    )
    file_of(hass, entry).write_text(stored(data=pending | part))

    await hass.config_entries.async_setup(entry.entry_id)

    assert [r["name"] for r in simulator.cloudflare.records("example.com")] == [NAME]
    assert caplog.text.count("could not be read and were reset") == 1
    assert issues(hass) == []


@pytest.mark.parametrize("content", ["version 2", "directory"])
async def test_an_entry_whose_state_cannot_be_read_can_be_removed(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, content: str
) -> None:
    """The records of its domains are deleted; the repair stays."""
    records = simulator.cloudflare.records("example.com")
    comment = OWNER
    simulator.cloudflare.edit_record("example.com", records[0]["id"], comment=comment)
    path = file_of(hass, entry)
    path.unlink()
    FILES[content](path)

    await hass.config_entries.async_remove(entry.entry_id)

    assert simulator.cloudflare.records("example.com") == []
    assert path.is_dir() or not path.exists()
    assert issues(hass) == ["state_unreadable"]
    assert not hass.config_entries.async_entries("raindrop")


async def test_a_folder_that_cannot_be_written_to_is_logged(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The zone is updated all the same."""
    (tmp_path / "file").touch()
    usual = hass.config.config_dir
    hass.config.config_dir = str(tmp_path / "file")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert "The state could not be saved" in caplog.text
    # Home Assistant writes once more when it stops.
    hass.config.config_dir = usual


async def test_a_record_that_cannot_be_read_is_the_only_one_that_is_forgotten(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is stored of the others is used: a deleted one comes back proxied."""
    (record,) = simulator.cloudflare.records("example.com")
    simulator.cloudflare.delete_record("example.com", record["id"])
    attributes: dict[str, Any] = {
        "proxied": True,
        "ttl_s": 1,
        "comment": None,
        "tags": [],
        "is_owned": True,
    }
    records = {
        "A odd.example.com": {"last_address": "none"},
        f"A {NAME}": {"last_address": HOME, "attributes": attributes},
        "none": {},
    }
    file_of(hass, entry).write_text(stored(data={"records": records}))

    await hass.config_entries.async_setup(entry.entry_id)

    (record,) = simulator.cloudflare.records("example.com")
    assert (record["name"], record["proxied"]) == (NAME, True)
    assert caplog.text.count("could not be read and were reset") == 1
    assert "odd.example.com" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(stored(version=2), id="file"),
        pytest.param(stored(data={"records": []}), id="records"),
        pytest.param(
            stored(data={"records": {f"A {NAME}": {"last_address": "none"}}}), id="record"
        ),
    ],
)
async def test_a_record_that_is_gone_and_forgotten_is_not_created_unasked(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, content: str
) -> None:
    """It may have been proxied: the user is asked, also after another restart."""
    (record,) = simulator.cloudflare.records("example.com")
    simulator.cloudflare.delete_record("example.com", record["id"])
    file_of(hass, entry).write_text(content)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.config_entries.async_reload(entry.entry_id)

    assert simulator.cloudflare.records("example.com") == []
    keys = [str(issue.translation_key) for issue in ir.async_get(hass).issues.values()]
    assert "record_proxied_unknown" in keys
