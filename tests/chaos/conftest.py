"""What the programs need of pytest."""

import logging

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def no_secret_is_told(socket_enabled: None, caplog: pytest.LogCaptureFixture) -> None:
    """Open the loopback; every house has a watch of its own over secrets.

    Of Home Assistant itself only `scripts/chaos` reads every line: pytest keeps
    them all, which takes longer than the programs.
    """
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"])
    caplog.set_level(logging.INFO)
    for name in ("aiohttp", "asyncio", "custom_components.raindrop"):
        caplog.set_level(logging.DEBUG, name)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let a core that was stopped leave its next poll behind, as the oldest one does."""
    return True
