"""The watch over a zone: what was written, by whose hand, and whether that was allowed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
import logging
from typing import Any, override

from custom_components.raindrop.ddns.model import OWNER_COMMENT
from lab.cloudflare import Zone
from lab.cloudflare.record import Fields, Record
from tests.secrets import found_in, texts_of_record

from .beliefs import Beliefs
from .said import Said
from .wishes import Sources, Wish
from .words import Slot

_FRESH_S = 300
"""How old a reading may be that another entry made."""
_AT_STOP = "integration cancelled"
"""What Home Assistant itself says of a set-up that is under way when it stops."""
_TTL_OF_PROXIED = 1


class ZoneWatch:
    """Sees every change of a zone, and whose hand it is."""

    def __init__(self, zone: Zone, said: Said, sources: Sources, beliefs: Beliefs) -> None:
        """Stand beside the zone's own methods."""
        self.zone = zone
        self.retiring: Collection[Slot] = set()
        """Where Raindrop may delete what it created."""
        self.touched: set[Slot] = set()
        """Where the stranger ever was."""
        self.is_stranger = False
        self.writes = 0
        self.broken: list[str] = []
        self._said = said
        self._sources = sources
        self._beliefs = beliefs
        self._wishes: defaultdict[Slot, set[Wish]] = defaultdict(set)
        """Where Raindrop may write in this step, and what."""
        self._touched_now: set[str] = set()
        self._slots_touched_now: set[Slot] = set()
        self._expected: dict[str, dict[str, Any]] = {}
        self._stood: defaultdict[Slot, set[str]] = defaultdict(set)
        """What stood alone at a slot, or was written there, so that it may be known again."""
        self._create, self._change, self._delete = zone.create, zone.change, zone.delete
        for name, method in (
            ("create", self.create),
            ("change", self.change),
            ("delete", self.delete),
        ):
            setattr(zone, name, method)

    def begin_step(self, wishes: Mapping[Slot, Wish]) -> None:
        """Look at what is there before a step."""
        self._wishes.clear()
        self.allow(wishes)
        self._touched_now.clear()
        self._slots_touched_now.clear()
        self._expected = {id_: r.shown() for id_, r in self.zone.records.items()}
        there = Counter(slot_of(record.fields) for record in self.zone.records.values())
        for record in self.zone.records.values():
            slot = slot_of(record.fields)
            if there[slot] == 1 or record.id in {
                wish.pinned for wish in self._wishes.get(slot, ())
            }:
                self._stood[slot].add(record.fields.content)

    def allow(self, wishes: Mapping[Slot, Wish]) -> None:
        """Let Raindrop do what the user wants now; what is under way may be of before."""
        for slot, wish in wishes.items():
            self._wishes[slot].add(wish)

    def end_step(self) -> list[str]:
        """Compare all that is none of Raindrop's business; return the promises that are broken."""
        there = {id_: r.shown() for id_, r in self.zone.records.items()}
        for id_ in there.keys() | self._expected.keys():
            before, now = self._expected.get(id_), there.get(id_)
            either = now or before or {}
            slot = (either["name"], either["type"])
            if before != now and slot not in self._wishes.keys() | self.retiring:
                self._break(f"{slot} is no slot, but was changed from {before} to {now}")
        return self.broken

    def create(self, fields: Fields) -> Record:
        """Add a record, and see who does."""
        if not self.is_stranger:
            self._see_create(fields)
        record = self._create(fields)
        self._by_stranger(record, record.shown())
        return record

    def change(self, old: Record, fields: Fields) -> Record:
        """Change a record, and see who does."""
        if not self.is_stranger:
            self._see_change(old, fields)
        record = self._change(old, fields)
        self._by_stranger(old, record.shown())
        self._by_stranger(record, record.shown())
        return record

    def delete(self, record_id: str) -> Record:
        """Delete a record, and see who does."""
        record = self.zone.get(record_id)
        if not self.is_stranger:
            self._see_delete(record)
        self._by_stranger(record, None)
        return self._delete(record_id)

    def _by_stranger(self, record: Record, shown: dict[str, Any] | None) -> None:
        """Expect what a stranger does."""
        if not self.is_stranger:
            return
        slot = slot_of(record.fields)
        self.touched.add(slot)
        self._slots_touched_now.add(slot)
        self._touched_now.add(record.id)
        if shown is None:
            self._expected.pop(record.id, None)
        else:
            self._expected[record.id] = shown

    def _see_create(self, fields: Fields) -> None:
        """Check a record that Raindrop creates."""
        slot, wishes = slot_of(fields), self._wishes.get(slot_of(fields), set())
        if not wishes:
            self._break(f"{slot} was created, and is no slot")
            return
        self._see_content(slot, fields, None)
        self._stood[slot].add(fields.content)
        if fields.comment != OWNER_COMMENT:
            self._break(f"{slot} was created without the comment")
        if not any(wish.create for wish in wishes):
            self._break(f"{slot} was created, and was not to be")
        if not any(_as_created(wish) == (fields.proxied, fields.ttl) for wish in wishes):
            self._break(f"{slot} was created as {shown_of(fields)}, and nobody wants that")
        twins = [r for r in self.zone.records.values() if slot_of(r.fields) == slot]
        if twins and slot not in self._slots_touched_now:
            self._break(f"{slot} was created a second time")

    def _see_change(self, old: Record, fields: Fields) -> None:
        """Check a record that Raindrop changes."""
        slot, wishes = slot_of(fields), self._wishes.get(slot_of(fields), set())
        was, now = shown_of(old.fields), shown_of(fields)
        if was["content"] != now["content"]:
            self._see_content(slot, fields, str(was["content"]))
        if old.id in self._touched_now:
            # Between the list and the write: nobody could know.
            return
        if not wishes or slot != slot_of(old.fields):
            self._break(f"{slot} was changed, and is no slot")
        # What it holds already is known as well: then it is an attribute that is put right.
        self._stood[slot].add(fields.content)
        self._see_choice(slot, old, wishes)
        others = {key for key in was.keys() - {"content"} if was[key] != now[key]}
        if others and not any(others <= _enforced(wish, fields) for wish in wishes):
            self._break(f"{slot}: more was changed than is enforced, {was} to {now}")
        if was == now:
            self._break(f"{slot} was written without need")

    def _see_choice(self, slot: Slot, old: Record, wishes: Collection[Wish]) -> None:
        """Check that it is the record that the user chose, or of several one to be known again."""
        pins = {wish.pinned for wish in wishes}
        if old.id in pins or slot in self._slots_touched_now:
            return
        is_owned = old.fields.comment == OWNER_COMMENT
        is_there = any(pin in self.zone.records for pin in pins)
        if None not in pins and (is_there or not is_owned):
            self._break(f"{slot}: {old.id} was changed, and {pins} chosen")
        twins = [r for r in self.zone.records.values() if slot_of(r.fields) == slot]
        if len(twins) > 1 and not is_owned and old.fields.content not in self._stood[slot]:
            self._break(f"{slot}: {old.shown()} was changed, one of several")

    def _see_delete(self, record: Record) -> None:
        """Check a record that Raindrop deletes."""
        slot = slot_of(record.fields)
        is_ours = record.fields.comment == OWNER_COMMENT or record.id in self._touched_now
        if not is_ours or slot not in self.retiring:
            self._break(f"{record.shown()} was deleted, and was not ours to delete")

    def _see_content(self, slot: Slot, fields: Fields, before: str | None) -> None:
        """Check that an address is one that is believed, and that somebody says now."""
        self.writes += 1
        wishes = self._wishes.get(slot, set())
        if not any(self._is_believed(wish, str(fields.content), before) for wish in wishes):
            self._break(f"{slot} was written with {fields.content} after {before}, who says so?")

    def _is_believed(self, wish: Wish, content: str, before: str | None) -> bool:
        """Return whether this is what a slot has to hold, by an address that is not only known."""
        sayers = self._sources.sayers(wish.source)
        return any(
            wish.content(address, before) == content
            and self._said.who_says(address, sayers, _FRESH_S)
            for address in self._beliefs.of(wish.source)
        )

    def _break(self, promise: str) -> None:
        """Note a broken promise; raised in the lab it would only be another failure of its."""
        self.broken.append(f"{self.zone.name}: {promise}")


