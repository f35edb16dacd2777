"""The trash: deleted pages and words, when and by whom, and the way back."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QIcon, QImage, QKeyEvent, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.document import Notice
from crnn_gui.resources import icon
from crnn_gui.trash import ProjectTrash
from crnn_gui.widgets.notice_bar import NoticeBars
from crnn_gui.wording import counted
from model.trash import DeletedWord, Trash, TrashedPage

SIZE_PX = (720, 520)
PICTURE_PX = QSize(80, 32)
HEAD_PX = 40
_ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
_WIDTHS_PX = (320, 128, 136)


class TrashPanel(QDialog):
    """A window beside the main one: choose rows, Enter takes them back."""

    def __init__(self, trash: ProjectTrash, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Trash"))
        self.resize(*SIZE_PX)
        self._trash = trash
        self._shown = Trash()
        self._question: Notice | None = None
        self.list = _List()
        self.list.setHeaderLabels([self.tr("What"), self.tr("Where"), self.tr("When"), self.tr("By")])
        self._empty = QLabel(
            self.tr(
                "The trash is empty. Pages and words that you delete can be taken back here, at any later time; images"
                " are never touched."
            )
        )
        self._empty.setProperty("muted", True)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(64, 0, 64, 0)
        self._middle = QStackedWidget()
        self._middle.addWidget(self._empty)
        self._middle.addWidget(self.list)
        self.notices = NoticeBars()
        self.restore_button = QPushButton(icon("arrow-counter-clockwise", "on_accent"), self.tr("Take back"))
        self.restore_button.setProperty("primary", True)
        self.empty_button = QPushButton(icon("trash"), self.tr("Forget the pages…"))
        self._close = QPushButton(self.tr("Close"))
        self._lay_out()
        self._connect()
        self._on_trash_changed(Trash())

    def _lay_out(self) -> None:
        for button in (self.restore_button, self.empty_button, self._close):
            button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(16, 8, 16, 16)
        buttons.setSpacing(8)
        buttons.addWidget(self.empty_button)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        buttons.addWidget(self.restore_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._middle.setContentsMargins(8, 8, 8, 0)
        layout.addWidget(self._middle, 1)
        layout.addWidget(self.notices)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self._trash.changed.connect(self._on_trash_changed)
        self._trash.pictures_ready.connect(self._show_pictures)
        self.list.itemSelectionChanged.connect(self._on_selection_changed)
        self.list.itemDoubleClicked.connect(self._restore)
        self.list.enter_pressed.connect(self._restore)
        self.restore_button.clicked.connect(self._restore)
        self.empty_button.clicked.connect(self._ask)
        self.notices.action_chosen.connect(self._on_action_chosen)
        self._close.clicked.connect(self.close)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.list.setFocus()
        self._trash.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.notices.clear()
        self._trash.watch(False)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells of all pages and words listed."""
        return tuple(tuple(row.text(column) for column in range(4)) for row in self._rows())

    def _rows(self) -> list[QTreeWidgetItem]:
        heads = (self.list.topLevelItem(i) for i in range(self.list.topLevelItemCount()))
        return [child for head in heads if head for i in range(head.childCount()) if (child := head.child(i))]

    @Slot(object)
    def _on_trash_changed(self, trash: Trash) -> None:
        self._shown = trash
        self._withdraw()
        self.list.clear()
        self._add(self.tr("Pages"), [(page, self._page_row(page)) for page in trash.pages])
        self._add(self.tr("Words"), [(word, self._word_row(word)) for word in trash.words])
        self._show_pictures()
        self._middle.setCurrentWidget(self.list if self._rows() else self._empty)
        self.empty_button.setVisible(bool(trash.pages) and self._trash.may_change)
        self._on_selection_changed()

    def _add(self, title: str, rows: list[tuple[TrashedPage, list[str]]] | list[tuple[DeletedWord, list[str]]]) -> None:
        if not rows:
            return
        head = QTreeWidgetItem([f"{title}  ({len(rows):,})"])
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = head.font(0)
        font.setBold(True)
        head.setFont(0, font)
        head.setSizeHint(0, QSize(0, HEAD_PX))
        self.list.addTopLevelItem(head)
        head.setFirstColumnSpanned(True)
        for item, cells in rows:
            row = QTreeWidgetItem(cells)
            row.setData(0, _ITEM_ROLE, item)
            row.setToolTip(0, cells[0])
            head.addChild(row)
        head.setExpanded(True)

    def _page_row(self, trashed: TrashedPage) -> list[str]:
        words = counted(trashed.words, self.tr("word"), self.tr("words"))
        return [trashed.page.path, words, _when(trashed.at), trashed.by]

    def _word_row(self, deleted: DeletedWord) -> list[str]:
        text = deleted.word.label or self.tr("box without text")
        return [text, deleted.page.path, _when(deleted.at), deleted.by]

    @Slot()
    def _show_pictures(self) -> None:
        if not self.isVisible():
            return
        for row in self._rows():
            if row.icon(0).isNull() and (picture := self._trash.picture(row.data(0, _ITEM_ROLE))) is not None:
                row.setIcon(0, QIcon(_framed(picture)))

    @Slot()
    def _on_selection_changed(self) -> None:
        self.restore_button.setEnabled(bool(self.list.selectedItems()) and self._trash.may_change)

    @Slot()
    def _restore(self) -> None:
        chosen = [row.data(0, _ITEM_ROLE) for row in self.list.selectedItems()]
        self._trash.restore([item for item in chosen if item is not None])

    @Slot()
    def _ask(self) -> None:
        self._withdraw()
        pages = counted(len(self._shown.pages), self.tr("page"), self.tr("pages"))
        words = counted(sum(page.words for page in self._shown.pages), self.tr("word"), self.tr("words"))
        asked = self.tr(
            "{pages} with {words} will be forgotten for good; Undo will not bring them back. The images stay where they"
            " are."
        ).format(pages=pages, words=words)
        self._question = Notice("warning", asked, (self.tr("Forget them"), self.tr("Keep them")))
        self.notices.show_notice(self._question)

    def _withdraw(self) -> None:
        if self._question is not None:
            self.notices.withdraw(self._question.text)
            self._question = None

    @Slot(object, str)
    def _on_action_chosen(self, notice: Notice, action: str) -> None:
        if notice is self._question and action == notice.actions[0]:
            self._trash.empty()


class _List(QTreeWidget):
    """Rows in groups that stay open.

    Signals:
        enter_pressed: the chosen rows are wanted back.
    """

    enter_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setIconSize(PICTURE_PX)
        self.setAllColumnsShowFocus(True)
        self.setRootIsDecorated(False)
        self.setIndentation(16)
        self.setItemsExpandable(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.header().setStretchLastSection(True)
        self.setColumnCount(4)
        for column, width in enumerate(_WIDTHS_PX):
            self.setColumnWidth(column, width)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enter_pressed.emit()
            event.accept()
        else:
            super().keyPressEvent(event)


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _framed(picture: QImage) -> QPixmap:
    """Return the picture at the left of a frame of one size, so that all names stand below each other."""
    frame = QImage(PICTURE_PX, QImage.Format.Format_ARGB32_Premultiplied)
    frame.fill(Qt.GlobalColor.transparent)
    if not picture.isNull():
        mode = Qt.TransformationMode.SmoothTransformation
        scaled = picture.scaled(PICTURE_PX, Qt.AspectRatioMode.KeepAspectRatio, mode)
        painter = QPainter(frame)
        painter.drawImage(0, (PICTURE_PX.height() - scaled.height()) // 2, scaled)
        painter.end()
    return QPixmap.fromImage(frame)
