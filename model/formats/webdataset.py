"""WebDataset: tar archives ("shards") with the files of one crop after another.

Grammar: members that follow each other and have the same path up to the first dot of their name belong to one crop::

    00000001.png
    00000001.txt      the text in UTF-8; or .json with "text" or "label"; or .cls

The text is all of the .txt file, but for one line end behind it. The part stands in the shard's name,
``train-000000.tar``, or in its folder's. Shards are read from front to back and never unpacked. A compressed one cannot
be read at a place in its middle: uncompress it first.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from model.annotations import LabelledCrop, PackedImage
from model.errors import DatasetError
from model.formats._crops import CropFormat, Source, line_refusal
from model.formats.base import EncodedCrop, Refuse, Writer, register
from model.images import IMAGE_SUFFIXES

SHARD_CROPS = 10_000

_TEXTS = ("txt", "json", "cls")
_NAME = re.compile(r"((?:.*/|)[^.]+)[.]([^/]*)", re.DOTALL)
_LONGEST_TEXT = 1 << 16


@register
class WebDataset(CropFormat):
    name = "webdataset"
    title = "WebDataset tar shards"
    accepts = "a .tar file of images with .txt, .json or .cls files of the same names, or a folder of such shards"

    names = re.compile(r".+\.tar")

    def is_source(self, path: Path) -> bool:
        return path.is_file()

    def sniff(self, path: Path) -> str | None:
        sources = self.sources(path)[:1]
        return super().sniff(path) if sources and _is_shard(sources[0].path) else None

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        try:
            with tarfile.open(source.path, "r:") as archive:
                for stem, members in _groups(archive):
                    group = _Group(archive, stem, members)
                    key = source.key(stem)
                    try:
                        if group.image is None:
                            raise ValueError("there is no image")
                        packed = PackedImage(source.path, group.image.name, group.image.offset)
                        yield LabelledCrop(key, packed, None, group.text(), source.part)
                    except ValueError as error:
                        refuse(key, str(error))
        except tarfile.ReadError as error:
            refuse(source.name or source.path.name, f"the archive is damaged from here on: {error}")
        except OSError as error:
            raise DatasetError(f"{source.path} cannot be read: {error.strerror or error}.") from error

    def writer(self, folder: Path) -> Writer:
        return _WebDatasetWriter(folder)


def _is_shard(path: Path) -> bool:
    """Whether an archive begins with an image and its text."""
    try:
        with tarfile.open(path, "r:") as archive:
            first = next((_Group(archive, *group) for group in _groups(archive)), None)
            return first is not None and first.image is not None and first.suffix is not None
    except (OSError, tarfile.TarError):
        return False


def _groups(archive: tarfile.TarFile) -> Iterator[tuple[str, dict[str, tarfile.TarInfo]]]:
    """Yield stem and members by suffix, in lower case, of one crop after another."""
    stem, members = "", dict[str, tarfile.TarInfo]()
    while (member := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # or it would remember all of them
        match = _NAME.fullmatch(member.name)
        if not match or not member.isfile():
            continue
        if match[1] != stem and members:
            yield stem, members
            members = {}
        stem = match[1]
        members[match[2].lower()] = member
    if members:
        yield stem, members


class _Group:
    """The members of one crop."""

    def __init__(self, archive: tarfile.TarFile, stem: str, members: dict[str, tarfile.TarInfo]) -> None:
        self._archive = archive
        self._members = members
        self.image = next((members[name] for name in members if f".{name}" in IMAGE_SUFFIXES), None)
        self.suffix = next((suffix for suffix in _TEXTS if suffix in members), None)

    def text(self) -> str:
        """Return the crop's text.

        Raises:
            ValueError: there is none; the message is a clause.
        """
        if self.suffix is None:
            raise ValueError("there is no text (.txt, .json or .cls)")
        member = self._members[self.suffix]
        if member.size > _LONGEST_TEXT:
            raise ValueError("the text is far too long")
        file = self._archive.extractfile(member)
        assert file is not None, "only files are grouped"
        with file:
            data = file.read()
        try:
            text = data.decode()
            return _text_in(json.loads(text)) if self.suffix == "json" else re.sub("\r?\n$", "", text)
        except UnicodeDecodeError as error:
            raise ValueError("the text is not UTF-8") from error
        except RecursionError as error:
            raise ValueError("the text is not JSON") from error


def _text_in(document: object) -> str:
    if isinstance(document, dict):
        for name in ("text", "label"):
            if isinstance(document.get(name), str):
                return str(document[name])
    raise ValueError("the JSON has neither a 'text' nor a 'label' that is a text")


class _WebDatasetWriter(Writer):
    """Writes ``train-000000.tar`` and so on. Members have no date and no owner: equal crops give equal bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[str, tarfile.TarFile] = {}
        self._written: dict[str, int] = {}

    def refusal(self, text: str) -> str | None:
        return line_refusal(text)

    def add_crop(self, crop: EncodedCrop) -> None:
        number = self._written.get(crop.part, 0)
        if number % SHARD_CROPS == 0:
            if crop.part in self._shards:
                self._shards[crop.part].close()
            path = self._folder / f"{crop.part}-{number // SHARD_CROPS:06}.tar"
            self._shards[crop.part] = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115  see finish
        shard = self._shards[crop.part]
        for suffix, data in ((crop.suffix, crop.data), (".txt", crop.text.encode())):
            member = tarfile.TarInfo(f"{number:08}{suffix}")
            member.size = len(data)
            shard.addfile(member, io.BytesIO(data))
        shard.members.clear()  # type: ignore[attr-defined]
        self._written[crop.part] = number + 1

    def finish(self) -> None:
        for shard in self._shards.values():
            shard.close()
