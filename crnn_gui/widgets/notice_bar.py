"""Sentences for the user, in bars above the workspace: nothing pops up, nothing has to be clicked away."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.document import Notice

INFO_SECONDS = 8
MOST_BARS = 3
_ICONS = {"info": "info", "warning": "warning", "error": "warning-octagon"}
_TOKENS = {"info": "accent", "warning": "doubtful", "error": "error"}


class NoticeBars(QWidget):
    """Up to three notices, the newest at the bottom. Those that only inform go by themselves.

    Signals:
        action_chosen: Notice and the action the user picked from it.
    """

    action_chosen = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._shown: list[_Bar] = []
        self.hide()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is shown now, the oldest first."""
        return tuple(bar.notice for bar in self._shown)

    @Slot(object)
    def show_notice(self, notice: Notice) -> None:
        """Show a notice; the same sentence is never shown twice."""
        for bar in self._shown:
            if bar.notice.text == notice.text:
                bar.keep_longer()
                return
        if len(self._shown) == MOST_BARS:
            self._remove(self._shown[0])
        bar = _Bar(notice, self)
        bar.closed.connect(self._on_bar_closed)
        bar.action_chosen.connect(self.action_chosen)
        self._layout.addWidget(bar)
        self._shown.append(bar)
        self.show()

    @Slot()
    def clear(self) -> None:
        """Take all notices away: another project is open."""
        for bar in list(self._shown):
            self._remove(bar)

    @Slot(str)
    def withdraw(self, text: str) -> None:
        """Take a notice away that is true no more."""
        for bar in [bar for bar in self._shown if bar.notice.text == text]:
            self._remove(bar)

    @Slot()
    def leave_page(self) -> None:
        """Take away what was said of the page before."""
        for bar in [bar for bar in self._shown if bar.notice.is_of_page]:
            self._remove(bar)

    @Slot(object)
    def _on_bar_closed(self, bar: _Bar) -> None:
        self._remove(bar)

    def _remove(self, bar: _Bar) -> None:
        self._shown.remove(bar)
        self._layout.removeWidget(bar)
        bar.hide()
        bar.deleteLater()
        self.setVisible(bool(self._shown))


class _Bar(QFrame):
    closed = Signal(object)
    action_chosen = Signal(object, str)

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 8, 4)
        layout.setSpacing(8)
        icon = QLabel()
        icon.setPixmap(resources.icon(_ICONS[notice.severity], _TOKENS[notice.severity]).pixmap(QSize(18, 18)))
        text = QLabel(notice.text)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(icon)
        layout.addWidget(text, 1)
        for name in notice.actions:
            button = QPushButton(QCoreApplication.translate("NoticeActions", name))
            button.clicked.connect(lambda _checked, name=name: self._choose(name))
            layout.addWidget(button)
        close = QToolButton()
        close.setIcon(resources.icon("x"))
        close.setToolTip(self.tr("Close"))
        close.setAccessibleName(self.tr("Close"))
        close.clicked.connect(self._close)
        layout.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._close)
        self.keep_longer()

    def keep_longer(self) -> None:
        """Start the time anew after which a notice that asks for nothing goes by itself."""
        if self.notice.severity == "info" and not self.notice.actions:
            self._timer.start(INFO_SECONDS * 1000)

    def _choose(self, name: str) -> None:
        self.action_chosen.emit(self.notice, name)
        self._close()

    @Slot()
    def _close(self) -> None:
        self.closed.emit(self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.tokens()
        color = look.color(_TOKENS[self.notice.severity])
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.color("surface"))
        wash = look.color(_TOKENS[self.notice.severity])
        wash.setAlphaF(0.12)
        painter.fillRect(self.rect(), wash)
        painter.fillRect(0, 0, 4, self.height(), color)
        painter.fillRect(0, self.height() - 1, self.width(), 1, look.color("line"))
