"""Convert which addresses of a record texts may have to what is stored and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..ddns import Address, RecordState
from .values import read_address, read_mapping, read_optional_time


def texts_data(record: RecordState) -> dict[str, Any]:
    """Return what is stored: since when no text has an address, None if one still has."""
    addresses = record.text_addresses.items()
    stored = {str(a): since.isoformat() if since else None for a, since in addresses}
    return {"text_addresses": stored} if stored else {}


def read_text_addresses(data: Mapping[str, Any]) -> dict[Address, datetime | None]:
    """Return what was stored. Raises one of MALFORMED."""
    return {
        read_address(address): read_optional_time(since)
        for address, since in read_mapping(data.get("text_addresses", {})).items()
    }
