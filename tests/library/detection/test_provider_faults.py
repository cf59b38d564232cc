"""Every failure of a provider, at every position, alone and two at a time.

Whatever fails, no wrong address is accepted; and the true one is accepted
whenever two providers report it.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import ip_address
from itertools import islice, permutations, product
import ssl

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.detection import hedged, providers
from custom_components.raindrop.ddns.detection.detection import Detection, Response
from custom_components.raindrop.ddns.detection.flap_damping import DampingState
from custom_components.raindrop.ddns.detection.providers import Provider
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from simulator.faults import Detail
from tests.certificates import self_signed
from tests.conftest import HOME, NEXT
from tests.library.builders import HERE
from tests.library.fake_sources import new_detector
from tests.library.raw_server import Raw, raw_server, response

IPV4 = Family.IPV4
WRONG = "81.2.69.200"
HTML = f"<html><body>Your address is {WRONG}</body></html>"
KINDS: dict[str, tuple[str, Detail]] = {
    "hang": ("hang", {}),
    "drip": ("drip", {"delay": 0.05}),
    "reset": ("reset", {}),
    "cut": ("cut", {}),
    "403": ("html", {"status": 403}),
    "500": ("body", {"status": 500, "body": WRONG}),
    "HTML": ("body", {"body": HTML, "content_type": "text/html"}),
    "wrong family": ("wrong_family", {}),
    "megabyte": ("huge", {"size": 1_000_000}),
    "redirect": ("redirect", {}),
    "warp": ("warp_on", {}),
    "foreign host": ("foreign_h", {}),
    "garbled": ("garbled", {}),
    "empty": ("body", {"body": ""}),
}
"""Failures that the simulator's faults cause."""
ADDRESSES = {
    "private": "192.168.1.2",
    "CGNAT": "100.64.0.1",
    "Cloudflare's own": "104.18.0.0",
    "wrong address": WRONG,
}
"""Failures that report an address that is not the home's."""
FAILURES = (*KINDS, *ADDRESSES, "no TLS", "self-signed")
TRACE_ONLY = {"warp", "foreign host"}
"""Failures that only a trace can have."""
ENDLESS = {"hang", "drip"}
ERRORS = {
    "hang": DetectionError.TIMEOUT,
    "drip": DetectionError.TIMEOUT,
    "reset": DetectionError.UNREACHABLE,
    "cut": DetectionError.UNREACHABLE,
    "403": DetectionError.STATUS,
    "500": DetectionError.STATUS,
    "HTML": DetectionError.NOT_AN_ADDRESS,
    "wrong family": DetectionError.WRONG_FAMILY,
    "megabyte": DetectionError.TOO_LONG,
    "redirect": DetectionError.STATUS,
    "warp": DetectionError.TUNNEL,
    "foreign host": DetectionError.WRONG_HOST,
    "garbled": DetectionError.NOT_AN_ADDRESS,
    "empty": DetectionError.NOT_AN_ADDRESS,
    "private": DetectionError.NOT_PUBLIC,
    "CGNAT": DetectionError.CGNAT,
    "Cloudflare's own": DetectionError.CLOUDFLARE,
    "wrong address": None,
    "no TLS": DetectionError.UNREACHABLE,
    "self-signed": DetectionError.UNREACHABLE,
}
"""The error that each failure is reported as."""


class Case(Enum):
    """The accepted address and the true one."""

    UNCHANGED = HOME, HOME
    CHANGED = HOME, NEXT
    COLD_START = None, HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Which providers fail, and how, among how many."""

    case: Case
    providers: int
    failures: Mapping[int, str]
    """The failure at each position."""

    @property
    def working(self) -> int:
        """How many providers report the true address."""
        return self.providers - len(self.failures)


def combinations(failure: str) -> Iterator[Combination]:
    """Yield a failure at every position alone, and at every position with another one elsewhere.

    The other one is each of all failures in turn.
    """
    others = FAILURES[FAILURES.index(failure) :] + FAILURES[: FAILURES.index(failure)]
    choices: list[tuple[int, Mapping[int, str]]] = [(5, {n: failure}) for n in range(5)]
    for count in (5, 3):
        pairs = islice(permutations(range(count), 2), 0, None, 2 if count == 5 else 1)
        choices += [
            (count, {first: failure, second: others[turn % len(others)]})
            for turn, (first, second) in enumerate(pairs)
        ]
    for case, (count, failures) in product(Case, choices):
        if sum(name in TRACE_ONLY for name in failures.values()) <= 1:
            yield Combination(case=case, providers=count, failures=failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The simulator, and two servers that must never be queried."""

    simulator: Simulator
    sessions: Mapping[Family, ClientSession]
    portal: Raw
    """The target of redirects."""
    impostor: Raw
    """A server with a self-signed certificate."""

    async def detect(self, combination: Combination) -> Detection:
        """Return the detection of the address while providers fail."""
        accepted, true_address = combination.case.value
        self.simulator.faults.clear()
        self.simulator.log.clear()
        self.simulator.ip.set_address(true_address)
        chosen = self._providers(combination)
        for position, failure in combination.failures.items():
            chosen[position] = self._break(chosen[position], failure, position)
        detector = new_detector(self.sessions, chosen)
        if accepted:
            detector._damping[HERE] = DampingState(accepted=ip_address(accepted))
        return await detector.confirm(await detector.look(HERE, limit_s=60))

    def _providers(self, combination: Combination) -> list[Provider]:
        """Return the providers, the trace at the position of a failure that only it can have."""
        chosen = list(ddns.PROVIDERS[: combination.providers])
        for position, failure in combination.failures.items():
            if failure in TRACE_ONLY:
                chosen[0], chosen[position] = chosen[position], chosen[0]
        return chosen

    def _break(self, provider: Provider, failure: str, position: int) -> Provider:
        """Let a provider fail; return the provider that is queried in its place."""
        if failure in KINDS:
            kind, detail = KINDS[failure]
            if kind == "redirect":
                detail = {"url": self.portal.origin}
            self.simulator.faults.add("ip", provider.name, kind=kind, **detail)
        elif failure in ADDRESSES:
            # Two wrong addresses differ, else they would be a quorum.
            shift = position if failure == "wrong address" else 0
            address = ip_address(ADDRESSES[failure]) + shift
            self.simulator.ip.set_address(address, provider=provider.name)
        else:
            plain = provider.urls[IPV4]
            url = plain.replace("http:", "https:") if failure == "no TLS" else self.impostor.origin
            return replace(provider, urls={IPV4: url})
        return provider


