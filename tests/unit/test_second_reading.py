"""A second reader: asked in the background, kept beside the readings, shown where it differs, never in their place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from crnn_gui import second_reading
from crnn_gui.document import Notice
from crnn_gui.second_reading import SecondReading
from crnn_gui.services.assistant import AssistantService, is_installed
from crnn_gui.services.child import ChildProcess
from crnn_gui.widgets.opinion_line import OpinionLine
from model.annotations import Box, Prediction, Source, State, Word
from model.detecting import SECOND_READER
from model.opinions import SecondReader, pages_to_ask
from model.review_queries import Order, ReviewIndex, ReviewQuery
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import CHECKOUT, Room
from tests.helpers.fake_assisting import SECOND

Until = Callable[..., None]

BOX = Box.from_bounds(0, 0, 40, 16)
TEXTS = ("other", "second", "third")
"""What the recogniser reads in the three suggestions of each page; the second reader agrees with one."""


def make_project(folder: Path, names: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.new("L", (40, 16), 200).save(folder / name)
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        for page in store.add_pages([folder / name for name in names], [(40, 16)] * len(names)):
            human = Word(0, page.id, BOX, "human", source=Source.TYPED)
            *read, _, _ = store.add_words({page.id: [Word(0, page.id, BOX)] * 4 + [human]})
            readings = [Prediction(text, 0.9, weights="w") for text in TEXTS]
            store.save_predictions([(i, BOX, reading) for i, reading in zip(read, readings, strict=True)])
    return folder


@dataclass
class Desk:
    room: Room
    second: SecondReading
    notices: list[Notice]
    until: Until

    def ask(self) -> Notice:
        told = len(self.notices)
        self.second.start()
        self.until(lambda: len(self.notices) > told, seconds=20)
        return self.notices[-1]


@pytest.fixture
def desk_of(
    open_room: Callable[[], Room], until: Until, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path], Desk]]:
    monkeypatch.setattr(second_reading, "is_installed", lambda: True)
    fake = (sys.executable, str(CHECKOUT / "tests" / "helpers" / "fake_assisting.py"))
    services: list[AssistantService] = []

    def build(folder: Path) -> Desk:
        room = open_room()
        services.append(AssistantService(lambda: ChildProcess(fake)))
        desk = Desk(room, SecondReading(room.document, room.store, services[-1]), [], until)
        desk.second.told.connect(desk.notices.append)
        room.document.open_path(folder)
        until(lambda: room.document.page_image is not None and not room.tasks.running)
        return desk

    yield build
    for service in services:
        service.stop()


def test_every_suggestion_gets_an_opinion_and_what_was_read_stays(
    desk_of: Callable[[Path], Desk], tmp_path: Path
) -> None:
    folder = make_project(tmp_path / "photos", ["a.png", "broken.png", "c.png"])
    desk = desk_of(folder)
    told = desk.ask()
    assert told.text == "The second reader has read 6 words and reads 4 differently. 1 page could not be read."
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        first, broken, _ = (store.content(page.id) for page in store.pages())
        said = store.predictions_for([w.id for w in first.words], weights=SECOND_READER)
        assert not store.predictions_for([w.id for w in broken.words], weights=SECOND_READER)
    assert [p.text for p in first.predictions.values()] == list(TEXTS), "what the recogniser read is the newest still"
    assert {p.weights for p in first.predictions.values()} == {"w"}
    assert [said.get(word.id) for word in first.words] == [SECOND, SECOND, SECOND, None, None]
    assert [word.state(first.predictions.get(word.id)) for word in first.words][3:] == [
        State.UNLABELLED,
        State.VERIFIED,
    ]
    asked = desk.ask()
    assert asked.text.startswith("Every suggestion has its second opinion."), "nothing is asked about twice"


def test_the_wall_lists_first_what_is_read_differently_by_the_surer_second_reader(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "photos", ["a.png"])
    with AnnotationStore.open(folder / FILE_NAME) as store:
        [page] = store.pages()
        slight, agreed, sure, unread, _ = (word.id for word in store.content(page.id).words)
        opinions = {slight: ("x", 0.4), agreed: ("second", 0.9), sure: ("y", 0.8)}
        store.save_opinions([(i, BOX, Prediction(*said, weights=SECOND_READER)) for i, said in opinions.items()])
        more = Word(0, page.id, BOX)
        [without] = store.add_words({page.id: [more]})
        store.save_predictions([(without, BOX, Prediction("z", 0.1, weights="w"))])
        index = ReviewIndex(store)
        assert index.take_in() == 1
        assert index.word_ids(ReviewQuery(order=Order.OPINION)) == [sure, slight, without, agreed, unread]
        assert index.weights() == {"w": 4}


def test_an_opinion_of_a_box_that_has_changed_is_dropped(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "photos", ["a.png"])
    with AnnotationStore.open(folder / FILE_NAME) as store:
        [page] = store.pages()
        word = store.content(page.id).words[0]
        assert store.save_opinions([(word.id, Box.from_bounds(1, 1, 9, 9), SECOND)]) == 0
        assert [todo.words[0].id for todo in pages_to_ask(store)] == [word.id]


def test_the_line_beside_the_word_tells_what_the_second_reader_says(
    desk_of: Callable[[Path], Desk], tmp_path: Path, qtbot: object
) -> None:
    desk = desk_of(make_project(tmp_path / "photos", ["a.png"]))
    document = desk.room.document
    everywhere = OpinionLine(document, tells_agreement=True)
    on_page = OpinionLine(document, tells_agreement=False)
    for line in (everywhere, on_page):
        qtbot.addWidget(line)  # type: ignore[attr-defined]
        line.follow(desk.second)
    first, agreed, *_ = document.order
    document.select((first,))
    assert not everywhere.text
    desk.ask()
    desk.until(lambda: everywhere.text == "Second reader: second (75%)" == on_page.text)
    taken: list[str] = []
    on_page.taken.connect(taken.append)
    on_page.take_button.click()
    assert taken == ["second"]
    document.select((agreed,))
    desk.until(lambda: everywhere.text == "The second reader agrees (75%)." and not on_page.text)


def test_without_the_extra_the_way_to_get_it_is_told(
    desk_of: Callable[[Path], Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(make_project(tmp_path / "photos", ["a.png"]))
    monkeypatch.setattr(second_reading, "is_installed", lambda: False)
    told = desk.ask()
    assert "crnn-gui[assist]" in told.text
    copied: list[str] = []
    desk.second.command_requested.connect(copied.append)
    desk.second.act_on_notice(told, told.actions[0])
    assert copied[0].endswith("-m pip install 'crnn-gui[assist]'")


def test_a_child_that_dies_again_and_again_stops_the_asking(desk_of: Callable[[Path], Desk], tmp_path: Path) -> None:
    desk = desk_of(make_project(tmp_path / "photos", ["a.png", *(f"deadly {i}.png" for i in range(4))]))
    told = desk.ask()
    assert (told.severity, desk.second.is_running) == ("error", False)


@pytest.mark.skipif(not is_installed(), reason="needs the extra assist")
def test_the_real_second_reader_reads_a_crop() -> None:
    crop = Image.new("RGB", (120, 32), "white")
    ImageDraw.Draw(crop).text((6, 2), "Second", fill="black", font_size=26)
    said = SecondReader(threads=1).read(crop)
    assert (said.text, said.weights) == ("Second", SECOND_READER)
    assert 0.5 < said.confidence <= 1
    assert SecondReader(threads=1).read(Image.new("RGB", (60, 32), "white")).text == ""
