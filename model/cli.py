"""The command ``crnn``: the headless door to everything the application does.

Results go to standard output, progress and remarks to standard error. Exit status 0 is success, 2 is bad input, told
in one sentence, 3 means that training ended with weights the gate refused, and 130 that Ctrl+C or SIGTERM ended it.
"""

from __future__ import annotations

import logging
import math
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model import console, metrics
from model.assets import default_weights
from model.atomic import require_writable, write_bytes
from model.errors import DatasetError, ImageError, KnownError
from model.formats import open_dataset
from model.rules import read_lexicon

if TYPE_CHECKING:
    from model.evaluation import Evaluation
    from model.inference import Recognizer

app = typer.Typer(
    name="crnn",
    help="Train, run and feed CRNN text recognisers.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Part(StrEnum):
    TRAIN = "train"
    VAL = "val"
    TEST = "test"


DatasetPath = Annotated[
    Path, typer.Argument(metavar="DATASET", help="A data set, a project folder or an annotation file.")
]
ProjectPath = Annotated[Path, typer.Argument(metavar="PROJECT", help="A project folder or an annotation file.")]
Format = Annotated[str | None, typer.Option("--format", help="Take the data set for this format instead of looking.")]
PartOption = Annotated[Part | None, typer.Option("--part", help="Only this part of the data set.")]
WeightsOption = Annotated[Path | None, typer.Option("--weights", help="Weights file; the starter weights by default.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
Precision = Annotated[str, typer.Option("--precision", help="auto, fp32 or bf16.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same result.")]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (default: the process's own) and return its exit status."""
    console.speak_utf8()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        return int(app(args=argv, prog_name="crnn", standalone_mode=False) or 0)
    except KnownError as error:
        console.remark(str(error))
    except typer.TyperException as error:
        console.remark(f"{error.format_message().replace('Value error, ', '').rstrip('.')}. See crnn --help.")
    except (KeyboardInterrupt, typer.Abort):
        return train_command.INTERRUPTED
    return 2


@app.command()
def predict(
    paths: Annotated[list[Path], typer.Argument(metavar="CROP...", help="Crops to read, or with --write a PROJECT.")],
    write: Annotated[bool, typer.Option("--write", help="Read every word of the PROJECT no human verified.")] = False,
    only_unread: Annotated[
        bool, typer.Option("--only-unread", help="With --write: leave words alone that other weights have read.")
    ] = False,
    lexicon: Annotated[Path | None, typer.Option("--lexicon", help="A word a line; only these are read.")] = None,
    pattern: Annotated[str | None, typer.Option("--pattern", help="A regular expression every text matches.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many texts to tell, the most probable first.")] = 1,
    weights: WeightsOption = None,
    device: Device = "auto",
    precision: Precision = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, as always.")] = False,
) -> int:
    """Read word crops, one JSON line each; or write suggestions into a project."""
    from model.inference import Recognizer

    if write and (lexicon or pattern):
        raise DatasetError(
            "--lexicon and --pattern are for crops; predict --write goes by the project's own, set in the app."
        )
    if only_unread and not write:
        raise DatasetError("--only-unread belongs to predict --write; crops are always read.")
    words = read_lexicon(lexicon) if lexicon else None
    recognizer = Recognizer.load(weights, device=device, precision=precision)
    if write:
        return _write_suggestions(paths, recognizer, only_unread=only_unread)
    from model.evaluation import prediction_json

    left_out: set[int] = set()

    def leave_out(place: int, error: ImageError) -> None:
        console.remark(str(error))
        left_out.add(place)

    predictions = recognizer.read_many(paths, top=top, lexicon=words, pattern=pattern, on_error=leave_out)
    # Looked at one by one: where the next crop stands is known once it is read.
    readable = (path for place, path in enumerate(paths) if place not in left_out)
    for prediction, path in zip(predictions, readable, strict=True):
        console.emit(prediction_json(str(path), prediction))
    return 2 if left_out else 0


def _write_suggestions(paths: list[Path], recognizer: Recognizer, *, only_unread: bool) -> int:
    from model.store import AnnotationStore
    from model.suggesting import Which, suggest

    if len(paths) != 1:
        raise DatasetError("predict --write takes exactly one project folder or annotation file.")
    file = export_command.annotation_file(paths[0])

    def say_where(page: int, pages: int) -> None:
        console.remark(f"Goes on at page {page:,} of {pages:,}; the words before it have been read already.")

    which = Which.UNREAD if only_unread else Which.OLDER
    with AnnotationStore.open(file) as store, console.progress("Reading pages") as advance:
        result = suggest(store, recognizer, which=which, progress=advance, resumed=say_where)
    for page, reason in result.left_out:
        console.remark(f"{page}: {reason}")
    console.emit({"read": result.read, "known": result.known, "left_out": [list(x) for x in result.left_out]})
    return 0


@app.command()
def evaluate(
    dataset: DatasetPath,
    alphanumeric: Annotated[bool, typer.Option("--alphanumeric", help="Compare [0-9a-z] only, in lower case.")] = False,
    predictions: Annotated[Path | None, typer.Option("--predictions", help="Write each reading to this TSV.")] = None,
    weights: WeightsOption = None,
    part: PartOption = None,
    format_: Format = None,
    device: Device = "auto",
    precision: Precision = "auto",
    as_json: Json = False,
) -> int:
    """Measure how well weights read a data set."""
    from model.evaluation import calibration
    from model.evaluation import evaluate as run
    from model.inference import Recognizer

    data = open_dataset(dataset, format=format_, part=part)
    if predictions:
        require_writable(predictions)
    recognizer = Recognizer.load(weights, device=device, precision=precision)
    with console.progress("Reading crops") as advance:
        result = run(recognizer, data.crops(), alphanumeric=alphanumeric, progress=advance)
    left_out = [*result.left_out, *((p.key, p.detail) for p in data.problems)]
    if not result.crops:
        raise DatasetError(f"{dataset} has no crop that can be read and compared.")
    if predictions:
        _write_readings(predictions, result)
    uncalibrated = _uncalibrated(recognizer, precision)
    calibrated = calibration(result, uncalibrated, alphanumeric=alphanumeric)
    cer = metrics.cer(result.pairs)
    summary = {
        "words": len(result.crops),
        "word_accuracy": round(100 * metrics.word_accuracy(result.pairs), 2),
        "cer": round(cer, 5) if math.isfinite(cer) else None,
        "ece": round(calibrated.error, 5),
        "ece_uncalibrated": round(calibrated.uncalibrated, 5),
        "ece_words": calibrated.words,
        "crops_per_second": round(len(result.crops) / result.seconds, 1),
        "device": recognizer.device.kind,
        "weights": recognizer.weights_hash,
    }
    confusions = metrics.confusions(result.pairs)
    if as_json:
        listed = [confusion._asdict() for confusion in confusions]
        console.emit(summary | {"confusions": listed, "left_out": [{"path": k, "reason": r} for k, r in left_out]})
    else:
        console.show({name: "-" if value is None else value for name, value in summary.items()})
        rows = [(repr(c.truth), repr(c.text), str(c.count)) for c in confusions]
        console.show_list("Confusions", ("truth", "read", "count"), rows)
        console.show_list("Left out", ("crop", "reason"), left_out)
    return 0


def _uncalibrated(recognizer: Recognizer, precision: str) -> Recognizer | None:
    """Return what reads with the same weights at temperature 1; None if that is theirs."""
    if recognizer.weights.temperature == 1:
        return None
    weights = replace(recognizer.weights, temperature=1.0)
    return type(recognizer)(weights, device=recognizer.device, precision=precision)


def _write_readings(path: Path, result: Evaluation) -> None:
    """Write one line a crop: path, truth, text, confidence, correct. Control characters in texts become spaces."""
    lines = ["path\ttruth\ttext\tconfidence\tcorrect"]
    for crop in result.crops:
        fields = (crop.crop.key, crop.truth, crop.text, f"{crop.confidence:.6f}", str(int(crop.is_correct)))
        lines.append("\t".join(_one_line(field) for field in fields))
    try:
        write_bytes(path, ("\n".join(lines) + "\n").encode(errors="backslashreplace"))
    except OSError as error:
        raise DatasetError(f"{path} cannot be written: {error.strerror or error}.") from error


def _one_line(text: str) -> str:
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)


@app.command()
def check(
    dataset: DatasetPath,
    weights: WeightsOption = None,
    charset: Annotated[str | None, typer.Option("--charset", help="Preset or file, instead of the weights'.")] = None,
    part: PartOption = None,
    format_: Format = None,
    as_json: Json = False,
) -> int:
    """List all that can be known to be wrong with a data set before training on it."""
    from model.charset import Charset
    from model.checking import check_crops
    from model.checkpoint import load_weights
    from model.networks import NETWORKS

    data = open_dataset(dataset, format=format_, part=part)
    network = load_weights(weights or default_weights())
    known = Charset.named(charset) if charset else network.charset
    with console.progress("Looking at crops") as advance:
        report = check_crops(
            data.crops(),
            charset=known,
            preprocessing=network.preprocessing,
            frames=NETWORKS[network.network].frames,
            can_extend=True,
            progress=advance,
        )
    problems = [*data.problems, *report.problems]
    crops = report.crops + data.refused
    if as_json:
        listed = [{"path": p.key, "cause": p.cause, "severity": p.severity, "detail": p.detail} for p in problems]
        console.emit({"crops": crops, "ready": len(report.ready), "problems": listed})
    else:
        console.show({"crops": crops, "ready": len(report.ready)})
        rows = [(p.key, p.cause, p.severity, p.detail) for p in problems]
        console.show_list("Problems", ("crop", "cause", "severity", "detail"), rows)
    return 0


@app.command()
def synth(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    count: Annotated[int, typer.Option("--count", min=1, help="How many crops.")] = 1000,
    charset: Annotated[str, typer.Option("--charset", help="Preset or file of characters.")] = "ascii",
    words: Annotated[Path | None, typer.Option("--words", help="Draw texts from this file, one a line.")] = None,
    difficulty: Annotated[
        float | None, typer.Option("--difficulty", min=0, max=1, help="0 is clean, 1 is hard.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that draw.")] = 1,
    seed: Seed = 0,
    as_json: Json = False,
) -> int:
    """Render a data set of synthetic words in MJSynth layout."""
    from model.charset import Charset
    from model.synth import synthesise

    draw = synthesise if difficulty is None else partial(synthesise, difficulty=difficulty)
    characters = Charset.named(charset)
    with console.progress("Drawing words") as advance:
        report = draw(
            out,
            count=count,
            charset=characters,
            words=words,
            seed=seed,
            workers=workers,
            progress=advance,
        )
    _report({"crops": report.crops, "fonts": report.fonts, "font_list": report.font_list, "out": str(out)}, as_json)
    return 0


@app.command("import")
def import_(
    dataset: DatasetPath,
    project: ProjectPath,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the images beside the annotation file.")] = False,
    part: PartOption = None,
    format_: Format = None,
    as_json: Json = False,
) -> int:
    """Take a data set into an annotation file."""
    from model.importing import import_dataset

    data = open_dataset(dataset, format=format_, part=part)
    with console.progress("Importing") as advance:
        report = import_dataset(data, project, copy=copy, progress=advance)
    summary = {
        "format": data.format,
        "added": report.added,
        "unlabelled": report.unlabelled,
        "known": report.known,
        "pages": report.pages,
        "conflicts": [
            {"path": c.key, "page": c.page, "word": c.word_id, "label": c.label, "text": c.text}
            for c in report.conflicts
        ],
        "refused": report.refused,
        "problems": [{"path": p.key, "cause": p.cause, "detail": p.detail} for p in report.problems],
    }
    _report(summary, as_json)
    return 0


@app.command()
def doctor(
    weights: WeightsOption = None, device: Device = "auto", precision: Precision = "auto", as_json: Json = False
) -> int:
    """Examine this machine: device and why, versions, speed, and a two-step training trial."""
    from model.doctor import examine

    findings = examine(weights or default_weights(), device=device, precision=precision)
    _report(findings, as_json)
    return 0


def _report(findings: dict[str, object], as_json: bool) -> None:
    """Print findings as JSON, or as a table in which lists are told by their length, with their rows below it."""
    if as_json:
        console.emit(findings)
        return
    lists = {name: value for name, value in findings.items() if isinstance(value, list)}
    console.show({name: len(lists[name]) if name in lists else value for name, value in findings.items()})
    for name, rows in lists.items():
        columns = tuple(rows[0]) if rows else ()
        console.show_list(name.capitalize(), columns, [tuple(str(cell) for cell in row.values()) for row in rows])


# Down here, because these modules need the app above.
from model import convert_command, detect_command, export_command, pretrain_command, train_command  # noqa: E402

app.command("export")(export_command.export_project)
app.command("detect")(detect_command.detect)
app.command("train")(train_command.train)
app.command("convert")(convert_command.convert)
app.command("pretrain")(pretrain_command.pretrain)
