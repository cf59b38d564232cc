"""Query strings: parameters, their validation, and pages of results."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from . import errors
from .errors import RefusedError


class Query:
    """The parameters of a request; unknown ones are added to the surprises."""

    def __init__(
        self, given: MultiMapping[str], known: Collection[str], surprises: list[str]
    ) -> None:
        """Compare the parameters with those of the endpoint."""
        self._given = given
        for name in set(given):
            if name not in known:
                surprises.append(f"query parameter {name!r} is ignored")
            elif len(given.getall(name)) > 1:
                surprises.append(f"query parameter {name!r} is repeated")

    def text(self, name: str) -> str | None:
        """Return the text of a parameter."""
        return self._given.get(name)

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return one of the choices. Raises RefusedError for anything else."""
        given = self._given.get(name, default)
        if given not in choices:
            raise RefusedError(errors.bad_query(name))
        return given

    def number(self, name: str, default: int, minimum: int, maximum: int) -> int:
        """Return a number within bounds. Raises RefusedError for anything else."""
        given = self._given.get(name)
        if given is None:
            return default
        if not given.isascii() or not given.isdigit() or not minimum <= int(given) <= maximum:
            raise RefusedError(errors.bad_query(name))
        return int(given)

    def boolean(self, name: str) -> bool | None:
        """Return a boolean. Raises RefusedError for anything but `true` and `false`."""
        given = self._given.get(name)
        if given is None:
            return None
        return self.choice(name, ("true", "false"), "") == "true"


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a list."""

    items: list[T]
    page: int
    per_page: int
    total: int
    has_info: bool = True

    def info(self) -> dict[str, Any] | None:
        """Return the `result_info` of the page, None if a fault removes it."""
        if not self.has_info:
            return None
        return {
            "page": self.page,
            "per_page": self.per_page,
            "count": len(self.items),
            "total_count": self.total,
            "total_pages": -(-self.total // self.per_page),
        }


def paged[T](items: list[T], page: int, per_page: int) -> Page[T]:
    """Return one page of a list; a page after the last one is empty."""
    start = (page - 1) * per_page
    return Page(items[start : start + per_page], page, per_page, len(items))
