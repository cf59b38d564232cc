"""The plan of a list: what is added, what is deleted, and what is left alone."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_network

from hypothesis import given, strategies as st
import pytest

from custom_components.raindrop.ddns.detection.detection import Detection, Response
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import Network, Owner, ResourceId
from custom_components.raindrop.ddns.resources.resource_plan import adoptable_items, plan_resource
from custom_components.raindrop.ddns.resources.resource_settings import (
    IPV6_HOST,
    ItemId,
    ResourceConfig,
    ResourceItem,
    ResourceKind,
    desired_networks,
    is_shared,
)
from custom_components.raindrop.ddns.sources import Family, Source, SourceKind
from custom_components.raindrop.ddns.zones import AccountId

from .home import HERE, HERE_V6

A1, A2, A3 = (ip_network(f"81.2.69.{last}") for last in (1, 2, 3))
B1 = ip_network("2001:218:1:2::/64")
CONFIG = ResourceConfig(
    kind=ResourceKind.IP_LIST,
    account_id=AccountId("a" * 32),
    resource_id=ResourceId("b" * 32),
    sources={Family.IPV4: HERE, Family.IPV6: HERE_V6},
    adopted=frozenset({ItemId("7")}),
)
BY_SHARER = Response(provider="sensor.router", error=DetectionError.CGNAT)


def item(network: Network, number: int = 1, owner: Owner = Owner.THIS_HOME) -> ResourceItem:
    """Return an item; one of nobody has no comment."""
    comment = None if owner is Owner.NOBODY else owner.value
    return ResourceItem(id=ItemId(str(number)), network=network, comment=comment, owner=owner)


@pytest.mark.parametrize(
    "desired, items, add, delete",
    [
        pytest.param({Family.IPV4: A1}, [], [A1], [], id="missing/added"),
        pytest.param({Family.IPV4: A1}, [item(A1)], [], [], id="there/nothing"),
        pytest.param({Family.IPV4: A2}, [item(A1)], [A2], ["1"], id="old/added and deleted"),
        pytest.param({Family.IPV4: None}, [item(A1)], [], [], id="unknown/left"),
        pytest.param(
            {Family.IPV4: None, Family.IPV6: B1}, [item(A1)], [B1], [], id="one unknown/other added"
        ),
        pytest.param(
            {Family.IPV4: A2, Family.IPV6: None},
            [item(B1), item(A1, 2)],
            [A2],
            ["2"],
            id="one unknown/old one of the other deleted",
        ),
        pytest.param({Family.IPV4: A1}, [item(B1)], [A1], ["1"], id="family off/deleted"),
        pytest.param(
            {Family.IPV4: A1}, [item(A1), item(A1, 2)], [], ["2"], id="twice/one is enough"
        ),
        pytest.param(
            {Family.IPV4: A2}, [item(A1, 1, Owner.OTHER_HOME)], [A2], [], id="other home/left"
        ),
        pytest.param(
            {Family.IPV4: A1}, [item(A1, 1, Owner.OTHER_HOME)], [], [], id="held by other/nothing"
        ),
        pytest.param(
            {Family.IPV4: A2},
            [item(A1, 1), item(A2, 2, Owner.OTHER_HOME)],
            [],
            ["1"],
            id="held by other/old deleted",
        ),
        pytest.param({Family.IPV4: A2}, [item(A1, 1, Owner.NOBODY)], [A2], [], id="bare/left"),
        pytest.param({Family.IPV4: A2}, [item(A1, 7, Owner.NOBODY)], [A2], ["7"], id="adopted/own"),
        pytest.param(
            {Family.IPV4: A2}, [item(A1, 7, Owner.UNNAMED_HOME)], [A2], [], id="got a comment/left"
        ),
    ],
)
def test_the_plan_of_a_list(
    desired: dict[Family, Network | None],
    items: list[ResourceItem],
    add: list[Network],
    delete: list[str],
) -> None:
    """What is not this home's is never changed."""
    plan = plan_resource(CONFIG, desired, items)
    assert [*plan.add] == add
    assert [deleted.id for deleted in plan.delete] == delete


NETWORKS = st.sampled_from([A1, A2, A3, B1, ip_network("2001:218:1:3::/64")])
ITEMS = st.lists(
    st.builds(item, NETWORKS, st.integers(0, 9), st.sampled_from([*Owner])),
    unique_by=lambda made: made.id,
)
DESIRED = st.fixed_dictionaries(
    {},
    optional={
        Family.IPV4: st.sampled_from([None, A1, A2, A3]),
        Family.IPV6: st.sampled_from([None, B1]),
    },
)


@given(desired=DESIRED, items=ITEMS)
def test_laws_of_the_plan(desired: dict[Family, Network | None], items: list[ResourceItem]) -> None:
    """Convergence, restraint, thrift, and unknown means leave."""
    plan = plan_resource(CONFIG, desired, items)
    gone = {deleted.id for deleted in plan.delete}
    added = [item(network, 100 + n) for n, network in enumerate(plan.add)]
    after = [kept for kept in items if kept.id not in gone] + added

    again = plan_resource(CONFIG, desired, after)

    assert (again.add, again.delete) == ([], [])
    assert all(CONFIG.is_own(deleted) for deleted in plan.delete)
    assert len(plan.add) == len({network.version for network in plan.add})
    wanted = {network for network in desired.values() if network}
    assert wanted <= {kept.network for kept in after}
    for kept in filter(CONFIG.is_own, items):
        if desired.get(Family(kept.network.version), kept) is None:
            assert kept.id not in gone


def test_what_is_desired_follows_from_the_addresses() -> None:
    """A single IPv4 address, of IPv6 the network or one machine; None if it is not known."""
    v4, v6 = IPv4Address("81.2.69.1"), IPv6Address("2001:218:1:2::142")
    known = {
        HERE: Detection(source=HERE, address=v4),
        HERE_V6: Detection(source=HERE_V6, address=v6),
    }
    assert desired_networks(CONFIG, known) == {Family.IPV4: A1, Family.IPV6: B1}
    host = replace(CONFIG, sources={Family.IPV6: HERE_V6}, ipv6_prefix_length=IPV6_HOST)
    assert desired_networks(host, known) == {Family.IPV6: ip_network(v6)}
    assert desired_networks(CONFIG, {}) == {Family.IPV4: None, Family.IPV6: None}


@pytest.mark.parametrize("allows_shared, network", [(False, None), (True, A1)])
def test_a_shared_address_is_added_only_if_the_user_says_so(
    allows_shared: bool,  # noqa: FBT001 - of a table
    network: Network | None,
) -> None:
    """The router knows that the provider shares the address with others."""
    source = Source(Family.IPV4, SourceKind.ENTITY, "sensor.router")
    detection = Detection(
        source=source, address=IPv4Address("81.2.69.1"), source_response=BY_SHARER
    )
    config = replace(CONFIG, sources={Family.IPV4: source}, allows_shared=allows_shared)
    assert is_shared(detection)
    assert desired_networks(config, {source: detection}) == {Family.IPV4: network}


def test_items_can_be_adopted_that_have_no_comment_and_our_address() -> None:
    """An item with a comment is somebody's, and another address may be as well."""
    items = [item(A1, 1, Owner.NOBODY), item(A2, 2, Owner.NOBODY), item(A1, 3, Owner.OTHER_HOME)]
    items.append(replace(item(A1, 4, Owner.NOBODY), comment="office"))
    assert [found.id for found in adoptable_items(items, [A1])] == ["1"]
