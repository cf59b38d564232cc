"""A whole house on a stage: Home Assistant, the lab, a stranger, and a program to play."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterator,
    Mapping,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from ipaddress import ip_address
import json
import logging
from types import MappingProxyType
from typing import Any, cast

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryData,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry, RaindropCoordinator
from custom_components.raindrop.ddns import cloudflare, web
from custom_components.raindrop.ddns.errors import CloudflareError, CloudflareRefusedError
from custom_components.raindrop.ddns.model import OWNER_COMMENT, ConflictKind
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from custom_components.raindrop.domains import DEFAULTS
from custom_components.raindrop.source_options import DEFAULT_OPTIONS
from lab import Lab
from lab.cloudflare import RefusedError
from lab.journal import Entry, Service
from lab.sources import web_sources
from tests.secrets import TOKEN, found_in

from .core import core
from .program import GOOD, LIST, OPERATORS, ZONES, Program, Step
from .watch import ENTITY, BrokenPromiseError, LogWatch, Said, Slot, ZoneWatch

CYCLE_S = 301
HOUR_S = 3601
TYPES = {"ipv4": "A", "ipv6": "AAAA"}
ROUTED = "example.org"
"""The zone whose IPv4 address an entity says."""
_QUIET = 60
"""Turns of the loop without news, after which what is under way waits for somebody."""
_LONG = 200_000
"""Turns without news after which even what waits for nobody is helped along."""
_ENOUGH = 60
"""Times that a house is helped along before it is said never to come to rest."""
_PATIENCE_S = 2.5
"""How much time passes then: the time-outs are 5 and 20 seconds."""

type Deed = Callable[..., Awaitable[None]]


class House:
    """The house, and everything that can happen to it."""

    def __init__(self, lab: Lab, freezer: FrozenDateTimeFactory) -> None:
        """Prepare the stage."""
        self.lab = lab
        self.said = Said()
        self.log = LogWatch()
        self.truth = {4: GOOD[4][0], 6: GOOD[6][0]}
        self._freezer = freezer
        self._core = AsyncExitStack()
        self._storage: dict[str, Any] = {}
        self._plan: dict[str, dict[str, dict[str, Any]]] = {zone: {} for zone in ZONES}
        """What the user wants of each zone, as it is on disk."""
        self._entry_ids: dict[str, str] = {}
        self._retiring: dict[str, set[Slot]] = {zone: set() for zone in ZONES}
        self._heard: dict[str, set[str]] = {zone: set() for zone in ZONES}
        """The domains whose records are to go with them, as an entry that was set up heard."""
        self._owed: dict[str, set[Slot]] = {zone: set() for zone in ZONES}
        self._router_text: str | None = self.truth[4]
        self._is_first = True
        self.hass: HomeAssistant
        self.watches: dict[str, ZoneWatch] = {}
        self._deeds: dict[str, Deed] = {
            "passes": self.passes,
            "moves": self._moves,
            "lies": self._lies,
            "falls_silent": self._falls_silent,
            "is_honest": self._is_honest,
            "router_says": self._router_says,
            "fails": self._fails,
            "works": self._works,
            "reaches": self._reaches,
            "token": self._token,
            "zone": self._zone,
            "stranger": self._stranger,
            "adds": self._adds,
            "removes": self._removes,
            "reloads": self._reloads,
            "restarts": self._restarts,
            "presses": self._presses,
            "plans": self._plans,
            "meanwhile": self._meanwhile,
        }

    # The play

    async def open(self) -> None:
        """Build two zones with strangers' records, and set them up."""
        self.lab.cloudflare.add_token(TOKEN)
        for name in ZONES:
            zone = self.lab.cloudflare.add_zone(name)
            self.watches[name] = ZoneWatch(zone, self.said, has_entity=name == ROUTED)
            with self._strangers_hand():
                for fields in _furniture(name):
                    self.lab.cloudflare.add_record(zone, **fields)
        await self._is_honest()
        self._want("example.com", "home.example.com", {})
        self._want("example.com", "www.example.com", {"families": ["ipv4", "ipv6"]})
        self._want("example.org", "vpn.example.org", {"families": ["ipv4", "ipv6"]})
        self._begin_step()
        await self.see_out(self._start())
        await self.settle()
        self._end_step(["opens"])

    async def play(self, steps: Program) -> None:
        """Take every step, and look after each whether all promises were kept."""
        for step in steps:
            self._begin_step()
            await self.see_out(self._do(step))
            await self.settle()
            self._end_step(step)

    async def close(self) -> None:
        """Take everything down."""
        self.lab.faults.clear()
        await self.see_out(self._stop())
        await self.see_out(self.lab.stop())

    async def _do(self, step: Step) -> None:
        """Take one step."""
        name, *details = step
        await self._deeds[str(name)](*details)

    def _begin_step(self) -> None:
        """Look at the house before a step."""
        self.said.begin_step()
        self.lab.log.clear()
        for name, watch in self.watches.items():
            watch.begin_step(self._slots(name))
            watch.retiring = self._retiring[name]

    def _end_step(self, step: Step) -> None:
        """Look at the house after a step."""
        for name, plan in self._plan.items():
            if step[0] in {"opens", "restarts", "reloads"} or self.coordinator(name):
                self._heard[name] = {domain for domain, data in plan.items() if data["delete"]}
        broken = [promise for watch in self.watches.values() for promise in watch.end_step()]
        broken += self.log.broken
        broken += [f"an odd request: {surprise}" for surprise in self.lab.log.surprises]
        if broken:
            raise BrokenPromiseError(f"after {json.dumps(step)}: {'; '.join(broken)}")

    # The house

    async def _start(self) -> None:
        """Start Home Assistant with what is on disk."""
        state = CoreState.running if self._is_first else CoreState.starting
        self._is_first = False
        self.said.core_starts()
        self._core = AsyncExitStack()
        context = core(self._storage, state)
        hass = self.hass = await self._core.enter_async_context(context)
        router = er.async_get(hass).async_get_or_create(
            "sensor", "upnp", "router", suggested_object_id="router"
        )
        self._router_id, self._router_entity_id = router.id, router.entity_id
        self._show_router()
        for name in ZONES:
            self._entry(name).add_to_hass(hass)
        await async_setup_component(hass, DOMAIN, {})
        hass.set_state(CoreState.running)
        if state is not CoreState.running:
            hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)

    async def _stop(self) -> None:
        """Stop Home Assistant, whatever is under way."""
        await self.hass.async_stop(force=True)
        await self._core.aclose()

    def _entry(self, name: str) -> MockConfigEntry:
        """Return the entry of a zone as it is on disk."""
        zone = self.watches[name].zone
        options = dict(DEFAULT_OPTIONS)
        if name == ROUTED:
            options["ipv4"] = {
                "source": "entity",
                "entity": self._router_id,
                "is_default_way": True,
            }
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=name,
            unique_id=zone.id,
            entry_id=f"entry_of_{name}",
            data={
                "zone": name,
                "email": None,
                "key": TOKEN,
                "zone_id": zone.id,
                "zone_name": name,
                "is_paid": False,
            },
            minor_version=2,
            options=options,
            subentries_data=[
                {
                    **ConfigSubentryData(
                        subentry_type="domain", title=domain, unique_id=domain, data=data
                    ),
                    "subentry_id": f"subentry_of_{domain}",
                }
                for domain, data in self._plan[name].items()
            ],
        )
        self._entry_ids[name] = entry.entry_id
        return entry

    def entry(self, name: str) -> RaindropConfigEntry:
        """Return the entry of a zone."""
        return cast(
            "RaindropConfigEntry",
            self.hass.config_entries.async_get_known_entry(self._entry_ids[name]),
        )

    def coordinator(self, name: str) -> RaindropCoordinator | None:
        """Return the coordinator of a zone, None if it is not set up."""
        entry = self.entry(name)
        return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None

    def _slots(self, name: str) -> set[Slot]:
        """Return the slots of a zone."""
        return {
            (domain, TYPES[family])
            for domain, data in self._plan[name].items()
            for family in data["families"]
        }

    def _want(self, zone: str, domain: str, data: Mapping[str, Any]) -> None:
        """Want a domain kept."""
        self._plan[zone][domain] = {**DEFAULTS, "domain": domain, **data}
        self._retiring[zone] -= self._slots(zone)
        self._owed[zone] -= self._slots(zone)

    # Time

    def starts_to_pass(self, seconds: float) -> None:
        """Let time pass, and what is due begin."""
        self._freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass)

    async def passes(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        self.starts_to_pass(seconds)

    async def settle(self) -> None:
        """Wait until all is done; who waits for an answer that never comes waits out its time."""
        await self.see_out(self.hass.async_block_till_done(wait_background_tasks=True))

    async def see_out(self, work: Coroutine[Any, Any, None] | asyncio.Task[None]) -> None:
        """Wait for work to end, and let time pass for what else would wait for ever."""
        task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
        for _ in range(_ENOUGH):
            if await self._comes_to_rest(task):
                return await task
            self.starts_to_pass(_PATIENCE_S)
        raise BrokenPromiseError("the house does not come to rest")

    async def _comes_to_rest(self, task: asyncio.Task[None], turns: int = _LONG) -> bool:
        """Turn the loop until a task ends, or nothing happens; return whether it ended."""
        quiet, seen = 0, (-1, -1)
        while not task.done():
            entries = self.lab.log.entries
            waiting = [entry for entry in entries if entry.end is None]
            if quiet >= (_QUIET if waiting and all(map(_is_kept, waiting)) else turns):
                return False
            await asyncio.sleep(0)
            news = len(entries), len(waiting)
            quiet, seen = (quiet + 1 if news == seen else 0), news
        return True

    # What can happen

    async def _moves(self, address: str) -> None:
        """Give the home another address, which everybody sees."""
        self.truth[_family(address)] = address
        self._says(None, _family(address), address)
        if _family(address) == 4:
            self._router_text = address
            self._show_router()

    async def _lies(self, operator: str, address: str) -> None:
        """Let one operator say another address."""
        self._says(operator, _family(address), address)

    async def _falls_silent(self, operator: str | None, family: int) -> None:
        """Let one operator, or all, be out of reach."""
        self._says(operator, family, None)

    async def _is_honest(self) -> None:
        """Let all operators say where the home is."""
        for family, address in self.truth.items():
            self._says(None, family, address)

    def _says(self, operator: str | None, family: int, address: str | None) -> None:
        """Let one operator, or all, say an address."""
        self.lab.ip.set_address(address, operator=operator, family=cast("Any", family))
        for name in [operator] if operator else OPERATORS:
            self.said.says(name, family, address)

    async def _router_says(self, text: str | None) -> None:
        """Let the router's entity say something, or the truth."""
        self._router_text = text or self.truth[4]
        self._show_router()

    def _show_router(self) -> None:
        """Show what the router says."""
        self.said.says(ENTITY, 4, self._router_text)
        self.hass.states.async_set(self._router_entity_id, str(self._router_text))

    async def _fails(
        self, service: Service, target: str, kind: str, times: int | None, detail: dict[str, Any]
    ) -> None:
        """Let requests fail."""
        self.lab.faults.add(service, target, kind=kind, times=times, **detail)
        if service == "ip" and kind == "body":
            told = [name for name in OPERATORS if name not in ("cloudflare", "home-assistant")]
            self.said.may_say([n for n in told if target in (n, "*")], detail["body"])

    async def _works(self) -> None:
        """End all faults."""
        self.lab.faults.clear()
        self.said.faults_end()

    async def _reaches(self, is_reachable: bool) -> None:  # noqa: FBT001
        """Let Cloudflare be in reach, or not."""
        self.lab.cloudflare.reachable = is_reachable

    async def _token(self, how: str) -> None:
        """Revoke the token, change what it may do, or give it back."""
        lab = self.lab.cloudflare
        match how:
            case "revoked":
                with suppress(KeyError):
                    lab.credentials.revoke(TOKEN)
            case "read":
                lab.add_token(TOKEN, permissions={"dns:read"})
            case "elsewhere":
                lab.add_token(TOKEN, only_from=["192.0.2.0/24"])
            case "other_zone":
                lab.add_token(TOKEN, zones=[self.watches["example.com"].zone])
            case _:
                lab.add_token(TOKEN)

    async def _zone(self, name: str, is_there: bool) -> None:  # noqa: FBT001
        """Take a zone from the account, or give it back as it was."""
        zones, zone = self.lab.cloudflare._zones, self.watches[name].zone
        if is_there:
            zones[zone.id] = zone
        else:
            zones.pop(zone.id, None)

    async def _stranger(self, zone: str, deed: str, name: str, address: str) -> None:
        """Let somebody else edit DNS, as far as Cloudflare lets them."""
        type_ = "A" if _family(address) == 4 else "AAAA"
        with self._strangers_hand(), suppress(RefusedError):
            self._edit(zone, deed, name, type_, address)

    def _edit(self, zone: str, deed: str, name: str, type_: str, address: str) -> None:
        """Edit DNS; raises RefusedError for what Cloudflare does not take."""
        lab = self.lab.cloudflare
        held = self.watches[zone].zone
        there = [r for r in lab.records(held) if (r["name"], r["type"]) == (name, type_)]
        others = [r for r in lab.records(held) if r["type"] == "TXT"]
        match deed:
            case "adds":
                lab.add_record(held, type=type_, name=name, content=address)
            case "cname":
                lab.add_record(held, type="CNAME", name=name, content="elsewhere.example.net")
            case "other_adds":
                lab.add_record(held, type="TXT", name=name, content=f"{address} {len(others)}")
            case "other_edits" if others:
                lab.edit_record(held, others[0]["id"], content=f"{address} was here")
            case "other_deletes" if others:
                lab.delete_record(held, others[0]["id"])
        changes: dict[str, dict[str, Any]] = {
            "edits": {"content": address},
            "comments": {"comment": "mine now"},
            "renames": {"name": f"old.{held.name}"},
            "proxies": {"proxied": True},
        }
        for record in there[:1]:
            if deed == "deletes":
                lab.delete_record(held, record["id"])
            elif deed in changes:
                lab.edit_record(held, record["id"], **changes[deed])

    @contextmanager
    def _strangers_hand(self) -> Iterator[None]:
        """Know that what is done is not Raindrop's doing."""
        for watch in self.watches.values():
            watch.is_stranger = True
        try:
            yield
        finally:
            for watch in self.watches.values():
                watch.is_stranger = False

    async def _adds(self, zone: str, domain: str, data: dict[str, Any]) -> None:
        """Add a domain, or change it."""
        self._forgets(zone, domain)
        self._want(zone, domain, data)
        watch = self.watches[zone]
        watch.slots |= self._slots(zone)
        entry = self.entry(zone)
        found = [s for s in entry.subentries.values() if s.unique_id == domain]
        data = self._plan[zone][domain]
        if found:
            self.hass.config_entries.async_update_subentry(entry, found[0], data=data)
        else:
            subentry = ConfigSubentry(
                data=MappingProxyType(data),
                subentry_id=f"subentry_of_{domain}",
                subentry_type="domain",
                title=domain,
                unique_id=domain,
            )
            self.hass.config_entries.async_add_subentry(entry, subentry)

    async def _removes(self, zone: str, domain: str) -> None:
        """Remove a domain; its records go with it if that is what the user wanted."""
        if not self._forgets(zone, domain):
            return
        entry = self.entry(zone)
        for subentry in list(entry.subentries.values()):
            if subentry.unique_id == domain:
                self.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)

    def _forgets(self, zone: str, domain: str) -> bool:
        """Want a domain no longer; return whether it was wanted."""
        data = self._plan[zone].pop(domain, None)
        if data and data["delete"]:
            slots = {(domain, TYPES[family]) for family in data["families"]}
            self._retiring[zone] |= slots
            self._owed[zone] |= slots if domain in self._heard[zone] else set()
        return data is not None

    async def _reloads(self, zone: str) -> None:
        """Set an entry up anew."""
        self.hass.config_entries.async_schedule_reload(self.entry(zone).entry_id)

    async def _restarts(self) -> None:
        """Start Home Assistant anew."""
        await self._stop()
        await self._start()

    async def _presses(self, zone: str) -> None:
        """Press the button, and shrug if it says that it did not help."""
        if coordinator := self.coordinator(zone):

            async def press() -> None:
                with suppress(HomeAssistantError):
                    await coordinator.async_update_now()

            _ = self.hass.async_create_task(press())

    async def _plans(self, zone: str) -> None:
        """Ask what would be done; nothing may be done by it."""
        coordinator = self.coordinator(zone)
        if coordinator is None:
            return
        await self.settle()
        self.lab.log.clear()

        async def ask() -> None:
            with suppress(CloudflareError):
                await coordinator.async_plan()

        asked_at = dt_util.utcnow()
        await self.see_out(ask())
        if dt_util.utcnow() > asked_at:
            # It had to wait, and meanwhile a round was due.
            return
        # What it found out about the address may start a round of the other zone.
        log = self.lab.log.select(service="cloudflare")
        methods = {e.method for e in log if self.watches[zone].zone.id in e.target}
        if not methods <= {"GET"}:
            raise BrokenPromiseError(f"a plan asked for {methods}")

    async def _meanwhile(
        self,
        target: str,
        is_lost: bool,  # noqa: FBT001
        begins: Step,
        inner: Step,
    ) -> None:
        """Let something happen while a request is under way that was carried out already."""
        service: Service = "ip" if target == "ip" else "cloudflare"
        where = "*" if target == "ip" else target
        faults = [self.lab.faults.add(service, where, kind="hold", times=1)]
        if is_lost:
            faults.append(self.lab.faults.add(service, where, kind="lost_answer", times=1))
        await self._do(begins)
        self.starts_to_pass(CYCLE_S)
        rest = asyncio.create_task(self.hass.async_block_till_done(wait_background_tasks=True))
        _ = await self._comes_to_rest(rest)
        happens = asyncio.create_task(self._do(inner))
        _ = await self._comes_to_rest(happens)
        for fault in faults:
            self.lab.faults.remove(fault)
        await self.see_out(happens)
        await self.see_out(rest)

    # The calm after it

    async def calms_down(self) -> None:
        """End all faults and lies, tidy up after the stranger, and see everything put right."""
        step: Step = ["calms down"]
        self._begin_step()
        # Under whatever faults stand: so that there is something to be put right.
        for addresses in GOOD.values():
            await self._moves(addresses[-2])
        self.starts_to_pass(CYCLE_S)
        await self.settle()
        await self._works()
        await self._reaches(is_reachable=True)
        await self._token("full")
        for name in ZONES:
            await self._zone(name, is_there=True)
        await self._is_honest()
        await self._router_says(None)
        self._tidies_up()
        await self.settle()
        patient = self._patient_slots()
        for _ in range(2):
            await self.passes(CYCLE_S)
            await self.settle()
        self._check_dns(but=patient)
        await self._renews()
        for _ in range(12):
            await self.passes(CYCLE_S)
            await self.settle()
        await self._insists()
        await self.passes(CYCLE_S)
        await self.settle()
        self._end_step(step)
        self._begin_step()
        for _ in range(2):
            await self.passes(CYCLE_S)
            await self.settle()
        self._check_quiet()
        self._check_dns()
        self._check_house()
        for name in ZONES:
            await self._reloads(name)
        await self.settle()
        self._check_retired()
        self._end_step(step)
        await self._check_secrets()

    def _tidies_up(self) -> None:
        """Take away what the stranger put in the way, and give back what only the user may."""
        lab = self.lab.cloudflare
        with self._strangers_hand():
            for zone in ZONES:
                held = self.watches[zone].zone
                for name, type_ in self._slots(zone):
                    here = [r for r in lab.records(held) if r["name"] == name]
                    for record in here:
                        if record["type"] == "CNAME":
                            lab.delete_record(held, record["id"])
                    twins = [r for r in here if r["type"] == type_]
                    twins.sort(key=lambda r: r["comment"] != OWNER_COMMENT)
                    for twin in twins[1:]:
                        lab.delete_record(held, twin["id"])
                    if not twins and not self._plan[zone][name]["create"]:
                        content = GOOD[4][0] if type_ == "A" else GOOD[6][0]
                        lab.add_record(held, type=type_, name=name, content=content)

    def _patient_slots(self) -> set[Slot]:
        """Return the slots for which an audit is promised, or the user's help, and no more."""
        patient: set[Slot] = set()
        for zone, watch in self.watches.items():
            patient |= watch.touched
            coordinator = self.coordinator(zone)
            if coordinator is None:
                patient |= self._slots(zone)
                continue
            patience, report = coordinator._patience, coordinator.data
            is_waiting = patience.wait_s(dt_util.utcnow()) > 0
            if patience.is_denied or is_waiting:
                patient |= self._slots(zone)
            patient |= {
                (slot.name, slot.family.record_type)
                for slot, outcome in report.outcomes.items()
                if isinstance(outcome.error, CloudflareRefusedError)
            }
        return patient

    async def _renews(self) -> None:
        """Fill in the form of an entry that could not even be set up."""
        for name in ZONES:
            entry = self.entry(name)
            if entry.state is not ConfigEntryState.SETUP_ERROR:
                continue
            for flow in entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                await self.hass.config_entries.flow.async_configure(flow["flow_id"], {"key": TOKEN})
        await self.settle()

    async def _insists(self) -> None:
        """Mend what a stranger contested, as the repair does."""
        for name in ZONES:
            coordinator = self.coordinator(name)
            if coordinator is None:
                continue
            for slot, conflict in list(coordinator.data.conflicts.items()):
                if conflict.kind is ConflictKind.CONTESTED:
                    with suppress(HomeAssistantError):
                        await coordinator.async_update_again(slot)
        await self.settle()

    def _check_dns(self, but: Collection[Slot] = ()) -> None:
        """See every slot hold the truth, once."""
        for zone, watch in self.watches.items():
            records = self.lab.cloudflare.records(watch.zone)
            for name, type_ in self._slots(zone) - set(but):
                held = [r["content"] for r in records if (r["name"], r["type"]) == (name, type_)]
                truth = self.truth[4 if type_ == "A" else 6]
                if held != [truth]:
                    raise BrokenPromiseError(f"{name} {type_} holds {held}, not {truth}")

    def _check_quiet(self) -> None:
        """See nothing asked of Cloudflare, but for the audit that may be due."""
        asked = self.lab.log.select(service="cloudflare")
        times = Counter((entry.endpoint, entry.target) for entry in asked)
        if any(endpoint != LIST or count > 1 for (endpoint, _), count in times.items()):
            raise BrokenPromiseError(f"all is well, yet it asks {[e.endpoint for e in asked]}")

    def _check_house(self) -> None:
        """See nobody in trouble, and nobody asked for anything."""
        issues = [i.translation_key for i in ir.async_get(self.hass).issues.values()]
        if issues:
            raise BrokenPromiseError(f"repairs are left: {issues}")
        flows = self.hass.config_entries.flow.async_progress()
        if flows:
            raise BrokenPromiseError(f"forms are left: {[f['context'] for f in flows]}")
        for name in ZONES:
            coordinator = self.coordinator(name)
            if coordinator is None:
                raise BrokenPromiseError(f"{name} is {self.entry(name).state}")
            if coordinator.data.troubles:
                raise BrokenPromiseError(f"{name} is in trouble: {coordinator.data.troubles}")
        on = [s.entity_id for s in self.hass.states.async_all("binary_sensor") if s.state != "off"]
        if on:
            raise BrokenPromiseError(f"problems are shown: {on}")

    def _check_retired(self) -> None:
        """See no record left that Raindrop created and was to take along."""
        for zone, watch in self.watches.items():
            for record in self.lab.cloudflare.records(watch.zone):
                slot = record["name"], record["type"]
                if slot in self._owed[zone] and record["comment"] == OWNER_COMMENT:
                    raise BrokenPromiseError(f"{slot} was to be deleted with its domain")

    async def _check_secrets(self) -> None:
        """See no secret in anything that can be looked at."""
        texts = [json.dumps(issue.to_json()) for issue in ir.async_get(self.hass).issues.values()]
        texts += [
            json.dumps(state.as_dict(), default=str) for state in self.hass.states.async_all()
        ]
        for name in ZONES:
            shown = await async_get_config_entry_diagnostics(self.hass, self.entry(name))
            texts.append(json.dumps(shown))
        if any(found_in(text) for text in texts):
            raise BrokenPromiseError("a secret is shown")


