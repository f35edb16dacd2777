"""The command ``crnn-gui``: arguments, log file, and a look at the display before Qt is asked for one."""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import logging
import logging.handlers
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import platformdirs

LOG_BYTES = 1_000_000
LOG_FILES = 5

# What Qt's xcb plugin needs and a bare server lacks. Without them Qt ends the process with abort().
_XCB_LIBRARIES = (
    "libxcb.so.1",
    "libX11-xcb.so.1",
    "libxcb-cursor.so.0",
    "libxcb-icccm.so.4",
    "libxcb-image.so.0",
    "libxcb-keysyms.so.1",
    "libxcb-randr.so.0",
    "libxcb-render-util.so.0",
    "libxcb-render.so.0",
    "libxcb-shape.so.0",
    "libxcb-shm.so.0",
    "libxcb-sync.so.1",
    "libxcb-xfixes.so.0",
    "libxcb-xkb.so.1",
    "libxkbcommon-x11.so.0",
)
_QT_LIBRARIES = ("libEGL.so.1", "libxkbcommon.so.0", "libfontconfig.so.1", "libdbus-1.so.3")
_PACKAGES = (
    "libegl1 libfontconfig1 libdbus-1-3 libx11-xcb1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 "
    "libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1"
)

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the application. Returns the exit status; 2 stands for a wish that cannot be granted here."""
    options = _parser().parse_args(arguments)
    if options.screenshots is not None and not options.demo:
        return _refuse("--screenshots belongs to --demo; add --demo.")
    if options.screenshots is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    problem = display_problem(os.environ, sys.platform)
    if problem:
        return _refuse(problem)
    if options.path is not None and not options.path.exists():
        return _refuse(f"{options.path} does not exist.")
    log_file = start_logging()
    if options.screenshots is not None:
        from crnn_gui.demo import run as run_demo

        return run_demo(options.screenshots, log_file=log_file)

    from crnn_gui import app

    return app.run(options.path, demo=options.demo, log_file=log_file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="crnn-gui", description="Label words on your photographs, train a recogniser on them, and export both."
    )
    parser.add_argument(
        "path", nargs="?", type=Path, metavar="PATH", help="folder, image or annotation file; default: the last project"
    )
    parser.add_argument("--demo", action="store_true", help="open a copy of the sample project")
    parser.add_argument(
        "--screenshots", type=Path, metavar="DIR", help="with --demo: do the main job offscreen and write a PNG a stage"
    )
    return parser


def display_problem(environment: os._Environ[str] | dict[str, str], platform: str) -> str:
    """Return why no window can be shown, in one sentence, or nothing when it can."""
    if not platform.startswith("linux"):
        return ""
    wanted = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    missing = missing_libraries(_QT_LIBRARIES)
    if wanted in ("offscreen", "minimal", "vnc"):
        pass
    elif not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        return "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. Run crnn-gui in a desktop session."
    elif wanted.startswith("xcb") or not environment.get("WAYLAND_DISPLAY"):
        missing += missing_libraries(_XCB_LIBRARIES)
        if not missing and not _can_connect():
            return f"The display {environment.get('DISPLAY')} cannot be reached. Is it still there, and may you use it?"
    if missing:
        return (
            f"Libraries that Qt needs for its windows are missing: {', '.join(missing)}. "
            f"Install them, on Debian and Ubuntu with: sudo apt install {_PACKAGES}"
        )
    return ""


def _can_connect() -> bool:
    """Whether the X server of the environment answers. Qt would end the process where it does not."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    has_failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not has_failed


def missing_libraries(names: Sequence[str]) -> list[str]:
    """Return those of the shared libraries that this machine cannot load."""
    missing = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def start_logging() -> Path:
    """Log to a rotating file of this user, and native crashes beside it. Returns the log file."""
    folder = platformdirs.user_log_path("crnn-gui", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        # A home that cannot be written to must not keep anyone from working.
        folder = Path(tempfile.mkdtemp(prefix="crnn-gui-log-"))
    log_file = folder / "crnn-gui.log"
    handler = logging.handlers.RotatingFileHandler(
        log_file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # Stays open for the life of the process: the handler writes to it when nothing else works any more.
    crash_file = (folder / "crash.log").open("a", encoding="utf-8")
    faulthandler.enable(crash_file)
    return log_file


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"crnn-gui: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
