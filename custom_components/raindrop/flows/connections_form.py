"""The form for the connections of a domain, and what is stored of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..const import DOMAIN
from ..ddns import Connection, Family, Meaning, Source, SourceKind
from ..error_messages import ErrorMessage
from ..storage.connections import (
    ALL,
    CONF_BACK_AFTER_MIN,
    CONF_CONNECTIONS,
    CONF_DOWN_AFTER_MIN,
    CONF_ID,
    CONF_LIST,
    CONF_MODE,
    CONF_NAME,
    CONF_UP_SENSOR,
    CONNECTION_DEFAULTS,
    FIRST,
    FROM_ZONE,
    MAX_MINUTES,
    new_connection_id,
    read_connections,
)
from ..storage.sources import CONF_ENTITY, CONF_SOURCE, CONF_URLS, source_data
from .schemas import whole_number
from .source_entities import (
    FIELDS,
    connection_entity_error,
    entity_selector,
    stored_entity,
    urls_error,
)

CONF_IS_HOME = "is_home"
"""The field for the connection that Home Assistant itself uses: its sources are the zone's."""
MAX_NAME_LENGTH = 40
_OF_HOME = (None, None)
"""What the form shows of such a source: neither an entity nor URLs."""

type Entered = Mapping[str, Any]
"""What was entered for one connection."""


@callback
def home_connection_name(hass: HomeAssistant) -> str:
    """Return the name of the only connection of a home that did not enter any."""
    return hass.config.location_name[:MAX_NAME_LENGTH]


@callback
def connections_schema(hass: HomeAssistant) -> vol.Schema:
    """Return the schema for the connections of a domain, which can be put in order."""
    mode = SelectSelectorConfig(
        options=[FIRST, ALL], mode=SelectSelectorMode.LIST, translation_key="connection_mode"
    )
    minutes = whole_number(1, MAX_MINUTES)
    return vol.Schema(
        {
            vol.Required(CONF_MODE): SelectSelector(mode),
            vol.Optional(CONF_CONNECTIONS, default=[]): _list_selector(hass),
            vol.Required(CONF_DOWN_AFTER_MIN): minutes,
            vol.Required(CONF_BACK_AFTER_MIN): minutes,
        }
    )


