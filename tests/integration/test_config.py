"""Stored configuration: what entries and subentries hold, and what the library gets from it."""

from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.api_client import async_get_client
from custom_components.raindrop.config import (
    DEFAULT_OPTIONS,
    DOMAIN_DEFAULTS,
    domain_unique_id,
    read_managed_records,
    subentry_host_name,
)
from custom_components.raindrop.ddns.models import HomeId, HostName
from custom_components.raindrop.ddns.sources import Family, Source, SourceKind
from custom_components.raindrop.storage.sources import read_source_list, read_sources, source_data
from custom_components.raindrop.subentries import new_domain_subentry
from tests.secrets import TOKEN

NAME = HostName("home.example.com")
URLS = ["https://a.example/", "https://b.example/"]


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({"source": "automatic"}, id="automatic"),
        pytest.param({"source": "local"}, id="local"),
        pytest.param({"source": "urls", "urls": URLS}, id="urls"),
        pytest.param(
            {"source": "entity", "entity": "sensor.router", "meaning": "other_connection"},
            id="entity",
        ),
    ],
)
def test_a_source_is_stored_flat_and_read_again(stored: dict[str, Any]) -> None:
    """Each kind of source has only the keys that it needs."""
    (source,) = read_source_list([stored], Family.IPV6)
    assert source.family is Family.IPV6
    assert source_data(source) == stored


def test_a_new_zone_detects_both_families_automatically() -> None:
    """Each family has one automatic source, the connection is watched, and public DNS checked."""
    assert DEFAULT_OPTIONS == {
        "sources": {"ipv4": [{"source": "automatic"}], "ipv6": [{"source": "automatic"}]},
        "watch": True,
        "resolvers": "cloudflare",
    }
    assert read_sources(DEFAULT_OPTIONS) == {family: Source(family) for family in Family}


def test_an_empty_list_turns_a_family_off() -> None:
    """A zone without a source for a family does not detect it."""
    options = {"sources": {"ipv4": [], "ipv6": [{"source": "local"}]}}
    assert read_sources(options) == {Family.IPV6: Source(Family.IPV6, SourceKind.LOCAL)}


@pytest.mark.parametrize(
    "own, kinds",
    [
        pytest.param({}, [SourceKind.AUTOMATIC, SourceKind.AUTOMATIC], id="absent/as the zone"),
        pytest.param(
            {"ipv6": [{"source": "local"}]},
            [SourceKind.AUTOMATIC, SourceKind.LOCAL],
            id="one own/the other as the zone",
        ),
        pytest.param({"ipv4": []}, [SourceKind.AUTOMATIC], id="empty/off for the domain"),
    ],
)
def test_a_domain_follows_its_zone_or_has_its_own_sources(
    own: dict[str, Any], kinds: list[SourceKind]
) -> None:
    """A family that is absent follows the zone; an empty list turns it off."""
    data = {**DOMAIN_DEFAULTS, "domain": NAME, "families": ["ipv4", "ipv6"], "sources": own}
    managed_records = read_managed_records(data, read_sources(DEFAULT_OPTIONS))
    assert [managed.source.kind for managed in managed_records] == kinds


def test_the_host_name_comes_from_the_data() -> None:
    """Neither the unique id nor the title, which the user can change, names the host."""
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(new_domain_subentry(NAME, {})["data"])),
        subentry_type="domain",
        title="My home",
        unique_id="domain:other.example.com",
    )
    assert subentry_host_name(subentry) == NAME
    assert domain_unique_id(NAME) == new_domain_subentry(NAME, {})["unique_id"] == f"domain:{NAME}"


@pytest.mark.parametrize(
    "value, url",
    [
        pytest.param("", "https://api.cloudflare.com/client/v4", id="unset/cloudflare"),
        pytest.param("https://api.example/v4/", "https://api.example/v4", id="https"),
        pytest.param("http://127.0.0.1:8001/v4", "http://127.0.0.1:8001/v4", id="loopback"),
        pytest.param("http://[::1]:8001", "http://[::1]:8001", id="loopback v6"),
    ],
)
async def test_the_environment_can_name_another_api(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, value: str, url: str
) -> None:
    """The client uses the URL that Cloudflare's SDKs would use."""
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", value)
    assert async_get_client(hass, {"key": TOKEN}, HomeId("3f9a1c2b")).base_url == url
