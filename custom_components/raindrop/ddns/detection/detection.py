"""The result of asking a source for its address: responses and what was accepted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import IPv6Network

from ..addresses import network_of
from ..errors import DetectionError
from ..models import Address, Network
from ..sources import Family, Source, SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What one provider reported: an address, or the reason why there is none."""

    provider: str
    address: Address | None = None
    error: DetectionError | None = None
    rejected: Address | None = None
    """The address that it reported but that may not be written."""
    prefix: IPv6Network | None = None
    """The prefix that it reported, of which the address is the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The public address of a family as detected by one source."""

    source: Source
    address: Address | None = None
    """The accepted address, which may be written; None is *not known*."""
    source_response: Response | None = None
    """What the entity or the local interface itself reported; None for web sources."""
    host_address: Address | None = None
    """The stable IPv6 address of this host, if it represents those of its network."""
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
    """When the wait for web providers ends, on the clock of the event loop."""
    detected_at: datetime | None = field(default=None, compare=False)
    """When the last response arrived."""

    @property
    def family(self) -> Family:
        """The family of the address."""
        return self.source.family

    @property
    def last_accepted(self) -> Address | None:
        """The accepted address, also while another one is in hold-down."""
        return self.address or self.previous

    def stands_for(self, address: Address) -> Address:
        """Return the address that a reported one counts as: that of this host, in its network.

        Hosts connect from temporary addresses: one of the subnet of this host's
        stable address counts as that one. So does one of the network of which
        an entity reports the prefix or an address; where this host has no
        stable address in it, what the entity reports counts.
        """
        host, own = self.host_address, self.source_response
        if host and network_of(address) == network_of(host):
            return host
        if not self.source.is_of_network or own is None or own.address is None:
            return address
        network = own.prefix or network_of(own.address)
        if address not in network:
            return address
        return host if host and host in network else own.address

    @property
    def is_unverifiable(self) -> bool:
        """Whether no second provider can confirm what the source itself reports."""
        return self.source.is_unverifiable or self.tunnel_witness is not None

    @property
    def has_one_opinion(self) -> bool:
        """Whether only one provider of several repeated the accepted address.

        The local interface needs no other one, because it cannot be out of date.
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
        reported = (self.stands_for(r.address) for r in self.all_responses if r.address)
        return self.address or next(reported, None)

    @property
    def expected(self) -> Address | None:
        """The accepted address, or the one in hold-down: it is accepted once it is stable."""
        return self.address or self.candidate

    @property
    def rejected(self) -> Address | None:
        """The address that the source itself reports but that may not be written."""
        return self.source_response.rejected if self.source_response else None

    @property
    def network(self) -> Network | None:
        """The network of what the source reports, accepted or not; None if it reports nothing."""
        own = self.source_response
        if own and own.address and own.prefix:
            return own.prefix
        address = own.address if own else self.reported
        return network_of(address) if address else None

    @property
    def provider(self) -> str | None:
        """The first provider that reported the address shown."""
        reported = ((r.provider, r.address) for r in self.all_responses if r.address)
        providers = (p for p, address in reported if self.stands_for(address) == self.reported)
        return next(providers, None)

    @property
    def is_unconfirmed(self) -> bool:
        """Whether an address was reported that is neither accepted nor in hold-down."""
        if self.expected is not None or self.tunnel_witness is not None:
            return False
        return any(response.address for response in self.all_responses)

    @property
    def is_unsupported_family(self) -> bool:
        """Whether this is IPv6 and no provider could be reached: the home may not have it.

        Custom URLs say nothing about that, because they may not exist.
        """
        may_be_absent = self.family is Family.IPV6 and self.source.kind is not SourceKind.URLS
        errors = {response.error for response in self.all_responses}
        return may_be_absent and errors == {DetectionError.UNREACHABLE}

    @property
    def is_substituted(self) -> bool:
        """Whether web providers replace an entity that reports no address."""
        own = self.source_response
        has_failed = self.source.kind is SourceKind.ENTITY and (own is None or own.address is None)
        has_substitute = any(response.address for response in self.responses)
        return has_failed and has_substitute and self.tunnel_witness is None


type Detections = Mapping[Source, Detection]
"""The detection of each source that an update asks."""


def as_expected(detections: Detections) -> Detections:
    """Return detections in which an address in hold-down counts as accepted, for a preview."""
    return {s: replace(d, address=d.expected) for s, d in detections.items()}
