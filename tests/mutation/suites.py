"""The modules that are mutated, and the tests that have to kill their mutants."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import tomllib

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
        return self._settings["tests"]

    @property
    def pytest_args(self) -> list[str]:
        """Return the other arguments of pytest."""
        return self._settings["pytest_args"]

    @property
    def modules(self) -> Mapping[str, Path]:
        """Return the paths of the modules that are mutated, by name."""
        return {module_name(Path(path)): Path(path) for path in self._settings["modules"]}

    @property
    def _settings(self) -> dict[str, list[str]]:
        text = Path(__file__).with_name(f"{self.name}.toml").read_text()
        settings: dict[str, list[str]] = tomllib.loads(text)
        return settings


def module_name(path: Path) -> str:
    """Return the name of a module within the integration.

    >>> module_name(Path("custom_components/raindrop/ddns/records/make_plan.py"))
    'ddns.records.make_plan'
    """
    return ".".join(path.relative_to(INTEGRATION).with_suffix("").parts)


SUITES = (Suite("library", INTEGRATION / "ddns"), Suite("integration", INTEGRATION))
MODULES = {name: path for suite in SUITES for name, path in suite.modules.items()}
"""The paths of all modules that are mutated, by name."""
