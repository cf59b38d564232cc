"""The modules that are mutated, and the tests that have to kill their mutants."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import tomllib
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INTEGRATION = Path("custom_components/raindrop")
_WORKSPACES = ROOT / ".dev" / "mutation"


@dataclass(frozen=True, slots=True)
class Suite:
    """One run of pytest: some modules and some tests."""

    name: str
    """The name of its settings file and of its workspace."""
    code: Path
    """The folder of the code that the tests import."""

    @property
    def workspace(self) -> Path:
        """Return the folder in which the tests run."""
        return _WORKSPACES / self.name

    @property
    def tests(self) -> list[str]:
        """Return the arguments of pytest that select the tests."""
        tests: list[str] = self._settings["tests"]
        return tests

    @property
    def pytest_args(self) -> list[str]:
        """Return the other arguments of pytest."""
        args: list[str] = self._settings["pytest_args"]
        return args

    @property
    def modules(self) -> Mapping[str, Path]:
        """Return the paths of the modules that are mutated, by name."""
        patterns: list[str] = self._settings["modules"]
        found = {path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern)}
        by_name = {module_name(path): path for path in found if path.name != "__init__.py"}
        return {name: by_name[name] for name in sorted(by_name.keys() - self.not_checked)}

    @property
    def not_checked(self) -> Mapping[str, str]:
        """Return why other modules are not mutated, by name."""
        reasons: dict[str, str] = self._settings.get("not_checked", {})
        return {module_name(Path(path)): reason for path, reason in reasons.items()}

    @property
    def _settings(self) -> dict[str, Any]:
        return tomllib.loads(Path(__file__).with_name(f"{self.name}.toml").read_text())


def module_name(path: Path) -> str:
    """Return the name of a module within the integration.

    >>> module_name(Path("custom_components/raindrop/ddns/records/make_plan.py"))
    'ddns.records.make_plan'
    """
    return ".".join(path.relative_to(INTEGRATION).with_suffix("").parts)


SUITES = (Suite("library", INTEGRATION / "ddns"), Suite("integration", INTEGRATION))
MODULES = {name: path for suite in SUITES for name, path in suite.modules.items()}
"""The paths of all modules that are mutated, by name."""
