"""Error classification: the documented error responses of Cloudflare, and the error tree."""

import importlib
from ipaddress import ip_address
import pkgutil

import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.cloudflare.errors import (
    RATE_LIMIT_WINDOW_S,
    ApiError,
    classify,
)
from custom_components.raindrop.ddns.errors import (
    AmbiguousZoneError,
    BaseUrlError,
    ChangedSettingsError,
    CloudflareAddressTakenError,
    CloudflareAuthError,
    CloudflareBusyError,
    CloudflareCaptivePortalError,
    CloudflareCertificateError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
    CredentialProblem,
    DdnsError,
    DetectionError,
    HostNameError,
    InterfaceIdError,
    LastNetworkError,
    NoAddressError,
    NoResponseError,
    OutsideZoneError,
    Permission,
    ProviderUrlError,
    RelativeNameError,
    ResponseTimeoutError,
    ResponseTooLongError,
    UnknownNetworkError,
    UnknownSettingsError,
    UntrustedServerError,
    UnusableAddressError,
    ZoneNameError,
)

MALFORMED, EMAIL = CredentialProblem.MALFORMED, CredentialProblem.EMAIL_MALFORMED
REFUSED = CredentialProblem.REFUSED
HEADERS = ApiError(6003, "Invalid request headers")
DENIED = ApiError(10000, "Authentication error")
LIST_DENIED = ApiError(
    0,
    "Actor 'com.cloudflare.api.token.0' requires permission "
    "'com.cloudflare.api.account.zone.list' to list zones",
)
THROTTLE = "Please wait and consider throttling your request speed"


@pytest.mark.parametrize(
    "status, errors, problem",
    [
        pytest.param(
            400,
            [HEADERS, ApiError(6111, "Invalid format for Authorization header")],
            MALFORMED,
            id="malformed token",
        ),
        pytest.param(
            400,
            [HEADERS, ApiError(6103, "Invalid format for X-Auth-Key header")],
            MALFORMED,
            id="malformed key",
        ),
        pytest.param(
            400,
            [HEADERS, ApiError(6102, "Invalid format for X-Auth-Email header")],
            EMAIL,
            id="malformed email",
        ),
        pytest.param(400, [HEADERS], MALFORMED, id="malformed, no chain"),
        pytest.param(403, [ApiError(9109, "Invalid access token")], REFUSED, id="unknown token"),
        pytest.param(400, [ApiError(9109, "Invalid access token")], REFUSED, id="unknown with 400"),
        pytest.param(401, [DENIED], REFUSED, id="unknown token at an account"),
        pytest.param(
            400,
            [ApiError(9106, "Authentication failed (status: 400)")],
            MALFORMED,
            id="malformed at an account",
        ),
        pytest.param(401, [ApiError(1000, "Invalid API Token")], REFUSED, id="verify"),
        pytest.param(
            403, [ApiError(9103, "Unknown X-Auth-Key or X-Auth-Email")], REFUSED, id="wrong key"
        ),
        pytest.param(400, [ApiError(9106, "Missing X-Auth-Key")], MALFORMED, id="no credential"),
        pytest.param(
            403,
            [ApiError(9106, "Missing X-Auth-Key"), ApiError(9107, "Missing X-Auth-Email")],
            MALFORMED,
            id="no credential, older",
        ),
        pytest.param(401, [ApiError(0, "")], REFUSED, id="401 with an unknown code"),
    ],
)
def test_a_refused_credential_is_an_auth_error(
    status: int, errors: list[ApiError], problem: CredentialProblem
) -> None:
    """A malformed, unknown or expired credential is an auth error, whatever the path."""
    error = classify(status, errors, needs=Permission.DNS_EDIT)

    assert isinstance(error, CloudflareAuthError)
    assert error.problem is problem
    assert (error.status, error.codes) == (status, tuple(e.code for e in errors))


@pytest.mark.parametrize("needs", Permission)
@pytest.mark.parametrize(
    "status, errors",
    [
        pytest.param(403, [DENIED], id="denied"),
        pytest.param(
            403, [ApiError(9109, "Unauthorized to access requested resource")], id="unauthorized"
        ),
        pytest.param(
            400, [ApiError(9109, "Unauthorized to access requested resource")], id="with 400"
        ),
        pytest.param(403, [LIST_DENIED], id="list of zones"),
    ],
)
def test_a_denial_names_the_missing_permission(
    status: int, errors: list[ApiError], needs: Permission
) -> None:
    """A valid credential without the needed permission is a permission error that names it."""
    error = classify(status, errors, needs=needs)

    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is needs
    assert str(needs) in str(error)
    assert (error.status, error.codes) == (status, tuple(e.code for e in errors))


def test_a_token_with_an_address_filter_lacks_the_location() -> None:
    """A token that is used from a filtered IP address is a permission error, not an auth error."""
    denial = ApiError(9109, "Cannot use the access token from location: 81.2.69.142")

    error = classify(403, [denial], needs=Permission.DNS_EDIT)

    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is Permission.LOCATION
    assert (error.status, error.codes) == (403, (9109,))


