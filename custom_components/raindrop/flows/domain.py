"""The subentry flow of a domain: its policies, its sources, and a preview of its records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    SubentryFlowResult,
)
from homeassistant.const import CONF_DOMAIN
from homeassistant.helpers.selector import SelectOptionDict
import voluptuous as vol

from .. import config, ddns
from ..address_history import async_get_history
from ..dashboard_links import dns_url
from ..ddns import HostName, to_unicode
from ..entry_reload import async_wait_until_loaded
from ..error_messages import ErrorMessage, try_or_error
from ..storage.connections import (
    ALL,
    CONF_CONNECTIONS,
    CONF_LIST,
    CONF_MODE,
    Connections,
    adopted_records,
    read_connections,
    with_own_records,
)
from ..storage.sources import CONF_SOURCES, read_sources
from ..subentries import add_subentry, new_domain_subentry
from .connection_addresses import address_message, address_rows
from .connection_steps import ConnectionSteps
from .connections_form import home_connection_name
from .first_form import FirstFormSteps
from .forms import Errors, ShowErrors, without_sections
from .offered_names import NameChoices, name_choices, name_list, read_names
from .preview import first_message, record_lines, zone_message
from .record_settings import policy_data, policy_errors
from .schemas import (
    CONF_BESIDE,
    CONF_OVERRIDE_SOURCES,
    CONF_SEVERAL_CONNECTIONS,
    beside_field,
    chosen_records,
    conflict_fields,
    domain_schema,
    new_domain_schema,
)
from .sources import SourceSteps, StoredSources
from .text_records import text_lines, text_message, text_options

CONF_BEFORE = "before"
"""The data of a flow that begins with what the first form did: what its records contained."""
CONF_IS_TAKEOVER = "is_takeover"
"""Whether that flow took over from another entry."""


class DomainFlow(
    SourceSteps[SubentryFlowResult], ConnectionSteps[SubentryFlowResult], FirstFormSteps
):
    """Add or change a domain."""

    is_of_zone = False
    _before: Collection[str] = ()
    _is_listed = False
    _choices: NameChoices
    _texts: Sequence[SelectOptionDict] = ()
    """The names whose texts the domain can change."""
    _names: list[HostName]
    _data: dict[str, Any]
    """What is stored for each of the names, except for the name."""
    _shown: Mapping[str, Any]
    """What was stored when the form was opened."""
    _rows: str
    _message: ErrorMessage | None
    _conflicts: Collection[ddns.Conflict]

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a new domain; after the first form, say first what it did."""
        if not await async_wait_until_loaded(self._entry):
            return self.async_abort(reason="not_loaded")
        if user_input and CONF_BEFORE in user_input:
            self._before = user_input[CONF_BEFORE]
            return await self.async_show_what_was_done(is_takeover=user_input[CONF_IS_TAKEOVER])
        choices = await self._async_name_choices()
        cnames = name_list(choices.cnames)
        self.form_placeholders = {"zone": self._entry.title, "cnames": cnames}
        schema = new_domain_schema(choices.options, self._texts, has_cnames=bool(cnames))
        if user_input is None:
            ticked = choices.pointing_to(self._home_addresses())
            return self.show_form("user", schema, {**config.DOMAIN_DEFAULTS, CONF_DOMAIN: ticked})
        user_input = without_sections(user_input)
        zone_name = config.zone_host_name(self._entry)
        names = read_names(user_input[CONF_DOMAIN], zone_name, config.host_names(self._entry))
        if isinstance(names, ErrorMessage):
            return self.show_form("user", schema, user_input, names)
        self._names = names
        self._data = {**config.DOMAIN_DEFAULTS, **policy_data(user_input)}
        errors = policy_errors(user_input)
        return await self._async_after_policies("user", schema, user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for other policies of a domain; its host name cannot change."""
        if (subentry := await self._async_subentry()) is None:
            return self.async_abort(reason="not_loaded")
        try:
            config.read_domain(subentry, read_sources(self._entry.options))
        except ValueError:
            return self.async_abort(reason="unreadable")
        stored = config.domain_data(subentry)
        self.form_placeholders = {"zone": self._entry.title, CONF_DOMAIN: subentry.title}
        self.stored_sources = stored[CONF_SOURCES]
        self.stored_connections = stored[CONF_CONNECTIONS]
        await self._async_name_choices(stored[config.CONF_TEXTS])
        schema = domain_schema(self._texts)
        if user_input is None:
            self._shown = stored
            opened = {
                CONF_OVERRIDE_SOURCES: bool(self.stored_sources),
                CONF_SEVERAL_CONNECTIONS: bool(self.stored_connections.get(CONF_LIST)),
            }
            return self.show_form("reconfigure", schema, {**stored, **opened})
        user_input = without_sections(user_input)
        self._names = [config.subentry_host_name(subentry)]
        cleared: dict[str, Any] = {CONF_SOURCES: {}, CONF_CONNECTIONS: {}}
        self._data = self._merged({**self._shown, **cleared, **policy_data(user_input)})
        errors = policy_errors(user_input)
        return await self._async_after_policies("reconfigure", schema, user_input, errors)

    @property
    @override
    def source_families(self) -> Collection[ddns.Family]:
        domains = map(self._domain_data, self._names)
        return {key.family for data in domains for key in config.read_record_keys(data)}

    @override
    def detections_in_use(self) -> Iterable[ddns.Detection]:
        if self._entry.state is not ConfigEntryState.LOADED:
            return ()
        data = {**self._domain_data(self._names[0]), CONF_SOURCES: self.stored_sources}
        managed_records = config.read_managed_records(data, read_sources(self._entry.options))
        known = self._entry.runtime_data.data.detections
        return [known[managed.source] for managed in managed_records if managed.source in known]

    @override
    async def async_use_sources(
        self, sources: StoredSources, show_errors: ShowErrors[SubentryFlowResult]
    ) -> SubentryFlowResult:
        self._data[CONF_SOURCES] = sources
        return await self._async_preview(show_errors)

    @override
    def zone_sources(self) -> Mapping[ddns.Family, ddns.Source]:
        return read_sources(self._entry.options)

    @override
    async def async_use_connections(
        self, connections: Mapping[str, Any], show_errors: ShowErrors[SubentryFlowResult]
    ) -> SubentryFlowResult:
        self._use_connections(connections)
        return await self._async_preview(show_errors)

    def _use_connections(self, connections: Mapping[str, Any]) -> None:
        self._data[CONF_CONNECTIONS] = connections
        if connections[CONF_MODE] == ALL and len(self._names) == 1:
            adopted = adopted_records(self._entry.runtime_data.data, self._names[0])
            stored = self._data.get(config.CONF_RECORDS, {})
            self._data[config.CONF_RECORDS] = {**adopted, **stored}

    async def async_step_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what will happen to the records, then store the domains."""
        if user_input is None:
            self.form_placeholders = {
                CONF_DOMAIN: self._shown_names(),
                "rows": self._rows,
                "dns_url": dns_url(self._entry.runtime_data.data.zone),
            }
            self.is_last_step = True
            fields = {**conflict_fields(self._conflicts), **beside_field(self._conflicts)}
            return self.show_form("preview", vol.Schema(fields), errors=self._message)
        given = user_input.get(config.CONF_TAKE_OVER, [])
        self._data[config.CONF_TAKE_OVER] = [*self._data[config.CONF_TAKE_OVER], *given]
        self._data[config.CONF_RECORDS] = {
            **self._data[config.CONF_RECORDS],
            **chosen_records(user_input),
        }
        if user_input.get(CONF_BESIDE):
            connections, sources = self._data[CONF_CONNECTIONS], self._data[CONF_SOURCES]
            name = home_connection_name(self.hass)
            self._use_connections(with_own_records(connections, sources, name))
        if self.source == SOURCE_USER:
            return self._create_domains()
        if (subentry := await self._async_subentry()) is None:
            return self.async_abort(reason="not_loaded")
        data = self._merged(self._domain_data(self._names[0]))
        return self.async_update_and_abort(self._entry, subentry, data=data)

    def _merged(self, entered: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was entered, with what was changed elsewhere since the form was opened.

        A switch, a select or a repair may have changed the domain meanwhile.
        """
        stored = config.domain_data(self._get_reconfigure_subentry())
        return {k: stored[k] if v == self._shown.get(k) else v for k, v in entered.items()}

    def _create_domains(self) -> SubentryFlowResult:
        """Add all domains; the last one is the result of the flow."""
        configured = config.host_names(self._entry)
        subentries = [
            new_domain_subentry(name, self._domain_data(name))
            for name in self._names
            if name not in configured
        ]
        for subentry in subentries[:-1]:
            add_subentry(self.hass, self._entry, subentry)
        if not subentries:
            return self.async_abort(reason="already_configured")
        last = subentries[-1]
        return self.async_create_entry(
            title=last["title"],
            data=last["data"],
            unique_id=last["unique_id"],
            # Home Assistant only names the last one.
            description="several" if len(subentries) > 1 else None,
            description_placeholders={"count": str(len(subentries))},
        )

    def _domain_data(self, name: HostName) -> dict[str, Any]:
        """Return what is stored for a name."""
        families = self._choices.families(name, self._data[config.CONF_FAMILIES])
        return {**self._data, config.CONF_FAMILIES: families, CONF_DOMAIN: name}

    def _shown_names(self) -> str:
        more = len(self._names) - 1
        return to_unicode(self._names[0]) + (f" (+{more})" if more else "")

    async def _async_after_policies(
        self, step_id: str, schema: vol.Schema, user_input: Mapping[str, Any], errors: Errors
    ) -> SubentryFlowResult:
        """Ask for the domain's own connections or sources if it has any, else show the preview."""
        show_errors = partial(self.show_form, step_id, schema, user_input)
        if errors:
            return show_errors(errors)
        shown = {CONF_DOMAIN: self._shown_names()}
        self.form_placeholders = {**self.form_placeholders, **shown}
        if user_input[CONF_SEVERAL_CONNECTIONS]:
            return await self.async_step_connections()
        if user_input[CONF_OVERRIDE_SOURCES]:
            return await self.async_step_sources()
        return await self._async_preview(show_errors)

    async def _async_preview(
        self, show_errors: ShowErrors[SubentryFlowResult]
    ) -> SubentryFlowResult:
        """Show the preview, or the error that prevents it."""
        if not await async_wait_until_loaded(self._entry):
            return self.async_abort(reason="not_loaded")
        if any(managed.lacks_prefix for managed in self._managed_records):
            return show_errors(ErrorMessage(config.CONF_INTERFACE_ID, "record_no_prefix"))
        if error := await try_or_error(self._async_make_preview()):
            return show_errors(error)
        if self._connections.listed:
            return await self.async_step_connection_addresses()
        return await self.async_step_preview()

    @property
    def _connections(self) -> Connections:
        return read_connections(self._data[CONF_CONNECTIONS], self.zone_sources())

    @property
    def _managed_records(self) -> list[ddns.ManagedRecord]:
        sources = self.zone_sources()
        domains = map(self._domain_data, self._names)
        return [m for data in domains for m in config.read_managed_records(data, sources)]

    async def _async_make_preview(self) -> None:
        """Raises OutsideZoneError or CloudflareError."""
        entry, coordinator = self._entry, self._entry.runtime_data
        managed = self._managed_records
        domains = map(self._domain_data, self._names)
        keys = [key for data in domains for key in config.read_record_keys(data)]
        zone_id = coordinator.config.zone_id
        zone_name = config.zone_host_name(entry)
        existing = await ddns.records_for(coordinator.client, zone_id, zone_name, self._names)
        zone = ddns.ZoneConfig(
            zone_id=zone_id, zone_name=zone_name, home_sources=(), managed_records=managed
        )
        failovers = {key: coordinator.data.record(key).failover for key in keys}
        records = {key: ddns.RecordState(failover=f) for key, f in failovers.items()}
        known = ddns.State(records=records)
        preview = await ddns.preview(coordinator.detector, zone, existing, known)
        self.connection_rows = address_rows(self._connections, managed, preview)
        self.connection_message = address_message(self._connections, preview)
        names = self._connections.names
        lines = record_lines(preview, managed, names)
        texts = text_lines(preview, existing, managed)
        self._rows = "\n".join((*lines, *texts))
        # For several names there is no form: repairs ask about each of them.
        self._conflicts = preview.plan.conflicts if len(self._names) == 1 else ()
        self._message = (
            first_message(preview, keys, managed, names)
            or zone_message(coordinator.data.zone)
            or text_message(preview, existing, managed)
        )

    async def _async_name_choices(self, texts: Collection[HostName] = ()) -> NameChoices:
        """List the names of the zone once; none if they cannot be listed.

        ``texts`` are the names that are already chosen, which may no longer have a text.
        """
        if not self._is_listed:
            coordinator = self._entry.runtime_data
            zone_id = coordinator.config.zone_id
            found = await try_or_error(coordinator.client.list_records(zone_id, names=()))
            records = () if isinstance(found, ErrorMessage) else found
            self._choices = name_choices(records, config.host_names(self._entry))
            self._texts = text_options(records, texts)
            self._is_listed = True
        return self._choices

    def _home_addresses(self) -> set[str]:
        """Return the addresses that the home has, and those that it had before."""
        history = async_get_history(self.hass)
        last = {change.family: change.from_ip for change in history.changes}
        now = self._entry.runtime_data.data.public_addresses
        return {*self._before, *map(str, (*last.values(), *now.values()))}
