"""Kraken, tesstrain, Calamari: each image with a text file of the same stem, ``line.png`` and ``line.gt.txt``.

The text file holds one line in UTF-8; its line end does not count, and tools strip white space around it. An image may
have a mark before its suffix that tells how it was made (``line.bin.png``, ``line.nrm.png``); the plain one is taken
where both are there. Folders may lie in folders; ``train``, ``val`` and ``test`` at the top are parts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from model.annotations import LabelledCrop
from model.formats._crops import CropFormat, NumberedFiles, Source, line_refusal, part_folders
from model.formats._lists import LinkGuard, read_small
from model.formats.base import EncodedCrop, Refuse, Writer, register
from model.images import IMAGE_SUFFIXES

SUFFIX = ".gt.txt"

_MARK = re.compile(r"\.(bin|nrm|dew|raw)$")
_FOLDERS_LOOKED_INTO = 50
_LARGEST = 1 << 20  # bytes of a text


@register
class GtTxt(CropFormat):
    name = "gt-txt"
    title = "Images with .gt.txt (kraken, tesstrain)"
    accepts = f"a folder of images, each with a text file of its name that ends in {SUFFIX}"

    names = re.compile(".*")

    def is_source(self, path: Path) -> bool:
        """Whether a folder, or one of the first below it, holds a text."""
        folders = islice(os.walk(path), _FOLDERS_LOOKED_INTO)
        return any(name.endswith(SUFFIX) for _, _, files in folders for name in files)

    def sources(self, path: Path) -> list[Source]:
        folders = part_folders(path)
        parts = [Source(folder, part, folder.name) for part, folder in folders if self.is_source(folder)]
        return parts or ([Source(path, None, "")] if self.is_source(path) else [])

    def sniff(self, path: Path) -> str | None:
        return f"it holds images with {SUFFIX} files" if self.sources(path) else None

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        guard = LinkGuard(source.path)
        for folder, folders, files in os.walk(source.path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            below = Path(folder).relative_to(source.path)
            texts = {name.removesuffix(SUFFIX) for name in files if name.endswith(SUFFIX)}
            images = _images(files)
            for stem in sorted(texts | images.keys()):
                key = (below / images.get(stem, f"{stem}{SUFFIX}")).as_posix()
                try:
                    if stem not in texts:
                        raise ValueError(f"there is no {stem}{SUFFIX} beside it")
                    if stem not in images:
                        raise ValueError("there is no image beside it")
                    guard.check(key)
                    text = _text(Path(folder, f"{stem}{SUFFIX}"))
                except ValueError as error:
                    refuse(source.key(key), str(error))
                else:
                    yield LabelledCrop(source.key(key), source.path / key, None, text, source.part)

    def writer(self, folder: Path) -> Writer:
        return _GtTxtWriter(folder)


def _images(files: list[str]) -> dict[str, str]:
    """Return the image of each stem; a plain name comes before a marked one."""
    images: dict[str, str] = {}
    for name in sorted(files, key=len, reverse=True):
        stem, suffix = os.path.splitext(name)  # noqa: PTH122  a string, for every file there is
        if suffix.lower() in IMAGE_SUFFIXES and not name.startswith("."):
            images[_MARK.sub("", stem)] = name
    return images


def _text(path: Path) -> str:
    try:
        return read_small(path, _LARGEST).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    except UnicodeDecodeError as error:
        raise ValueError("its text is not UTF-8") from error
    except OSError as error:
        raise ValueError(f"its text cannot be read: {error.strerror or error}") from error


class _GtTxtWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images = NumberedFiles(folder)

    def refusal(self, text: str) -> str | None:
        if not text.strip():
            return "is empty"
        if text != text.strip():
            return "begins or ends with a space"
        return "begins with a byte order mark" if text[0] == "\ufeff" else line_refusal(text)

    def add_crop(self, crop: EncodedCrop) -> None:
        image = self._folder / self._images.write(crop, crop.part)
        image.with_suffix(SUFFIX).write_text(f"{crop.text}\n", encoding="utf-8", newline="\n")

    def finish(self) -> None:
        pass
