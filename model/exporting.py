"""Writes what is known of a project's words as a data set in any format that can be written.

Whatever the format, the folder appears whole or not at all, the same project and options give the same bytes, and
``report.json`` accounts for every word: written + skipped = total.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from PIL import Image

from model.annotations import Box, PageContent, Prediction, State, Word, reading_order
from model.atomic import atomic_folder, tell_unfinished
from model.charset import PRESETS, normalize
from model.earlier_export import PageRecord, earlier_pages, require_replaceable
from model.errors import ExportError, ImageError
from model.export_images import NO_MARGIN, ImageType, Margin, PageImages, as_it_is, encode
from model.formats import Format, Kind, formats, get_format
from model.formats.base import MADE_BY, PARTS, REPORT, EncodedCrop, LabelledPage, Writer
from model.images import Preprocessing, cut_crop, read_image, to_strip

if TYPE_CHECKING:
    from model.store import AnnotationStore

DEFAULT_SPLIT = (80, 10, 10)

LISTED = 200

_UNSEEN = 0.001  # pixels; a box that moves less has not moved
_ORDINARY_CHARACTERS = frozenset(PRESETS["alphanumeric"])

Progress = Callable[[int, int | None], None]


class ExportStopped(ExportError):  # noqa: N818  a wish, not a fault
    """The export was cancelled. Nothing was written."""


class Case(StrEnum):
    """What becomes of upper case in labels."""

    KEEP = "keep"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Skip:
    """A word that was not written, and why, as one clause. ``text`` is its label, empty without one."""

    word_id: int
    page: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote and what it did not.

    Attributes:
        format, out: the format's name and the folder.
        options: as they were used.
        total: words in the project.
        parts: words written to each part.
        suggested: written words whose text no human stands behind.
        skipped: every word that was not written, with its reason.
        flattened: (page, word id) of written words whose box the format cannot hold: it holds another shape.
        rounded: written words whose box has only moved to the format's grid, by half a pixel at most.
        copied, cut: words whose image file was copied byte for byte or left in its place, and words whose image was
            encoded.
        reencoded: (page, reason) of images that could not be copied as they are.
        outside_alphanumeric: written labels with a character other than 0-9a-z, which loaders of 36 characters refuse.
        pages: where each page went. ``--append`` goes on from it.
        first_rounded: (page, word id) of the first ``LISTED`` rounded words; for lists, and not in the document.
    """

    format: str
    out: Path
    options: dict[str, Any]
    total: int
    parts: dict[str, int]
    suggested: int
    skipped: tuple[Skip, ...]
    flattened: tuple[tuple[str, int], ...]
    rounded: int
    copied: int
    cut: int
    reencoded: tuple[tuple[str, str], ...]
    outside_alphanumeric: int
    pages: tuple[PageRecord, ...]
    first_rounded: tuple[tuple[str, int], ...] = ()

    @property
    def written(self) -> int:
        return sum(self.parts.values())

    def document(self) -> dict[str, Any]:
        """Return the report as a JSON document; the folder's name and the time are not in it."""
        fields = asdict(self)
        del fields["out"], fields["first_rounded"]
        reasons = Counter(skip.reason.partition(":")[0] for skip in self.skipped)
        return {
            "made_by": MADE_BY,
            **fields,
            "written": self.written,
            "skipped": len(self.skipped),
            "reasons": dict(sorted(reasons.items())),
            "skips": [asdict(skip) for skip in self.skipped],
        }


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to export.

    Attributes:
        split: shares of train, val and test.
        seed: of the split.
        case: what becomes of upper case.
        image: how images are written that cannot be copied.
        states: which words are written; of those that are suggested, the prediction is the text.
        min_confidence: suggested words below it are skipped.
        margin: how far crops reach beyond their boxes. A crop that is its whole image has none.
        view: write crops as a network with this preprocessing sees them; None writes them rectified, in full size.
        images: copy the pages beside the annotations; otherwise formats of pages point to where they are.
        append: go on from the earlier export in that folder: pages keep their part and name, labels their number.
    """

    split: tuple[int, int, int] = DEFAULT_SPLIT
    seed: int = 0
    case: Case = Case.KEEP
    image: ImageType = ImageType.PNG
    states: tuple[State, ...] = (State.VERIFIED,)
    min_confidence: float = 0.0
    margin: Margin = NO_MARGIN
    view: Preprocessing | None = None
    images: bool = True
    append: bool = False

    def __post_init__(self) -> None:
        if len(self.split) != 3 or min(self.split) < 0 or sum(self.split) <= 0:
            raise ExportError(f"A split is three shares such as 80/10/10, not {self.split!r}.")
        if not self.states or not {State.VERIFIED, State.SUGGESTED}.issuperset(self.states):
            raise ExportError("Only words that are verified or suggested can be exported.")
        if not 0 <= self.min_confidence <= 1:
            raise ExportError(f"A confidence is between 0 and 1, not {self.min_confidence!r}.")

    def require_possible(self, format: Format) -> None:  # noqa: A002
        """Refuse an option that means nothing in a format.

        Raises:
            ExportError: the option would be passed over in silence.
        """
        if format.kind is Kind.PAGES and (self.margin.size or self.view):
            raise ExportError(f"Margin and view are for crops, and {format.name} holds whole pages; leave them out.")
        if not self.images and format.kind is Kind.CROPS:
            raise ExportError(
                f"Pages can be left in their place, but {format.name} holds crops; leave --no-images out."
            )
        if not self.images and not format.names_images:
            raise ExportError(f"{format.name} cannot say where its images lie; leave --no-images out.")


def parse_split(text: str) -> tuple[int, int, int]:
    """Return the shares of train, val and test from "80/10/10".

    Raises:
        ExportError: the text is anything else.
    """
    match = re.fullmatch(r"(\d{1,4})/(\d{1,4})/(\d{1,4})", text, re.ASCII)
    if not match or not any(map(int, match.groups())):
        raise ExportError(f"A split is three shares such as 80/10/10, not {text!r}.")
    train, val, test = map(int, match.groups())
    return train, val, test


def parse_states(text: str) -> tuple[State, ...]:
    """Return the states of "verified", "suggested" or "verified,suggested".

    Raises:
        ExportError: the text is anything else.
    """
    names = [name.strip() for name in text.split(",")]
    states = tuple(state for state in (State.VERIFIED, State.SUGGESTED) if state.value in names)
    if len(states) != len(set(names)):
        raise ExportError(f"States are verified, suggested or verified,suggested, not {text!r}.")
    return states


def part_of(page: str, split: tuple[int, int, int], seed: int) -> str:
    """Return the part a page belongs to. It depends on nothing else, so pages that are added move no other page."""
    digest = hashlib.sha256(f"{seed}:{page}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") * sum(split) / 2**64
    train, val, _ = split
    return "train" if place < train else "val" if place < train + val else "test"


def export(
    store: AnnotationStore,
    *,
    format: str,  # noqa: A002  the contract's word
    out: Path,
    options: ExportOptions = ExportOptions(),
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ExportReport:
    """Write the words of a project as a data set.

    Args:
        store: the project; a read-only connection is enough.
        format: a format's name.
        out: the folder to make. An earlier export there is replaced whole; a folder of anything else is refused.
        options: see `ExportOptions`.
        progress: told (pages done, pages).
        should_stop: polled before each word.

    Raises:
        ExportStopped: ``should_stop`` said so.
        ExportError: the format cannot be written, the folder is not ours to replace, or the disk refuses.
    """
    chosen = _writable(format, options)
    out = Path(os.path.realpath(out))
    pages = store.pages()
    images = [store.root / page.path for page in (*pages, *store.trashed_pages())]
    try:
        earlier = require_replaceable(out, images)
        known = earlier_pages(out, chosen, earlier) if options.append and earlier else {}
        tell_unfinished(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(out) as folder:
            writer = chosen.writer(folder)
            try:
                if options.append and earlier:
                    writer.resume(out)
                run = _Run(chosen, writer, store.root, folder, out, options, known, should_stop or (lambda: False))
                for done, page in enumerate(pages, 1):
                    run.add(store.content(page.id))
                    if progress:
                        progress(done, len(pages))
            finally:
                writer.finish()
            report = run.report()
            document = {**report.document(), "entries": sorted(p.name for p in folder.iterdir())}
            text = json.dumps(document, ensure_ascii=False, indent=1)
            (folder / REPORT).write_text(text + "\n", encoding="utf-8", newline="\n")
            require_replaceable(out, images)  # what was put there meanwhile is not ours
    except OSError as error:
        raise ExportError(f"{out} cannot be written: {error.strerror or error}. Nothing was changed there.") from error
    return report


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What an export would write, as far as it can be said without opening images.

    Attributes:
        total: words in the project.
        pages: pages with words that would be written.
        parts: words that would be written to each part, when nothing is appended.
        suggested: those of them whose text no human stands behind.
        skipped: words that would not be written, with reasons.
    """

    total: int
    pages: int
    parts: dict[str, int]
    suggested: int
    skipped: tuple[Skip, ...]

    @property
    def written(self) -> int:
        return sum(self.parts.values())


