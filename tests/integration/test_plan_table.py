"""The table of plans: the existing records, what is sent, and the records afterwards."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD, operations
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, record_endpoints, state
from .domain_forms import OWNER
from .repair_flows import issues

NAME = "www.example.com"
PROBLEM = "binary_sensor.www_example_com_dns_problem"
OTHER = "81.2.69.199"

A = {"type": "A", "name": "www", "content": OLD, "ttl": 3600, "comment": "mine"}
IN_SYNC = A | {"content": HOME}
PROXIED = A | {"proxied": True}


def existing_records(simulator: Simulator) -> list[dict[str, Any]]:
    """Return the records at the name, with the fields that the tests compare."""
    keys = ("type", "content", "proxied", "ttl", "comment")
    return [
        {key: r[key] for key in keys}
        for r in simulator.cloudflare.records("example.com")
        if r["name"] == NAME
    ]


def patch(simulator: Simulator) -> dict[str, Any] | None:
    """Return what was sent to update a record, without its id."""
    for entry in simulator.log.select(endpoint=BATCH):
        for operation in operations(entry, "patches"):
            return {key: value for key, value in operation.items() if key != "id"}
    return None


def post(simulator: Simulator) -> dict[str, Any] | None:
    """Return what was sent to create a record."""
    for entry in simulator.log.select(endpoint=BATCH):
        for operation in operations(entry, "posts"):
            return operation
    return None


@pytest.mark.parametrize(
    "existing, policy, sent, content",
    [
        pytest.param([IN_SYNC], {}, None, [HOME], id="same/nothing"),
        pytest.param([A], {}, {"content": HOME}, [HOME], id="content/only content"),
        pytest.param([PROXIED], {}, {"content": HOME}, [HOME], id="proxied/kept"),
        pytest.param(
            [A], {"proxied": "on"}, {"content": HOME, "proxied": True}, [HOME], id="proxied/on"
        ),
        pytest.param([IN_SYNC], {"proxied": "off"}, None, [HOME], id="proxied off/nothing"),
        pytest.param(
            [IN_SYNC | {"proxied": True}],
            {"proxied": "off"},
            {"proxied": False},
            [HOME],
            id="proxied/off",
        ),
        pytest.param(
            [IN_SYNC], {"ttl": "seconds", "ttl_s": 120}, {"ttl": 120}, [HOME], id="ttl/seconds"
        ),
        pytest.param([IN_SYNC], {"ttl": "auto"}, {"ttl": 1}, [HOME], id="ttl/automatic"),
        pytest.param(
            [IN_SYNC], {"ttl": "seconds", "ttl_s": 3600}, None, [HOME], id="ttl as it is/nothing"
        ),
        pytest.param(
            [PROXIED | {"content": HOME}],
            {"ttl": "seconds", "ttl_s": 120},
            None,
            [HOME],
            id="ttl of proxied/never",
        ),
        pytest.param(
            [PROXIED],
            {"ttl": "seconds", "ttl_s": 120, "proxied": "off"},
            {"content": HOME, "proxied": False, "ttl": 120},
            [HOME],
            id="all three/one patch",
        ),
        pytest.param(
            [A, A | {"content": OTHER, "comment": OWNER}],
            {},
            {"content": HOME},
            [OLD, HOME],
            id="several/owned by comment",
        ),
        pytest.param([A, A | {"content": HOME}], {}, None, [OLD, HOME], id="several/one in sync"),
    ],
)
async def test_an_existing_record_is_changed_no_more_than_needed(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    existing: list[dict[str, Any]],
    policy: dict[str, Any],
    sent: dict[str, Any] | None,
    content: list[str],
) -> None:
    """Only the fields that differ are sent; comment and tags are never among them."""
    for record in existing:
        simulator.cloudflare.add_record(zone, **record)
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert record_endpoints(simulator) == ([LIST, BATCH] if sent else [LIST])
    assert (patch(simulator), post(simulator)) == (sent, None)
    assert [r["content"] for r in existing_records(simulator)] == content
    assert [r["comment"] for r in existing_records(simulator)] == [r["comment"] for r in existing]
    assert state(hass, PROBLEM) == "off"


@pytest.mark.parametrize(
    "policy, sent",
    [
        pytest.param({}, {"ttl": 1, "proxied": False}, id="defaults/plain"),
        pytest.param({"proxied": "on"}, {"ttl": 1, "proxied": True}, id="proxied/on"),
        pytest.param(
            {"ttl": "seconds", "ttl_s": 300}, {"ttl": 300, "proxied": False}, id="ttl/seconds"
        ),
    ],
)
async def test_a_missing_record_is_created_with_the_owner_comment(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    policy: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    """A created record has the comment by which Raindrop recognizes it."""
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert post(simulator) == {
        "type": "A", "name": NAME, "content": HOME, "comment": OWNER, **sent,
    }  # fmt: skip
    assert record_endpoints(simulator) == [LIST, BATCH]
    assert state(hass, PROBLEM) == "off"


@pytest.mark.parametrize(
    "existing, policy, reason",
    [
        pytest.param([], {"create": False}, "missing", id="none/missing"),
        pytest.param([A, A | {"content": OTHER}], {}, "ambiguous", id="several/ambiguous"),
        pytest.param(
            [{"type": "CNAME", "name": "www", "content": "example.org"}], {}, "cname", id="cname"
        ),
    ],
)
async def test_a_conflict_changes_nothing_and_is_shown(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    existing: list[dict[str, Any]],
    policy: dict[str, Any],
    reason: str,
) -> None:
    """The records stay, and the problem sensor has the reason."""
    for record in existing:
        simulator.cloudflare.add_record(zone, **record)
    before = simulator.cloudflare.records(zone)
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert simulator.cloudflare.records(zone) == before
    assert record_endpoints(simulator) == [LIST]
    shown_state = hass.states.get(PROBLEM)
    assert shown_state is not None
    assert (shown_state.state, shown_state.attributes["reason"]) == ("on", reason)


async def test_s9_an_unknown_address_changes_no_record(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Whatever exists, without an address nothing is planned (S9)."""
    simulator.faults.add("ip", kind="status")
    simulator.cloudflare.add_record(zone, **PROXIED)
    before = simulator.cloudflare.records(zone)
    names = (NAME, "none.example.com")
    await set_up(hass, zone, [domain(name, proxied="off", ttl="seconds") for name in names])
    assert record_endpoints(simulator) == [LIST]
    assert simulator.cloudflare.records(zone) == before


