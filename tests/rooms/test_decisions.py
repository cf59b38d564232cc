"""The decision table as a user lives it: what stands before and after, and what is sent."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.ddns.model import OWNER_COMMENT
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD, operations
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, state

NAME = "www.example.com"
PROBLEM = "binary_sensor.www_example_com_dns"
OTHER = "81.2.69.199"

A = {"type": "A", "name": "www", "content": OLD, "ttl": 3600, "comment": "mine"}
RIGHT = A | {"content": HOME}
CLOUDY = A | {"proxied": True}


def shown(lab: Lab) -> list[dict[str, Any]]:
    """Return what stands at the name, as far as the tests look at it."""
    keys = ("type", "content", "proxied", "ttl", "comment")
    return [
        {key: r[key] for key in keys}
        for r in lab.cloudflare.records("example.com")
        if r["name"] == NAME
    ]


def patch(lab: Lab) -> dict[str, Any] | None:
    """Return what was sent to change a record, without its identifier."""
    for entry in lab.log.select(endpoint=BATCH):
        for operation in operations(entry, "patches"):
            return {key: value for key, value in operation.items() if key != "id"}
    return None


def post(lab: Lab) -> dict[str, Any] | None:
    """Return what was sent to create a record."""
    for entry in lab.log.select(endpoint=BATCH):
        for operation in operations(entry, "posts"):
            return operation
    return None


@pytest.mark.parametrize(
    "stands,policy,sent,content",
    [
        pytest.param([RIGHT], {}, None, [HOME], id="same/nothing"),
        pytest.param([A], {}, {"content": HOME}, [HOME], id="content/only content"),
        pytest.param([CLOUDY], {}, {"content": HOME}, [HOME], id="proxied/kept"),
        pytest.param(
            [A], {"proxied": "on"}, {"content": HOME, "proxied": True}, [HOME], id="proxied/on"
        ),
        pytest.param([RIGHT], {"proxied": "off"}, None, [HOME], id="proxied off/nothing"),
        pytest.param(
            [RIGHT | {"proxied": True}],
            {"proxied": "off"},
            {"proxied": False},
            [HOME],
            id="proxied/off",
        ),
        pytest.param(
            [RIGHT], {"ttl": "seconds", "ttl_s": 120}, {"ttl": 120}, [HOME], id="ttl/seconds"
        ),
        pytest.param([RIGHT], {"ttl": "auto"}, {"ttl": 1}, [HOME], id="ttl/automatic"),
        pytest.param(
            [RIGHT], {"ttl": "seconds", "ttl_s": 3600}, None, [HOME], id="ttl as it is/nothing"
        ),
        pytest.param(
            [CLOUDY | {"content": HOME}],
            {"ttl": "seconds", "ttl_s": 120},
            None,
            [HOME],
            id="ttl of proxied/never",
        ),
        pytest.param(
            [CLOUDY],
            {"ttl": "seconds", "ttl_s": 120, "proxied": "off"},
            {"content": HOME, "proxied": False, "ttl": 120},
            [HOME],
            id="all three/one patch",
        ),
        pytest.param(
            [A, A | {"content": OTHER, "comment": OWNER_COMMENT}],
            {},
            {"content": HOME},
            [OLD, HOME],
            id="twins/ours by comment",
        ),
        pytest.param([A, A | {"content": HOME}], {}, None, [OLD, HOME], id="twins/one is right"),
    ],
)
async def test_a_record_that_stands_is_changed_no_more_than_needed(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    stands: list[dict[str, Any]],
    policy: dict[str, Any],
    sent: dict[str, Any] | None,
    content: list[str],
) -> None:
    """Only the fields that differ are sent; comment and tags are never among them."""
    for record in stands:
        lab.cloudflare.add_record(zone, **record)
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert endpoints(lab) == ([LIST, BATCH] if sent else [LIST])
    assert (patch(lab), post(lab)) == (sent, None)
    assert [r["content"] for r in shown(lab)] == content
    assert [r["comment"] for r in shown(lab)] == [r["comment"] for r in stands]
    assert state(hass, PROBLEM) == "off"


@pytest.mark.parametrize(
    "policy,sent",
    [
        pytest.param({}, {"ttl": 1, "proxied": False}, id="as it is/plain"),
        pytest.param({"proxied": "on"}, {"ttl": 1, "proxied": True}, id="proxied/on"),
        pytest.param(
            {"ttl": "seconds", "ttl_s": 300}, {"ttl": 300, "proxied": False}, id="ttl/seconds"
        ),
    ],
)
async def test_a_record_that_is_missing_is_created_with_our_comment(
    hass: HomeAssistant, lab: Lab, zone: Zone, policy: dict[str, Any], sent: dict[str, Any]
) -> None:
    """A created record carries the comment by which Raindrop knows it again."""
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert post(lab) == {
        "type": "A", "name": NAME, "content": HOME, "comment": OWNER_COMMENT, **sent,
    }  # fmt: skip
    assert endpoints(lab) == [LIST, BATCH]
    assert state(hass, PROBLEM) == "off"


@pytest.mark.parametrize(
    "stands,policy,reason",
    [
        pytest.param([], {"create": False}, "missing", id="none/missing"),
        pytest.param([A, A | {"content": OTHER}], {}, "ambiguous", id="twins/ambiguous"),
        pytest.param(
            [{"type": "CNAME", "name": "www", "content": "example.org"}], {}, "cname", id="cname"
        ),
    ],
)
async def test_what_cannot_be_decided_is_left_and_told(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    stands: list[dict[str, Any]],
    policy: dict[str, Any],
    reason: str,
) -> None:
    """A conflict changes nothing, and the binary sensor gives the reason."""
    for record in stands:
        lab.cloudflare.add_record(zone, **record)
    before = lab.cloudflare.records(zone)
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert lab.cloudflare.records(zone) == before
    assert endpoints(lab) == [LIST]
    shown_state = hass.states.get(PROBLEM)
    assert shown_state is not None
    assert (shown_state.state, shown_state.attributes["reason"]) == ("on", reason)


async def test_s9_an_unknown_address_leaves_every_record(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Whatever stands there, without an address nothing is planned (S9)."""
    lab.faults.add("ip", kind="status")
    lab.cloudflare.add_record(zone, **CLOUDY)
    before = lab.cloudflare.records(zone)
    names = (NAME, "none.example.com")
    await set_up(hass, zone, [domain(name, proxied="off", ttl="seconds") for name in names])
    assert endpoints(lab) == [LIST]
    assert lab.cloudflare.records(zone) == before