@pytest.fixture
async def environment(
    simulator: Simulator,
    sessions: Mapping[Family, ClientSession],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Environment]:
    """Return an environment in which an endless response soon times out."""

    async def query(
        session: ClientSession, provider: Provider, family: Family, limit_s: float
    ) -> Response:
        faults = [fault for fault in simulator.faults.active if fault.target == provider.name]
        is_endless = any(fault.kind in ENDLESS for fault in faults)
        return await providers.query(session, provider, family, 0.02 if is_endless else limit_s)

    # Only endless responses have a short limit, so that a busy machine makes no difference.
    monkeypatch.setattr(hedged, "query", query)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 30.0)
    pem = tmp_path_factory.mktemp("impostor") / "impostor.pem"
    pem.write_bytes(b"".join(self_signed()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    async with AsyncExitStack() as stack:
        portal = await stack.enter_async_context(raw_server(response(WRONG.encode())))
        impostor = await stack.enter_async_context(raw_server(response(WRONG.encode()), context))
        yield Environment(simulator=simulator, sessions=sessions, portal=portal, impostor=impostor)
        assert (portal.received, impostor.received) == ([], [])


@pytest.mark.parametrize("failure", FAILURES)
async def test_no_failure_makes_a_wrong_address_accepted(
    environment: Environment, failure: str
) -> None:
    """Whatever fails, the accepted address is the true one or none.

    It is the true one whenever two providers report it, and if it has not
    changed, whenever one does and no other conflicts; unless one reports a tunnel.
    """
    for combination in combinations(failure):
        detection = await environment.detect(combination)

        _, true_address = combination.case.value
        failures = set(combination.failures.values())
        is_in_tunnel = detection.tunnel_witness is not None
        is_unopposed = combination.case is Case.UNCHANGED and "wrong address" not in failures
        assert detection.address in {None, ip_address(true_address)}, combination
        assert detection.candidate is None, combination
        is_known = combination.working >= 2 or (is_unopposed and combination.working)
        if is_in_tunnel:
            assert (detection.address, "warp" in failures) == (None, True), combination
        elif is_known:
            assert detection.address == ip_address(true_address), combination
        if combination.case is Case.COLD_START and combination.working < 2:
            assert detection.address is None, combination


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_reported_as_its_error(
    environment: Environment, failure: str
) -> None:
    """The detection has the error of each provider that failed, for display."""
    detection = await environment.detect(
        Combination(case=Case.UNCHANGED, providers=3, failures={0: failure})
    )

    assert [response.error for response in detection.responses[:1]] == [ERRORS[failure]]
    assert detection.is_conflicting == (failure == "wrong address")


@pytest.mark.parametrize("failure", FAILURES)
async def test_s9_no_address_is_accepted_when_all_fail(
    environment: Environment, failure: str
) -> None:
    """Lesson S9: if all providers fail there is no address, whatever was accepted before."""
    count = 1 if failure in TRACE_ONLY else 5
    failures = dict.fromkeys(range(count), failure)
    for case in Case:
        detection = await environment.detect(
            Combination(case=case, providers=count, failures=failures)
        )

        assert (detection.address, detection.is_unconfirmed) == (None, failure == "wrong address")
        assert len(detection.responses) == count


@pytest.mark.parametrize("failure", ["no TLS", "self-signed"])
async def test_s4_a_provider_without_a_valid_certificate_is_unreachable(
    environment: Environment, failure: str
) -> None:
    """Lesson S4: a response counts only if the certificate proves the provider's identity."""
    detection = await environment.detect(
        Combination(case=Case.CHANGED, providers=3, failures={0: failure, 1: failure})
    )

    assert (detection.address, detection.reported) == (None, ip_address(NEXT))
    errors: Sequence[DetectionError | None] = [r.error for r in detection.responses]
    assert errors == [DetectionError.UNREACHABLE, DetectionError.UNREACHABLE, None]


def test_the_combinations_are_many() -> None:
    """There are hundreds of combinations: every failure, at every position, in every case."""
    everything = [combination for failure in FAILURES for combination in combinations(failure)]
    print(f"{len(everything)} combinations of failures")  # noqa: T201 - shows the count

    assert len(everything) >= 500
    for failure, case in product(FAILURES, Case):
        alike = [c for c in everything if c.case is case and failure in c.failures.values()]
        for count in (5, 3):
            positions = {p for c in alike if c.providers == count for p in c.failures}
            assert positions == set(range(count))
        assert {len(c.failures) for c in alike} == {1, 2}
    assert ERRORS.keys() == set(FAILURES)
