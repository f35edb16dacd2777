r"""Regular expressions as constraints on what may be read: ``[A-Z]{2}\d{6}``, ``(?:EUR|USD) ?\d+\.\d\d``.

The whole text has to match. The dialect is the regular part of Python's: literals, ``.``, classes, ``\d \w \s`` and
their opposites, groups, alternation, ``? * + {m,n}``, and anchors at the ends. What looks around or back is refused.
Of text that is written from right to left, a pattern names the characters in their logical order, as they are typed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

import numpy as np

from model.charset import Charset, from_left, normalize
from model.directions import Direction, direction, mirrored
from model.errors import KnownError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STATE_LIMIT = 20_000
_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
}
_BEGINNINGS, _ENDS = (op.AT_BEGINNING, op.AT_BEGINNING_STRING), (op.AT_END, op.AT_END_STRING)
_UNSUPPORTED = {
    "AT_BOUNDARY": ("word boundaries", r"\\b"),
    "AT_NON_BOUNDARY": ("word boundaries", r"\\B"),
    "AT_BEGINNING": ("an anchor within the text", r"(?<!^)\^"),
    "AT_BEGINNING_STRING": ("an anchor within the text", r"(?<!^)\\A"),
    "AT_END": ("an anchor within the text", r"\$(?!$)"),
    "AT_END_STRING": ("an anchor within the text", r"\\[Zz](?!$)"),
    "ASSERT": ("lookahead or lookbehind", r"\(\?<?="),
    "ASSERT_NOT": ("lookahead or lookbehind", r"\(\?<?!"),
    "FAILURE": ("lookahead or lookbehind", r"\(\?<?!"),
    "GROUPREF": ("references to groups", r"\\[1-9]|\(\?P="),
    "GROUPREF_EXISTS": ("references to groups", r"\(\?\("),
    "POSSESSIVE_REPEAT": ("possessive quantifiers", r"[*+?}]\+"),
    "ATOMIC_GROUP": ("atomic groups", r"\(\?>"),
    "SUBPATTERN": ("flags inside groups", r"\(\?[a-zA-Z]*-?[a-zA-Z]*:(?<!\(\?:)"),
}
"""What is refused: its name, and how it is spelled outside of classes."""

_OTHER = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|."

State = frozenset[int]


class PatternError(KnownError):
    """A pattern is malformed, uses what is not supported, or fits no text of the charset."""


class Pattern:
    """A regular expression over the characters of a charset, as a deterministic automaton that is built as it is used.

    Args:
        expression: the regular expression.
        charset: what the network can write; other characters match nothing.

    Raises:
        PatternError: see there; the message quotes the expression.
    """

    def __init__(self, expression: str, charset: Charset) -> None:
        self.expression = expression
        self._characters = charset.characters
        self._silent: list[list[int]] = []
        self._arcs: list[list[tuple[frozenset[int], int]]] = []
        self._states: dict[State, State] = {}
        self._moves: dict[State, dict[int, State]] = {}
        self._found: dict[str, frozenset[int]] = {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # "[[" and "--" in classes stay literal here
                tree = _parser.parse(normalize(expression))
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"The pattern {expression!r} is malformed: {error}.") from error
        self._flags = tree.state.flags & (re.IGNORECASE | re.ASCII)
        self._is_from_right = False
        parts = _without_anchors(tree)
        begin = self._build(parts)
        if Direction.FROM_RIGHT in (directions := self._directions()) and not _is_of_one_class(parts):
            if directions - {Direction.FROM_RIGHT, Direction.NONE}:
                raise PatternError(
                    f"The pattern {expression!r} mixes letters that are written from right to left with others, "
                    "digits or marks, which a constraint cannot have; name one kind, such as [א-ת ]+."
                )
            self._is_from_right = True
            begin = self._build(parts)
        self._alive = self._states_that_can_end()
        if begin not in self._alive:
            raise PatternError(f"The pattern {expression!r} fits no text that these weights can write.")
        self.start = self._closure([begin])

    def symbols(self, state: State) -> NDArray[np.intp]:
        """Return the class indices that may follow in this state."""
        return np.fromiter(self._transitions(state), np.intp)

    def step(self, state: State, symbol: int) -> State:
        """Return the state after one of :meth:`symbols`."""
        return self._transitions(state)[symbol]

    def accepts(self, state: State) -> bool:
        """Whether a text may end in this state."""
        return self._end in state

    def matches(self, text: str) -> bool:
        """Whether the whole text fits the pattern and the charset."""
        state = self.start
        for char in from_left(text):
            symbol = self._characters.find(char) + 1
            if symbol not in self._transitions(state):
                return False
            state = self.step(state, symbol)
        return self.accepts(state)

    def _transitions(self, state: State) -> dict[int, State]:
        if state not in self._moves:
            targets: dict[int, list[int]] = {}
            for node in state:
                for symbols, target in self._arcs[node]:
                    if target in self._alive:
                        for symbol in symbols:
                            targets.setdefault(symbol, []).append(target)
            closures = {nodes: self._closure(nodes) for nodes in set(map(tuple, targets.values()))}
            self._moves[state] = {symbol: closures[tuple(nodes)] for symbol, nodes in sorted(targets.items())}
        return self._moves[state]

    def _closure(self, nodes: Iterable[int]) -> State:
        seen, todo = set(nodes), list(nodes)
        while todo:
            for target in self._silent[todo.pop()]:
                if target in self._alive and target not in seen:
                    seen.add(target)
                    todo.append(target)
        state = frozenset(seen)
        return self._states.setdefault(state, state)  # one object each: to compare two equal ones takes long

    def _states_that_can_end(self) -> set[int]:
        sources: list[list[int]] = [[] for _ in self._arcs]
        for node, targets in enumerate(self._silent):
            for target in targets:
                sources[target].append(node)
        for node, arcs in enumerate(self._arcs):
            for _, target in arcs:
                sources[target].append(node)
        seen, todo = {self._end}, [self._end]
        while todo:
            fresh = [node for node in sources[todo.pop()] if node not in seen]
            seen.update(fresh)
            todo.extend(fresh)
        return seen

    # Construction after Thompson: each method takes the node a part begins at and returns the one it ends at.

    def _new(self) -> int:
        if len(self._arcs) >= _STATE_LIMIT:
            raise PatternError(f"The pattern {self.expression!r} is too large; use smaller repeat counts.")
        self._silent.append([])
        self._arcs.append([])
        return len(self._arcs) - 1

    def _build(self, parts: list[tuple[Any, Any]]) -> int:
        """Make the nodes of all parts, which are those of nothing else, and return the first one."""
        self._silent.clear()
        self._arcs.clear()
        self._found.clear()
        begin = self._new()
        self._end = self._sequence(parts, begin)
        return begin

    def _directions(self) -> set[Direction]:
        symbols = frozenset[int]().union(*(found for arcs in self._arcs for found, _ in arcs))
        return {direction(self._characters[symbol - 1]) for symbol in symbols}

    def _sequence(self, tree: Iterable[tuple[Any, Any]], node: int) -> int:
        for kind, argument in reversed(list(tree)) if self._is_from_right else tree:
            node = self._part(kind, argument, node)
        return node

    def _part(self, kind: Any, argument: Any, node: int) -> int:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            return self._repeat(*argument, node=node)
        if kind is op.BRANCH:
            end = self._new()
            for branch in argument[1]:
                inner = self._new()
                self._silent[node].append(inner)
                self._silent[self._sequence(branch, inner)].append(end)
            return end
        if kind is op.SUBPATTERN:
            _, added, removed, tree = argument
            if added or removed:
                raise self._unsupported(op.SUBPATTERN)
            return self._sequence(tree, node)
        end = self._new()
        if symbols := self._symbols(kind, argument):
            self._arcs[node].append((symbols, end))
        return end

    def _repeat(self, least: int, most: Any, tree: Any, *, node: int) -> int:
        for _ in range(least):
            before, node = node, self._sequence(tree, node)
            if node == before:  # nothing is repeated, which may be asked for a billion times
                return node
        if most is op.MAXREPEAT:
            # Nodes of its own for the loop, so that it cannot be entered from what stands before or after it.
            loop, end = self._new(), self._new()
            self._silent[node].append(loop)
            self._silent[self._sequence(tree, loop)].append(loop)
            self._silent[loop].append(end)
            return end
        end = self._new()
        for _ in range(most - least):
            self._silent[node].append(end)
            before, node = node, self._sequence(tree, node)
            if node == before:
                break
        self._silent[node].append(end)
        return end

    def _symbols(self, kind: Any, argument: Any) -> frozenset[int]:
        """Return the class indices a part for one character matches; the same part may come thousands of times."""
        part = f"{kind}{argument}"
        if part not in self._found:
            matching = self._matching(kind, argument)
            if self._is_from_right:
                matching = set(map(mirrored, matching))
            self._found[part] = frozenset(i for i, char in enumerate(self._characters, start=1) if char in matching)
        return self._found[part]

    def _matching(self, kind: Any, argument: Any) -> set[str]:
        if kind is op.IN:
            negated = bool(argument) and argument[0][0] is op.NEGATE
            parts = argument[1:] if negated else argument
            matching = set().union(*(self._matching(*part) for part in parts))
            return set(self._characters) - matching if negated else matching
        if kind is op.NOT_LITERAL:
            return set(self._characters) - self._matching(op.LITERAL, argument)
        if kind is op.ANY:
            return set(self._characters)
        if kind is op.CATEGORY:
            return self._fitting(_CATEGORIES[argument])
        if kind in (op.LITERAL, op.RANGE):
            low, high = (argument, argument) if kind is op.LITERAL else argument
            return self._fitting(f"[{re.escape(chr(low))}-{re.escape(chr(high))}]")
        raise self._unsupported(argument if kind is op.AT else kind)

    def _fitting(self, part: str) -> set[str]:
        fits = re.compile(part, self._flags).fullmatch
        return {char for char in self._characters if fits(char)}

    def _unsupported(self, kind: Any) -> PatternError:
        what, spelling = _UNSUPPORTED[kind.name]  # codes of different kinds can be the same number
        tokens = re.finditer(f"({spelling})|{_OTHER}", self.expression, re.DOTALL)
        places = [f" at character {token.start() + 1}" for token in tokens if token[1]]
        where = places[0] if places else ""
        return PatternError(f"The pattern {self.expression!r} uses {what}{where}, which a constraint cannot have.")


def _is_of_one_class(parts: list[tuple[Any, Any]]) -> bool:
    """Whether all characters of a text are of the same class, so that their order says nothing: ``.*``, ``\\w{4}``."""
    if len(parts) != 1:
        return False
    kind, argument = parts[0]
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        return _is_of_one_class(list(argument[2]))
    return kind in (op.IN, op.ANY, op.CATEGORY, op.NOT_LITERAL)


def _without_anchors(tree: Iterable[tuple[Any, Any]], *, first: bool = True) -> list[tuple[Any, Any]]:
    """Return the parts without anchors at their ends: there they say nothing, because the whole text has to match.

    ``first``: whether nothing stands before the parts; nothing ever stands behind them.
    """
    parts = list(tree)
    while first and parts and parts[0][0] is op.AT and parts[0][1] in _BEGINNINGS:
        parts.pop(0)
    while parts and parts[-1][0] is op.AT and parts[-1][1] in _ENDS:
        parts.pop()
    if parts and parts[-1][0] is op.BRANCH:  # the parser takes what branches begin with out of them
        branches = [_without_anchors(branch, first=first and len(parts) == 1) for branch in parts[-1][1][1]]
        parts[-1] = (op.BRANCH, (None, branches))
    return parts
