"""VGG Image Annotator (VIA) 2: a project or its annotations as JSON, or the annotations as CSV.

Grammar, the rest being passed over::

    project      {"_via_settings": {...}, "_via_img_metadata": {KEY: PAGE, ...}, "_via_attributes": {...}}
    annotations  {KEY: PAGE, ...}
    PAGE         {"filename": "a.jpg", "size": 1, "regions": [{"shape_attributes": SHAPE, "region_attributes": TEXTS}]}
    SHAPE        {"name": "rect", "x": 1, "y": 1, "width": 8, "height": 8}
                 {"name": "polygon", "all_points_x": [...], "all_points_y": [...]}
    CSV          filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes

KEY is the file's name and size; version 1 has the regions as an object. TEXTS holds what a person wrote: the attribute
``text`` or ``transcription`` is the text, or the only one. Circles, ellipses, points and open lines are no boxes.

We write a project. To open it, put VIA's page beside it, and choose Project, Load.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

from model.annotations import Box, LabelledCrop
from model.formats._pages import PageFormat, Pages, first_sign, head_of, shown
from model.formats._shapes import clockwise, number, outline, plain_numbers, rectangle, text_among
from model.formats._trees import json_members, load_json
from model.formats.base import LabelledPage, Refuse, Writer, register

_FILE = "via.json"
_METADATA = "_via_img_metadata"
_SIGN = re.compile(r'"_via_(settings|img_metadata)"|"shape_attributes"|^#?filename,file_size,file_attributes,')
_COLUMNS = ("filename", "region_shape_attributes", "region_attributes")


@register
class Via(PageFormat):
    name = "via"
    title = "VGG Image Annotator"
    accepts = "a folder with a project or annotations of VIA 2 (.json or .csv), or that file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".json", ".csv"), _is_via)
        return f"{shown(path, file)} holds regions of VIA" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".json", ".csv"), _is_via):
            yield from (_read_csv if file.suffix.lower() == ".csv" else _read_json)(pages, file)

    def writer(self, folder: Path) -> Writer:
        return _ViaWriter(folder)


def _is_via(file: Path) -> bool:
    return _SIGN.search(head_of(file)) is not None


def _read_json(pages: Pages, file: Path) -> Iterator[LabelledCrop]:
    is_project = '"_via_' in head_of(file)
    for key, page in json_members(file, _METADATA if is_project else "", pages.refuse):
        place = f"{shown(pages.path, file)} {key}"
        try:
            name, regions = _parse_page(page)
        except ValueError as error:
            pages.refuse(place, str(error))
        else:
            yield from pages.crops(place, partial(pages.named, name, file), regions, _parse_region)


def _parse_page(page: Any) -> tuple[str, list[Any]]:
    regions = page.get("regions") if isinstance(page, dict) else None
    if isinstance(regions, dict):
        regions = list(regions.values())
    if not isinstance(regions, list):
        raise ValueError("it is no page with regions")
    return page.get("filename", ""), regions


def _read_csv(pages: Pages, file: Path) -> Iterator[LabelledCrop]:
    place = shown(pages.path, file)
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            header = [name.lstrip("#") for name in next(csv.reader([text.readline()]), [])]
            if not set(_COLUMNS).issubset(header):
                pages.refuse(place, f"it has no columns {', '.join(_COLUMNS)}")
                return
            rows = csv.DictReader(text, header, restval="", strict=True)
            for name, regions in groupby(rows, key=lambda row: row["filename"]):
                cells = ([row[_COLUMNS[1]], row[_COLUMNS[2]]] for row in regions if row[_COLUMNS[1]] not in ("", "{}"))
                yield from pages.crops(f"{place} {name}", partial(pages.named, name, file), cells, _parse_cells)
    except (csv.Error, UnicodeDecodeError) as error:
        pages.refuse(place, f"it is no CSV file in UTF-8: {error}")
    except OSError as error:
        pages.refuse(place, f"it cannot be read: {error.strerror or error}")


def _parse_cells(cells: list[str]) -> tuple[Box, str]:
    shape, attributes = map(load_json, cells)
    return _parse_region({"shape_attributes": shape, "region_attributes": attributes})


def _parse_region(region: Any) -> tuple[Box, str]:
    shape = region.get("shape_attributes") if isinstance(region, dict) else None
    attributes = region.get("region_attributes") if isinstance(region, dict) else None
    if not isinstance(shape, dict):
        raise ValueError("it has no shape_attributes")
    return _parse_shape(shape), text_among(attributes if isinstance(attributes, dict) else {})


def _parse_shape(shape: dict[str, Any]) -> Box:
    kind = shape.get("name")
    if kind == "rect":
        return rectangle(*(number(shape.get(name)) for name in ("x", "y", "width", "height")))
    xs, ys = shape.get("all_points_x"), shape.get("all_points_y")
    if kind != "polygon" or not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys):
        raise ValueError(f"its shape {kind!r} is no box")
    return outline([(number(x), number(y)) for x, y in zip(xs, ys, strict=True)])


class _ViaWriter(Writer):
    """Writes the pages as they come; only their keys are held until the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: list[str] = []
        self._file: TextIO = (folder / _FILE).open("w", encoding="utf-8", newline="\n")
        settings = {
            "ui": {},
            "core": {"buffer_size": 18, "filepath": {}, "default_filepath": ""},
            "project": {"name": "crnn-gui"},
        }
        attributes = {"region": {"text": {"type": "text", "description": "", "default_value": ""}}, "file": {}}
        self._file.write(f'{{"_via_settings": {json.dumps(settings)},\n"_via_attributes": {json.dumps(attributes)},\n')
        self._file.write(f'"_via_data_format_version": "2.0.10",\n"{_METADATA}": {{')

    def fit(self, box: Box) -> Box:
        return clockwise(box)

    def add_page(self, page: LabelledPage) -> None:
        image = self._folder / page.name
        size = image.stat().st_size if image.exists() else -1  # -1: VIA asks for no size
        regions = [{"shape_attributes": _shape(box), "region_attributes": {"text": text}} for box, text in page.words]
        entry = {"filename": page.name, "size": size, "regions": regions, "file_attributes": {}}
        key = json.dumps(f"{page.name}{size}", ensure_ascii=False)
        self._file.write(("," if self._keys else "") + f"\n{key}: {json.dumps(entry, ensure_ascii=False)}")
        self._keys.append(key)

    def finish(self) -> None:
        self._file.write(f'\n}},\n"_via_image_id_list": [{", ".join(self._keys)}]}}\n')
        self._file.close()


def _shape(box: Box) -> dict[str, Any]:
    left, top, right, bottom = box.bounds
    [[x, y], [width, height]] = plain_numbers([(left, top), (right - left, bottom - top)])
    if box.is_upright and (x + width, y + height) == (right, bottom):  # otherwise the sums would round
        return {"name": "rect", "x": x, "y": y, "width": width, "height": height}
    xs, ys = zip(*plain_numbers(box.points), strict=True)
    return {"name": "polygon", "all_points_x": xs, "all_points_y": ys}
