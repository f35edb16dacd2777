"""Parquet tables as Hugging Face's hub has them: a column of images, a column of texts.

Grammar: the image is a struct ``{"bytes": binary, "path": string}`` under ``image``, or plain binary; the text is a
string under ``text`` (``label``, ``words``, ``transcription`` and ``ground_truth`` are read too). The part stands in
the file's name, ``train-00000.parquet`` or ``validation-00000-of-00002.parquet``, in the folder or in ``data`` in it.

Only the texts are read when crops are listed. Images are decoded a few rows at a time, best in the table's order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from model.annotations import LabelledCrop, PackedImage
from model.containers import open_parquet
from model.errors import DatasetError
from model.extras import require
from model.formats._crops import CropFormat, Source
from model.formats.base import EncodedCrop, Refuse, Writer, register
from model.formats.imagefolder import FOLDERS

TEXTS = ("text", "label", "words", "transcription", "ground_truth")
FILE_ROWS = 100_000
GROUP_ROWS = 500

_FEATURES = {"image": {"_type": "Image"}, "text": {"_type": "Value", "dtype": "string"}}


@register
class Parquet(CropFormat):
    name = "parquet"
    title = "Parquet (Hugging Face)"
    accepts = "a .parquet file with a column of images and one of texts, or a folder of such files"
    folders = ("data",)

    names = re.compile(r".+\.parquet")

    def is_source(self, path: Path) -> bool:
        return path.is_file()

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        row = 0
        try:
            with closing(open_parquet(source.path)) as table:
                image, text = _columns(source.path, table.schema_arrow)
                for batch in table.iter_batches(1000, columns=[text], use_threads=False):
                    for value in batch.column(0).to_pylist():
                        key = source.key(f"row {row}")
                        if value is None:
                            refuse(key, "there is no text")
                        else:
                            yield LabelledCrop(key, PackedImage(source.path, image, row), None, value, source.part)
                        row += 1
        except (OSError, ValueError, NotImplementedError) as error:  # pyarrow's own errors are of these types
            raise DatasetError(f"{source.path} cannot be read as a Parquet table: {error}.") from error

    def writer(self, folder: Path) -> Writer:
        return _ParquetWriter(folder)


def _columns(path: Path, schema: Any) -> tuple[str, str]:
    """Return the names of the columns of images and texts."""
    types = require("pyarrow", extra="formats", purpose="The format parquet").types
    image = [field.name for field in schema if _is_image(field.type, types)]
    text = [name for name in TEXTS if name in schema.names and _is_text(schema.field(name).type, types)]
    if not image or not text:
        names = ", ".join(f"{field.name} ({field.type})" for field in schema)
        raise DatasetError(f"{path} has no column of images and one of texts among its columns {names}.")
    return image[0], text[0]


def _is_image(kind: Any, types: Any) -> bool:
    if types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _is_text(kind: Any, types: Any) -> bool:
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind))


class _ParquetWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._arrow = require("pyarrow", extra="formats", purpose="The format parquet")
        self._parquet = require("pyarrow.parquet", extra="formats", purpose="The format parquet")
        string, binary = self._arrow.string(), self._arrow.binary()
        features = {"huggingface": json.dumps({"info": {"features": _FEATURES}})}
        self._schema = self._arrow.schema(
            [("image", self._arrow.struct([("bytes", binary), ("path", string)])), ("text", string)], metadata=features
        )
        self._folder = folder
        self._written: dict[str, int] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._files: dict[str, Any] = {}

    def add_crop(self, crop: EncodedCrop) -> None:
        number = self._written.get(crop.part, 0)
        if number % FILE_ROWS == 0:
            self._close(crop.part)
            path = self._folder / f"{FOLDERS[crop.part]}-{number // FILE_ROWS:05}.parquet"
            # Images do not get smaller; as a dictionary they would only be copied.
            self._files[crop.part] = self._parquet.ParquetWriter(path, self._schema, use_dictionary=False)
        image = {"bytes": crop.data, "path": f"{number:08}{crop.suffix}"}
        self._rows.setdefault(crop.part, []).append({"image": image, "text": crop.text})
        self._written[crop.part] = number + 1
        if len(self._rows[crop.part]) == GROUP_ROWS:
            self._flush(crop.part)

    def finish(self) -> None:
        for part in tuple(self._files):
            self._close(part)

    def _flush(self, part: str) -> None:
        rows = self._rows.pop(part, [])
        if rows:
            self._files[part].write_table(self._arrow.Table.from_pylist(rows, self._schema))

    def _close(self, part: str) -> None:
        if part in self._files:
            self._flush(part)
            self._files.pop(part).close()
