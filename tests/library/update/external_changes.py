"""External changes of the home's record, and writes that Cloudflare refuses."""

from collections.abc import Callable

from tests.conftest import OLD
from tests.library.zone_updater import BATCH, ZoneUpdater

type ExternalChange = Callable[[ZoneUpdater], None]


def edit(updater: ZoneUpdater, content: str = OLD) -> None:
    """Change the address of the A record externally."""
    (record,) = (r for r in updater.simulator.cloudflare.records(updater.zone) if r["type"] == "A")
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], content=content)


def delete(updater: ZoneUpdater) -> None:
    """Delete the record externally."""
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.delete_record(updater.zone, record["id"])


def unproxy(updater: ZoneUpdater) -> None:
    """Switch off the proxy of the record externally."""
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], proxied=False)


def refuse_writes(updater: ZoneUpdater, code: int) -> None:
    """Let Cloudflare refuse every write for its content."""
    for endpoint in (BATCH, "PATCH *", "POST *"):
        updater.simulator.faults.add("cloudflare", endpoint, kind="error", status=400, code=code)
