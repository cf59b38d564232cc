"""Visibility: what resolvers must answer with, and when; which record to look up."""

from dataclasses import replace
from datetime import datetime, timedelta

from .addresses import parse_record
from .models import MAX_TTL_S, TTL_AUTO, Reason, Record, RecordKey
from .state import RecordState, State
from .zones import Zone, ZoneStatus, ZoneType

_AUTOMATIC_TTL_S = 300
_ABSENCE_TTL_S = 1800
"""For how long resolvers cache that there is no record, by the SOA record of a zone.

https://developers.cloudflare.com/dns/manage-dns-records/reference/dns-record-types/#soa
"""
_SLACK = timedelta(minutes=10)
"""For Cloudflare's servers to pick up a change, and for clock differences."""


def with_visibility(
    before: RecordState, listed: Record | None, record: Record | None, now: datetime
) -> RecordState:
    """Return a record state with the time when resolvers must answer with the record.

    That is when every older answer, or that there is none, has expired from all caches.
    ``listed`` is the record as it was read, perhaps changed externally, and ``record``
    what it was made. A record that was not seen stays so while it keeps its address. A
    proxied one shows Cloudflare's addresses, so its own cannot be seen.
    """
    known = _changed(before, before.record, listed, now)
    return _changed(known, listed, record, now)


def _changed(
    known: RecordState, old: Record | None, new: Record | None, now: datetime
) -> RecordState:
    if new is None or new.proxied:
        is_seen = known.public_addresses is not None or known.visible_from is not None
        if not (is_seen or known.is_not_seen):
            return known
        return replace(known, public_addresses=None, visible_from=None, is_not_seen=False)
    if old and _shown(old) == _shown(new):
        return known
    changed_at = now if old else min(new.modified_on or now, now)
    wait_s = max(_ttl_s(new), _ttl_s(old) if old else _ABSENCE_TTL_S)
    return replace(
        known,
        visible_from=changed_at + timedelta(seconds=wait_s) + _SLACK,
        is_not_seen=known.is_not_seen and known.last_address == parse_record(new.content),
    )


def why_unseen(record: RecordState, state: State) -> Reason | None:
    """Return why the world does not see a record that is in sync, None if it does.

    What the zone says of itself comes before what resolvers answer.
    """
    is_proxied = record.record is not None and record.record.proxied
    if state.zone and (problem := state.zone.problem_of(proxied=is_proxied)):
        return problem
    is_delegated = state.foreign_name_servers is None or record.last_address is None
    return None if is_delegated and not record.is_not_seen else Reason.NOT_SEEN


def is_visible(record: RecordState, now: datetime) -> bool:
    """Return whether all resolvers must answer with a record: it is in sync for long enough."""
    is_due = record.visible_from is not None and record.visible_from <= now
    return is_due and record.reason in {None, Reason.NOT_SEEN}


def next_in_turn(state: State, turn: int, now: datetime) -> RecordKey | None:
    """Return the record to look up in this turn; every second turn is for those not seen."""
    keys = sorted(key for key, record in state.records.items() if is_visible(record, now))
    if missing := [key for key in keys if state.record(key).is_not_seen]:
        turn, is_for_missing = divmod(turn, 2)
        keys = missing if is_for_missing else keys
    return keys[turn % len(keys)] if keys else None


def is_public(zone: Zone | None) -> bool:
    """Return whether resolvers ask Cloudflare for the names of a zone, as far as that is known."""
    return zone is None or (
        zone.status in {None, ZoneStatus.ACTIVE} and zone.type in {None, ZoneType.FULL}
    )


def delegation(zone: Zone | None) -> frozenset[str]:
    """Return the nameservers of a zone, one of which resolvers must answer with.

    Empty if that cannot be judged: the zone is not known, or Cloudflare itself reports
    that it is not delegated to Cloudflare.
    """
    if zone is None or zone.status is not ZoneStatus.ACTIVE or zone.type is not ZoneType.FULL:
        return frozenset()
    return frozenset({*zone.name_servers, *zone.vanity_name_servers})


def _ttl_s(record: Record) -> int:
    """Return for how long resolvers cache a record; the API may show any number."""
    return _AUTOMATIC_TTL_S if record.ttl_s == TTL_AUTO else max(0, min(record.ttl_s, MAX_TTL_S))


def _shown(record: Record) -> tuple[object, ...]:
    """Return what distinguishes records; somebody may have changed one there and back."""
    return record.content, record.ttl_s, record.proxied, record.modified_on
