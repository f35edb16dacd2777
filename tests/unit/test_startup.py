"""What happens before the window is on the screen, and what must wait until it is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from crnn_gui import painting
from tests.unit.test_architecture import loaded_after

Until = Callable[..., None]


def test_what_is_slow_to_import_waits_for_the_window() -> None:
    slow = ("numpy", "natsort", "filelock", "pyqtgraph", "qtawesome", "safetensors", "rapidfuzz", "torch")
    assert loaded_after("import crnn_gui.__main__, crnn_gui.app", *slow) == set()


def test_what_is_heavy_comes_once_after_the_window_and_all_in_it_are_painted(qapp: QApplication, until: Until) -> None:
    seen: list[str] = []

    class Painted(QLabel):
        def paintEvent(self, event: QPaintEvent) -> None:
            seen.append("painted")

    window = QWidget()
    QVBoxLayout(window).addWidget(Painted("a word"))
    painting.OncePainted(window, lambda: seen.append("heavy"))
    qapp.processEvents()
    assert seen == [], "nothing is shown yet"
    window.show()
    until(lambda: "heavy" in seen)
    window.repaint()
    qapp.processEvents()
    assert seen.index("painted") < seen.index("heavy")
    assert seen.count("heavy") == 1
    window.close()
    window.deleteLater()


def test_a_window_that_is_never_shown_keeps_nobody_waiting(qapp: QApplication, until: Until, monkeypatch) -> None:
    monkeypatch.setattr(painting, "PAINTED_AT_THE_LATEST_MILLISECONDS", 20)
    seen: list[str] = []
    window = QWidget()
    painting.OncePainted(window, lambda: seen.append("heavy"))
    until(lambda: seen)
    window.deleteLater()
