"""Writes a project's verified words as a data set in any format that can be written.

Whatever the format, the folder appears whole or not at all, the same project and options give the same bytes, and
``report.json`` accounts for every word: written + skipped = total.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image, UnidentifiedImageError

from model.annotations import Box, PageContent, State, Word
from model.atomic import atomic_folder
from model.charset import PRESETS, normalize
from model.errors import ExportError, ImageError
from model.formats import Format, Kind, formats, get_format
from model.formats.base import PARTS, EncodedCrop, LabelledPage, Writer
from model.images import cut_crop, read_image

if TYPE_CHECKING:
    from model.store import AnnotationStore

REPORT = "report.json"
DEFAULT_SPLIT = (80, 10, 10)

_MADE_BY = "crnn-gui"
_ORDINARY_CHARACTERS = frozenset(PRESETS["alphanumeric"])
_DESKTOP_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}

Progress = Callable[[int, int | None], None]


class ExportStopped(ExportError):  # noqa: N818  a wish, not a fault
    """The export was cancelled. Nothing was written."""


class Case(StrEnum):
    """What becomes of upper case in labels."""

    KEEP = "keep"
    LOWER = "lower"


class ImageType(StrEnum):
    """How crops that are cut out of a page are written."""

    PNG = "png"
    JPEG = "jpeg"


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
        options: split, seed, case and image as they were used.
        total: words in the project.
        parts: words written to each part.
        skipped: every other word with its reason.
        copied, cut: crops whose file was copied byte for byte, and crops that were encoded.
        reencoded: (page, reason) of whole-image crops whose file could not be copied as it is.
        outside_alphanumeric: written labels with a character other than 0-9a-z, which loaders of 36 characters refuse.
    """

    format: str
    out: Path
    options: dict[str, Any]
    total: int
    parts: dict[str, int]
    skipped: tuple[Skip, ...]
    copied: int
    cut: int
    reencoded: tuple[tuple[str, str], ...]
    outside_alphanumeric: int

    @property
    def written(self) -> int:
        return sum(self.parts.values())

    def document(self) -> dict[str, Any]:
        """Return the report as a JSON document; the folder's name and the time are not in it."""
        fields = asdict(self)
        del fields["out"]
        reasons = Counter(skip.reason.partition(":")[0] for skip in self.skipped)
        return {
            "made_by": _MADE_BY,
            **fields,
            "written": self.written,
            "skipped": len(self.skipped),
            "reasons": dict(sorted(reasons.items())),
            "skips": [asdict(skip) for skip in self.skipped],
        }


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to export: weights of train, val and test, the seed of the split, case, and type of cut crops."""

    split: tuple[int, int, int] = DEFAULT_SPLIT
    seed: int = 0
    case: Case = Case.KEEP
    image: ImageType = ImageType.PNG

    def __post_init__(self) -> None:
        if len(self.split) != 3 or min(self.split) < 0 or sum(self.split) <= 0:
            raise ExportError(f"A split is three shares such as 80/10/10, not {self.split!r}.")


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
    """Write the verified words of a project as a data set.

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
    chosen = get_format(format)
    if not chosen.can_write:
        writable = ", ".join(f.name for f in formats() if f.can_write)
        raise ExportError(f"The format {format} can only be read; these can be written: {writable}.")
    out = Path(out).resolve()
    pages = store.pages()
    _require_replaceable(out, (store.root / page.path for page in pages))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(out) as folder:
            writer = chosen.writer(folder)
            run = _Run(chosen, writer, store.root, options, should_stop or (lambda: False))
            try:
                for done, page in enumerate(pages, 1):
                    run.add(store.content(page.id))
                    if progress:
                        progress(done, len(pages))
            finally:
                writer.finish()
            report = run.report(out)
            document = {**report.document(), "entries": sorted(p.name for p in folder.iterdir())}
            text = json.dumps(document, ensure_ascii=False, indent=1)
            (folder / REPORT).write_text(text + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ExportError(f"{out} cannot be written: {error.strerror or error}. Nothing was changed there.") from error
    return report


@dataclass
class _Run:
    """One export in progress: what is counted while pages pass through."""

    format: Format
    writer: Writer
    root: Path
    options: ExportOptions
    should_stop: Callable[[], bool]
    total: int = 0
    skipped: list[Skip] = field(default_factory=list)
    parts: Counter[str] = field(default_factory=Counter)
    reencoded: list[tuple[str, str]] = field(default_factory=list)
    copied: int = 0
    cut: int = 0
    outside_alphanumeric: int = 0

    def add(self, content: PageContent) -> None:
        """Write the verified words of one page and account for the others."""
        if self.should_stop():
            raise ExportStopped("The export was stopped; nothing was written.")
        self.total += len(content.words)
        ready = [word for word in content.words if self._is_ready(word, content)]
        if not ready:
            return
        path = self.root / content.page.path
        try:
            image = read_image(path)
        except ImageError as error:
            reason = f"the page cannot be read: {str(error).replace(str(path), content.page.path)}"
            self.skipped += (Skip(word.id, content.page.path, word.label or "", reason) for word in ready)
            return
        part = part_of(content.page.path, self.options.split, self.options.seed)
        if self.format.kind is Kind.PAGES:
            self._add_page(content, ready, part)
        else:
            self._add_crops(content, ready, image, part)
        self.parts[part] += len(ready)
        self.outside_alphanumeric += sum(not _ORDINARY_CHARACTERS.issuperset(self._text(word)) for word in ready)

    def report(self, out: Path) -> ExportReport:
        return ExportReport(
            format=self.format.name,
            out=out,
            options={**asdict(self.options), "split": "/".join(map(str, self.options.split))},
            total=self.total,
            parts={part: self.parts[part] for part in PARTS},
            skipped=tuple(self.skipped),
            copied=self.copied,
            cut=self.cut,
            reencoded=tuple(self.reencoded),
            outside_alphanumeric=self.outside_alphanumeric,
        )

    def _text(self, word: Word) -> str:
        text = word.label or ""
        return normalize(text.lower()) if self.options.case is Case.LOWER else text

    def _is_ready(self, word: Word, content: PageContent) -> bool:
        """Return whether the word is to be written; note why where it is not."""
        state = word.state(content.predictions.get(word.id))
        refusal = self.writer.refusal(self._text(word)) if state is State.VERIFIED else None
        if state is State.VERIFIED and refusal is None:
            return True
        reason = f"the label {refusal}" if refusal else f"the word is {state.value}"
        self.skipped.append(Skip(word.id, content.page.path, word.label or "", reason))
        return False

    def _add_page(self, content: PageContent, ready: list[Word], part: str) -> None:
        words = tuple((word.box, self._text(word)) for word in ready)
        self.writer.add_page(LabelledPage(content.page, self.root / content.page.path, words, part))
        self.copied += len(ready)

    def _add_crops(self, content: PageContent, ready: list[Word], image: Image.Image, part: str) -> None:
        whole = Box.from_bounds(0, 0, *image.size)
        for word in ready:
            if self.should_stop():
                raise ExportStopped("The export was stopped; nothing was written.")
            data, suffix = self._copy(content.page.path) if word.box == whole else (None, "")
            if data is None:
                data, suffix = encode(cut_crop(image, word.box), self.options.image)
                self.cut += 1
            else:
                self.copied += 1
            self.writer.add_crop(EncodedCrop(data, suffix, self._text(word), part))

    def _copy(self, page: str) -> tuple[bytes | None, str]:
        """Return a page's file as it is, or None when it has to be encoded anew, which is noted."""
        path = self.root / page
        suffix, reason = _as_it_is(path)
        if suffix:
            return path.read_bytes(), suffix
        self.reencoded.append((page, reason))
        return None, ""


def encode(crop: Image.Image, kind: ImageType) -> tuple[bytes, str]:
    """Return a crop as the bytes of an image file and its suffix. PNG keeps every pixel value."""
    plain = crop.copy()
    plain.info.clear()  # a page's colour profile or transparent colour would change how the crop is read
    buffer = io.BytesIO()
    if kind is ImageType.JPEG:
        plain.save(buffer, "JPEG", quality=95, subsampling=0)
        return buffer.getvalue(), ".jpg"
    plain.save(buffer, "PNG")
    return buffer.getvalue(), ".png"


def _as_it_is(path: Path) -> tuple[str, str]:
    """Return the suffix under which any loader reads a file as we do, or "" and why there is none."""
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            # The base method, as in `model.images`: only an orientation in the header is applied.
            orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
            if orientation != 1:
                return "", "its EXIF orientation was applied"
            return (".png" if image.format == "PNG" else ".jpg"), ""
    except UnidentifiedImageError:
        return "", "it is neither PNG nor JPEG"
    except (SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        return "", "its EXIF data is damaged"


def _require_replaceable(out: Path, images: Iterable[Path]) -> None:
    """Refuse an output folder that is not ours to replace."""
    if not out.exists():
        return
    if not out.is_dir():
        raise ExportError(f"{out} is a file; choose a folder to export to.")
    found = {p.name for p in out.iterdir()} - _DESKTOP_FILES
    try:
        report = json.loads((out / REPORT).read_text(encoding="utf-8"))
        ours = {REPORT, *report["entries"]} if report["made_by"] == _MADE_BY else set()
    except (OSError, ValueError, KeyError, TypeError):
        ours = set()
    if foreign := sorted(found - ours):
        names = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        raise ExportError(f"{out} holds files that are not from an earlier export ({names}); choose another folder.")
    inside = f"{out}{os.sep}"
    if any(os.path.normpath(image).startswith(inside) for image in images):
        raise ExportError(f"{out} holds images of this project; choose another folder.")
