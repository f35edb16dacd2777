"""The lexicon and the pattern of a project in the app: chosen in the inspector, kept, used, and shown as evidence."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from model.annotations import Box, Prediction, WordChange
from model.rules import ReadingRules, load_rules
from model.store import AnnotationStore
from tests.helpers.desk import ALT, Desk

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def rules_desk(reading_desk: Desk) -> Desk:
    """The desk with the rules opened in the inspector."""
    reading_desk.window.inspector.rules.toggle.click()
    return reading_desk


def use_lexicon(desk: Desk, folder: Path, *words: str) -> None:
    path = folder / "names.txt"
    path.write_text("\n".join(words), encoding="utf-8")
    desk.window.inspector.rules.lexicon_chosen.emit(path)
    desk.until(lambda: desk.app.rules.rules.lexicon == words)


def in_file(project: Path) -> ReadingRules:
    with AnnotationStore.open(project, read_only=True) as store:
        return load_rules(store)


def says(desk: Desk, sentence: str) -> bool:
    labels = desk.window.inspector.findChildren(QLabel)
    return any(label.isVisible() and sentence in label.text() for label in labels)


def test_lexicon_reads_the_page_again_and_what_the_image_says_stays(rules_desk: Desk, tmp_path: Path) -> None:
    desk = rules_desk
    desk.click(130, 27)
    raw = desk.document.predictions[2].text
    use_lexicon(desk, tmp_path, "hello", "help")
    desk.until(lambda: desk.document.predictions[2].text == "hello")
    said = desk.document.predictions[2].alternatives[0].text
    assert said in (raw, "first.png"), "live and in bulk the child reads differently"
    desk.until(lambda: says(desk, f"The image says “{said}”"))
    assert says(desk, "2 words of names.txt")
    desk.field.setFocus()
    desk.key(Qt.Key.Key_1, ALT)
    assert desk.field.text() == said, "the raw reading is one key away"


def test_a_drag_is_read_by_the_rules(rules_desk: Desk, tmp_path: Path) -> None:
    desk = rules_desk
    use_lexicon(desk, tmp_path, "hello")
    read: list[str] = []
    desk.app.reading.previewed.connect(lambda answer: read.append(answer.prediction.text))
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_W)
    desk.press(200, 200)
    desk.move(260, 240)
    desk.until(lambda: "hello" in read)
    assert says(desk, "The image says “")
    desk.release(260, 240)


def test_rules_are_there_again_with_the_project(rules_desk: Desk, tiny_project: Path, tmp_path: Path) -> None:
    desk = rules_desk
    use_lexicon(desk, tmp_path, "hello")
    QTest.keyClicks(desk.window.inspector.rules.pattern, "[0-3]+")
    QTest.keyClick(desk.window.inspector.rules.pattern, Qt.Key.Key_Return)
    kept = ReadingRules(("hello",), "names.txt", "[0-3]+")
    assert desk.app.rules.rules == kept
    desk.document.close_project()
    assert not desk.app.rules.rules
    desk.until(lambda: in_file(tiny_project) == kept)
    desk.document.open_path(tiny_project)
    desk.until(lambda: desk.app.rules.rules == kept)
    assert desk.window.inspector.rules.pattern.text() == "[0-3]+"
    desk.window.inspector.rules.drop_button.click()
    assert desk.app.rules.rules == ReadingRules(pattern="[0-3]+")


@pytest.mark.parametrize(("pattern", "reason"), [("[a-", "malformed"), ("(?=a)", "lookahead"), ("é+", "fits no text")])
def test_a_bad_pattern_is_refused_in_a_sentence_while_it_is_typed(rules_desk: Desk, pattern: str, reason: str) -> None:
    view = rules_desk.window.inspector.rules
    view.pattern.setFocus()
    view.pattern.insert(pattern)
    view.pattern.textEdited.emit(pattern)
    assert reason in view.problem
    QTest.keyClick(view.pattern, Qt.Key.Key_Return)
    assert not rules_desk.app.rules.rules
    view.pattern.clear()
    view.pattern.textEdited.emit("")
    assert not view.problem


def test_a_lexicon_that_cannot_be_used_is_told_beside_it(rules_desk: Desk, tmp_path: Path) -> None:
    view = rules_desk.window.inspector.rules
    view.lexicon_chosen.emit(tmp_path / "missing.txt")
    rules_desk.until(lambda: "cannot be read" in view.problem)
    use_lexicon(rules_desk, tmp_path, "impossible")
    rules_desk.until(lambda: "no word of the lexicon" in view.problem)


def test_rules_hold_for_the_child_that_comes_after_one_that_died(rules_desk: Desk, tmp_path: Path) -> None:
    desk = rules_desk
    desk.click(130, 27)
    use_lexicon(desk, tmp_path, "hello")
    desk.until(lambda: desk.document.predictions[2].text == "hello")
    for child in psutil.Process().children():
        if "fake_serving" in " ".join(child.cmdline()):
            child.kill()
    desk.window.actions_by_id["read_word"].trigger()
    desk.until(lambda: desk.window.notices.notices)
    desk.document.record_prediction(2, desk.word(2).box, Prediction("free", 0.5))
    desk.window.actions_by_id["read_word"].trigger()
    desk.until(lambda: desk.document.predictions[2].text != "free")
    assert desk.document.predictions[2].text == "hello"


def test_other_rules_offer_to_read_the_other_pages_again(rules_desk: Desk, tiny_project: Path, tmp_path: Path) -> None:
    desk = rules_desk
    first, second = (page.id for page in desk.document.pages)
    word = desk.document.new_word(Box.from_bounds(10, 10, 60, 30), second)
    desk.document.change_words("Draw word", [WordChange(None, word)])
    desk.document.record_predictions([(word.id, word.box, Prediction("free", 0.5, weights="hash of starter"))])
    desk.until(lambda: desk.document.counts.suggested == 2)
    use_lexicon(desk, tmp_path, "hello")
    desk.until(lambda: desk.window.notices.notices)
    [notice] = desk.window.notices.notices
    assert notice.text == "Other pages still hold what was read by the rules before: 1 word."
    desk.window.notices.action_chosen.emit(notice, notice.actions[0])
    desk.document.open_page(second)
    desk.until(lambda: desk.document.page.id == second and word.id in desk.document.predictions)
    desk.until(lambda: desk.document.predictions[word.id].text == "hello")
    desk.until(lambda: not desk.app.recognising.reading.is_running)
    desk.document.open_page(first)
    desk.until(lambda: desk.document.page.id == first)


def test_other_rules_offer_nothing_where_all_suggestions_are_on_the_page(rules_desk: Desk, tmp_path: Path) -> None:
    use_lexicon(rules_desk, tmp_path, "hello")
    rules_desk.until(lambda: rules_desk.document.predictions[2].text == "hello")
    assert not rules_desk.window.notices.notices
