"""The pages of a project, as the annotation file keeps them, and the project in numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

from model.annotation_file import AnnotationFile
from model.annotations import Page, State
from model.store_rows import PAGE_COLUMNS, Row, page_from_row

NOT_TRASHED = "page_id NOT IN (SELECT id FROM pages WHERE trashed_at IS NOT NULL)"

_COUNTED = (State.VERIFIED, State.SUGGESTED, State.IGNORED, State.UNLABELLED)  # in the order of Counts


class Counts(NamedTuple):
    """A project or a page in numbers; the words are counted by their state."""

    pages: int = 0
    words: int = 0
    verified: int = 0
    suggested: int = 0
    ignored: int = 0
    unlabelled: int = 0


class PageStore(AnnotationFile):
    """The part of :class:`model.store.AnnotationStore` that belongs to pages."""

    def pages(self) -> list[Page]:
        """Return the pages in the order they were added, without those in the trash."""
        return self._pages("trashed_at IS NULL ORDER BY id")

    def trashed_pages(self) -> list[Page]:
        """Return the pages in the trash, the newest first."""
        return self._pages("trashed_at IS NOT NULL ORDER BY trashed_at DESC, id")

    def add_pages(
        self, paths: Iterable[Path], sizes: Iterable[tuple[int, int]] = (), *, are_wanted: bool = True
    ) -> list[Page]:
        """Add image files and return the pages of those that are new. Known ones stay as they are, trashed or not.

        Args:
            paths: image files; relative ones are relative to the working directory.
            sizes: width and height of each in the same order, as far as they are known.
            are_wanted: somebody asked for these images. Those that were merely come upon in a folder stay out when
                their pages were emptied from the trash.
        """
        added = []
        forgotten = {path for (path,) in self._rows("SELECT path FROM forgotten")}
        folders: dict[str, str] = {}
        with self._writing() as db:
            for path, (width, height) in zip(paths, chain(sizes, repeat((0, 0)))):  # noqa: B905
                stored, problem = self._stored_path(path, folders)
                if db.execute("SELECT 1 FROM pages WHERE path = ?", (stored,)).fetchone():
                    continue
                if stored in forgotten:
                    if not are_wanted:
                        continue
                    db.execute("DELETE FROM forgotten WHERE path = ?", (stored,))
                row = (stored, width, height, problem)
                insert = "INSERT INTO pages (path, width, height, problem) VALUES (?, ?, ?, ?)"
                page_id = db.execute(insert, row).lastrowid
                assert page_id is not None, "an insert always has a row id"
                added.append(Page(page_id, *row))
        return added

    def update_page(self, page: Page) -> None:
        """Store what a page's image says of it: path, size and problem. Its marks change by edits."""
        with self._writing() as db:
            values = (page.path, page.width, page.height, page.problem, page.id)
            db.execute("UPDATE pages SET path = ?, width = ?, height = ?, problem = ? WHERE id = ?", values)

    def page_counts(self, page_ids: Iterable[int] | None = None) -> dict[int, Counts]:
        """Return the numbers of every page that has words, by page id; also of those in the trash.

        Args:
            page_ids: of these pages only.
        """
        sql, values = "SELECT page_id, count(*) FROM words WHERE state = ?", []
        if page_ids is not None:
            sql, values = f"{sql} AND page_id IN (SELECT value FROM json_each(?))", [json.dumps(list(page_ids))]
        # One state after the other, as the index has them: nothing has to be sorted.
        by_state = [dict(self._rows(f"{sql} GROUP BY page_id", (state, *values))) for state in _COUNTED]
        pages = list(set().union(*by_state))
        shared: dict[tuple[int, ...], Counts] = {}  # of 100,000 pages many have the same
        numbers = zip(*(map(words.get, pages, repeat(0)) for words in by_state), strict=True)
        return {
            page_id: shared.get(words) or shared.setdefault(words, Counts(1, sum(words), *words))
            for page_id, words in zip(pages, numbers, strict=True)
        }

    def pages_of(self, word_ids: Iterable[int]) -> set[int]:
        """Return the ids of the pages that words are on; of those words that there are."""
        sql = "SELECT DISTINCT page_id FROM words WHERE id IN (SELECT value FROM json_each(?))"
        return {page_id for (page_id,) in self._rows(sql, (json.dumps(list(word_ids)),))}

    def counts(self) -> Counts:
        """Return the numbers of the project, without the trash."""
        [(pages, trashed)] = self._rows("SELECT count(*) - count(trashed_at), count(trashed_at) FROM pages")
        where = f"WHERE {NOT_TRASHED}" if trashed else ""  # asked for every word
        by_state = dict(self._rows(f"SELECT state, count(*) FROM words {where} GROUP BY state"))
        return Counts(pages, sum(by_state.values()), *(by_state.get(state, 0) for state in _COUNTED))

    def _pages(self, where: str, values: Row = ()) -> list[Page]:
        return [page_from_row(row) for row in self._rows(f"SELECT {PAGE_COLUMNS} FROM pages WHERE {where}", values)]

    def _stored_path(self, path: Path, folders: dict[str, str]) -> tuple[str, str]:
        """Return the path as the file keeps it, and the problem where that cannot be its real name.

        Args:
            folders: what has been found out of folders so far; the pages that are added together share few.
        """
        absolute = os.path.abspath(path)  # noqa: PTH100  resolve() would follow links that lie inside the project
        if not self._is_inside(absolute) and os.path.islink(absolute):  # noqa: PTH114  strings, for 100,000 pages
            absolute = os.path.realpath(absolute)
        folder, name = os.path.split(absolute)
        if folder not in folders:
            folders[folder] = self._stored_folder(folder)
        stored = folders[folder] + name
        legible = stored.encode("utf-8", "backslashreplace").decode()
        return legible, "" if legible == stored else "The file name is not valid UTF-8; rename the file."

    def _stored_folder(self, folder: str) -> str:
        """Return what stands before the names of a folder's images in their stored paths: empty, or ending in "/"."""
        if not self._is_inside(folder):
            folder = os.path.realpath(folder)  # the root is resolved too, so that the way up leads to the image
        try:
            stored = os.path.relpath(folder, self.root)
        except ValueError:  # another drive
            stored = folder
        return "" if stored == os.curdir else os.path.join(stored, "").replace(os.sep, "/")  # noqa: PTH118

    def _is_inside(self, absolute: str) -> bool:
        return os.path.join(absolute, "").startswith(os.path.join(self.root, ""))  # noqa: PTH118
