"""``crnn export``: writes the words of a project as a data set, and accounts for every one of them."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from model import console
from model.assets import default_weights
from model.errors import DatasetError
from model.export_images import ImageType, parse_margin
from model.exporting import Case, ExportOptions, ExportReport, export, parse_split, parse_states


class View(StrEnum):
    """How crops are written."""

    RECTIFIED = "rectified"
    NETWORK = "network"


def export_project(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="A project folder or an annotation file.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to make; an earlier export there is replaced.")],
    format_: Annotated[str, typer.Option("--format", help="A format that can be written.")] = "mjsynth",
    split: Annotated[str, typer.Option("--split", help="Shares of train, val and test, by page.")] = "80/10/10",
    case: Annotated[Case, typer.Option("--case", help="What becomes of upper case.")] = Case.KEEP,
    image: Annotated[ImageType, typer.Option("--image", help="How images that are not copied are written.")] = (
        ImageType.PNG
    ),
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same result.")] = 0,
    states: Annotated[str, typer.Option("--states", help="verified, suggested or verified,suggested.")] = "verified",
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="Leave less sure suggestions out.")
    ] = 0.0,
    margin: Annotated[
        str, typer.Option("--margin", help="Let crops reach beyond their boxes: 4 pixels, or 10% of the height.")
    ] = "0",
    view: Annotated[
        View, typer.Option("--view", help="Crops in full size, or as the network sees them.")
    ] = View.RECTIFIED,
    weights: Annotated[Path | None, typer.Option("--weights", help="Whose view; the starter weights' by default.")] = (
        None
    ),
    no_images: Annotated[
        bool, typer.Option("--no-images", help="Leave pages where they are, and point to them.")
    ] = False,
    append: Annotated[
        bool, typer.Option("--append", help="Go on from the export in OUT: pages keep part and name.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Write a project's words as a data set; written + skipped = total."""
    from model.checkpoint import read_info
    from model.store import AnnotationStore

    options = ExportOptions(
        split=parse_split(split),
        seed=seed,
        case=case,
        image=image,
        states=parse_states(states),
        min_confidence=min_confidence,
        margin=parse_margin(margin),
        view=read_info(weights or default_weights()).preprocessing if view is View.NETWORK else None,
        images=not no_images,
        append=append,
    )
    with (
        AnnotationStore.open(annotation_file(project), read_only=True) as store,
        console.progress("Exporting pages") as advance,
    ):
        report = export(store, format=format_, out=out, options=options, progress=advance)
    if as_json:
        console.emit(report.document() | {"out": str(report.out)})
    else:
        _show(report)
    return 0


def _show(report: ExportReport) -> None:
    console.show({"written": report.written, "skipped": len(report.skipped), "total": report.total, **report.parts})
    remarks = {
        "labels hold characters that 36-character loaders refuse": report.outside_alphanumeric,
        "labels are suggestions that no human has verified": report.suggested,
        "boxes have another shape, because the format cannot hold theirs": len(report.flattened),
        "boxes were rounded to whole pixels": report.rounded,
        "images were not copied as they are": len(report.reencoded),
    }
    for what, count in remarks.items():
        if count:
            console.remark(f"{count} {what}.")
    rows = [(reason, str(count)) for reason, count in report.document()["reasons"].items()]
    console.show_list("Skipped", ("reason", "words"), rows)
    console.show({"out": str(report.out)})


def annotation_file(path: Path) -> Path:
    """Return the annotation file that a path means: itself, or the one in that folder.

    Raises:
        DatasetError: there is none.
    """
    from model.store import FILE_NAME

    file = path / FILE_NAME if os.path.isdir(path) else path  # noqa: PTH112  it never raises, whatever the name
    if not os.path.isfile(file):  # noqa: PTH113
        raise DatasetError(f"{path} is neither an annotation file nor a folder that holds {FILE_NAME}.")
    return file
