"""The search for the most probable texts of a crop, of all or of those a grammar allows: CTC prefix beam search."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from model.charset import BLANK
from model.decoding import Floats, Text, ctc_log_probs

SYMBOLS = 10
"""How many characters a beam tries in each frame, the most probable ones."""

STATES = 600
"""How many states of a grammar a beam follows at most. A plain pattern has one for each of its characters, and the
widest strip has 513 frames for them."""

# Without a grammar, the beam leaves out what cannot become one of the best texts: characters this improbable in their
# frame, and prefixes this much less probable than the best one.
_RARE, _FAINT = 1e-3, 1e-6
_TINY = 1e-300  # in place of probabilities that are zero in float64, so that some prefix always survives


State = TypeVar("State", bound=Hashable)


class Grammar(Protocol[State]):
    """What a beam asks of a constraint; states are opaque. :class:`model.patterns.Pattern` is one."""

    start: State

    def symbols(self, state: State) -> NDArray[np.intp]:
        """Return the class indices that may follow in this state."""

    def step(self, state: State, symbol: int) -> State:
        """Return the state after one of :meth:`symbols`."""

    def accepts(self, state: State) -> bool:
        """Whether a text may end in this state."""


def prefix_beam(
    log_probs: Floats,
    *,
    beam: int = 16,
    top: int = 5,
    grammar: Grammar[Any] | None = None,
) -> list[tuple[Text, float]]:
    """Return the most probable texts of a crop with their exact log-probabilities, best first.

    See :func:`prefix_beams`; ``log_probs`` is (T, classes).
    """
    [found] = prefix_beams(log_probs[np.newaxis], beam=beam, top=top, grammar=grammar)
    return found


def prefix_beams(
    log_probs: Floats,
    *,
    beam: int = 16,
    top: int = 5,
    grammar: Grammar[Any] | None = None,
) -> list[list[tuple[Text, float]]]:
    """Return the most probable texts of each crop with their exact log-probabilities, best first.

    Exact are the probabilities: of each text that is found, over all of its paths. Which texts are found is a search.
    It keeps the ``beam`` best prefixes a frame, tries :data:`SYMBOLS` characters on each, and without a grammar leaves
    out what is faint, so it can miss a text whose beginnings look worse than those of others. What is certain: a text
    more probable than all that the texts found leave over is the best there is. With a grammar, the best characters
    into each state are tried too, and the best prefix of each state is kept, so that a text is found wherever one fits
    into the frames; of a grammar in more than :data:`STATES` states at once, that holds for the most probable of them.

    Args:
        log_probs: (crops, T, classes).
        beam: prefixes kept after each frame.
        top: how many texts to return at most of each crop.
        grammar: what texts are allowed; None allows all.
    """
    texts: list[Text] = []
    ends = []
    for probs in np.maximum(np.exp(log_probs), _TINY):
        texts += _search(probs, beam=beam, grammar=grammar)[: max(2 * top, beam)]
        ends.append(len(texts))
    crops = np.searchsorted(ends, np.arange(len(texts)), side="right")
    scored = list(zip(ctc_log_probs(log_probs, texts, crops=crops.tolist()).tolist(), texts, strict=True))
    ranked = [sorted(scored[start:end], reverse=True)[:top] for start, end in pairwise([0, *ends])]
    return [[(text, log_prob) for log_prob, text in best if log_prob > -math.inf] for best in ranked]


Ending = tuple[int, int]
"""A text as the number of the text before its last character, and that character; the empty text is (-1, blank)."""


@dataclass(slots=True)
class _Prefix:
    """A prefix of the beam: probability of the paths that end in a blank, and in its last character.

    Probabilities are relative to the best prefix of the frame before, which keeps them in range without logarithms.
    """

    ending: Ending
    state: Any
    blank: float = 0.0
    character: float = 0.0


def _total(prefix: _Prefix) -> float:
    return prefix.blank + prefix.character


def _search(probs: Floats, *, beam: int, grammar: Grammar[Any] | None) -> list[Text]:
    """Return the texts left after the last frame that the grammar accepts, best first."""
    prefixes = [_Prefix((-1, BLANK), grammar.start if grammar else None, blank=1.0)]
    numbers: dict[Ending, int] = {}  # of the texts that something was tried on, in this order
    faint = 0.0 if grammar else _FAINT
    choices = _Choices(grammar)
    likeliest = probs[:, 1:].max(axis=1, initial=0.0).tolist()
    for frame, p, character in zip(probs, probs.tolist(), likeliest, strict=True):
        if grammar is None and character <= _RARE:  # as in two of three frames
            _wait(prefixes, p)
            prefixes = _pruned(prefixes, beam, grammar)
            continue
        choices.begin(frame)
        reached: dict[Ending, _Prefix] = {}
        for place, prefix in enumerate(prefixes):
            ending, total = prefix.ending, _total(prefix)
            stay = reached.get(ending)
            if stay is None:
                stay = reached[ending] = _Prefix(ending, prefix.state)
            last = ending[1]
            stay.blank += total * p[BLANK]
            stay.character += prefix.character * p[last]
            number = numbers.setdefault(ending, len(numbers))
            for symbol in choices.of(prefix.state, is_likely=place < beam):
                # The same character again needs a blank in between, else it is the same one still.
                gain = (prefix.blank if symbol == last else total) * p[symbol]
                if gain <= faint:
                    continue
                longer = (number, symbol)
                grown = reached.get(longer)
                if grown is None:
                    state = grammar.step(prefix.state, symbol) if grammar else None
                    grown = reached[longer] = _Prefix(longer, state)
                grown.character += gain
        prefixes = _pruned(list(reached.values()), beam, grammar)
    endings = list(numbers)
    return [_text(prefix.ending, endings) for prefix in prefixes if grammar is None or grammar.accepts(prefix.state)]


def _text(ending: Ending, endings: Sequence[Ending]) -> Text:
    """Return the characters of a text; ``endings`` has those of the numbered ones."""
    characters = []
    before, last = ending
    while before >= 0:
        characters.append(last)
        before, last = endings[before]
    return tuple(reversed(characters))


def _wait(prefixes: list[_Prefix], p: list[float]) -> None:
    """Take the prefixes through a frame in which no character begins."""
    for prefix in prefixes:
        total = prefix.blank + prefix.character
        prefix.character *= p[prefix.ending[1]]
        prefix.blank = total * p[BLANK]


class _Choices:
    """The characters worth trying on a prefix, frame after frame. States with the same ways on share them.

    Args:
        grammar: of the prefixes; None allows all characters, on any state.
    """

    def __init__(self, grammar: Grammar[Any] | None) -> None:
        self._grammar = grammar
        self._ways: dict[Any, int] = {}
        self._kinds: dict[tuple[tuple[int, ...], ...], int] = {}
        self._symbols: list[list[NDArray[np.intp]]] = []  # of each kind of ways
        self._known: dict[tuple[int, bool], list[int]] = {}

    def begin(self, frame: Floats) -> None:
        """Go on to the next frame, of probabilities (classes,)."""
        self._frame = frame
        self._known.clear()
        if self._grammar is None:
            self._free = _best(frame, 1 + np.flatnonzero(frame[1:] > _RARE))

    def of(self, state: Any, *, is_likely: bool) -> list[int]:
        """Return the best characters into each state that may follow and, for likely prefixes, the best of all."""
        if self._grammar is None:
            return self._free
        kind = self._ways.get(state)
        if kind is None:
            kind = self._ways[state] = self._kind(self._grammar, state)
        chosen = self._known.get((kind, is_likely))
        if chosen is None:
            ways = self._symbols[kind]
            # Two into each state, because the one may need a blank before it, where it repeats the last character.
            found = {symbol for symbols in ways for symbol in _best(self._frame, symbols, 2)}
            if is_likely and ways:
                found.update(_best(self._frame, np.concatenate(ways)))
            chosen = self._known[kind, is_likely] = sorted(found)
        return chosen

    def _kind(self, grammar: Grammar[Any], state: Any) -> int:
        """Return the number of a state's ways: of the symbols that may follow, those that lead to the same state."""
        together: dict[Any, list[int]] = {}
        for symbol in grammar.symbols(state).tolist():
            together.setdefault(grammar.step(state, symbol), []).append(symbol)
        ways = tuple(map(tuple, together.values()))
        if ways not in self._kinds:
            self._kinds[ways] = len(self._symbols)
            self._symbols.append([np.array(symbols, np.intp) for symbols in ways])
        return self._kinds[ways]


def _best(frame: Floats, symbols: NDArray[np.intp], count: int = SYMBOLS) -> list[int]:
    if len(symbols) > count:
        symbols = symbols[np.argpartition(frame[symbols], -count)[-count:]]
    chosen: list[int] = symbols.tolist()
    return chosen


def _pruned(prefixes: list[_Prefix], beam: int, grammar: Grammar[Any] | None) -> list[_Prefix]:
    """Return the best prefixes in order, scaled so that the best has probability 1.

    Without a grammar, faint ones are left out. With one, the best prefix of each of its states is kept as well, as long
    as there are not too many states.
    """
    prefixes.sort(key=_total, reverse=True)
    best = _total(prefixes[0])
    kept = prefixes[:beam]
    if grammar is None:
        kept = [prefix for prefix in kept if prefix.blank + prefix.character > _FAINT * best]
    else:
        seen = {prefix.state for prefix in kept}
        for prefix in prefixes[beam:]:
            if len(seen) >= STATES:
                break
            if prefix.state not in seen:
                seen.add(prefix.state)
                kept.append(prefix)
    for prefix in kept:
        prefix.blank /= best
        prefix.character /= best
    return kept
