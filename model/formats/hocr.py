"""hOCR, as Tesseract and others write it: HTML with boxes in its title attributes.

Grammar, in .hocr, .html or .htm files::

    <div class="ocr_page" title='image "a.jpg"; bbox 0 0 width height; ppageno 0'>
      <span class="ocr_line" title="bbox ...">
        <span class="ocrx_word" title="bbox left top right bottom; poly x1 y1 x2 y2 ...; x_wconf 93">text</span>

A word's ``poly`` counts where it has one. The image is the named one, else the one with the file's own name. UTF-8.
White space in HTML is one space, and none at either end: labels with other white space cannot be written. Coordinates
are whole pixels from 0, so written boxes are rounded and cut off at the left and top edge of the page. The
parser knows no entities but HTML's own characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

from model.annotations import Box, LabelledCrop
from model.formats._lists import LONGEST_PIECE
from model.formats._pages import PageFormat, Pages, beside, first_sign, head_of, shown
from model.formats._shapes import outline, points_in, whole_pixels
from model.formats._trees import escaped, xml_refusal
from model.formats.base import LabelledPage, Refuse, Writer, register

_SUFFIXES = (".hocr", ".html", ".htm")
_SIGN = re.compile(r"class\s*=\s*[\"']?(\w+\s+)*ocr_page\b")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_SPACES = re.compile(r"[ \t\n\f\r]+")
_NUMBERS = r"\s+(-?[\d.]+(?:[\s,]+-?[\d.]+)*)"
_BBOX, _POLY = re.compile(r"(?:^|;)\s*bbox" + _NUMBERS), re.compile(r"(?:^|;)\s*poly" + _NUMBERS)
_IMAGE = re.compile(r"""(?:^|;)\s*image\s+(?:"([^"]*)"|'([^']*)'|([^;]*))""")


@register
class Hocr(PageFormat):
    name = "hocr"
    title = "hOCR"
    accepts = "a folder with hOCR files (.hocr or .html with ocr_page and ocrx_word), or one of them"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, _SUFFIXES, _is_hocr)
        return f"{shown(path, file)} is hOCR" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, _SUFFIXES, _is_hocr):
            yield from _read_file(pages, file)

    def writer(self, folder: Path) -> Writer:
        return _HocrWriter(folder)


def _is_hocr(file: Path) -> bool:
    return _SIGN.search(head_of(file)) is not None


def _read_file(pages: Pages, file: Path) -> Iterator[LabelledCrop]:
    place = shown(pages.path, file)
    parser = _Parser()
    try:
        with file.open(encoding="utf-8-sig") as text:
            while chunk := text.read(1 << 16):
                parser.feed(chunk)
                if len(parser.rawdata) > LONGEST_PIECE:  # what it waits for the end of
                    pages.refuse(place, f"a piece of it is longer than {LONGEST_PIECE:,} characters")
                    return
        parser.close()
    except UnicodeDecodeError:
        pages.refuse(place, "it is not UTF-8")
        return
    except OSError as error:
        pages.refuse(place, f"it cannot be read: {error.strerror or error}")
        return
    if not parser.pages:
        pages.refuse(place, "it has no ocr_page")
    elif parser.is_cut_off:
        pages.refuse(place, "it ends before </html>, so words may be missing")
    for number, (image, words) in enumerate(parser.pages, 1):
        yield from pages.crops(
            place if len(parser.pages) == 1 else f"{place} page {number}",
            partial(pages.named, image, file) if image else partial(pages.called, file.stem, file),
            words,
            _parse_word,
        )


class _Parser(HTMLParser):
    """Collects the pages of one file: the image's name and (title, text) of the words of each."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pages: list[tuple[str, list[tuple[str, str]]]] = []
        self.is_cut_off = False
        self._title: str | None = None
        self._text: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_cut_off |= tag == "html"
        if self._title is not None:
            self._depth += tag not in _VOID
            return
        attributes = dict(attrs)
        classes, title = (attributes.get("class") or "").split(), attributes.get("title") or ""
        if "ocr_page" in classes:
            match = _IMAGE.search(title)
            name = next((group.strip() for group in match.groups() if group), "") if match else ""
            self.pages.append(("" if name in ("None", "unknown") else name, []))
        elif "ocrx_word" in classes:
            self._title, self._text, self._depth = title, [], 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._title is None:
            self.is_cut_off &= tag != "html"
            return
        self._depth -= tag not in _VOID
        if self._depth <= 0:
            if not self.pages:
                self.pages.append(("", []))
            self.pages[-1][1].append((self._title, _collapsed("".join(self._text))))
            self._title = None


def _collapsed(text: str) -> str:
    return _SPACES.sub(" ", text).strip(" ")


def _parse_word(word: tuple[str, str]) -> tuple[Box, str]:
    title, text = word
    if match := _POLY.search(title):
        return outline(points_in(match[1])), text
    match = _BBOX.search(title)
    corners = points_in(match[1]) if match else []
    if len(corners) != 2:
        raise ValueError("its title has no bbox of four numbers")
    return Box.from_bounds(*corners[0], *corners[1]), text


class _HocrWriter(Writer):
    """Writes XHTML, so that tools that parse XML read it as well."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refusal(self, text: str) -> str | None:
        if text != _collapsed(text):
            return "has white space other than single spaces between words"
        return xml_refusal(text)

    def fit(self, box: Box) -> Box:
        a, b, c, d = ((max(x, 0), max(y, 0)) for x, y in whole_pixels(box).points)
        return outline((a, b, c, d))

    def add_page(self, page: LabelledPage) -> None:
        file, image = beside(page, ".hocr")
        whole = f"bbox 0 0 {page.width} {page.height}"
        title = escaped(f'image "{image}"; {whole}; ppageno 0')
        lines = (_line(number, box, text) for number, (box, text) in enumerate(page.words, 1))
        document = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml">\n'
            f'<head><title>{escaped(page.stem)}</title><meta charset="utf-8" />'
            '<meta name="ocr-system" content="crnn-gui" />'
            '<meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word" /></head>\n'
            f'<body>\n<div class="ocr_page" id="page_1" title="{title}">\n{"".join(lines)}</div>\n</body>\n</html>\n'
        )
        (self._folder / file).write_text(document, encoding="utf-8", newline="\n")

    def finish(self) -> None:
        pass


def _line(number: int, box: Box, text: str) -> str:
    title = "bbox " + " ".join(str(int(v)) for v in box.bounds)
    if not box.is_upright:
        title += "; poly " + " ".join(str(int(v)) for point in box.points for v in point)
    word = f'<span class="ocrx_word" id="word_1_{number}" title="{title}">{escaped(text)}</span>'
    return f'<span class="ocr_line" id="line_1_{number}" title="{title}">{word}</span><br />\n'
