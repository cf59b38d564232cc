"""The one door for HTTP: bounded in time and size, and never redirected."""

from asyncio import timeout
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout

_USER_AGENT = "Raindrop (Home Assistant)"
_UNLIMITED = ClientTimeout()
"""For aiohttp: the limit that is set here holds for all it does."""


class UnansweredError(Exception):
    """No answer arrived; says what kind of failure it was."""


class UnansweredInTimeError(UnansweredError):
    """The time was up before the answer was whole."""


class AnswerTooLongError(Exception):
    """An answer is longer than its reader allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def request(
    session: ClientSession,
    method: str,
    url: str,
    *,
    timeout_s: float,
    limit: int,
    headers: Mapping[str, str],
    body: object = None,
) -> HttpAnswer:
    """Return the answer to a request, its body at most ``limit`` bytes long.

    ``body`` is sent as JSON unless it is None. A redirect is an answer like
    any other: following it would carry a credential, or our trust, to a host
    that was not asked. Raises UnansweredError, UnansweredInTimeError and
    AnswerTooLongError.
    """
    try:
        async with (
            timeout(timeout_s),
            session.request(
                method,
                url,
                headers={"User-Agent": _USER_AGENT, **headers},
                json=body,
                skip_auto_headers=("Accept",),
                timeout=_UNLIMITED,
                allow_redirects=False,
            ) as response,
        ):
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > limit:
                    raise AnswerTooLongError
            return HttpAnswer(status=response.status, headers=response.headers, body=bytes(content))
    except TimeoutError:
        failure: UnansweredError = UnansweredInTimeError("no answer in time")
    except (ClientError, OSError, RuntimeError, AssertionError) as err:
        # A session that was closed at shutdown raises RuntimeError, and
        # AssertionError where aiohttp was about to ask a second time.
        failure = UnansweredError(type(err).__name__)
    # Raised out here, so that it does not carry the original with it: some
    # errors of aiohttp hold the request's headers, and with them the credential.
    raise failure
