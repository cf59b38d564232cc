"""Errors that say nothing of the credential are quoted, and accuse nobody."""

import json

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.errors import ApiError, classify
from custom_components.raindrop.ddns.errors import (
    CloudflareNotFoundError,
    CloudflareRefusedError,
    Permission,
)
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.library.builders import zone_id
from tests.secrets import TOKEN, found_in

TLD = ApiError(1038, "You cannot use this API for domains with a .cf TLD")


@pytest.mark.parametrize("status", [400, 403, 404, 409])
@pytest.mark.parametrize(
    "errors",
    [
        pytest.param([TLD], id="top-level domain"),
        pytest.param([ApiError(1000, "Request timeout")], id="code with several meanings"),
        pytest.param([ApiError(1105, "Temporarily unavailable")], id="unknown code"),
        pytest.param([ApiError(0, "Blocked by the firewall")], id="no code"),
        pytest.param(
            [
                ApiError(6003, "Invalid request headers"),
                ApiError(6105, "Invalid Content-Type header"),
            ],
            id="header of another kind",
        ),
    ],
)
def test_a_code_that_is_not_about_the_credential_is_quoted(
    status: int, errors: list[ApiError]
) -> None:
    """Only a known code means that the credential or a permission is wrong."""
    error = classify(status, errors, needs=Permission.DNS_EDIT)

    assert type(error) is CloudflareRefusedError
    assert all(e.message in str(error) for e in errors)
    assert (error.status, error.codes) == (status, tuple(e.code for e in errors))


@pytest.mark.parametrize("code", [7000, 7003, 81044])
@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_unknown_identifier_is_no_denial(status: int, code: int) -> None:
    """A path that leads nowhere is not found, whatever the status."""
    error = classify(status, [ApiError(code, "Could not route")], needs=Permission.DNS_READ)

    assert type(error) is CloudflareNotFoundError


@pytest.mark.parametrize("status", [400, 403, 404, 418])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"error": "Blocked for now"}, id="bare error"),
        pytest.param({"success": False, "errors": [], "error": "Blocked for now"}, id="no errors"),
        pytest.param({"error": {"code": 5, "message": "Blocked for now"}}, id="error object"),
        pytest.param({"message": "Blocked for now"}, id="gateway"),
        pytest.param({"title": "No", "detail": "Blocked for now"}, id="problem details"),
        pytest.param({"errors": ["Blocked for now"]}, id="texts"),
    ],
)
async def test_a_bare_error_is_quoted(
    simulator: Simulator, zone: Zone, client: CloudflareClient, status: int, body: object
) -> None:
    """A response with a reason in another form than Cloudflare's usual one is quoted."""
    simulator.faults.add("cloudflare", kind="body", status=status, body=json.dumps(body))

    with pytest.raises(CloudflareRefusedError, match="Blocked for now") as caught:
        await client.list_records(zone_id(zone))

    assert caught.value.status == status


async def test_a_bare_error_that_repeats_the_credential_is_redacted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """What is quoted from any place of a response holds no credential."""
    body = json.dumps({"error": f"Bearer {TOKEN.upper()}"})
    simulator.faults.add("cloudflare", kind="body", status=403, body=body)

    with pytest.raises(CloudflareRefusedError, match=r"Bearer \*\*\*"):
        await client.list_records(zone_id(zone))


@pytest.mark.parametrize("padding", [0, 250, 290, 4000, 4050, 4090, 5000])
async def test_a_cut_message_does_not_end_in_a_part_of_the_credential(
    simulator: Simulator, zone: Zone, client: CloudflareClient, padding: int
) -> None:
    """A long message is cut so that no part of a credential is left."""
    message = "x" * padding + (TOKEN + " ") * 100
    simulator.faults.add("cloudflare", kind="error", status=400, code=1, message=message)

    with pytest.raises(CloudflareRefusedError) as caught:
        await client.list_records(zone_id(zone))

    assert TOKEN[:12] not in str(caught.value)
    assert found_in(str(caught.value)) == []


async def test_a_403_for_another_reason_is_no_permission_to_edit(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A check that is forbidden for an unknown reason fails with this reason."""
    simulator.faults.add("cloudflare", kind="error", status=403, code=1038, message="Not for .cf")

    with pytest.raises(CloudflareRefusedError, match=r"Not for \.cf"):
        await client.check_edit(zone_id(zone))


def test_an_error_without_a_message_is_quoted_by_its_code() -> None:
    """A refusal always says something."""
    error = classify(400, [ApiError(1105, "")], needs=Permission.DNS_EDIT)

    assert str(error) == "Cloudflare refused the request: code 1105"


def test_a_quote_is_short_and_printable() -> None:
    """At most 300 characters, on one line, without control characters."""
    errors = [ApiError(1, "one\ntwo\x1b[2J\u202e\ud800  ü"), ApiError(2, "x" * 10_000)]

    text = str(classify(400, errors, needs=Permission.DNS_EDIT))

    quote = text.removeprefix("Cloudflare refused the request: ")
    assert quote.startswith("one two [2J ü; xxx")
    assert len(quote) == 300
    assert text.isprintable()
