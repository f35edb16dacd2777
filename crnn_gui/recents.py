"""Remembers the projects a person had open: when, how far they were, and a page to know them by."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from crnn_gui.document import Counts, ProjectDocument, ProjectInfo
from crnn_gui.settings import RecentProject, Settings
from model.annotations import Page


class Recents(QObject):
    """Keeps the list of recent projects true while projects are opened and worked on."""

    def __init__(self, document: ProjectDocument, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._settings = settings
        document.project_changed.connect(self._on_project_changed)
        document.counts_changed.connect(self._on_counts_changed)
        document.page_opened.connect(self._on_page_opened)

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        if project is not None:
            self._settings.add_recent(replace(self._known(project), opened_at=time.time()))
            self._on_counts_changed(self._document.counts)

    @Slot(object)
    def _on_counts_changed(self, counts: Counts) -> None:
        project = self._document.project
        if project is not None:
            told = replace(self._known(project), pages=counts.pages, words=counts.words, verified=counts.verified)
            self._settings.describe_recent(told)

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        project = self._document.project
        if project is not None and page is not None:
            path = str(self._document.page_path(page))
            self._settings.describe_recent(replace(self._known(project), picture=path))

    def _known(self, project: ProjectInfo) -> RecentProject:
        known = (one for one in self._settings.recent_projects if one.path == project.place)
        return next(known, RecentProject(project.place))
