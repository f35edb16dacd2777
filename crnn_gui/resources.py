"""Icons: one family (Phosphor, which travels with qtawesome), drawn in the palette's colour at the moment of painting.

The font is read straight from qtawesome's data files: importing the package costs as much time as all the rest of the
window, and its icons keep the colour they were made with when the look changes.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

from crnn_gui import theme


@cache
def icon(name: str, color: str = "") -> QIcon:
    """Return the icon of that name, for example ``"folder-open"``.

    Args:
        name: a name of the Phosphor family, with ``-bold`` or ``-fill`` for its heavier cuts.
        color: name of a token in :class:`theme.Tokens`; by default the text's colour, muted where disabled.

    Raises:
        KeyError: there is no such icon.
    """
    return QIcon(_Glyph(glyph(name), color))


def glyph(name: str) -> str:
    """Return the character that draws an icon in :func:`icon_font`, for widgets that paint themselves."""
    codes = _family()[1]
    if name not in codes:
        raise KeyError(f"there is no icon named {name!r} in the Phosphor family")
    return chr(int(codes[name], 16))


def icon_font(size_px: int) -> QFont:
    """Return the icon font with an em of ``size_px`` pixels."""
    font = QFont(_family()[0])
    font.setPixelSize(size_px)
    return font


@cache
def _family() -> tuple[str, dict[str, str]]:
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("qtawesome is missing, which brings the icons; install crnn-gui again")
    folder = Path(spec.submodule_search_locations[0]) / "fonts"
    (font_file,) = folder.glob("phosphor-[0-9]*.ttf")
    (code_file,) = folder.glob("phosphor-charmap-*.json")
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(font_file)))
    if not families:
        raise FileNotFoundError(f"the icon font {font_file} cannot be loaded; install qtawesome again")
    return families[0], json.loads(code_file.read_text(encoding="utf-8"))


class _Glyph(QIconEngine):
    """One character of the icon font. Asks for its colour each time, so a change of look needs no bookkeeping."""

    def __init__(self, character: str, color: str) -> None:
        super().__init__()
        self._character = character
        self._color = color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        look = theme.tokens()
        color = look.color(self._color or "text")
        if mode == QIcon.Mode.Disabled:
            color = look.color("muted")
            color.setAlphaF(0.5)
        elif mode == QIcon.Mode.Selected and not self._color:
            color = look.color("on_accent")
        painter.save()
        painter.setFont(icon_font(min(rect.width(), rect.height())))
        painter.setPen(color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(QColor(0, 0, 0, 0))
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Glyph(self._character, self._color)
