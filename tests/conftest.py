"""Fixtures of all tests: the simulator, a zone, and a check that no secret is shown."""

from asyncio import constants
from collections.abc import AsyncIterator, Iterator
import logging
import traceback

import pytest
import pytest_socket

# The test plugin brings a package of this name; Home Assistant sees the first one imported.
import custom_components  # noqa: F401
from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.errors import DdnsError
from devtools.simulated_providers import providers_of, resolvers_of
from simulator import Entry, Simulator
from simulator.cloudflare import Zone
from simulator.responses import Json
from tests.secrets import TOKEN, found_in, texts_of_error, texts_of_record

OLD = "81.2.69.140"
"""Where the records point before anything happens."""
HOME = "81.2.69.142"
"""Where the home is when a test begins."""
NEXT = "81.2.69.144"
"""Where it moves."""
HOME_V6 = "2001:218:1:2::142"


def operations(batch: Entry, kind: str) -> list[dict[str, Json]]:
    """Return the operations of a kind, "patches" or "posts", that a batch carried."""
    assert isinstance(batch.body, dict)
    found = batch.body.get(kind, [])
    assert isinstance(found, list)
    return [operation for operation in found if isinstance(operation, dict)]


@pytest.fixture(scope="session", autouse=True)
def short_stacks() -> Iterator[None]:
    """Let the debug mode of the event loop store one frame of the stack that creates a callback.

    The stacks of callbacks, tasks and futures would take half the time of a test. Remove this
    fixture to see them in an error about one of these.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "DEBUG_STACK_DEPTH", 1)
        patch.setattr(traceback.extract_stack, "__defaults__", (None, 1))
        yield


@pytest.fixture
async def simulator(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Simulator]:
    """Run the stand-ins, with Raindrop pointed at them."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"])
    async with Simulator() as running:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", running.cloudflare.base_url)
        monkeypatch.setattr(ddns, "PROVIDERS", providers_of(running.ip.services))
        monkeypatch.setattr(ddns, "RESOLVERS", resolvers_of(running.doh.urls))
        # Without servers nothing is watched: tests of the watch bring their own.
        monkeypatch.setattr(ddns, "STUN_SERVERS", {})
        running.ip.set_address(HOME)
        yield running


@pytest.fixture
def zone(simulator: Simulator) -> Zone:
    """Give the simulator a zone with one record, and a token that may edit it."""
    zone = simulator.cloudflare.add_zone("example.com")
    simulator.cloudflare.add_record(
        zone, type="A", name="home", content=OLD, ttl=3600, comment="front door"
    )
    simulator.cloudflare.add_token(TOKEN)
    return zone


@pytest.fixture(autouse=True)
def no_secret_is_shown(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """No log line at any level and no error of ours shows a key, token or email, in any test."""
    errors: list[DdnsError] = []

    def remember(kind: type[DdnsError], *args: object, **kwargs: object) -> DdnsError:
        error = Exception.__new__(kind, *args, **kwargs)
        errors.append(error)
        return error

    monkeypatch.setattr(DdnsError, "__new__", remember)
    caplog.set_level(logging.DEBUG)
    yield
    for phase in ("setup", "call"):
        for record in caplog.get_records(phase):
            for text in texts_of_record(record):
                assert not found_in(text), f"{record.name} logs a secret"
    for error in errors:
        for text in texts_of_error(error):
            assert not found_in(text), f"{type(error).__name__} shows a secret"
