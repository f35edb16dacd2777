"""Reading all pages: resumable, with pause and cancel, never over human text, and honest about what was left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from crnn_gui.document import Notice
from crnn_gui.jobs import JobProgress
from crnn_gui.project_reading import META_KEY, ProjectReading
from crnn_gui.reading import Reading
from crnn_gui.services.child import ChildProcess
from crnn_gui.services.predictor import PredictorService
from model.annotations import Box, Prediction, Source, State, Word
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room

Until = Callable[..., None]

BOX = Box.from_bounds(0, 0, 40, 16)
WORDS = 4


@dataclass
class Desk:
    """A project with its document and its readers, as the app builds them."""

    room: Room
    predictor: PredictorService
    reading: ProjectReading
    page_reading: Reading
    notices: list[Notice]
    progress: list[JobProgress | None]
    until: Until

    def read(self, which: str = "unread") -> None:
        self.reading.start(which)
        self.until(lambda: not self.reading.is_running and self.notices, seconds=20)
        self.until(lambda: not self.room.store.saved.pending)


def make_project(folder: Path, names: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.new("L", (40, 16), 200).save(folder / name)
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        pages = store.add_pages([folder / name for name in names], [(40, 16)] * len(names))
        store.add_words({page.id: [Word(0, page.id, BOX)] * WORDS for page in pages})


@pytest.fixture
def desk_of(
    open_room: Callable[[], Room], fake_child: Callable[[], ChildProcess], until: Until
) -> Iterator[Callable[[Path], Desk]]:
    predictors: list[PredictorService] = []

    def build(folder: Path) -> Desk:
        room = open_room()
        predictors.append(PredictorService(fake_child))
        reading = ProjectReading(room.document, room.store, predictors[-1])
        page_reading = Reading(room.document, predictors[-1], room.document)
        desk = Desk(room, predictors[-1], reading, page_reading, [], [], until)
        reading.told.connect(desk.notices.append)
        reading.progress_changed.connect(desk.progress.append)
        predictors[-1].load()
        room.document.open_path(folder)
        until(lambda: room.document.page_image is not None and predictors[-1].weights is not None)
        until(lambda: not room.tasks.running)
        return desk

    yield build
    for predictor in predictors:
        predictor.stop()


def states(folder: Path) -> dict[str, list[State]]:
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        pages = [store.content(page.id) for page in store.pages()]
    return {c.page.path: [word.state(c.predictions.get(word.id)) for word in c.words] for c in pages}


def meta(folder: Path) -> str | None:
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        return store.meta(META_KEY)


def test_every_word_of_every_page_is_read(tmp_path: Path, desk_of: Callable[[Path], Desk]) -> None:
    folder = tmp_path / "photos"
    make_project(folder, [f"{i:03}.png" for i in range(60)])
    desk = desk_of(folder)
    desk.read()
    assert {state for words in states(folder).values() for state in words} == {State.SUGGESTED}
    assert "All 60 pages are read" in desk.notices[-1].text
    assert "words/s" in "".join(p.text for p in desk.progress if p)
    assert desk.progress[-1] is None
    assert meta(folder) is None


def test_pages_that_cannot_be_read_are_listed_with_their_reasons(
    tmp_path: Path, desk_of: Callable[[Path], Desk]
) -> None:
    folder = tmp_path / "photos"
    make_project(folder, ["a.png", "broken 1.png", "b.png", "broken 2.png"])
    desk = desk_of(folder)
    shown: list[object] = []
    desk.reading.problems_requested.connect(shown.extend)
    desk.read()
    assert "2 pages could not be read" in desk.notices[-1].text
    desk.reading.act_on_notice(desk.notices[-1], "Show pages")
    assert [(p.page.path, p.reason) for p in shown] == [
        (name, f"{name} cannot be read as an image.") for name in ("broken 1.png", "broken 2.png")
    ]
    assert states(folder)["b.png"] == [State.SUGGESTED] * WORDS


def test_c06_text_of_a_human_stands_when_a_mixed_page_is_read_again(
    tmp_path: Path, desk_of: Callable[[Path], Desk]
) -> None:
    folder = tmp_path / "photos"
    make_project(folder, ["a.png", "b.png"])
    old = Prediction("old", 0.5, weights="older weights")
    with AnnotationStore.open(folder / FILE_NAME) as store:
        page = store.pages()[1]
        store.add_words(
            {page.id: [Word(0, page.id, BOX, "human", source=Source.TYPED), Word(0, page.id, BOX, ignored=True)]}
        )
        first, *_ = store.content(page.id).words
        store.save_predictions([(first.id, BOX, old)])
    desk = desk_of(folder)
    desk.read()
    assert f"{1} words have readings of older weights" in desk.notices[-1].text
    before = states(folder)
    desk.read("older")
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        content = store.content(page.id)
    assert content.predictions[first.id].weights == "hash of starter"
    assert [word.label for word in content.words] == [None] * WORDS + ["human", None]
    assert states(folder) == before
    # On the page itself verified words are read again as well: what is read stays beside the text.
    document = desk.room.document
    document.open_page(page.id)
    desk.until(lambda: document.page.id == page.id)
    [human] = [word for word in document.words.values() if word.label]
    desk.page_reading.read_page()
    desk.until(lambda: human.id in document.predictions)
    assert document.predictions[human.id].text == "b.png"
    assert document.words[human.id] == human


def test_a_pause_takes_no_further_pages_and_cancel_keeps_what_was_read(
    tmp_path: Path, desk_of: Callable[[Path], Desk]
) -> None:
    folder = tmp_path / "photos"
    make_project(folder, [f"{i:03}.png" for i in range(200)])
    desk = desk_of(folder)
    desk.reading.start()
    desk.until(lambda: desk.progress and desk.progress[-1] and desk.progress[-1].fraction > 0.1)
    desk.reading.pause(True)
    assert desk.progress[-1].is_paused
    desk.until(lambda: not desk.reading.is_waiting)
    before = desk.progress[-1].fraction
    assert before < 0.9
    desk.reading.pause(False)
    desk.until(lambda: desk.progress[-1].fraction > before)
    desk.reading.cancel()
    assert desk.progress[-1] is None
    desk.until(lambda: not desk.room.store.saved.pending)
    found = [state for words in states(folder).values() for state in words]
    assert 0 < found.count(State.SUGGESTED) < len(found)
    assert meta(folder) is None


def test_a_child_that_dies_again_and_again_stops_the_reading_and_go_on_goes_on(
    tmp_path: Path, desk_of: Callable[[Path], Desk]
) -> None:
    folder = tmp_path / "photos"
    make_project(folder, ["a.png"] + [f"deadly {i:02}.png" for i in range(30)])
    desk = desk_of(folder)
    desk.read()
    assert desk.notices[-1].severity == "error"
    assert "Reading stopped at page" in desk.notices[-1].text
    assert meta(folder) == "unread"
    told = len(desk.notices)
    desk.reading.act_on_notice(desk.notices[-1], "Go on")
    desk.until(lambda: len(desk.notices) > told, seconds=20)


def test_c30_reading_that_was_interrupted_goes_on_with_the_next_page_and_says_so(
    tmp_path: Path, desk_of: Callable[[Path], Desk]
) -> None:
    folder = tmp_path / "photos"
    make_project(folder, [f"{i:03}.png" for i in range(10)])
    with AnnotationStore.open(folder / FILE_NAME) as store:
        store.set_meta(META_KEY, "unread")
        read = [word for page in store.pages()[:5] for word in store.content(page.id).words]
        store.save_predictions([(w.id, w.box, Prediction("x", 0.5, weights="hash of starter")) for w in read])
    desk = desk_of(folder)
    desk.until(lambda: len(desk.notices) == 2, seconds=10)
    assert desk.notices[0].text == "Reading goes on at page 6 of 10; what lies before it has been read."
    assert f"{5 * WORDS} words" in desk.notices[1].text


def test_what_was_read_by_other_rules_is_read_again_and_an_interrupted_way_through_it_goes_on(
    tmp_path: Path, desk_of: Callable[[Path], Desk]
) -> None:
    folder = tmp_path / "photos"
    make_project(folder, [f"{i:03}.png" for i in range(10)])
    by_rules_before = Prediction("x", 0.5, weights="hash of starter")
    with AnnotationStore.open(folder / FILE_NAME) as store:
        words = [word for page in store.pages() for word in store.content(page.id).words]
        store.save_predictions([(w.id, w.box, by_rules_before) for w in words])
        store.set_meta(META_KEY, f"earlier {time.time()}")
        already = words[: 5 * WORDS]
        store.save_predictions([(w.id, w.box, replace(by_rules_before, text="y")) for w in already])
    desk = desk_of(folder)
    desk.until(lambda: "are read" in desk.notices[-1].text if desk.notices else False, seconds=10)
    desk.until(lambda: not desk.room.store.saved.pending)
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        texts = [p.text for page in store.pages() for _, p in sorted(store.content(page.id).predictions.items())]
    assert texts == ["y"] * 5 * WORDS + [f"{i:03}.png" for i in range(5, 10) for _ in range(WORDS)]
    assert meta(folder) is None
