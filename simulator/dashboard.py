"""The dashboard: the state of the simulator as an HTML page."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
import json
from typing import Any

from .cloudflare import Zone
from .request_log import Entry

MAX_REQUESTS = 40
"""How many of the latest requests the page shows."""

REFERENCE = "<p>All endpoints are listed in <code>simulator/README.md</code>.</p>"
RECORD_COLUMNS = ("type", "name", "content", "ttl", "proxied", "comment")
FAULT_COLUMNS = ("service", "target", "kind", "times")
REQUEST_COLUMNS = ("number", "service", "request", "status", "fault", "surprises")

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Raindrop simulator</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid #ccc; padding: .2rem .6rem .2rem 0; text-align: left; }
code, td { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Raindrop simulator</h1>
<p>Simulated servers of Cloudflare and of services that report the public IP address.</p>
"""


def render(state: Mapping[str, Any], zones: Iterable[Zone], entries: Sequence[Entry]) -> str:
    """Return the page for a state of the simulator, its zones and its request log."""
    zone_sections = (
        _section(
            f"Zone {zone.unicode_name} ({zone.plan.name})",
            RECORD_COLUMNS,
            _rows((record.shown() for record in zone.records.values()), RECORD_COLUMNS),
        )
        for zone in zones
    )
    return "".join(
        (
            HEAD,
            f"<p>Cloudflare's API: <code>{escape(state['cloudflare'])}</code></p>",
            _section("Public address", ("provider", "IPv4", "IPv6", "URL"), _addresses(state)),
            *zone_sections,
            _section("Switches", ("switch", "value"), state["switches"].items()),
            _section("Faults", FAULT_COLUMNS, _rows(state["faults"], FAULT_COLUMNS)),
            _section("Latest requests", REQUEST_COLUMNS, _requests(entries)),
            _examples(state["control"]),
            "</body></html>",
        )
    )


def _rows(items: Iterable[Mapping[str, object]], columns: Iterable[str]) -> Iterable[list[object]]:
    """Yield the columns of each item."""
    for item in items:
        yield [item[column] for column in columns]


def _requests(entries: Sequence[Entry]) -> Iterable[list[object]]:
    """Yield one row for each of the latest requests, the newest first."""
    for entry in reversed(entries[-MAX_REQUESTS:]):
        yield [
            entry.number,
            entry.server,
            f"{entry.method} {entry.target}",
            entry.status,
            entry.fault,
            ", ".join(entry.surprises),
        ]


def _addresses(state: Mapping[str, Any]) -> Iterable[Iterable[object]]:
    """Yield one row for each provider."""
    for service in state["ip"]:
        known = state["addresses"][service["name"]]
        yield service["name"], known.get(4), known.get(6), " ".join(service["urls"].values())


def _section(title: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table with a title."""
    lines = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    if not lines:
        return f"<h2>{escape(title)}</h2><p>None.</p>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{lines}</table>"


def _text(cell: object) -> str:
    return "" if cell is None else escape(str(cell))


def _examples(control: str) -> str:
    """Return example commands for the control API."""
    examples = (
        ("PUT", "/addresses", {"address": "81.2.69.143"}),
        ("POST", "/faults", {"service": "cloudflare", "target": "*", "kind": "html", "times": 1}),
        ("POST", "/faults", {"service": "ip", "target": "ipify", "kind": "hang"}),
        ("DELETE", "/faults", None),
    )
    lines = "\n".join(_curl(method, control + path, body) for method, path, body in examples)
    return f"<h2>Examples</h2><pre>{escape(lines)}</pre>{REFERENCE}"


def _curl(method: str, url: str, body: Mapping[str, object] | None) -> str:
    data = f" -d '{json.dumps(body)}'" if body else ""
    return f"curl -X {method} {url}{data}"
