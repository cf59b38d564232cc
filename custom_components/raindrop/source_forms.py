"""The forms that ask where addresses come from, for a zone and for a domain alike."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import CONF_ENTITY, CONF_IS_DEFAULT_WAY, CONF_SOURCE, CONF_URLS, DOMAIN
from .ddns.model import Family, Source, SourceKind
from .ddns.web import PageUrlError, page
from .source_options import AUTOMATIC, FAMILIES, INHERITED, OFF
from .sources import async_entity_address, async_entity_is_silent

_KINDS = {
    Family.IPV4: (SourceKind.ENTITY, SourceKind.URLS),
    Family.IPV6: (SourceKind.ENTITY, SourceKind.OWN, SourceKind.URLS),
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
"""Integrations, and the translation keys of their sensors that say a public address."""

type Choices = dict[str, dict[str, Any]]
"""What was chosen for each family, as it is stored."""


def sources_schema(*, of_domain: bool) -> vol.Schema:
    """Return the form that asks for the kind of each family's source."""
    fields: dict[vol.Marker, SelectSelector] = {}
    for label, family in FAMILIES.items():
        kinds = [kind.value for kind in _KINDS[family]]
        options = [INHERITED, *kinds] if of_domain else [SourceKind.AUTOMATIC.value, *kinds, OFF]
        fields[vol.Required(f"{label}_{CONF_SOURCE}")] = SelectSelector(
            SelectSelectorConfig(
                options=options, mode=SelectSelectorMode.DROPDOWN, translation_key=CONF_SOURCE
            )
        )
    return vol.Schema(fields)


def sources_typed(stored: Mapping[str, Any], *, of_domain: bool) -> dict[str, Any]:
    """Return stored choices as both forms show them."""
    default = {CONF_SOURCE: INHERITED} if of_domain else AUTOMATIC
    return {
        f"{label}_{key}": value
        for label in FAMILIES
        for key, value in stored.get(label, default).items()
    }


@callback
def async_details_schema(hass: HomeAssistant, kinds: Mapping[str, Any]) -> vol.Schema:
    """Return the form for what the chosen kinds need to be told; it may be empty."""
    fields: dict[vol.Marker, Any] = {}
    for label, family in FAMILIES.items():
        kind = kinds[f"{label}_{CONF_SOURCE}"]
        if kind == SourceKind.ENTITY:
            fields[vol.Required(f"{label}_{CONF_ENTITY}")] = _entity_selector(hass, family)
            fields[vol.Required(f"{label}_{CONF_IS_DEFAULT_WAY}", default=True)] = BooleanSelector()
        elif kind == SourceKind.URLS:
            fields[vol.Optional(f"{label}_{CONF_URLS}")] = TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL, multiple=True)
            )
    return vol.Schema(fields)


@callback
def async_read_choices(
    hass: HomeAssistant, typed: Mapping[str, Any]
) -> tuple[Choices, dict[str, str]]:
    """Return what both forms say as it is stored, and what is to be corrected, by field."""
    choices: Choices = {}
    errors: dict[str, str] = {}
    for label, family in FAMILIES.items():
        kind = typed[f"{label}_{CONF_SOURCE}"]
        choices[label] = {CONF_SOURCE: kind}
        if kind == SourceKind.ENTITY:
            field = f"{label}_{CONF_ENTITY}"
            choices[label] |= {
                CONF_ENTITY: _stored_entity(hass, typed[field]),
                CONF_IS_DEFAULT_WAY: typed[f"{label}_{CONF_IS_DEFAULT_WAY}"],
            }
            mistake = _entity_mistake(hass, typed[field], family)
        elif kind == SourceKind.URLS:
            field = f"{label}_{CONF_URLS}"
            urls = [url.strip() for url in typed.get(field, ()) if url.strip()]
            choices[label][CONF_URLS] = urls
            mistake = _urls_mistake(urls, family)
        else:
            continue
        if mistake:
            errors[field] = mistake
    return choices, errors


@callback
def async_shown(hass: HomeAssistant, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored choices with the entities by the names they have now."""
    registry = er.async_get(hass)
    return {
        key: er.async_resolve_entity_id(registry, value) if key.endswith(CONF_ENTITY) else value
        for key, value in typed.items()
    }


def _entity_selector(hass: HomeAssistant, family: Family) -> EntitySelector:
    """Return a choice of the entities that say an address now, and of those that are known to."""
    registry = er.async_get(hass)
    ours = {e.entity_id for e in registry.entities.values() if e.platform == DOMAIN}
    known = {
        e.entity_id
        for e in registry.entities.values()
        if (e.platform, e.translation_key) in _ROUTERS
    }
    states = hass.states.async_entity_ids((Platform.SENSOR, "input_text", "text"))
    speaking = {e for e in states if async_entity_address(hass, _source(e, family))}
    entities = sorted(known | speaking - ours)
    # Without any, whatever the user may make of it.
    every = EntitySelectorConfig(domain=Platform.SENSOR)
    return EntitySelector(EntitySelectorConfig(include_entities=entities) if entities else every)


def _source(entity_id: str, family: Family) -> Source:
    """Return an entity as a source."""
    return Source(family, SourceKind.ENTITY, entity=entity_id)


def _stored_entity(hass: HomeAssistant, entity_id: str) -> str:
    """Return what stays the same when an entity is renamed, if there is such a thing."""
    entry = er.async_get(hass).async_get(entity_id)
    return entry.id if entry else entity_id


def _entity_mistake(hass: HomeAssistant, entity_id: str, family: Family) -> str | None:
    """Return why an entity is no source; one that says nothing now may say something later."""
    entry = er.async_get(hass).async_get(entity_id)
    if entry and entry.platform == DOMAIN:
        return "own_entity"
    source = _source(entity_id, family)
    is_usable = async_entity_is_silent(hass, source) or async_entity_address(hass, source)
    return None if is_usable else "unusable_entity"


def _urls_mistake(urls: Iterable[str], family: Family) -> str | None:
    """Return why pages are no source."""
    try:
        operators = [page(url, family).operator for url in urls]
    except PageUrlError:
        return "malformed_url"
    if not operators:
        return "no_url"
    return "same_host" if len(set(operators)) < len(operators) else None