async def test_s12_a_pinned_record_is_the_only_one_that_is_touched(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """Of two records the chosen one follows, through changes and restarts (S12)."""
    records = [
        lab.cloudflare.add_record(zone, **A | {"content": content}) for content in (OLD, OTHER)
    ]
    entry = await set_up(hass, zone, [domain(NAME, records={"ipv4": records[1]["id"]})])
    assert [r["content"] for r in shown(lab)] == [OLD, HOME]
    lab.ip.set_address(NEXT)
    await hass.config_entries.async_reload(entry.entry_id)
    assert [r["content"] for r in shown(lab)] == [OLD, NEXT]


async def test_one_of_several_is_known_again_though_the_address_changed_meanwhile(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """The address that a record last had is remembered over a restart."""
    for content in (OTHER, HOME):
        lab.cloudflare.add_record(zone, **A | {"content": content})
    entry = await set_up(hass, zone, [domain(NAME)])
    await hass.config_entries.async_unload(entry.entry_id)
    lab.ip.set_address(NEXT)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert [r["content"] for r in shown(lab)] == [OTHER, NEXT]


async def test_s14_a_record_keeps_its_attributes_through_a_hundred_changes(
    hass: HomeAssistant, lab: Lab, clock: Clock
) -> None:
    """TTL, proxy, comment and tags are those of the first day (S13, S14)."""
    zone = lab.cloudflare.add_zone("example.org", plan="pro")
    lab.cloudflare.add_token(TOKEN)
    fields = {"comment": "front door", "tags": ["house:main", "keep"]}
    for name, extra in (("www", {"ttl": 3600}), ("cloudy", {"proxied": True})):
        lab.cloudflare.add_record(zone, type="A", name=name, content=OLD, **fields, **extra)
    names = ("www.example.org", "cloudy.example.org")
    await set_up(hass, zone, [domain(name) for name in names])
    first = lab.cloudflare.records(zone)
    lab.log.clear()
    for last in range(100):
        lab.ip.set_address(f"81.2.70.{last}")
        await clock.cycles()
    changed = {"content", "modified_on"}
    for before, after in zip(first, lab.cloudflare.records(zone), strict=True):
        assert after["content"] == "81.2.70.99"
        assert {k: v for k, v in after.items() if k not in changed} == {
            k: v for k, v in before.items() if k not in changed
        }
    batches = lab.log.select(endpoint=BATCH)
    assert len(batches) == 100
    sent = [operation for batch in batches for operation in operations(batch, "patches")]
    assert all(operation.keys() == {"id", "content"} for operation in sent)
    assert lab.log.count(endpoint=LIST) == 100


async def test_both_families_are_kept_in_one_batch(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """An A and an AAAA record of a name are listed and written together."""
    await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])])
    assert {(r["type"], r["content"]) for r in shown(lab)} == {("A", HOME), ("AAAA", HOME_V6)}
    assert endpoints(lab) == [LIST, BATCH]
    assert state(hass, "sensor.example_com_public_ipv6_address") == HOME_V6


