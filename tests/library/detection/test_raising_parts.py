"""Parts that raise: a provider's session, a reader of sources, the kernel's table of addresses."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.detection.detector import Detector, SourceState
from custom_components.raindrop.ddns.detection.local import stable_address
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family, Source
from simulator import Simulator
from tests.conftest import HOME
from tests.library.builders import HERE
from tests.library.detection.helpers import LOCAL, LTE, ROUTER, detect, reported
from tests.library.detection.test_local import STABLE, line, table
from tests.library.fake_sources import FakeSources

FAILURES = [
    ValueError("Port out of range 0-65535"),
    OSError("no interface"),
    UnicodeError("label too long"),
    KeyError("session"),
    RuntimeError("the event loop is closed"),
]
"""What Home Assistant's redirect guard, resolvers and closed sessions have been seen to raise."""


class RaisingSession:
    """A session of which every request raises."""

    def __init__(self, error: Exception) -> None:
        """Raise this error."""
        self._error = error

    def request(self, *_: object, **__: object) -> None:
        """Raise the error."""
        raise self._error


def first_fails(
    sessions: Mapping[Family, ClientSession], first: Callable[[], object]
) -> Callable[[Family], ClientSession]:
    """Return what gives a broken session to the first query and real ones to all others."""
    broken = iter([first])

    def session(family: Family) -> ClientSession:
        if make := next(broken, None):
            return make()  # type: ignore[return-value] # a stand-in
        return sessions[family]

    return session


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("place", ["request", "session"])
async def test_whatever_a_session_raises_is_a_failure_of_its_provider(
    simulator: Simulator,
    sessions: Mapping[Family, ClientSession],
    sources: FakeSources,
    error: Exception,
    place: str,
) -> None:
    """The other providers are asked, and two of them agree."""

    def first() -> object:
        if place == "session":
            raise error
        return RaisingSession(error)

    detector = Detector(
        first_fails(sessions, first), ddns.PROVIDERS, sources.read_source, sources.clock
    )

    detection = await detect(detector, HERE)

    assert detection.address == ip_address(HOME)
    assert reported(detection) == {
        "cloudflare": DetectionError.UNREACHABLE,
        "ipify": HOME,
        "ident.me": HOME,
    }


@pytest.mark.parametrize("source", [ROUTER, LTE, LOCAL], ids=["router", "LTE", "local"])
async def test_a_source_that_cannot_be_read_is_silent(
    simulator: Simulator, sessions: Mapping[Family, ClientSession], source: Source
) -> None:
    """A reader that raises ends no update: the source reports nothing, the others go on."""

    async def read_source(_: Source) -> SourceState:
        raise OSError("too many open files")

    detector = Detector(sessions.__getitem__, ddns.PROVIDERS, read_source, FakeSources().clock)

    detection = await detect(detector, source)

    assert detection.address is None
    assert list(reported(detection).values()) == [DetectionError.SILENT]
    assert (await detect(detector, HERE)).address == ip_address(HOME)


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "20010218000100020000000000000005 02 40 00\n",
        "not hexadecimal 02 40 00 80 eth0\n",
        f"{'f' * 40} 02 40 00 80 eth0\n",
        f"{int(ip_address(STABLE)):032x} 02 40 00 zz eth0\n",
    ],
    ids=["empty line", "cut line", "words", "too long", "odd flags"],
)
def test_a_line_of_the_kernel_that_cannot_be_read_is_ignored(text: str) -> None:
    """The other lines of the table count."""
    assert stable_address(table(text, line(STABLE)), None) == ip_address(STABLE)
    assert stable_address(table(text), "not an address") is None
