"""The steps that ask for the sources of addresses, for a zone and for a domain."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResult
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .. import ddns
from ..address_sources import async_get_detector
from ..config import OFF
from ..ddns import Detection, Family, Meaning, Source, SourceKind
from ..error_messages import ErrorMessage, response_text
from ..storage.sources import (
    CONF_RESOLVERS,
    CONF_SOURCE,
    CONF_WATCH,
    DEFAULT_RESOLVERS,
    MEANINGS,
    RESOLVERS,
    read_source_list,
    source_data,
)
from .forms import Errors, FormFlow, ShowErrors
from .schemas import dropdown
from .source_entities import FIELDS, entity_error, entity_selector, stored_entity, urls_error

SAME_AS_ZONE = "same_as_zone"
"""The choice of a domain to follow its zone, for which nothing is stored."""

type StoredSources = Mapping[str, Sequence[Mapping[str, Any]]]
"""The stored sources by the key of their family."""


_KINDS = {
    Family.IPV4: (SourceKind.AUTOMATIC, SourceKind.ENTITY, SourceKind.URLS),
    Family.IPV6: (SourceKind.AUTOMATIC, SourceKind.ENTITY, SourceKind.LOCAL, SourceKind.URLS),
}
_DEFAULT_MEANINGS = {Family.IPV4: Meaning.THIS_NETWORK, Family.IPV6: Meaning.ROUTER}
"""What entities usually report: routers show the IPv6 address that is their own."""
_DEFAULT_MEANINGS_OF_DOMAINS = {**_DEFAULT_MEANINGS, Family.IPV4: Meaning.OTHER_CONNECTION}
"""The home's own connection is that of the zone: a source that differs is for another one."""


