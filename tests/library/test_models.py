"""The values of the library that have properties of their own."""

import pytest

from custom_components.raindrop.ddns.detection.detection import Detection, Response
from custom_components.raindrop.ddns.detection.providers import custom_provider
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import OWNER_COMMENT, Address
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from tests.library.builders import A1, A2, B1, HERE, HERE_V6

ENTITY = Source(Family.IPV4, SourceKind.ENTITY, entity="router")


def response(provider: str, address: Address | None) -> Response:
    """Return a response with an address, or one that timed out."""
    error = None if address else DetectionError.TIMEOUT
    return Response(provider=provider, address=address, error=error)


def responses(addresses: list[Address | None]) -> tuple[Response, ...]:
    """Return a response for each address, of providers named by their numbers."""
    return tuple(response(str(number), address) for number, address in enumerate(addresses))


@pytest.mark.parametrize(
    "family, version, record_type, label, key",
    [(Family.IPV4, 4, "A", "IPv4", "ipv4"), (Family.IPV6, 6, "AAAA", "IPv6", "ipv6")],
)
def test_a_family_has_a_version_a_record_type_a_label_and_a_key(
    family: Family, version: int, record_type: str, label: str, key: str
) -> None:
    """Each family is numbered like its IP version, and has its own type of record."""
    assert (family, family.record_type, family.label) == (version, record_type, label)
    assert family.key == key


def test_s12_the_ownership_comment_fits_any_plan() -> None:
    """Lesson S12: the Free plan allows comments of 100 characters."""
    assert len(OWNER_COMMENT) <= 100


@pytest.mark.parametrize(
    "source, is_unverifiable",
    [
        pytest.param(HERE, False, id="automatic/verifiable"),
        pytest.param(ENTITY, False, id="entity of the default route/verifiable"),
        pytest.param(
            Source(Family.IPV4, SourceKind.ENTITY, entity="lte", meaning=Meaning.OTHER_CONNECTION),
            True,
            id="entity of another route/unverifiable",
        ),
        pytest.param(Source(Family.IPV6, SourceKind.LOCAL), False, id="interface/verifiable"),
        pytest.param(
            Source(Family.IPV4, SourceKind.URLS, urls=("https://a/",)),
            True,
            id="one URL/unverifiable",
        ),
        pytest.param(
            Source(Family.IPV4, SourceKind.URLS, urls=("https://a/", "https://b/")),
            False,
            id="two URLs/verifiable",
        ),
    ],
)
def test_a_source_that_no_provider_can_confirm_is_unverifiable(
    source: Source, *, is_unverifiable: bool
) -> None:
    """A single URL and the entity of another route have no second provider."""
    assert source.is_unverifiable is is_unverifiable


@pytest.mark.parametrize(
    "address, addresses, is_unconfirmed",
    [
        pytest.param(None, [], False, id="no response/no"),
        pytest.param(None, [None], False, id="only failures/no"),
        pytest.param(None, [A1], True, id="one not accepted/yes"),
        pytest.param(None, [A1, A2], True, id="two not accepted/yes"),
        pytest.param(A1, [A1], False, id="one accepted/no"),
        pytest.param(A1, [A1, None, A1], False, id="two accepted/no"),
        pytest.param(A1, [A2, A1, A1], False, id="two against one/no"),
    ],
)
def test_a_detection_is_unconfirmed_while_no_reported_address_is_accepted(
    *, address: Address | None, addresses: list[Address | None], is_unconfirmed: bool
) -> None:
    """An unconfirmed detection is one that further providers may confirm."""
    detection = Detection(source=HERE, address=address, responses=responses(addresses))

    assert detection.is_unconfirmed is is_unconfirmed


def test_a_detection_in_hold_down_is_not_unconfirmed() -> None:
    """A candidate is agreed on already: further providers would not help."""
    assert not Detection(source=HERE, candidate=A1, responses=responses([A1])).is_unconfirmed


