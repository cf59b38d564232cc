"""The calm after the storm: faults end, and before long everything is as it has to be."""

from collections import Counter
from collections.abc import Collection, Mapping
import json
from typing import Any

from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.model import OWNER_COMMENT
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from lab import Lab
from lab.journal import Service
from tests.secrets import found_in

from .clock import Clock
from .house import House
from .stranger import Stranger
from .wishes import Wish
from .words import CYCLE_S, GOOD, LIST, WAYS, ZONES, BrokenPromiseError, Slot
from .world import World


class Calm:
    """Sees what a house has to be like when nothing disturbs it any more."""

    def __init__(
        self, lab: Lab, clock: Clock, world: World, stranger: Stranger, house: House
    ) -> None:
        """Look at all of it."""
        self._lab = lab
        self._clock = clock
        self._world = world
        self._stranger = stranger
        self._house = house
        self._slow: Mapping[Service, float] = {}

    async def ends(self, put_s: float = 0, slow: Mapping[Service, float] | None = None) -> None:
        """Move under whatever faults stand, so that there is something to be put right.

        The clock may be put while that is waited for, and in the calm
        everybody may answer late, but not too late.
        """
        self._slow = slow or {}
        for good in WAYS.values():
            for addresses in good.values():
                await self._world.moves(addresses[-2])
        await self._clock.settle()
        self._clock.put(put_s)

    async def begins(self) -> None:
        """End all faults and lies, tidy up after the stranger, and see DNS put right."""
        await self.ends(slow=self._slow)
        await self.cycles(1)
        await self._world.calms_down()
        for service, delay in self._slow.items():
            await self._world.fails(service, "*", "slow", None, {"delay": delay})
        for zone in ZONES:
            self._stranger.tidies_up(zone, self._house.wishes[zone].slots())
        await self._clock.settle()
        patient = self._patient_slots()
        await self.cycles(2)
        self._check_dns(but=patient)
        await self._clock.see_out(self._house.renews())
        await self._drifts()
        await self.cycles(12)
        await self._clock.see_out(self._house.insists())
        await self.cycles(1)

    async def _drifts(self) -> None:
        """Let the stranger edit something once more, which an audit has to find."""
        for zone in ZONES:
            for name, type_ in [*self._house.wishes[zone].slots()][:1]:
                address = GOOD[4 if type_ == "A" else 6][0]
                await self._stranger.edits(zone, "edits", name, address)

    async def lasts(self) -> None:
        """See that nothing is done any more, and nobody asked for anything."""
        await self.cycles(2)
        self._check_quiet()
        self._check_dns()
        self._check_house()
        for zone in ZONES:
            await self._house.reloads(zone)
        await self._clock.settle()
        self._check_retired()

    async def cycles(self, count: int) -> None:
        """Let a number of polls happen."""
        for _ in range(count):
            self._clock.passes(CYCLE_S)
            await self._clock.settle()

    def _patient_slots(self) -> set[Slot]:
        """Return the slots for which an audit is promised, or the user's help, and no more."""
        patient: set[Slot] = set()
        for zone, watch in self._world.watches.items():
            patient |= watch.touched
            coordinator = self._house.coordinator(zone)
            if coordinator is None:
                patient |= self._house.wishes[zone].slots().keys()
                continue
            patience, report = coordinator._patience, coordinator.data
            is_waiting = patience.wait_s(dt_util.utcnow()) > 0
            if patience.is_denied or is_waiting:
                patient |= self._house.wishes[zone].slots().keys()
            patient |= {
                (slot.name, slot.family.record_type)
                for slot, outcome in report.outcomes.items()
                if isinstance(outcome.error, CloudflareRefusedError)
            }
        return patient

    def _check_dns(self, but: Collection[Slot] = ()) -> None:
        """See every slot hold the truth, once, and as the user enforces."""
        for zone in ZONES:
            for slot, wish in self._house.wishes[zone].slots().items():
                if slot not in but:
                    self._check_slot(zone, slot, wish)

    def _check_slot(self, zone: str, slot: Slot, wish: Wish) -> None:
        """See a slot hold the truth."""
        held = self._stranger.finds(zone, *slot)
        if wish.pinned in {record["id"] for record in held}:
            held = [record for record in held if record["id"] == wish.pinned]
        contents = [record["content"] for record in held]
        truth = self._world.truth[wish.way, wish.source.family]
        if contents != [wish.content(truth, contents[0] if contents else None)]:
            raise BrokenPromiseError(f"{slot} holds {contents}, not what comes of {truth}")
        if not _is_as_enforced(held[0], wish):
            raise BrokenPromiseError(f"{slot} is {held[0]}, not what {wish} enforces")

    def _check_quiet(self) -> None:
        """See nothing asked of Cloudflare, but for the audit that may be due."""
        asked = self._lab.log.select(service="cloudflare")
        times = Counter((entry.endpoint, entry.target) for entry in asked)
        if any(endpoint != LIST or count > 1 for (endpoint, _), count in times.items()):
            raise BrokenPromiseError(f"all is well, yet it asks {[e.endpoint for e in asked]}")

    def _check_house(self) -> None:
        """See nobody in trouble, and nobody asked for anything."""
        hass = self._house.hass
        issues = [issue.translation_key for issue in ir.async_get(hass).issues.values()]
        if issues:
            raise BrokenPromiseError(f"repairs are left: {issues}")
        flows = hass.config_entries.flow.async_progress()
        if flows:
            raise BrokenPromiseError(f"forms are left: {[f['context'] for f in flows]}")
        for zone in ZONES:
            coordinator = self._house.coordinator(zone)
            if coordinator is None:
                raise BrokenPromiseError(f"{zone} is {self._house.entry(zone).state}")
            if coordinator.data.troubles:
                raise BrokenPromiseError(f"{zone} is in trouble: {coordinator.data.troubles}")
        on = [s.entity_id for s in hass.states.async_all("binary_sensor") if s.state != "off"]
        if on:
            raise BrokenPromiseError(f"problems are shown: {on}")

    def _check_retired(self) -> None:
        """See no record left that Raindrop created and was to take along."""
        for zone, owed in self._house.owed.items():
            for slot in owed:
                if any(r["comment"] == OWNER_COMMENT for r in self._stranger.finds(zone, *slot)):
                    raise BrokenPromiseError(f"{slot} was to be deleted with its domain")

    async def keeps_secrets(self) -> None:
        """See no secret in anything that can be looked at."""
        hass = self._house.hass
        texts = [json.dumps(issue.to_json()) for issue in ir.async_get(hass).issues.values()]
        texts += [json.dumps(state.as_dict(), default=str) for state in hass.states.async_all()]
        for zone in ZONES:
            shown = await async_get_config_entry_diagnostics(hass, self._house.entry(zone))
            texts.append(json.dumps(shown))
        if any(found_in(text) for text in texts):
            raise BrokenPromiseError("a secret is shown")


def _is_as_enforced(record: Mapping[str, Any], wish: Wish) -> bool:
    """Return whether a record has the attributes that the user enforces."""
    is_proxied = wish.proxied in (None, record["proxied"])
    return is_proxied and (record["proxied"] or wish.ttl_s in (None, record["ttl"]))
