"""Fixtures of the chaos tests."""

import logging

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def allow_loopback_and_limit_logs(socket_enabled: None, caplog: pytest.LogCaptureFixture) -> None:
    """Allow connections to the simulator, and limit what pytest captures of the logs.

    `LogChecker` looks for secrets in every line that is logged. Home Assistant's
    own debug lines are logged by `scripts/chaos` only: pytest would keep them
    all, which takes longer than the scenarios.
    """
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"])
    caplog.set_level(logging.INFO)
    for name in ("aiohttp", "asyncio", "custom_components.raindrop"):
        caplog.set_level(logging.DEBUG, name)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow a stopped core to leave timers behind, as the oldest supported one does."""
    return True
