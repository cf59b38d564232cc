"""The steps that take over the token and the records of Home Assistant's own integration."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .. import api_client, config, ddns
from ..address_sources import async_get_detector
from ..const import CONF_KEY, CONF_ZONE, CONF_ZONE_ID, DOMAIN
from ..ddns import (
    Conflict,
    Family,
    HostName,
    ManagedRecord,
    Reason,
    Record,
    Source,
    Zone,
    to_unicode,
)
from ..error_messages import BASE, ErrorMessage, try_or_error
from ..home_id import async_get_home_id
from ..storage.sources import read_sources
from ..subentries import add_subentry, new_domain_subentry
from ..takeover import (
    CONF_REPLACES,
    CloudflareEntry,
    async_begin_takeover,
    async_replaceable_entries,
)
from ..zone_move import zone_data
from .first_domain import unknown_address
from .forms import FormFlow
from .offered_names import name_list
from .preview import escape_markdown, zone_message
from .schemas import CREDENTIAL_SCHEMA, choice, record_choice, zone_fields

_CONF_ENTRY = "entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """What Raindrop is going to keep in the place of another entry."""

    zone: Zone
    is_kept_in_part: bool
    """Whether that entry has some of the names already."""
    left: Mapping[HostName, Sequence[Record]]
    """The names that cannot be taken over, with what is there."""
    managed_records: Sequence[ManagedRecord]
    """Those of the names that are taken over."""
    preview: ddns.Preview

    @property
    def ambiguous(self) -> list[Conflict]:
        """The names with several A records, of which the user has to choose one."""
        return [c for c in self.preview.plan.conflicts if c.reason is Reason.AMBIGUOUS]

    @property
    def left_names(self) -> str:
        """The names that cannot be taken over and what is there, for display."""
        return ", ".join(f"{to_unicode(name)} ({_text(r)})" for name, r in self.left.items())

    @property
    def rows(self) -> str:
        """The Markdown rows of a preview: name and address, with an arrow if that changes.

        Nothing else changes, and two columns fit on a phone.
        """
        plan = self.preview.plan
        contents = {key: record.content for key, record in plan.records.items()}
        contents |= {c.record_key: ", ".join(r.content for r in c.records) for c in self.ambiguous}
        contents |= {c.record_key: f"{contents[c.record_key]} → {c.address}" for c in plan.changes}
        keys = [managed.record_key for managed in self.managed_records]
        cells = [(to_unicode(key.name), contents[key]) for key in keys]
        return "\n".join(f"| {' | '.join(map(escape_markdown, row))} |" for row in cells)

    @property
    def message(self) -> ErrorMessage | None:
        """What the user should know before, if there is anything."""
        if self.left:
            return ErrorMessage(BASE, "names_left", {"names": self.left_names})
        if not self.managed_records:
            return ErrorMessage(BASE, "names_kept")
        return zone_message(self.zone)


class TakeoverSteps(FormFlow[ConfigFlowResult], ConfigFlow):
    """Offer to take over, show what will be kept, and create the entry with all of it."""

    _is_offered = False
    _replaced: CloudflareEntry
    _credential: Mapping[str, Any]
    _zone_text: str
    """The name of the zone, or the id that the user chose."""
    _zones: Mapping[str, str] = {}
    """Several zones of the name in a form, of which the user has to choose one."""
    _takeover: Takeover
    _preview: ddns.Preview
    """What was detected, and what will be changed."""

    @callback
    def is_takeover_possible(self) -> bool:
        """Return whether to offer to take over, which is done once."""
        return not self._is_offered and bool(async_replaceable_entries(self.hass))

    async def async_step_start(self, user_input: None = None) -> ConfigFlowResult:
        """Offer to take over, beside the first form."""
        self._is_offered = True
        entries = async_replaceable_entries(self.hass).values()
        return self.async_show_menu(
            step_id="start",
            menu_options=["take_over", "user"],
            description_placeholders={"zones": name_list(entry.zone_name for entry in entries)},
        )

    async def async_step_take_over(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take over the only entry, or ask for one of several."""
        entries = async_replaceable_entries(self.hass)
        if user_input is None and len(entries) > 1:
            labels = {entry_id: to_unicode(e.zone_name) for entry_id, e in entries.items()}
            schema = vol.Schema({vol.Required(_CONF_ENTRY): choice(labels)})
            return self.show_form("take_over", schema)
        chosen = user_input[_CONF_ENTRY] if user_input else next(iter(entries), None)
        if chosen not in entries:
            return await self.async_step_user()
        self._replaced = entries[chosen]
        self._credential = {CONF_KEY: self._replaced.token}
        self._zone_text = self._replaced.zone_name
        return await self._async_look_up()

    async def async_step_retry(self, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Try again, with what was entered."""
        self._zone_text = user_input.get(CONF_ZONE_ID, self._zone_text)
        self._credential = user_input if CONF_KEY in user_input else self._credential
        return await self._async_look_up()

    async def _async_look_up(self) -> ConfigFlowResult:
        """Look at the zone; show what will be kept, or why it could not be looked at."""
        found = await try_or_error(self._async_find_takeover())
        zone_name = to_unicode(self._replaced.zone_name)
        self.form_placeholders = {**self.form_placeholders, "zone": zone_name}
        if isinstance(found, ErrorMessage):
            fields = zone_fields(self._zones)
            is_of_key = found.form_field != BASE and not fields
            schema = CREDENTIAL_SCHEMA if is_of_key else vol.Schema(fields)
            values = {CONF_EMAIL: api_client.stored_email(self._credential)}
            return self.show_form("retry", schema, values, found)
        if not (found.managed_records or found.is_kept_in_part):
            placeholders = {"names": found.left_names or "—"}
            return self.async_abort(reason="nothing_left", description_placeholders=placeholders)
        self._takeover, self._preview = found, found.preview
        await self.async_set_unique_id(found.zone.id)
        return self._show_records(found)

    async def _async_find_takeover(self) -> Takeover | ErrorMessage:
        """Raises CloudflareError."""
        home_id = await async_get_home_id(self.hass)
        client = api_client.async_get_client(self.hass, self._credential, home_id)
        self._zones = {}
        try:
            found = await ddns.find_records(client, self._zone_text, self._replaced.names)
        except ddns.AmbiguousZoneError as err:
            self._zones = err.zones
            raise
        return await _async_preview(self.hass, *found, self._replaced.names)

    def _show_records(
        self,
        takeover: Takeover,
        values: Mapping[str, Any] | None = None,
        errors: dict[str, str] | None = None,
    ) -> ConfigFlowResult:
        """Show what will be kept, with a field for each name that has several records."""
        self.is_last_step = True
        self.form_placeholders = {**self.form_placeholders, "rows": takeover.rows}
        schema = vol.Schema(
            {vol.Optional(_field(c)): record_choice(c.records) for c in takeover.ambiguous}
        )
        return self.show_form("records", schema, values, errors or takeover.message)

    async def async_step_records(self, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Create the entry with all names, or add them to the entry of the zone."""
        takeover = self._takeover
        fields = {_field(conflict): conflict.record_key.name for conflict in takeover.ambiguous}
        if missing := fields.keys() - user_input.keys():
            errors = dict.fromkeys(missing, "record_not_chosen")
            return self._show_records(takeover, user_input, errors)
        chosen = {fields[field]: {Family.IPV4.key: user_input[field]} for field in fields}
        # The zone may have been added or removed meanwhile, and some of the names too.
        existing = _entry_of(self.hass, takeover.zone)
        configured = config.host_names(existing) if existing else []
        names = [managed.record_key.name for managed in takeover.managed_records]
        subentries = [
            new_domain_subentry(name, {config.CONF_RECORDS: chosen.get(name, {})})
            for name in names
            if name not in configured
        ]
        if existing:
            for subentry in subentries:
                add_subentry(self.hass, existing, subentry)
            async_begin_takeover(self.hass, existing, self._replaced.entry_id)
            placeholders = {"count": str(len(subentries)), "zone": existing.title}
            return self.async_abort(reason="taken_over", description_placeholders=placeholders)
        return self.async_create_entry(
            title=to_unicode(self._replaced.zone_name),
            data={
                CONF_ZONE: self._replaced.zone_name,
                **api_client.credential_data(self._credential),
                **zone_data(takeover.zone),
                CONF_REPLACES: self._replaced.entry_id,
            },
            options=config.DEFAULT_OPTIONS,
            subentries=subentries,
        )


async def _async_preview(
    hass: HomeAssistant, zone: Zone, records: Sequence[Record], names: Sequence[HostName]
) -> Takeover | ErrorMessage:
    """Return what can be taken over: names with an A record that nothing else keeps."""
    existing = _entry_of(hass, zone)
    kept = config.host_names(existing) if existing else []
    sources = read_sources(existing.options) if existing else {f: Source(f) for f in Family}
    if Family.IPV4 not in sources:
        return ErrorMessage(BASE, "source_off")
    there = {name: [r for r in records if r.name == name] for name in names if name not in kept}
    managed_records = [
        managed
        for name, found in there.items()
        if any(record.type == Family.IPV4.record_type for record in found)
        for managed in config.read_managed_records(new_domain_subentry(name, {})["data"], sources)
    ]
    zone_config = ddns.ZoneConfig(
        zone_id=zone.id, zone_name=zone.name, home_sources=(), managed_records=managed_records
    )
    preview = await ddns.preview(async_get_detector(hass), zone_config, records)
    if not all(d.expected for d in preview.detections.values()):
        return unknown_address(preview)
    conflicts = [c for c in preview.plan.conflicts if c.reason is not Reason.AMBIGUOUS]
    obstacles = {conflict.record_key.name: conflict.records for conflict in conflicts}
    ours = [managed for managed in managed_records if managed.record_key.name not in obstacles]
    left = there.keys() - {managed.record_key.name for managed in ours}
    return Takeover(
        zone=zone,
        is_kept_in_part=not {*kept}.isdisjoint(names),
        left={name: obstacles.get(name, there[name]) for name in names if name in left},
        managed_records=ours,
        preview=preview,
    )


def _entry_of(hass: HomeAssistant, zone: Zone) -> ConfigEntry | None:
    """Return the entry of a zone if it is set up already: the names are added to it."""
    return hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, zone.id)


def _field(conflict: Conflict) -> str:
    """Return the field of a name; without a translation, it is its own label."""
    return to_unicode(conflict.record_key.name)


def _text(records: Iterable[Record]) -> str:
    """Return what is at a name, a dash if there is nothing."""
    return ", ".join(f"{record.type} {record.content}" for record in records) or "—"
