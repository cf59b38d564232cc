"""The house: a Home Assistant core with two zones, and what its user does to it."""

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from types import MappingProxyType
from typing import Any, cast

import attr
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryData,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry, RaindropCoordinator
from custom_components.raindrop.ddns.errors import CloudflareError
from custom_components.raindrop.ddns.model import ConflictKind
from custom_components.raindrop.sources import async_get_detector
from lab import Lab
from tests.secrets import TOKEN

from .beliefs import Beliefs
from .clock import Clock
from .core import core
from .stranger import Stranger
from .wishes import Choice, Sources, Wishes, id_of
from .words import ENTITIES, TYPES, ZONES, BrokenPromiseError, Deed, Slot
from .world import World


class House:
    """A core that is started and stopped, and what the user wants of it, as it is on disk."""

    def __init__(
        self,
        lab: Lab,
        clock: Clock,
        world: World,
        stranger: Stranger,
        beliefs: Beliefs,
        sources: Sources,
    ) -> None:
        """Stand empty."""
        self.hass: HomeAssistant
        self.wishes = {zone: Wishes(sources) for zone in ZONES}
        self.retiring: dict[str, set[Slot]] = {zone: set() for zone in ZONES}
        """Where records may be deleted."""
        self.owed: dict[str, set[Slot]] = {zone: set() for zone in ZONES}
        """Where records have to be deleted."""
        self._heard: dict[str, set[str]] = {zone: set() for zone in ZONES}
        """The domains whose records are to go with them, as an entry that was set up heard."""
        self._lab = lab
        self._clock = clock
        self._world = world
        self._stranger = stranger
        self._beliefs = beliefs
        self._core = AsyncExitStack()
        self._storage: dict[str, Any] = {}
        self._is_first = True
        self.deeds: dict[str, Deed] = {
            "adds": self.adds,
            "removes": self.removes,
            "switches": self.switches,
            "reloads": self.reloads,
            "restarts": self.restarts,
            "presses": self.presses,
            "plans": self.plans,
        }

    # The core

    async def start(self, is_late: bool = False) -> None:  # noqa: FBT001, FBT002
        """Start Home Assistant with what is on disk; entities may come up after it."""
        state = CoreState.running if self._is_first else CoreState.starting
        self._is_first = False
        self._core = AsyncExitStack()
        context = core(self._storage, state)
        hass = self.hass = self._clock.hass = await self._core.enter_async_context(context)
        self._beliefs.core_starts(async_get_detector(hass))
        registry = er.async_get(hass)
        for name in ENTITIES:
            entity = registry.async_get_or_create("sensor", "upnp", name, suggested_object_id=name)
            # The registry is not kept on this disk, and what is stored names entities by their id.
            registry.entities[entity.entity_id] = attr.evolve(entity, id=id_of(name))
        if not is_late:
            self._entities_come_up()
        for zone in ZONES:
            self._entry(zone).add_to_hass(hass)
        await async_setup_component(hass, DOMAIN, {})
        hass.set_state(CoreState.running)
        if state is not CoreState.running:
            hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        if is_late:
            self._entities_come_up()

    async def stop(self) -> None:
        """Stop Home Assistant, whatever is under way."""
        self._world.show = lambda _name: None
        self._world.is_deaf()
        await self.hass.async_stop(force=True)
        await self._core.aclose()

    def _entities_come_up(self) -> None:
        """Let every entity say what it has to say."""
        self._world.show = self._show
        for name in ENTITIES:
            self._world.hears(name)

    def _show(self, name: str) -> None:
        """Show what an entity says."""
        text = self._world.texts[name]
        if text == "gone":
            self.hass.states.async_remove(f"sensor.{name}")
        else:
            self.hass.states.async_set(f"sensor.{name}", text)

    def _entry(self, zone: str) -> MockConfigEntry:
        """Return the entry of a zone as it is on disk."""
        wishes, zone_id = self.wishes[zone], self._world.watches[zone].zone.id
        return MockConfigEntry(
            domain=DOMAIN,
            title=zone,
            unique_id=zone_id,
            entry_id=f"entry_of_{zone}",
            data={
                "zone": zone,
                "email": None,
                "key": TOKEN,
                "zone_id": zone_id,
                "zone_name": zone,
                "is_paid": False,
            },
            minor_version=2,
            options=wishes.options(),
            subentries_data=[
                {
                    **ConfigSubentryData(
                        subentry_type="domain",
                        title=domain,
                        unique_id=domain,
                        data=wishes.stored(domain),
                    ),
                    "subentry_id": f"subentry_of_{domain}",
                }
                for domain in wishes.domains
            ],
        )

    def entry(self, zone: str) -> RaindropConfigEntry:
        """Return the entry of a zone."""
        entries = self.hass.config_entries
        return cast("RaindropConfigEntry", entries.async_get_known_entry(f"entry_of_{zone}"))

    def coordinator(self, zone: str) -> RaindropCoordinator | None:
        """Return the coordinator of a zone, None if it is not set up."""
        entry = self.entry(zone)
        return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None

    # What its user does

    def wants(self, zone: str, domain: str, data: Mapping[str, Any]) -> None:
        """Want a domain kept."""
        self._forgets(zone, domain)

        def find(type_: str, number: int) -> str | None:
            there = self._stranger.finds(zone, domain, type_)
            return str(there[number % len(there)]["id"]) if there else None

        self.wishes[zone].want(domain, data, find)
        kept = self._slots_of(zone, domain)
        self.retiring[zone] -= kept
        self.owed[zone] -= kept
        self._may_write(zone)

    def _may_write(self, zone: str) -> None:
        """Let Raindrop write what is wanted from now on."""
        self._world.watches[zone].allow(self.wishes[zone].slots())

    def _slots_of(self, zone: str, domain: str) -> set[Slot]:
        """Return the slots of a domain, with those that have no source."""
        data = self.wishes[zone].domains.get(domain, {"families": ()})
        return {(domain, TYPES[label]) for label in data["families"]}

    async def adds(self, zone: str, domain: str, data: dict[str, Any]) -> None:
        """Add a domain, or change it."""
        self.wants(zone, domain, data)
        entry, stored = self.entry(zone), self.wishes[zone].stored(domain)
        found = [s for s in entry.subentries.values() if s.unique_id == domain]
        if found:
            self.hass.config_entries.async_update_subentry(entry, found[0], data=stored)
        else:
            subentry = ConfigSubentry(
                data=MappingProxyType(stored),
                subentry_id=f"subentry_of_{domain}",
                subentry_type="domain",
                title=domain,
                unique_id=domain,
            )
            self.hass.config_entries.async_add_subentry(entry, subentry)

    async def removes(self, zone: str, domain: str) -> None:
        """Remove a domain; its records go with it if that is what the user wanted."""
        if not self._forgets(zone, domain):
            return
        entry = self.entry(zone)
        for subentry in list(entry.subentries.values()):
            if subentry.unique_id == domain:
                self.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)

    def _forgets(self, zone: str, domain: str) -> bool:
        """Want a domain no longer; return whether it was wanted."""
        slots = self._slots_of(zone, domain)
        data = self.wishes[zone].domains.pop(domain, None)
        if data and data["delete"]:
            self.retiring[zone] |= slots
            self.owed[zone] |= slots if domain in self._heard[zone] else set()
        return data is not None

    def is_heard(self, zone: str) -> None:
        """Know that an entry was set up, and which domains are to take their records along."""
        domains = self.wishes[zone].domains
        self._heard[zone] = {domain for domain, data in domains.items() if data["delete"]}

    async def switches(self, zone: str, label: str, choice: Choice) -> None:
        """Choose another source for a family of a zone."""
        self.wishes[zone].choices[label] = choice
        self._may_write(zone)
        options = self.wishes[zone].options()
        self.hass.config_entries.async_update_entry(self.entry(zone), options=options)

    async def reloads(self, zone: str) -> None:
        """Set an entry up anew."""
        self.hass.config_entries.async_schedule_reload(self.entry(zone).entry_id)

    async def restarts(self, is_late: bool = False) -> None:  # noqa: FBT001, FBT002
        """Start Home Assistant anew."""
        await self.stop()
        await self.start(is_late)

    async def presses(self, zone: str) -> None:
        """Press the button, and shrug if it says that it did not help."""
        if coordinator := self.coordinator(zone):

            async def press() -> None:
                with suppress(HomeAssistantError):
                    await coordinator.async_update_now()

            _ = self.hass.async_create_task(press())

    async def plans(self, zone: str) -> None:
        """Ask what would be done; nothing may be done by it."""
        coordinator = self.coordinator(zone)
        if coordinator is None:
            return
        await self._clock.settle()
        self._lab.log.clear()

        async def ask() -> None:
            with suppress(CloudflareError):
                await coordinator.async_plan()

        asked_at = self._clock.now()
        await self._clock.see_out(ask())
        if self._clock.now() > asked_at:
            # It had to wait, and meanwhile a round was due.
            return
        # What it found out about the address may start a round of the other zone.
        log = self._lab.log.select(service="cloudflare")
        zone_id = self._world.watches[zone].zone.id
        methods = {entry.method for entry in log if zone_id in entry.target}
        if not methods <= {"GET"}:
            raise BrokenPromiseError(f"a plan asked for {methods}")

    # What only its user can put right

    async def renews(self) -> None:
        """Fill in the form of an entry that could not even be set up."""
        for zone in ZONES:
            entry = self.entry(zone)
            if entry.state is not ConfigEntryState.SETUP_ERROR:
                continue
            for flow in entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                await self.hass.config_entries.flow.async_configure(flow["flow_id"], {"key": TOKEN})
        await self._clock.settle()

    async def insists(self) -> None:
        """Mend what a stranger contested, as the repair does."""
        for zone in ZONES:
            coordinator = self.coordinator(zone)
            if coordinator is None:
                continue
            for slot, conflict in list(coordinator.data.conflicts.items()):
                if conflict.kind is ConflictKind.CONTESTED:
                    with suppress(HomeAssistantError):
                        await coordinator.async_update_again(slot)
        await self._clock.settle()
