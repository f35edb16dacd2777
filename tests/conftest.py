"""What all tests share: a clean world around each of them, hunters for what it leaves behind, and small projects."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell; children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

if TYPE_CHECKING:
    import torch

    from crnn_gui.document import ProjectDocument
    from crnn_gui.services.child import ChildProcess
    from crnn_gui.services.pages import PageImages
    from crnn_gui.services.store_service import StoreService
    from crnn_gui.services.tasks import Tasks

CHECKOUT = Path(__file__).resolve().parents[1]


# --- a clean world ---


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, data and caches of the user lie in a folder of their own for each test."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(home / name.lower()))
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QSettings

        for form in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, str(home / "settings"))
    return home


@pytest.fixture(autouse=True)
def garbage_of_the_gui_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Garbage of a Qt test is collected at its end: in a pool thread it would take QObjects down with it.

    What lives before the test is frozen, or each of these collections, and each hunt below, would look through every
    object of torch and its like.
    """
    if "qapp" not in request.fixturenames:
        yield
        return
    gc.disable()
    gc.collect()  # what pytest held of the test before
    gc.freeze()
    yield
    gc.collect()
    gc.enable()


# --- hunters ---


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_warnings(request: pytest.FixtureRequest) -> Iterator[_Warnings]:
    """A test that logs a warning fails, unless it expects it (`expect_warning`) or reads the log itself (`caplog`)."""
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    if handler.records and "caplog" not in request.fixturenames:
        pytest.fail("logged: " + "; ".join(f"{r.levelname} {r.name}: {r.getMessage()}" for r in handler.records))


@pytest.fixture
def expect_warning(no_warnings: _Warnings) -> Iterator[Callable[[str], None]]:
    """Name a text that a warning of this test will hold. It fails when there is none."""
    expected: list[str] = []
    yield expected.append
    for text in expected:
        found = [record for record in no_warnings.records if text in record.getMessage()]
        assert found, f"no warning held {text!r}"
        no_warnings.records = [record for record in no_warnings.records if record not in found]


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test fails when it leaves a running QThread, a window of ours, or a child process."""
    children = _children()
    yield
    left = [f"process {pid}" for pid in sorted(_children() - children)]
    if "qapp" in request.fixturenames:
        left += _qt_leftovers()
    if left:
        pytest.fail("left behind: " + ", ".join(left))


def _children() -> set[int]:
    """Return the child processes, dead but unmourned ones too; nothing where the system does not list them."""
    pids: set[int] = set()
    for one in Path("/proc/self/task").glob("*/children") if sys.platform == "linux" else ():
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread ended after it was listed
            pids |= {int(pid) for pid in one.read_text().split()}
    return pids


def _qt_leftovers() -> list[str]:
    from PySide6.QtCore import QCoreApplication, QEvent, QThread
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    if QApplication.instance() is None:
        return []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    threads = [o for o in gc.get_objects() if issubclass(type(o), QThread) and isValid(o) and o.isRunning()]
    main = QApplication.instance().thread()
    widgets = [w for w in QApplication.topLevelWidgets() if isValid(w) and _is_ours(w)]
    return [f"thread {t.objectName()!r}" for t in threads if t != main] + [f"window {w!r}" for w in widgets]


def _is_ours(widget: object) -> bool:
    """Whether the widget is a window of the app; Qt keeps some of its own, such as tool tips."""
    return type(widget).__module__.startswith("crnn_gui") and widget.isVisible()  # type: ignore[attr-defined]


# --- devices ---


@pytest.fixture(params=("cpu", "cuda", "mps"))
def device(request: pytest.FixtureRequest) -> torch.device:
    """Each device that networks run on; a test is skipped, with the reason, for those that this machine lacks."""
    import torch

    from model.devices import DeviceError, choose

    try:
        return torch.device(choose(request.param).kind)
    except DeviceError as error:
        pytest.skip(str(error))


# --- data ---


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """Return the path of real development data below ``shared/data``, or skip where there is none."""

    def find(name: str) -> Path:
        path = CHECKOUT.parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"the development data {name} is not here")
        return path

    return find


def draw_page(path: Path, *, size: tuple[int, int] = (400, 300), text: str = "page") -> Path:
    """Write an image with some text on it."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((20, 20), text, fill="black")
    image.save(path)
    return path


@pytest.fixture
def tiny_folder(tmp_path: Path) -> Path:
    """A folder with two pages and no annotation file."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("first", "second"):
        draw_page(folder / f"{name}.png", text=name)
    return folder


@pytest.fixture
def tiny_project(tiny_folder: Path) -> Path:
    """A project of two pages: one verified and one unlabelled word on the first, none on the second."""
    from model.annotations import Box, Source, Word
    from model.store import FILE_NAME, AnnotationStore

    with AnnotationStore.open(tiny_folder / FILE_NAME, create=True) as store:
        first, _ = store.add_pages(sorted(tiny_folder.glob("*.png")), [(400, 300), (400, 300)])
        verified = Word(0, first.id, Box.from_bounds(20, 20, 60, 34), label="first", source=Source.TYPED)
        store.add_words({first.id: [verified, Word(0, first.id, Box.from_bounds(100, 20, 160, 34))]})
    return tiny_folder


# --- the engine room ---


@dataclass
class Room:
    """The document with its real services, as the app builds them."""

    tasks: Tasks
    store: StoreService
    images: PageImages
    document: ProjectDocument

    def stop(self) -> None:
        self.store.stop()
        self.tasks.stop()


@pytest.fixture
def open_room(qapp: object) -> Iterator[Callable[[], Room]]:
    """Return a function that builds a document with real services; they are stopped at the end."""
    from crnn_gui.document import ProjectDocument
    from crnn_gui.services.pages import PageImages
    from crnn_gui.services.store_service import StoreService
    from crnn_gui.services.tasks import Tasks

    rooms: list[Room] = []

    def build() -> Room:
        tasks, store = Tasks(), StoreService()
        images = PageImages(tasks)
        rooms.append(Room(tasks, store, images, ProjectDocument(store, images, tasks)))
        return rooms[-1]

    yield build
    for room in rooms:
        room.stop()


@pytest.fixture
def fake_child() -> Callable[[], ChildProcess]:
    """Return what starts a child with scripted answers (tests/helpers/fake_serving.py)."""
    from crnn_gui.services.child import ChildProcess

    return lambda: ChildProcess((sys.executable, str(CHECKOUT / "tests" / "helpers" / "fake_serving.py")))


@pytest.fixture
def until(qtbot: object) -> Callable[..., None]:
    """Return a function that runs the event loop until a condition holds; the patience is for a crowded machine."""

    def wait(condition: Callable[[], object], *, seconds: float = 60.0) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=int(seconds * 1000))  # type: ignore[attr-defined]

    return wait


@pytest.fixture
def at_rest(qtbot: object) -> Callable[[Callable[[], object]], object]:
    """Return a function that runs the event loop until a value has stayed the same for a while, and returns it."""

    def wait(value: Callable[[], object]) -> object:
        while True:
            before = value()
            qtbot.wait(300)  # type: ignore[attr-defined]
            if value() == before:
                return before

    return wait
