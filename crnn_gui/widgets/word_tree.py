"""A list of words in groups, each one click from its page: what an import or an export did, or would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from crnn_gui import theme

PICTURE_PX = (112, 24)
_WORD_ROLE = Qt.ItemDataRole.UserRole + 1
_FILE_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True, eq=False)
class WordRow:
    """One word: what stands in the columns, and where a click leads.

    Attributes:
        word_id: the word in the open project; 0 for none.
        file: what to show in its own program when there is no word to go to.
        picture: of the crop.
    """

    cells: tuple[str, ...]
    word_id: int = 0
    file: Path | None = None
    picture: QImage | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WordGroup:
    """Words with one fate. ``count`` is how many there are; rows may be the first of them only.

    Attributes:
        token: the colour of the title.
        more: what is said when not all are listed.
    """

    title: str
    count: int
    rows: Sequence[WordRow]
    token: str = "text"
    more: str = ""
    is_open: bool = False


class WordTree(QTreeWidget):
    """Groups that open; a row leads to its word, or to the file that it is about.

    Signals:
        word_requested: int, the id of a word of the open project.
    """

    word_requested = Signal(int)

    def __init__(self, columns: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(list(columns))
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setIconSize(QSize(*PICTURE_PX))
        self.setAllColumnsShowFocus(True)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.header().setStretchLastSection(True)
        self._groups: tuple[WordGroup, ...] = ()
        self.itemActivated.connect(self._on_item_activated)
        self.itemClicked.connect(self._on_item_clicked)

    def show_groups(self, groups: Sequence[WordGroup]) -> None:
        """List these groups, without those that are empty."""
        self.clear()
        self._groups = tuple(group for group in groups if group.count)
        for group in self._groups:
            head = QTreeWidgetItem([f"{group.title}  ({group.count:,})"])
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            self.addTopLevelItem(head)
            head.setFirstColumnSpanned(True)
            for row in group.rows:
                head.addChild(_item(row))
            if group.count > len(group.rows):
                head.addChild(QTreeWidgetItem([group.more or self.tr("and more")]))
            head.setExpanded(group.is_open)
        self._colour()
        for column in range(self.columnCount() - 1):
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, min(self.columnWidth(column), self.width() // 2) + 8)

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the groups, with their counts."""
        heads = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
        return tuple(head.text(0) for head in heads if head is not None)

    def _colour(self) -> None:
        for row, group in enumerate(self._groups):
            head = self.topLevelItem(row)
            assert head is not None, "every group has its row"
            head.setForeground(0, theme.tokens().color(group.token))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    @Slot(QTreeWidgetItem, int)
    def _on_item_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        """A word's text is a link; the other cells only select the row."""
        if column == 0 and item.data(0, _WORD_ROLE):
            self._on_item_activated(item)

    @Slot(QTreeWidgetItem)
    def _on_item_activated(self, item: QTreeWidgetItem) -> None:
        if word_id := item.data(0, _WORD_ROLE):
            self.word_requested.emit(word_id)
        elif file := item.data(0, _FILE_ROLE):
            QDesktopServices.openUrl(QUrl.fromLocalFile(file))


def _item(row: WordRow) -> QTreeWidgetItem:
    item = QTreeWidgetItem(list(row.cells))
    for column, cell in enumerate(row.cells):
        if cell:  # as rich text it is wrapped; a label is shown as it is, whatever it says
            item.setToolTip(column, f'<p style="white-space: pre-wrap">{escape(cell)}</p>')
    item.setData(0, _WORD_ROLE, row.word_id)
    item.setData(0, _FILE_ROLE, str(row.file) if row.file else "")
    if row.word_id:
        font = item.font(0)
        font.setUnderline(True)
        item.setFont(0, font)
    if row.picture is not None:
        item.setIcon(0, QIcon(_framed(row.picture)))
    return item


def _framed(picture: QImage) -> QPixmap:
    """Return the picture at the left of a frame of one size, so that all texts stand below each other."""
    frame = QImage(*PICTURE_PX, QImage.Format.Format_ARGB32_Premultiplied)
    frame.fill(Qt.GlobalColor.transparent)
    size = QSize(*PICTURE_PX)
    mode = Qt.TransformationMode.SmoothTransformation
    scaled = picture.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, mode)
    painter = QPainter(frame)
    painter.drawImage(0, (size.height() - scaled.height()) // 2, scaled)
    painter.end()
    return QPixmap.fromImage(frame)
