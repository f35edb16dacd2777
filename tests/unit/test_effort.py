"""The effort meter: the same events give the same figures, pauses and bulk do not count, and figures are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QStatusBar

from crnn_gui.effort import IDLE_SECONDS, Effort, EffortMeter
from crnn_gui.settings import Settings
from crnn_gui.widgets.effort_button import EffortButton, EffortPopover, duration
from model.annotations import Box
from tests.conftest import Room

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)")
Until = Callable[..., None]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def room(open_room: Callable[[], Room], tiny_project: Path, until: Until) -> Room:
    made = open_room()
    made.document.open_path(tiny_project)
    until(lambda: made.document.words)
    return made


@pytest.fixture
def field(qapp: object) -> Iterator[QLineEdit]:
    made = QLineEdit()
    made.show()
    made.activateWindow()
    yield made
    made.close()


def work(meter: EffortMeter, clock: Clock, room: Room, field: QLineEdit) -> Effort:
    """Type and verify as a recording says: seconds before each event, and what it is."""
    recording = [(1, "a"), (0.4, "b"), (0.6, "word"), (60, "c"), (2, "undo"), (1, "redo"), (0.5, "shift")]
    field.setFocus()
    for seconds, event in recording:
        clock.now += seconds
        if event == "word":
            room.document.set_label(2, "ab")
        elif event in ("undo", "redo"):
            getattr(room.document, event)()
        elif event == "shift":
            QTest.keyClick(field, Qt.Key.Key_Shift)
        else:
            QTest.keyClicks(field, event)
    return meter.today


def test_same_events_give_the_same_figures(room: Room, settings: Settings, field: QLineEdit, tmp_path: Path) -> None:
    figures = []
    for name in ("one", "two"):
        own = Settings(QSettings(str(tmp_path / f"{name}.ini"), QSettings.Format.IniFormat))
        clock = Clock()
        meter = EffortMeter(room.document, room.store, own, clock=clock)
        figures.append(work(meter, clock, room, field))
        room.document.undo()
        meter.deleteLater()
    assert figures[0] == figures[1] == Effort(words=1, keys=3, seconds=pytest.approx(0.4 + 0.6 + 2 + 1))
    assert figures[0].keys_a_word == 3
    assert figures[0].words_a_minute == pytest.approx(60 / 4)


def test_keys_are_counted_wherever_the_keyboard_is(room: Room, settings: Settings, field: QLineEdit) -> None:
    meter = EffortMeter(room.document, room.store, settings)
    other = QLineEdit(field)
    other.show()
    for widget, text in ((other, "abc"), (field, "de")):
        widget.setFocus()
        QTest.keyClicks(widget, text)
    assert meter.today.keys == 5


def test_words_accepted_in_bulk_do_not_count(room: Room, settings: Settings) -> None:
    meter = EffortMeter(room.document, room.store, settings)
    room.document.ignore_words((1, 2), True)
    room.document.ignore_words((1, 2), False)
    assert meter.today.words == 0


def test_figures_are_kept_by_day_and_by_project(
    open_room: Callable[[], Room], settings: Settings, tiny_project: Path, until: Until
) -> None:
    room = open_room()
    meter = EffortMeter(room.document, room.store, settings)
    room.document.open_path(tiny_project)
    until(lambda: room.document.words)
    room.document.set_label(2, "ab")
    room.document.close_project()
    assert (meter.today.words, meter.project.words) == (1, 0)
    again = EffortMeter(room.document, room.store, settings)
    assert again.today.words == 1
    room.document.open_path(tiny_project)
    until(lambda: again.project.words == 1)
    again.reset()
    assert (again.today, again.project) == (Effort(), Effort())
    settings.set_effort("1999-12-31", '{"words": 900, "keys": 1, "seconds": 1}')
    assert EffortMeter(room.document, room.store, settings).today == Effort()


def test_button_says_the_pace_and_its_popover_all(room: Room, settings: Settings, qtbot: object) -> None:
    clock, bar = Clock(), QStatusBar()
    meter = EffortMeter(room.document, room.store, settings, clock=clock)
    button = EffortButton(meter, bar)
    assert button.isHidden(), "before some words are decided, the figures say nothing"
    for n in range(5):
        clock.now += 6
        word = room.document.add_word(Box.from_bounds(10, 10 * n, 50, 10 * n + 9))
        room.document.set_label(word, "ab")
    assert button.text() == "12 words a minute", "the first word begins the count of time"
    popover = EffortPopover(meter, bar)
    told = [label.text() for label in popover.findChildren(QLabel)]
    assert {"12.5", "0.0", "5", "24 s"} <= set(told)
    popover.reset_button.click()
    assert button.isHidden()
    bar.deleteLater()


@pytest.mark.parametrize(("seconds", "told"), [(5, "5 s"), (61, "1 min"), (3700, "1 h 1 min")])
def test_time_is_told_as_people_do(seconds: float, told: str) -> None:
    assert duration(seconds) == told
    assert IDLE_SECONDS < 60
