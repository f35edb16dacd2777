"""The project's lexicon and pattern in the inspector: a line that says what may be read, and fields to change it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources
from crnn_gui.widgets.info_line import ICON_PX, InfoLine, caption
from crnn_gui.wording import counted
from model.charset import Charset
from model.errors import KnownError
from model.rules import FREE, ReadingRules


class RulesView(QWidget):
    """Shows what words are read by, and takes other rules.

    Signals:
        pattern_chosen: str, a regular expression; empty for none.
        lexicon_chosen: Path of a text file with a word a line.
        lexicon_dropped: no lexicon is wanted any more.
    """

    pattern_chosen = Signal(str)
    lexicon_chosen = Signal(Path)
    lexicon_dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._charset: Charset | None = None
        self._line = InfoLine()
        self.toggle = QToolButton()
        self.toggle.setCheckable(True)
        self.toggle.setIconSize(QSize(ICON_PX, ICON_PX))
        self.toggle.setAccessibleName(self.tr("Lexicon and pattern"))
        self.toggle.setToolTip(self.tr("What the words of this project can say"))
        self.pattern = QLineEdit()
        self.pattern.setPlaceholderText(r"[A-Z]{2}\d{4}")
        self.pattern.setAccessibleName(self.tr("Pattern"))
        self.pattern.setClearButtonEnabled(True)
        self._lexicon = QLabel()
        self._lexicon.setWordWrap(True)
        self.choose_button = _button("folder-open", self.tr("Choose a lexicon"))
        self.drop_button = _button("x", self.tr("Remove the lexicon"))
        self._problem = InfoLine()
        self._body = QWidget()
        self._lay_out()
        self.toggle.toggled.connect(self._on_toggled)
        self.pattern.textEdited.connect(self._on_pattern_edited)
        self.pattern.editingFinished.connect(self._on_pattern_finished)
        self.choose_button.clicked.connect(self._on_choose_clicked)
        self.drop_button.clicked.connect(self.lexicon_dropped)
        self._on_toggled(False)
        self.show_rules(FREE)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._line, 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.toggle)
        files = QHBoxLayout()
        files.setSpacing(0)
        files.addWidget(self._lexicon, 1)
        files.addWidget(self.choose_button)
        files.addWidget(self.drop_button)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(ICON_PX + 8, 0, 0, 0)
        body.setSpacing(4)
        body.addWidget(caption(self.tr("Every text matches the regular expression")))
        body.addWidget(self.pattern)
        body.addWidget(self._problem)
        body.addSpacing(4)
        body.addWidget(caption(self.tr("Only the words of a text file, one a line")))
        body.addLayout(files)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._body)

    def set_charset(self, charset: Charset | None) -> None:
        """Judge patterns by what these weights can write."""
        self._charset = charset

    @Slot(object)
    def show_rules(self, rules: ReadingRules) -> None:
        """Show what is read by now."""
        self._line.show_line("funnel", "accent" if rules else "muted", self._sentence(rules))
        self.pattern.setText(rules.pattern)
        size = counted(len(rules.lexicon), "word")
        named = self.tr("{name}, {size}").format(name=rules.lexicon_name, size=size)
        self._lexicon.setText(named if rules.lexicon else self.tr("None"))
        self.drop_button.setVisible(bool(rules.lexicon))
        self.show_problem("")

    def _sentence(self, rules: ReadingRules) -> str:
        size = counted(len(rules.lexicon), "word")
        if rules.lexicon and rules.pattern:
            told = self.tr("Reads {size} of {name} that match {pattern}")
        elif rules.lexicon:
            told = self.tr("Reads {size} of {name}")
        elif rules.pattern:
            told = self.tr("Reads what matches {pattern}")
        else:
            told = self.tr("Reads any text: no lexicon, no pattern")
        return told.format(size=size, name=rules.lexicon_name, pattern=rules.pattern)

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Say why rules cannot be used; nothing is said with an empty sentence."""
        self._problem.show_line("warning-octagon", "error", sentence)
        self._problem.setVisible(bool(sentence))

    @property
    def problem(self) -> str:
        """Why the rules at hand cannot be used; empty where they can."""
        return self._problem.text

    def _what_is_wrong(self, pattern: str) -> str:
        from model.patterns import Pattern  # brings numpy, which the window does not wait for

        if not pattern:
            return ""
        try:
            Pattern(pattern, self._charset or Charset.named("ascii"))
        except KnownError as error:
            return str(error)
        return ""

    @Slot(str)
    def _on_pattern_edited(self, pattern: str) -> None:
        self.show_problem(self._what_is_wrong(pattern))

    @Slot()
    def _on_pattern_finished(self) -> None:
        pattern = self.pattern.text()
        if not self._what_is_wrong(pattern):
            self.pattern_chosen.emit(pattern)

    @Slot()
    def _on_choose_clicked(self) -> None:
        wanted = self.tr("Text files (*.txt *.lst *.dic);;All files (*)")
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a lexicon"), "", wanted)
        if chosen:
            self.lexicon_chosen.emit(Path(chosen))

    @Slot(bool)
    def _on_toggled(self, is_open: bool) -> None:
        self.toggle.setIcon(resources.icon("caret-up" if is_open else "caret-down"))
        self._body.setVisible(is_open)


def _button(icon: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(resources.icon(icon))
    button.setIconSize(QSize(ICON_PX, ICON_PX))
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button