def plan_export(
    store: AnnotationStore,
    *,
    format: str,  # noqa: A002  the contract's word
    options: ExportOptions = ExportOptions(),
    should_stop: Callable[[], bool] | None = None,
) -> ExportPlan:
    """Find out what an export would write and skip, without writing anything. Arguments as of :func:`export`.

    Raises:
        ExportStopped: ``should_stop`` said so; it is polled before each page.
        ExportError: the format cannot be written, or an option means nothing in it.
    """
    chosen = _writable(format, options)
    pages, suggested = 0, 0
    parts: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        writer = chosen.writer(Path(folder))
        choice = _Choice(writer, options)
        try:
            for page in store.pages():
                if should_stop and should_stop():
                    raise ExportStopped("The count was stopped.")
                if ready := choice.ready(store.content(page.id)):
                    pages += 1
                    parts[part_of(page.path, options.split, options.seed)] += len(ready)
                    suggested += sum(word.label is None for word, _ in ready)
        finally:
            writer.finish()
    return ExportPlan(choice.total, pages, {part: parts[part] for part in PARTS}, suggested, tuple(choice.skipped))


def _writable(name: str, options: ExportOptions) -> Format:
    """Return a format that can be written with these options, or say why not."""
    chosen = get_format(name)
    if not chosen.can_write:
        writable = ", ".join(f.name for f in formats() if f.can_write)
        raise ExportError(f"The format {name} can only be read; these can be written: {writable}.")
    options.require_possible(chosen)
    return chosen


