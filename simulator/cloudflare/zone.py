"""A zone with its records: changes, transactions, and the quota."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
import hashlib
from typing import Any, Literal

from . import errors
from .conflicts import Conflicts
from .errors import RefusedError
from .host_names import to_unicode
from .plans import Plan
from .record import Fields, OddRecord, Record, timestamp

type ZoneType = Literal["full", "partial", "secondary", "internal"]
type ZoneStatus = Literal["initializing", "pending", "active", "moved"]

HOME_ACCOUNT = "Home"
NAME_SERVERS = ("ada.ns.cloudflare.com", "bob.ns.cloudflare.com")


@dataclass(frozen=True, slots=True)
class Account:
    """The owner of zones."""

    name: str

    @property
    def id(self) -> str:
        """An identifier of 32 hexadecimal digits, the same in every run."""
        return identifier("account", self.name)


def identifier(*parts: object) -> str:
    """Return an identifier that depends only on the parts, so it survives a restart."""
    text = "/".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Zone:
    """A zone and its records."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        account: Account,
        now: Callable[[], datetime],
        *,
        type_: ZoneType = "full",
        status: ZoneStatus = "active",
        record_quota: int | None = None,
    ) -> None:
        """Create an empty zone; `name` is in Punycode."""
        other_account = [] if account.name == HOME_ACCOUNT else [account.name]
        self.id = identifier("zone", name, *other_account)
        self.name = name
        self.plan = plan
        self.account = account
        self.type = type_
        self.status = status
        self.paused = False
        self.name_servers: tuple[str, ...] = NAME_SERVERS
        self.vanity_name_servers: tuple[str, ...] = ()
        self.record_quota = plan.records if record_quota is None else record_quota
        self.records: dict[str, Record] = {}
        self.odd_records: list[OddRecord] = []
        self.refuses_shadowed = False
        """Whether new records below an NS record are refused, which is UNVERIFIED."""
        self._conflicts = Conflicts(name)
        self._created_count = 0
        self._transaction_time: str | None = None
        self._now = now
        self._created_on = timestamp(now())

    @property
    def unicode_name(self) -> str:
        """The name as the API shows it."""
        return to_unicode(self.name)

    def shown(self, permissions: list[str]) -> dict[str, Any]:
        """Return the zone as the API shows it."""
        return {
            "id": self.id,
            "name": self.unicode_name,
            "status": self.status,
            "paused": self.paused,
            "type": self.type,
            "development_mode": 0,
            "name_servers": [*self.name_servers],
            "vanity_name_servers": [*self.vanity_name_servers],
            "original_name_servers": None,
            "original_registrar": None,
            "original_dnshost": None,
            "modified_on": self._created_on,
            "created_on": self._created_on,
            "activated_on": self._created_on if self.status == "active" else None,
            "meta": {
                "step": 2,
                "custom_certificate_quota": 0,
                "page_rule_quota": 3,
                "phishing_detected": False,
            },
            "owner": {"id": None, "type": "user", "email": None},
            "account": {"id": self.account.id, "name": self.account.name},
            "tenant": {"id": None, "name": None},
            "tenant_unit": {"id": None},
            "permissions": permissions,
            "plan": {
                "id": identifier("plan", self.plan.legacy_id),
                "name": self.plan.name,
                "price": 0,
                "currency": "USD",
                "frequency": "",
                "is_subscribed": self.plan.legacy_id != "free",
                "can_subscribe": False,
                "legacy_id": self.plan.legacy_id,
                "legacy_discount": False,
                "externally_managed": False,
            },
        }

    def get(self, record_id: str) -> Record:
        """Return a record. Raises RefusedError if it does not exist."""
        try:
            return self.records[record_id]
        except KeyError as err:
            raise RefusedError(errors.NO_RECORD) from err

    def writable(self, record_id: str) -> Record:
        """Return a record that may be written. Raises RefusedError for any other."""
        record = self.get(record_id)
        if record.is_read_only:
            raise RefusedError(errors.READ_ONLY)
        return record

    def create(self, fields: Fields, *, is_read_only: bool = False) -> Record:
        """Add a record. Raises RefusedError for a conflict or a full zone."""
        self._conflicts.check(fields, None, refuses_shadowed=self.refuses_shadowed)
        if len(self.records) >= self.record_quota:
            raise RefusedError(errors.QUOTA)
        self._created_count += 1
        moment = self._transaction_time or timestamp(self._now())
        record = Record(
            id=identifier("record", self.name, self._created_count),
            fields=fields,
            created_on=moment,
            modified_on=moment,
            comment_modified_on=moment if fields.comment is not None else None,
            tags_modified_on=moment if fields.tags else None,
            is_read_only=is_read_only,
        )
        self._index(record)
        return record

    def add_odd(self, given: dict[str, Any]) -> OddRecord:
        """Add a record that lists show with the given fields, whatever they are."""
        moment = timestamp(self._now())
        defaults = {
            "id": identifier("odd record", self.name, len(self.odd_records)),
            "name": self.name,
            "type": "TXT",
            "content": "odd",
            "proxiable": False,
            "proxied": False,
            "ttl": 1,
            "settings": {},
            "meta": {},
            "comment": None,
            "tags": [],
            "created_on": moment,
            "modified_on": moment,
        }
        self.odd_records.append(OddRecord(defaults | given))
        return self.odd_records[-1]

    def change(self, old: Record, fields: Fields) -> Record:
        """Replace the fields of a record. Raises RefusedError for a conflict."""
        self._conflicts.check(fields, old, refuses_shadowed=self.refuses_shadowed)
        moment = self._transaction_time or timestamp(self._now())
        record = replace(
            old,
            fields=fields,
            modified_on=moment,
            comment_modified_on=_modified_on(
                moment, old.fields.comment, fields.comment, old.comment_modified_on
            ),
            tags_modified_on=_modified_on(
                moment, old.fields.tags, fields.tags, old.tags_modified_on
            ),
        )
        self._conflicts.remove(old)
        self._index(record)
        return record

    def delete(self, record_id: str) -> Record:
        """Delete a record and return it. Raises RefusedError if it does not exist."""
        record = self.get(record_id)
        self._conflicts.remove(record)
        del self.records[record_id]
        return record

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Roll back all changes after a RefusedError; all changes have the same time."""
        self._transaction_time = timestamp(self._now())
        saved = self.records.copy(), self._conflicts.copy()
        try:
            yield
        except RefusedError:
            self.records, self._conflicts = saved
            raise
        finally:
            self._transaction_time = None

    def _index(self, record: Record) -> None:
        """Add a record to the indexes."""
        self.records[record.id] = record
        self._conflicts.add(record)


def _modified_on(moment: str, before: object, after: object, previous: str | None) -> str | None:
    """Return the time when an attribute was last set; None if it is unset."""
    if not after:
        return None
    return previous if before == after else moment
