"""Plots of the results, one for each scenario."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .contestants import COMPARED, CONTESTANTS, FLOOR
from .scenario_runner import Case, Scenario
from .summary import Row, Rows
from .watch_times import WatchTimes

STYLES = {
    FLOOR: ("#6b7280", "--"),
    "raindrop": ("#0072b2", "-"),
    "core": ("#d55e00", "-"),
    "sdk": ("#cc79a7", "-"),
    "script": ("#e69f00", "-"),
    "ddclient": ("#009e73", "-"),
}


PEERS = ("core", "sdk", "script", "ddclient")


def write_plot(rows: Rows, scenario: Scenario, folder: Path) -> None:
    """Write the plot of a scenario: requests and times over the number of records."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "raindrop", "font.size": 9})
    delays = sorted({case.delay_ms for case, _ in rows})
    figure = Figure(figsize=(4 * (len(delays) + 1), 3.6), layout="constrained")
    panels = figure.subplots(1, len(delays) + 1, squeeze=False)[0]
    _panel(panels[0], rows, scenario, delays[0], lambda row: row.requests)
    panels[0].set_title("requests to Cloudflare")
    panels[0].set_yscale("symlog", linthresh=1)
    panels[0].set_ylim(bottom=0)
    for panel, delay_ms in zip(panels[1:], delays, strict=True):
        _panel(panel, rows, scenario, delay_ms, lambda row: row.wall_s * 1000)
        panel.set_title(f"time in ms, {delay_ms} ms delay at Cloudflare")
        panel.set_yscale("log")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    figure.suptitle(scenario.capitalize(), fontweight="bold")
    _save(figure, folder / f"{scenario.replace(' ', '-')}.svg")


def write_watching_plot(watching: Sequence[WatchTimes], folder: Path) -> None:
    """Write the plot of the times after a change, beside the periods of the peers."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "raindrop", "font.size": 9})
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    panel = figure.subplots()
    peers = {info.title: info.period_s for name, info in CONTESTANTS.items() if name in PEERS}
    labels = [*(f"Raindrop: {times.event}" for times in watching), *peers]
    for number, times in enumerate(watching):
        panel.plot(times.times_s, [number] * len(times.times_s), "|", color=STYLES["raindrop"][0])
    for number, period_s in enumerate(peers.values(), start=len(watching)):
        # Anything up to a period is equally likely.
        panel.plot((0.1, period_s), (number, number), color="#d55e00", linewidth=4)
    panel.set_yticks(range(len(labels)), [label.replace("`", "") for label in labels])
    panel.invert_yaxis()
    panel.set_xscale("log")
    panel.set_xlabel("seconds until the change is written")
    figure.suptitle("Watching the connection", fontweight="bold")
    _save(figure, folder / "watching.svg")


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")
    text = path.read_text()
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n")


def _panel(
    panel: Axes, rows: Rows, scenario: Scenario, delay_ms: int, figure: Callable[[Row], float]
) -> None:
    """Draw a line for each contestant."""
    counts = sorted({case.count for case, _ in rows})
    for name in COMPARED:
        points = [
            (count, figure(row))
            for count in counts
            if (row := rows.get((Case(scenario=scenario, count=count, delay_ms=delay_ms), name)))
        ]
        color, line = STYLES[name]
        title = CONTESTANTS[name].title.replace("`", "")
        panel.plot(
            [count for count, _ in points],
            [value for _, value in points],
            color=color,
            linestyle=line,
            marker="o",
            markersize=4,
            label=title,
        )
    panel.set_xscale("log")
    panel.set_xticks(counts, [str(count) for count in counts])
    panel.minorticks_off()
    panel.set_xlabel("records")
    panel.grid(visible=True, alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)
