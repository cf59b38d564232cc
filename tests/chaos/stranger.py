"""A stranger who edits DNS, and who tidies up when asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from custom_components.raindrop.ddns.model import OWNER_COMMENT
from lab import Lab
from lab.cloudflare import RefusedError

from .watch import ZoneWatch
from .wishes import Wish
from .words import GOOD, Deed, Slot, family_of

_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "comments": {"comment": "mine now"},
    "proxies": {"proxied": True},
    "unproxies": {"proxied": False},
    "slows": {"ttl": 7200},
}


class Stranger:
    """Somebody else with access to the zones."""

    def __init__(self, lab: Lab, watches: Mapping[str, ZoneWatch]) -> None:
        """Have access to all that is watched."""
        self._lab = lab.cloudflare
        self._watches = watches
        self.deeds: dict[str, Deed] = {"stranger": self.edits}

    async def edits(self, zone: str, deed: str, name: str, address: str) -> None:
        """Edit DNS, as far as Cloudflare lets them."""
        type_ = "A" if family_of(address) == 4 else "AAAA"
        with self.hand(), suppress(RefusedError):
            self._edit(zone, deed, name, type_, address)

    def furnishes(self, zone: str, stands: list[dict[str, Any]]) -> None:
        """Put records into a zone."""
        with self.hand():
            for fields in stands:
                self._lab.add_record(self._watches[zone].zone, **fields)

    def finds(self, zone: str, name: str, type_: str) -> list[dict[str, Any]]:
        """Return the records of a name and a type."""
        records = self._lab.records(self._watches[zone].zone)
        return [r for r in records if (r["name"], r["type"]) == (name, type_)]

    def _edit(self, zone: str, deed: str, name: str, type_: str, address: str) -> None:
        """Edit DNS; raises RefusedError for what Cloudflare does not take."""
        lab, held = self._lab, self._watches[zone].zone
        there = self.finds(zone, name, type_)
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
            case "deletes" if there:
                lab.delete_record(held, there[0]["id"])
            case "edits" if there:
                lab.edit_record(held, there[0]["id"], content=address)
            case "renames" if there:
                lab.edit_record(held, there[0]["id"], name=f"old.{held.name}")
            case _ if there and deed in _CHANGES:
                lab.edit_record(held, there[0]["id"], **_CHANGES[deed])

    def tidies_up(self, zone: str, wishes: Mapping[Slot, Wish]) -> None:
        """Take away what is in the way, and give back what only the user may."""
        with self.hand():
            for (name, type_), wish in wishes.items():
                self._tidy(zone, name, type_, wish)

    def _tidy(self, zone: str, name: str, type_: str, wish: Wish) -> None:
        """Leave one record at a slot that can be kept."""
        lab, held = self._lab, self._watches[zone].zone
        for record in self.finds(zone, name, "CNAME"):
            lab.delete_record(held, record["id"])
        twins = self.finds(zone, name, type_)
        twins.sort(key=lambda r: (r["id"] != wish.pinned, r["comment"] != OWNER_COMMENT))
        is_chosen = bool(twins) and twins[0]["id"] == wish.pinned
        for twin in twins[1:]:
            # What the user did not choose may stay, but not where home will be.
            if not is_chosen or twin["content"] in GOOD[4] + GOOD[6]:
                lab.delete_record(held, twin["id"])
        is_strange = bool(twins) and wish.pinned is not None and not is_chosen
        if is_strange and twins[0]["comment"] != OWNER_COMMENT:
            lab.delete_record(held, twins.pop(0)["id"])
            twins.clear()
        if not twins and (not wish.create or wish.host_part == "record"):
            content = GOOD[4][0] if type_ == "A" else GOOD[6][0]
            lab.add_record(held, type=type_, name=name, content=content, comment=OWNER_COMMENT)

    @contextmanager
    def hand(self) -> Iterator[None]:
        """Know that what is done is not Raindrop's doing."""
        for watch in self._watches.values():
            watch.is_stranger = True
        try:
            yield
        finally:
            for watch in self._watches.values():
                watch.is_stranger = False