async def test_s12_only_the_pinned_record_is_changed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Of two records the chosen one is updated, also after a restart (S12)."""
    records = [
        simulator.cloudflare.add_record(zone, **A | {"content": content})
        for content in (OLD, OTHER)
    ]
    entry = await set_up(hass, zone, [domain(NAME, records={"ipv4": records[1]["id"]})])
    assert [r["content"] for r in existing_records(simulator)] == [OLD, HOME]
    simulator.ip.set_address(NEXT)
    await hass.config_entries.async_reload(entry.entry_id)
    assert [r["content"] for r in existing_records(simulator)] == [OLD, NEXT]


async def test_one_of_several_records_is_recognized_after_a_change_of_the_address(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The last address of a record is stored over a restart."""
    for content in (OTHER, HOME):
        simulator.cloudflare.add_record(zone, **A | {"content": content})
    entry = await set_up(hass, zone, [domain(NAME)])
    await hass.config_entries.async_unload(entry.entry_id)
    simulator.ip.set_address(NEXT)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert [r["content"] for r in existing_records(simulator)] == [OTHER, NEXT]


async def test_s14_a_record_keeps_its_attributes_through_a_hundred_changes(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """TTL, proxy, comment and tags are those of the first update (S13, S14)."""
    zone = simulator.cloudflare.add_zone("example.org", plan="pro")
    simulator.cloudflare.add_token(TOKEN)
    fields = {"comment": "front door", "tags": ["home:main", "keep"]}
    for name, extra in (("www", {"ttl": 3600}), ("proxied", {"proxied": True})):
        simulator.cloudflare.add_record(zone, type="A", name=name, content=OLD, **fields, **extra)
    names = ("www.example.org", "proxied.example.org")
    await set_up(hass, zone, [domain(name) for name in names])
    first = simulator.cloudflare.records(zone)
    simulator.log.clear()
    for last in range(100):
        simulator.ip.set_address(f"81.2.70.{last}")
        await clock.cycles()
    changed = {"content", "modified_on"}
    for before, after in zip(first, simulator.cloudflare.records(zone), strict=True):
        assert after["content"] == "81.2.70.99"
        assert {k: v for k, v in after.items() if k not in changed} == {
            k: v for k, v in before.items() if k not in changed
        }
    batches = simulator.log.select(endpoint=BATCH)
    assert len(batches) == 100
    sent = [operation for batch in batches for operation in operations(batch, "patches")]
    assert all(operation.keys() == {"id", "content"} for operation in sent)
    assert simulator.log.count(endpoint=LIST) == 100


async def test_both_families_are_written_in_one_batch(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """An A and an AAAA record of a name are listed and written together."""
    await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])])
    contents = {(r["type"], r["content"]) for r in existing_records(simulator)}
    assert contents == {("A", HOME), ("AAAA", HOME_V6)}
    assert record_endpoints(simulator) == [LIST, BATCH]
    assert state(hass, "sensor.example_com_public_ipv6_address") == HOME_V6


