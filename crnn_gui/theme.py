"""Colours, spacing and the light and dark look. One accent; every state of a word also has a shape of its own.

The state colours are taken from the Okabe-Ito set (blue, orange, bluish green), which stays apart for people with
any of the common colour blindnesses, and are darkened or lightened until they stand out from their background.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from model.assets import asset

GRID_PX = 8
USUAL_FIELD_SCALE = 1.4


class Scheme(StrEnum):
    """Which look the user asked for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one look, as ``#rrggbb``."""

    window: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    desk: str
    unlabelled: str
    suggested: str
    doubtful: str
    verified: str
    ignored: str
    error: str

    def color(self, name: str) -> QColor:
        """Return the token of that name as a colour."""
        return QColor(getattr(self, name))


LIGHT = Tokens(
    window="#f4f5f7",
    surface="#ffffff",
    raised="#e9ebef",
    line="#d5d9e0",
    text="#1d2129",
    muted="#5c6573",
    accent="#3d5bd9",
    on_accent="#ffffff",
    desk="#dfe2e8",
    unlabelled="#6b7280",
    suggested="#0868ac",
    doubtful="#a85a00",
    verified="#00764f",
    ignored="#7a7f89",
    error="#b3261e",
)
DARK = Tokens(
    window="#1e2127",
    surface="#262a32",
    raised="#323843",
    line="#3a414d",
    text="#e5e8ee",
    muted="#9aa4b5",
    accent="#7f9bff",
    on_accent="#10131a",
    desk="#16181d",
    unlabelled="#9ca3af",
    suggested="#56b4e9",
    doubtful="#f0a53a",
    verified="#3ecf9a",
    ignored="#8b919c",
    error="#ff8a80",
)
VIVID = {
    LIGHT: replace(LIGHT, suggested="#2456d6", doubtful="#b94a00", verified="#1b7a1b", ignored="#7a7f89"),
    DARK: replace(DARK, suggested="#6ea0ff", doubtful="#ffa14a", verified="#5fd35f", ignored="#8b919c"),
}
"""The usual blue, orange and green, for those who tell them apart."""

_VIVID, _TEXT_SCALE, _FIELD_SCALE = "crnn_vivid", "crnn_text_scale", "crnn_field_scale"
"""Properties of the application, where code that paints finds what the user has chosen."""


def tokens() -> Tokens:
    """Return the colours of the look that is on now, for code that paints."""
    look = DARK if QGuiApplication.palette().window().color().lightness() < 128 else LIGHT
    return VIVID[look] if _chosen(_VIVID) else look


def _chosen(name: str) -> float:
    app = QGuiApplication.instance()
    return float(app.property(name) or 0) if app is not None else 0.0


def text_scale() -> float:
    """Return how many times its usual size the interface's text has."""
    return _chosen(_TEXT_SCALE) or 1.0


def scaled(pixels: float) -> int:
    """Return a length that grows with the interface's text, in pixels."""
    return round(pixels * text_scale())


def ui_font(*, points: float = 0, bold: bool = False) -> QFont:
    """Return the interface's font, ``points`` larger (or smaller) than its usual size."""
    font = QFont(QGuiApplication.font())
    font.setPointSizeF(max(6.0, font.pointSizeF() + points * text_scale()))
    font.setBold(bold)
    return font


def word_font(*, share: float = 1) -> QFont:
    """Return the font in which words are typed; ``share`` makes it smaller where there is little room."""
    font = QFont(QGuiApplication.font())
    usual = font.pointSizeF() / text_scale()
    font.setPointSizeF(max(usual, usual * (_chosen(_FIELD_SCALE) or USUAL_FIELD_SCALE) * share))
    return font