class SourceSteps[ResultT: FlowResult[Any, Any]](FormFlow[ResultT]):
    """Ask for the kind of each family's source, then for what the chosen kinds need."""

    is_of_zone: bool
    """Whether the sources are those of a zone: a domain can follow its zone instead."""
    stored_sources: Mapping[str, Sequence[Mapping[str, Any]]] = {}
    """The sources that are in use now."""
    further_values: Mapping[str, Any] = {}
    """The values of further fields of the first form."""
    kinds: dict[str, Any]
    """The values of the first form."""

    @property
    def source_families(self) -> Collection[Family]:
        """The families whose sources are asked for."""
        return FIELDS.keys()

    @abstractmethod
    def detections_in_use(self) -> Iterable[Detection]:
        """Return the last detections of the sources that are in use now."""

    @abstractmethod
    async def async_use_sources(
        self, sources: StoredSources, show_errors: ShowErrors[ResultT]
    ) -> ResultT:
        """Go on with the entered sources, or show the form again."""

    async def async_step_sources(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Ask for the kinds of sources; the form shows what the present ones report."""
        detections = sorted(self.detections_in_use(), key=lambda detection: detection.family)
        current = ", ".join(
            f"{detection.family.label} {detection.reported} ({detection.provider})"
            for detection in detections
            if detection.reported
        )
        self.form_placeholders = {**self.form_placeholders, "current": current or "?"}
        if user_input is not None:
            self.kinds = user_input
            if self._details_schema(user_input).schema:
                return await self.async_step_details()
        schema = _kinds_schema(self.source_families, is_of_zone=self.is_of_zone)
        return await self._async_show_or_use("sources", schema, user_input)

    async def async_step_details(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Ask for the entities and pages."""
        self.is_last_step = self.is_of_zone
        schema = self._details_schema(self.kinds)
        return await self._async_show_or_use("details", schema, user_input)

    @callback
    def _details_schema(self, kinds: Mapping[str, Any]) -> vol.Schema:
        meanings = _DEFAULT_MEANINGS if self.is_of_zone else _DEFAULT_MEANINGS_OF_DOMAINS
        return _details_schema(self.hass, kinds, meanings)

    async def _async_show_or_use(
        self, step_id: str, schema: vol.Schema, user_input: dict[str, Any] | None
    ) -> ResultT:
        if user_input is None:
            values = _form_values(self.hass, self.stored_sources, is_of_zone=self.is_of_zone)
            return self.show_form(step_id, schema, {**values, **self.further_values})
        show_errors = partial(self.show_form, step_id, schema, user_input)
        sources, errors = _read_form(self.hass, self.kinds | user_input)
        problem = errors or await _async_urls_error(self.hass, sources)
        return (
            show_errors(problem) if problem else await self.async_use_sources(sources, show_errors)
        )


def _kinds_schema(families: Collection[Family], *, is_of_zone: bool) -> vol.Schema:
    """Return the schema for the kind of each family's source."""
    schema: dict[vol.Marker, SelectSelector | BooleanSelector] = {}
    for family in sorted(families):
        kinds = [kind.value for kind in _KINDS[family]]
        options = [*kinds, OFF] if is_of_zone else [SAME_AS_ZONE, *kinds]
        schema[vol.Required(FIELDS[family].source)] = dropdown(options, CONF_SOURCE)
    if is_of_zone:
        schema[vol.Required(CONF_WATCH, default=True)] = BooleanSelector()
        resolvers = dropdown([*RESOLVERS], CONF_RESOLVERS)
        schema[vol.Required(CONF_RESOLVERS, default=DEFAULT_RESOLVERS)] = resolvers
    return vol.Schema(schema)


@callback
def _details_schema(
    hass: HomeAssistant, kinds: Mapping[str, Any], default_meanings: Mapping[Family, Meaning]
) -> vol.Schema:
    """Return the schema for what the chosen kinds need; it may be empty."""
    schema: dict[vol.Marker, Any] = {}
    for family, fields in FIELDS.items():
        kind = kinds.get(fields.source)
        if kind == SourceKind.ENTITY:
            schema[vol.Required(fields.entity)] = entity_selector(hass, family)
            meanings = [meaning.value for meaning in MEANINGS[family]]
            marker = vol.Required(fields.meaning, default=default_meanings[family].value)
            schema[marker] = dropdown(meanings, fields.meaning)
        elif kind == SourceKind.URLS:
            config = TextSelectorConfig(type=TextSelectorType.URL, multiple=True)
            schema[vol.Optional(fields.urls)] = TextSelector(config)
    return vol.Schema(schema)


@callback
def _form_values(hass: HomeAssistant, stored: StoredSources, *, is_of_zone: bool) -> dict[str, Any]:
    """Return the values of both forms for stored sources."""
    values: dict[str, Any] = {}
    for family, fields in FIELDS.items():
        values[fields.source] = OFF if is_of_zone else SAME_AS_ZONE
        for source in read_source_list(stored.get(family.key, ()), family)[:1]:
            values[fields.source] = source.kind.value
            if source.kind is SourceKind.ENTITY:
                entity_id = er.async_resolve_entity_id(er.async_get(hass), source.entity)
                values[fields.entity] = entity_id
                values[fields.meaning] = source.meaning.value
            elif source.kind is SourceKind.URLS:
                values[fields.urls] = [*source.urls]
    return values


@callback
def _read_form(hass: HomeAssistant, values: Mapping[str, Any]) -> tuple[StoredSources, Errors]:
    """Return the sources in the values of both forms as they are stored, and the errors.

    A family that was not asked for has no source of its own.
    """
    stored: dict[str, list[dict[str, Any]]] = {}
    errors: dict[str, str | None] = {}
    for family, fields in FIELDS.items():
        kind = values.get(fields.source, SAME_AS_ZONE)
        if kind == OFF:
            stored[family.key] = []
        elif kind != SAME_AS_ZONE:
            source = Source(family, SourceKind(kind))
            if source.kind is SourceKind.ENTITY:
                entity_id, meaning = values[fields.entity], Meaning(values[fields.meaning])
                source = replace(source, entity=stored_entity(hass, entity_id), meaning=meaning)
                errors[fields.entity] = entity_error(hass, entity_id, source)
            elif source.kind is SourceKind.URLS:
                urls = tuple(url.strip() for url in values.get(fields.urls, ()) if url.strip())
                errors[fields.urls] = urls_error(urls, family)
                source = replace(source, urls=urls)
            stored[family.key] = [source_data(source)]
    return stored, {field: error for field, error in errors.items() if error}


async def _async_urls_error(hass: HomeAssistant, stored: StoredSources) -> ErrorMessage | None:
    """Ask the chosen URLs; return what they report if it is no usable address."""
    for family, fields in FIELDS.items():
        for source in read_source_list(stored.get(family.key, ()), family):
            if source.kind is SourceKind.URLS:
                detection = await ddns.preview_source(async_get_detector(hass), source)
                if detection.expected is None:
                    responses = {"responses": response_text(detection)}
                    return ErrorMessage(fields.urls, "unusable_urls", responses)
    return None