async def test_a_home_without_ipv6_is_no_error(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A missing IPv6 address is no problem: nothing is written, nothing is logged."""
    simulator.ip.set_address(None, family=6)
    await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])])
    simulator.log.clear()
    await clock.cycles(10)
    assert record_endpoints(simulator) == []
    assert {r["content"] for r in existing_records(simulator)} == {HOME}
    assert state(hass, "sensor.example_com_public_ipv6_address") == "unknown"
    assert state(hass, PROBLEM) == "off"
    assert "cannot be kept" not in caplog.text


@pytest.mark.parametrize(
    "interface_id, prefix_length, existing, content",
    [
        pytest.param("", 64, None, HOME_V6, id="no interface id/as detected"),
        pytest.param("::1234:5678", 64, None, "2001:218:1:2::1234:5678", id="interface id"),
        pytest.param(
            "00:11:22:33:44:55", 64, None, "2001:218:1:2:211:22ff:fe33:4455", id="mac address"
        ),
        pytest.param(
            "keep", 64, "2001:218:9:9::abcd", "2001:218:1:2::abcd", id="record/keeps its id"
        ),
        pytest.param(
            "keep", 56, "2001:218:9:909::abcd", "2001:218:1:9::abcd", id="short prefix/more kept"
        ),
    ],
)
async def test_the_record_of_another_host_follows_the_prefix(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    interface_id: str,
    prefix_length: int,
    existing: str | None,
    content: str,
) -> None:
    """With an interface identifier only the prefix comes from the detection."""
    if existing:
        simulator.cloudflare.add_record(zone, type="AAAA", name="www", content=existing)
    policy = {"families": ["ipv6"], "interface_id": interface_id, "prefix_length": prefix_length}
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert [r["content"] for r in existing_records(simulator)] == [content]
    assert state(hass, PROBLEM) == "off"


async def test_keeping_the_interface_id_of_a_missing_record_creates_nothing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """There is no interface id to keep: the record is missing, even if it may be created."""
    await set_up(hass, zone, [domain(NAME, families=["ipv6"], interface_id="keep")])
    assert existing_records(simulator) == []
    assert record_endpoints(simulator) == [LIST]
    assert state(hass, PROBLEM) == "on"


@pytest.mark.parametrize("create", [True, False])
async def test_a_record_without_an_interface_id_to_keep_is_left_alone_and_reported(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, *, create: bool
) -> None:
    """It would become the address of the subnet's routers: the user is asked."""
    simulator.cloudflare.add_record(zone, type="AAAA", name="www", content="100::")
    await set_up(hass, zone, [domain(NAME, families=["ipv6"], interface_id="keep", create=create)])
    assert [record["content"] for record in existing_records(simulator)] == ["100::"]
    assert state(hass, PROBLEM) == "on"
    assert issues(hass) == ["interface_id_missing"]
