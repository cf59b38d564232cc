"""What importing Raindrop costs a Home Assistant that runs: `python -m lab.footprint`.

Each measurement is a process of its own that has loaded what a running Home
Assistant has; the median of several is printed. The bytecode is compiled
beforehand, as it is from the second start on.
"""

from collections.abc import Sequence
import compileall
import json
from pathlib import Path
from statistics import median
import subprocess
import sys

ROOT = Path(__file__).parent.parent
RUNS = 7

HOME_ASSISTANT = """
import homeassistant.bootstrap
import homeassistant.components.diagnostics, homeassistant.components.recorder
import homeassistant.components.button, homeassistant.components.sensor
import homeassistant.helpers.selector, homeassistant.helpers.update_coordinator
import custom_components
"""
"""What a running Home Assistant has loaded."""

_MEASURE = """
import gc, json, sys, time, tracemalloc
sys.path.insert(0, sys.argv[1])
exec(sys.argv[3])
modules = sys.argv[4:]
gc.collect()
if sys.argv[2] == "memory":
    tracemalloc.start()
begin = time.perf_counter()
for module in modules:
    __import__(module)
took = time.perf_counter() - begin
gc.collect()
memory = tracemalloc.get_traced_memory()[0] if sys.argv[2] == "memory" else 0
print(json.dumps({"ms": took * 1000, "bytes": memory}))
"""


def rooms() -> list[str]:
    """Return the modules that Home Assistant loads."""
    return sorted(
        f"custom_components.raindrop.{path.stem}"
        for path in (ROOT / "custom_components" / "raindrop").glob("*.py")
        if path.stem != "__init__"
    )


def prepare() -> None:
    """Compile the integration, whatever the environment says about bytecode."""
    compileall.compile_dir(ROOT / "custom_components", quiet=1)


def measure(
    what: str, modules: Sequence[str] | None = None, beside: str = HOME_ASSISTANT
) -> dict[str, float]:
    """Return the time in ms and the memory in bytes of one import, by default of all rooms.

    ``beside`` is what was imported before.
    """
    wanted = rooms() if modules is None else modules
    command = [sys.executable, "-c", _MEASURE, str(ROOT), what, beside, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Print the medians."""
    prepare()
    took = median(measure("time")["ms"] for _ in range(RUNS))
    memory = measure("memory")["bytes"]
    print(f"import of {len(rooms())} modules and the core: {took:.1f} ms, {memory / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
