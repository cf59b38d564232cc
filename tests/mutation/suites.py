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
    """One run of mutmut: some modules and some tests."""

    name: str
    """The name of its settings file and of its workspace."""
    code: Path
    """The folder of the code that the tests import."""

    @property
    def workspace(self) -> Path:
        """Return the folder in which mutmut runs."""
        return _WORKSPACES / self.name

    @property
    def settings_text(self) -> str:
        """Return the settings of mutmut, as TOML."""
        return Path(__file__).with_name(f"{self.name}.toml").read_text()

    @property
    def pytest_args(self) -> list[str]:
        """Return the arguments for pytest, apart from the tests."""
        args: list[str] = self._settings["pytest_add_cli_args"]
        return args

    @property
    def modules(self) -> Mapping[str, Path]:
        """Return the paths of the modules that are mutated, by name."""
        return {module_name(Path(path)): Path(path) for path in self._settings["only_mutate"]}

    @property
    def _settings(self) -> dict[str, list[str]]:
        settings: dict[str, list[str]] = tomllib.loads(self.settings_text)["tool"]["mutmut"]
        return settings


def module_name(path: Path) -> str:
    """Return the name of a module within the integration.

    >>> module_name(Path("custom_components/raindrop/ddns/records/plan.py"))
    'ddns.records.plan'
    """
    return ".".join(path.relative_to(INTEGRATION).with_suffix("").parts)


SUITES = (Suite("library", INTEGRATION / "ddns"), Suite("integration", INTEGRATION))
MODULES = {name: path for suite in SUITES for name, path in suite.modules.items()}
"""The paths of all modules that are mutated, by name."""
