"""The head of the review wall: chips with live counts, the order, the search and the finer filters."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.document import ProjectDocument
from crnn_gui.widgets.folding import FoldingLine
from crnn_gui.widgets.wall_filters import WallFilters
from crnn_gui.widgets.wall_tally import Tally, WallFilter
from model.annotations import State
from model.documents import shown_name
from model.review_queries import Order, ReviewQuery

SEARCH_MILLISECONDS = 50
"""How long the hands rest before a search begins."""

_CHIPS = tuple(WallFilter)


class WallHead(QWidget):
    """Says which words are to hang on the wall.

    Signals:
        query_changed: ReviewQuery, what the user wants to see now.
        tidy_requested: the words that are decided on are to go.
        accept_requested: bulk accept is wanted.
        replace_requested: search and replace is wanted.
        search_entered: Enter was pressed in the search field.
    """

    query_changed = Signal(object)
    tidy_requested = Signal()
    accept_requested = Signal()
    replace_requested = Signal()
    search_entered = Signal()

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.chips = QButtonGroup(self)
        self.tidy_button = QPushButton(resources.icon("checks", "verified"), "")
        self.accept_button = _tool("stack", self.tr("Accept above…"))
        self.replace_button = _tool("swap", self.tr("Replace…"))
        self.order_box = QComboBox()
        self.page_chip = _chip(self.tr("This page only"), self.tr("List only words of the page that is open now"))
        self.filter_button = _tool("funnel", self.tr("Filter"))
        self.search = QLineEdit()
        self.regex_button = _tool("asterisk", "")
        self.filters = WallFilters()
        self.hint = QLabel()
        self._page_id = 0
        self._search_soon = QTimer(self)
        self._search_soon.setSingleShot(True)
        self._search_soon.setInterval(SEARCH_MILLISECONDS)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._first_line())
        layout.addWidget(self._second_line())
        layout.addWidget(self.filters)
        layout.addWidget(self.hint)
        self.filters.hide()
        self.hint.hide()
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setWordWrap(True)
        self.hint.setFont(theme.ui_font(points=-0.5))

    def _first_line(self) -> FoldingLine:
        line, end = QHBoxLayout(), QHBoxLayout()
        line.setSpacing(4)
        end.setSpacing(4)
        tips = (
            self.tr("Words that wait for you: readings, then words without one"),
            self.tr("Words whose text a human stands behind"),
            self.tr("Words that are left out of reading, training and export"),
            self.tr("Every word of the project"),
        )
        for place, tip in enumerate(tips):
            chip = _chip("", tip)
            self.chips.addButton(chip, place)
            line.addWidget(chip)
        self.chips.button(0).setChecked(True)
        self.tidy_button.setProperty("flat", True)
        self.tidy_button.setFont(theme.ui_font(points=-0.5))
        self.tidy_button.setToolTip(self.tr("Take the words that are decided on off the wall"))
        self.tidy_button.hide()
        line.addSpacing(8)
        line.addWidget(self.tidy_button)
        line.addStretch(1)
        self.accept_button.setToolTip(self.tr("Let all readings stand that are surer than you say"))
        self.replace_button.setToolTip(self.tr("Search and replace in the texts of all pages"))
        end.addWidget(self.accept_button)
        end.addWidget(self.replace_button)
        end.addStretch()
        return FoldingLine(line, end)

    def _second_line(self) -> FoldingLine:
        line, end = QHBoxLayout(), QHBoxLayout()
        line.setSpacing(4)
        end.setSpacing(4)
        for order, (name, tip) in self._orders().items():
            self.order_box.addItem(name, order)
            self.order_box.setItemData(self.order_box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.order_box.setAccessibleName(self.tr("Order"))
        self.filter_button.setCheckable(True)
        self.filter_button.setToolTip(self.tr("Filter by confidence and by weights"))
        self.search.setPlaceholderText(self.tr("Search texts"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(theme.scaled(200))
        self.search.addAction(resources.icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.regex_button.setCheckable(True)
        self.regex_button.setToolTip(self.tr("Search by regular expression"))
        self.regex_button.setAccessibleName(self.regex_button.toolTip())
        line.addWidget(self.order_box)
        line.addSpacing(4)
        line.addWidget(self.page_chip)
        line.addWidget(self.filter_button)
        line.addStretch(1)
        end.addWidget(self.search)
        end.addWidget(self.regex_button)
        end.addStretch()
        return FoldingLine(line, end)

    def _orders(self) -> dict[Order, tuple[str, str]]:
        doubt = self.tr("The least certain readings first.")
        gain = self.tr(
            "Doubt times novelty: uncertain readings whose characters and texts few verified words have teach the most."
        )
        alike = self.tr("Texts that differ only in what recognisers mix up (0 O, 1 l I, rn m) hang side by side.")
        opinion = self.tr(
            "What a second reader reads differently, the surer it is the sooner. "
            "Page > Ask a second reader about all suggestions has it read them."
        )
        return {
            Order.DOUBT: (self.tr("Doubt first"), doubt),
            Order.GAIN: (self.tr("Expected gain"), gain),
            Order.TEXT: (self.tr("By text"), self.tr("The same texts hang side by side.")),
            Order.LOOKALIKE: (self.tr("Look-alikes"), alike),
            Order.OPINION: (self.tr("Second opinion"), opinion),
            Order.PAGE: (self.tr("Page order"), self.tr("Page by page, in the order the words were drawn.")),
        }

    def _connect(self) -> None:
        self.chips.idClicked.connect(self._tell)
        self.tidy_button.clicked.connect(self.tidy_requested)
        self.accept_button.clicked.connect(self.accept_requested)
        self.replace_button.clicked.connect(self.replace_requested)
        self.order_box.currentIndexChanged.connect(self._on_order_chosen)
        self.page_chip.toggled.connect(self._on_page_chip_toggled)
        self.filter_button.toggled.connect(self._on_filter_button_toggled)
        self.filters.changed.connect(self._search_soon.start)
        self.search.textChanged.connect(self._search_soon.start)
        self.search.returnPressed.connect(self._on_search_entered)
        self.regex_button.toggled.connect(self._tell)
        self._search_soon.timeout.connect(self._tell)

    # What is wanted

    @property
    def chosen(self) -> WallFilter:
        """The chip that is on."""
        return _CHIPS[self.chips.checkedId()]

    @property
    def query(self) -> ReviewQuery:
        """The words that are wanted."""
        return ReviewQuery(
            states=self.chosen.states,
            least=self.filters.least,
            most=self.filters.most,
            weights=self.filters.weights,
            page_id=self._page_id,
            text=self.search.text() if self.regex_button.isChecked() else self.search.text().strip(),
            is_regex=self.regex_button.isChecked(),
            order=self.order_box.currentData(),
        )

    def choose_order(self, order: Order) -> None:
        """List the words in this order."""
        self.order_box.setCurrentIndex(self.order_box.findData(order))

    def clear(self) -> None:
        """Let every word through again, as in a project that has just been opened."""
        self.filters.clear()
        self.page_chip.setChecked(False)
        self.search.clear()
        self._search_soon.stop()

    def show_counts(self, tally: Tally) -> None:
        """Write beside each chip how many words it stands for."""
        names = (self.tr("To do"), self.tr("Verified"), self.tr("Ignored"), self.tr("All"))
        for chip, name, chosen in zip(self.chips.buttons(), names, _CHIPS, strict=True):
            _write(chip, f"{name}  {tally.of(*chosen.states):,}")
        self.accept_button.setEnabled(tally.of(State.SUGGESTED) > 0)

    def show_decided(self, decided: int) -> None:
        """Offer to take down so many words."""
        self.tidy_button.setVisible(decided > 0)
        self.tidy_button.setText(self.tr("Take down {count} done").format(count=f"{decided:,}"))

    def show_weights(self, weights: Mapping[str, tuple[str, int]]) -> None:
        """Offer weights by hash: their name, and how many words they read last."""
        self.filters.show_weights(weights)

    def complain(self, sentence: str) -> None:
        """Say why the words that are wanted cannot be listed."""
        self._say(sentence, "error")

    def _say(self, sentence: str, token: str = "muted") -> None:
        self.hint.setText(sentence)
        self.hint.setStyleSheet(f"color: {theme.tokens().color(token).name()};")
        self.hint.setVisible(bool(sentence))

    @Slot()
    def _tell(self) -> None:
        self._search_soon.stop()
        order = self.order_box.currentData()
        is_plain = order in (Order.DOUBT, Order.TEXT, Order.PAGE)
        self._say("" if is_plain else self._orders()[order][1])
        self.query_changed.emit(self.query)

    @Slot()
    def _on_search_entered(self) -> None:
        self._tell()
        self.search_entered.emit()

    @Slot()
    def _on_order_chosen(self) -> None:
        self.order_box.setToolTip(self._orders()[self.order_box.currentData()][1])
        self._tell()

    @Slot(bool)
    def _on_page_chip_toggled(self, is_on: bool) -> None:
        page = self._document.page
        self._page_id = page.id if is_on and page is not None else 0
        name = shown_name(page.path) if self._page_id and page is not None else self.tr("This page only")
        _write(self.page_chip, name)
        self._tell()

    @Slot(bool)
    def _on_filter_button_toggled(self, is_on: bool) -> None:
        self.filters.setVisible(is_on)
        if not is_on:
            self.filters.clear()


def _chip(text: str, tip: str) -> QToolButton:
    chip = QToolButton()
    chip.setToolTip(tip)
    chip.setCheckable(True)
    chip.setProperty("chip", True)
    chip.setFont(theme.ui_font(points=-0.5))
    _write(chip, text)
    return chip


def _write(chip: QAbstractButton, text: str) -> None:
    chip.setText(text)
    # The style sheet takes its padding off the width that a tool button asks for.
    chip.setMinimumWidth(chip.fontMetrics().horizontalAdvance(text) + 20)


def _tool(icon: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(resources.icon(icon))
    button.setText(text)
    button.setToolButtonStyle(
        Qt.ToolButtonStyle.ToolButtonTextBesideIcon if text else Qt.ToolButtonStyle.ToolButtonIconOnly
    )
    return button
