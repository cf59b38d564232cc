"""The world around the house: where it is, who says what, and what fails."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast

from lab import Lab
from lab.journal import Service
from tests.secrets import TOKEN

from .said import Said
from .watch import ZoneWatch
from .words import AWAY, ENTITIES, GOOD, HOME, OPERATORS, WAYS, Deed, family_of

_SILENT = frozenset({"unavailable", "unknown", "gone"})
"""What an entity shows that says nothing; one that is gone is not there at all."""
_OWN_FORM = ("cloudflare", "home-assistant")
"""Pages that say more than the address, so that a bare one is none of theirs."""
_OF_IPV4 = "amazon"


class World:
    """What everybody but the house and the stranger does."""

    def __init__(self, lab: Lab, said: Said) -> None:
        """Begin with a home that everybody sees where it is."""
        self.truth = {(way, f): good[f][0] for way, good in WAYS.items() for f in (4, 6)}
        self.texts = {name: self.truth[of] for name, of in ENTITIES.items()}
        """What each entity shows."""
        self.show: Callable[[str], None] = lambda _name: None
        """Shows the state of an entity in the house."""
        self.watches: dict[str, ZoneWatch] = {}
        self._lab = lab
        self._said = said
        self.deeds: dict[str, Deed] = {
            "moves": self.moves,
            "lies": self.lies,
            "falls_silent": self.falls_silent,
            "is_honest": self.is_honest,
            "entity_says": self.entity_says,
            "fails": self.fails,
            "works": self.works,
            "reaches": self.reaches,
            "token": self.token,
            "zone": self.zone,
        }

    async def moves(self, address: str, is_late: bool = False) -> None:  # noqa: FBT001, FBT002
        """Give a way another address, which everybody sees; entities perhaps later."""
        family = family_of(address)
        way = HOME if address in GOOD[family] else AWAY
        self.truth[way, family] = address
        if way == HOME:
            self._says(OPERATORS, family, address)
        for name, of in ENTITIES.items():
            if of == (way, family) and not is_late:
                await self.entity_says(name, None)

    async def lies(self, operator: str, address: str) -> None:
        """Let one operator say another address."""
        self._says([operator], family_of(address), address)

    async def falls_silent(self, operator: str | None, family: int) -> None:
        """Let one operator, or all, be out of reach."""
        self._says([operator] if operator else OPERATORS, family, None)

    async def is_honest(self) -> None:
        """Let all operators and entities say where the home is."""
        for family in (4, 6):
            self._says(OPERATORS, family, self.truth[HOME, family])
        for name in ENTITIES:
            await self.entity_says(name, None)

    def _says(self, operators: Iterable[str], family: int, address: str | None) -> None:
        """Let operators say an address."""
        for name in operators:
            if (name, family) != (_OF_IPV4, 6):
                self._lab.ip.set_address(address, operator=name, family=cast("Any", family))
                self._said.says(name, family, address)

    async def entity_says(self, name: str, text: str | None) -> None:
        """Let an entity say something, or the truth."""
        self.texts[name] = text or self.truth[ENTITIES[name]]
        self.hears(name)

    def hears(self, name: str) -> None:
        """Let a core that runs hear what an entity says."""
        text = self.texts[name]
        self._said.says(name, ENTITIES[name][1], None if text in _SILENT else text)
        self.show(name)

    def is_deaf(self) -> None:
        """Know that no core runs, which could hear what entities say."""
        for name, (_, family) in ENTITIES.items():
            self._said.says(name, family, None)

    async def fails(
        self,
        service: Service,
        target: str,
        kind: str,
        times: int | None,
        detail: dict[str, Any],
    ) -> None:
        """Let requests fail."""
        self._lab.faults.add(service, target, kind=kind, times=times, **detail)
        if service == "ip" and kind == "body":
            told = [name for name in OPERATORS if name not in _OWN_FORM]
            self._said.may_say([n for n in told if target in (n, "*")], detail["body"])

    async def works(self) -> None:
        """End all faults."""
        self._lab.faults.clear()
        self._said.faults_end()

    async def reaches(self, is_reachable: bool) -> None:  # noqa: FBT001
        """Let Cloudflare be in reach, or not."""
        self._lab.cloudflare.reachable = is_reachable

    async def token(self, how: str) -> None:
        """Revoke the token, change what it may do, or give it back."""
        lab = self._lab.cloudflare
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

    async def zone(self, name: str, is_there: bool) -> None:  # noqa: FBT001
        """Take a zone from the account, or give it back as it was."""
        zones, zone = self._lab.cloudflare._zones, self.watches[name].zone
        if is_there:
            zones[zone.id] = zone
        else:
            zones.pop(zone.id, None)

    async def calms_down(self) -> None:
        """End all faults and lies."""
        await self.works()
        await self.reaches(is_reachable=True)
        await self.token("full")
        for name in self.watches:
            await self.zone(name, is_there=True)
        await self.is_honest()
