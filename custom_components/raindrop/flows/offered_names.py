"""The names of a zone that a domain can be added for."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from homeassistant.helpers.selector import SelectOptionDict

from ..ddns import Family, HostName, HostNameError, Record, full_name, to_unicode
from ..error_messages import ErrorMessage, error_message

_TYPES = {family.record_type for family in Family}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChoices:
    """The names of a zone that have no domain yet."""

    records: dict[HostName, list[Record]] = field(default_factory=dict)
    """The address records of each name."""
    cnames: Sequence[HostName] = ()
    """The names that can have no address record."""

    @property
    def options(self) -> list[SelectOptionDict]:
        """The names with what they contain; a cloud is a proxied record."""
        texts = {
            to_unicode(name): ", ".join(map(_content, records))
            for name, records in sorted(self.records.items())
        }
        return [SelectOptionDict(value=n, label=f"{n} · {text}") for n, text in texts.items()]

    def pointing_to(self, addresses: Collection[str]) -> list[str]:
        """Return the names that have a record with one of these addresses."""
        return [
            to_unicode(name)
            for name, records in sorted(self.records.items())
            if any(record.content in addresses for record in records)
        ]

    def families(self, name: HostName, chosen: Iterable[str]) -> list[str]:
        """Return the chosen families of a name, with IPv6 if it has only an AAAA record."""
        types = {record.type for record in self.records.get(name, ())}
        is_ipv6_only = types == {Family.IPV6.record_type}
        return sorted({*chosen, Family.IPV6.key} if is_ipv6_only else chosen)


def name_choices(records: Iterable[Record], configured: Collection[HostName]) -> NameChoices:
    """Return the names of a zone's records that have no domain yet."""
    found: defaultdict[HostName, list[Record]] = defaultdict(list)
    cnames: set[HostName] = set()
    for record in records:
        if record.type in _TYPES and record.name not in configured and _is_usable(record):
            found[record.name].append(record)
        elif record.type == "CNAME":
            cnames.add(record.name)
    return NameChoices(records=dict(found), cnames=sorted(cnames))


def read_names(
    entered: Iterable[str], zone_name: HostName | None, configured: Collection[HostName]
) -> list[HostName] | ErrorMessage:
    """Return the full names that were entered, or what is wrong with the first wrong one."""
    names: list[HostName] = []
    for text in entered:
        try:
            name = full_name(text, zone_name)
        except HostNameError as err:
            message = error_message(err)
            return ErrorMessage(message.form_field, message.key, {"name": text})
        if name in configured:
            return ErrorMessage("domain", "already_configured", {"name": to_unicode(name)})
        names.append(name)
    return [*dict.fromkeys(names)] or ErrorMessage("domain", "no_domain")


def name_list(names: Iterable[str]) -> str:
    """Return names for display."""
    return ", ".join(map(to_unicode, names))


def _is_usable(record: Record) -> bool:
    """Return whether a record may be for this home; others belong to a product of Cloudflare."""
    is_placeholder = record.content == "100::"
    return not (record.is_read_only or is_placeholder)


def _content(record: Record) -> str:
    return f"{record.type} {record.content}" + (" ☁" if record.proxied else "")
