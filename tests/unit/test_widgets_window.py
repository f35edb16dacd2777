"""The window and its parts: opening, bars, overlay, looks, status, inspector."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QToolButton, QWidget

from crnn_gui import __main__ as command
from crnn_gui import app as program
from crnn_gui.actions import ACTIONS, plain_text
from crnn_gui.document import Counts, Notice, SaveState
from crnn_gui.services.child import ChildEndedError, ChildProcess
from crnn_gui.settings import RecentProject, Settings
from crnn_gui.widgets.main_window import first_size
from crnn_gui.widgets.notice_bar import NoticeBars
from crnn_gui.widgets.recent_row import RecentRow
from crnn_gui.widgets.status_bar import StatusBar
from crnn_gui.widgets.strip_view import StripView
from crnn_gui.widgets.trainability import Sight, trainability
from crnn_gui.widgets.word_history import ago, history
from crnn_gui.widgets.word_look import Look, look_of
from model.annotations import Box, Character, Prediction, Source, Word
from model.charset import Charset
from model.images import Fit, Preprocessing

pytestmark = [
    pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)"),
    # Drags take a QPointF from Qt 6.12 on, and only a QPoint before.
    pytest.mark.filterwarnings("ignore:Function.*QDrag(Enter|Move)Event:DeprecationWarning"),
]

Until = Callable[..., None]
Start = Callable[[], program.Application]


def texts(widget: QWidget) -> str:
    """Return all that is written on a widget and visible."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return " | ".join(labels + [button.text() for button in widget.findChildren(QPushButton) if button.isVisible()])


