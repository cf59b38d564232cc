"""What a user must decide or mend, as repair issues that come and go with their cause."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .ddns.errors import (
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRefusedError,
)
from .ddns.model import Slot, SourceKind, Trouble
from .ddns.reading import Problem, Reading
from .ddns.report import Report
from .domains import Domain
from .explain import explain

ATTR_DOMAIN = "domain"
ATTR_ENTRY_ID = "entry_id"
ATTR_FAMILY = "family"
ATTR_ISSUE = "issue"
ATTR_SUBENTRY_ID = "subentry_id"

RECORD_QUOTA = "record_quota"
ZONE_GONE = "zone_gone"

_QUOTA_EXCEEDED = 81045
_DISPUTES = 3
"""For how many rounds in a row sources may contradict each other: some lag a little."""
_NO_WAY_IN = {Problem.CGNAT: "router_cgnat", Problem.NOT_PUBLIC: "router_double_nat"}
_OF_A_RECORD = (
    Trouble.MISSING,
    Trouble.AMBIGUOUS,
    Trouble.CNAME,
    Trouble.CONTESTED,
    Trouble.REFUSED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issue:
    """Something to be mended: its words, and whom it concerns."""

    key: str
    placeholders: dict[str, str]
    subentry_id: str = ""
    family: str = ""
    about: str = ""
    """What else tells it from its like."""
    is_fixable: bool = True


@callback
def async_sync_issues(
    hass: HomeAssistant, entry: ConfigEntry, domains: Iterable[Domain], report: Report
) -> None:
    """Raise the issues that a report tells of, and delete those whose cause is gone."""
    issues = (*_of_zone(entry, report), *_of_records(domains, report), *_of_sources(report))
    wanted = {
        f"{entry.entry_id}_{issue.key}_{issue.subentry_id}_{issue.family}{issue.about}": issue
        for issue in issues
    }
    async_delete_issues(hass, entry, but=wanted.keys())
    for issue_id, issue in wanted.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={
                ATTR_ENTRY_ID: entry.entry_id,
                ATTR_FAMILY: issue.family,
                ATTR_ISSUE: issue.key,
                ATTR_SUBENTRY_ID: issue.subentry_id,
                **issue.placeholders,
            },
            is_fixable=issue.is_fixable,
            severity=ir.IssueSeverity.ERROR if issue.is_fixable else ir.IssueSeverity.WARNING,
            translation_key=issue.key,
            translation_placeholders=issue.placeholders,
        )


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry, but: Container[str] = ()) -> None:
    """Delete the issues of an entry, except those that still stand."""
    raised = [i for domain, i in ir.async_get(hass).issues if domain == DOMAIN]
    for issue_id in raised:
        if issue_id.startswith(entry.entry_id) and issue_id not in but:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def _of_zone(entry: ConfigEntry, report: Report) -> Iterator[_Issue]:
    """Yield what is to be mended of the zone or the credential."""
    placeholders = {"zone": entry.title}
    if isinstance(report.error, CloudflareNotFoundError):
        yield _Issue(key=ZONE_GONE, placeholders=placeholders)
    for error in report.failures:
        if isinstance(error, CloudflarePermissionError):
            yield _Issue(key=explain(error).key, placeholders=placeholders)
        elif _is_quota(error):
            yield _Issue(key=RECORD_QUOTA, placeholders=placeholders)


def _of_records(domains: Iterable[Domain], report: Report) -> Iterator[_Issue]:
    """Yield what is to be mended of single records."""
    for domain in domains:
        for target in domain.targets:
            slot = target.slot
            trouble = report.troubles.get(slot)
            outcome = report.outcomes.get(slot)
            error = outcome.error if outcome else None
            is_own = error is None or isinstance(error, CloudflareRefusedError)
            if trouble in _OF_A_RECORD and is_own and not _is_quota(error):
                # Where creating is allowed, it is the host part that is not known.
                is_kept = trouble is Trouble.MISSING and target.policy.create
                yield _Issue(
                    key="host_part_missing" if is_kept else f"record_{trouble}",
                    placeholders=_placeholders(domain, slot, report, error),
                    subentry_id=domain.subentry_id,
                    family=slot.family.label.lower(),
                )


def _of_sources(report: Report) -> Iterator[_Issue]:
    """Yield what is to be known about where the addresses come from."""
    for source, reading in report.readings.items():
        if key := _of_source(reading, report.disputes.get(source, 0)):
            yield _Issue(
                key=key,
                placeholders=_said(reading),
                family=source.family.label.lower(),
                about="_".join((source.entity, *source.urls)),
                is_fixable=False,
            )


def _of_source(reading: Reading, disputes: int) -> str | None:
    """Return the issue of a source, None if all is well."""
    told = reading.answers[0] if reading.answers else None
    is_entity = reading.source.kind is SourceKind.ENTITY
    is_seen = bool(reading.address or reading.held)
    if told and is_entity and is_seen and told.problem in _NO_WAY_IN:
        return _NO_WAY_IN[told.problem]
    if is_seen and reading.is_substitute:
        return "source_silent"
    if reading.is_flapping:
        return "address_flapping"
    if disputes < _DISPUTES:
        return None
    return "router_vpn" if is_entity and reading.address else "sources_disagree"


def _said(reading: Reading) -> dict[str, str]:
    """Return who said what, in the words of an issue."""
    answers = [(a.operator, a.address or a.said) for a in reading.answers]
    told = reading.answers[0] if reading.answers else None
    return {
        "family": reading.family.label,
        "entity": told.operator if told else "",
        "told": str(told.address or told.said or "") if told else "",
        "address": str(reading.address or reading.held or ""),
        "before": str(reading.before or ""),
        "answers": ", ".join(f"{operator}: {address}" for operator, address in answers if address),
    }


def _placeholders(
    domain: Domain, slot: Slot, report: Report, error: CloudflareError | None
) -> dict[str, str]:
    """Return the name, the type, what stands there, and Cloudflare's reason."""
    conflict = report.conflicts.get(slot)
    standing = [record.content for record in conflict.records] if conflict else []
    return {
        ATTR_DOMAIN: domain.title,
        "type": slot.family.record_type,
        "standing": ", ".join(standing),
        "reason": str(error or ""),
    }


def _is_quota(error: CloudflareError | None) -> bool:
    """Return whether a zone can take no more records."""
    return isinstance(error, CloudflareRefusedError) and _QUOTA_EXCEEDED in error.codes