class Theme(QObject):
    """Applies a look to the application and follows the system while the user has not chosen one.

    Signals:
        changed: the colours are different now; palettes were already sent to every widget.
    """

    changed = Signal()

    def __init__(self, app: QApplication, scheme: Scheme = Scheme.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._scheme = scheme
        self._usual_points = app.font().pointSizeF() / text_scale()
        app.setStyle(QStyleFactory.create("Fusion"))
        app.styleHints().colorSchemeChanged.connect(self._on_system_scheme_changed)
        self.set_scheme(scheme)

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def set_scheme(self, scheme: Scheme) -> None:
        """Show the look at once, in every window."""
        self._scheme = scheme
        wanted = {Scheme.LIGHT: Qt.ColorScheme.Light, Scheme.DARK: Qt.ColorScheme.Dark}
        # Lets the platform draw title bars to match; platforms without a theme of their own ignore it.
        self._app.styleHints().setColorScheme(wanted.get(scheme, Qt.ColorScheme.Unknown))
        self._apply()

    def set_vivid(self, flag: bool) -> None:
        """Show the states in the colours of a traffic light instead of those that suit the colour-blind."""
        if bool(_chosen(_VIVID)) != flag:
            self._app.setProperty(_VIVID, float(flag))
            self._apply()

    def set_text_scale(self, scale: float, field_scale: float) -> None:
        """Set the sizes of the interface's text and of the words' text, both as multiples of the platform's size.

        Widgets that are there keep their fonts, so the windows are to be built after this.
        """
        self._app.setProperty(_TEXT_SCALE, scale)
        self._app.setProperty(_FIELD_SCALE, field_scale)
        font = self._app.font()
        if font.pointSizeF() != self._usual_points * scale:
            font.setPointSizeF(self._usual_points * scale)
            self._app.setFont(font)
            self._apply()

    @Slot()
    def _on_system_scheme_changed(self) -> None:
        self._apply()

    def _apply(self) -> None:
        system_is_dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        is_dark = self._scheme == Scheme.DARK or (self._scheme == Scheme.SYSTEM and system_is_dark)
        look = DARK if is_dark else LIGHT
        self._app.setPalette(_palette(look))
        self._app.setStyleSheet(_style_sheet(look))
        self.changed.emit()


def _palette(look: Tokens) -> QPalette:
    role = QPalette.ColorRole
    colors = {
        role.Window: look.window,
        role.WindowText: look.text,
        role.Base: look.surface,
        role.AlternateBase: look.window,
        role.Text: look.text,
        role.PlaceholderText: look.muted,
        role.Button: look.raised,
        role.ButtonText: look.text,
        role.BrightText: look.error,
        role.Highlight: look.accent,
        role.HighlightedText: look.on_accent,
        role.Accent: look.accent,
        role.Link: look.accent,
        role.ToolTipBase: look.raised,
        role.ToolTipText: look.text,
        role.Light: look.surface,
        role.Midlight: look.raised,
        role.Mid: look.line,
        role.Dark: look.line,
        role.Shadow: look.desk,
    }
    palette = QPalette()
    for key, value in colors.items():
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, _blend(look.muted, look.window, 0.45))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(look.line))
    return palette


def _blend(front: str, back: str, share: float) -> QColor:
    a, b = QColor(front), QColor(back)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(x + (y - x) * share) for x, y in pairs))