def drop(window: QWidget, path: Path) -> None:
    """Drag a file from outside over the middle of the window and let it go, on the way such events come."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    place = window.rect().center()
    handle = window.windowHandle()
    assert handle is not None, "the window is shown"
    enter = QDragEnterEvent(place, copy, data, left, none)
    QApplication.sendEvent(handle, enter)
    QApplication.sendEvent(handle, QDragMoveEvent(place, copy, data, left, none))
    QApplication.sendEvent(handle, QDropEvent(QPointF(place), copy, data, left, none))


# --- opening ---


def test_empty_start_says_the_next_step_and_offers_it(start: Start) -> None:
    window = start().window
    assert "Drop a folder of photographs here" in texts(window)
    assert "Open folder…" in texts(window)
    assert "Open sample project" in texts(window)
    assert "Loading the recogniser…" in texts(window.status)
    assert not window.actions_by_id["verify_page"].isEnabled()


@pytest.mark.parametrize("name", ["", "second.png"])
def test_dropping_a_folder_or_an_image_opens_it(start: Start, tiny_folder: Path, until: Until, name: str) -> None:
    made = start()
    drop(made.window, tiny_folder / name)
    until(lambda: made.document.page is not None)
    assert made.document.page is not None
    assert made.document.page.path == (name or "first.png")
    until(lambda: made.window.annotate.pages.view.model().rowCount() == 2)
    assert made.window.annotate.pages.view.currentIndex().data() == (name or "first.png")
    assert tiny_folder.name in made.window.windowTitle()


def test_dropping_on_an_open_page_opens_the_other_project(
    start: Start, tiny_project: Path, tmp_path: Path, until: Until
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (tiny_project / "second.png").rename(other / "third.png")
    made = start()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page is not None)
    drop(made.window, other)
    until(lambda: made.document.page is not None and made.document.page.path == "third.png")


def test_recent_project_is_one_click_away(start: Start, settings: Settings, tiny_folder: Path, until: Until) -> None:
    settings.add_recent(RecentProject(tiny_folder))
    made = start()
    recent = next(row for row in made.window.empty.findChildren(RecentRow) if tiny_folder.name in row.text())
    QTest.mouseClick(recent, Qt.MouseButton.LeftButton)
    until(lambda: made.document.project is not None)


def test_clicking_a_page_opens_it_and_search_narrows(start: Start, tiny_project: Path, until: Until) -> None:
    made = start()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page is not None)
    view = made.window.annotate.pages.view
    place = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    until(lambda: made.document.page is not None and made.document.page.path == "second.png")
    made.window.annotate.search_pages()
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClicks(focus, "fir")
    assert [view.model().index(r, 0).data() for r in range(view.model().rowCount())] == ["first.png"]


def test_chips_show_pages_by_what_is_left_to_do(start: Start, tiny_project: Path, until: Until) -> None:
    made = start()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page is not None and made.document.words)
    made.document.set_label(2, "two")
    pages = made.window.annotate.pages
    chips = {b.text(): b for b in pages.findChildren(QToolButton) if b.isCheckable()}
    chips["Done"].click()
    assert [pages.view.model().index(r, 0).data() for r in range(pages.view.model().rowCount())] == ["first.png"]
    chips["To do"].click()
    assert [pages.view.model().index(r, 0).data() for r in range(pages.view.model().rowCount())] == ["second.png"]


def test_project_that_another_has_open_is_shown_and_not_changed(start: Start, tiny_project: Path, until: Until) -> None:
    first, second = start(), start()
    first.document.open_path(tiny_project)
    until(lambda: first.document.page is not None)
    second.document.open_path(tiny_project)
    until(lambda: second.document.page is not None)
    assert "nothing can be changed here" in texts(second.window.notices)
    words = dict(second.document.words)
    second.window.annotate.canvas.box_drawn.emit(Box.from_bounds(10, 100, 60, 130))
    second.document.select((2,))
    assert second.window.annotate.field.isReadOnly()
    assert dict(second.document.words) == words


def test_closing_keeps_what_is_being_typed(start: Start, tiny_project: Path, until: Until) -> None:
    from model.store import FILE_NAME, AnnotationStore

    made = start()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page is not None and made.document.words)
    made.document.select((2,))
    made.window.annotate.editor.edit()
    QTest.keyClicks(made.window.annotate.field, "last")
    made.window.close()
    with AnnotationStore.open(tiny_project / FILE_NAME) as store:
        assert {word.label for word in store.words()} == {"first", "last"}


# --- the window's parts ---


def test_overlay_lists_every_action_that_has_keys_and_goes_with_any_key(start: Start, until: Until) -> None:
    window = start().window
    until(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    overlay = window.findChild(QWidget, "shortcuts_overlay")
    assert overlay is not None
    assert overlay.isVisible()
    shown = texts(overlay)
    for spec in ACTIONS:
        if spec.keys and not spec.arguments:
            assert plain_text(spec) in shown, spec.id
    assert "PgDown or D" in shown
    assert "Ctrl+3" in shown
    assert "W or R" in shown
    assert "W or R or" not in shown
    QTest.keyClick(overlay, Qt.Key.Key_Escape)
    assert not overlay.isVisible()


def test_overlay_is_as_wide_as_a_narrow_window_allows_and_is_scrolled_with_keys(start: Start, until: Until) -> None:
    window = start().window
    window.resize(1024, 640)
    until(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    overlay = window.findChild(QWidget, "shortcuts_overlay")
    area = overlay.findChild(QScrollArea)
    until(lambda: area.verticalScrollBar().maximum() > 0)
    assert area.horizontalScrollBar().maximum() == 0
    QTest.keyClick(overlay, Qt.Key.Key_PageDown)
    assert overlay.isVisible()
    assert area.verticalScrollBar().value() > 0
    window.resize(1440, 900)
    until(lambda: area.verticalScrollBar().maximum() < 100)
    QTest.keyClick(overlay, Qt.Key.Key_A)
    assert not overlay.isVisible()


def test_training_comes_when_it_is_asked_for(
    start: Start, tiny_project: Path, until: Until, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("crnn_gui.training.default_weights", lambda: tmp_path / "starter.safetensors")
    made = start()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page is not None)
    assert made.window.workspaces.count() == 1
    until(made.window.isActiveWindow)
    QTest.keyClick(made.window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert made.window.workspaces.currentWidget() is not made.window.annotate
    QTest.keyClick(made.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert made.window.workspaces.currentWidget() is made.window.annotate


def test_look_is_changed_live_and_remembered(start: Start, settings: Settings) -> None:
    window = start().window
    light = window.grab().toImage().pixelColor(700, 40).lightness()
    window.actions_by_id["scheme_dark"].trigger()
    assert window.grab().toImage().pixelColor(700, 40).lightness() < light - 100
    assert settings.value("look/scheme") == "dark"
    window.actions_by_id["scheme_light"].trigger()


def test_notices_do_not_pile_up(qapp: QApplication) -> None:
    bars = NoticeBars()
    for text in ("one", "two", "two", "three", "four"):
        bars.show_notice(Notice("error", text))
    assert [n.text for n in bars.notices] == ["two", "three", "four"]


def test_notice_hands_its_action_on_and_goes(qapp: QApplication) -> None:
    bars = NoticeBars()
    chosen = []
    bars.action_chosen.connect(lambda notice, action: chosen.append((notice.text, action)))
    bars.show_notice(Notice("warning", "damaged", ("Restore", "Leave")))
    next(b for b in bars.findChildren(QPushButton) if b.text() == "Restore").click()
    assert chosen == [("damaged", "Restore")]
    assert bars.notices == ()


def test_status_tells_what_is_true(qapp: QApplication) -> None:
    status = StatusBar()
    status.show()
    status.show_saved(SaveState(3, "The disk is full."))
    status.show_counts(Counts(pages=2, words=10, verified=4))
    status.show_recogniser("CPU", "No GPU was found.", "starter weights")
    status.show_task("a", "Reading 3 of 9 words", 1 / 3)
    assert "Not saved: 3 edits wait" in texts(status)
    assert "2 pages · 4 of 10 words verified" in texts(status)
    assert "Loading the recogniser…" not in texts(status)
    assert "Reading 3 of 9 words" in texts(status)
    cancelled = []
    status.cancel_requested.connect(cancelled.append)
    next(b for b in status.findChildren(QToolButton) if b.toolTip() == "Cancel").click()
    assert cancelled == ["a"]
    status.end_task("a")
    status.show_saved(SaveState())
    assert "Saved" in texts(status)
    status.close()


def test_strip_stands_over_its_characters(qapp: QApplication) -> None:
    view = StripView()
    view.resize(300, 88)
    strip = np.zeros((32, 100), np.uint8)
    view.show_strip(strip, [Character("a", 0.99, 0.0, 0.5), Character("b", 0.2, 0.5, 1.0)])
    image = view.grab().toImage()
    ratio = image.devicePixelRatio()
    sure, unsure = (image.pixelColor(round(x * ratio), round(20 * ratio)) for x in (100, 200))
    assert sure.red() == sure.blue() == 0, "pixels of a sure character are shown as they are"
    assert unsure.red() > unsure.blue(), "those of an unsure one are tinted"
    assert "b 20%" in view.accessibleDescription()


def test_spans_leave_the_padding_of_a_strip_out(qapp: QApplication) -> None:
    view = StripView()
    view.resize(300, 88)
    view.show_strip(np.zeros((32, 100), np.uint8), [Character("b", 0.2, 0.5, 1.0)], content=50)
    image = view.grab().toImage()
    ratio = image.devicePixelRatio()
    left, middle, right = (image.pixelColor(round(x * ratio), round(20 * ratio)) for x in (90, 130, 180))
    assert left.red() == right.red() == 0, "neither before the character nor in the padding"
    assert middle.red() > middle.blue()


# --- what is said of a word ---


def word(width: float, label: str | None = None, *, ignored: bool = False, source: Source | None = None) -> Word:
    return Word(1, 1, Box.from_bounds(0, 0, width, 32), label, ignored, source, "anna", 1000.0)


@pytest.mark.parametrize(
    ("given", "token", "says"),
    [
        (word(100, "hello"), "verified", "Ready for training"),
        (word(100), "muted", "No text yet"),
        (word(16, "hello"), "error", "the text needs 6"),
        (word(100, "x" * 60), "error", "Cannot be trained on"),
        (word(100, "naïve"), "doubtful", "U+00EF"),
        (word(100, "hello", ignored=True), "ignored", "Ignored"),
    ],
)
def test_badge_says_whether_a_word_can_teach(given: Word, token: str, says: str) -> None:
    told = trainability(given, given.label or "", Sight(charset=Charset.named("ascii")))
    assert told[0] == token
    assert says in told[1]


def test_badge_counts_the_time_steps_of_the_network_at_hand() -> None:
    sight = Sight(Preprocessing(height=64, widths=(64, 128), fit=Fit.PAD), {64: 15, 128: 31})
    assert trainability(word(32), "abcdefghijklmno", sight)[0] == "muted"
    assert "15 time steps" in trainability(word(32), "abcdefghijklmnop", sight)[1]


def test_look_sets_doubtful_readings_apart() -> None:
    sure, unsure = Prediction("a", 0.9), Prediction("a", 0.8)
    assert look_of(word(9), sure) is Look.SUGGESTED
    assert look_of(word(9), unsure) is Look.DOUBTFUL
    assert look_of(word(9), unsure, doubt_below=0.5) is Look.SUGGESTED
    assert look_of(word(9, "a"), unsure) is Look.VERIFIED
    assert look_of(word(9, "a", ignored=True), sure) is Look.IGNORED


def test_history_tells_who_and_when_and_what_was_read() -> None:
    told = history(word(9, "cat", source=Source.TYPED), Prediction("cot", 0.7), now=1000 + 7200)
    assert told == "Typed by anna 2 hours ago. The reading was “cot” (70%)."
    assert ago(30) == "just now"
    assert ago(86400) == "1 day ago"


# --- the command ---


def test_missing_display_is_one_sentence() -> None:
    assert "no display" in command.display_problem({}, "linux")
    assert command.display_problem({"QT_QPA_PLATFORM": "offscreen"}, "linux") == ""
    assert command.display_problem({}, "win32") == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_display_that_does_not_answer_is_one_sentence_instead_of_an_abort() -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-m", "crnn_gui"],
        env=environment | {"DISPLAY": ":4242"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_libraries_are_named() -> None:
    assert command.missing_libraries(["libno-such-thing.so.9"]) == ["libno-such-thing.so.9"]


def test_bad_arguments_end_with_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command.main([str(tmp_path / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert command.main(["--screenshots", str(tmp_path)]) == 2
    assert "--demo" in capsys.readouterr().err


def test_crash_is_shown_and_the_program_goes_on(qapp: QApplication, tmp_path: Path, caplog: object) -> None:
    reporter = program.CrashReporter(tmp_path / "crnn-gui.log")
    try:
        raise ZeroDivisionError("a mistake of ours")
    except ZeroDivisionError:
        reporter.hook(*sys.exc_info())  # type: ignore[arg-type]
    dialogs = [w for w in qapp.topLevelWidgets() if type(w).__name__ == "CrashDialog"]
    assert len(dialogs) == 1
    assert str(tmp_path / "crnn-gui.log") in texts(dialogs[0])
    dialogs[0].close()


def test_word_that_is_asked_for_is_shown_on_its_page(start: Start, tiny_project: Path, until: Until) -> None:
    made = start()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page is not None)
    made.document.step_page(+1)
    until(lambda: made.document.page is not None and made.document.page.path == "second.png")
    made.show_word(2)
    until(lambda: made.document.selection == (2,))
    assert made.document.page is not None
    assert made.document.page.path == "first.png"


def test_export_panel_opens_from_the_keyboard(start: Start, tiny_project: Path, until: Until) -> None:
    made = start()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page is not None and made.window.isActiveWindow())
    QTest.keyClick(made.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert made.panels.exporting.isVisible()
    made.panels.exporting.close()


def test_first_window_fits_the_screen() -> None:
    assert first_size(QSize(2560, 1440)) == QSize(1440, 900)
    small = first_size(QSize(1280, 720))
    assert small.width() <= 1280
    assert small.height() < 720, "the title bar needs room too"


def test_edits_that_cannot_be_saved_are_not_lost_by_closing_unasked(start: Start, until: Until) -> None:
    made = start()
    made.document.saved_changed.emit(SaveState(3, "The disk is full."))
    assert "The disk is full." in texts(made.window.notices)
    made.window.close()
    assert made.window.isVisible()
    until(lambda: "3 edits are not saved yet." in texts(made.window.notices))
    (button,) = [b for b in made.window.notices.findChildren(QPushButton) if b.isVisible()]
    button.click()
    assert not made.window.isVisible()


def test_problem_with_saving_goes_when_it_is_over(start: Start) -> None:
    made = start()
    made.document.saved_changed.emit(SaveState(3, "The disk is full."))
    made.window.close()
    assert len(made.window.notices.notices) == 2
    made.document.saved_changed.emit(SaveState(0))
    assert not made.window.notices.notices


def test_project_kept_elsewhere_is_found_again_by_its_folder(
    start: Start, settings: Settings, tiny_folder: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tiny_folder and real(path, mode))
    made = start()
    made.document.open_path(tiny_folder)
    until(lambda: made.document.page is not None)
    assert made.window.windowTitle().startswith("photos")
    assert settings.recent == (tiny_folder,)


def test_child_that_cannot_be_started_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ChildEndedError, match="cannot be started"):
        ChildProcess((str(tmp_path / "gone"),))
