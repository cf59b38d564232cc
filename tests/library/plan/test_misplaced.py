"""Which record is the one that was created, with a name that Cloudflare completed."""

import pytest

from custom_components.raindrop.ddns.models import OWNER_COMMENT
from custom_components.raindrop.ddns.records.verify import is_misplaced
from tests.library.builders import A1, A2, B1, create, record

CREATED = create("home.example.org", A1)
COMPLETED = "home.example.org.example.com"


def test_the_created_record_is_misplaced() -> None:
    """Cloudflare appended the name of the zone."""
    assert is_misplaced(CREATED, record(A1, name=COMPLETED, comment=OWNER_COMMENT))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"comment": None}, id="of nobody"),
        pytest.param({"content": B1, "kind": "AAAA"}, id="another type"),
        pytest.param({"name": "home.example.com"}, id="another name"),
        pytest.param({"name": "home.example.org"}, id="the name itself"),
        pytest.param({"content": A2}, id="another address"),
    ],
)
def test_any_other_record_is_not(fields: dict[str, object]) -> None:
    """Each of its attributes must be that of the created record: it will be deleted."""
    usual: dict[str, object] = {"content": A1, "name": COMPLETED, "comment": OWNER_COMMENT}
    assert not is_misplaced(CREATED, record(**(usual | fields)))  # type: ignore[arg-type]
