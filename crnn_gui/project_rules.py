"""The lexicon and the pattern of the open project: kept in its file, and what its words are read by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.reading import Reading
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Tasks
from model.rules import FREE, ReadingRules, load_rules, read_lexicon, save_rules

if TYPE_CHECKING:
    from crnn_gui.widgets.inspector import Inspector


class ProjectRules(QObject):
    """Hands the rules from the annotation file to the predictor, and from the inspector to both.

    Signals:
        changed: ReadingRules in use from now on.
        chosen: they were changed by hand, so what other rules have read may be read again.
        refused: a sentence that says why they cannot be used.
    """

    changed = Signal(object)
    chosen = Signal()
    refused = Signal(str)

    def __init__(
        self,
        document: ProjectDocument,
        reading: Reading,
        *,
        store: StoreService,
        predictor: PredictorService,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._reading = reading
        self._store = store
        self._predictor = predictor
        self._tasks = tasks
        self._rules = FREE
        document.project_changed.connect(self._on_project_changed)
        predictor.rules_refused.connect(self._on_rules_refused)

    @property
    def rules(self) -> ReadingRules:
        """What the words of the open project are read by."""
        return self._rules

    def attach(self, inspector: Inspector) -> None:
        """Let the rules be seen and changed in an inspector."""
        self.changed.connect(inspector.show_rules)
        self.refused.connect(inspector.rules.show_problem)
        inspector.rules.pattern_chosen.connect(self.set_pattern)
        inspector.rules.lexicon_chosen.connect(self.load_lexicon)
        inspector.rules.lexicon_dropped.connect(self.drop_lexicon)
        inspector.show_rules(self._rules)

    @Slot(str)
    def set_pattern(self, pattern: str) -> None:
        """Read only what matches a regular expression; an empty one allows everything."""
        self._choose(replace(self._rules, pattern=pattern))

    @Slot(Path)
    def load_lexicon(self, path: Path) -> None:
        """Read only the words of a text file, one a line."""

        def use(words: tuple[str, ...]) -> None:
            self._choose(replace(self._rules, lexicon=words, lexicon_name=path.name))

        self._tasks.run(lambda _task: read_lexicon(path), use, lambda error: self.refused.emit(str(error)))

    @Slot()
    def drop_lexicon(self) -> None:
        """Read any words again."""
        self._choose(replace(self._rules, lexicon=(), lexicon_name=""))

    def _choose(self, rules: ReadingRules) -> None:
        if rules == self._rules or self._document.read_only:
            return
        self._store.write(lambda store: save_rules(store, rules))
        self._use(rules)
        self._reading.read_undecided()
        self.chosen.emit()

    def _use(self, rules: ReadingRules) -> None:
        if rules != self._rules:
            self._rules = rules
            self._predictor.set_rules(rules)
            self.changed.emit(rules)

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        if project is None:
            self._use(FREE)
        else:
            self._store.read(load_rules, self._use)

    @Slot(object)
    def _on_rules_refused(self, error: Exception) -> None:
        self.refused.emit(str(error))
