"""CVAT for images 1.1: one ``annotations.xml`` for all pages. (CVAT's ICDAR export is the format ``icdar``.)

Grammar, the rest being passed over::

    <annotations><version>1.1</version>
      <image id="0" name="a.jpg" width="1" height="1" subset="train">
        <box label="text" xtl="1" ytl="1" xbr="9" ybr="9" rotation="15">
          <attribute name="text">what is read</attribute></box>
        <polygon label="text" points="1,1;9,1;9,9;1,9"><attribute name="text">...</attribute></polygon>

``rotation`` turns clockwise about the centre. The text is the attribute ``text`` or ``transcription``, or the only one.
A page's part is its subset. Images lie in ``images/``. To take an export in, make a CVAT task of these images whose
label "text" has a text attribute "text", and upload the annotations to it. Entities in the XML are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TextIO
from xml.etree.ElementTree import Element

from model.annotations import Box, LabelledCrop
from model.formats._pages import PageFormat, Pages, first_sign, head_of, parts_in, shown
from model.formats._shapes import clockwise, number_in, outline, points_in, text_among, turned_rectangle, written
from model.formats._trees import children, descendants, escaped, local_name, xml_elements, xml_refusal
from model.formats.base import LabelledPage, Refuse, Writer, register

_FILE = "annotations.xml"
_SUBSET = re.compile(r"""<image\b[^<>]*\ssubset\s*=\s*["']([^"'<>]{1,40})["']""")
_SIGN = re.compile(r"<annotations\b.*<(image|version)\b", re.DOTALL)


@register
class Cvat(PageFormat):
    name = "cvat"
    title = "CVAT for images"
    accepts = f"a folder with CVAT's {_FILE} (image elements with box or polygon), or that file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".xml",), _is_cvat)
        return f"{shown(path, file)} holds CVAT's annotations" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".xml",), _is_cvat):
            for image in xml_elements(file, "image", refuse):
                name = image.get("name")
                place = f"{shown(path, file)} image {name}"
                words = descendants(image, "box", "polygon")
                find = partial(_find, pages, file, name, image.get("subset", ""))
                yield from pages.crops(place, find, words, _parse_word)

    def parts_told(self, path: Path) -> Iterator[str]:
        for file in Pages(path, lambda place, reason: None).files(self, (".xml",), _is_cvat):
            yield from parts_in(file, _SUBSET)

    def writer(self, folder: Path) -> Writer:
        return _CvatWriter(folder)


def _is_cvat(file: Path) -> bool:
    return _SIGN.search(head_of(file)) is not None


def _find(pages: Pages, file: Path, reference: str | None, subset: str) -> str:
    name = pages.named(reference, file)
    pages.tell_part(name, subset)
    return name


def _parse_word(word: Element) -> tuple[Box, str]:
    text = text_among({a.get("name", ""): a.text or "" for a in children(word, "attribute")})
    if local_name(word) == "polygon":
        return outline(points_in(word.get("points"))), text
    left, top, right, bottom = (number_in(word.get(name)) for name in ("xtl", "ytl", "xbr", "ybr"))
    turn = number_in(word.get("rotation", "0"))
    if not turn:
        return Box.from_bounds(left, top, right, bottom), text
    return turned_rectangle(((left + right) / 2, (top + bottom) / 2), right - left, bottom - top, turn), text


class _CvatWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._written = 0
        self._file: TextIO = (folder / _FILE).open("w", encoding="utf-8", newline="\n")
        self._file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n')

    def refusal(self, text: str) -> str | None:
        return xml_refusal(text)

    def fit(self, box: Box) -> Box:
        return clockwise(box)

    def add_page(self, page: LabelledPage) -> None:
        name = escaped(page.name.removeprefix("images/"))
        size = f'width="{page.width}" height="{page.height}"'
        self._file.write(f'<image id="{self._written}" name="{name}" subset="{page.part}" {size}>\n')
        for box, text in page.words:
            tag, shape = _shape(box)
            attribute = f'<attribute name="text">{escaped(text)}</attribute>'
            self._file.write(f'<{tag} label="text" source="manual" occluded="0" {shape} z_order="0">')
            self._file.write(f"{attribute}</{tag}>\n")
        self._file.write("</image>\n")
        self._written += 1

    def finish(self) -> None:
        self._file.write("</annotations>\n")
        self._file.close()


def _shape(box: Box) -> tuple[str, str]:
    if box.is_upright:
        left, top, right, bottom = map(written, box.bounds)
        return "box", f'xtl="{left}" ytl="{top}" xbr="{right}" ybr="{bottom}"'
    return "polygon", 'points="' + ";".join(f"{written(x)},{written(y)}" for x, y in box.points) + '"'
