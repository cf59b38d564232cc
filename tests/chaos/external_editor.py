"""External changes: another client that edits the zones."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from simulator import Simulator
from simulator.cloudflare import RefusedError

from .constants import PRIMARY_ADDRESSES, RECORD_TYPES, family_of
from .integration import CONNECTION_COMMENTS, OTHER_HOME_COMMENT, OWNER_COMMENT, OWNER_COMMENTS
from .model import ManagedRecord, RecordKey
from .scenario import Operation
from .zone_checker import ZoneChecker

_ATTRIBUTES: Mapping[str, Mapping[str, Any]] = {
    "edit_comment": {"comment": "mine now"},
    "take_over": {"comment": OTHER_HOME_COMMENT},
    "enable_proxy": {"proxied": True},
    "disable_proxy": {"proxied": False},
    "raise_ttl": {"ttl": 7200},
}


class ExternalEditor:
    """Another client with access to all zones."""

    def __init__(self, simulator: Simulator, checkers: Mapping[str, ZoneChecker]) -> None:
        """Edit the zones of these checkers, by name."""
        self._cloudflare = simulator.cloudflare
        self._checkers = checkers
        self.operations: dict[str, Operation] = {
            "edit_dns": self.edit_dns,
            "move_other_home": self.move_other_home,
            "add_odd_record": self.add_odd_record,
        }

    async def edit_dns(self, zone: str, edit: str, name: str, address: str) -> None:
        """Make one edit, unless Cloudflare refuses it."""
        type_ = "A" if family_of(address) == 4 else "AAAA"
        with self._external_changes(), suppress(RefusedError):
            if edit == "delegate":
                fields = {"type": "NS", "name": "sub", "content": "ns1.example.net"}
                self._cloudflare.add_record(self._checkers[zone].zone, **fields)
            elif edit == "end_delegation":
                self._end_delegation(zone)
            elif edit == "delete_in_other_home":
                for record in self.find(zone, name, type_):
                    if record["comment"] == OTHER_HOME_COMMENT:
                        self._cloudflare.delete_record(self._checkers[zone].zone, record["id"])
            else:
                self._edit(zone, edit, name, type_, address)

    async def move_other_home(self, address: str) -> None:
        """Let another home have another address in all of its records, unless one has it."""
        type_ = "A" if family_of(address) == 4 else "AAAA"
        with self._external_changes():
            for checker in self._checkers.values():
                for record in self._cloudflare.records(checker.zone):
                    if (record["type"], record["comment"]) == (type_, OTHER_HOME_COMMENT):
                        with suppress(RefusedError):
                            self._cloudflare.edit_record(
                                checker.zone, record["id"], content=address
                            )

    async def add_odd_record(self, zone: str, fields: dict[str, Any]) -> None:
        """Add a record that lists show exactly as given."""
        odd = self._cloudflare.add_odd_record(self._checkers[zone].zone, **fields)
        self._checkers[zone].note_odd_record((odd["name"], odd["type"]))

    def add_records(self, zone: str, records: list[dict[str, Any]]) -> None:
        """Add records to a zone."""
        with self._external_changes():
            for fields in records:
                self._cloudflare.add_record(self._checkers[zone].zone, **fields)

    def edit_record(self, zone: str, record_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record after an external edit of some fields."""
        with self._external_changes():
            return self._cloudflare.edit_record(self._checkers[zone].zone, record_id, **fields)

    def find(self, zone: str, name: str, type_: str) -> list[dict[str, Any]]:
        """Return the records of a name and type."""
        records = self._cloudflare.records(self._checkers[zone].zone)
        return [r for r in records if (r["name"], r["type"]) == (name, type_)]

    def remove_conflicts(self, zone: str, managed: Mapping[RecordKey, ManagedRecord]) -> None:
        """Make every managed record key free of conflicts, and remove odd records."""
        self._cloudflare.clear_odd_records(self._checkers[zone].zone)
        with self._external_changes():
            self._end_delegation(zone)
            for (name, type_), record in managed.items():
                self._remove_conflict(zone, name, type_, record)

    def _edit(self, zone_name: str, edit: str, name: str, type_: str, address: str) -> None:
        """Make one edit. Raises RefusedError if Cloudflare refuses it."""
        cloudflare, zone = self._cloudflare, self._checkers[zone_name].zone
        existing = self.find(zone_name, name, type_)
        txt = [r for r in cloudflare.records(zone) if r["type"] == "TXT"]
        match edit:
            case "create" | "create_in_other_home":
                comment = None if edit == "create" else OTHER_HOME_COMMENT
                cloudflare.add_record(zone, type=type_, name=name, content=address, comment=comment)
            case "create_cname":
                cloudflare.add_record(
                    zone, type="CNAME", name=name, content="elsewhere.example.net"
                )
            case "create_txt":
                cloudflare.add_record(zone, type="TXT", name=name, content=f"{address} {len(txt)}")
            case "edit_txt" if txt:
                cloudflare.edit_record(zone, txt[0]["id"], content=f"{address} was here")
            case "delete_txt" if txt:
                cloudflare.delete_record(zone, txt[0]["id"])
            case "delete" if existing:
                cloudflare.delete_record(zone, existing[0]["id"])
            case "edit_content" if existing:
                cloudflare.edit_record(zone, existing[0]["id"], content=address)
            case "rename" if existing:
                cloudflare.edit_record(zone, existing[0]["id"], name=f"old.{zone.name}")
            case _ if existing and edit in _ATTRIBUTES:
                cloudflare.edit_record(zone, existing[0]["id"], **_ATTRIBUTES[edit])

    def _end_delegation(self, zone_name: str) -> None:
        """Delete the NS records of a subdomain, whose names Raindrop then can keep."""
        for record in self.find(zone_name, f"sub.{zone_name}", "NS"):
            self._cloudflare.delete_record(self._checkers[zone_name].zone, record["id"])

    def _remove_conflict(
        self, zone_name: str, name: str, type_: str, managed: ManagedRecord
    ) -> None:
        """Leave exactly one record that Raindrop can keep up to date."""
        cloudflare, zone = self._cloudflare, self._checkers[zone_name].zone
        for record in self.find(zone_name, name, "CNAME"):
            cloudflare.delete_record(zone, record["id"])
        for record in self._conflicting(zone_name, name, type_, managed):
            cloudflare.delete_record(zone, record["id"])
        if managed.has_own_records:
            return
        existing = self.find(zone_name, name, type_)
        existing = [r for r in existing if r["comment"] != OTHER_HOME_COMMENT]
        existing.sort(
            key=lambda r: (r["id"] != managed.record_id, r["comment"] not in OWNER_COMMENTS)
        )
        is_pinned = bool(existing) and existing[0]["id"] == managed.record_id
        others = (r for r in existing[1:] if r["comment"] not in CONNECTION_COMMENTS.values())
        for record in others:
            # Records that are not pinned may stay, unless their content is a future address.
            if not is_pinned or record["content"] in PRIMARY_ADDRESSES[4] + PRIMARY_ADDRESSES[6]:
                cloudflare.delete_record(zone, record["id"])
        has_other_record = bool(existing) and managed.record_id is not None and not is_pinned
        if has_other_record and existing[0]["comment"] not in OWNER_COMMENTS:
            cloudflare.delete_record(zone, existing.pop(0)["id"])
            existing.clear()
        if not existing and (not managed.create or managed.interface_id == "keep"):
            content = PRIMARY_ADDRESSES[4 if type_ == "A" else 6][0]
            cloudflare.add_record(
                zone, type=type_, name=name, content=content, comment=OWNER_COMMENT
            )

    def _conflicting(
        self, zone_name: str, name: str, type_: str, managed: ManagedRecord
    ) -> list[dict[str, Any]]:
        """Return the records of other homes, which may stay beside one of this home.

        Beside the own records of connections, all that are not this home's.
        """
        existing = self.find(zone_name, name, type_)
        if not managed.has_own_records:
            has_own = any(record["comment"] == OWNER_COMMENT for record in existing)
            others = [r for r in existing if r["comment"] == OTHER_HOME_COMMENT]
            return [] if has_own else others
        existing = [r for of in RECORD_TYPES.values() for r in self.find(zone_name, name, of)]
        return [record for record in existing if record["comment"] not in OWNER_COMMENTS]

    @contextmanager
    def _external_changes(self) -> Iterator[None]:
        """Mark all changes as external ones."""
        with ExitStack() as stack:
            for checker in self._checkers.values():
                stack.enter_context(checker.external_change())
            yield
