"""Configuration that was edited by hand or restored in part: what is malformed stops no other."""

from collections.abc import Iterator, Mapping, Sequence
import logging
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop.config import DOMAIN_DEFAULTS, read_domains
from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME
from tests.secrets import EMAIL, GLOBAL_KEY, TOKEN

from .builders import domain, new_entry
from .conftest import Clock, entry_state
from .repair_flows import Repair

BAD, GOOD = "bad.example.com", "good.example.com"
MISSING = object()
VALUES: Mapping[str, Any] = {
    "missing": MISSING,
    "null": None,
    "number": 7,
    "path": "../../user/tokens",
    "list": [None],
    "mapping": {"ipv4": "x"},
}
MORE_VALUES = [*VALUES.values(), 10**400, 0.5, -1, True, "", "https://a.example/", ["x"], [], {}]
SOURCES: Sequence[Mapping[str, Any]] = (
    {"source": "entity", "entity": "sensor.router", "meaning": "this_network"},
    {"source": "urls", "urls": ["https://a.example/"]},
    {"source": "local"},
)


def changed(data: Mapping[str, Any], key: str, value: object) -> dict[str, Any]:
    """Return data with another value, or without the key."""
    return {k: v for k, v in {**data, key: value}.items() if v is not MISSING}


def issues(hass: HomeAssistant) -> list[str]:
    """Return the translation keys of the issues."""
    found = ir.async_get(hass).issues.values()
    return sorted(str(issue.translation_key) for issue in found if issue.domain == DOMAIN)


def contents(simulator: Simulator) -> dict[str, str]:
    """Return the contents of the records by their names."""
    return {r["name"]: r["content"] for r in simulator.cloudflare.records("example.com")}


@pytest.fixture(autouse=True)
def no_error_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that was stored leads to an error or an exception in the log."""
    yield
    errors = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert errors == []


async def set_up(
    hass: HomeAssistant,
    zone: Zone,
    *,
    data: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    bad: Mapping[str, Any] | None = None,
) -> MockConfigEntry:
    """Set up an entry with two domains, of which one can be damaged."""
    damaged = domain(BAD)
    damaged["data"] = damaged["data"] if bad is None else bad
    entry = new_entry(zone, [damaged, domain(GOOD)])
    entry.add_to_hass(hass)
    changes: dict[str, Any] = {}
    if data is not None:
        changes["data"] = data
    if options is not None:
        changes["options"] = options
    hass.config_entries.async_update_entry(entry, **changes)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", ["zone", "email", "key", "zone_id", "zone_name", "is_paid"])
async def test_any_stored_value_of_an_entry_is_read_or_asked_for(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, key: str, value: str
) -> None:
    """The zone is loaded, or its key is asked for; no request goes astray."""
    entry = await set_up(hass, zone, data=changed(new_entry(zone, []).data, key, VALUES[value]))
    if entry_state(entry) is not ConfigEntryState.LOADED:
        assert key == "key"
        (flow,) = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
        form = await hass.config_entries.flow.async_configure(flow["flow_id"])
        assert form["errors"] in ({"key": "malformed_key"}, {"key": "invalid_auth"})
        await hass.config_entries.flow.async_configure(flow["flow_id"], {"key": TOKEN})
        await hass.async_block_till_done()
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert contents(simulator)[GOOD] == HOME
    assert issues(hass) == []
    targets = {request.target for request in simulator.log.select(service="cloudflare")}
    assert all(f"/zones/{zone.id}" in target for target in targets)


@pytest.mark.parametrize("value", VALUES)
async def test_a_global_key_without_a_readable_email_address_is_asked_for(
    hass: HomeAssistant, zone: Zone, value: str
) -> None:
    """The form does not show what is not a text."""
    data = {**new_entry(zone, []).data, "key": GLOBAL_KEY}
    entry = await set_up(hass, zone, data=changed(data, "email", VALUES[value]))
    (flow,) = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert set(form["errors"] or ()) == {"email"}
    assert EMAIL not in str(form["data_schema"])


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", ["domain", *DOMAIN_DEFAULTS])
async def test_any_stored_value_of_a_domain_stops_at_most_that_domain(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, key: str, value: str
) -> None:
    """The other domain is updated; the damaged one as well, or a repair names it."""
    data = {**DOMAIN_DEFAULTS, "domain": BAD, "ttl": "seconds", "families": ["ipv4", "ipv6"]}
    entry = await set_up(hass, zone, bad=changed(data, key, VALUES[value]))
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert contents(simulator)[GOOD] == HOME
    is_read = any(d.title == BAD for d in entry.runtime_data.domains)
    assert issues(hass) == ([] if is_read else ["domain_unreadable"])


def damaged_domains() -> Iterator[dict[str, Any]]:
    """Yield the data of domains in which one value, also a nested one, is another."""
    data = {**DOMAIN_DEFAULTS, "domain": BAD, "ttl": "seconds", "families": ["ipv4", "ipv6"]}
    for value in MORE_VALUES:
        for key in data:
            yield changed(data, key, value)
        yield changed(data, "records", changed({}, "ipv4", value))
        yield changed(data, "families", [value])
        for family in ("ipv4", "ipv6", "ipv9"):
            yield changed(data, "sources", changed({}, family, value))
            yield changed(data, "sources", {family: [value]})
            for source in SOURCES:
                for key in source:
                    yield changed(data, "sources", {family: [changed(source, key, value)]})
            yield changed(data, "sources", {family: [{"source": "urls", "urls": [value]}]})


def test_no_value_of_a_domain_raises_an_error(zone: Zone) -> None:
    """Each is read, or its domain is left out; what is read is of the right type."""
    counts = [0, 0]
    for data in damaged_domains():
        bad = domain(BAD) | {"data": data}
        domains = read_domains(new_entry(zone, [bad, domain(GOOD)]))
        assert domains[-1].name == GOOD
        counts[len(domains) - 1] += 1
        for managed in domains[0].managed_records:
            policy, source = managed.policy, managed.source
            assert {type(policy.create), type(domains[0].deletes_records)} == {bool}
            assert policy.ttl_s in {None, 1} or type(policy.ttl_s) is int
            assert policy.record_id is None
            assert {type(text) for text in (source.entity, *source.urls)} == {str}
            assert {type(url) for url in source.urls} <= {str}
    assert min(counts) > 20


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("where", ["sources", "ipv4", "source", "kind"])
async def test_options_that_cannot_be_read_become_automatic(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, where: str, value: str
) -> None:
    """All domains are updated, a repair says so, and the options can be chosen again."""
    automatic = [{"source": "automatic"}]
    options: dict[str, Any]
    sources: dict[str, Any] = {"ipv4": automatic, "ipv6": automatic}
    match where:
        case "sources":
            options = changed({}, "sources", VALUES[value])
        case "ipv4":
            options = {"sources": changed(sources, "ipv4", VALUES[value])}
        case "source":
            options = {"sources": {**sources, "ipv4": [VALUES[value]]}}
        case _:
            options = {"sources": {**sources, "ipv4": [changed({}, "source", VALUES[value])]}}
    entry = await set_up(hass, zone, options=options)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert issues(hass) == ["options_unreadable"]
    assert contents(simulator)[GOOD] == contents(simulator)[BAD] == HOME

    form = await hass.config_entries.options.async_init(entry.entry_id)
    typed = {"ipv4_source": "automatic", "ipv6_source": "off"}
    done = await hass.config_entries.options.async_configure(form["flow_id"], typed)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert issues(hass) == []


async def test_a_family_that_can_be_read_keeps_its_source(hass: HomeAssistant, zone: Zone) -> None:
    """Only the damaged family becomes automatic; the repair names it."""
    options: dict[str, Any] = {"sources": {"ipv4": None, "ipv6": []}}
    entry = await set_up(hass, zone, options=options)
    (issue,) = ir.async_get(hass).issues.values()
    expected = {"families": "IPv4", "zone": "example.com"}
    assert expected.items() <= (issue.translation_placeholders or {}).items()
    assert [f.label for f in entry.runtime_data.config.home_source] == ["IPv4"]


async def test_a_damaged_domain_cannot_be_edited_but_removed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The form would show what cannot be shown; the repair removes the domain."""
    entry = await set_up(hass, zone, bad={**DOMAIN_DEFAULTS, "domain": BAD, "sources": None})
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["domain"] == BAD
    (bad,) = [s for s in entry.subentries.values() if s.title == BAD]
    form = await entry.start_subentry_reconfigure_flow(hass, bad.subentry_id)
    assert form["reason"] == "unreadable"
    step = await repair.start()
    assert step["menu_options"] == ["remove"]
    await repair.choose("remove")
    assert bad.subentry_id not in entry.subentries
    assert issues(hass) == []
    assert contents(simulator)[GOOD] == HOME


