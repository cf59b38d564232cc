"""An HTTP answer as a plain value, before anything happens to it on its way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json

type Json = dict[str, Json] | list[Json] | str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with a JSON value, written as compactly as Cloudflare writes it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Answer(status=status, body=text.encode(), headers=headers or {})


def text_answer(text: str, *, status: int = 200) -> Answer:
    """Answer with plain text."""
    return Answer(status=status, body=text.encode(), content_type="text/plain")


def html_answer(html: str, *, status: int = 200) -> Answer:
    """Answer with a page."""
    return Answer(status=status, body=html.encode(), content_type="text/html")
