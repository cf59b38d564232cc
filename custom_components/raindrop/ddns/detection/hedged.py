"""Hedged queries: ask providers in order, and another one in parallel if one is slow.

The idea of Happy Eyeballs (RFC 8305): a slow provider delays nobody by more
than `HEDGE_DELAY_S`.
"""

from asyncio import FIRST_COMPLETED, Future, Task, gather, get_running_loop, timeout, wait
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from aiohttp import ClientSession

from ..errors import DetectionError
from ..sources import Family
from .detection import Response
from .providers import Provider, query

type _Query = Coroutine[Any, Any, Response]
type _NextQuery = Callable[[], tuple[Provider, _Query] | None]

HEDGE_DELAY_S = 2.0
"""How long to wait for one provider before querying the next as well."""


async def query_until_found(
    providers: Iterable[Provider],
    family: Family,
    session: Callable[[Family], ClientSession],
    deadline: float,
) -> list[Response]:
    """Return the responses up to the first one with an address, in the order of arrival.

    One that reports a tunnel is also the last one: no other counts then. ``session``
    returns a client session that connects by one family only; it is not closed here.
    ``deadline`` is a time of the event loop. A provider that was slow and did not
    respond counts as timed out.
    """
    loop = get_running_loop()
    queue = iter(providers)

    def next_query() -> tuple[Provider, _Query] | None:
        limit_s = deadline - loop.time()
        provider = next(queue, None) if limit_s > 0 else None
        return (provider, _query(session, provider, family, limit_s)) if provider else None

    if (first := next_query()) is None:
        return []
    responses = await _query_first(*first, next_query)
    if not any(map(_is_decisive, responses)):
        responses += await _race({}, next_query)
    return responses


async def _query_first(provider: Provider, query: _Query, next_query: _NextQuery) -> list[Response]:
    """Return the response of a provider, or if it is slow those of a race with the others.

    The usual case, a provider that is not slow, needs no task.
    """
    loop = get_running_loop()
    response: Future[Response] = loop.create_future()
    races: list[Task[list[Response]]] = []

    def start_race() -> None:
        race = Task(_race({response: provider}, next_query), loop=loop, eager_start=True)
        # The end of the race ends the query of a provider that lost it.
        race.add_done_callback(lambda _: scope.reschedule(loop.time()))
        races.append(race)

    timer = loop.call_later(HEDGE_DELAY_S, start_race)
    with suppress(TimeoutError):
        async with timeout(None) as scope:
            try:
                found = await query
                if not races:
                    return [found]
                if not response.done():
                    response.set_result(found)
                await wait(races)
            finally:
                timer.cancel()
                for race in races:
                    race.cancel()
                await gather(*races, return_exceptions=True)
    return races[0].result()


async def _race(
    running: dict[Future[Response], Provider],
    next_query: _NextQuery,
) -> list[Response]:
    """Return the responses up to a decisive one; the queries that run already are slow."""
    loop = get_running_loop()
    slow = {provider.name for provider in running.values()}
    responses: list[Response] = []
    try:
        while not any(map(_is_decisive, responses)):
            if further := next_query():
                provider, query = further
                running[Task(query, loop=loop, eager_start=True)] = provider
            elif not running:
                break
            done, _ = await wait(
                running,
                timeout=HEDGE_DELAY_S if further else None,
                return_when=FIRST_COMPLETED,
            )
            if not done:
                slow |= {provider.name for provider in running.values()}
            for task in [task for task in running if task in done]:
                del running[task]
                responses.append(task.result())
    finally:
        for task in running:
            task.cancel()
        await gather(*running, return_exceptions=True)
    # A provider queried in parallel with a slow one had no time to fail: it may be asked again.
    late = (provider.name for provider in running.values() if provider.name in slow)
    return responses + [Response(provider=name, error=DetectionError.TIMEOUT) for name in late]


def _is_decisive(response: Response) -> bool:
    return response.address is not None or response.error is DetectionError.TUNNEL


async def _query(
    session: Callable[[Family], ClientSession], provider: Provider, family: Family, limit_s: float
) -> Response:
    """Return the response of a provider; an exception of its session is a failure of it."""
    try:
        return await query(session(family), provider, family, limit_s)
    except Exception:  # noqa: BLE001 - a session runs other code: resolvers, redirect guards
        return Response(provider=provider.name, error=DetectionError.UNREACHABLE)
