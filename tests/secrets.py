"""Made-up credentials, and functions that find them in texts, log records and exceptions."""

from collections.abc import Iterator
import logging
import traceback
from urllib.parse import unquote

TOKEN = "cfut_" + "drizzle" * 6
READ_TOKEN = "cfut_" + "hailing" * 6
DNS_TOKEN = "cfat_" + "showers" * 6
UNKNOWN_TOKEN = "cfut_" + "monsoon" * 6
OLD_TOKEN = "Thunder-and_Lightning-over-the_Hill-1234"
GLOBAL_KEY = "c0ffee" * 6 + "7"
UNKNOWN_KEY = "decade" * 6 + "5"
EMAIL = "cloud.keeper@example.net"
OTHER_EMAIL = "somebody.else@example.net"

SECRETS = (
    TOKEN,
    READ_TOKEN,
    DNS_TOKEN,
    UNKNOWN_TOKEN,
    OLD_TOKEN,
    GLOBAL_KEY,
    UNKNOWN_KEY,
    EMAIL,
    OTHER_EMAIL,
)


def found_in(text: str) -> list[str]:
    """Return the secrets in a text, in any case and percent-encoded or not."""
    plain = unquote(text).lower()
    return [secret for secret in SECRETS if secret.lower() in plain]


def texts_of_record(record: logging.LogRecord) -> Iterator[str]:
    """Yield the message, the arguments and the exception texts of a log record."""
    yield record.getMessage()
    yield repr(record.args)
    if record.exc_info and record.exc_info[1]:
        yield from texts_of_error(record.exc_info[1])


def texts_of_error(error: BaseException) -> Iterator[str]:
    """Yield the traceback, and the repr and attributes of an exception and its causes."""
    yield "".join(traceback.format_exception(error))
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield repr(current)
        yield repr(vars(current))
        current = current.__cause__ or current.__context__