@callback
def connections_values(hass: HomeAssistant, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the form for stored connections."""
    data = {**CONNECTION_DEFAULTS, **stored}
    listed = [_form_values(hass, connection) for connection in data.pop(CONF_LIST)]
    return {**data, CONF_CONNECTIONS: listed}


@callback
def connections_data(
    hass: HomeAssistant, form: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what was entered as it is stored; a connection that was renamed keeps its id."""
    listed = [_stored_values(hass, entered) for entered in form[CONF_CONNECTIONS]]
    before = [*stored.get(CONF_LIST, ())]
    for is_same in (_has_same_name, _has_same_sources):
        for connection in listed:
            known = next((known for known in before if is_same(connection, known)), None)
            if known and CONF_ID not in connection:
                before.remove(known)
                connection |= {CONF_ID: known[CONF_ID], **_unchanged_sources(connection, known)}
    for connection in listed:
        taken = {other[CONF_ID] for other in listed if CONF_ID in other}
        connection.setdefault(CONF_ID, new_connection_id(connection[CONF_NAME], taken))
    return {
        CONF_MODE: form[CONF_MODE],
        CONF_LIST: listed,
        CONF_DOWN_AFTER_MIN: int(form[CONF_DOWN_AFTER_MIN]),
        CONF_BACK_AFTER_MIN: int(form[CONF_BACK_AFTER_MIN]),
    }


@callback
def connections_error(
    hass: HomeAssistant, form: Mapping[str, Any], zone_sources: Mapping[Family, Source]
) -> ErrorMessage | None:
    """Return what is wrong with the connections that were entered, None if nothing is."""
    listed: Sequence[Entered] = form[CONF_CONNECTIONS]
    if not listed:
        return ErrorMessage(CONF_CONNECTIONS, "no_connection")
    names = [_name(entered) for entered in listed]
    if not all(names):
        return ErrorMessage(CONF_CONNECTIONS, "unnamed_connection")
    for entered in listed:
        if error := _connection_error(hass, entered):
            return error
    if repeated := next((name for name in names if names.count(name) > 1), None):
        return ErrorMessage(CONF_CONNECTIONS, "same_connection_name", {"connection": repeated})
    if [bool(entered.get(CONF_IS_HOME)) for entered in listed].count(True) > 1:
        return ErrorMessage(CONF_CONNECTIONS, "several_home_connections")
    return _same_source_error(
        read_connections(connections_data(hass, form, {}), zone_sources).listed
    )


def _list_selector(hass: HomeAssistant) -> ObjectSelector:
    url = TextSelector(TextSelectorConfig(type=TextSelectorType.URL, multiple=True))
    own = [e.entity_id for e in er.async_get(hass).entities.values() if e.platform == DOMAIN]
    up_sensor = EntitySelectorConfig(domain=Platform.BINARY_SENSOR, exclude_entities=own)
    fields: dict[str, Selector[Any]] = {
        CONF_NAME: TextSelector(),
        CONF_IS_HOME: BooleanSelector(),
        **{FIELDS[family].entity: entity_selector(hass, family) for family in Family},
        **{FIELDS[family].urls: url for family in Family},
        CONF_UP_SENSOR: EntitySelector(up_sensor),
    }
    config = ObjectSelectorConfig(
        fields={key: ObjectSelectorField(selector=field) for key, field in fields.items()},
        multiple=True,
        label_field=CONF_NAME,
        description_field=FIELDS[Family.IPV4].entity,
        translation_key=CONF_CONNECTIONS,
    )
    return ObjectSelector(config)


def _name(entered: Entered) -> str:
    return " ".join(str(entered.get(CONF_NAME) or "").split())[:MAX_NAME_LENGTH]


def _urls(entered: Entered, family: Family) -> tuple[str, ...]:
    urls = entered.get(FIELDS[family].urls) or ()
    return tuple(url.strip() for url in urls if url.strip())


def _entered_source(hass: HomeAssistant, entered: Entered, family: Family) -> Source | None:
    """Return the entity or the URLs of a connection, None if there are none."""
    if entity_id := entered.get(FIELDS[family].entity):
        entity = stored_entity(hass, entity_id)
        return Source(family, SourceKind.ENTITY, entity=entity, meaning=Meaning.OTHER_CONNECTION)
    if urls := _urls(entered, family):
        return Source(family, SourceKind.URLS, urls=urls)
    return None


def _stored_values(hass: HomeAssistant, entered: Entered) -> dict[str, Any]:
    """Return a connection as it is stored, without its id."""
    data: dict[str, Any] = {CONF_NAME: _name(entered)}
    for family in Family:
        if source := _entered_source(hass, entered, family):
            data[family.key] = source_data(source)
        elif entered.get(CONF_IS_HOME):
            data[family.key] = {CONF_SOURCE: FROM_ZONE}
    if up_sensor := entered.get(CONF_UP_SENSOR):
        data[CONF_UP_SENSOR] = stored_entity(hass, up_sensor)
    return data


def _form_values(hass: HomeAssistant, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the form for a stored connection."""
    sources = {family: stored[family.key] for family in Family if family.key in stored}
    values = {
        CONF_NAME: stored[CONF_NAME],
        CONF_IS_HOME: any(_shown(source) == _OF_HOME for source in sources.values()),
        CONF_UP_SENSOR: _entity_id(hass, stored.get(CONF_UP_SENSOR)),
    }
    for family, source in sources.items():
        values[FIELDS[family].entity] = _entity_id(hass, source.get(CONF_ENTITY))
        values[FIELDS[family].urls] = source.get(CONF_URLS)
    return {key: value for key, value in values.items() if value}


def _shown(source: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what the form shows of a stored source."""
    return source.get(CONF_ENTITY), source.get(CONF_URLS)


def _unchanged_sources(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sources of another connection that the form shows in the same way.

    A source that the domain had before it had connections may be one that the form cannot set.
    """
    keys = [family.key for family in Family if family.key in one and family.key in other]
    return {key: other[key] for key in keys if _shown(one[key]) == _shown(other[key])}


def _entity_id(hass: HomeAssistant, stored: str | None) -> str | None:
    return er.async_resolve_entity_id(er.async_get(hass), stored) if stored else None


def _has_same_name(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one[CONF_NAME] == other[CONF_NAME])


def _has_same_sources(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(_shown(one.get(f.key, {})) == _shown(other.get(f.key, {})) for f in Family)


def _connection_error(hass: HomeAssistant, entered: Entered) -> ErrorMessage | None:
    """Return what is wrong with one connection."""
    name = {"connection": _name(entered)}
    stored = _stored_values(hass, entered)
    if not any(family.key in stored for family in Family):
        return ErrorMessage(CONF_CONNECTIONS, "connection_without_source", name)
    for family in Family:
        entity_id, urls = entered.get(FIELDS[family].entity), _urls(entered, family)
        if entity_id and urls:
            placeholders = {**name, "family": family.label}
            return ErrorMessage(CONF_CONNECTIONS, "two_connection_sources", placeholders)
        if entity_id and (key := connection_entity_error(hass, entity_id, family)):
            return ErrorMessage(CONF_CONNECTIONS, key, {**name, "entity": entity_id})
        if urls and (key := urls_error(urls, family)):
            return ErrorMessage(CONF_CONNECTIONS, key)
    return None


def _same_source_error(connections: Iterable[Connection]) -> ErrorMessage | None:
    """Return which two connections have the same source, None if there are none."""
    for one, other in combinations(connections, 2):
        if one.id != other.id and _origin(one.source) == _origin(other.source):
            names = {"connection": one.name, "other": other.name}
            return ErrorMessage(CONF_CONNECTIONS, "same_connection_source", names)
    return None


def _origin(source: Source) -> Source:
    """Return a source without what its address stands for."""
    return replace(source, meaning=Meaning.OTHER_CONNECTION)
