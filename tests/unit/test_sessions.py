"""A project is opened where it was left, by the same person; who points at an image gets that image."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.annotations import Box
from tests.helpers.desk import Desk

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def reopen(desk: Desk, path: Path) -> None:
    """Close the project and open it again, as after a restart: the settings alone know where it was left."""
    desk.document.close_project()
    desk.until(lambda: desk.document.project is None)
    desk.document.open_path(path)
    desk.until(lambda: desk.document.page_image is not None and desk.document.project is not None)


def test_a_project_is_opened_at_the_page_words_and_workspace_where_it_was_left(desk: Desk) -> None:
    folder = desk.document.project.folder
    desk.document.step_page(+1)
    desk.until(lambda: desk.document.page.path == "second.png" and desk.document.page_image is not None)
    word = desk.document.add_word(Box.from_bounds(40, 40, 120, 80))
    desk.canvas.zoom_word()
    zoom = desk.canvas.zoom
    desk.window.show_workspace("review")
    reopen(desk, folder)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "second.png")
    assert desk.document.selection == (word,)
    desk.until(lambda: desk.canvas.zoom == pytest.approx(zoom))
    desk.until(lambda: desk.window.actions_by_id["review"].isChecked())


def test_an_image_that_was_asked_for_comes_before_the_page_that_was_left(desk: Desk) -> None:
    folder = desk.document.project.folder
    desk.document.step_page(+1)
    desk.until(lambda: desk.document.page.path == "second.png")
    reopen(desk, folder / "first.png")
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "first.png")


def test_a_page_that_is_gone_leaves_the_first_one(desk: Desk) -> None:
    folder = desk.document.project.folder
    desk.document.step_page(+1)
    desk.until(lambda: desk.document.page.path == "second.png")
    desk.document.close_project()
    desk.until(lambda: desk.app.services.store.saved.pending == 0)
    (folder / "annotations.crnn").unlink()
    (folder / "second.png").unlink()
    desk.document.open_path(folder)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "first.png")
