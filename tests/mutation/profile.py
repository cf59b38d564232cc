"""The same examples in every run, no shrinking, and no log output (`-p tests.mutation.profile`)."""

from collections.abc import Iterable
import logging

from hypothesis import HealthCheck, Phase, settings
import pytest

_MAX_EXAMPLES = 500
_SETTINGS = "_hypothesis_internal_use_settings"

# Home Assistant's test plugin adds no handler if there is one. Through mutmut, output is slow.
logging.basicConfig(handlers=[logging.NullHandler()])
# It only matters whether a property fails, not with which smallest example.
settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
    # A machine that is busy is no change that a test notices.
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
settings.load_profile("mutation")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Limit the examples: a survivor gets all of them."""
    for item in items:
        function = getattr(item, "function", None)
        used: settings | None = getattr(function, _SETTINGS, None)
        if used and used.max_examples > _MAX_EXAMPLES:
            setattr(function, _SETTINGS, settings(used, max_examples=_MAX_EXAMPLES))