@dataclass
class _Choice:
    """Decides which words are written and with what text, and notes why the others are not."""

    writer: Writer
    options: ExportOptions
    total: int = 0
    skipped: list[Skip] = field(default_factory=list)

    def ready(self, content: PageContent) -> list[tuple[Word, str]]:
        """Return the words of a page that are written, in reading order."""
        self.total += len(content.words)
        words = reading_order(content.words, content.order)
        return [(word, text) for word in words if (text := self._text(word, content)) is not None]

    def _text(self, word: Word, content: PageContent) -> str | None:
        """Return the text to write for a word; None, with a note of the reason, where there is none."""
        prediction = content.predictions.get(word.id)
        text = word.label or ""
        reason = self._reason(word, prediction)
        if not reason:
            if word.label is None and prediction is not None:
                text = prediction.text
            text = normalize(text.lower()) if self.options.case is Case.LOWER else text
            refusal = self.writer.refusal(text)
            if refusal is None:
                return text
            reason = f"the label {refusal}"
        self.skipped.append(Skip(word.id, content.page.path, text, reason))
        return None

    def _reason(self, word: Word, prediction: Prediction | None) -> str:
        """Return why the options leave a word out; "" where they do not."""
        state = word.state(prediction)
        if state not in self.options.states:
            return f"the word is {state.value}"
        if state is not State.SUGGESTED or prediction is None:
            return ""
        if prediction.confidence < self.options.min_confidence:
            return f"the prediction is less sure than asked for: {prediction.confidence:.3f}"
        return "" if prediction.text else "the prediction is empty"


