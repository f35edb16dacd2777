"""PAGE XML, as Transkribus, eScriptorium and LAREX exchange it: one XML file for each page.

Grammar, whatever the version's namespace, the rest being passed over::

    <PcGts><Metadata>...</Metadata><Page imageFilename="a.jpg" imageWidth="1" imageHeight="1">
      <TextRegion id="r1"><Coords points="x,y x,y x,y x,y"/>
        <TextLine id="l1"><Coords .../><Word id="w1"><Coords .../><TextEquiv index="0"><Unicode>text</Unicode>

Words are read; a line is read as one where it has none with a text. The first TextEquiv counts, or the one of least
index. Points are whole pixels from 0 by the schema, so written boxes are rounded and cut off at the left and top edge
of the page. The schema asks for a time of making: it is always the same, so that the same project gives the same bytes.
Entities are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from model.annotations import Box, LabelledCrop
from model.formats._pages import PageFormat, Pages, beside, first_sign, head_of, shown
from model.formats._shapes import number_in, outline, points_in, whole_pixels
from model.formats._trees import children, descendants, escaped, xml_elements, xml_refusal
from model.formats.base import LabelledPage, Refuse, Writer, register

_SIGN = re.compile(r"<(\w+:)?PcGts\b")
_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_TIME = "1970-01-01T00:00:00"


@register
class PageXml(PageFormat):
    name = "page-xml"
    title = "PAGE XML"
    accepts = "a folder with PAGE .xml files (PcGts), one for each page, or one of them"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".xml",), _is_page)
        return f"{shown(path, file)} is PAGE XML" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".xml",), _is_page):
            for page in xml_elements(file, "Page", refuse):
                name = page.get("imageFilename")
                yield from pages.crops(shown(path, file), partial(pages.named, name, file), _words(page), _parse_word)

    def writer(self, folder: Path) -> Writer:
        return _PageXmlWriter(folder)


def _is_page(file: Path) -> bool:
    return _SIGN.search(head_of(file)) is not None


def _words(page: Element) -> Iterator[Element]:
    """Yield the words in the file's order, and each line that has none with a text while it has one itself."""
    for line in descendants(page, "TextLine"):
        words = list(children(line, "Word"))
        if _text(line) and not any(map(_text, words)):
            yield line
        else:
            yield from words


def _text(element: Element) -> str:
    versions = list(children(element, "TextEquiv"))
    if not versions:
        return ""
    first = min(versions, key=_index)
    return next((unicode.text or "" for unicode in children(first, "Unicode")), "")


def _index(version: Element) -> float:
    try:
        return number_in(version.get("index", "0"))
    except ValueError:
        return 0.0


def _parse_word(word: Element) -> tuple[Box, str]:
    coords = next(children(word, "Coords"), None)
    if coords is None:
        raise ValueError("it has no Coords")
    if coords.get("points") is not None:
        return outline(points_in(coords.get("points"))), _text(word)
    corners = [(number_in(point.get("x")), number_in(point.get("y"))) for point in children(coords, "Point")]
    return outline(corners), _text(word)  # as versions before 2013 have it


class _PageXmlWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refusal(self, text: str) -> str | None:
        return xml_refusal(text)

    def fit(self, box: Box) -> Box:
        a, b, c, d = ((max(x, 0), max(y, 0)) for x, y in whole_pixels(box).points)
        return outline((a, b, c, d))

    def add_page(self, page: LabelledPage) -> None:
        file, image = beside(page, ".xml")
        size = f'imageWidth="{page.width}" imageHeight="{page.height}"'
        whole = Box.from_bounds(0, 0, page.width, page.height)
        lines = (_line(number, box, text) for number, (box, text) in enumerate(page.words, 1))
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<PcGts xmlns="{_NAMESPACE}">\n'
            f"<Metadata><Creator>crnn-gui</Creator><Created>{_TIME}</Created><LastChange>{_TIME}</LastChange></Metadata>\n"
            f'<Page imageFilename="{escaped(image)}" {size}>\n<TextRegion id="r1">{_coords(whole)}\n'
            f"{''.join(lines)}</TextRegion>\n</Page>\n</PcGts>\n"
        )
        (self._folder / file).write_text(document, encoding="utf-8", newline="\n")

    def finish(self) -> None:
        pass


def _coords(box: Box) -> str:
    return '<Coords points="' + " ".join(f"{int(x)},{int(y)}" for x, y in box.points) + '"/>'


def _line(number: int, box: Box, text: str) -> str:
    """Return a word as a line of its own; tools that know lines only see it as well."""
    coords, equiv = _coords(box), f"<TextEquiv><Unicode>{escaped(text)}</Unicode></TextEquiv>"
    word = f'<Word id="w{number}">{coords}{equiv}</Word>'
    return f'<TextLine id="l{number}">{coords}{word}{equiv}</TextLine>\n'
