"""Query strings: what is read from them, and what nobody asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from . import errors
from .errors import RefusedError


class Query:
    """The parameters of a request; what no handler knows becomes a surprise."""

    def __init__(
        self, given: MultiMapping[str], known: Collection[str], surprises: list[str]
    ) -> None:
        """Compare the parameters with those that the endpoint knows."""
        self._given = given
        for name in set(given):
            if name not in known:
                surprises.append(f"query parameter {name!r} is ignored")
            elif len(given.getall(name)) > 1:
                surprises.append(f"query parameter {name!r} is repeated")

    def text(self, name: str) -> str | None:
        """Return a parameter as it is."""
        return self._given.get(name)

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return one of the choices; raises RefusedError for anything else."""
        given = self._given.get(name, default)
        if given not in choices:
            raise RefusedError(errors.bad_query(name))
        return given

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a number within bounds; raises RefusedError for anything else."""
        given = self._given.get(name)
        if given is None:
            return default
        if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
            raise RefusedError(errors.bad_query(name))
        return int(given)

    def boolean(self, name: str) -> bool | None:
        """Return a truth value; raises RefusedError for anything but `true` and `false`."""
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

    def info(self) -> dict[str, Any]:
        """Return what `result_info` says."""
        return {
            "page": self.page,
            "per_page": self.per_page,
            "count": len(self.items),
            "total_count": self.total,
            "total_pages": -(-self.total // self.per_page),
        }


def paged[T](items: list[T], page: int, per_page: int) -> Page[T]:
    """Cut one page out of a list; a page behind the last is empty."""
    start = (page - 1) * per_page
    return Page(items[start : start + per_page], page, per_page, len(items))