async def test_a_domain_that_is_stored_twice_is_managed_once(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The second one is a repair."""
    await set_up(hass, zone, bad={**DOMAIN_DEFAULTS, "domain": GOOD.upper()})
    assert issues(hass) == ["domain_unreadable"]
    assert contents(simulator)[GOOD] == HOME


@pytest.mark.parametrize("unique_id", [f"domain:{BAD}", None, "x"])
async def test_the_record_of_a_damaged_domain_is_not_deleted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, unique_id: str | None
) -> None:
    """A domain whose very name is lost is not taken for a removed one."""
    entry = await set_up(hass, zone, bad={**DOMAIN_DEFAULTS, "domain": BAD, "delete": True})
    assert contents(simulator)[BAD] == HOME
    (bad,) = [s for s in entry.subentries.values() if s.title == BAD]
    hass.config_entries.async_update_subentry(
        entry, bad, data={**bad.data, "domain": None}, unique_id=unique_id
    )
    await hass.async_block_till_done()
    await clock.cycles(13)
    assert contents(simulator)[BAD] == HOME

    hass.config_entries.async_remove_subentry(entry, bad.subentry_id)
    await hass.async_block_till_done()
    assert BAD not in contents(simulator)


@pytest.mark.parametrize("value", ["missing", "number", "path"])
async def test_a_zone_without_any_readable_id_is_a_repair(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair, value: str
) -> None:
    """Nothing is sent to Cloudflare, and the repair can remove the entry."""
    entry = new_entry(zone, [domain(GOOD, delete=True)])
    entry.add_to_hass(hass)
    data = changed(entry.data, "zone_id", VALUES[value])
    hass.config_entries.async_update_entry(entry, data=data, unique_id=None)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert issues(hass) == ["zone_id_unreadable"]
    await repair.start()
    await repair.choose("remove")
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert issues(hass) == ["records_left"]
    assert simulator.log.count(service="cloudflare") == 0