@dataclass
class _Run:
    """One export in progress: what is counted while pages pass through."""

    format: Format
    writer: Writer
    root: Path
    folder: Path
    out: Path
    options: ExportOptions
    known: Mapping[str, PageRecord]
    should_stop: Callable[[], bool]
    suggested: int = 0
    parts: Counter[str] = field(default_factory=Counter)
    flattened: list[tuple[str, int]] = field(default_factory=list)
    rounded: int = 0
    first_rounded: list[tuple[str, int]] = field(default_factory=list)
    reencoded: list[tuple[str, str]] = field(default_factory=list)
    copied: int = 0
    cut: int = 0
    outside_alphanumeric: int = 0
    pages: list[PageRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        stems = {page: record.stem for page, record in self.known.items() if record.stem}
        copy, kind = self.options.images, self.options.image
        self.choice = _Choice(self.writer, self.options)
        self.images = PageImages(self.folder, self.out, copy, kind, stems, self.reencoded)

    def add(self, content: PageContent) -> None:
        """Write the words of one page that are asked for and account for the others."""
        if self.should_stop():
            raise ExportStopped("The export was stopped; nothing was written.")
        ready = self.choice.ready(content)
        if not ready:
            return
        page = content.page.path
        path = self.root / page
        try:
            image = read_image(path)
        except ImageError as error:
            reason = f"the page cannot be read: {str(error).replace(str(path), page)}"
            self.choice.skipped += (Skip(word.id, page, text, reason) for word, text in ready)
            return
        known = self.known.get(page)
        part = known.part if known else part_of(page, self.options.split, self.options.seed)
        if self.format.kind is Kind.PAGES:
            self._add_page(page, ready, image, part)
        else:
            self._add_crops(page, ready, image, part)
        self.parts[part] += len(ready)
        self.suggested += sum(word.label is None for word, _ in ready)
        self.outside_alphanumeric += sum(not _ORDINARY_CHARACTERS.issuperset(text) for _, text in ready)

    def report(self) -> ExportReport:
        return ExportReport(
            format=self.format.name,
            out=self.out,
            options={**asdict(self.options), "split": "/".join(map(str, self.options.split))},
            total=self.choice.total,
            parts={part: self.parts[part] for part in PARTS},
            suggested=self.suggested,
            skipped=tuple(self.choice.skipped),
            flattened=tuple(self.flattened),
            rounded=self.rounded,
            copied=self.copied,
            cut=self.cut,
            reencoded=tuple(self.reencoded),
            outside_alphanumeric=self.outside_alphanumeric,
            pages=tuple(self.pages),
            first_rounded=tuple(self.first_rounded),
        )

    def _add_page(self, page: str, ready: list[tuple[Word, str]], image: Image.Image, part: str) -> None:
        turned = len(self.reencoded)
        name, stem = self.images.place(page, self.root / page, image)
        words = tuple((self._fit(word, page), text) for word, text in ready)
        self.writer.add_page(LabelledPage(name, stem, *image.size, words, part))
        self.pages.append(PageRecord(page, part, name, stem))
        if self.options.images and len(self.reencoded) > turned:
            self.cut += len(ready)
        else:
            self.copied += len(ready)

    def _fit(self, word: Word, page: str) -> Box:
        """Return the box as the format holds it; note when that is another one."""
        box = self.writer.fit(word.box)
        moved = max(
            abs(a - b)
            for old, new in zip(word.box.points, box.points, strict=True)
            for a, b in zip(old, new, strict=True)
        )
        if moved > 0.5:
            self.flattened.append((page, word.id))
        elif moved > _UNSEEN:
            self.rounded += 1
            if len(self.first_rounded) < LISTED:
                self.first_rounded.append((page, word.id))
        return box

    def _add_crops(self, page: str, ready: list[tuple[Word, str]], image: Image.Image, part: str) -> None:
        whole = Box.from_bounds(0, 0, *image.size)
        self.pages.append(PageRecord(page, part))
        for word, text in ready:
            if self.should_stop():
                raise ExportStopped("The export was stopped; nothing was written.")
            is_whole = word.box == whole
            data, suffix = self._copy(page) if is_whole and not self.options.view else (None, "")
            if data is None:
                crop = cut_crop(image, word.box if is_whole else self.options.margin.grown(word.box))
                if self.options.view:
                    crop = Image.fromarray(to_strip(crop, self.options.view))
                data, suffix = encode(crop, self.options.image)
                self.cut += 1
            else:
                self.copied += 1
            self.writer.add_crop(EncodedCrop(data, suffix, text, part))

    def _copy(self, page: str) -> tuple[bytes | None, str]:
        """Return a page's file as it is, or None when it has to be encoded anew, which is noted."""
        path = self.root / page
        suffix, reason = as_it_is(path)
        if suffix:
            return path.read_bytes(), suffix
        self.reencoded.append((page, reason))
        return None, ""
