"""A zone with its records; what no single record can know is checked here."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
import hashlib
from typing import Any, Literal

from . import errors
from .errors import RefusedError
from .names import to_unicode
from .plans import Plan
from .record import Fields, Record, timestamp

type ZoneType = Literal["full", "partial", "secondary", "internal"]
type ZoneStatus = Literal["initializing", "pending", "active", "moved"]

ADDRESS_TYPES = ("A", "AAAA")


@dataclass(frozen=True, slots=True)
class Account:
    """Who owns zones."""

    name: str

    @property
    def id(self) -> str:
        """Thirty-two hexadecimal digits, the same in every run."""
        return identifier("account", self.name)


def identifier(*parts: object) -> str:
    """Return an identifier that is the same in every run, so a restarted lab is recognised."""
    text = "/".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Zone:
    """One zone and everything in it."""

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
        """Make an empty zone; `name` is in Punycode."""
        self.id = identifier("zone", name)
        self.name = name
        self.plan = plan
        self.account = account
        self.type = type_
        self.status = status
        self.record_quota = plan.records if record_quota is None else record_quota
        self.records: dict[str, Record] = {}
        self._identities: dict[tuple[object, ...], str] = {}
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._born = 0
        self._moment: str | None = None
        self._now = now
        self._made = timestamp(now())

    @property
    def unicode_name(self) -> str:
        """The name as the zone object shows it."""
        return to_unicode(self.name)

    def shown(self, permissions: list[str]) -> dict[str, Any]:
        """Return the zone as the API shows it."""
        return {
            "id": self.id,
            "name": self.unicode_name,
            "status": self.status,
            "paused": False,
            "type": self.type,
            "development_mode": 0,
            "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
            "original_name_servers": None,
            "original_registrar": None,
            "original_dnshost": None,
            "modified_on": self._made,
            "created_on": self._made,
            "activated_on": self._made if self.status == "active" else None,
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
        """Return a record; raises RefusedError if there is none."""
        try:
            return self.records[record_id]
        except KeyError as err:
            raise RefusedError(errors.NO_RECORD) from err

    def create(self, fields: Fields) -> Record:
        """Add a record; raises RefusedError for a conflict or a full zone."""
        self._check_conflicts(fields, None)
        if len(self.records) >= self.record_quota:
            raise RefusedError(errors.QUOTA)
        self._born += 1
        moment = self._moment or timestamp(self._now())
        record = Record(
            id=identifier("record", self.name, self._born),
            fields=fields,
            created_on=moment,
            modified_on=moment,
            comment_modified_on=moment if fields.comment is not None else None,
            tags_modified_on=moment if fields.tags else None,
        )
        self._index(record)
        return record

    def change(self, old: Record, fields: Fields) -> Record:
        """Replace a record's fields; raises RefusedError for a conflict."""
        self._check_conflicts(fields, old)
        moment = self._moment or timestamp(self._now())
        record = replace(
            old,
            fields=fields,
            modified_on=moment,
            comment_modified_on=_touched(
                moment, old.fields.comment, fields.comment, old.comment_modified_on
            ),
            tags_modified_on=_touched(moment, old.fields.tags, fields.tags, old.tags_modified_on),
        )
        self._unindex(old)
        self._index(record)
        return record

    def delete(self, record_id: str) -> Record:
        """Remove a record and return it; raises RefusedError if there is none."""
        record = self.get(record_id)
        self._unindex(record)
        del self.records[record_id]
        return record

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo everything done inside if it is refused; all of it happens at one moment."""
        self._moment = timestamp(self._now())
        saved = self.records.copy(), self._identities.copy(), self._kinds.copy()
        try:
            yield
        except RefusedError:
            self.records, self._identities, self._kinds = saved
            raise
        finally:
            self._moment = None

    def _index(self, record: Record) -> None:
        """Enter a record."""
        self.records[record.id] = record
        self._identities[record.fields.identity] = record.id
        self._kinds[record.fields.name, record.fields.type] += 1

    def _unindex(self, record: Record) -> None:
        """Take a record out of the indexes; its place in the zone stays until it is replaced."""
        del self._identities[record.fields.identity]
        self._kinds[record.fields.name, record.fields.type] -= 1

    def _others(self, name: str, types: tuple[str, ...], old: Record | None) -> int:
        """Count the records of these types at a name, apart from the one that is replaced."""
        count = sum(self._kinds[name, type_] for type_ in types)
        replaced = old and old.fields.name == name and old.fields.type in types
        return count - 1 if replaced else count

    def _check_conflicts(self, fields: Fields, old: Record | None) -> None:
        """Refuse what cannot stand beside what is there."""
        name = fields.name
        if fields.type in ADDRESS_TYPES and self._others(name, ("CNAME",), old):
            raise RefusedError(errors.CNAME_IN_PLACE)
        if fields.type == "CNAME" and self._others(name, ("CNAME", *ADDRESS_TYPES), old):
            raise RefusedError(errors.HOST_IN_PLACE)
        if name != self.name:
            self._check_delegation(fields, old)
        holder = self._identities.get(fields.identity)
        if holder is not None and (old is None or holder != old.id):
            raise RefusedError(errors.IDENTICAL)

    def _check_delegation(self, fields: Fields, old: Record | None) -> None:
        """Refuse anything beside the NS records of a delegated name."""
        if fields.type == "NS":
            if self._others(fields.name, (*ADDRESS_TYPES, "CNAME", "MX", "TXT", "SRV"), old):
                raise RefusedError(errors.OTHER_IN_PLACE)
        elif fields.type != "DS" and self._others(fields.name, ("NS",), old):
            raise RefusedError(errors.NS_IN_PLACE)


def _touched(moment: str, before: object, after: object, known: str | None) -> str | None:
    """Return when an attribute was last set; None while it is unset."""
    if not after:
        return None
    return known if before == after else moment
