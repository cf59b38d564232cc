"""Measure the time and memory of importing Raindrop: `python -m devtools.import_cost`.

Each measurement runs in a process of its own that has already imported what a
running Home Assistant has, and the median is printed. The bytecode is compiled
beforehand, as it is from the second start of Home Assistant on.
"""

from collections.abc import Sequence
import compileall
import json
import os
from statistics import median
import subprocess
import sys

from .checkout import ROOT

RUNS = 7

HOME_ASSISTANT = """
import homeassistant.bootstrap
import homeassistant.components.diagnostics, homeassistant.components.recorder
import homeassistant.components.button, homeassistant.components.sensor
import homeassistant.helpers.selector, homeassistant.helpers.update_coordinator
import custom_components
"""
"""Imports of what a running Home Assistant has loaded."""

_MEASURE = """
import gc, json, sys, time, tracemalloc
sys.path.insert(0, sys.argv[1])
exec(sys.argv[3])
modules = sys.argv[4:]
gc.collect()
if sys.argv[2] == "memory":
    tracemalloc.start()
started = time.perf_counter()
for module in modules:
    __import__(module)
elapsed = time.perf_counter() - started
gc.collect()
memory = tracemalloc.get_traced_memory()[0] if sys.argv[2] == "memory" else 0
print(json.dumps({"ms": elapsed * 1000, "bytes": memory}))
"""


def integration_modules() -> list[str]:
    """Return the modules of the integration that Home Assistant loads."""
    return sorted(
        f"custom_components.raindrop.{path.stem}"
        for path in (ROOT / "custom_components" / "raindrop").glob("*.py")
        if path.stem != "__init__"
    )


def compile_integration() -> None:
    """Compile the integration, regardless of the environment variables for bytecode."""
    compileall.compile_dir(ROOT / "custom_components", quiet=1)


def measure(
    figure: str, modules: Sequence[str] | None = None, setup: str = HOME_ASSISTANT
) -> dict[str, float]:
    """Return the time in ms and the memory in bytes of one import.

    The figure is "time" or "memory", the modules are by default those of the integration, and
    `setup` is a program that runs before the measurement.
    """
    imported = integration_modules() if modules is None else modules
    command = [sys.executable, "-c", _MEASURE, str(ROOT), figure, setup, *imported]
    # Measuring coverage as well would take more memory than the import.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env=environment
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Print the medians."""
    compile_integration()
    time_ms = median(measure("time")["ms"] for _ in range(RUNS))
    memory = measure("memory")["bytes"]
    count = len(integration_modules())
    print(f"{count} modules and the library: {time_ms:.1f} ms, {memory / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
