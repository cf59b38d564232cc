"""The lab's page for a person with a browser."""

from collections.abc import Iterable, Mapping
from html import escape
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .stand import Lab

LATEST = 40
"""How many of the latest requests the page shows."""

RECORD_COLUMNS = ("type", "name", "content", "ttl", "proxied", "comment")
FAULT_COLUMNS = ("service", "target", "kind", "times")
REQUEST_COLUMNS = ("number", "asked", "request", "status", "fault", "surprises")

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Raindrop lab</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid #ccc; padding: .2rem .6rem .2rem 0; text-align: left; }
code, td { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Raindrop lab</h1>
<p>Stand-ins for Cloudflare and for services that tell a public address. Nothing here is real.</p>
"""


def page(state: Mapping[str, Any], lab: Lab) -> str:
    """Return the page that shows the lab as it is now."""
    zones = (
        _section(
            f"Zone {zone.unicode_name} ({zone.plan.name})",
            RECORD_COLUMNS,
            _rows(lab.cloudflare.records(zone), RECORD_COLUMNS),
        )
        for zone in lab.cloudflare.zones
    )
    return "".join(
        (
            HEAD,
            f"<p>Cloudflare's API: <code>{escape(state['cloudflare'])}</code></p>",
            _section("Public address", ("operator", "IPv4", "IPv6", "URL"), _addresses(state)),
            *zones,
            _section("Switches", ("switch", "position"), state["switches"].items()),
            _section("Faults", FAULT_COLUMNS, _rows(state["faults"], FAULT_COLUMNS)),
            _section("Latest requests", REQUEST_COLUMNS, _requests(lab)),
            _hints(state["control"]),
            "</body></html>",
        )
    )


def _rows(items: Iterable[Mapping[str, object]], columns: Iterable[str]) -> Iterable[list[object]]:
    """Return the named values of each item."""
    for item in items:
        yield [item[column] for column in columns]


def _requests(lab: Lab) -> Iterable[list[object]]:
    """Return one row for each of the latest requests, the newest first."""
    for entry in reversed(lab.log.entries[-LATEST:]):
        yield [
            entry.number,
            entry.asked,
            f"{entry.method} {entry.target}",
            entry.status,
            entry.fault,
            ", ".join(entry.surprises),
        ]


def _addresses(state: Mapping[str, Any]) -> Iterable[Iterable[object]]:
    """Return one row for each operator."""
    for service in state["ip"]:
        known = state["addresses"][service["name"]]
        yield service["name"], known.get(4), known.get(6), " ".join(service["urls"].values())


def _section(title: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table under its title; an empty one says so."""
    lines = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    if not lines:
        return f"<h2>{escape(title)}</h2><p>None.</p>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{lines}</table>"


def _text(cell: object) -> str:
    """Return the escaped text of a cell."""
    return "" if cell is None else escape(str(cell))


def _hints(control: str) -> str:
    """Return commands to try."""
    examples = (
        ("PUT", "/addresses", {"address": "81.2.69.143"}),
        ("POST", "/faults", {"service": "cloudflare", "target": "*", "kind": "html", "times": 1}),
        ("POST", "/faults", {"service": "ip", "target": "ipify", "kind": "hang"}),
        ("DELETE", "/faults", None),
    )
    lines = "\n".join(_curl(method, control + path, body) for method, path, body in examples)
    return f"<h2>To try</h2><pre>{escape(lines)}</pre><p>All levers: <code>lab/README.md</code></p>"


def _curl(method: str, url: str, body: Mapping[str, object] | None) -> str:
    """Return a command that works a lever."""
    data = f" -d '{json.dumps(body)}'" if body else ""
    return f"curl -X {method} {url}{data}"