async def test_a_home_without_ipv6_is_no_error(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """IPv6 that is not there is a quiet "none": nothing is written, nobody complains."""
    lab.ip.set_address(None, family=6)
    lab.cloudflare.add_record(zone, type="AAAA", name="www", content=HOME_V6)
    await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])])
    lab.log.clear()
    await clock.cycles(3)
    assert endpoints(lab) == []
    assert {r["content"] for r in shown(lab)} == {HOME, HOME_V6}
    assert state(hass, "sensor.example_com_public_ipv6_address") == "unknown"
    assert state(hass, PROBLEM) == "off"
    assert "cannot be kept" not in caplog.text


@pytest.mark.parametrize(
    "host_part,prefix_length,stands,content",
    [
        pytest.param("", 64, None, HOME_V6, id="none/as it is"),
        pytest.param("::1234:5678", 64, None, "2001:218:1:2::1234:5678", id="interface id"),
        pytest.param(
            "00:11:22:33:44:55", 64, None, "2001:218:1:2:211:22ff:fe33:4455", id="mac address"
        ),
        pytest.param(
            "record", 64, "2001:218:9:9::abcd", "2001:218:1:2::abcd", id="record/keeps its id"
        ),
        pytest.param(
            "record", 56, "2001:218:9:909::abcd", "2001:218:1:9::abcd", id="short prefix/more kept"
        ),
    ],
)
async def test_another_machine_follows_the_prefix(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    host_part: str,
    prefix_length: int,
    stands: str | None,
    content: str,
) -> None:
    """With a host part only the prefix comes from the reading."""
    if stands:
        lab.cloudflare.add_record(zone, type="AAAA", name="www", content=stands)
    policy = {"families": ["ipv6"], "host_part": host_part, "prefix_length": prefix_length}
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert [r["content"] for r in shown(lab)] == [content]
    assert state(hass, PROBLEM) == "off"


async def test_a_host_part_of_a_record_that_is_not_there_creates_nothing(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """There is no interface id to keep: that is a missing record, even if creating is allowed."""
    await set_up(hass, zone, [domain(NAME, families=["ipv6"], host_part="record")])
    assert shown(lab) == []
    assert endpoints(lab) == [LIST]
    assert state(hass, PROBLEM) == "on"
