"""The watch over a house: what was said, what was written, and whether that was allowed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
import logging
from typing import Any, override

from homeassistant.util import dt as dt_util

from custom_components.raindrop.ddns.model import OWNER_COMMENT
from lab.cloudflare import Zone
from lab.cloudflare.record import Fields, Record
from tests.secrets import found_in, texts_of_record

from .program import BAD

ENTITY = "entity"
_FRESH = timedelta(minutes=5)
"""How old what was said may be: as old as a reading that another entry made."""

_AT_STOP = "integration cancelled"
"""What Home Assistant itself says of a set-up that is under way when it stops."""

type Slot = tuple[str, str]
"""The name and the type of records."""


class BrokenPromiseError(AssertionError):
    """Raindrop did what it never does, or did not what it always does."""


class Said:
    """Who said which address, and when."""

    def __init__(self) -> None:
        """Begin with nobody having said anything."""
        self._now: dict[tuple[str, int], str] = {}
        self._past: list[tuple[datetime, str, str]] = []
        self._faults: set[tuple[str, str]] = set()
        self._agreed: set[tuple[bool, str]] = set()
        self._step_began = dt_util.utcnow()

    def begin_step(self) -> None:
        """Forget what is too old to be acted on in the next step."""
        self._step_began = dt_util.utcnow()
        since = self._step_began - _FRESH
        self._past = [said for said in self._past if said[0] >= since]
        self._note_agreement()

    def says(self, operator: str, family: int, address: str | None) -> None:
        """Note that an operator says something else from now on."""
        before = self._now.pop((operator, family), None)
        if before is not None:
            self._past.append((dt_util.utcnow(), operator, before))
        if address is not None:
            self._now[operator, family] = address
        self._note_agreement()

    def may_say(self, operators: Iterable[str], address: str) -> None:
        """Note that a fault may put an address into the mouths of operators."""
        self._faults |= {(operator, address) for operator in operators}
        self._note_agreement()

    def faults_end(self) -> None:
        """Note that no fault speaks for anybody any more."""
        now = dt_util.utcnow()
        self._past += [(now, operator, address) for operator, address in self._faults]
        self._faults.clear()

    def core_starts(self) -> None:
        """Note that a new Home Assistant knows nothing of what was agreed on."""
        self._agreed.clear()
        self._note_agreement()

    def who_says(self, address: str, *, has_entity: bool) -> set[str]:
        """Return who said an address in this step, or so shortly ago that it still counts."""
        since = min(self._step_began, dt_util.utcnow() - _FRESH)
        said = {operator for (operator, _), text in self._now.items() if text == address}
        said |= {operator for end, operator, text in self._past if text == address and end >= since}
        said |= {operator for operator, text in self._faults if text == address}
        return said if has_entity else said - {ENTITY}

    def was_agreed(self, address: str, *, has_entity: bool) -> bool:
        """Return whether two operators said an address since Home Assistant runs."""
        return (has_entity, address) in self._agreed

    def _note_agreement(self) -> None:
        """Remember what two say."""
        texts = {*self._now.values(), *(text for _, text in self._faults)}
        for has_entity in (False, True):
            for text in texts:
                if len(self.who_says(text, has_entity=has_entity)) > 1:
                    self._agreed.add((has_entity, text))


class ZoneWatch:
    """Sees every change of a zone, and whose hand it is."""

    def __init__(self, zone: Zone, said: Said, *, has_entity: bool) -> None:
        """Stand beside the zone's own methods."""
        self.zone = zone
        self.slots: set[Slot] = set()
        """Where Raindrop may write in this step."""
        self.retiring: set[Slot] = set()
        """Where Raindrop may delete what it created."""
        self.touched: set[Slot] = set()
        """Where the stranger ever was."""
        self.is_stranger = False
        self.writes = 0
        self.lone_writes = 0
        """Writes of an address that two had confirmed before, and one says now."""
        self.broken: list[str] = []
        self._said = said
        self._has_entity = has_entity
        self._touched_now: set[str] = set()
        self._slots_touched_now: set[Slot] = set()
        self._expected: dict[str, dict[str, Any]] = {}
        self._create, self._change, self._delete = zone.create, zone.change, zone.delete
        for name, method in (
            ("create", self.create),
            ("change", self.change),
            ("delete", self.delete),
        ):
            setattr(zone, name, method)

    def begin_step(self, slots: Iterable[Slot]) -> None:
        """Look at what is there before a step."""
        self.slots = set(slots)
        self._touched_now.clear()
        self._slots_touched_now.clear()
        self._expected = {id_: r.shown() for id_, r in self.zone.records.items()}

    def end_step(self) -> list[str]:
        """Compare all that is none of Raindrop's business; return the promises that are broken."""
        there = {id_: r.shown() for id_, r in self.zone.records.items()}
        for id_ in there.keys() | self._expected.keys():
            before, now = self._expected.get(id_), there.get(id_)
            either = now or before or {}
            slot = (either["name"], either["type"])
            if before != now and slot not in self.slots | self.retiring:
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
        slot = slot_of(fields)
        self._see_content(fields)
        if slot not in self.slots:
            self._break(f"{slot} was created, and is no slot")
        if fields.comment != OWNER_COMMENT:
            self._break(f"{slot} was created without the comment")
        twins = [r for r in self.zone.records.values() if slot_of(r.fields) == slot]
        if twins and slot not in self._slots_touched_now:
            self._break(f"{slot} was created a second time")

    def _see_change(self, old: Record, fields: Fields) -> None:
        """Check a record that Raindrop changes."""
        slot = slot_of(fields)
        self._see_content(fields)
        if old.id in self._touched_now:
            # Between the list and the write: nobody could know.
            return
        if slot not in self.slots or slot != slot_of(old.fields):
            self._break(f"{slot} was changed, and is no slot")
        was, now = shown_of(old.fields), shown_of(fields)
        if any(was[key] != now[key] for key in was.keys() - {"content"}):
            self._break(f"{slot}: more than the content was changed, {was} to {now}")
        if was["content"] == now["content"]:
            self._break(f"{slot} was written without need")

    def _see_delete(self, record: Record) -> None:
        """Check a record that Raindrop deletes."""
        slot = slot_of(record.fields)
        is_ours = record.fields.comment == OWNER_COMMENT or record.id in self._touched_now
        if not is_ours or slot not in self.retiring:
            self._break(f"{record.shown()} was deleted, and was not ours to delete")

    def _see_content(self, fields: Fields) -> None:
        """Check that an address was confirmed by two operators."""
        self.writes += 1
        address = str(fields.content)
        sayers = self._said.who_says(address, has_entity=self._has_entity)
        if address in BAD[4] + BAD[6]:
            self._break(f"{address} may never be written")
        if len(sayers) < 2:
            self.lone_writes += 1
            was_agreed = self._said.was_agreed(address, has_entity=self._has_entity)
            if not sayers or not was_agreed:
                self._break(f"{address} was written, though only {sorted(sayers)} said it")

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
