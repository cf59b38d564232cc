"""Cloudflare's refusals, row by row, and what each of them means for Raindrop."""

import pytest

from custom_components.raindrop.ddns import errors
from custom_components.raindrop.ddns.addresses import UnusableAddressError
from custom_components.raindrop.ddns.errors import (
    RATE_LIMIT_WINDOW_S,
    CloudflareAuthError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
    CredentialFault,
    DdnsError,
    Fault,
    HostNameError,
    NoAddressError,
    OutsideZoneError,
    Permission,
    RelativeNameError,
    ZoneNameError,
    classify,
)

MALFORMED, EMAIL = CredentialFault.MALFORMED, CredentialFault.EMAIL_MALFORMED
REFUSED = CredentialFault.REFUSED
HEADERS = Fault(6003, "Invalid request headers")
DENIED = Fault(10000, "Authentication error")
LIST_DENIED = Fault(
    0,
    "Actor 'com.cloudflare.api.token.0' requires permission "
    "'com.cloudflare.api.account.zone.list' to list zones",
)
THROTTLE = "Please wait and consider throttling your request speed"


@pytest.mark.parametrize(
    "status, faults, fault",
    [
        pytest.param(
            400,
            [HEADERS, Fault(6111, "Invalid format for Authorization header")],
            MALFORMED,
            id="malformed token",
        ),
        pytest.param(
            400,
            [HEADERS, Fault(6103, "Invalid format for X-Auth-Key header")],
            MALFORMED,
            id="malformed key",
        ),
        pytest.param(
            400,
            [HEADERS, Fault(6102, "Invalid format for X-Auth-Email header")],
            EMAIL,
            id="malformed email",
        ),
        pytest.param(400, [HEADERS], MALFORMED, id="malformed, no chain"),
        pytest.param(403, [Fault(9109, "Invalid access token")], REFUSED, id="unknown token"),
        pytest.param(400, [Fault(9109, "Invalid access token")], REFUSED, id="unknown with 400"),
        pytest.param(401, [DENIED], REFUSED, id="unknown token at an account"),
        pytest.param(
            400,
            [Fault(9106, "Authentication failed (status: 400)")],
            MALFORMED,
            id="malformed at an account",
        ),
        pytest.param(401, [Fault(1000, "Invalid API Token")], REFUSED, id="verify"),
        pytest.param(
            403, [Fault(9103, "Unknown X-Auth-Key or X-Auth-Email")], REFUSED, id="wrong key"
        ),
        pytest.param(400, [Fault(9106, "Missing X-Auth-Key")], MALFORMED, id="no credential"),
        pytest.param(
            403,
            [Fault(9106, "Missing X-Auth-Key"), Fault(9107, "Missing X-Auth-Email")],
            MALFORMED,
            id="no credential, older",
        ),
        pytest.param(401, [Fault(0, "")], REFUSED, id="401 with an unknown code"),
    ],
)
def test_a_credential_that_cloudflare_does_not_take(
    status: int, faults: list[Fault], fault: CredentialFault
) -> None:
    """A malformed, unknown or expired credential is told as such, whatever path it was shown."""
    error = classify(status, faults, needs=Permission.DNS_EDIT)

    assert isinstance(error, CloudflareAuthError)
    assert error.fault is fault
    assert (error.status, error.codes) == (status, tuple(f.code for f in faults))


@pytest.mark.parametrize("needs", Permission)
@pytest.mark.parametrize(
    "status, faults",
    [
        pytest.param(403, [DENIED], id="denied"),
        pytest.param(
            403, [Fault(9109, "Unauthorized to access requested resource")], id="unauthorized"
        ),
        pytest.param(
            400, [Fault(9109, "Unauthorized to access requested resource")], id="with 400"
        ),
        pytest.param(403, [LIST_DENIED], id="list of zones"),
        pytest.param(403, [Fault(7003, "Could not route")], id="not routable"),
    ],
)
def test_a_denial_names_what_is_missing(
    status: int, faults: list[Fault], needs: Permission
) -> None:
    """A valid credential that may not do this here lacks the permission that was needed."""
    error = classify(status, faults, needs=needs)

    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is needs
    assert str(needs) in str(error)
    assert (error.status, error.codes) == (status, tuple(f.code for f in faults))


