"""Shrink a failing scenario to a minimal one."""

from collections.abc import Callable

from .scenario import Scenario


def shrink(scenario: Scenario, fails: Callable[[Scenario], bool], tries: int = 150) -> Scenario:
    """Return a scenario that still fails and from which no chunk of steps can be removed.

    ``tries`` limits how many shorter scenarios are run.
    """
    size = len(scenario) // 2
    while size and tries > 0:
        start = 0
        while start < len(scenario) and tries > 0:
            shorter = [*scenario[:start], *scenario[start + size :]]
            tries -= 1
            if fails(shorter):
                scenario = shorter
            else:
                start += size
        size = size // 2
    return scenario
