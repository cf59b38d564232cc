"""What sources said: answers, and the reading that comes of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .model import Address, Family, Source, SourceKind


class Problem(StrEnum):
    """Why a source gave no address."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    STATUS = "status"
    TOO_LONG = "too_long"
    NOT_AN_ADDRESS = "not_an_address"
    WRONG_FAMILY = "wrong_family"
    NOT_PUBLIC = "not_public"
    CGNAT = "cgnat"
    """An address that a provider shares among its customers (RFC 6598)."""
    CLOUDFLARE = "cloudflare"
    WRONG_HOST = "wrong_host"
    WARP = "warp"
    SILENT = "silent"
    """An entity without a state, or a host without such an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one operator said: an address, or the reason why not."""

    operator: str
    address: Address | None = None
    problem: Problem | None = None
    said: Address | None = None
    """An address that may not be written, if it said one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The public address of a family as a source told it."""

    source: Source
    address: Address | None = None
    """What may be written; None is *not known*."""
    answers: tuple[Answer, ...] = ()
    """Of everybody who was asked, in the order of the answers; an entity's own comes first."""
    is_disputed: bool = False
    """Whether operators contradicted each other."""
    held: Address | None = None
    """An address that is confirmed, but has to stand still before it may be written."""
    before: Address | None = None
    """What is believed while another address has to stand still."""
    is_flapping: bool = False
    """Whether it has to because it keeps coming and going."""
    hold_s: float = field(default=0, compare=False)
    """For how long it still has to."""
    begun_at: float = field(default=0, compare=False)
    """When the first operator was asked, by the clock of the event loop."""
    ended_at: datetime | None = field(default=None, compare=False)
    """When the last operator answered."""

    @property
    def family(self) -> Family:
        """The family of the address."""
        return self.source.family

    @property
    def told(self) -> Address | None:
        """What an entity or this host itself said: theirs is the first answer."""
        return self.answers[0].address if self.answers else None

    @property
    def heard(self) -> Address | None:
        """The address that is believed, or the first that was heard: good to show, not to write."""
        heard = (answer.address for answer in self.answers if answer.address)
        return self.address or next(heard, None)

    @property
    def operator(self) -> str | None:
        """Who said the address that is believed."""
        said = (answer.operator for answer in self.answers if answer.address == self.heard)
        return next(said, None) if self.heard else None

    @property
    def is_open(self) -> bool:
        """Whether an address was heard that is neither believed nor waited for."""
        has_heard = any(answer.address for answer in self.answers)
        return self.address is None and self.held is None and has_heard

    @property
    def is_absent(self) -> bool:
        """Whether nobody could be reached by this family: the home may not have it."""
        problems = {answer.problem for answer in self.answers}
        return problems == {Problem.UNREACHABLE}

    @property
    def is_substitute(self) -> bool:
        """Whether web pages speak in the place of an entity that says no address."""
        is_entity = self.source.kind is SourceKind.ENTITY
        is_answered = any(answer.address for answer in self.answers[1:])
        return is_entity and is_answered and self.told is None
