"""Captcha folders: the text is the name of the image.

Three forms, one for a whole folder: ``TEXT.png``; ``TEXT_123.png``, the text and a number behind the last "_" or "-";
``123_TEXT.png``, a number and the text behind the first "_" or "-". Images lie in one folder, or in ``train``, ``val``
and ``test``.

Any folder of photographs could be meant by that, so it is recognised last of all, and only where all names look like
texts and the images like crops: no counter, no words with spaces, wider than high and small.

A text cannot be written that a file's name cannot hold on every system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from model.annotations import LabelledCrop
from model.errors import ImageError
from model.formats._crops import CropFormat, Source, names_in, part_folders
from model.formats._lists import LinkGuard
from model.formats.base import EncodedCrop, Refuse, Writer, register, report_of
from model.images import IMAGE_SUFFIXES, image_size

_PLAIN = re.compile("(?P<text>.+)", re.DOTALL)
_NUMBER_LAST = re.compile(r"(?P<text>.+)[_-](?P<number>[0-9]+)", re.DOTALL)
_NUMBER_FIRST = re.compile(r"(?P<number>[0-9]+)[_-](?P<text>.+)", re.DOTALL)

_LOOKED_AT = 1000
_OPENED = 8
_LARGEST = (1200, 300)
_LONGEST = 32
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


@register
class FileName(CropFormat):
    name = "filename"
    title = "Captchas: the file's name is the text"
    accepts = "a folder of small images that are all named TEXT.png, TEXT_123.png or 123_TEXT.png"
    rank = 90
    is_guess = True

    names = re.compile(".*")

    def is_source(self, path: Path) -> bool:
        names = _names(path)[:_LOOKED_AT] if path.is_dir() else []
        return len(names) > 1 and _look_like_texts(names) and all(_is_crop(path / name) for name in names[:_OPENED])

    def sources(self, path: Path) -> list[Source]:
        folders = [(part, folder) for part, folder in part_folders(path) if _names(folder)]
        if folders:
            return [Source(folder, part, folder.name) for part, folder in folders]
        return [Source(path, None, "")] if path.is_dir() and _names(path) else []

    def sniff(self, path: Path) -> str | None:
        sources = self.sources(path)
        if sources and report_of(path).get("format") == self.name:  # where texts are numbers, names tell nothing
            return "its report says that it was exported as such"
        if sources and all(self.is_source(source.path) for source in sources):
            return "its small images are all named like texts"
        return None

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        names = _names(source.path)
        form = _form(names[:_LOOKED_AT])
        guard = LinkGuard(source.path)
        for name in names:
            match = form.fullmatch(_stem(name))
            try:
                if not match:
                    raise ValueError("the name is not of the form that the others have")
                guard.check(name)
            except ValueError as error:
                refuse(source.key(name), str(error))
            else:
                yield LabelledCrop(source.key(name), source.path / name, None, match["text"], source.part)

    def writer(self, folder: Path) -> Writer:
        return _FileNameWriter(folder)


def _names(folder: Path) -> list[str]:
    return [name for name in names_in(folder) if name[name.rfind(".") :].lower() in IMAGE_SUFFIXES]


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _form(names: list[str]) -> re.Pattern[str]:
    """Return the form that all these names have, the one with a number where that is possible."""
    stems = [_stem(name) for name in names]
    return next((form for form in (_NUMBER_LAST, _NUMBER_FIRST) if all(map(form.fullmatch, stems))), _PLAIN)


def _look_like_texts(names: list[str]) -> bool:
    matches = [match for name in names if (match := _form(names).fullmatch(_stem(name)))]
    texts = [match["text"] for match in matches]
    if any(len(text) > _LONGEST or re.search(r"[\s_]", text) for text in texts):
        return False
    prefixes = {re.sub("[0-9]+$", "", text) for text in texts}
    return len(set(texts)) > 1 and not (len(prefixes) == 1 and _is_counter(texts))


def _is_counter(texts: list[str]) -> bool:
    """Whether numbers at the end of names count the files: they lie closer than chance would put them."""
    numbers = [int(match[0][-18:]) for text in texts if (match := re.search("[0-9]+$", text))]
    return len(numbers) < len(texts) or max(numbers) - min(numbers) < 4 * len(numbers)


def _is_crop(path: Path) -> bool:
    try:
        width, height = image_size(path)
    except ImageError:
        return False
    return height <= width <= _LARGEST[0] and height <= _LARGEST[1]


class _FileNameWriter(Writer):
    """Writes ``train/TEXT_0.png``, numbered throughout, so that equal texts differ in their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0

    def refusal(self, text: str) -> str | None:
        if not text:
            return "is empty"
        if text[0] in " ." or text != text.strip():
            return "begins or ends as no file's name may"
        if char := _FORBIDDEN.search(text):
            return f"holds {char[0]!r}, which no file's name may"
        return "is too long for a file's name" if len(text.encode()) > 200 else None

    def add_crop(self, crop: EncodedCrop) -> None:
        path = self._folder / crop.part / f"{crop.text}_{self._written}{crop.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(crop.data)
        self._written += 1

    def finish(self) -> None:
        pass
