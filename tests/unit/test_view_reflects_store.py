"""Whatever is done in any order, canvas, inspector, field and list of pages show what the annotation file holds."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from crnn_gui.item_models import PageRole
from crnn_gui.widgets.box_item import BoxItem
from crnn_gui.widgets.word_look import look_of, other_readings, shown_text
from model.annotations import Alternative, Box, Prediction, State
from model.store import AnnotationStore, Counts
from tests.helpers.desk import Desk

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

TEXTS = ("a", "word", "Straße", "مرحبا", "two words")
_projects = itertools.count()

Deed = Callable[[Desk, int], None]


def _chosen(desk: Desk, number: int) -> int | None:
    words = list(desk.document.words)
    return words[number % len(words)] if words else None


def _on_word(act: Callable[[Desk, int, int], object]) -> Deed:
    def deed(desk: Desk, number: int) -> None:
        word_id = _chosen(desk, number)
        if word_id is not None:
            act(desk, word_id, number)

    return deed


def _box(number: int) -> Box:
    left, top = number * 37 % 300, number * 53 % 250
    return Box.from_bounds(left, top, left + 20 + number % 60, top + 12 + number % 20)


def _predict(desk: Desk, word_id: int, number: int) -> None:
    text = TEXTS[number % len(TEXTS)]
    reading = Prediction(text, number % 10 / 10, (), (Alternative(text + "x", 0.1),), "w")
    desk.document.record_prediction(word_id, desk.word(word_id).box, reading)


def _type(desk: Desk, word_id: int, number: int) -> None:
    desk.document.select((word_id,))
    desk.window.annotate.editor.edit()
    desk.type(str(number))
    desk.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def _turn_page(desk: Desk, number: int) -> None:
    pages = desk.document.pages
    page = pages[number % len(pages)]
    desk.document.open_page(page.id)
    desk.until(lambda: desk.document.page is not None and desk.document.page.id == page.id)


DEEDS: dict[str, Deed] = {
    "draw": lambda desk, number: desk.document.add_word(_box(number)) and None,
    "move": _on_word(lambda desk, word_id, number: desk.document.move_word(word_id, _box(number))),
    "label": _on_word(lambda desk, word_id, number: desk.document.set_label(word_id, TEXTS[number % len(TEXTS)])),
    "type": _on_word(_type),
    "predict": _on_word(_predict),
    "accept": _on_word(lambda desk, word_id, _: desk.document.accept_prediction(word_id)),
    "clear": _on_word(lambda desk, word_id, _: desk.document.clear_label(word_id)),
    "ignore": _on_word(lambda desk, word_id, number: desk.document.ignore_words((word_id,), bool(number % 2))),
    "delete": _on_word(lambda desk, word_id, _: desk.document.delete_words((word_id,))),
    "select": _on_word(lambda desk, word_id, _: desk.document.select((word_id,))),
    "deselect": lambda desk, _: desk.document.select(()),
    "undo": lambda desk, _: desk.document.undo(),
    "redo": lambda desk, _: desk.document.redo(),
    "page": _turn_page,
}


def check(desk: Desk, project: Path) -> None:
    """Compare all that is on the screen with the file."""
    document = desk.document
    desk.until(lambda: desk.app.services.store.saved.pending == 0)
    assert document.page is not None, "a page is open"
    with AnnotationStore.open(project, read_only=True) as store:
        content, counts = store.content(document.page.id), store.page_counts()
    words = {word.id: word for word in content.words}
    items = {item.word.id: item.word for item in desk.canvas.scene().items() if isinstance(item, BoxItem)}
    assert dict(document.words) == words
    assert items == words
    assert dict(document.predictions) == dict(content.predictions)
    _check_inspector(desk)
    model = desk.window.annotate.pages.view.model()
    desk.until(lambda: all(document.page_counts(i) == counts.get(i, Counts(pages=1)) for i in counts))
    for row in range(model.rowCount()):
        index = model.index(row, 0)
        assert index.data(PageRole.COUNTS) == counts.get(index.data(PageRole.PAGE).id, Counts(pages=1))


def _check_inspector(desk: Desk) -> None:
    document, inspector = desk.document, desk.window.inspector
    said = [label.text() for label in inspector.findChildren(QLabel) if label.isVisible()]
    word = document.current_word if len(document.selection) == 1 else None
    assert desk.field.isVisible() == (word is not None)
    if word is None:
        assert inspector.crop_image.isNull()
        return
    prediction = document.predictions.get(word.id)
    text = shown_text(word, prediction)
    assert desk.field.text() == inspector.field.text() == text
    assert f"Word {document.order.index(word.id) + 1} of {len(document.words)}" in said
    assert any(line.startswith(look_of(word, prediction).text) for line in said)
    assert desk.window.annotate.card.readings.texts == tuple(other.text for other in other_readings(prediction))[:9]
    if document.state(word.id) is not State.IGNORED:
        width, height = inspector.crop_image.width(), inspector.crop_image.height()
        assert width / height == pytest.approx(word.box.width / word.box.height, rel=0.2)


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink a failure would open hundreds of projects
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(
    deeds=[("predict", 0), ("page", 0), ("delete", 0), ("draw", 5), ("page", 0), ("move", 3)]
)  # while it is being read
@example(deeds=[("page", 0), ("predict", 0)])
@given(deeds=st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.integers(0, 999)), min_size=8, max_size=24))
def test_c40_the_view_shows_what_the_store_holds(
    desk: Desk, tiny_project: Path, tmp_path: Path, deeds: list[tuple[str, int]]
) -> None:
    project = tmp_path / f"project {next(_projects)}"
    desk.document.close_project()
    with AnnotationStore.open(tiny_project, read_only=True):
        pass  # it is closed and whole
    shutil.copytree(tiny_project, project)
    desk.document.open_path(project)
    desk.until(lambda: desk.document.project is not None and desk.document.project.place == project)
    desk.until(lambda: desk.document.page_image is not None)
    for number, (deed, argument) in enumerate(deeds):
        DEEDS[deed](desk, argument)
        if number % 6 == 5:
            check(desk, project)
    desk.until(lambda: desk.document.page_image is not None)
    check(desk, project)
