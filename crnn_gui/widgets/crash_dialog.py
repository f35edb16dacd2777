"""What is shown when the program itself is at fault: that the work is safe, the facts, and where the log lies."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.wording import counted


class CrashDialog(QDialog):
    """Not modal: the window behind it stays usable.

    Args:
        details: what happened, as the log has it.
        waiting: edits that are not in the annotation file yet.
    """

    def __init__(self, details: str, log_file: Path, *, waiting: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.resize(720, 440)
        self._details = details
        self._folder = log_file.parent
        view = QPlainTextEdit(details)
        view.setReadOnly(True)
        view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(self._head(waiting))
        layout.addWidget(self._text(self.tr("If this happens again, please send the text below.")))
        layout.addWidget(view, 1)
        layout.addWidget(self._text(self.tr("It also stands in {file}.").format(file=log_file)))
        layout.addWidget(self._buttons())

    def _head(self, waiting: int) -> QHBoxLayout:
        title = QLabel(self.tr("The program made a mistake, and goes on"))
        title.setFont(theme.ui_font(points=3, bold=True))
        safe = self.tr("Your work is safe: every edit is in the annotation file.")
        if waiting:
            edits = counted(waiting, self.tr("edit"), self.tr("edits"))
            safe = self.tr("{edits} still on the way into the annotation file; everything before is in it.").format(
                edits=edits
            )
        shield = QLabel()
        name, token = ("shield-check", "verified") if not waiting else ("hourglass-medium", "doubtful")
        shield.setPixmap(resources.icon(name, token).pixmap(QSize(40, 40)))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(title)
        words.addWidget(self._text(safe))
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(shield)
        head.addLayout(words, 1)
        return head

    def _text(self, sentence: str) -> QLabel:
        text = QLabel(sentence)
        text.setWordWrap(True)
        return text

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy_button = QPushButton(resources.icon("copy", "on_accent"), self.tr("Copy text"))
        folder = QPushButton(resources.icon("folder-open"), self.tr("Open log folder"))
        for button in (self.copy_button, folder):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button.clicked.connect(self._copy)
        folder.clicked.connect(self._open_folder)
        buttons.rejected.connect(self.close)
        return buttons

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
