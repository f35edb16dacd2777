"""The image files of an export: crops as they are encoded, pages as they are named and copied."""

from __future__ import annotations

import io
import math
import os
import re
import shutil
import struct
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath

from PIL import ExifTags, Image, UnidentifiedImageError

from model.annotations import Box, Point
from model.documents import is_page_of_document, stem_of
from model.errors import ExportError
from model.formats.base import REPORT

IMAGES = "images"
"""The folder of an export that holds copies of its pages."""

_OF_DOCUMENT = "it is a page of a document"
_NO_REFERENCE = re.compile(r"[\x00-\x1f\x7f\\]")
"""What a path has that no list can point to: readers take a backslash for a slash, and a line break for an end."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, with any suffix."""
_STEM_BYTES = 120  # with what formats put before and after it, a name stays below the 255 of file systems


class ImageType(StrEnum):
    """How images are written that cannot be copied: crops that are cut out, pages that are turned."""

    PNG = "png"
    JPEG = "jpeg"


@dataclass(frozen=True, slots=True)
class Margin:
    """How far a crop reaches beyond its box on every side: pixels of the page, or percent of the box's height."""

    size: float = 0.0
    is_percent: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.size <= 1000:
            raise ExportError(f"A margin is from 0 to 1000 pixels or percent, not {self.size!r}.")

    def grown(self, box: Box) -> Box:
        """Return the box with its edges moved outwards along its own directions."""
        reach = self.size * box.height / 100 if self.is_percent else self.size
        if not reach:
            return box
        a, b, c, d = box.points
        return Box(
            (
                _away(a, (b, d), reach),
                _away(b, (a, c), reach),
                _away(c, (b, d), reach),
                _away(d, (a, c), reach),
            )
        )


NO_MARGIN = Margin()


def _away(corner: Point, neighbours: tuple[Point, Point], reach: float) -> Point:
    """Return a corner moved away from both of its neighbours; one that lies on the corner gives no direction."""
    x, y = corner
    for nx, ny in neighbours:
        if length := math.dist(corner, (nx, ny)):
            x += (corner[0] - nx) / length * reach
            y += (corner[1] - ny) / length * reach
    return x, y


def parse_margin(text: str) -> Margin:
    """Return the margin of "4", "4px" or "10%".

    Raises:
        ExportError: the text is anything else.
    """
    match = re.fullmatch(r"(\d{1,4}(?:\.\d{1,3})?)(px|%)?", text.strip(), re.ASCII)
    if not match:
        raise ExportError(f"A margin is pixels or percent of the box's height, such as 4 or 10%, not {text!r}.")
    return Margin(float(match[1]), match[2] == "%")


def encode(image: Image.Image, kind: ImageType) -> tuple[bytes, str]:
    """Return an image as the bytes of a file and its suffix. PNG keeps every pixel value."""
    plain = image.copy()
    plain.info.clear()  # a page's colour profile or transparent colour would change how the crop is read
    buffer = io.BytesIO()
    if kind is ImageType.JPEG:
        plain.save(buffer, "JPEG", quality=95, subsampling=0)
        return buffer.getvalue(), ".jpg"
    plain.save(buffer, "PNG")
    return buffer.getvalue(), ".png"


def as_it_is(path: Path) -> tuple[str, str]:
    """Return the suffix under which any loader reads a file as we do, or "" and why there is none."""
    if is_page_of_document(path):
        return "", _OF_DOCUMENT
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if _is_turned(image):
                return "", "its EXIF orientation was applied"
            return (".png" if image.format == "PNG" else ".jpg"), ""
    except UnidentifiedImageError:
        return "", "it is neither PNG nor JPEG"
    except (SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        return "", "its EXIF data is damaged"


def _is_turned(image: Image.Image) -> bool:
    # The base method, as in `model.images`: only an orientation in the header is applied.
    return bool(Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1) != 1)


@dataclass
class PageImages:
    """Names the pages of an export and brings their images into place.

    Tools disagree about EXIF orientation, and coordinates are those of the upright image. So a page with an
    orientation is not copied but written upright, which every tool reads in the same way.

    Attributes:
        folder: where the export is written.
        out: where it will stand.
        copy: copy the images; otherwise they stay where they are and are pointed to.
        kind: how a turned page is written.
        stems: names, without suffix, that pages had in an earlier export and keep, by page.
        notes: (page, reason) of every image that is not its file's copy.
    """

    folder: Path
    out: Path
    copy: bool
    kind: ImageType
    stems: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._taken = {PurePath(REPORT).stem, *(stem.casefold() for stem in self.stems.values())}

    def place(self, page: str, path: Path, image: Image.Image) -> tuple[str, str]:
        """Return the name and the stem of a page, as of `LabelledPage`, with its image in place.

        Args:
            page: the page's path in the project.
            path: its file.
            image: its pixels, upright.
        """
        stem = self.stems.get(page) or self._new_stem(page)
        if is_page_of_document(path):  # nobody else finds it under this name, so it is written whatever is asked
            return self._write(page, stem, image, _OF_DOCUMENT), stem
        turned = _file_is_turned(path)
        way = self._way_to(path)
        if not self.copy and not _NO_REFERENCE.search(way):
            if turned:
                self.notes.append((page, "its EXIF orientation is left to who opens the image"))
            return way, stem
        if not self.copy:
            self.notes.append((page, "no list can hold its path, so it was copied"))
        if turned:
            return self._write(page, stem, image, "its EXIF orientation was applied"), stem
        (self.folder / IMAGES).mkdir(exist_ok=True)
        name = f"{IMAGES}/{stem}{path.suffix}"
        shutil.copyfile(path, self.folder / name)
        return name, stem

    def _write(self, page: str, stem: str, image: Image.Image, reason: str) -> str:
        """Write a page's pixels, note why, and return the name of the file."""
        (self.folder / IMAGES).mkdir(exist_ok=True)
        data, suffix = encode(image, self.kind)
        name = f"{IMAGES}/{stem}{suffix}"
        (self.folder / name).write_bytes(data)
        self.notes.append((page, reason))
        return name

    def _new_stem(self, page: str) -> str:
        """Return the page's own name with whatever might mean something to a format replaced, numbered if taken."""
        stem = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", stem_of(page))).strip(".")
        stem = stem.encode()[:_STEM_BYTES].decode(errors="ignore") or "page"
        stem = f"{stem}_" if _RESERVED.fullmatch(stem) else stem
        unique, number = stem, 1
        while unique.casefold() in self._taken:
            number += 1
            unique = f"{stem}_{number}"
        self._taken.add(unique.casefold())
        self.stems[page] = unique
        return unique

    def _way_to(self, path: Path) -> str:
        try:
            return Path(os.path.relpath(path, self.out)).as_posix()
        except ValueError:  # another drive
            return path.as_posix()


def _file_is_turned(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return _is_turned(image) and Image.Image.getexif(image).get(ExifTags.Base.Orientation) in range(2, 9)
    except (SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        return False  # damaged EXIF data is passed over by everybody
