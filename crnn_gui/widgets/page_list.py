"""The pages of the project: picture, name, how far each is; search and chips above."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.document import Counts, ProjectDocument
from crnn_gui.item_models import PageFilter, PageListModel, PageRole
from crnn_gui.wording import marked
from model.annotations import Page
from model.documents import shown_name

ROW_HEIGHT_PX = 64
RING_PX = 16
_CHIPS = (
    (PageFilter.ALL, marked("PageList", "All"), marked("PageList", "Every page")),
    (
        PageFilter.TODO,
        marked("PageList", "To do"),
        marked("PageList", "Pages with words that wait for a human, and pages without words"),
    ),
    (
        PageFilter.DOUBTFUL,
        marked("PageList", "Doubtful"),
        marked("PageList", "Pages with readings that are not sure"),
    ),
    (
        PageFilter.DONE,
        marked("PageList", "Done"),
        marked("PageList", "Pages that are marked complete, and pages whose words are all decided"),
    ),
)


class PageList(QFrame):
    """The column at the left of the Annotate workspace.

    Signals:
        page_requested: id of the page to open.
        delete_requested: Delete was pressed in the list; :attr:`chosen` are meant.
        letter_typed: QKeySequence of a letter that was typed in the list, which means the page beside it.
    """

    page_requested = Signal(int)
    delete_requested = Signal()
    letter_typed = Signal(QKeySequence)

    def __init__(self, document: ProjectDocument, model: PageListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._model = model
        model.setParent(self)  # it listens to the document as long as it lives
        self._scrolled = 0
        self.setObjectName("side")
        self.setMinimumWidth(theme.scaled(240))
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search pages"))
        self._search.setClearButtonEnabled(True)
        self._search.addAction(resources.icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._search.textChanged.connect(model.set_search)
        self._empty = QLabel(self.tr("No page matches."))
        self._empty.setProperty("muted", True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(16, 24, 16, 24)
        self.view = _View()
        self.view.setAccessibleName(self.tr("Pages"))
        self.view.setModel(model)
        self.view.setItemDelegate(_PageDelegate(document, self.view))
        self.view.installEventFilter(self)
        self._lay_out()
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        document.page_opened.connect(self._on_page_opened)
        model.modelAboutToBeReset.connect(self._on_model_about_to_be_reset)
        model.modelReset.connect(self._on_model_reset)
        model.rowsInserted.connect(self._on_model_reset)

    def _lay_out(self) -> None:
        chips = QHBoxLayout()
        chips.setSpacing(4)
        self._chips = QButtonGroup(self)
        for place, (_, name, tip) in enumerate(_CHIPS):
            text = QCoreApplication.translate("PageList", name)
            chip = QToolButton()
            chip.setText(text)
            chip.setToolTip(QCoreApplication.translate("PageList", tip))
            chip.setCheckable(True)
            chip.setProperty("chip", True)
            chip.setFont(theme.ui_font(points=-0.5))
            # The style sheet takes its padding off the width that a tool button asks for.
            chip.setMinimumWidth(chip.fontMetrics().horizontalAdvance(text) + 20)
            self._chips.addButton(chip, place)
            chips.addWidget(chip)
        chips.addStretch(1)
        self._chips.button(0).setChecked(True)
        self._chips.idToggled.connect(self._on_chip_toggled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(8)
        head.addWidget(self._search)
        head.addLayout(chips)
        layout.addLayout(head)
        layout.addWidget(self._empty)
        layout.addWidget(self.view, 1)
        self._empty.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take keys in the list as wishes. An action of the list loses its keys when the list was hidden."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_requested.emit()
        elif is_plain and event.text().isalpha():
            self.letter_typed.emit(QKeySequence(event.keyCombination()))
        else:
            return False
        return True

    @property
    def chosen(self) -> tuple[int, ...]:
        """Ids of the pages that are selected in the list, or of the current page where it is not listed."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        pages = tuple(self._model.index(row).data(PageRole.PAGE).id for row in rows)
        current = self._document.page
        return pages or ((current.id,) if current is not None else ())

    def focus_search(self) -> None:
        """Put the caret into the search field."""
        self._search.setFocus()
        self._search.selectAll()

    @Slot(int, bool)
    def _on_chip_toggled(self, place: int, checked: bool) -> None:
        if checked:
            self._model.set_filter(_CHIPS[place][0])

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        page = current.data(PageRole.PAGE) if current.isValid() else None
        if page is not None and (self._document.page is None or page.id != self._document.page.id):
            self.page_requested.emit(page.id)

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        index = self._model.index_of(page.id) if page is not None else QModelIndex()
        if index.isValid() and index != self.view.currentIndex():
            # Not the view's own method: while Ctrl or Shift is down, as for a shortcut, that adds to what is chosen.
            self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if index.isValid():
            self.view.scrollTo(index)

    @Slot()
    def _on_model_about_to_be_reset(self) -> None:
        self._scrolled = self.view.verticalScrollBar().value()

    @Slot()
    def _on_model_reset(self) -> None:
        # A page that was deleted must not take the list back to its beginning.
        self.view.doItemsLayout()
        self.view.verticalScrollBar().setValue(self._scrolled)
        none = self._model.rowCount() == 0
        self._empty.setVisible(none)
        self._empty.setText(
            self.tr("No page matches.") if self._document.pages else self.tr("No images in this folder yet.")
        )
        self._on_page_opened(self._document.page)


