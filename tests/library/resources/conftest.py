"""Fixtures: a list with items of others, and a home that keeps its address there."""

from aiohttp import ClientSession
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import LIST_PERMISSIONS
from simulator.cloudflare.ip_lists import ItemList
from tests.secrets import TOKEN

from .home import ListHome, new_home

OTHERS = {"198.51.100.1": "office", "198.51.100.0/24": None, "2001:db8:9::/64": "parents"}


@pytest.fixture
def trusted(simulator: Simulator, zone: Zone) -> ItemList:
    """Return a list with items of others, and let the token edit lists."""
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    added = simulator.cloudflare.lists.add("trusted")
    for ip, comment in OTHERS.items():
        simulator.cloudflare.lists.add_item(added, ip, comment)
    return added


@pytest.fixture
def home(simulator: Simulator, session: ClientSession, trusted: ItemList) -> ListHome:
    """Return a home with an address, before its first update."""
    home = new_home(simulator, session, trusted)
    home.moves("81.2.69.142")
    return home
