"""Who said which address, and since when: what the house could know, and no more."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .clock import Clock
from .words import ENTITIES, family_of

_AT_ONCE_S = 30
"""How old what was said may be when it is believed: a look-up ends after ten seconds."""
_KEPT_S = 900
"""For how long the stage itself remembers: no wait of the house is longer."""


@dataclass(slots=True, kw_only=True)
class _Span:
    """Somebody says the same for a while."""

    sayer: str
    family: int
    text: str
    aged: float
    """How old the stage was when it began."""
    ended: float | None = None
    """When it ended, by the clock that nobody puts."""
    ended_aged: float = 0
    """How old the stage was then."""
    is_fault: bool = False
    """Whether it is a fault that speaks, perhaps, and perhaps to one asker only."""


class Said:
    """All that was said lately."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nobody having said anything."""
        self._clock = clock
        self._spans: list[_Span] = []
        self._step_began = clock.now()

    def begin_step(self) -> None:
        """Forget what is too old to be acted on in the next step."""
        self._step_began = self._clock.now()
        since = self._step_began - _KEPT_S
        self._spans = [s for s in self._spans if s.ended is None or s.ended >= since]

    def says(self, sayer: str, family: int, text: str | None) -> None:
        """Note that somebody says this from now on, or nothing."""
        for span in self._spans:
            is_theirs = (span.sayer, span.family) == (sayer, family)
            if span.ended is None and is_theirs and not span.is_fault:
                if span.text == text:
                    return
                self._end(span)
        if text is not None:
            self._begin(sayer, family, text)

    def may_say(self, sayers: Iterable[str], text: str) -> None:
        """Note that a fault may put an address into their mouths."""
        for sayer in sayers:
            self._begin(sayer, family_of(text), text, is_fault=True)

    def faults_end(self) -> None:
        """Note that no fault speaks for anybody any more."""
        for span in self._spans:
            if span.is_fault and span.ended is None:
                self._end(span)

    def who_says(self, text: str, among: Collection[str], within_s: float = _AT_ONCE_S) -> set[str]:
        """Return who of some said this in this step, or no longer ago than that."""
        return {span.sayer for span in self._lately(text, among, within_s)}

    def stood_s(self, text: str, sayer: str) -> float:
        """Return for how long somebody has said this lately, and nothing else between.

        An entity is heard whenever it changes. A page is only asked now and
        then, so that of it the time counts since it first said so.
        """
        now = self._clock.age()
        spans = self._lately(text, [sayer], _AT_ONCE_S)
        stood = [(now if s.ended is None else s.ended_aged) - s.aged for s in spans]
        if sayer not in ENTITIES and spans:
            spoke = [s for s in self._spans if s.sayer == sayer and s.text == text]
            stood.append(now - min(span.aged for span in spoke))
        return max(stood, default=0)

    def _lately(self, text: str, among: Collection[str], within_s: float) -> list[_Span]:
        """Return when it was said by some of them in this step, or no longer ago than that."""
        since = min(self._step_began, self._clock.now() - within_s)
        return [
            span
            for span in self._spans
            if span.text == text
            and span.sayer in among
            and (span.ended is None or span.ended >= since)
        ]

    def _begin(self, sayer: str, family: int, text: str, *, is_fault: bool = False) -> None:
        """Note that somebody begins to say something."""
        aged = self._clock.age()
        span = _Span(sayer=sayer, family=family, text=text, aged=aged, is_fault=is_fault)
        self._spans.append(span)

    def _end(self, span: _Span) -> None:
        """Note that somebody says something no longer."""
        span.ended, span.ended_aged = self._clock.now(), self._clock.age()
