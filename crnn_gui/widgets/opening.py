"""Where a path to open comes from: the platform's dialogs, and what is dragged onto the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData
from PySide6.QtWidgets import QFileDialog, QWidget

from model.documents import DOCUMENT_SUFFIXES
from model.images import IMAGE_SUFFIXES


def ask_folder(parent: QWidget, start: Path) -> Path | None:
    """Let the user choose a folder of images."""
    chosen = QFileDialog.getExistingDirectory(
        parent, QCoreApplication.translate("Opening", "Open a folder of photographs"), str(start)
    )
    return Path(chosen) if chosen else None


def ask_file(parent: QWidget, start: Path) -> Path | None:
    """Let the user choose an image or an annotation file."""
    kinds = " ".join(f"*{suffix}" for suffix in (".crnn", *sorted(IMAGE_SUFFIXES | DOCUMENT_SUFFIXES)))
    title, wanted = QCoreApplication.translate("Opening", "Open"), f"({kinds})"
    wanted = QCoreApplication.translate("Opening", "Images and projects {suffixes}").format(suffixes=wanted)
    chosen, _ = QFileDialog.getOpenFileName(parent, title, str(start), wanted)
    return Path(chosen) if chosen else None


def dropped_path(data: QMimeData) -> Path | None:
    """Return the first local file or folder among what is dragged."""
    return next((Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()), None)
