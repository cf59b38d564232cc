"""Check every log line: no secrets and no unexpected errors."""

import logging
from typing import override

from tests.secrets import found_in, texts_of_record

_EXPECTED_AT_STOP = "integration cancelled"
"""What Home Assistant logs about a set-up that is cancelled because it stops."""


class LogChecker(logging.Handler):
    """A log handler that collects violations."""

    def __init__(self) -> None:
        """Handle lines of all levels."""
        super().__init__(logging.DEBUG)
        self.violations: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Check one line, including its arguments and its exception."""
        if any(found_in(text) for text in texts_of_record(record)):
            self.violations.append(f"{record.name} logs a secret")
        if record.levelno >= logging.ERROR and _EXPECTED_AT_STOP not in record.getMessage():
            error = record.exc_info and record.exc_info[1]
            self.violations.append(f"{record.name} logs {record.getMessage()!r} ({error!r})")
