"""Codec: the envelope of a response, its errors and its headers."""

from datetime import UTC, datetime, timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.raindrop.ddns.cloudflare import codec
from custom_components.raindrop.ddns.cloudflare.codec import RateLimit
from custom_components.raindrop.ddns.cloudflare.errors import ApiError
from custom_components.raindrop.ddns.errors import CloudflareResponseError


def body(**fields: object) -> bytes:
    """Return the body of a JSON response."""
    return json.dumps(fields).encode()


def test_an_envelope_is_decoded() -> None:
    """A successful response has a result and no errors."""
    raw = body(result=[1], success=True, errors=[], messages=[], result_info={"total_pages": 3})

    assert codec.read_envelope(raw) == codec.Envelope(
        is_success=True, result=[1], result_info={"total_pages": 3}, size=len(raw)
    )


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>502</html>", id="page"),
        pytest.param(b"error code: 1034", id="text"),
        pytest.param(b'{"success":true,"result":[{"id"', id="truncated"),
        pytest.param(b"\x80\x81\xff", id="garbled"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'"success"', id="string"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b"9" * 5000, id="long number"),
        pytest.param(b'{"success":true}{}', id="two"),
    ],
)
def test_a_body_that_is_no_json_object_is_an_error(raw: bytes) -> None:
    """HTML, truncated JSON and nonsense are response errors."""
    with pytest.raises(CloudflareResponseError):
        codec.read_envelope(raw)


@given(raw=st.one_of(st.binary(max_size=64), st.text(max_size=32).map(str.encode)))
def test_any_body_is_decoded_or_is_an_error(raw: bytes) -> None:
    """Any body gives an envelope or a response error, and no other exception."""
    try:
        envelope = codec.read_envelope(raw)
    except CloudflareResponseError:
        return
    assert isinstance(json.loads(raw), dict)
    assert not envelope.is_success or json.loads(raw)["success"] is True


@pytest.mark.parametrize("depth", [10, 1500, 5000, 20_000])
def test_deeply_nested_chains_are_decoded_or_are_an_error(depth: int) -> None:
    """Errors nested to any depth give an envelope or a response error."""
    raw = '{"success":false,"errors":' + '[{"code":1,"error_chain":' * depth + "[]" + "}]" * depth
    ended = ""
    try:
        codec.read_envelope((raw + "}").encode())
    except (CloudflareResponseError, RecursionError) as err:
        ended = type(err).__name__
    assert ended in {"", "CloudflareResponseError"}


@pytest.mark.parametrize(
    "success, is_success",
    [
        pytest.param(True, True, id="true/success"),
        pytest.param(False, False, id="false/failure"),
        pytest.param(None, False, id="null/failure"),
        pytest.param(1, False, id="number/failure"),
        pytest.param("true", False, id="text/failure"),
    ],
)
def test_s15_only_success_is_success(*, success: object, is_success: bool) -> None:
    """Lesson S15: a response is a success only if its ``success`` is true."""
    assert codec.read_envelope(body(success=success)).is_success is is_success
    assert codec.read_envelope(b"{}").is_success is False


