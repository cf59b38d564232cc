"""The result of asking a source for its address: responses and what was accepted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import DetectionError
from ..models import Address, Family, Source, SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What one provider reported: an address, or the reason why there is none."""

    provider: str
    address: Address | None = None
    error: DetectionError | None = None
    rejected: Address | None = None
    """The address that it reported but that may not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The public address of a family as detected by one source."""

    source: Source
    address: Address | None = None
    """The accepted address, which may be written; None is *not known*."""
    source_response: Response | None = None
    """What the entity or the local interface itself reported; None for web sources."""
    responses: tuple[Response, ...] = ()
    """What web providers reported, in the order of arrival."""
    is_conflicting: bool = False
    """Whether providers reported different addresses."""
    candidate: Address | None = None
    """An agreed address in hold-down: it must stay stable before it is accepted."""
    previous: Address | None = None
    """The address that stays accepted while the candidate is in hold-down."""
    is_flapping: bool = False
    """Whether the hold-down is due to flapping."""
    ways_out: tuple[Address, ...] = ()
    """The addresses between which the source kept changing within a day; empty if it did not."""
    tunnel_witness: str | None = None
    """The provider that says that requests of this host go through a tunnel.

    None if none says so. If one does, what web providers report counts for nothing.
    """
    hold_down_s: float = field(default=0, compare=False)
    """How many seconds of the hold-down are left."""
    deadline: float = field(default=0, compare=False, repr=False)
    """When the wait for web providers ends, by the clock of the event loop."""
    detected_at: datetime | None = field(default=None, compare=False)
    """When the last response arrived."""

    @property
    def family(self) -> Family:
        """The family of the address."""
        return self.source.family

    @property
    def is_unverifiable(self) -> bool:
        """Whether no second provider can confirm what the source itself reports."""
        return self.source.is_unverifiable or self.tunnel_witness is not None

    @property
    def has_one_opinion(self) -> bool:
        """Whether only one provider of several repeated the accepted address.

        The local interface needs no other one: it cannot be out of date.
        """
        can_differ = not self.is_unverifiable and self.source.kind is not SourceKind.LOCAL
        reported = [response for response in self.all_responses if response.address]
        return self.address is not None and can_differ and len(reported) == 1

    @property
    def all_responses(self) -> Iterator[Response]:
        """The source's own response, if it has one, and those of web providers."""
        if self.source_response:
            yield self.source_response
        yield from self.responses

    @property
    def reported(self) -> Address | None:
        """The accepted address, else the first one reported. For display only."""
        reported = (r.address for r in self.all_responses if r.address)
        return self.address or next(reported, None)

    @property
    def provider(self) -> str | None:
        """The first provider that reported the address shown."""
        providers = (r.provider for r in self.all_responses if r.address == self.reported)
        return next(providers, None) if self.reported else None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether an address was reported that is neither accepted nor in hold-down."""
        is_known = self.address is not None or self.candidate is not None
        if is_known or self.tunnel_witness is not None:
            return False
        return any(response.address for response in self.all_responses)

    @property
    def is_unsupported_family(self) -> bool:
        """Whether this is IPv6 and no provider could be reached: the home may not have it."""
        errors = {response.error for response in self.all_responses}
        return self.family is Family.IPV6 and errors == {DetectionError.UNREACHABLE}

    @property
    def is_substituted(self) -> bool:
        """Whether web providers replace an entity that reports no address."""
        own = self.source_response
        has_failed = self.source.kind is SourceKind.ENTITY and (own is None or own.address is None)
        has_substitute = any(response.address for response in self.responses)
        return has_failed and has_substitute and self.tunnel_witness is None


type Detections = Mapping[Source, Detection]
"""The detection of each source that an update asks."""