class LogWatch(logging.Handler):
    """Reads along whatever is logged: no secrets, and nothing that nobody expected."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        super().__init__(logging.DEBUG)
        self.broken: list[str] = []
        self.lines = 0

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Read one line, and all that it could be made to say."""
        self.lines += 1
        if any(found_in(text) for text in texts_of_record(record)):
            self.broken.append(f"{record.name} logs a secret")
        if record.levelno >= logging.ERROR and _AT_STOP not in record.getMessage():
            error = record.exc_info and record.exc_info[1]
            self.broken.append(f"{record.name} logs {record.getMessage()!r} ({error!r})")


def slot_of(fields: Fields) -> Slot:
    """Return the slot that a record stands at."""
    return fields.name, fields.type


def shown_of(fields: Fields) -> dict[str, object]:
    """Return the fields of a record."""
    return {name: getattr(fields, name) for name in fields.__dataclass_fields__}


def _as_created(wish: Wish) -> tuple[bool, int]:
    """Return whether a record is created as proxied, and its TTL."""
    is_proxied = bool(wish.proxied)
    return is_proxied, _TTL_OF_PROXIED if is_proxied or wish.ttl_s is None else wish.ttl_s


def _enforced(wish: Wish, fields: Fields) -> set[str]:
    """Return what of these fields the user enforces, beside the content."""
    enforced: set[str] = set()
    if wish.proxied == fields.proxied:
        enforced.add("proxied")
    if fields.ttl == wish.ttl_s and not fields.proxied:
        enforced.add("ttl")
    if wish.proxied and fields.proxied and fields.ttl == _TTL_OF_PROXIED:
        # Cloudflare makes it so.
        enforced.add("ttl")
    return enforced
