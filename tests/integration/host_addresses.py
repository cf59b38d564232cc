"""The IPv6 addresses of this host, as the kernel lists them."""

from ipaddress import IPv6Address
from pathlib import Path

import pytest

from custom_components.raindrop import address_sources

STABLE, TEMPORARY = "2001:218:1:2::5", "2001:218:1:2:a1b2:c3d4:e5f6:789a"

_LINK_LOCAL = "fe80::5"
_LINK_LOCAL_FLAG, _STABLE_FLAG, _TEMPORARY_FLAG = 0x80, 0x00, 0x01


class Host:
    """Replaces the kernel's table of addresses and the choice of the outgoing address."""

    def __init__(self, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write the table to a file."""
        self._table = table
        self.outgoing: str | None = None
        monkeypatch.setattr(address_sources, "_ADDRESS_TABLE", table)
        monkeypatch.setattr(address_sources, "_outgoing_address", lambda: self.outgoing)

    def set_addresses(self, stable: str, temporary: str) -> None:
        """Set the addresses; connections go out from the temporary one."""
        flags = {_LINK_LOCAL: _LINK_LOCAL_FLAG, temporary: _TEMPORARY_FLAG, stable: _STABLE_FLAG}
        rows = (
            f"{int(IPv6Address(address)):032x} 02 40 00 {flag:02x} eth0\n"
            for address, flag in flags.items()
        )
        self._table.write_text("".join(rows), "ascii")
        self.outgoing = temporary

    def remove_addresses(self) -> None:
        """Have no IPv6 at all: there is no table either."""
        self._table.unlink()
        self.outgoing = None
