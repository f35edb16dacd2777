"""ALTO XML, versions 2 to 4: one XML file for each page.

Grammar, whatever the version's namespace, the rest being passed over::

    <alto><Description><MeasurementUnit>pixel</MeasurementUnit>
        <sourceImageInformation><fileName>a.jpg</fileName></sourceImageInformation></Description>
      <Layout><Page><PrintSpace><TextBlock><TextLine>
        <String CONTENT="text" HPOS="1" VPOS="1" WIDTH="8" HEIGHT="8">
          <Shape><Polygon POINTS="x,y x,y x,y x,y"/></Shape></String>

A String is a word; its Shape counts where it has one. The image is the named one, else the one with the file's own
name. Other units (tenths of a millimetre, 1200ths of an inch) become pixels by the size of the page and that of its
image. We write a Shape for every word, which alone holds a quadrilateral.
Entities are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from model.annotations import Box, LabelledCrop
from model.errors import ImageError
from model.formats._pages import PageFormat, Pages, beside, first_sign, head_of, shown
from model.formats._shapes import clockwise, number_in, outline, points_in, rectangle, written
from model.formats._trees import descendants, escaped, xml_elements, xml_refusal
from model.formats.base import LabelledPage, Refuse, Writer, register
from model.images import image_size

_SIGN = re.compile(r"<(\w+:)?alto[\s>]", re.IGNORECASE)
_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"


@register
class Alto(PageFormat):
    name = "alto"
    title = "ALTO XML"
    accepts = "a folder with ALTO .xml files, one for each page, or one of them"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".xml",), _is_alto)
        return f"{shown(path, file)} is ALTO XML" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".xml",), _is_alto):
            for page in xml_elements(file, "alto", refuse):
                place = shown(path, file)
                name = _first_text(page, "fileName")
                find = partial(pages.named, name, file) if name else partial(pages.called, file.stem, file)
                try:
                    scale = _scale(page, pages.root / find())
                except ValueError as error:
                    refuse(place, str(error))
                    continue
                yield from pages.crops(place, find, descendants(page, "String"), partial(_parse_string, scale=scale))

    def writer(self, folder: Path) -> Writer:
        return _AltoWriter(folder)


def _is_alto(file: Path) -> bool:
    return _SIGN.search(head_of(file)) is not None


def _first_text(page: Element, name: str) -> str:
    return next(((e.text or "").strip() for e in descendants(page, name)), "")


def _scale(page: Element, image: Path) -> tuple[float, float]:
    """Return how many pixels of its image one unit of a page is, across and down.

    Raises:
        ValueError: that cannot be known; the message is a clause.
    """
    unit = _first_text(page, "MeasurementUnit") or "pixel"
    if unit == "pixel":
        return 1.0, 1.0
    sheet = next(descendants(page, "Page"), page)
    try:
        width, height = image_size(image)
    except ImageError as error:
        raise ValueError(f"its unit is {unit}, and its image, which would tell the scale, cannot be read") from error
    across, down = (number_in(sheet.get(side, "0")) for side in ("WIDTH", "HEIGHT"))
    if min(across, down) <= 0:
        raise ValueError(f"its unit is {unit}, and its page has no size")
    return width / across, height / down


def _parse_string(word: Element, scale: tuple[float, float]) -> tuple[Box, str]:
    text = word.get("CONTENT", "")
    polygon = next(descendants(word, "Polygon"), None)
    across, down = scale
    if polygon is not None:
        return outline([(x * across, y * down) for x, y in points_in(polygon.get("POINTS"))]), text
    left, top, width, height = (number_in(word.get(name)) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    return rectangle(left * across, top * down, width * across, height * down), text


class _AltoWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refusal(self, text: str) -> str | None:
        return xml_refusal(text)

    def fit(self, box: Box) -> Box:
        return clockwise(box)

    def add_page(self, page: LabelledPage) -> None:
        file, image = beside(page, ".xml")
        whole = f'HPOS="0" VPOS="0" WIDTH="{page.width}" HEIGHT="{page.height}"'
        lines = (_line(number, box, text) for number, (box, text) in enumerate(page.words, 1))
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<alto xmlns="{_NAMESPACE}">\n'
            "<Description><MeasurementUnit>pixel</MeasurementUnit><sourceImageInformation>"
            f"<fileName>{escaped(image)}</fileName></sourceImageInformation></Description>\n"
            f'<Layout><Page ID="p1" PHYSICAL_IMG_NR="1" WIDTH="{page.width}" HEIGHT="{page.height}">\n'
            f'<PrintSpace {whole}>\n<TextBlock ID="b1" {whole}>\n'
            f"{''.join(lines)}</TextBlock>\n</PrintSpace>\n</Page></Layout>\n</alto>\n"
        )
        (self._folder / file).write_text(document, encoding="utf-8", newline="\n")

    def finish(self) -> None:
        pass


def _line(number: int, box: Box, text: str) -> str:
    left, top, right, bottom = box.bounds
    x, y, width, height = map(written, (left, top, right - left, bottom - top))
    place = f'HPOS="{x}" VPOS="{y}" WIDTH="{width}" HEIGHT="{height}"'
    points = " ".join(f"{written(px)},{written(py)}" for px, py in box.points)
    shape = f'<Shape><Polygon POINTS="{points}"/></Shape>'
    string = f'<String ID="s{number}" CONTENT="{escaped(text)}" {place}>{shape}</String>'
    return f'<TextLine ID="l{number}" {place}>{string}</TextLine>\n'
