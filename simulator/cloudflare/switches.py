"""Switches for responses for which the evidence about the real API conflicts."""

from dataclasses import asdict, dataclass
from typing import Literal, get_args, get_type_hints

type ZoneListDenied = Literal["allowed", "empty", "403/0", "403/9109"]
type ScopeDenied = Literal["403/10000", "403/9109"]
type ForeignZone = Literal["403/10000", "403/9109", "404/1001"]
type ZoneNameForms = Literal["both", "punycode", "unicode"]
type AbsentLists = Literal["null", "empty"]
type FilteredTotals = Literal["filtered", "whole"]
type NoCredentials = Literal["400/9106", "403/9106"]


@dataclass(slots=True, kw_only=True)
class Switches:
    """One switch for each uncertain response; the default is the hardest one for a client."""

    zone_list_denied: ZoneListDenied = "403/0"
    """`GET /zones` with a token that has DNS rights and lacks Zone Read."""
    scope_denied: ScopeDenied = "403/10000"
    """A valid token without the permission, or for a zone outside its scope."""
    foreign_zone: ForeignZone = "403/10000"
    """A well-formed zone id that does not exist, or belongs to another account."""
    zone_name_forms: ZoneNameForms = "both"
    """The form in which `GET /zones?name=` finds an international name."""
    filtered_totals: FilteredTotals = "filtered"
    """What `total_count` of a filtered list of records counts; documented is the whole list."""
    batch_absent_lists: AbsentLists = "null"
    """The value of a list in the response to a batch without that list."""
    no_credentials: NoCredentials = "400/9106"
    """A request without any credentials."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set a switch. Raises ValueError for an unknown switch or value."""
        choices = self.choices().get(name, ())
        if value not in choices:
            raise ValueError(f"{name} cannot be {value!r}; valid are {choices or self.choices()}")
        object.__setattr__(self, name, value)

    def shown(self) -> dict[str, str]:
        """Return all switches as JSON values."""
        return asdict(self)

    @classmethod
    def choices(cls) -> dict[str, tuple[str, ...]]:
        """Return the valid values of each switch."""
        return {name: get_args(alias.__value__) for name, alias in get_type_hints(cls).items()}
