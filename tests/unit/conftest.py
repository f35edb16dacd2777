"""What the tests of the desk share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from crnn_gui import app as program
from crnn_gui.services.child import ChildProcess
from crnn_gui.services.pages import PageImages, Thumbnails
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Tasks
from crnn_gui.services.trainer import TrainerService
from crnn_gui.settings import Settings
from crnn_gui.theme import Scheme, Theme
from tests.helpers.desk import Desk, Until


@pytest.fixture
def desk(
    qapp: QApplication, tiny_project: Path, tmp_path: Path, fake_child: Callable[[], ChildProcess], until: Until
) -> Iterator[Desk]:
    tasks = Tasks()
    services = program.Services(
        tasks,
        StoreService(),
        PageImages(tasks),
        Thumbnails(tasks),
        PredictorService(fake_child),
        TrainerService(fake_child),
    )
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    made = program.build(settings, services, Theme(qapp, Scheme.LIGHT))
    made.window.resize(1200, 800)
    made.window.show()
    made.window.activateWindow()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page_image is not None and made.document.words)
    made.window.annotate.canvas.setFocus()
    desk = Desk(made, until)
    until(lambda: desk.canvas.hasFocus())
    yield desk
    made.window.close()
    made.window.deleteLater()


@pytest.fixture
def reading_desk(desk: Desk) -> Desk:
    """The same, with a recogniser that reads the size of each crop."""
    desk.app.load_recogniser()
    desk.until(lambda: desk.app.services.predictor.weights is not None)
    desk.until(lambda: len(desk.document.predictions) == 1)
    return desk