class _View(QTableView):
    """A list of any length. Qt's own list view asks the model for every row whenever it lays itself out."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(theme.scaled(ROW_HEIGHT_PX))
        across.hide()
        down.hide()

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Let Home and End lead along the rows; a table's lead along the columns."""
        if action == QAbstractItemView.CursorAction.MoveHome:
            return self.model().index(0, 0)
        if action == QAbstractItemView.CursorAction.MoveEnd:
            return self.model().index(self.model().rowCount() - 1, 0)
        return super().moveCursor(action, modifiers)


class _PageDelegate(QStyledItemDelegate):
    """Draws one page as a row."""

    def __init__(self, document: ProjectDocument, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        page: Page = index.data(PageRole.PAGE)
        look = theme.tokens()
        rect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, look.color("raised"))
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), look.color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, look.color("surface"))
        self._paint_thumbnail(
            painter,
            QRectF(rect.left() + 8, rect.top() + 8, theme.scaled(64), theme.scaled(48)),
            index.data(PageRole.THUMBNAIL),
        )
        counts = self._document.page_counts(page.id)
        ring = QRectF(rect.right() - 8 - RING_PX, rect.center().y() - RING_PX / 2, RING_PX, RING_PX)
        _paint_ring(painter, ring, page, counts)
        left = rect.left() + theme.scaled(64) + 16
        room = round(ring.left()) - 8 - left
        path = PurePosixPath(page.path)
        font = theme.ui_font()
        painter.setFont(font)
        painter.setPen(look.color("text"))
        name = QFontMetrics(font).elidedText(shown_name(path.as_posix()), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(left, rect.top() + theme.scaled(28), name)
        small = theme.ui_font(points=-1)
        painter.setFont(small)
        painter.setPen(look.color("error" if page.problem else "muted"))
        line = QFontMetrics(small).elidedText(_second_line(page, counts), Qt.TextElideMode.ElideRight, room)
        painter.drawText(left, rect.top() + theme.scaled(46), line)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, place: QRectF, image: QImage | None) -> None:
        look = theme.tokens()
        painter.fillRect(place, look.color("desk"))
        if image is None or image.isNull():
            painter.setFont(resources.icon_font(20))
            painter.setPen(look.color("muted"))
            name = "image" if image is None else "warning"
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, resources.glyph(name))
            return
        size = image.size().scaled(place.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        left = place.center().x() - size.width() / 2
        top = place.center().y() - size.height() / 2
        painter.drawImage(QRectF(left, top, size.width(), size.height()), image)


def _second_line(page: Page, counts: Counts) -> str:
    translate = QCoreApplication.translate
    if page.problem:
        # The name stands above it; the folder would leave no room for the reason.
        return page.problem.partition(f"{PurePosixPath(page.path).name} ")[2] or page.problem
    if not counts.words:
        return translate("PageList", "complete, no words") if page.verified else translate("PageList", "no words yet")
    told = translate("PageList", "{verified} of {words} verified")
    return told.format(verified=f"{counts.verified:,}", words=f"{counts.words:,}")


def _paint_ring(painter: QPainter, place: QRectF, page: Page, counts: Counts) -> None:
    """Draw the share of verified words as a ring, and a filled disc with a tick for a complete page."""
    look = theme.tokens()
    if page.verified:
        painter.setFont(resources.icon_font(RING_PX + 2))
        painter.setPen(look.color("verified"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, resources.glyph("check-circle-fill"))
        return
    ring = place.adjusted(2, 2, -2, -2)
    ground = look.color("muted")
    ground.setAlphaF(0.3)
    painter.setPen(QPen(ground, 3))
    painter.drawEllipse(ring)
    decided = counts.verified + counts.ignored
    if counts.words and decided:
        pen = QPen(look.color("verified"), 3)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawArc(ring, 90 * 16, -round(360 * 16 * decided / counts.words))
