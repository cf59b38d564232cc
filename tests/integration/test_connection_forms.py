"""The forms for several internet connections of a domain: what is entered, shown and stored."""

from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, OLD

from .builders import domain, set_up
from .conftest import PUBLIC_IPV4, typed
from .domain_forms import FORM, OWNER, WWW, change, placeholders, rows, send, start
from .router_entities import NAME, Router, contents

MOBILE, MOBILE_V6 = "81.2.69.160", "2001:218:9:9::160"
SEVERAL = FORM | {"domain": "www", "several_connections": True}
TIMES = {"down_after_min": 2, "back_after_min": 10}
OF_LTE = {"connection": "LTE"}
FIBRE = {"name": "Fibre", "is_home": True}
FIBRE_STORED = {"name": "Fibre", "ipv4": {"source": "zone"}, "ipv6": {"source": "zone"}}


@pytest.fixture
def router(hass: HomeAssistant) -> Router:
    """Return the entity of the second connection's router."""
    return Router(hass, "mobile")


@pytest.fixture
def mobile(router: Router) -> dict[str, Any]:
    """Return what is entered for the second connection."""
    return {"name": "LTE", "ipv4_entity": router.entity_id}


def entered(*connections: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the values of the form for connections."""
    return {"mode": "first", **TIMES, "connections": [*connections], **fields}


async def connections(
    hass: HomeAssistant, entry: RaindropConfigEntry, **fields: Any
) -> SubentryFlowResult:
    """Start a new domain with several connections."""
    form = await send(hass, await start(hass, entry), SEVERAL | fields)
    assert form["step_id"] == "connections", form
    return form


def stored(entry: RaindropConfigEntry, name: str = WWW) -> Any:  # noqa: ANN401
    """Return the connections that are stored for a domain."""
    data = (subentry.data for subentry in entry.subentries.values())
    return next(each["connections"] for each in data if each["domain"] == name)


def shown(form: SubentryFlowResult) -> tuple[list[str], dict[str, str] | None]:
    """Return the rows and the errors of the step that shows the addresses."""
    assert form["step_id"] == "connection_addresses", form
    return rows(form), form["errors"]


async def test_a_domain_of_two_connections_is_made_in_four_forms(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    router: Router,
) -> None:
    """Domain, connections, their addresses, preview; the first that is up gives the address."""
    await router.reports(MOBILE)
    sensor = er.async_get(hass).async_get_or_create("binary_sensor", "ping", "lte")
    hass.states.async_set(sensor.entity_id, "on")
    form = await connections(hass, entry)
    assert typed(form) == entered()
    mobile = {
        "name": " LTE  backup ",
        "ipv4_entity": router.entity_id,
        "up_sensor": sensor.entity_id,
    }
    form = await send(hass, form, entered(FIBRE, mobile))
    assert shown(form) == ([f"| Fibre | {HOME} ✓ | — |", f"| LTE backup | {MOBILE} | — |"], None)
    assert form["last_step"] is False
    preview = await send(hass, form, {})
    assert rows(preview) == [f"- **{WWW}** A: — → {HOME}"]
    done = await send(hass, preview, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    backup = {
        "name": "LTE backup",
        "ipv4": router.source("other_connection"),
        "up_sensor": sensor.id,
    }
    assert stored(entry) == {
        "mode": "first",
        "list": [{"id": "fibre", **FIBRE_STORED}, {"id": "lte-backup", **backup}],
        **TIMES,
    }
    assert contents(simulator)[WWW] == HOME


async def test_the_preview_shows_the_first_connection_that_is_up(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    router: Router,
    mobile: dict[str, Any],
) -> None:
    """The first one is down: the record gets the address of the next one, once it is stable."""
    await router.reports(MOBILE)
    hass.states.async_set("binary_sensor.fibre", "off")
    form = await connections(hass, entry)
    down = {**FIBRE, "up_sensor": "binary_sensor.fibre"}
    form = await send(hass, form, entered(down, mobile))
    assert shown(form) == ([f"| Fibre | {HOME} ✗ | — |", f"| LTE | {MOBILE} ✓ | — |"], None)
    preview = await send(hass, form, {})
    assert rows(preview) == [f"- **{WWW}** A: — → {MOBILE}"]
    assert preview["errors"] is None


async def test_with_all_of_them_each_connection_is_used(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    router: Router,
    mobile: dict[str, Any],
) -> None:
    """Both families are shown; a connection has no record of a family without a source."""
    simulator.ip.set_address(HOME_V6, family=6)
    await router.reports(MOBILE)
    entry = await set_up(hass, zone, [domain(NAME)])
    form = await connections(hass, entry, families=["ipv4", "ipv6"])
    form = await send(hass, form, entered(FIBRE, mobile, mode="all"))
    assert shown(form) == (
        [f"| Fibre | {HOME} ✓ | {HOME_V6} ✓ |", f"| LTE | {MOBILE} ✓ | — |"],
        None,
    )
    assert rows(await send(hass, form, {})) == [
        f"- **{WWW}** A (Fibre): — → {HOME}",
        f"- **{WWW}** A (LTE): — → {MOBILE}",
        f"- **{WWW}** AAAA (Fibre): — → {HOME_V6}",
    ]


async def test_with_all_of_them_a_connection_that_is_down_is_not_used(
    hass: HomeAssistant, entry: RaindropConfigEntry, router: Router, mobile: dict[str, Any]
) -> None:
    """Its address is known, but not written."""
    await router.reports(MOBILE)
    hass.states.async_set("binary_sensor.fibre", "off")
    form = await connections(hass, entry)
    down = {**FIBRE, "up_sensor": "binary_sensor.fibre"}
    form = await send(hass, form, entered(down, mobile, mode="all"))
    assert shown(form) == ([f"| Fibre | {HOME} ✗ | — |", f"| LTE | {MOBILE} ✓ | — |"], None)
    assert rows(await send(hass, form, {})) == [
        f"- **{WWW}** A (Fibre): —",
        f"- **{WWW}** A (LTE): — → {MOBILE}",
    ]


async def test_the_message_about_a_missing_record_names_its_connection(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    router: Router,
    mobile: dict[str, Any],
) -> None:
    """The name has a record, but that of the other connection."""
    await router.reports(MOBILE)
    comment = OWNER.replace(")", ", fibre)")
    simulator.cloudflare.add_record(zone, type="A", name=WWW, content=OLD, comment=comment)
    form = await connections(hass, entry, create=False)
    form = await send(hass, form, entered(FIBRE, mobile, mode="all"))
    preview = await send(hass, form, {})
    assert preview["errors"] == {"base": "connection_record_missing"}
    assert placeholders(preview).items() >= {"connection": "LTE", "type": "A"}.items()
    assert rows(preview) == [
        f"- **{WWW}** A (Fibre): {OLD} → {HOME}",
        f"- **{WWW}** A (LTE): —",
    ]


async def test_the_record_of_a_connection_that_is_down_is_shown_as_deleted(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    router: Router,
    mobile: dict[str, Any],
) -> None:
    """The other one of the name is right, so that it can go."""
    await router.reports(MOBILE)
    hass.states.async_set("binary_sensor.lte", "off")
    for connection, content in (("fibre", HOME), ("lte", MOBILE)):
        comment = OWNER.replace(")", f", {connection})")
        fields = {"type": "A", "name": WWW, "content": content, "comment": comment}
        simulator.cloudflare.add_record(zone, **fields)
    down = {**mobile, "up_sensor": "binary_sensor.lte"}
    form = await send(hass, await connections(hass, entry), entered(FIBRE, down, mode="all"))
    preview = await send(hass, form, {})
    assert rows(preview) == [
        f"- **{WWW}** A (Fibre): {HOME}",
        f"- **{WWW}** A (LTE): {MOBILE} → —",
    ]
    await send(hass, preview, {})
    assert contents(simulator)[WWW] == HOME


@pytest.mark.parametrize(
    "state, cell, error, names",
    [
        pytest.param(
            "100.64.3.7", "100.64.3.7 ✗", "connection_unusable_address", OF_LTE, id="cgnat"
        ),
        pytest.param(
            "192.168.8.2", "192.168.8.2 ✗", "connection_unusable_address", OF_LTE, id="private"
        ),
        pytest.param("unavailable", "?", "connection_without_address", OF_LTE, id="unavailable"),
        pytest.param(
            HOME,
            HOME,
            "connection_same_address",
            {"connection": "Fibre", "other": "LTE"},
            id="that of the other",
        ),
    ],
)
async def test_what_keeps_a_connection_down_is_shown_and_prevents_nothing(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    router: Router,
    mobile: dict[str, Any],
    state: str,
    cell: str,
    error: str,
    names: dict[str, str],
) -> None:
    """A shared address cannot be reached; the domain can be saved all the same."""
    await router.reports(state)
    form = await send(hass, await connections(hass, entry), entered(mobile, FIBRE))
    (first, second), errors = shown(form)
    assert first.startswith(f"| LTE | {cell}")
    assert errors == {"base": error}
    assert second.startswith(f"| Fibre | {HOME}")
    assert placeholders(form).items() >= {**names, "family": "IPv4"}.items()
    preview = await send(hass, form, {})
    assert rows(preview) == [f"- **{WWW}** A: — → {HOME}"]
    assert preview["errors"] is None
    assert (await send(hass, preview, {}))["type"] is FlowResultType.CREATE_ENTRY


async def test_an_address_of_home_assistant_in_the_network_of_another_connection(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, router: Router
) -> None:
    """Of IPv6 the addresses differ, but both are of that connection."""
    simulator.ip.set_address(HOME_V6, family=6)
    await router.reports("2001:218:1:2::1")
    entry = await set_up(hass, zone, [domain(NAME)])
    mobile = {"name": "LTE", "ipv6_entity": router.entity_id}
    form = await connections(hass, entry, families=["ipv6"])
    form = await send(hass, form, entered(mobile, FIBRE))
    assert form["errors"] == {"base": "connection_same_network"}
    names = {"connection": "Fibre", "other": "LTE", "family": "IPv6", "address": HOME_V6}
    assert placeholders(form).items() >= names.items()


@pytest.mark.parametrize(
    "given, error",
    [
        pytest.param([], "no_connection", id="none"),
        pytest.param([{"is_home": True}], "unnamed_connection", id="no name"),
        pytest.param([FIBRE, {"name": " "}], "unnamed_connection", id="blank name"),
        pytest.param([FIBRE, {"name": "LTE"}], "connection_without_source", id="no source"),
        pytest.param(
            [FIBRE, {"name": "Fibre", "ipv4_entity": "sensor.lte"}],
            "same_connection_name",
            id="one name",
        ),
        pytest.param(
            [FIBRE, {"name": "LTE", "is_home": True}], "several_home_connections", id="two homes"
        ),
        pytest.param(
            [FIBRE, {"name": "LTE", "ipv4_entity": PUBLIC_IPV4}], "own_entity", id="own entity"
        ),
        pytest.param(
            [FIBRE, {"name": "LTE", "ipv4_entity": "sensor.word"}], "connection_entity", id="word"
        ),
        pytest.param(
            [
                {"name": "Fibre", "ipv4_entity": "sensor.lte"},
                {"name": "LTE", "ipv4_entity": "sensor.lte"},
            ],
            "same_connection_source",
            id="one entity",
        ),
        pytest.param(
            [{"name": "LTE", "ipv4_entity": "sensor.lte", "ipv4_urls": ["https://a.example"]}],
            "two_connection_sources",
            id="entity and URL",
        ),
        pytest.param(
            [{"name": "LTE", "ipv6_urls": ["ftp://a.example"]}], "malformed_url", id="no URL"
        ),
        pytest.param(
            [{"name": "LTE", "ipv4_urls": ["https://a.example/1", "https://a.example/2"]}],
            "same_host",
            id="one host",
        ),
    ],
)
async def test_an_error_is_shown_at_the_connections_and_the_next_try_succeeds(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    given: list[dict[str, Any]],
    error: str,
) -> None:
    """What was entered is kept."""
    # Without an entity that shows an address, all sensors can be chosen.
    hass.states.async_set("sensor.word", "connected")
    form = await connections(hass, entry)
    form = await send(hass, form, entered(*given))
    assert form["errors"] == {"connections": error}
    assert typed(form) == entered(*given)
    assert shown(await send(hass, form, entered(FIBRE)))[1] is None


async def test_the_zone_and_another_connection_cannot_share_an_entity(
    hass: HomeAssistant, zone: Zone, router: Router, mobile: dict[str, Any]
) -> None:
    """The connection of Home Assistant has the zone's source, whatever that stands for."""
    await router.reports(HOME)
    sources = {"ipv4": [router.source("this_network")], "ipv6": []}
    entry = await set_up(hass, zone, [domain(NAME)], sources=sources)
    form = await send(hass, await connections(hass, entry), entered(FIBRE, mobile))
    assert form["errors"] == {"connections": "same_connection_source"}
    assert placeholders(form).items() >= {"connection": "Fibre", "other": "LTE"}.items()


async def test_entities_with_the_address_of_a_connection_can_be_chosen(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Also a shared address, and none while it is down; private addresses are those of devices."""
    states = {"fibre": HOME, "lte": "100.64.3.7", "down": "0.0.0.0", "printer": "192.168.1.5"}  # noqa: S104
    for name, state in states.items():
        hass.states.async_set(f"sensor.{name}", state)
    schema = (await connections(hass, entry))["data_schema"]
    assert schema is not None
    selector = schema.schema["connections"].config["fields"]["ipv4_entity"]["selector"]
    assert selector.config["include_entities"] == ["sensor.down", "sensor.fibre", "sensor.lte"]


async def test_connections_can_be_changed_and_keep_their_ids(
    hass: HomeAssistant, zone: Zone, router: Router, mobile: dict[str, Any]
) -> None:
    """Those that are renamed keep theirs by their sources; new ones get a free one."""
    await router.reports(MOBILE)
    other = Router(hass, "cable")
    await other.reports("81.2.69.170")
    lte = {"id": "lte", "name": "LTE", "ipv4": router.source("other_connection")}
    before = {"mode": "all", "list": [{"id": "fibre", **FIBRE_STORED}, lte], **TIMES}
    entry = await set_up(hass, zone, [domain(NAME, connections=before)])
    form = await change(hass, entry)
    assert typed(form)["several_connections"] is True
    form = await send(hass, form, FORM | {"several_connections": True})
    assert typed(form) == entered(FIBRE, mobile, mode="all")
    new = {"name": "Fibre", "ipv4_entity": other.entity_id}
    renamed = {**FIBRE, "name": "Home line"}
    moved = {**mobile, "name": "Mobile"}
    form = await send(
        hass, form, entered(moved, new, renamed, mode="first", down_after_min=5, back_after_min=20)
    )
    preview = await send(hass, form, {})
    assert (await send(hass, preview, {}))["reason"] == "reconfigure_successful"
    assert stored(entry, NAME) == {
        "mode": "first",
        "list": [
            {**lte, "name": "Mobile"},
            {"id": "fibre", "name": "Fibre", "ipv4": other.source("other_connection")},
            {**FIBRE_STORED, "id": "home-line", "name": "Home line"},
        ],
        "down_after_min": 5,
        "back_after_min": 20,
    }


async def test_a_domain_can_go_back_to_one_connection(hass: HomeAssistant, zone: Zone) -> None:
    """Without the check mark, the domain follows its zone again."""
    before = {"mode": "first", "list": [{"id": "fibre", **FIBRE_STORED}], **TIMES}
    entry = await set_up(hass, zone, [domain(NAME, connections=before)])
    preview = await send(hass, await change(hass, entry), FORM)
    assert preview["step_id"] == "preview"
    await send(hass, preview, {})
    assert stored(entry, NAME) == {}
    assert typed(await change(hass, entry))["several_connections"] is False


async def test_connections_replace_the_own_source_of_a_domain(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """With both check marks, the connections are asked for."""
    form = await connections(hass, entry, override_sources=True)
    form = await send(hass, form, entered(FIBRE))
    await send(hass, await send(hass, form, {}), {})
    data = next(s.data for s in entry.subentries.values() if s.data["domain"] == WWW)
    assert data["sources"] == {}
    assert [connection["id"] for connection in data["connections"]["list"]] == ["fibre"]


async def test_a_source_that_the_form_cannot_set_is_kept(
    hass: HomeAssistant, zone: Zone, router: Router
) -> None:
    """Such as one that the domain had of its own before it had several connections."""
    await router.reports(HOME)
    own = {
        "id": "fibre",
        "name": "Fibre",
        "ipv4": router.source("this_network"),
        "ipv6": {"source": "automatic"},
        "up_sensor": "binary_sensor.fibre",
    }
    before = {"mode": "first", "list": [own], **TIMES}
    entry = await set_up(hass, zone, [domain(NAME, connections=before)])
    form = await send(hass, await change(hass, entry), FORM | {"several_connections": True})
    values = typed(form)
    assert values["connections"] == [
        {
            "name": "Fibre",
            "is_home": True,
            "ipv4_entity": router.entity_id,
            "up_sensor": "binary_sensor.fibre",
        }
    ]
    await send(hass, await send(hass, await send(hass, form, values), {}), {})
    assert stored(entry, NAME) == before


async def test_a_record_that_raindrop_did_not_create_becomes_that_of_a_connection(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, router: Router, mobile: dict[str, Any]
) -> None:
    """It would be left behind otherwise, once each connection has a record of its own."""
    await router.reports(MOBILE)
    fields = {"type": "A", "name": WWW, "content": HOME, "comment": "front door"}
    adopted = simulator.cloudflare.add_record(zone, **fields)
    entry = await set_up(hass, zone, [domain(WWW)])

    form = await send(hass, await change(hass, entry), FORM | {"several_connections": True})
    form = await send(hass, form, entered(FIBRE, mobile, mode="all"))
    await send(hass, await send(hass, form, {}), {})
    await hass.async_block_till_done(wait_background_tasks=True)

    (subentry,) = entry.subentries.values()
    assert subentry.data["records"] == {"ipv4": adopted["id"]}
    records = simulator.cloudflare.records(zone)
    (kept,) = [record for record in records if record["id"] == adopted["id"]]
    assert kept["comment"].endswith(", fibre)")