@pytest.mark.parametrize(
    "status, errors, retry_after_s, wait_s",
    [
        pytest.param(429, [ApiError(971, THROTTLE)], 17.0, 17.0, id="given/as given"),
        pytest.param(429, [ApiError(971, THROTTLE)], 0.0, 0.0, id="zero/zero"),
        pytest.param(429, [ApiError(971, THROTTLE)], None, 300.0, id="absent/the window"),
        pytest.param(429, [ApiError(10100, THROTTLE)], 5.0, 5.0, id="another code/as given"),
        pytest.param(429, [], None, 300.0, id="page/the window"),
        pytest.param(200, [ApiError(971, THROTTLE)], None, 300.0, id="another status/the window"),
        pytest.param(503, [ApiError(971, THROTTLE)], 9.0, 9.0, id="server error/as given"),
        pytest.param(
            403,
            [ApiError(9109, "Max auth failures reached, wait")],
            None,
            300.0,
            id="log-ins/window",
        ),
    ],
)
def test_s22_a_rate_limit_gives_the_wait(
    status: int, errors: list[ApiError], retry_after_s: float | None, wait_s: float
) -> None:
    """Lesson S22: the wait is what Cloudflare asks for, else its rate limit window."""
    error = classify(status, errors, needs=Permission.DNS_READ, retry_after_s=retry_after_s)

    assert isinstance(error, CloudflareRateLimitError)
    assert (error.retry_after_s, error.status) == (wait_s, status)
    assert error.codes == tuple(e.code for e in errors)
    assert RATE_LIMIT_WINDOW_S == 300


@pytest.mark.parametrize(
    "errors, kind",
    [
        pytest.param([ApiError(10022, "pending")], CloudflareBusyError, id="unknown code/busy"),
        pytest.param([ApiError(971, THROTTLE)], CloudflareRateLimitError, id="limiter/limit"),
        pytest.param([ApiError(1, THROTTLE)], CloudflareRateLimitError, id="throttling/limit"),
        pytest.param([], CloudflareRateLimitError, id="page/limit"),
    ],
)
def test_a_pending_operation_is_not_the_rate_limit(
    errors: list[ApiError], kind: type[CloudflareError]
) -> None:
    """Both have the status 429, but only for a request that begins an operation."""
    needs = Permission.LISTS_EDIT
    assert type(classify(429, errors, needs=needs, begins_operation=True)) is kind
    assert type(classify(429, errors, needs=needs)) is CloudflareRateLimitError


@pytest.mark.parametrize("status", [401, 403])
def test_a_denial_of_an_account_names_the_permission(status: int) -> None:
    """That a credential lacks it has the status 401 there, which is no invalid credential."""
    error = classify(status, [DENIED], needs=Permission.LISTS_EDIT)
    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is Permission.LISTS_EDIT


@pytest.mark.parametrize(
    "status, errors",
    [
        pytest.param(400, [ApiError(7003, "Could not route to /x")], id="malformed identifier"),
        pytest.param(404, [ApiError(7003, "Could not route to /x")], id="malformed with 404"),
        pytest.param(200, [ApiError(7003, "Could not route to /x")], id="malformed with 200"),
        pytest.param(
            400,
            [ApiError(7003, "x"), ApiError(7000, "No route for that URI")],
            id="no route, older",
        ),
        pytest.param(404, [ApiError(81044, "Record does not exist.")], id="record"),
        pytest.param(400, [ApiError(81044, "Record does not exist.")], id="record with 400"),
        pytest.param(404, [ApiError(1001, "Invalid zone identifier")], id="zone"),
        pytest.param(404, [ApiError(1003, "Invalid zone identifier")], id="zone, another code"),
    ],
)
def test_a_missing_zone_or_record_is_not_found(status: int, errors: list[ApiError]) -> None:
    """A zone or record that does not exist is a not-found error."""
    error = classify(status, errors, needs=Permission.DNS_EDIT)

    assert type(error) is CloudflareNotFoundError
    assert (error.status, error.codes) == (status, tuple(e.code for e in errors))


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
def test_an_invalid_request_is_refused(status: int, code: int, message: str) -> None:
    """A request that is invalid for the zone is a refusal that quotes Cloudflare's reason."""
    error = classify(status, [ApiError(code, message)], needs=Permission.DNS_EDIT)

    assert type(error) is CloudflareRefusedError
    assert (error.status, error.codes) == (status, (code,))
    assert message in str(error)


def test_a_refusal_quotes_all_reasons() -> None:
    """The text of a refusal quotes every error, including those from a chain."""
    errors = [ApiError(1004, "DNS Validation Error"), ApiError(9005, "Content must be valid.")]

    error = classify(400, errors, needs=Permission.DNS_EDIT)

    assert str(error) == (
        "Cloudflare refused the request: DNS Validation Error; Content must be valid."
    )


