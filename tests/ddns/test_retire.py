"""Deleting, which happens only when the user removes a domain and asks for it."""

import pytest

from custom_components.raindrop.ddns.apply import retire
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.errors import CloudflareError
from custom_components.raindrop.ddns.model import OWNER_COMMENT, Family, HostName, Slot
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import OLD

from .builders import zone_id
from .rounds import LIST

DELETE = "DELETE /zones/{zone_id}/dns_records/{dns_record_id}"
GATE = Slot(HostName("gate.example.com"), Family.IPV4)
GATE_V6 = Slot(GATE.name, Family.IPV6)


def add(lab: Lab, zone: Zone, name: str, content: str = OLD, *, is_ours: bool = True) -> str:
    """Add a record and return its identifier."""
    comment = OWNER_COMMENT if is_ours else None
    kind = "AAAA" if ":" in content else "A"
    added = lab.cloudflare.add_record(zone, type=kind, name=name, content=content, comment=comment)
    return str(added["id"])


def left(lab: Lab, zone: Zone) -> set[str]:
    """Return the identifiers of the records that stand."""
    return {record["id"] for record in lab.cloudflare.records(zone)}


def asked(lab: Lab) -> list[str]:
    """Return what was asked of Cloudflare."""
    return [entry.endpoint for entry in lab.log.select(service="cloudflare")]


async def test_s12_only_what_raindrop_created_is_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: of the records at a removed domain, those of other hands stay."""
    ours = add(lab, zone, "gate")
    add(lab, zone, "gate", "192.0.2.1", is_ours=False)
    lab.cloudflare.add_record(
        zone, type="A", name="gate", content="192.0.2.2", comment=f"{OWNER_COMMENT}, once"
    )
    before = left(lab, zone)

    retired = await retire(client, zone_id(zone), [GATE])

    assert [record.id for record in retired] == [ours]
    assert left(lab, zone) == before - {ours}


async def test_s12_only_the_slots_names_and_types_are_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: records of ours at other names, or of another type, belong to other domains."""
    ours = add(lab, zone, "gate")
    add(lab, zone, "gate", "2001:218:1:2::5")
    add(lab, zone, "garage")
    add(lab, zone, "*.gate")
    add(lab, zone, "@")
    lab.cloudflare.add_record(zone, type="TXT", name="gate", content="hello", comment=OWNER_COMMENT)
    before = left(lab, zone)

    await retire(client, zone_id(zone), [GATE])

    assert left(lab, zone) == before - {ours}


async def test_both_families_of_a_domain_are_deleted_together(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A domain takes all its records with it, twins of ours included, and returns them."""
    ours = {add(lab, zone, "gate", text) for text in (OLD, "192.0.2.1", "2001:218:1:2::5")}
    before = left(lab, zone)

    retired = await retire(client, zone_id(zone), {GATE, GATE_V6})

    assert {record.id for record in retired} == ours
    assert left(lab, zone) == before - ours


async def test_the_zone_is_read_before_anything_is_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """One list tells what stands there now, then each record goes by its identifier."""
    ours = add(lab, zone, "gate")
    lab.log.clear()

    await retire(client, zone_id(zone), [GATE])

    assert asked(lab) == [LIST, DELETE]
    assert lab.log.entries[-1].target.endswith(ours)


async def test_s12_a_record_that_changed_hands_is_left(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: who takes our comment off a record makes it theirs, however late."""
    ours = add(lab, zone, "gate")
    lab.cloudflare.edit_record(zone, ours, comment="mine now")
    lab.log.clear()

    assert await retire(client, zone_id(zone), [GATE]) == []

    assert ours in left(lab, zone)
    assert asked(lab) == [LIST]


@pytest.mark.parametrize("slots", [[], [GATE]], ids=["no slots", "no records"])
async def test_where_nothing_is_ours_nothing_is_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient, slots: list[Slot]
) -> None:
    """Without a record of ours, removing a domain changes nothing."""
    before = left(lab, zone)

    assert await retire(client, zone_id(zone), slots) == []

    assert left(lab, zone) == before
    assert lab.log.count(method="DELETE") == 0


async def test_a_record_that_is_gone_already_counts_as_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Somebody else may have been faster; the others are deleted all the same."""
    add(lab, zone, "gate")
    add(lab, zone, "gate", "192.0.2.1")
    lab.faults.add("cloudflare", "DELETE *", kind="error", status=404, code=81044, times=1)

    retired = await retire(client, zone_id(zone), [GATE])

    assert len(retired) == 2
    assert lab.log.count(method="DELETE") == 2


async def test_s10_after_a_failed_list_nothing_is_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S10: what stands there is not known, so it stays, and the caller is told."""
    ours = add(lab, zone, "gate")
    lab.faults.add("cloudflare", LIST, kind="html")

    with pytest.raises(CloudflareError):
        await retire(client, zone_id(zone), [GATE])

    assert ours in left(lab, zone)
    assert lab.log.count(method="DELETE") == 0


@pytest.mark.parametrize("kind", ["spurious_403", "rate_limit", "reset", "html"])
async def test_a_failure_ends_the_deleting(
    lab: Lab, zone: Zone, client: CloudflareClient, kind: str
) -> None:
    """What Cloudflare refuses to delete is told, and the rest is not tried."""
    add(lab, zone, "gate")
    add(lab, zone, "gate", "192.0.2.1")
    before = left(lab, zone)
    lab.faults.add("cloudflare", "DELETE *", kind=kind)

    with pytest.raises(CloudflareError):
        await retire(client, zone_id(zone), [GATE])

    assert left(lab, zone) == before
    assert len({entry.target for entry in lab.log.select(method="DELETE")}) == 1
