"""The command ``crnn detect``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model import console
from model.errors import DatasetError


def detect(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="An annotation file, or a folder of images.")],
    every: Annotated[bool, typer.Option("--every", help="Search pages that have words as well.")] = False,
    no_texts: Annotated[bool, typer.Option("--no-texts", help="Keep the boxes, not what was read in them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Find words on the pages of a project that have none (needs the extra crnn-gui[assist])."""
    from model.detecting import WordFinder, find_words
    from model.images import list_images
    from model.store import FILE_NAME, AnnotationStore

    finder = WordFinder()
    is_new = project.is_dir() and not (project / FILE_NAME).exists()
    images = list(list_images(project)) if is_new else []
    if is_new and not images:
        raise DatasetError(f"{project} holds neither {FILE_NAME} nor images; name a folder of photographs or scans.")
    with AnnotationStore.open(project, create=is_new) as store, console.progress("Finding words") as advance:
        store.add_pages(images)
        findings = find_words(store, finder, every=every, texts=not no_texts, progress=advance)
    for page, reason in findings.left_out:
        console.remark(f"{page}: {reason}")
    summary = {
        "pages": findings.pages,
        "words": findings.words,
        "overlapping": findings.overlapping,
        "skipped": findings.skipped,
    }
    if as_json:
        console.emit(summary | {"left_out": [{"path": page, "reason": why} for page, why in findings.left_out]})
    else:
        console.show(summary | {"left_out": len(findings.left_out)})
    return 0
