"""What the words of a project can say: a lexicon, a pattern, or both. They are kept in its annotation file.

Rules weigh what is read, they do not replace it: what the image says without them stays beside it as an alternative.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from model.annotations import Alternative, Prediction
from model.charset import normalize
from model.errors import DatasetError

if TYPE_CHECKING:
    from model.annotation_file import AnnotationFile

META_KEY = "reading_rules"
"""Names the value of the annotation file that holds the rules."""


@dataclass(frozen=True)
class ReadingRules:
    """Which texts may be read. No words and no pattern allow everything.

    Attributes:
        lexicon: the words that may be read.
        lexicon_name: the name of the file they came from.
        pattern: a regular expression that every text matches, see :mod:`model.patterns`.
    """

    lexicon: tuple[str, ...] = ()
    lexicon_name: str = ""
    pattern: str = ""

    def __bool__(self) -> bool:
        return bool(self.lexicon or self.pattern)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(map(normalize, self.lexicon))

    def allows(self, text: str) -> bool:
        """Whether a text may be read."""
        text = normalize(text)
        fits = not self.pattern or re.fullmatch(normalize(self.pattern), text) is not None
        return fits and (not self.lexicon or text in self._words)

    def weighed(self, free: Prediction, ruled: Prediction, *, top: int) -> Prediction:
        """Return the reading with rules, with what the image says by itself as its first alternative.

        Args:
            free: what was read without rules.
            ruled: what was read with them; where nothing that is allowed fits, its text is empty and ``free`` stands.
            top: how many texts to tell, the reading's own included; what the image says is told in any case.
        """
        if not ruled.text:
            return free
        others = [a for a in ruled.alternatives if a.text != free.text]
        if free.text not in ("", ruled.text):
            others.insert(0, Alternative(free.text, free.confidence))
        return replace(ruled, alternatives=tuple(others[: max(top - 1, 1)]))


FREE = ReadingRules()


def read_lexicon(path: Path) -> tuple[str, ...]:
    """Return the words of a text file, one a line, each once.

    Raises:
        DatasetError: the file cannot be read, is no UTF-8 text or holds no words.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DatasetError(f"The lexicon {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"The lexicon {path} is not UTF-8 text; it holds one word a line.") from error
    words = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not words:
        raise DatasetError(f"The lexicon {path} holds no words; it is a UTF-8 text file with one word a line.")
    return words


def load_rules(store: AnnotationFile) -> ReadingRules:
    """Return the rules of a project."""
    kept = json.loads(store.meta(META_KEY) or "{}")
    words: Sequence[str] = kept.get("lexicon", ())
    return ReadingRules(tuple(words), kept.get("lexicon_name", ""), kept.get("pattern", ""))


def save_rules(store: AnnotationFile, rules: ReadingRules) -> None:
    """Keep the rules of a project."""
    kept = {"lexicon": rules.lexicon, "lexicon_name": rules.lexicon_name, "pattern": rules.pattern}
    store.set_meta(META_KEY, json.dumps(kept, ensure_ascii=False) if rules else None)