@pytest.mark.parametrize(
    "errors, found",
    [
        pytest.param([], (), id="none/none"),
        pytest.param(None, (), id="null/none"),
        pytest.param("a", (ApiError(0, "a"),), id="text/one"),
        pytest.param({"code": 1, "message": "a"}, (ApiError(1, "a"),), id="object/one"),
        pytest.param([{"code": 971, "message": "wait"}], (ApiError(971, "wait"),), id="one/one"),
        pytest.param([{"code": 0, "message": "Actor"}], (ApiError(0, "Actor"),), id="zero/zero"),
        pytest.param(
            [{"code": 1, "message": "a"}, {"code": 2, "message": "b"}],
            (ApiError(1, "a"), ApiError(2, "b")),
            id="two/two",
        ),
        pytest.param(
            [
                {
                    "code": 6003,
                    "message": "Invalid request headers",
                    "error_chain": [{"code": 6111, "message": "Invalid format"}],
                }
            ],
            (ApiError(6003, "Invalid request headers"), ApiError(6111, "Invalid format")),
            id="chain/both",
        ),
        pytest.param(
            [{"code": 1, "message": "a", "error_chain": None}],
            (ApiError(1, "a"),),
            id="no chain/one",
        ),
        pytest.param([{"message": "a"}], (ApiError(0, "a"),), id="no code/zero"),
        pytest.param([{"code": "10000"}], (ApiError(0, ""),), id="code as text/zero"),
        pytest.param([{"code": 1, "message": None}], (ApiError(1, ""),), id="no message/empty"),
        pytest.param(["a", None, 7], (ApiError(0, "a"),), id="texts/those"),
        pytest.param([None, 7, []], (), id="neither/none"),
    ],
)
def test_all_errors_of_an_envelope_are_decoded(errors: object, found: tuple[ApiError, ...]) -> None:
    """Errors in a chain are decoded like those above them, and malformed ones are ignored."""
    assert codec.read_envelope(body(success=False, errors=errors)).errors == found


@pytest.mark.parametrize(
    "header, limit",
    [
        pytest.param('"default";r=50;t=30', RateLimit(remaining=50, reset_s=30), id="docs"),
        pytest.param(' "burst" ; r=0 ; t=7', RateLimit(remaining=0, reset_s=7), id="spaces"),
        pytest.param('"";r=1;t=2;x=3', RateLimit(remaining=1, reset_s=2), id="more"),
        pytest.param(
            '"default";r=1;t=2, "burst";r=3;t=4', RateLimit(remaining=1, reset_s=2), id="two"
        ),
        pytest.param("", None, id="empty"),
        pytest.param("default;r=50;t=30", None, id="no quotes"),
        pytest.param('"default";t=30;r=50', None, id="turned"),
        pytest.param('"default";r=-1;t=30', None, id="negative"),
        pytest.param('"default";r=;t=', None, id="no numbers"),
    ],
)
def test_the_rate_limit_header_is_decoded(header: str, limit: RateLimit | None) -> None:
    """The ``Ratelimit`` header is decoded if it has the documented form, and else ignored."""
    assert codec.read_rate_limit({"Ratelimit": header}) == limit
    assert codec.read_rate_limit({}) is None


@pytest.mark.parametrize(
    "header, wait_s",
    [
        pytest.param("0", 0.0, id="zero"),
        pytest.param("300", 300.0, id="seconds"),
        pytest.param(" 17 ", 17.0, id="spaces"),
        pytest.param("3600", 3600.0, id="an hour"),
        pytest.param("86400", 3600.0, id="a day, an hour at most"),
        pytest.param("", None, id="empty"),
        pytest.param("Wed, 25 Nov 2026 12:00:00 GMT", None, id="date"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("1e3", None, id="exponent"),
        pytest.param("٣٠", None, id="arabic digits"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("inf", None, id="endless"),
    ],
)
def test_s22_retry_after_is_in_whole_seconds(header: str, wait_s: float | None) -> None:
    """Lesson S22: ``Retry-After`` is decoded in seconds, and anything else is ignored."""
    assert codec.read_retry_after({"Retry-After": header}) == wait_s
    assert codec.read_retry_after({}) is None


@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_absurd_numbers_in_headers_do_not_overflow(digits: int) -> None:
    """Numbers of any length in headers give values that a datetime can hold."""
    number = "9" * digits
    try:
        limit = codec.read_rate_limit({"Ratelimit": f'"default";r={number};t={number}'})
        wait_s = codec.read_retry_after({"Retry-After": number})
        until = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=wait_s or 0)
    except (ValueError, OverflowError) as err:
        pytest.fail(f"{type(err).__name__}: {err}", pytrace=False)
    assert limit is None or limit.remaining > 0
    assert until.year < 9999
