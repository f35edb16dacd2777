"""Finding words in the app: a process of its own, suggestions only, a step of Undo a page, progress and cancel."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crnn_gui import word_finding
from crnn_gui.document import Notice, ProjectDocument
from crnn_gui.jobs import JobProgress
from crnn_gui.services.assistant import INSTALL_COMMAND, AssistantService, is_installed
from crnn_gui.services.child import ChildProcess
from crnn_gui.word_finding import WordFinding
from model.detecting import SECOND_READER
from model.messages import FindWords
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import CHECKOUT, Room, draw_page
from tests.helpers.fake_assisting import FOUND

Until = Callable[..., None]


@dataclass
class Desk:
    room: Room
    finding: WordFinding
    notices: list[Notice]
    progress: list[JobProgress | None]
    until: Until

    @property
    def document(self) -> ProjectDocument:
        return self.room.document

    def find(self, where: str) -> Notice:
        told = len(self.notices)
        self.finding.start(where)
        self.until(lambda: len(self.notices) > told, seconds=20)
        self.until(lambda: not self.room.store.saved.pending)
        return self.notices[-1]


@pytest.fixture
def desk_of(
    open_room: Callable[[], Room], until: Until, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path], Desk]]:
    monkeypatch.setattr(word_finding, "is_installed", lambda: True)
    fake = (sys.executable, str(CHECKOUT / "tests" / "helpers" / "fake_assisting.py"))
    services: list[AssistantService] = []

    def build(folder: Path) -> Desk:
        room = open_room()
        services.append(AssistantService(lambda: ChildProcess(fake)))
        desk = Desk(room, WordFinding(room.document, room.store, services[-1]), [], [], until)
        desk.finding.told.connect(desk.notices.append)
        desk.finding.progress_changed.connect(desk.progress.append)
        room.document.open_path(folder)
        until(lambda: room.document.page_image is not None and not room.tasks.running)
        return desk

    yield build
    for service in services:
        service.stop()


def test_found_words_come_as_boxes_without_labels_and_go_with_one_undo(
    desk_of: Callable[[Path], Desk], tiny_folder: Path
) -> None:
    desk = desk_of(tiny_folder)
    assert desk.find("page").text == "Found words: 2 on 1 page."
    document = desk.document
    assert [(word.box, word.label) for word in document.words.values()] == [(one.box, None) for one in FOUND]
    assert {p.weights for p in document.predictions.values()} == {SECOND_READER}
    document.undo()
    desk.until(lambda: not document.words)


def test_on_a_page_with_words_what_overlaps_them_is_left_out(
    desk_of: Callable[[Path], Desk], tiny_project: Path
) -> None:
    desk = desk_of(tiny_project)
    before = dict(desk.document.words)
    told = desk.find("page")
    assert "1 lay over words that are there" in told.text
    assert {i: word for i, word in desk.document.words.items() if i in before} == before
    assert len(desk.document.words) == len(before) + 1


def test_all_pages_without_words_are_searched_and_those_that_cannot_be_read_are_listed(
    desk_of: Callable[[Path], Desk], tiny_project: Path
) -> None:
    for name in ("broken", "empty", "more"):
        draw_page(tiny_project / f"{name}.png")
    desk = desk_of(tiny_project)
    desk.until(lambda: len(desk.document.pages) == 5)
    [empty] = [page for page in desk.document.pages if page.path == "empty.png"]
    desk.document.open_page(empty.id)
    desk.until(lambda: desk.document.page.id == empty.id)
    desk.document.verify_page(True)
    desk.until(lambda: not desk.room.store.saved.pending)
    shown: list[object] = []
    desk.finding.problems_requested.connect(shown.extend)
    told = desk.find("project")
    assert told.text == "Found words: 4 on 2 pages. 1 page could not be read."
    desk.finding.act_on_notice(told, "Show pages")
    assert [p.reason for p in shown] == ["broken.png cannot be read as an image."]
    with AnnotationStore.open(tiny_project / FILE_NAME, read_only=True) as store:
        words = {page.path: len(store.content(page.id).words) for page in store.pages()}
    assert words == {"first.png": 2, "second.png": 2, "broken.png": 0, "empty.png": 0, "more.png": 2}
    assert "page 5 of 5" in "".join(p.text for p in desk.progress if p)


def test_a_search_can_be_paused_and_given_up(desk_of: Callable[[Path], Desk], tiny_folder: Path) -> None:
    for number in range(20):
        draw_page(tiny_folder / f"{number:02}.png")
    desk = desk_of(tiny_folder)
    desk.until(lambda: len(desk.document.pages) == 22)
    desk.finding.start("project")
    desk.until(lambda: desk.document.undo_stack.count() >= 2)
    desk.finding.pause(True)
    assert desk.progress[-1].is_paused
    desk.finding.pause(False)
    count = desk.document.undo_stack.count()
    desk.until(lambda: desk.document.undo_stack.count() > count)
    desk.finding.cancel()
    assert not desk.finding.is_running
    assert desk.progress[-1] is None
    assert desk.document.undo_stack.count() < 22


def test_a_detector_that_dies_again_and_again_is_given_up(desk_of: Callable[[Path], Desk], tiny_folder: Path) -> None:
    for number in range(6):
        draw_page(tiny_folder / f"deadly {number}.png")
    desk = desk_of(tiny_folder)
    desk.until(lambda: len(desk.document.pages) == 8)
    assert "Finding words stopped" in desk.find("project").text


def test_without_the_extra_the_bar_has_the_command_to_copy(
    desk_of: Callable[[Path], Desk], tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(tiny_folder)
    monkeypatch.setattr(word_finding, "is_installed", lambda: False)
    copied: list[str] = []
    desk.finding.command_requested.connect(copied.append)
    told = desk.find("page")
    assert told.text.endswith(f"{sys.executable} -m pip install 'crnn-gui[assist]'")
    desk.finding.act_on_notice(told, "Copy the command")
    assert copied == [INSTALL_COMMAND]


def test_the_real_child_finds_words_without_opencv_coming_near_the_app(
    qapp: object, until: Until, shared_data: Callable[[str], Path]
) -> None:
    if not is_installed():
        pytest.skip("the extra assist is not installed")
    service = AssistantService()
    found: list[object] = []
    service.answered.connect(lambda _ticket, reply: found.extend(reply.words))
    service.request(FindWords(next(shared_data("pages/plates").rglob("*.jpg"))))
    until(lambda: found, seconds=60)
    service.stop()
