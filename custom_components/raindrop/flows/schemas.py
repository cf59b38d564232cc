"""The schemas of the forms for a zone, its credential and its domains."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .. import config, ddns
from ..config import CONF_TAKE_OVER
from ..const import CONF_KEY, CONF_ZONE, CONF_ZONE_ID
from ..storage.sources import FAMILIES

RECORD_FIELDS = {ddns.Family.IPV4: "ipv4_record", ddns.Family.IPV6: "ipv6_record"}
"""The fields that choose one of several records of a type."""
CONF_BESIDE = "beside"
"""The field that adds a record beside that of another home; what follows from it is stored."""
CONF_OVERRIDE_SOURCES = "override_sources"
"""The field that opens the form for the domain's own sources; it is not stored."""
CONF_SEVERAL_CONNECTIONS = "several_connections"
"""The field that opens the form for connections instead; it is not stored either."""


def dropdown(options: Sequence[str], translation_key: str) -> SelectSelector:
    """Return a selector of one of some options."""
    mode = SelectSelectorMode.DROPDOWN
    return SelectSelector(
        SelectSelectorConfig(options=options, mode=mode, translation_key=translation_key)
    )


def choice(labels: Mapping[str, str], *, multiple: bool = False) -> SelectSelector:
    """Return a selector that shows all its values as a list, by their labels."""
    options = [SelectOptionDict(value=value, label=label) for value, label in labels.items()]
    config = SelectSelectorConfig(options=options, multiple=multiple, mode=SelectSelectorMode.LIST)
    return SelectSelector(config)


def take_over_fields(records: Iterable[ddns.Record]) -> dict[vol.Marker, SelectSelector]:
    """Return the field to choose which records of other homes to take over, if there are any."""
    labels: dict[str, str] = {record.version: record_label(record) for record in records}
    return {vol.Optional(CONF_TAKE_OVER): choice(labels, multiple=True)} if labels else {}


def zone_fields(zones: Mapping[str, str]) -> dict[vol.Marker, SelectSelector]:
    """Return the field to choose one of several zones of one name, if there are any."""
    return {vol.Required(CONF_ZONE_ID): choice(zones)} if zones else {}


def conflict_fields(conflicts: Iterable[ddns.Conflict]) -> dict[vol.Marker, SelectSelector]:
    """Return the fields that resolve conflicts: take records over, or choose one of several."""
    conflicts = list(conflicts)
    homes = (c.records for c in conflicts if c.reason is ddns.Reason.OTHER_HOME)
    fields = take_over_fields(chain.from_iterable(homes))
    for conflict in conflicts:
        if conflict.reason is ddns.Reason.AMBIGUOUS:
            field = RECORD_FIELDS[conflict.record_key.family]
            fields[vol.Optional(field)] = record_choice(conflict.records)
    return fields


def beside_field(conflicts: Iterable[ddns.Conflict]) -> dict[vol.Marker, BooleanSelector]:
    """Return the field that adds a record beside that of another home, if there is one.

    Where every connection has its own record, nothing but the address is in the way.
    """
    is_offered = any(
        conflict.reason is ddns.Reason.OTHER_HOME and not conflict.record_key.connection
        for conflict in conflicts
    )
    return {vol.Required(CONF_BESIDE, default=False): BooleanSelector()} if is_offered else {}


def chosen_records(form: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids of the chosen records by the key of their family, as they are stored."""
    return {family.key: form[field] for family, field in RECORD_FIELDS.items() if field in form}


def record_choice(records: Iterable[ddns.Record]) -> SelectSelector:
    """Return a selector of one of several records of a name, by its id."""
    return choice({record.id: record_label(record) for record in records})


def record_label(record: ddns.Record) -> str:
    """Return what distinguishes records of one name: proxy, address, comment."""
    cloud = "☁ " if record.proxied else ""
    return f"{cloud}{record.content}" + (f" ({record.comment})" if record.comment else "")


def whole_number(lowest: int, highest: int) -> NumberSelector:
    """Return a selector of a number, which is typed in."""
    mode = NumberSelectorMode.BOX
    return NumberSelector(NumberSelectorConfig(min=lowest, max=highest, mode=mode, step=1))


_TEXT = TextSelector(TextSelectorConfig(type=TextSelectorType.TEXT))
_CREDENTIAL_FIELDS = {
    vol.Optional(CONF_EMAIL): TextSelector(
        TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="username")
    ),
    vol.Required(CONF_KEY): TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
    ),
}
CREDENTIAL_SCHEMA = vol.Schema(_CREDENTIAL_FIELDS)
USER_SCHEMA = vol.Schema(
    {vol.Optional(CONF_ZONE): _TEXT, **_CREDENTIAL_FIELDS, vol.Required(CONF_DOMAIN): _TEXT}
)
_FAMILIES = SelectSelectorConfig(
    options=list(FAMILIES),
    multiple=True,
    mode=SelectSelectorMode.LIST,
    translation_key=config.CONF_FAMILIES,
)
_TTLS = [config.KEEP, config.AUTO, config.SECONDS]
_SECTIONS: dict[str, dict[vol.Marker, Selector[Any]]] = {
    "record": {
        vol.Required(config.CONF_CREATE): BooleanSelector(),
        vol.Required(config.CONF_PROXIED): dropdown([*config.PROXIED], config.CONF_PROXIED),
        vol.Required(config.CONF_TTL): dropdown(_TTLS, config.CONF_TTL),
        vol.Optional(config.CONF_TTL_S): whole_number(ddns.MIN_TTL_S, ddns.MAX_TTL_S),
    },
    "other_machine": {
        vol.Optional(config.CONF_INTERFACE_ID): _TEXT,
        vol.Optional(config.CONF_PREFIX_LENGTH): whole_number(ddns.MIN_PREFIX, ddns.MAX_PREFIX),
    },
    "address_source": {
        vol.Required(CONF_OVERRIDE_SOURCES, default=False): BooleanSelector(),
        vol.Required(CONF_SEVERAL_CONNECTIONS, default=False): BooleanSelector(),
    },
}
_REMOVAL = {"removal": {vol.Required(config.CONF_DELETE): BooleanSelector()}}


def domain_schema(texts: Sequence[SelectOptionDict]) -> vol.Schema:
    """Return the schema for the policies of a domain, with names whose texts it can change."""
    selector = SelectSelector(SelectSelectorConfig(options=texts, multiple=True))
    field = {vol.Optional(config.CONF_TEXTS, default=[]): selector}
    sections = {**_SECTIONS, **({"other_records": field} if texts else {}), **_REMOVAL}
    return vol.Schema(
        {
            vol.Required(config.CONF_FAMILIES): SelectSelector(_FAMILIES),
            **{vol.Required(key): section(vol.Schema(part)) for key, part in sections.items()},
        }
    )


def new_domain_schema(
    names: Sequence[SelectOptionDict], texts: Sequence[SelectOptionDict], *, has_cnames: bool
) -> vol.Schema:
    """Return the schema for new domains, which suggests host names of the zone.

    A section without fields says which other names cannot be added, if there are any.
    """
    cnames = {vol.Optional("cnames"): section(vol.Schema({}))} if has_cnames else {}
    selector = SelectSelectorConfig(options=names, multiple=True, custom_value=True)
    policies = domain_schema(texts).schema
    return vol.Schema({vol.Required(CONF_DOMAIN): SelectSelector(selector), **cnames, **policies})
