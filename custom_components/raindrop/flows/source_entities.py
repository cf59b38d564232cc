"""The entities and URLs that can be sources: selectors, stored values, errors."""

from collections.abc import Collection
from typing import NamedTuple

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from ..address_sources import async_entity_response
from ..const import DOMAIN
from ..ddns import DetectionError, Family, ProviderUrlError, Source, SourceKind, custom_provider


class SourceFields(NamedTuple):
    """The form fields of one family."""

    source: str
    entity: str
    meaning: str
    urls: str


FIELDS = {
    Family.IPV4: SourceFields("ipv4_source", "ipv4_entity", "ipv4_meaning", "ipv4_urls"),
    Family.IPV6: SourceFields("ipv6_source", "ipv6_entity", "ipv6_meaning", "ipv6_urls"),
}
_ROUTERS = {
    ("dnsip", "dnsip"),
    ("ezviz", "wan_ip"),
    ("fritz", "external_ip"),
    ("fritz", "external_ipv6"),
    ("huawei_lte", "wan_ip_address"),
    ("huawei_lte", "wan_ipv6_address"),
    ("upnp", "external_ip"),
    ("vodafone_station", "external_ip_key"),
    ("vodafone_station", "external_ipv4"),
    ("vodafone_station", "external_ipv6"),
}
"""Integrations with the translation keys of their sensors that show a public address."""


def entity_selector(hass: HomeAssistant, family: Family) -> EntitySelector:
    """Return a selector of the entities that show an address of a connection, now or usually."""
    entries = er.async_get(hass).entities.values()
    own = {e.entity_id for e in entries if e.platform == DOMAIN}
    routers = {e.entity_id for e in entries if (e.platform, e.translation_key) in _ROUTERS}
    states = hass.states.async_entity_ids((Platform.SENSOR, "input_text", "text"))
    usable = {e for e in states if _may_be_of_connection(hass, _entity_source(e, family))}
    if entities := sorted(routers | usable - own):
        return EntitySelector(EntitySelectorConfig(include_entities=entities))
    return EntitySelector(EntitySelectorConfig(domain=Platform.SENSOR))


def _entity_source(entity_id: str, family: Family) -> Source:
    return Source(family, SourceKind.ENTITY, entity=entity_id)


def stored_entity(hass: HomeAssistant, entity_id: str) -> str:
    """Return the registry id of an entity, or its entity id if it is not registered."""
    entry = er.async_get(hass).async_get(entity_id)
    return entry.id if entry else entity_id


def entity_error(hass: HomeAssistant, entity_id: str, source: Source) -> str | None:
    """Return why an entity cannot be a source; one without a state may have one later."""
    if _is_own(hass, entity_id):
        return "own_entity"
    response = async_entity_response(hass, source)
    is_usable = response.address or response.error is DetectionError.SILENT
    return None if is_usable else "unusable_entity"


def connection_entity_error(hass: HomeAssistant, entity_id: str, family: Family) -> str | None:
    """Return why an entity cannot be the source of a connection.

    Its address may be one that cannot be used: the connection is then down.
    """
    if _is_own(hass, entity_id):
        return "own_entity"
    response = async_entity_response(hass, _entity_source(entity_id, family))
    is_address = response.error is not DetectionError.NOT_AN_ADDRESS
    return None if is_address else "connection_entity"


def _is_own(hass: HomeAssistant, entity_id: str) -> bool:
    entry = er.async_get(hass).async_get(entity_id)
    return entry is not None and entry.platform == DOMAIN


def _may_be_of_connection(hass: HomeAssistant, source: Source) -> bool:
    """Return whether the state of an entity may be the address of an internet connection.

    Private addresses are those of devices.
    """
    response = async_entity_response(hass, source)
    rejected = response.rejected
    is_shared = response.error is DetectionError.CGNAT
    return bool(response.address or is_shared or (rejected and rejected.is_unspecified))


def urls_error(urls: Collection[str], family: Family) -> str | None:
    """Return why pages cannot be a source."""
    try:
        providers = [custom_provider(url, family).name for url in urls]
    except ProviderUrlError:
        return "malformed_url"
    if not providers:
        return "no_url"
    return "same_host" if len(set(providers)) < len(providers) else None
