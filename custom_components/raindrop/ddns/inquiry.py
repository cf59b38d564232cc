"""Ask pages until one gives an address: the next one beside each that is slow."""

from asyncio import Task, TimerHandle, create_task, gather, get_running_loop, timeout, wait
from collections.abc import Callable, Sequence

from aiohttp import ClientSession

from .model import Family
from .reading import Answer, Problem
from .web import WebSource, ask

_LIMIT_S = 10.0
"""How long a round waits for an address, whoever is silent."""
_TIMEOUT_S = 5.0
_PATIENCE_S = 2.0
"""How long one operator is waited for before the next is asked as well."""


class Inquiry:
    """Asks one after another; beside whoever is slow, others are asked one after another.

    Most of the time the first one answers, and there is neither a task nor a
    wait but those of its request.
    """

    def __init__(
        self,
        pages: Sequence[WebSource],
        family: Family,
        session: Callable[[Family], ClientSession],
        begun_at: float,
    ) -> None:
        """Ask these pages for a round that began then, by the clock of the event loop."""
        self._waiting = iter(pages)
        self._family = family
        self._session = session
        self._ends_at = begun_at + _LIMIT_S
        self._asked: list[WebSource] = []
        """Those who did not answer yet."""
        self._slow: set[str] = set()
        self._answers: list[Answer] = []
        self._beside: list[Task[None]] = []
        self._until_found = timeout(None)
        self._patience: TimerHandle | None = None

    async def answers(self) -> list[Answer]:
        """Return all that was said until one gave an address."""
        self._have_patience()
        try:
            async with self._until_found:
                if not await self._ask_on() and self._beside:
                    await wait(self._beside)
        except TimeoutError:
            # Somebody beside was the first.
            pass
        finally:
            self._end_patience()
            for task in self._beside:
                task.cancel()
            if self._beside:
                await gather(*self._beside, return_exceptions=True)
        # Who was asked beside a slow one had no time to fail, and may be asked again.
        late = [page.operator for page in self._asked if page.operator in self._slow]
        return self._answers + [Answer(operator=name, problem=Problem.TIMEOUT) for name in late]

    async def _ask_on(self) -> bool:
        """Ask one after another; return whether one gave an address."""
        for page in self._waiting:
            left_s = self._ends_at - get_running_loop().time()
            if left_s <= 0:
                break
            self._asked.append(page)
            limit_s = min(left_s, _TIMEOUT_S)
            answer = await ask(self._session(self._family), page, self._family, limit_s)
            self._asked.remove(page)
            self._answers.append(answer)
            if answer.address:
                return True
            self._have_patience()
        return False

    async def _ask_beside(self) -> None:
        """Ask further ones, and call off the others if one gives an address."""
        if await self._ask_on() and not self._until_found.expired():
            self._until_found.reschedule(get_running_loop().time())

    def _have_patience(self) -> None:
        """Give those who are asked some time from now on."""
        self._end_patience()
        self._patience = get_running_loop().call_later(_PATIENCE_S, self._lose_patience)

    def _end_patience(self) -> None:
        """Watch the time no longer."""
        if self._patience:
            self._patience.cancel()

    def _lose_patience(self) -> None:
        """Ask the next beside those who are slow."""
        self._slow.update(page.operator for page in self._asked)
        self._have_patience()
        self._beside.append(create_task(self._ask_beside()))
