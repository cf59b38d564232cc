"""What public resolvers answer for records and their zone, as part of the state.

It is shown, and it can be a reason why a record is not in sync. It never causes a
write: tools that do that keep writing because of a stale answer.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aiohttp import ClientSession

from .addresses import parse_record
from .models import Address, HostName, Record, RecordKey
from .reasons import with_reasons
from .resolvers import Resolver, resolve_addresses, resolve_name_servers
from .state import RecordState, State
from .update_result import UpdateResult, events_between
from .visibility import delegation, is_public
from .zone_config import ZoneConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicQuestions:
    """What public resolvers are asked about."""

    records: Mapping[RecordKey, Record] = field(default_factory=dict)
    """The records as they are at Cloudflare."""
    zone: HostName | None = None
    """The zone whose nameservers are looked up."""
    name_servers: frozenset[str] = frozenset()
    """The ones that Cloudflare assigned to the zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAnswers:
    """What public resolvers answered; None means unknown."""

    questions: PublicQuestions
    addresses: Mapping[RecordKey, frozenset[Address] | None]
    name_servers: frozenset[str] | None = None


def questions_about(
    state: State, record_keys: Iterable[RecordKey], *, with_zone: bool = False
) -> PublicQuestions:
    """Return the questions about records of a zone and its nameservers.

    There are none where the answers would say nothing: for the records of a zone that
    is not Cloudflare's by its own words, and for the nameservers of one that is not
    known.
    """
    zone, name_servers = state.zone, delegation(state.zone)
    found = ((key, state.record(key).record) for key in record_keys)
    return PublicQuestions(
        records={key: record for key, record in found if record} if is_public(zone) else {},
        zone=zone.name if zone and name_servers and with_zone else None,
        name_servers=name_servers,
    )


async def ask_resolvers(
    session: ClientSession, resolvers: Collection[Resolver], questions: PublicQuestions
) -> PublicAnswers:
    """Ask all resolvers one question after another; never raises."""
    addresses = {k: await resolve_addresses(session, resolvers, k) for k in questions.records}
    zone = questions.zone
    name_servers = await resolve_name_servers(session, resolvers, zone) if zone else None
    return PublicAnswers(questions=questions, addresses=addresses, name_servers=name_servers)


def with_public_answers(
    config: ZoneConfig, state: State, answers: PublicAnswers, now: datetime
) -> tuple[State, UpdateResult]:
    """Return the next state after public resolvers answered, and what happened.

    An unknown answer changes nothing, nor does the answer for a record that was changed
    meanwhile.
    """
    asked = answers.questions
    records = {
        key: _judged(state.record(key), record, addresses)
        for key, record in asked.records.items()
        if (addresses := answers.addresses[key]) is not None and state.record(key).record == record
    }
    foreign, found = state.foreign_name_servers, answers.name_servers
    if found is not None:
        foreign = None if found & asked.name_servers else found
    records = {**state.records, **records}
    after = replace(state, records=records, foreign_name_servers=foreign)
    after = with_reasons(config, after, now)
    return after, UpdateResult(events=events_between(config, state, after, {}))


def _judged(known: RecordState, record: Record, addresses: frozenset[Address]) -> RecordState:
    is_not_seen = parse_record(record.content) not in addresses
    return replace(known, public_addresses=addresses, is_not_seen=is_not_seen)


def without_public_answers(state: State) -> State:
    """Return a state as if public resolvers had never been asked."""
    records = {
        key: replace(record, public_addresses=None, is_not_seen=False)
        for key, record in state.records.items()
    }
    return replace(state, records=records, foreign_name_servers=None)