def test_a_token_bound_to_another_place_says_so() -> None:
    """A token with an address filter is not called wrong: it is used from elsewhere."""
    fault = Fault(9109, "Cannot use the access token from location: 81.2.69.142")

    error = classify(403, [fault], needs=Permission.DNS_EDIT)

    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is Permission.LOCATION
    assert (error.status, error.codes) == (403, (9109,))


@pytest.mark.parametrize(
    "status, faults, retry_after_s, wait_s",
    [
        pytest.param(429, [Fault(971, THROTTLE)], 17.0, 17.0, id="says how long/that long"),
        pytest.param(429, [Fault(971, THROTTLE)], 0.0, 0.0, id="says at once/at once"),
        pytest.param(429, [Fault(971, THROTTLE)], None, 300.0, id="does not say/the window"),
        pytest.param(429, [Fault(10100, THROTTLE)], 5.0, 5.0, id="another code/that long"),
        pytest.param(429, [], None, 300.0, id="page/the window"),
        pytest.param(200, [Fault(971, THROTTLE)], None, 300.0, id="another status/the window"),
        pytest.param(503, [Fault(971, THROTTLE)], 9.0, 9.0, id="server error/that long"),
        pytest.param(
            403, [Fault(9109, "Max auth failures reached, wait")], None, 300.0, id="log-ins/window"
        ),
    ],
)
def test_s22_a_limit_is_a_wait(
    status: int, faults: list[Fault], retry_after_s: float | None, wait_s: float
) -> None:
    """Lesson S22: too many requests mean a wait, as long as Cloudflare asks, else its window."""
    error = classify(status, faults, needs=Permission.DNS_READ, retry_after_s=retry_after_s)

    assert isinstance(error, CloudflareRateLimitError)
    assert (error.retry_after_s, error.status) == (wait_s, status)
    assert error.codes == tuple(f.code for f in faults)
    assert RATE_LIMIT_WINDOW_S == 300


@pytest.mark.parametrize(
    "status, faults",
    [
        pytest.param(400, [Fault(7003, "Could not route to /x")], id="malformed identifier"),
        pytest.param(404, [Fault(7003, "Could not route to /x")], id="malformed with 404"),
        pytest.param(200, [Fault(7003, "Could not route to /x")], id="malformed with 200"),
        pytest.param(
            400, [Fault(7003, "x"), Fault(7000, "No route for that URI")], id="no route, older"
        ),
        pytest.param(404, [Fault(81044, "Record does not exist.")], id="record"),
        pytest.param(400, [Fault(81044, "Record does not exist.")], id="record with 400"),
        pytest.param(404, [Fault(1001, "Invalid zone identifier")], id="zone"),
        pytest.param(404, [Fault(1003, "Invalid zone identifier")], id="zone, another code"),
        pytest.param(404, [Fault(1000, "not found")], id="code of an unknown token with 404"),
    ],
)
def test_what_is_gone_is_not_found(status: int, faults: list[Fault]) -> None:
    """A zone or record that is not there is told as such."""
    error = classify(status, faults, needs=Permission.DNS_EDIT)

    assert type(error) is CloudflareNotFoundError
    assert (error.status, error.codes) == (status, tuple(f.code for f in faults))


