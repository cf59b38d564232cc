"""Faults: failing requests, an unreachable API, denied credentials, a missing zone."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from simulator import Simulator, StunFault
from simulator.cloudflare.auth import USER_PERMISSIONS
from simulator.request_log import Service
from tests.secrets import TOKEN

from .account_resources import Account
from .clock import Clock
from .constants import PROVIDERS, WATCHED_INTERVAL_S
from .network import Network
from .reported_addresses import ReportedAddresses
from .scenario import Operation
from .zone_checker import ZoneChecker

_TRACE_PROVIDERS = ("cloudflare", "home-assistant")
"""Providers whose response is more than an address, so that a bare address is rejected."""


class Faults:
    """Injects faults into the simulator, and removes them."""

    def __init__(
        self,
        simulator: Simulator,
        clock: Clock,
        reported: ReportedAddresses,
        network: Network,
        checkers: Mapping[str, ZoneChecker],
        account: Account,
    ) -> None:
        """Start without faults, except that probes are blocked."""
        simulator.stun.fault = StunFault.SILENT
        self._simulator = simulator
        self._clock = clock
        self._reported = reported
        self._network = network
        self._checkers = checkers
        self._account = account
        self.operations: dict[str, Operation] = {
            "add_fault": self.add_fault,
            "clear_faults": self.clear_faults,
            "set_reachable": self.set_reachable,
            "set_stun": self.set_stun,
            "set_token": self.set_token,
            "set_zone_exists": self.set_zone_exists,
            "set_zone_state": self.set_zone_state,
            "set_delegation": self.set_delegation,
        }

    async def add_fault(
        self,
        service: Service,
        target: str,
        kind: str,
        times: int | None,
        detail: dict[str, Any],
    ) -> None:
        """Make requests fail."""
        self._simulator.faults.add(service, target, kind=kind, times=times, **detail)
        if service == "ip" and kind == "body":
            plain = [name for name in PROVIDERS if name not in _TRACE_PROVIDERS]
            self._reported.report_by_fault(
                [name for name in plain if target in (name, "*")], detail["body"]
            )

    async def clear_faults(self) -> None:
        """Stop making requests fail."""
        self._simulator.faults.clear()
        self._network.renew_tunnel()
        self._reported.end_faults()

    async def set_reachable(self, is_reachable: bool) -> None:  # noqa: FBT001
        """Make the Cloudflare API reachable or unreachable."""
        self._simulator.cloudflare.reachable = is_reachable

    async def set_stun(self, fault: str | None, mapped: list[str]) -> None:
        """Set what is wrong with the responses to probes, and which addresses they report in turn.

        Without any they report the address that Cloudflare's trace does, right
        or not. Once the watch may work, the poll is less frequent.
        """
        self._simulator.stun.fault = StunFault(fault) if fault else None
        self._simulator.stun.set_mapped(mapped)
        if not fault:
            self._clock.interval_s = WATCHED_INTERVAL_S

    async def set_token(self, access: str) -> None:
        """Revoke the API token, limit its permissions, or restore it."""
        cloudflare = self._simulator.cloudflare
        match access:
            case "revoked":
                with suppress(KeyError):
                    cloudflare.credentials.revoke(TOKEN)
            case "read_only":
                cloudflare.add_token(TOKEN, permissions={"dns:read"})
            case "other_network":
                cloudflare.add_token(TOKEN, only_from=["192.0.2.0/24"])
            case "other_zone":
                cloudflare.add_token(TOKEN, zones=[self._checkers["example.com"].zone])
            case "zones_only":
                cloudflare.add_token(TOKEN)
            case _:
                cloudflare.add_token(TOKEN, permissions=USER_PERMISSIONS)

    async def set_zone_exists(self, name: str, exists: bool) -> None:  # noqa: FBT001
        """Remove a zone from the account, or restore it unchanged."""
        zones, zone = self._simulator.cloudflare._zones, self._checkers[name].zone
        if exists:
            zones[zone.id] = zone
        else:
            zones.pop(zone.id, None)

    async def set_zone_state(self, name: str, state: Mapping[str, Any]) -> None:
        """Let a zone say of itself that it moved, is pending or is paused, or nothing."""
        zone = self._checkers[name].zone
        zone.status, zone.paused = state.get("status", "active"), state.get("paused", False)

    async def set_delegation(self, name: str, is_elsewhere: bool) -> None:  # noqa: FBT001
        """Let the registrar have foreign nameservers for a zone, or Cloudflare's."""
        self._simulator.doh.delegations.pop(name, None)
        if is_elsewhere:
            self._simulator.doh.delegations[name] = ("ns1.example.net.",)
        self._simulator.doh.clear_caches()

    async def end_all(self) -> None:
        """Remove all faults."""
        await self.clear_faults()
        await self.set_reachable(is_reachable=True)
        await self.set_token("full")
        await self._account.end_faults()
        for name in self._checkers:
            await self.set_zone_exists(name, exists=True)
            await self.set_zone_state(name, {})
            await self.set_delegation(name, is_elsewhere=False)
