"""docTR's recognition sets: ``images/`` and ``labels.json``, in a folder for each part.

Grammar, as ``doctr.datasets.RecognitionDataset`` reads it: one JSON object, from the names of images in ``images/`` to
their texts, ``{"00000001.png": "text", ...}``.

docTR trains on a vocabulary that is chosen by name and ends with an error at a character outside it; none of its
vocabularies has the space. Any text can be written nevertheless, since a vocabulary of one's own can be given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from model.annotations import LabelledCrop
from model.errors import DatasetError
from model.formats._crops import CropFormat, ListedImages, NumberedFiles, Source, head_of, read_json, text_file
from model.formats.base import EncodedCrop, Refuse, Writer, register

LABELS = "labels.json"
IMAGES = "images"

_FIRST_PAIR = re.compile(r'\s*\{\s*("([^"\\]|\\.)*"\s*:\s*"|\})')


@register
class Doctr(CropFormat):
    name = "doctr"
    title = "docTR recognition"
    accepts = (
        f"a folder with {IMAGES} and {LABELS} (a JSON object from names to texts), or with one in each part's folder"
    )

    names = re.compile(re.escape(LABELS))

    def is_source(self, path: Path) -> bool:
        return (path.parent / IMAGES).is_dir() and _FIRST_PAIR.match(head_of(path)) is not None

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        # As pairs: of a name that stands there twice a dictionary would keep the last in silence.
        pairs = read_json(source.path, object_pairs_hook=list)
        images = ListedImages(source, folders=(IMAGES,))
        if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
            raise DatasetError(f"{source.path} must be one JSON object, from names of images to their texts.")
        seen: set[str] = set()
        for name, text in pairs:
            try:
                if not isinstance(text, str):
                    raise ValueError("the label is no text")
                if name in seen:
                    raise ValueError("the name stands there twice")
                seen.add(name)
                yield images.crop(name, text)
            except ValueError as error:
                refuse(f"{source.name or source.path.name} {name}", str(error))

    def writer(self, folder: Path) -> Writer:
        return _DoctrWriter(folder)


class _DoctrWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images = NumberedFiles(folder)
        self._lists: dict[str, TextIO] = {}

    def add_crop(self, crop: EncodedCrop) -> None:
        below = f"{crop.part}/{IMAGES}"
        name = self._images.write(crop, below).removeprefix(f"{below}/")
        is_first = crop.part not in self._lists
        if is_first:
            self._lists[crop.part] = text_file(self._folder / crop.part / LABELS)
        pair = f"{json.dumps(name)}: {json.dumps(crop.text, ensure_ascii=False)}"
        self._lists[crop.part].write(("{\n" if is_first else ",\n") + pair)

    def finish(self) -> None:
        for file in self._lists.values():
            file.write("\n}\n")
            file.close()