@pytest.mark.parametrize(
    "code, message",
    [
        (1004, "DNS Validation Error"),
        (1038, "You cannot use this API for domains with a .cf TLD"),
        (9000, "DNS name is invalid."),
        (9003, "Target 10.0.0.1 is not allowed for a proxied record."),
        (9005, "Content for A record must be a valid IPv4 address."),
        (9006, "Content for AAAA record must be a valid IPv6 address."),
        (9015, "Record content exceeds the allowed length of 4096 wire format bytes."),
        (9021, "Invalid TTL."),
        (9039, "CNAME content cannot reference itself."),
        (9041, "This record type cannot be proxied."),
        (9300, "DNS record has 1 tags, exceeding the quota of 0."),
        (9313, "DNS record comment exceeds the maximum length of 100 characters."),
        (81045, "Record quota exceeded."),
        (81053, "An A, AAAA, or CNAME record with that host already exists."),
        (81054, "A CNAME record with that host already exists."),
        (81055, "An A record with that host already exists."),
        (81056, "NS records with that host already exist."),
        (81057, "Record already exists."),
        (81058, "An identical record already exists."),
        (83011, "combined content too long"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 409])
def test_what_a_zone_does_not_take_is_refused(status: int, code: int, message: str) -> None:
    """A request that is wrong for the zone is refused for the reason that Cloudflare gives."""
    error = classify(status, [Fault(code, message)], needs=Permission.DNS_EDIT)

    assert type(error) is CloudflareRefusedError
    assert (error.status, error.codes) == (status, (code,))
    assert message in str(error)


def test_a_refusal_tells_all_reasons() -> None:
    """The cause of a refusal stands in its text, also where it came in a chain."""
    faults = [Fault(1004, "DNS Validation Error"), Fault(9005, "Content must be valid.")]

    error = classify(400, faults, needs=Permission.DNS_EDIT)

    assert str(error) == (
        "Cloudflare refused the request: DNS Validation Error; Content must be valid."
    )


@pytest.mark.parametrize(
    "status, fault",
    [
        (405, Fault(10405, "PUT method not allowed for the api_token authentication scheme")),
        (405, Fault(10000, "PUT method not allowed for the api_token authentication scheme")),
        (405, Fault(9109, "Invalid method")),
    ],
)
def test_a_wrong_method_is_no_wrong_credential(status: int, fault: Fault) -> None:
    """A path without its identifier is refused, and is not taken for a denial."""
    assert type(classify(status, [fault], needs=Permission.DNS_EDIT)) is CloudflareRefusedError


@pytest.mark.parametrize(
    "status, faults",
    [
        pytest.param(500, [Fault(10001, "internal error")], id="internal error"),
        pytest.param(200, [Fault(10001, "internal error")], id="internal error with 200"),
        pytest.param(403, [Fault(10001, "internal error")], id="internal error with 403"),
        pytest.param(500, [Fault(1000, "Request timeout")], id="request timeout"),
        pytest.param(503, [Fault(1000, "Internal Server Error")], id="internal server error"),
        pytest.param(500, [DENIED], id="denial of a broken server"),
        *(pytest.param(n, [], id=f"page {n}") for n in (500, 502, 503, 504, *range(520, 527))),
        pytest.param(403, [], id="page 403"),
        pytest.param(401, [], id="page 401"),
        pytest.param(404, [], id="page 404"),
        pytest.param(302, [], id="redirect"),
        pytest.param(200, [], id="no success, no reason"),
    ],
)
def test_what_nobody_can_read_is_cloudflares_trouble(status: int, faults: list[Fault]) -> None:
    """A server error, or an answer without a reason, says nothing about us or the zone."""
    error = classify(status, faults, needs=Permission.DNS_EDIT)

    assert type(error) is CloudflareResponseError
    assert (error.status, error.codes) == (status, tuple(f.code for f in faults))
    assert str(status) in str(error)


@pytest.mark.parametrize(
    "kind, parents",
    [
        (DdnsError, {Exception}),
        (NoAddressError, {DdnsError, ValueError}),
        (UnusableAddressError, {NoAddressError}),
        (HostNameError, {DdnsError, ValueError}),
        (ZoneNameError, {HostNameError}),
        (OutsideZoneError, {HostNameError}),
        (RelativeNameError, {HostNameError}),
        (CloudflareError, {DdnsError}),
        (CloudflareConnectionError, {CloudflareError}),
        (CloudflareTimeoutError, {CloudflareConnectionError}),
        (CloudflareAuthError, {CloudflareError}),
        (CloudflarePermissionError, {CloudflareError}),
        (CloudflareRateLimitError, {CloudflareError}),
        (CloudflareNotFoundError, {CloudflareError}),
        (CloudflareRefusedError, {CloudflareError}),
        (CloudflareResponseError, {CloudflareError}),
    ],
)
def test_the_tree_of_errors(kind: type[Exception], parents: set[type[Exception]]) -> None:
    """Every error has one base, and a timeout is a failed connection."""
    assert set(kind.__bases__) == parents
    assert issubclass(kind, DdnsError)


def test_every_error_is_in_the_tree() -> None:
    """No error of the core stands outside its tree."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    found = {kind for kind in kinds if issubclass(kind, Exception)}

    assert len(found) == 15
    assert all(issubclass(kind, DdnsError) for kind in found)
