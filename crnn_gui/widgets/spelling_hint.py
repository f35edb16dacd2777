"""A sentence under a field about characters that read right to a person and are something else to a machine."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from crnn_gui.widgets.info_line import InfoLine
from model.charset import Charset
from model.spelling import Oddity, Oddness, oddities


class SpellingHint(InfoLine):
    """Follows a field while it is typed in, and is there only when there is something to say."""

    def __init__(self, field: QLineEdit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self._charset: Charset | None = None
        self.setAccessibleName(self.tr("Odd characters"))
        field.textChanged.connect(self._on_text_changed)
        self.hide()

    def set_charset(self, charset: Charset | None) -> None:
        """Compare with what these weights can write."""
        self._charset = charset
        self._on_text_changed(self._field.text())

    @Slot(str)
    def _on_text_changed(self, text: str) -> None:
        found = () if text.isascii() else oddities(text, self._charset)
        if found:
            more = QCoreApplication.translate("SpellingHint", " And {count} more.").format(count=len(found) - 1)
            self.show_line("warning", "doubtful", sentence(found[0]) + (more if len(found) > 1 else ""))
        self.setVisible(bool(found))


def sentence(oddity: Oddity) -> str:
    """Return what is odd about a character, with its code point."""
    translate = QCoreApplication.translate
    if oddity.oddness is Oddness.INVISIBLE:
        told = translate("SpellingHint", "{code_point} cannot be seen.")
    elif oddity.looks_like:
        told = translate("SpellingHint", "“{char}” is {code_point}; it looks like “{looks_like}”.")
    else:
        told = translate("SpellingHint", "“{char}” is {code_point}, of another script than the rest.")
    return told.format(char=oddity.char, code_point=oddity.code_point, looks_like=oddity.looks_like)
