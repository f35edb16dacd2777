"""Search and replace in the texts of words: what a rule makes of a text."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from model.errors import KnownError
from model.review_queries import ReviewQuery
from model.review_table import REGEX_SECONDS, STATES, compiled, too_slow
from model.store_rows import clean_text

REPLACEABLE = STATES[0], STATES[2]
"""Words with a text that stands for them: readings and labels. What is ignored is left alone."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is found is replaced.

    Attributes:
        find: a text, or an expression.
        put: what comes in its place; ``\\1`` or ``\\g<name>`` stand for groups of an expression.
        is_regex: ``find`` is an expression.
        is_case_kept: capital and small letters are told apart.
    """

    find: str
    put: str = ""
    is_regex: bool = False
    is_case_kept: bool = True

    @property
    def expression(self) -> str:
        """What is looked for, as an expression."""
        found = self.find if self.is_regex else regex.escape(self.find, special_only=True)
        return found if self.is_case_kept else f"(?i){found}"

    @property
    def query(self) -> ReviewQuery:
        """The words that the rule finds something in."""
        return ReviewQuery(states=REPLACEABLE, text=self.expression, is_regex=True)

    def apply(self, text: str) -> str:
        """Return what becomes of a text, in normal form C and without spaces at its ends.

        Raises:
            KnownError: the rule is not a complete expression, takes too long, or asks for a group it does not have.
        """
        pattern = compiled(self.expression)
        put = self.put if self.is_regex else self.put.replace("\\", r"\\")
        try:
            return clean_text(pattern.sub(put, text, timeout=REGEX_SECONDS, concurrent=True).strip())
        except TimeoutError as error:
            raise too_slow(self.find) from error
        except (regex.error, IndexError) as error:
            raise KnownError(
                f"“{self.put}” cannot be put in its place ({error}); name groups that are there."
            ) from error
