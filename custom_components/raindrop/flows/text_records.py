"""Texts that follow the address of a domain: the names to choose from, and their preview."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from homeassistant.helpers.selector import SelectOptionDict

from .. import ddns
from ..ddns import HostName, ManagedRecord, Record, addresses_in, to_unicode
from ..error_messages import BASE, ErrorMessage
from .preview import preview_line


def text_options(records: Iterable[Record], chosen: Collection[HostName]) -> list[SelectOptionDict]:
    """Return the names with a text that has an address, with these, and the chosen ones."""
    texts: defaultdict[HostName, list[str]] = defaultdict(list)
    for record in records:
        if addresses := _shown(addresses_in(record)):
            texts[record.name].append(f"{record.type} {addresses}")
    return [
        SelectOptionDict(value=name, label=" · ".join((to_unicode(name), *texts.get(name, ()))))
        for name in sorted({*texts, *chosen})
    ]


def text_lines(
    preview: ddns.Preview, existing: Iterable[Record], managed_records: Iterable[ManagedRecord]
) -> Iterator[str]:
    """Yield the Markdown lines of the texts that follow records, with their addresses."""
    names = {name for managed in managed_records for name in managed.text_names}
    replaced = {text.record.id: dict(text.replaced) for text in preview.plan.texts}
    for record in existing:
        if record.name in names and (addresses := addresses_in(record)):
            new = replaced.get(record.id, {})
            after = {new.get(address, address) for address in addresses}
            yield preview_line(record.name, record.type, _shown(addresses), _shown(after))


def text_message(
    preview: ddns.Preview, existing: Iterable[Record], managed_records: Iterable[ManagedRecord]
) -> ErrorMessage | None:
    """Return that the texts at some chosen names do not have the address that would be replaced."""
    names = {name for managed in managed_records for name in managed.text_names}
    mine = {str(change.address) for change in preview.plan.changes}
    mine |= {record.content for record in preview.plan.records.values()}
    found = {r.name for r in existing if mine.intersection(map(str, addresses_in(r)))}
    if missing := sorted(map(to_unicode, names - found)):
        return ErrorMessage(BASE, "text_without_address", {"names": ", ".join(missing)})
    return None


def _shown(addresses: Iterable[ddns.Address]) -> str:
    return ", ".join(sorted(map(str, addresses)))
