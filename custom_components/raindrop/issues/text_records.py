"""Repair issues of texts: an old address that is not, or cannot be, replaced."""

from collections.abc import Iterable, Iterator
from functools import partial

from ..config import Domain
from ..ddns import CloudflareRefusedError, State, to_unicode
from ..flows.preview import as_code, escape_markdown
from .issue import ATTR_DOMAIN, Issue, quoted


def text_issues(domains: Iterable[Domain], state: State) -> Iterator[Issue]:
    """Yield the issues of texts with an old address."""
    for domain in domains:
        for key in domain.record_keys:
            known = state.record(key)
            issue = partial(
                Issue,
                subentry_id=domain.subentry_id,
                family=key.family.key,
                connection=key.connection,
            )
            if hinting := known.stale_hints:
                yield issue(
                    key="stale_hints",
                    placeholders={
                        ATTR_DOMAIN: domain.title,
                        "family": key.family.label,
                        "hint_types": " / ".join(sorted({record.type for record in hinting})),
                        "existing": quoted(hinting),
                    },
                    is_fixable=False,
                )
            failures = known.text_failures
            refused = (f for f in failures if isinstance(f.error, CloudflareRefusedError))
            # The others have an issue once this one is solved.
            if failure := next(refused, None):
                yield issue(
                    key="text_refused",
                    placeholders={
                        ATTR_DOMAIN: domain.title,
                        "name": as_code(to_unicode(failure.change.record.name)),
                        "text_type": failure.change.record.type,
                        "reason": escape_markdown(str(failure.error)),
                    },
                )
            if left := known.left_texts:
                yield issue(
                    key="text_left",
                    placeholders={
                        ATTR_DOMAIN: domain.title,
                        "family": key.family.label,
                        "names": ", ".join(sorted({as_code(to_unicode(r.name)) for r in left})),
                        "existing": quoted(left),
                    },
                    is_fixable=False,
                )
