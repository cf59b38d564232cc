"""What importing Raindrop costs a Home Assistant that runs: `python -m lab.footprint`.

Each measurement is a process of its own that has loaded what a running Home
Assistant has; the median of several is printed. The bytecode is compiled
beforehand, as it is from the second start on.
"""

import compileall
import json
from pathlib import Path
from statistics import median
import subprocess
import sys

ROOT = Path(__file__).parent.parent
RUNS = 7

_MEASURE = """
import gc, json, sys, time, tracemalloc
import homeassistant.bootstrap
import homeassistant.components.diagnostics, homeassistant.components.recorder
import homeassistant.components.button, homeassistant.components.sensor
import homeassistant.helpers.selector, homeassistant.helpers.update_coordinator
sys.path.insert(0, sys.argv[1])
import custom_components
rooms = sys.argv[3:]
gc.collect()
if sys.argv[2] == "memory":
    tracemalloc.start()
begin = time.perf_counter()
for room in rooms:
    __import__(f"custom_components.raindrop.{room}")
took = time.perf_counter() - begin
gc.collect()
memory = tracemalloc.get_traced_memory()[0] if sys.argv[2] == "memory" else 0
print(json.dumps({"ms": took * 1000, "bytes": memory}))
"""


def rooms() -> list[str]:
    """Return the modules that Home Assistant loads."""
    return sorted(
        path.stem
        for path in (ROOT / "custom_components" / "raindrop").glob("*.py")
        if path.stem != "__init__"
    )


def prepare() -> None:
    """Compile the integration, whatever the environment says about bytecode."""
    compileall.compile_dir(ROOT / "custom_components", quiet=1)


def measure(what: str) -> dict[str, float]:
    """Return the time in ms and the memory in bytes of one import of all rooms."""
    command = [sys.executable, "-c", _MEASURE, str(ROOT), what, *rooms()]
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
