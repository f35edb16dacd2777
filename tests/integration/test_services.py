"""The services with real threads, processes and files; the children answer by script."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crnn_gui.services import store_worker
from crnn_gui.services.child import ChildEndedError, ChildProcess
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import OpenedFile, StoreService
from crnn_gui.services.tasks import Task, Tasks
from crnn_gui.services.trainer import TrainerService, TrainerState
from model.annotations import Box, Edit, PageChange, PageMark
from model.errors import StoreError
from model.events import Decision, Started
from model.messages import Loaded, LoadWeights, TrainOptions, WordPlace
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room

Until = Callable[..., None]
StartChild = Callable[[], ChildProcess]
BOX = Box.from_bounds(0, 0, 40, 12)
DEADLY = Image.fromarray(np.full((12, 40), 13, np.uint8))
CROP = Image.new("L", (40, 12))


def listen(signal: object) -> list:
    heard: list = []
    signal.connect(lambda *values: heard.append(values[0] if len(values) == 1 else values))
    return heard


# --- a child ---


def test_the_real_child_starts_from_any_folder_and_refuses_unknown_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "__init__.py").write_text("raise SystemExit(9)")
    child = ChildProcess()
    child.send(LoadWeights(tmp_path / "none.safetensors"))
    reply = child.receive()
    assert reply.known
    assert "none.safetensors" in reply.message
    child.close()


def test_a_stray_print_in_the_child_does_not_reach_the_frames(fake_child: StartChild) -> None:
    child = fake_child()
    child.send(LoadWeights())
    assert isinstance(child.receive(), Loaded)
    child.close()


def test_a_child_leaves_when_its_parent_does(fake_child: StartChild) -> None:
    child = fake_child()
    child._requests.close()
    assert child._process.wait(2) == 0
    child.close()


def test_a_killed_child_is_told_with_a_reason(fake_child: StartChild) -> None:
    child = fake_child()
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(ChildEndedError, match="memory"):
        child.receive()
    child.close()
    with pytest.raises(ChildEndedError):
        child.send(LoadWeights())


def test_a_child_that_does_not_listen_is_ended_all_the_same() -> None:
    import sys

    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    child = ChildProcess((sys.executable, "-c", deaf))
    time.sleep(0.3)
    began = time.monotonic()
    child.close()
    assert time.monotonic() - began < 2


# --- predictor ---


@pytest.fixture
def predictor(qapp: object, fake_child: StartChild) -> Iterator[PredictorService]:
    service = PredictorService(fake_child)
    yield service
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began < 2


def test_the_newest_live_request_wins(predictor: PredictorService, until: Until) -> None:
    answers = listen(predictor.live_answer)
    tickets = [predictor.request_live(7, BOX, Image.new("L", (40 + i, 12))) for i in range(100)]
    predictor.load()
    until(lambda: answers)
    assert [answer.ticket for answer in answers] == tickets[-1:]
    assert answers[0].prediction.text == "139x12"
    assert (answers[0].word_id, answers[0].box, answers[0].strip.shape) == (7, BOX, (32, 16))


def test_weights_that_are_refused_leave_the_old_ones_in_use(predictor: PredictorService, until: Until) -> None:
    loaded, refused, answers = map(listen, (predictor.loaded, predictor.loading_failed, predictor.live_answer))
    predictor.load()
    until(lambda: loaded)
    predictor.load(Path("bad.safetensors"))
    until(lambda: refused)
    predictor.request_live(None, BOX, CROP)
    until(lambda: answers)
    assert "bad.safetensors" in str(refused[0])
    assert predictor.weights.hash == answers[0].prediction.weights == "hash of starter"


def test_reading_goes_on_with_the_same_weights_after_the_child_has_died(
    predictor: PredictorService, until: Until
) -> None:
    failed, answers, loaded = map(listen, (predictor.failed, predictor.live_answer, predictor.loaded))
    predictor.load(Path("mine.safetensors"))
    until(lambda: loaded)
    predictor.request_live(1, BOX, DEADLY)
    until(lambda: failed)
    assert "ended unexpectedly" in str(failed[0])
    predictor.request_live(2, BOX, CROP)
    until(lambda: answers)
    assert answers[0].prediction.weights == "hash of mine"


def test_words_are_read_in_order_and_live_requests_go_before_them(predictor: PredictorService, until: Until) -> None:
    order: list[str] = []
    predictor.bulk_answer.connect(lambda readings: order.append("bulk"))
    predictor.live_answer.connect(lambda answer: order.append("live"))
    readings, progress = listen(predictor.bulk_answer), listen(predictor.bulk_progress)
    predictor.load()
    predictor.request_many([WordPlace(i, Path(f"{i // 50}.png"), BOX) for i in range(200)])
    until(lambda: order)
    predictor.request_live(1, BOX, CROP)
    until(lambda: progress and progress[-1] == (200, 200))
    assert [reading.word_id for bundle in readings for reading in bundle] == list(range(200))
    assert "live" in order[1:4]


def test_a_long_reading_can_be_given_up(predictor: PredictorService, until: Until) -> None:
    readings, progress = listen(predictor.bulk_answer), listen(predictor.bulk_progress)
    predictor.load()
    predictor.request_many([WordPlace(i, Path("a.png"), BOX) for i in range(5000)])
    until(lambda: readings)
    predictor.cancel_bulk()
    answers = listen(predictor.live_answer)
    predictor.request_live(1, BOX, CROP)
    until(lambda: answers)
    assert sum(map(len, readings)) < 1000
    assert (0, 0) in progress


def test_words_whose_child_dies_are_told_as_unread(qapp: object, fake_child: StartChild, until: Until) -> None:
    children: list[ChildProcess] = []

    def start() -> ChildProcess:
        children.append(fake_child())
        return children[-1]

    predictor = PredictorService(start)
    readings, failed = listen(predictor.bulk_answer), listen(predictor.failed)
    predictor.load()
    predictor.request_many([WordPlace(i, Path("a.png"), BOX) for i in range(320)])
    until(lambda: readings)
    os.kill(children[0].pid, signal.SIGKILL)
    until(lambda: sum(map(len, readings)) == 320)
    predictor.stop()
    told = [reading for bundle in readings for reading in bundle]
    assert [reading.word_id for reading in told] == list(range(320))
    unread = [reading for reading in told if reading.prediction is None]
    assert 0 < len(unread) <= 32
    assert unread[0].problem == str(failed[0])


def test_a_predictor_can_be_stopped_before_it_has_started_and_while_it_loads(
    qapp: object, fake_child: StartChild
) -> None:
    PredictorService(fake_child).stop()
    service = PredictorService(fake_child)
    service.load()
    service.stop()


# --- trainer ---


@pytest.fixture
def trainer(qapp: object, fake_child: StartChild) -> Iterator[TrainerService]:
    service = TrainerService(fake_child)
    yield service
    service.close()


OPTIONS = TrainOptions(out=Path("out.safetensors"))


def test_planning_tells_the_plan_and_leaves_no_child(trainer: TrainerService, until: Until, tiny_project: Path) -> None:
    states, plans = listen(trainer.state_changed), listen(trainer.planned)
    trainer.plan(tiny_project, OPTIONS)
    until(lambda: trainer.state is TrainerState.PLANNED)
    assert states == [TrainerState.PLANNING, TrainerState.PLANNED]
    assert plans[0].kept == 10
    assert trainer._worker._child is None


def test_a_run_tells_its_events_in_order_and_in_bundles(
    trainer: TrainerService, until: Until, tiny_project: Path
) -> None:
    bundles, finished, states = map(listen, (trainer.events_ready, trainer.finished, trainer.state_changed))
    trainer.start(tiny_project, OPTIONS)
    until(lambda: trainer.state is TrainerState.IDLE and finished, seconds=15)
    events = [event for bundle in bundles for event in bundle]
    assert isinstance(events[0], Started)
    assert [event.step for event in events[1:-1]] == list(range(1, 201))
    assert finished == [events[-1]]
    assert len(bundles) <= 200 * 0.015 * 20 + 4
    assert states == [TrainerState.PLANNING, TrainerState.RUNNING, TrainerState.IDLE]


def test_a_paused_run_takes_no_step_and_goes_on_where_it_was(
    trainer: TrainerService, until: Until, at_rest: Callable[[Callable[[], object]], object], tiny_project: Path
) -> None:
    bundles, finished = listen(trainer.events_ready), listen(trainer.finished)
    trainer.start(tiny_project, OPTIONS)
    until(lambda: len(bundles) > 3)
    trainer.pause()
    assert trainer.state is TrainerState.PAUSED
    seen = at_rest(lambda: len(bundles))
    assert not finished, "it rests, and is not over"
    trainer.resume()
    until(lambda: len(bundles) > seen + 2)
    trainer.stop()
    until(lambda: finished)
    steps = [event.step for bundle in bundles for event in bundle[:] if hasattr(event, "gradient_norm")]
    assert steps == list(range(1, len(steps) + 1))
    assert finished[0].decision is Decision.STOPPED


@pytest.mark.parametrize("pause", [False, True])
def test_stopping_ends_the_run_with_its_last_event(
    trainer: TrainerService, until: Until, tiny_project: Path, pause: bool
) -> None:
    finished = listen(trainer.finished)
    trainer.start(tiny_project, OPTIONS)
    until(lambda: trainer.state is TrainerState.RUNNING)
    if pause:
        trainer.pause()
    trainer.stop()
    assert trainer.state is TrainerState.STOPPING
    until(lambda: trainer.state is TrainerState.IDLE)
    assert finished[0].decision is Decision.STOPPED
    assert finished[0].steps < 100


def test_a_stop_at_the_very_beginning_is_not_lost(trainer: TrainerService, until: Until, tiny_project: Path) -> None:
    trainer.start(tiny_project, OPTIONS)
    trainer.stop()
    finished = listen(trainer.finished)
    until(lambda: trainer.state is TrainerState.IDLE)
    assert not finished or finished[0].steps < 5


def test_failures_are_told_and_the_next_run_works(trainer: TrainerService, until: Until, tiny_project: Path) -> None:
    failed = listen(trainer.failed)
    trainer.start(tiny_project / "nowhere", OPTIONS)
    until(lambda: failed)
    assert str(failed[0]) == "There are no words to train on."
    assert trainer.state is TrainerState.IDLE
    trainer.start(tiny_project, OPTIONS)
    until(lambda: trainer.state is TrainerState.RUNNING)
    os.kill(trainer._worker._child.pid, signal.SIGKILL)
    until(lambda: len(failed) == 2)
    assert isinstance(failed[1], ChildEndedError)
    assert trainer.state is TrainerState.IDLE


def test_closing_in_the_middle_of_a_run_is_quick(trainer: TrainerService, until: Until, tiny_project: Path) -> None:
    trainer.start(tiny_project, OPTIONS)
    until(lambda: trainer.state is TrainerState.RUNNING)
    trainer.pause()
    began = time.monotonic()
    trainer.close()
    assert time.monotonic() - began < 2


# --- store ---


def test_what_is_asked_before_the_new_file_was_announced_goes_to_the_old_one(
    qapp: object, until: Until, tiny_project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_project, other)
    service = StoreService()
    opened: list[OpenedFile] = []
    service.open(tiny_project / FILE_NAME, opened.append, pytest.fail)
    until(lambda: len(opened) == 1)
    is_open = threading.Event()
    service.open(other / FILE_NAME, opened.append, pytest.fail)
    service.read(lambda store: is_open.set(), lambda _: None)
    assert is_open.wait(5)  # the other file is open by now, but this thread has not heard of it yet
    [page] = [page for page in opened[0].pages if page.path == "second.png"]
    service.apply(Edit("Verify page", (), pages=(PageChange(page.id, PageMark.VERIFIED, True),)))
    until(lambda: len(opened) == 2 and service.saved.pending == 0)
    service.stop()
    for folder, is_verified in ((tiny_project, True), (other, False)):
        with AnnotationStore.open(folder / FILE_NAME) as store:
            assert [page.verified for page in store.pages()] == [False, is_verified]


def test_a_refused_edit_is_kept_told_and_tried_again(
    open_room: Callable[[], Room], until: Until, tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_worker, "RETRY_SECONDS", 0.1)
    room = open_room()
    document = room.document
    document.open_path(tiny_project)
    until(lambda: document.page_image is not None and not room.tasks.running and not room.store.saved.pending)
    other = sqlite3.connect(tiny_project / FILE_NAME)  # keeps the file busy, as a disk that is full keeps it
    monkeypatch.setattr("model.schema._BUSY_TIMEOUT_MS", 10)
    room.store.read(lambda store: store._db.execute("PRAGMA busy_timeout = 10"), lambda _: None)
    other.execute("BEGIN IMMEDIATE")
    document.set_label(1, "kept")
    document.set_label(2, "too")
    until(lambda: room.store.saved.problem)
    assert room.store.saved.pending == 2
    document.step_page(1)  # readings go on, and the edits that wait are part of what is read
    until(lambda: document.page.path == "second.png")
    document.step_page(-1)
    until(lambda: document.page.path == "first.png" and document.words)
    assert [word.label for word in document.words.values()] == ["kept", "too"]
    other.execute("ROLLBACK")
    other.close()
    until(lambda: room.store.saved.pending == 0)
    assert not room.store.saved.problem
    room.stop()
    with AnnotationStore.open(tiny_project / FILE_NAME) as store:
        assert [word.label for word in store.words()] == ["kept", "too"]


def test_an_edit_that_contradicts_the_file_is_dropped_and_the_truth_shown(
    open_room: Callable[[], Room], until: Until, tiny_project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = open_room()
    document = room.document
    document.open_path(tiny_project)
    until(lambda: document.page_image is not None and not room.tasks.running and not room.store.saved.pending)
    with sqlite3.connect(tiny_project / FILE_NAME) as other:
        other.execute("UPDATE words SET label = 'elsewhere' WHERE id = 1")
    other.close()
    notices = listen(document.notice)
    document.set_label(1, "here")
    until(lambda: notices)
    until(lambda: document.words[1].label == "elsewhere")
    assert not document.undo_stack.canUndo()
    document.set_label(1, "here")
    until(lambda: room.store.saved.pending == 0)
    assert "changed elsewhere" in caplog.text


def test_what_waits_is_written_when_the_service_stops(
    open_room: Callable[[], Room], until: Until, tiny_project: Path
) -> None:
    room = open_room()
    document = room.document
    document.open_path(tiny_project)
    until(lambda: document.page_image is not None)
    for step in range(3):
        document.move_word(1, BOX.moved(step, 0), gesture=5)  # waits for more of its gesture
    room.stop()
    with AnnotationStore.open(tiny_project / FILE_NAME) as store:
        assert next(store.words()).box == BOX.moved(2, 0)


def test_a_project_that_was_left_is_free_for_others(qapp: object, until: Until, tiny_project: Path) -> None:
    service = StoreService()
    opened: list[OpenedFile] = []
    file = tiny_project / FILE_NAME
    service.open(file, opened.append, pytest.fail)
    until(lambda: opened)
    service.close_file()
    service.open(tiny_project / "other.crnn", opened.append, pytest.fail)
    until(lambda: len(opened) == 2)
    with AnnotationStore.open(file) as store:
        assert store.owner.pid == os.getpid()
    assert not file.with_name(f".{FILE_NAME}.owner.json").exists()
    service.stop()
    assert not list(tiny_project.glob(".*.owner.json")), "nobody writes any more"


def test_a_store_without_a_file_refuses_in_a_sentence(qapp: object, until: Until) -> None:
    service = StoreService()
    errors: list = []
    service.read(lambda store: store.pages(), lambda _: None, errors.append)
    until(lambda: errors)
    assert isinstance(errors[0], StoreError)
    service.stop()


# --- tasks ---


def test_tasks_report_end_and_fail_in_the_gui_thread(qapp: object, until: Until) -> None:
    tasks = Tasks()
    heard: list[tuple[object, bool]] = []

    def hear(value: object) -> None:
        heard.append((value, threading.current_thread() is threading.main_thread()))

    def job(task: Task) -> str:
        task.report("half")
        return "whole"

    tasks.run(job, hear, on_progress=hear)
    until(lambda: len(heard) == 2)
    tasks.run(lambda task: 1 / 0, hear, lambda error: hear(type(error)))
    until(lambda: len(heard) == 3)
    assert heard == [("half", True), ("whole", True), (ZeroDivisionError, True)]
    tasks.stop()


def test_a_cancelled_task_calls_nothing_back(qapp: object, until: Until, qtbot: object) -> None:
    tasks = Tasks()
    running = listen(tasks.running_changed)
    heard: list = []

    def job(task: Task) -> None:
        while not task.is_cancelled:
            time.sleep(0.005)
        task.report("late")

    task = tasks.run(job, heard.append, on_progress=heard.append, title="Listing")
    task.cancel()
    until(lambda: running[-1] == ())
    qtbot.wait(20)
    assert not heard
    assert running[0] == (task,)
    tasks.stop()