def test_the_response_of_the_source_itself_counts() -> None:
    """An entity's own response comes before those of web providers."""
    own = response("router", A2)
    detection = Detection(source=ENTITY, source_response=own, responses=responses([A1]))

    assert [r.provider for r in detection.all_responses] == ["router", "0"]
    assert (detection.reported, detection.provider) == (A2, "router")
    assert detection.is_unconfirmed
    assert Detection(source=ENTITY, source_response=own).is_unconfirmed
    assert detection.family is Family.IPV4


@pytest.mark.parametrize(
    "address, addresses, reported, provider",
    [
        pytest.param(None, [], None, None, id="no query/none"),
        pytest.param(None, [None, None], None, None, id="no response/none"),
        pytest.param(None, [None, A2, A1], A2, "1", id="conflict/the first"),
        pytest.param(A1, [A2, A1, A1], A1, "1", id="outvoted/the accepted one"),
        pytest.param(A1, [None, A1], A1, "1", id="one/it"),
    ],
)
def test_a_detection_has_a_reported_address_for_display(
    address: Address | None,
    addresses: list[Address | None],
    reported: Address | None,
    provider: str | None,
) -> None:
    """Shown is the accepted address, else the first reported one, with its provider."""
    detection = Detection(source=HERE, address=address, responses=responses(addresses))

    assert (detection.reported, detection.provider) == (reported, provider)


@pytest.mark.parametrize(
    "source, own, addresses, is_substituted",
    [
        pytest.param(ENTITY, None, [A1], True, id="silent entity/yes"),
        pytest.param(ENTITY, None, [None, A1], True, id="silent entity, second provider/yes"),
        pytest.param(ENTITY, None, [None], False, id="silent entity, failed providers/no"),
        pytest.param(ENTITY, None, [], False, id="silent entity, no query/no"),
        pytest.param(ENTITY, A2, [A1, A1], False, id="outvoted entity/no"),
        pytest.param(HERE, None, [A1], False, id="automatic/no"),
    ],
)
def test_a_silent_entity_is_substituted_by_web_providers(
    *, source: Source, own: Address | None, addresses: list[Address | None], is_substituted: bool
) -> None:
    """Only an entity that reports no address is replaced, and only by an address."""
    own_response = response("router", own) if source is ENTITY else None
    detection = Detection(
        source=source, source_response=own_response, responses=responses(addresses)
    )

    assert detection.is_substituted is is_substituted


@pytest.mark.parametrize(
    "errors, is_unsupported",
    [
        pytest.param([], False, id="no query/not known"),
        pytest.param([DetectionError.UNREACHABLE], True, id="the only one unreachable/unsupported"),
        pytest.param([DetectionError.UNREACHABLE] * 3, True, id="all unreachable/unsupported"),
        pytest.param(
            [DetectionError.UNREACHABLE, DetectionError.TIMEOUT], False, id="one slow/supported"
        ),
        pytest.param(
            [DetectionError.UNREACHABLE, None], False, id="one response with address/supported"
        ),
        pytest.param(
            [DetectionError.STATUS, DetectionError.STATUS], False, id="all refuse/supported"
        ),
    ],
)
def test_ipv6_that_reaches_no_provider_may_be_unsupported(
    *, errors: list[DetectionError | None], is_unsupported: bool
) -> None:
    """Only where no provider can be reached at all does the home perhaps not have IPv6.

    Every home has IPv4: there it is a failure of the network.
    """
    found = tuple(
        Response(provider=str(number), address=None if error else B1, error=error)
        for number, error in enumerate(errors)
    )

    assert Detection(source=HERE_V6, responses=found).is_unsupported_family is is_unsupported
    assert not Detection(source=HERE, responses=found).is_unsupported_family
    pages = Source(Family.IPV6, SourceKind.URLS, urls=("https://ip.example.net/",))
    assert not Detection(source=pages, responses=found).is_unsupported_family


def test_no_text_of_a_source_contains_its_urls() -> None:
    """A URL of the user may contain a secret, and Home Assistant logs arguments of what failed."""
    url = "https://ip.example.net/?token=sesame"
    source = Source(Family.IPV4, SourceKind.URLS, urls=(url,))
    provider = custom_provider(url, Family.IPV4)
    for value in (source, provider, Detection(source=source), [source], {source: provider}):
        assert "sesame" not in f"{value} {value!r}"