@pytest.mark.parametrize(
    "status, error",
    [
        (405, ApiError(10405, "PUT method not allowed for the api_token authentication scheme")),
        (405, ApiError(10000, "PUT method not allowed for the api_token authentication scheme")),
        (405, ApiError(9109, "Invalid method")),
    ],
)
def test_a_wrong_method_is_not_an_auth_error(status: int, error: ApiError) -> None:
    """A path without its identifier is refused, and is not mistaken for a denial."""
    assert type(classify(status, [error], needs=Permission.DNS_EDIT)) is CloudflareRefusedError


@pytest.mark.parametrize(
    "status, errors",
    [
        pytest.param(500, [ApiError(10001, "internal error")], id="internal error"),
        pytest.param(200, [ApiError(10001, "internal error")], id="internal error with 200"),
        pytest.param(403, [ApiError(10001, "internal error")], id="internal error with 403"),
        pytest.param(500, [ApiError(1000, "Request timeout")], id="request timeout"),
        pytest.param(503, [ApiError(1000, "Internal Server Error")], id="internal server error"),
        pytest.param(500, [DENIED], id="denial of a broken server"),
        *(pytest.param(n, [], id=f"page {n}") for n in (500, 502, 503, 504, *range(520, 527))),
        pytest.param(403, [], id="page 403"),
        pytest.param(401, [], id="page 401"),
        pytest.param(404, [], id="page 404"),
        pytest.param(302, [], id="redirect"),
        pytest.param(200, [], id="no success, no reason"),
    ],
)
def test_a_server_error_is_a_response_error(status: int, errors: list[ApiError]) -> None:
    """A server error, or a response without an error code, says nothing about the request."""
    error = classify(status, errors, needs=Permission.DNS_EDIT)

    assert type(error) is CloudflareResponseError
    assert (error.status, error.codes) == (status, tuple(e.code for e in errors))
    assert str(status) in str(error)


TREE: dict[type[Exception], set[type[Exception]]] = {
    DdnsError: {Exception},
    NoAddressError: {DdnsError, ValueError},
    UnusableAddressError: {NoAddressError},
    InterfaceIdError: {DdnsError, ValueError},
    ProviderUrlError: {DdnsError, ValueError},
    BaseUrlError: {DdnsError, ValueError},
    NoResponseError: {DdnsError},
    ResponseTimeoutError: {NoResponseError},
    UntrustedServerError: {NoResponseError},
    ResponseTooLongError: {DdnsError},
    HostNameError: {DdnsError, ValueError},
    ZoneNameError: {HostNameError},
    OutsideZoneError: {HostNameError},
    RelativeNameError: {HostNameError},
    AmbiguousZoneError: {DdnsError},
    CloudflareError: {DdnsError},
    CloudflareConnectionError: {CloudflareError},
    CloudflareTimeoutError: {CloudflareConnectionError},
    CloudflareCertificateError: {CloudflareConnectionError},
    CloudflareAuthError: {CloudflareError},
    CloudflarePermissionError: {CloudflareError},
    CloudflareRateLimitError: {CloudflareError},
    CloudflareBusyError: {CloudflareError},
    CloudflareNotFoundError: {CloudflareError},
    CloudflareRefusedError: {CloudflareError},
    CloudflareResponseError: {CloudflareError},
    CloudflareCaptivePortalError: {CloudflareResponseError},
    CloudflareAddressTakenError: {CloudflareRefusedError},
    UnknownSettingsError: {CloudflareError},
    ChangedSettingsError: {CloudflareError},
    UnknownNetworkError: {CloudflareError},
    LastNetworkError: {CloudflareError},
}
"""Every exception of the library with its bases."""


@pytest.mark.parametrize("kind, parents", TREE.items())
def test_the_error_tree(kind: type[Exception], parents: set[type[Exception]]) -> None:
    """Every error is a DdnsError, and a timeout is a connection error."""
    assert set(kind.__bases__) == parents
    assert issubclass(kind, DdnsError)


def test_every_exception_of_the_library_is_in_the_tree() -> None:
    """No module of the library defines an exception outside errors.py and its tree."""
    package = "custom_components.raindrop.ddns"
    found = {
        value
        for module in pkgutil.walk_packages(ddns.__path__, f"{package}.")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, type) and issubclass(value, Exception)
        if value.__module__.startswith(package)
    }

    assert found == set(TREE)
    assert {kind.__module__ for kind in found} == {f"{package}.errors"}


def test_an_error_without_a_response_has_no_status_and_no_codes() -> None:
    """Status and codes are known only if there was a response."""
    error = CloudflareConnectionError("not reached")

    assert (str(error), error.status, error.codes) == ("not reached", None, ())


def test_an_unusable_address_keeps_the_reason_and_the_address() -> None:
    """Callers can show which address was rejected, and why."""
    address = ip_address("10.0.0.1")

    error = UnusableAddressError(DetectionError.NOT_PUBLIC, address)

    assert (error.error, error.address) == (DetectionError.NOT_PUBLIC, address)
    assert str(error) == "not_public"
