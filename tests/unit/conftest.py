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
from tests.conftest import Room
from tests.helpers.desk import Desk, Until

Start = Callable[[], program.Application]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def start(qapp: QApplication, settings: Settings, fake_child: Callable[[], ChildProcess]) -> Iterator[Start]:
    """Return a function that starts the program as :func:`crnn_gui.app.run` does, with children that need no torch."""
    made: list[program.Application] = []

    def build() -> program.Application:
        tasks = Tasks()
        predictor, trainer = PredictorService(fake_child), TrainerService(fake_child)
        services = program.Services(tasks, StoreService(), PageImages(tasks), Thumbnails(tasks), predictor, trainer)
        made.append(program.build(settings, services, Theme(qapp, Scheme.LIGHT)))
        made[-1].window.show()
        made[-1].window.activateWindow()
        return made[-1]

    yield build
    for one in made:
        one.window.close()
        one.window.deleteLater()
        one.deleteLater()  # or it would listen to what has the focus in every test to come


@pytest.fixture
def desk(start: Start, tiny_project: Path, until: Until) -> Desk:
    made = start()
    made.window.resize(1200, 800)
    made.document.open_path(tiny_project)
    until(lambda: made.document.page_image is not None and made.document.words)
    made.window.annotate.canvas.setFocus()
    desk = Desk(made, until)
    until(lambda: desk.canvas.hasFocus())
    return desk


@pytest.fixture
def reading_desk(desk: Desk) -> Desk:
    """The same, with a recogniser that reads the size of each crop."""
    desk.app.load_recogniser()
    desk.until(lambda: desk.app.services.predictor.weights is not None)
    desk.until(lambda: len(desk.document.predictions) == 1)
    return desk


@pytest.fixture
def room(open_room: Callable[[], Room], project: Path, until: Until) -> Room:
    """The document and its services with the module's own ``project`` open."""
    room = open_room()
    room.document.open_path(project)
    until(lambda: room.document.page_image is not None)
    return room
