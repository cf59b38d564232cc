"""Operations of the user: domains, sources, reloads, restarts, the button, and dry runs."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState

from simulator import Simulator
from tests.secrets import TOKEN

from .clock import Clock
from .external_editor import ExternalEditor
from .home_assistant_core import HomeAssistantCore
from .integration import OTHER_HOME_COMMENT, get_entry, loaded_zone, new_subentry
from .model import SourceChoice, ZoneModel
from .record_rules import version_of
from .resource_checker import ResourceChecker
from .scenario import InvariantViolationError, Operation
from .stored_data import entry_options, subentry_data
from .zone_checker import ZoneChecker


class UserOperations:
    """Changes the model and the running Home Assistant alike."""

    def __init__(
        self,
        simulator: Simulator,
        clock: Clock,
        core: HomeAssistantCore,
        editor: ExternalEditor,
        models: Mapping[str, ZoneModel],
        checkers: Mapping[str, ZoneChecker],
        resources: ResourceChecker,
    ) -> None:
        """Operate this core."""
        self._simulator = simulator
        self._clock = clock
        self._core = core
        self._editor = editor
        self._models = models
        self._checkers = checkers
        self._resources = resources
        self.operations: dict[str, Operation] = {
            "save_domain": self.save_domain,
            "remove_domain": self.remove_domain,
            "pause_domain": self.pause_domain,
            "give_record": self.give_record,
            "set_source": self.set_source,
            "reload": self.reload,
            "restart": self.restart,
            "update_now": self.update_now,
            "dry_run": self.dry_run,
        }

    def configure_domain(self, zone: str, domain: str, data: Mapping[str, Any]) -> None:
        """Add or replace a domain in the model alone."""

        def find_record(type_: str, number: int) -> str | None:
            existing = self._editor.find(zone, domain, type_)
            return str(existing[number % len(existing)]["id"]) if existing else None

        self._models[zone].save_domain(domain, data, find_record)
        self._allow_writes(zone)

    async def save_domain(self, zone: str, domain: str, data: dict[str, Any]) -> None:
        """Add or replace a domain."""
        self.configure_domain(zone, domain, data)
        self._store_domain(zone, domain)

    def _store_domain(self, zone: str, domain: str) -> None:
        """Store the configuration of a domain in its subentry."""
        hass, model = self._core.hass, self._models[zone]
        entry, config = get_entry(hass, zone), model.domains[domain]
        found = [s for s in entry.subentries.values() if s.data.get("domain") == domain]
        if found:
            stored = subentry_data(config, model.sources)
            hass.config_entries.async_update_subentry(entry, found[0], data=stored)
        else:
            subentry = new_subentry(config, model.sources)
            hass.config_entries.async_add_subentry(entry, subentry)

    async def pause_domain(self, zone: str, domain: str, paused: bool) -> None:  # noqa: FBT001
        """Turn *Keep up to date* off or on again."""
        if self._models[zone].pause_domain(domain, paused=paused):
            self._allow_writes(zone)
            self._store_domain(zone, domain)

    async def give_record(self, zone: str, domain: str, type_: str) -> None:
        """Give the records of another home to a domain, as they are now."""
        for record in self._editor.find(zone, domain, type_):
            is_of_other = record["comment"] == OTHER_HOME_COMMENT
            if is_of_other and self._models[zone].give_record(domain, version_of(record)):
                self._allow_writes(zone)
                self._store_domain(zone, domain)

    async def resume_all(self) -> None:
        """Keep all domains up to date again."""
        for zone, model in self._models.items():
            for domain in [name for name, config in model.domains.items() if config.paused]:
                await self.pause_domain(zone, domain, paused=False)

    async def remove_domain(self, zone: str, domain: str) -> None:
        """Remove a domain, together with its records if it is configured so."""
        if not self._models[zone].remove_domain(domain):
            return
        entry = get_entry(self._core.hass, zone)
        for subentry in list(entry.subentries.values()):
            if subentry.data.get("domain") == domain:
                self._core.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)

    async def set_source(self, zone: str, label: str, choice: SourceChoice) -> None:
        """Choose another source for a family of a zone."""
        model = self._models[zone]
        model.choices[label] = choice
        self._allow_writes(zone)
        self._core.hass.config_entries.async_update_entry(
            get_entry(self._core.hass, zone), options=entry_options(model)
        )

    async def reload(self, zone: str) -> None:
        """Reload the config entry of a zone."""
        hass = self._core.hass
        hass.config_entries.async_schedule_reload(get_entry(hass, zone).entry_id)

    async def restart(self, late_entities: bool = False) -> None:  # noqa: FBT001, FBT002
        """Restart Home Assistant."""
        await self._core.stop()
        await self._core.start(late_entities)

    async def update_now(self, zone: str) -> None:
        """Press the button *Update now*."""
        if loaded := loaded_zone(self._core.hass, zone):
            _ = self._core.hass.async_create_task(loaded.update_now())

    async def dry_run(self, zone: str) -> None:
        """Make a plan without applying it, and check that nothing is written."""
        loaded = loaded_zone(self._core.hass, zone)
        if loaded is None:
            return
        await self._clock.settle()
        requests = len(self._simulator.log.entries)
        began = self._clock.now()
        await self._clock.run_to_end(loaded.dry_run())
        if self._clock.now() > began:
            # It had to wait, so a scheduled update may have run as well.
            return
        self._check_requests_only_read(requests, self._checkers[zone].zone.id)
        # An update that the dry run started in another zone would need more time.
        await self._clock.settle()
        if self._clock.now() == began:
            self._check_requests_only_read(requests)

    async def complete_reauth(self) -> None:
        """Submit the reauthentication form of entries that could not be set up."""
        hass = self._core.hass
        for zone in self._models:
            entry = get_entry(hass, zone)
            if entry.state is not ConfigEntryState.SETUP_ERROR:
                continue
            for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH}):
                await hass.config_entries.flow.async_configure(flow["flow_id"], {"key": TOKEN})
        await self._clock.settle()

    async def resolve_contested(self) -> None:
        """Resolve the contested records and resources of all zones, as the repairs do."""
        for zone in self._models:
            if loaded := loaded_zone(self._core.hass, zone):
                await loaded.resolve_contested()
                await loaded.resolve_resources()
        await self._clock.settle()

    def _check_requests_only_read(self, before: int, zone_id: str = "") -> None:
        """Check that after so many requests none changed a zone, or any zone."""
        log = self._simulator.log.entries[before:]
        of_zone = (e for e in log if e.service == "cloudflare" and zone_id in e.target)
        methods = {entry.method for entry in of_zone}
        if not methods <= {"GET"}:
            raise InvariantViolationError(f"a dry run sent {methods}")

    def _allow_writes(self, zone: str) -> None:
        """Let the checker allow what is configured from now on."""
        self._checkers[zone].allow(self._models[zone].managed_records())
        self._resources.allow()
