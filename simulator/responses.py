"""An HTTP response as a value, before faults change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json

type Json = dict[str, Json] | list[Json] | str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Status, headers and body of a response."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response with compact JSON, as Cloudflare sends it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status=status, body=text.encode(), headers=headers or {})


def text_response(text: str, *, status: int = 200) -> Response:
    """Return a response with plain text."""
    return Response(status=status, body=text.encode(), content_type="text/plain")


def html_response(
    html: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response with an HTML page."""
    return Response(
        status=status, body=html.encode(), content_type="text/html", headers=headers or {}
    )