def _style_sheet(look: Tokens) -> str:
    """Only what Fusion and the palette cannot say. Object names carry the role of a widget."""
    hover = _blend(look.raised, look.text, 0.08).name()
    # Fusion draws indicators with an outline that is all but invisible in the dark look.
    check = asset(f"resources/icons/check-{'light' if look is LIGHT else 'dark'}.svg").as_posix()
    return f"""
    QToolTip {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line}; padding: 4px 8px; }}
    QMainWindow::separator {{ background: {look.line}; width: 1px; height: 1px; }}
    QSplitter::handle {{ background: {look.line}; }}
    QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
    QScrollBar::handle {{ background: {look.line}; border-radius: 3px; margin: 3px;
        min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {look.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page
        {{ background: none; border: none; width: 0; height: 0; }}
    QMenuBar {{ background: {look.window}; padding: 2px 8px; }}
    QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected {{ background: {look.raised}; }}
    QMenu {{ background: {look.surface}; border: 1px solid {look.line}; padding: 4px; }}
    QMenu::item {{ padding: 4px 24px 4px 8px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {look.accent}; color: {look.on_accent}; }}
    QMenu::item:disabled {{ color: {look.muted}; }}
    QMenu::separator {{ height: 1px; background: {look.line}; margin: 4px 0; }}
    QMenu::icon {{ padding-left: 6px; }}
    QStatusBar {{ background: {look.window}; border-top: 1px solid {look.line}; }}
    QStatusBar::item {{ border: none; }}
    QLineEdit {{ background: {look.surface}; border: 1px solid {look.line}; border-radius: 4px; padding: 3px 7px;
        selection-background-color: {look.accent}; selection-color: {look.on_accent}; }}
    QLineEdit:focus {{ border-color: {look.accent}; }}
    QPushButton {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 4px; padding: 4px 12px;
        icon-size: {scaled(16)}px; }}
    QPushButton:hover {{ background: {hover}; }}
    QPushButton:focus {{ border-color: {look.accent}; }}
    QPushButton:default, QPushButton[primary="true"] {{ background: {look.accent}; color: {look.on_accent};
        border-color: {look.accent}; }}
    QPushButton[primary="true"]:focus {{ border: 2px solid {look.text}; padding: 3px 11px; }}
    QPushButton:disabled {{ color: {look.muted}; background: {look.window}; border-color: {look.line}; }}
    QPushButton[flat="true"], QToolButton {{ background: transparent; border: 1px solid transparent;
        border-radius: 4px; padding: 4px; }}
    QToolBarExtension {{ padding: 0; }}
    QToolButton:hover, QPushButton[flat="true"]:hover {{ background: {look.raised}; }}
    QToolButton:focus, QPushButton[flat="true"]:focus {{ border-color: {look.accent}; }}
    QToolButton:checked {{ background: {look.raised}; color: {look.accent}; }}
    QToolButton[chip="true"] {{ border: 1px solid {look.line}; border-radius: 11px; padding: 2px 8px;
        color: {look.muted}; }}
    QToolButton[chip="true"]:checked {{ background: {look.accent}; border-color: {look.accent};
        color: {look.on_accent}; }}
    QHeaderView {{ background: {look.window}; }}
    QHeaderView::section {{ background: {look.window}; color: {look.muted}; border: none;
        border-bottom: 1px solid {look.line}; padding: 4px 6px; }}
    QComboBox, QAbstractSpinBox {{ min-height: 22px; }}
    QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {{ width: 12px; height: 12px;
        background: {look.surface}; border: 1px solid {look.muted}; border-radius: 3px; }}
    QRadioButton::indicator {{ border-radius: 7px; }}
    QCheckBox::indicator:checked, QAbstractItemView::indicator:checked
        {{ background: {look.accent}; border-color: {look.accent}; image: url("{check}"); }}
    QRadioButton::indicator:checked {{ border-color: {look.accent}; background: qradialgradient(cx: 0.5, cy: 0.5,
        radius: 0.5, fx: 0.5, fy: 0.5, stop: 0 {look.on_accent}, stop: 0.4 {look.on_accent}, stop: 0.5 {look.accent},
        stop: 1 {look.accent}); }}
    QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {look.accent}; }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled, QAbstractItemView::indicator:disabled
        {{ border-color: {look.line}; }}
    QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {{ background: {look.line}; }}
    QProgressBar {{ background: {look.raised}; border: none; border-radius: 3px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {look.accent}; border-radius: 3px; }}
    QLabel[muted="true"] {{ color: {look.muted}; }}
    #rail {{ background: {look.window}; border-right: 1px solid {look.line}; }}
    #rail QToolButton {{ padding: 6px 2px; color: {look.muted}; }}
    #rail QToolButton:checked {{ background: {look.raised}; color: {look.text}; }}
    #side {{ background: {look.window}; }}
    #word_list {{ outline: 0; }}
    #word_list::item {{ padding: 4px 8px; border: none; }}
    #word_list::item:selected {{ background: {look.raised}; color: {look.text}; }}
    #groups {{ background: transparent; outline: none; }}
    #groups::item {{ padding: 6px 8px; border-radius: 4px; color: {look.text}; }}
    #groups::item:hover {{ background: {hover}; }}
    #groups::item:selected {{ background: {look.raised}; color: {look.text}; }}
    #groups::item:selected:focus {{ background: {look.accent}; color: {look.on_accent}; }}
    #keys {{ outline: none; }}
    #keys::item {{ padding: 4px 0; }}
    #card {{ background: {look.window}; border: 1px solid {look.line}; border-radius: 6px; }}
    #word_field {{ background: {look.surface}; border: 2px solid {look.line}; border-radius: 4px; padding: 2px 6px; }}
    #word_field:focus {{ border-color: {look.accent}; }}
    """