@asynccontextmanager
async def stage(freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """Open a house, pointed at a lab of its own; close both whatever happened."""
    logger = logging.getLogger()
    async with Lab() as lab:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(cloudflare.BASE_URL_VARIABLE, lab.cloudflare.base_url)
            patch.setattr(web, "WEB_SOURCES", web_sources(lab.ip.services))
            house = House(lab, freezer)
            logger.addHandler(house.log)
            try:
                await house.open()
                yield house
            finally:
                await house.close()
                logger.removeHandler(house.log)


async def play(steps: Program, freezer: FrozenDateTimeFactory) -> House:
    """Play a program to its end and see the house come to rest.

    Raises BrokenPromiseError if Raindrop breaks a promise.
    """
    async with stage(freezer) as house:
        await house.play(steps)
        await house.calms_down()
    return house


def _is_kept(entry: Entry) -> bool:
    """Return whether a request waits for an answer that does not come by itself."""
    return bool(entry.fault) and any(kind in str(entry.fault) for kind in ("hang", "hold"))


def _family(address: str) -> int:
    """Return the family of an address."""
    return ip_address(address).version


def _furniture(zone: str) -> list[dict[str, Any]]:
    """Return what stands in a zone before Raindrop comes."""
    return [
        {"type": "A", "name": "home", "content": "81.2.69.140", "ttl": 3600, "comment": "door"},
        {"type": "AAAA", "name": "www", "content": "2001:218:1:2::140", "proxied": True},
        {"type": "TXT", "name": "@", "content": "v=spf1 -all"},
        {"type": "TXT", "name": "home", "content": "hello"},
        {"type": "A", "name": "mail", "content": "81.2.69.190", "ttl": 60},
        {"type": "AAAA", "name": "mail", "content": "2001:218:1:2::190"},
        {"type": "CNAME", "name": "blog", "content": f"mail.{zone}"},
    ]
