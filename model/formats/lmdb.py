"""LMDB databases as clovaai's deep-text-recognition-benchmark has them; PARSeq, MMOCR, OpenOCR and PaddleOCR read them.

Grammar: an environment (a folder with ``data.mdb``, or one file) with the keys ::

    image-000000001    the bytes of an image file, numbered from 1 in nine digits
    label-000000001    its text in UTF-8
    num-samples        how many there are, in decimal digits

MMOCR also knows environments of labels alone, whose values are ``{"filename": "b.png", "text": "..."}``; their images
are files beside the environment. Parts are folders named ``train`` (``training``, ``MJ_train``), ``val``
(``validation``, ``MJ_valid``) and ``test`` (``evaluation``, ``MJ_test``), with environments in them.

What lies behind the number of samples belongs to nothing: programs that write into an old environment leave such rests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model.annotations import LabelledCrop, PackedImage
from model.containers import is_in_lmdb, lmdb_items
from model.errors import DatasetError
from model.extras import require
from model.formats._crops import CropFormat, ListedImages, Source, part_folders, part_named
from model.formats.base import EncodedCrop, Refuse, Writer, register
from model.formats.mmocr import parse_label
from model.lmdb_file import DATA_FILE

COUNT = b"num-samples"

_LABEL = re.compile(rb"label-([0-9]{9,12})")
_ITEMS_AT_ONCE = 1000
_FIRST_MAP_SIZE = 1 << 24
"""Doubled when it is full. The customary terabyte is taken from the disk at once on some systems."""


@register
class Lmdb(CropFormat):
    name = "lmdb"
    title = "LMDB (clovaai, PARSeq, MMOCR)"
    accepts = f"a folder with {DATA_FILE}, a file that ends in .lmdb or .mdb, or a folder of such folders for each part"

    names = re.compile(".*")

    def is_source(self, path: Path) -> bool:
        """Whether it is an environment, whatever its name."""
        if path.is_dir():
            return (path / DATA_FILE).is_file()
        return path.suffix in (".lmdb", ".mdb") and path.is_file() and path.name != "lock.mdb"

    def sources(self, path: Path) -> list[Source]:
        if path.name == DATA_FILE:
            path = path.parent
        if self.is_source(path) or path.is_file():
            return [Source(path, part_named(path.stem), "")]
        return [
            Source(file.parent, part, file.parent.relative_to(path).as_posix())
            for part, folder in part_folders(path)
            for file in sorted(folder.rglob(DATA_FILE))
        ]

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        count = _count(source.path)
        images = ListedImages(source, folders=("imgs", "images"))
        found = 0
        for number, value in _labels(source.path, count):
            found += 1
            key = source.key(f"image-{number:09}")
            packed = PackedImage(source.path, f"image-{number:09}")
            try:
                text = value.decode()
                if is_in_lmdb(source.path, packed.key):
                    yield LabelledCrop(key, packed, None, text, source.part)
                elif row := parse_label(text):
                    yield images.crop(*row)
                else:
                    raise ValueError("there is a label and no image")
            except UnicodeDecodeError:
                refuse(key, "the label is not UTF-8")
            except ValueError as error:
                refuse(key, str(error))
        if found < count:
            refuse(source.key(COUNT.decode()), f"it says {count}, and there are {found} labels")

    def writer(self, folder: Path) -> Writer:
        return _LmdbWriter(folder)


def _count(path: Path) -> int:
    items = lmdb_items(path, COUNT, 1)
    if not items or items[0][0] != COUNT or not re.fullmatch(rb"[0-9]{1,12}", items[0][1]):
        raise DatasetError(f"{path} has no number of samples under the key {COUNT.decode()}; it was not finished.")
    return int(items[0][1])


def _labels(path: Path, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and value of the labels up to a number."""
    start = b"label-"
    while items := lmdb_items(path, start, _ITEMS_AT_ONCE):
        for key, value in items:
            match = _LABEL.fullmatch(key)
            if not key.startswith(b"label-"):
                return
            if match and 0 < int(match[1]) <= count:
                yield int(match[1]), value
        start = items[-1][0] + b"\0"


class _LmdbWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._lmdb = require("lmdb", extra="formats", purpose="The format lmdb")
        self._folder = folder
        self._parts: dict[str, _Part] = {}

    def add_crop(self, crop: EncodedCrop) -> None:
        if crop.part not in self._parts:
            self._parts[crop.part] = _Part(self._lmdb, self._folder / crop.part)
        self._parts[crop.part].add(crop)

    def finish(self) -> None:
        for part in self._parts.values():
            part.finish()


class _Part:
    """One environment that is being written, a thousand crops a transaction."""

    def __init__(self, lmdb: Any, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lmdb = lmdb
        try:
            self._environment = lmdb.open(str(folder), map_size=_FIRST_MAP_SIZE, lock=False, sync=False)
        except lmdb.Error as error:
            raise OSError(str(error)) from error
        self._items: list[tuple[bytes, bytes]] = []
        self._written = 0

    def add(self, crop: EncodedCrop) -> None:
        self._written += 1
        self._items.append((b"image-%09d" % self._written, crop.data))
        self._items.append((b"label-%09d" % self._written, crop.text.encode()))
        if len(self._items) >= 2 * _ITEMS_AT_ONCE:
            self._commit()

    def finish(self) -> None:
        self._items.append((COUNT, b"%d" % self._written))
        try:
            self._commit()
        finally:
            self._environment.close()

    def _commit(self) -> None:
        while True:
            try:
                with self._environment.begin(write=True) as transaction, transaction.cursor() as cursor:
                    cursor.putmulti(self._items)
            except self._lmdb.MapFullError:
                self._environment.set_mapsize(2 * self._environment.info()["map_size"])
            except self._lmdb.Error as error:  # the disk is full, for example
                raise OSError(str(error)) from error
            else:
                self._items.clear()
                return
