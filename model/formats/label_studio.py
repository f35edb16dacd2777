"""Label Studio, its OCR template: one JSON file with a list of tasks.

Grammar, the rest being passed over::

    [{"data": {"ocr": "/data/local-files/?d=images/a.jpg"},
      "annotations": [{"result": [
        {"id": "w1", "type": "rectangle", "from_name": "bbox", "to_name": "image", "original_width": 1,
         "original_height": 1, "value": {"x": 1, "y": 1, "width": 8, "height": 8, "rotation": 0}},
        {"id": "w1", "type": "textarea", "from_name": "transcription", ..., "value": {..., "text": ["word"]}}]}]}]

Coordinates are percent of the image's width and height; ``rotation`` turns clockwise about the top-left corner. A shape
and its text have one id; shapes are of type ``rectangle``, ``rectanglelabels``, ``polygon`` or ``polygonlabels``. Of
several annotations the first that was not cancelled is read. The image is a path, or the address of an upload or of
local files, of which only the file's name counts. Texts of one word over several entries are joined by line breaks.

JSON-MIN is read as well. Between ``id`` and ``annotator`` it has a field for each control of the template, and no ids::

    [{"ocr": "/data/upload/1/a.jpg", "id": 1,
      "bbox": [{"x": 1, "y": 1, "width": 8, "height": 8, "rotation": 0, "original_width": 1, "original_height": 1}],
      "transcription": ["word"], "annotator": 1, "annotation_id": 1}]

The n-th text belongs to the n-th box, and a single text stands without its list. As a box without a text leaves no gap,
a task is refused unless there is a text for each box, or none at all. Of several annotations of a task, which are
tasks of their own there, the first is read. Label Studio does not open this form again, so it is not written.

To open an export: a project with the OCR template, local storage at the export's folder, then import the file.
Percent of a width are not exact: boxes are kept to a millionth of a pixel.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TextIO
from urllib.parse import parse_qs, quote, unquote, urlsplit

from model.annotations import Box, LabelledCrop, Point
from model.formats._pages import PageFormat, Pages, first_sign, head_of, shown
from model.formats._shapes import clockwise, number, outline, plain_text, points_of
from model.formats._trees import json_members
from model.formats.base import LabelledPage, Refuse, Writer, register

_FILE = "label-studio.json"
_LOCAL = "/data/local-files/?d="
_UPLOADED = re.compile(r"[0-9a-f]{8}-")
_SIGN = re.compile(r'"(from_name|to_name|annotation_id|original_width)"\s*:')
_SHAPES = frozenset({"rectangle", "rectanglelabels", "polygon", "polygonlabels"})
_USE_JSON = "export it from Label Studio as JSON"
_ANOTHER = "it is another annotation of a task that has been read"


@register
class LabelStudio(PageFormat):
    name = "label-studio"
    title = "Label Studio"
    accepts = "a folder with Label Studio's .json export (a list of OCR tasks), or that file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".json",), _is_export)
        return f"{shown(path, file)} holds Label Studio's tasks" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".json",), _is_export):
            last_id: object = None  # JSON-MIN has the annotations of one task one after the other
            for key, task in json_members(file, "", refuse):
                place = f"{shown(path, file)} task {key}"
                try:
                    is_short = isinstance(task, dict) and "annotation_id" in task
                    if is_short and last_id is not None and task.get("id") == last_id:
                        raise ValueError(_ANOTHER)
                    address, words, others = _parse_short_task(task) if is_short else _parse_task(task)
                except ValueError as error:
                    refuse(place, str(error))
                else:
                    last_id = task.get("id") if is_short else None
                    for _ in range(others):
                        refuse(place, _ANOTHER)
                    yield from pages.crops(place, partial(_image, pages, address, file), words, _parse_word)

    def writer(self, folder: Path) -> Writer:
        return _LabelStudioWriter(folder)


def _is_export(file: Path) -> bool:
    head = head_of(file).lstrip()
    return head.startswith("[") and _SIGN.search(head) is not None


def _parse_task(task: Any) -> tuple[str, list[list[Any]], int]:
    """Return the address of a task's image, the entries of each word, which are those of one id, and how many
    annotations there are besides the one that is read.
    """
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise ValueError("it is no task with data")
    address = _address(data)
    annotations = task.get("annotations") or task.get("completions") or task.get("predictions") or []
    if not isinstance(annotations, list):
        raise ValueError("its annotations are no list")
    usable = [a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled")]
    result = usable[0].get("result", []) if usable else []
    if not isinstance(result, list):
        raise ValueError("its result is no list")
    words: dict[str, list[Any]] = {}
    for place, entry in enumerate(result):
        is_word = isinstance(entry, dict) and entry.get("type") in {*_SHAPES, "textarea"}
        if is_word or not isinstance(entry, dict):
            words.setdefault(str(entry.get("id", place)) if is_word else str(place), []).append(entry)
    return address, list(words.values()), max(0, len(usable) - 1)


def _address(data: dict[str, Any]) -> str:
    values = (data.get(name) for name in ("ocr", "image", "captioning", *data))
    addresses = [value for value in values if isinstance(value, str)]
    if not addresses:
        raise ValueError("its data names no image")
    return addresses[0]


def _parse_short_task(task: dict[str, Any]) -> tuple[str, list[list[Any]], int]:
    """Return of a task of JSON-MIN what `_parse_task` does, its words made into such entries."""
    names = list(task)
    begin = names.index("id") if "id" in task else 0
    end = names.index("annotator" if "annotator" in task else "annotation_id")
    fields = {name: task[name] for name in names[begin + 1 : end]}
    address = _address({name: task[name] for name in names[:begin]})
    lists = [found for value in fields.values() if isinstance(value, list) and (found := _shapes_in(value))]
    shapes = max(lists, key=len, default=[])
    texts = _texts_among(fields)
    if texts and len(texts) != len(shapes):
        raise ValueError(f"{len(texts)} of {len(shapes)} boxes have a text, and which is not told; {_USE_JSON}")
    outlines = set(map(_outline, shapes))
    if not all(outlines.issuperset(map(_outline, other)) for other in lists):
        raise ValueError(f"its kinds of boxes are listed apart; {_USE_JSON}")
    entries = ([{"type": "rectangle", "value": shape, **shape}] for shape in shapes)
    if not texts:
        return address, list(entries), 0
    return address, [[*shape, {"value": {"text": text}}] for shape, text in zip(entries, texts, strict=True)], 0


def _shapes_in(values: list[Any]) -> list[dict[str, Any]]:
    """Return the rectangles and polygons of a field; texts over several lines have coordinates, too."""
    return [v for v in values if isinstance(v, dict) and ("x" in v or "points" in v) and "text" not in v]


def _outline(shape: dict[str, Any]) -> str:
    return str([shape.get(name) for name in ("x", "y", "width", "height", "rotation", "points")])


def _texts_among(fields: dict[str, Any]) -> list[Any]:
    """Return the texts of a task of JSON-MIN: those of the field that is called so, else of the only one there is."""
    found: dict[str, list[Any]] = {}
    for name, value in fields.items():
        texts = [v["text"] if isinstance(v, dict) and "text" in v else v for v in _listed(value)]
        if not any(isinstance(text, dict) for text in texts):
            found[name.casefold()] = texts
    for name in ("transcription", "text"):
        if name in found:
            return found[name]
    if len(found) > 1:
        raise ValueError(f"its texts could be any of {', '.join(found)}; call the field transcription")
    return next(iter(found.values()), [])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _image(pages: Pages, address: str, file: Path) -> str:
    parts = urlsplit(address) if "\0" not in address else None
    query = parse_qs(parts.query).get("d") if parts else None
    path = query[0] if query else address
    if parts and not query and (parts.scheme in ("http", "https", "s3", "gs") or parts.path.startswith("/data/")):
        path = PurePosixPath(unquote(parts.path)).name
        if not (pages.root / path).is_file() and (bare := _UPLOADED.sub("", path, count=1)) != path:
            kept = pages.named(path, file)
            path = path if (pages.root / kept).is_file() else bare
    return pages.named(path, file)


def _parse_word(entries: list[Any]) -> tuple[Box, str]:
    shape = next((e for e in entries if isinstance(e, dict) and e.get("type") in _SHAPES), None)
    if shape is None:
        raise ValueError("it has no rectangle or polygon")
    values = [e.get("value") for e in entries]
    texts = [value["text"] for value in values if isinstance(value, dict) and value.get("text") is not None]
    lines = texts[-1] if texts else ""
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        lines = "\n".join(lines)
    return _parse_box(shape), plain_text(lines)


def _parse_box(shape: dict[str, Any]) -> Box:
    value = shape.get("value")
    if not isinstance(value, dict):
        raise ValueError("it has no value")
    width, height = number(shape.get("original_width")), number(shape.get("original_height"))
    if width <= 0 or height <= 0:
        raise ValueError("the size of its image is not positive")

    def pixels(x: float, y: float) -> Point:
        return round(x * width / 100, 6), round(y * height / 100, 6)

    if "points" in value:
        return outline([pixels(x, y) for x, y in points_of(value["points"])])
    x, y, w, h = (number(value.get(name)) for name in ("x", "y", "width", "height"))
    turn = math.radians(number(value.get("rotation") or 0))
    (left, top), (right, bottom) = pixels(x, y), pixels(x + w, y + h)
    if not turn:
        return Box.from_bounds(left, top, right, bottom)
    along, across = right - left, bottom - top
    cos, sin = math.cos(turn), math.sin(turn)
    corners = ((0.0, 0.0), (along, 0.0), (along, across), (0.0, across))
    return outline([(left + u * cos - v * sin, top + u * sin + v * cos) for u, v in corners])


class _LabelStudioWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._written = 0
        self._file: TextIO = (folder / _FILE).open("w", encoding="utf-8", newline="\n")
        self._file.write("[")

    def fit(self, box: Box) -> Box:
        a, b, c, d = ((round(x, 6), round(y, 6)) for x, y in clockwise(box).points)
        return outline((a, b, c, d))

    def add_page(self, page: LabelledPage) -> None:
        result = [
            entry
            for number, (box, text) in enumerate(page.words, 1)
            for entry in _entries(f"w{self._written + 1}-{number}", box, text, page)
        ]
        task = {"data": {"ocr": _LOCAL + quote(page.name)}, "annotations": [{"result": result}]}
        self._file.write((",\n" if self._written else "\n") + json.dumps(task, ensure_ascii=False))
        self._written += 1

    def finish(self) -> None:
        self._file.write("\n]\n")
        self._file.close()


def _entries(name: str, box: Box, text: str, page: LabelledPage) -> Iterator[dict[str, Any]]:
    """Yield the shape of a word and its text, both of one id."""
    size = {"original_width": page.width, "original_height": page.height, "image_rotation": 0}
    percent = [[100 * x / page.width, 100 * y / page.height] for x, y in box.points]
    (left, top), (right, bottom) = percent[0], percent[2]
    shape, value = "polygon", {"points": percent, "closed": True}
    if box.is_upright:
        value = {"x": left, "y": top, "width": right - left, "height": bottom - top, "rotation": 0}
        shape = "rectangle"
    for kind, from_name, more in ((shape, "bbox", {}), ("textarea", "transcription", {"text": [text]})):
        yield {"id": name, "type": kind, "from_name": from_name, "to_name": "image", **size, "value": value | more}
