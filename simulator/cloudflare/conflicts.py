"""Conflicts between the records of a zone, which refuse a new or a changed record."""

from collections import Counter
from dataclasses import dataclass, field, replace

from . import errors
from .errors import RefusedError
from .record import Fields, Record

ADDRESS_TYPES = ("A", "AAAA")


@dataclass(slots=True)
class Conflicts:
    """Finds the records of a zone that conflict with another one."""

    zone_name: str
    _identities: dict[tuple[object, ...], str] = field(default_factory=dict)
    _type_counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def copy(self) -> Conflicts:
        """Return a copy, which later changes do not affect."""
        return replace(
            self, _identities=self._identities.copy(), _type_counts=self._type_counts.copy()
        )

    def add(self, record: Record) -> None:
        """Add a record of the zone."""
        self._identities[record.fields.identity] = record.id
        self._type_counts[record.fields.name, record.fields.type] += 1

    def remove(self, record: Record) -> None:
        """Remove a record of the zone."""
        del self._identities[record.fields.identity]
        self._type_counts[record.fields.name, record.fields.type] -= 1

    def check(self, fields: Fields, old: Record | None, *, refuses_shadowed: bool) -> None:
        """Raise RefusedError for a record that conflicts with existing ones."""
        name = fields.name
        if fields.type in ADDRESS_TYPES and self._others(name, ("CNAME",), old):
            raise RefusedError(errors.CNAME_IN_PLACE)
        if fields.type == "CNAME" and self._others(name, ("CNAME", *ADDRESS_TYPES), old):
            raise RefusedError(errors.HOST_IN_PLACE)
        if name != self.zone_name:
            if refuses_shadowed and self._is_below_delegation(name):
                raise RefusedError(errors.SHADOWED)
            self._check_delegation(fields, old)
        existing = self._identities.get(fields.identity)
        if existing is not None and (old is None or existing != old.id):
            raise RefusedError(errors.IDENTICAL)

    def _check_delegation(self, fields: Fields, old: Record | None) -> None:
        """Raise RefusedError for other records at a delegated name."""
        if fields.type == "NS":
            if self._others(fields.name, (*ADDRESS_TYPES, "CNAME", "MX", "TXT", "SRV"), old):
                raise RefusedError(errors.OTHER_IN_PLACE)
        elif fields.type != "DS" and self._others(fields.name, ("NS",), old):
            raise RefusedError(errors.NS_IN_PLACE)

    def _others(self, name: str, types: tuple[str, ...], old: Record | None) -> int:
        """Count the records of these types at a name, without the one that is replaced."""
        count = sum(self._type_counts[name, type_] for type_ in types)
        replaced = old and old.fields.name == name and old.fields.type in types
        return count - 1 if replaced else count

    def _is_below_delegation(self, name: str) -> bool:
        above = name.partition(".")[2]
        return above != self.zone_name and (
            self._type_counts[above, "NS"] > 0 or self._is_below_delegation(above)
        )
