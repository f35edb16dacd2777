"""What stands in the folder of an export already: whether it may be replaced, and where its pages went."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import ExportError
from model.formats import Format
from model.formats.base import PARTS, REPORT, report_of
from model.images import IMAGE_SUFFIXES

_DESKTOP_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
_LISTS = (".txt", ".json", ".jsonl", ".tsv", ".csv", ".xml", ".hocr")
"""What people and other tools write their labels to."""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """Where a page went: its part, and in formats of pages the name of its image and its stem (see `LabelledPage`)."""

    page: str
    part: str
    name: str = ""
    stem: str = ""


def require_replaceable(out: Path, images: Iterable[Path]) -> dict[str, Any]:
    """Refuse a folder that is not ours to replace; return the report of the earlier export in it, or {}.

    Args:
        out: where an export is to stand.
        images: those of the project, absolute.

    Raises:
        ExportError: it is a file, holds what no export of ours wrote or what was changed since, or images of the
            project.
    """
    if not out.exists():
        return {}
    if not out.is_dir():
        raise ExportError(f"{out} is a file; choose a folder to export to.")
    report = report_of(out)
    entries = report.get("entries")
    ours = {REPORT, *map(str, entries)} if isinstance(entries, list) else set()
    if foreign := sorted({p.name for p in out.iterdir()} - _DESKTOP_FILES - ours):
        raise ExportError(
            f"{out} holds files that are not from an earlier export ({_few(foreign)}); choose another folder."
        )
    if _holds(out, images):
        raise ExportError(f"{out} holds images of this project; choose another folder.")
    if changed := _changed(out) if ours else []:
        raise ExportError(
            f"{out} was changed after it was exported ({_few(changed)}); import it first and export to another folder, "
            "or delete it."
        )
    return report


def earlier_pages(out: Path, format: Format, report: dict[str, Any]) -> dict[str, PageRecord]:  # noqa: A002
    """Return where the pages of an earlier export went, by page.

    Raises:
        ExportError: it is of another format, or does not say.
    """
    if report.get("format") != format.name:
        raise ExportError(
            f"{out} holds an export as {report.get('format')}; append in that format or choose another folder."
        )
    try:
        records = [PageRecord(**page) for page in report["pages"]]
    except (KeyError, TypeError) as error:
        raise ExportError(f"{out / REPORT} does not say where the pages went; export without --append.") from error
    return {record.page: record for record in records if record.part in PARTS}


def _holds(folder: Path, images: Iterable[Path]) -> bool:
    """Whether any of these images lies in the folder."""
    prefix = f"{folder}{os.sep}"
    return any(os.path.normpath(image).startswith(prefix) for image in images)


def _changed(out: Path) -> list[str]:
    """Return the lists that were written after the report, which an export writes last.

    Labelling tools write lists and leave images alone. Where images are younger than the report, too, all of it was
    copied here, and times tell nothing.
    """
    exported = (out / REPORT).stat().st_mtime_ns
    found = []
    for folder, _, names in os.walk(out):
        for name in names:
            suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122  of a million names
            if suffix not in _LISTS and suffix not in IMAGE_SUFFIXES:
                continue
            path = os.path.join(folder, name)  # noqa: PTH118
            if os.lstat(path).st_mtime_ns > exported:
                if suffix in IMAGE_SUFFIXES:
                    return []
                found.append(os.path.relpath(path, out).replace(os.sep, "/"))
    return sorted(found)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
