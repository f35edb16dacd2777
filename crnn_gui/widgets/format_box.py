"""The choice of a data set's format: by kind, each with what it is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from model.formats import Format, Kind

_SHOWN_ROWS = 30


class FormatBox(QComboBox):
    """Lists formats under a heading for each kind.

    Args:
        known: the formats.
        first: what stands before them and means no format in particular; "" for nothing.
    """

    def __init__(self, known: Iterable[Format], *, first: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxVisibleItems(_SHOWN_ROWS)
        self._accepts: dict[str, str] = {}
        if first:
            self.addItem(first, None)
        headings = {
            Kind.CROPS: self.tr("Crops: an image for each word"),
            Kind.PAGES: self.tr("Pages: photographs with boxes"),
        }
        by_title = sorted(known, key=lambda f: f.title.casefold())
        for kind, heading in headings.items():
            self._add_heading(heading)
            for one in by_title:
                if one.kind is kind:
                    self._accepts[one.name] = one.accepts
                    self.addItem(one.title, one.name)
                    self.setItemData(self.count() - 1, f"{one.name}: {one.accepts}", Qt.ItemDataRole.ToolTipRole)

    @property
    def name(self) -> str | None:
        """The chosen format's name; None for the first entry."""
        chosen: str | None = self.currentData()
        return chosen

    @property
    def explanation(self) -> str:
        """What the chosen format is, as a clause."""
        return self._accepts.get(self.name or "", "")

    def choose(self, name: str | None) -> None:
        """Choose a format by its name."""
        place = self.findData(name)
        if place >= 0:
            self.setCurrentIndex(place)

    def _add_heading(self, text: str) -> None:
        self.addItem(text, "")
        model = self.model()
        assert isinstance(model, QStandardItemModel), "a combo box has such a model unless it is given another"
        item = model.item(self.count() - 1)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = item.font()
        font.setBold(True)
        item.setFont(font)
