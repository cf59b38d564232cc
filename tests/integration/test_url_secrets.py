"""Look-up URLs of the user may contain a token: of them only the host is ever shown."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
import json
import logging
from typing import Any
from urllib.parse import quote

from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.raw_server import Raw, raw_server, response
from tests.secrets import texts_of_record

from .builders import domain, set_up
from .conftest import Clock

NAME, OTHER = "home.example.com", "other.example.com"
SECRET = "OpenSesame-42"


def url(server: Raw, where: str) -> str:
    """Return the URL of a server with the secret somewhere in it."""
    return {
        "path": f"{server.origin}/ip/{SECRET}",
        "query": f"{server.origin}/?token={SECRET}",
        "encoded": f"{server.origin}/?token={quote(SECRET.encode(), safe='').lower()}%20",
        "user": server.origin.replace("//", f"//{SECRET}@"),
        "password": server.origin.replace("//", f"//user:{SECRET}@"),
        "fragment": f"{server.origin}/#{SECRET}",
    }[where]


@pytest.fixture
async def pages() -> AsyncIterator[list[Raw]]:
    """Run two pages that report the same address."""
    answer = response(HOME.encode())
    async with raw_server(answer) as first, raw_server(answer) as second:
        yield [first, second]


@pytest.fixture
def fired(hass: HomeAssistant) -> Iterator[list[str]]:
    """Collect all events, of which the recorder stores some."""
    texts: list[str] = []

    @callback
    def collect(event: Event[Any]) -> None:
        texts.append(f"{event.event_type} {event.data!r}")

    hass.bus.async_listen(MATCH_ALL, collect)
    yield texts
    assert texts


async def shown(
    hass: HomeAssistant, entry: RaindropConfigEntry, records: list[logging.LogRecord]
) -> list[str]:
    """Return all that is published, logged or stored, apart from the configuration itself."""
    texts = [text for record in records for text in texts_of_record(record)]
    texts += [str(issue) for issue in ir.async_get(hass).issues.values()]
    texts += [str(issue.to_json()) for issue in ir.async_get(hass).issues.values()]
    texts += [str(state.as_dict()) for state in hass.states.async_all()]
    texts.append(json.dumps(await async_get_config_entry_diagnostics(hass, entry)))
    texts.append(f"{entry.reason} {entry.title} {entry.runtime_data.data!r}")
    texts.append(repr(entry.runtime_data.config))
    return texts


def leaks(texts: list[str]) -> list[str]:
    """Return the texts that contain the secret in any case."""
    return [text for text in texts if SECRET.lower() in text.lower()]


@pytest.mark.parametrize("where", ["path", "query", "encoded", "fragment"])
async def test_no_part_of_a_url_but_its_host_is_shown(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    pages: list[Raw],
    fired: list[str],
    caplog: pytest.LogCaptureFixture,
    where: str,
) -> None:
    """Agreement, conflict, failure and recovery name the host alone, and so do all repairs."""
    urls = [url(page, where) for page in pages]
    own = {"ipv4": [{"source": "urls", "urls": [url(pages[0], where)]}]}
    entry = await set_up(
        hass,
        zone,
        [domain(NAME), domain(OTHER, sources=own)],
        sources={"ipv4": [{"source": "urls", "urls": urls}]},
    )
    await clock.passes(timedelta(seconds=11))
    assert {r["content"] for r in simulator.cloudflare.records(zone)} == {HOME}
    pages[0].reply = response(NEXT.encode())
    await clock.cycles(4)
    for reply in (b"no HTTP", response(b"<html>"), response(b"10.0.0.1")):
        for page in pages:
            page.reply = reply
        await clock.cycles(4)
    keys = {issue.translation_key for issue in ir.async_get(hass).issues.values()}
    assert keys >= {"no_address"}
    texts = await shown(hass, entry, caplog.get_records("call")) + fired
    assert any(pages[0].origin.split("//")[1] in text for text in texts)
    assert leaks(texts) == []


@pytest.mark.parametrize("where", ["user", "password", "kind", "entity"])
async def test_a_url_that_may_not_be_used_is_not_logged(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    pages: list[Raw],
    fired: list[str],
    caplog: pytest.LogCaptureFixture,
    where: str,
) -> None:
    """A hand-edited URL with a user name, or at another place, is a repair without its text."""
    text = url(pages[0], where if where in ("user", "password") else "query")
    stored = {
        "kind": {"source": text},
        "entity": {"source": "entity", "entity": text, "meaning": "other_connection"},
    }.get(where, {"source": "urls", "urls": [text]})
    domains = [domain(NAME), domain(OTHER, sources={"ipv4": [stored]})]
    entry = await set_up(hass, zone, domains)
    await clock.cycles(4)
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME
    assert pages[0].received == []
    keys = {issue.translation_key for issue in ir.async_get(hass).issues.values()}
    assert keys == {"domain_unreadable"}
    assert leaks(await shown(hass, entry, caplog.get_records("call")) + fired) == []


async def test_two_sources_of_one_host_have_repairs_of_their_own(
    hass: HomeAssistant, zone: Zone, clock: Clock, pages: list[Raw]
) -> None:
    """The id of an issue still depends on the URLs."""
    own = [
        {"ipv4": [{"source": "urls", "urls": [f"{page.origin}/{number}" for page in pages]}]}
        for number in range(2)
    ]
    pages[0].reply = response(NEXT.encode())
    await set_up(hass, zone, [domain(name, sources=own[n]) for n, name in enumerate((NAME, OTHER))])
    await clock.cycles(3)
    found = [i for i in ir.async_get(hass).issues.values() if i.translation_key != "no_address"]
    assert [issue.translation_key for issue in found] == ["sources_disagree"] * 2
