"""Scenarios: lists of steps as plain values, which can be printed and read back."""

from collections.abc import Awaitable, Callable
import json

type Value = str | int | float | bool | dict[str, Value] | list[Value] | None
type Step = list[Value]
"""The name of an operation or fault, and its arguments."""
type Scenario = list[Step]
type Operation = Callable[..., Awaitable[None]]
"""Carries out the steps of one name."""


class InvariantViolationError(AssertionError):
    """Something that must hold in every scenario does not hold."""


def to_text(scenario: Scenario) -> str:
    """Return a scenario as text, one step per line."""
    return "\n".join(json.dumps(step) for step in scenario)


def from_text(text: str) -> Scenario:
    """Return the scenario that `to_text` wrote."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]
