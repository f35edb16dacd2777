"""Files that hold several pages: PDF documents, and TIFF files of more than one image.

A page of such a file is a path of its own, the file's with the page's number behind it: the third page of scan.pdf is
``scan.pdf/3``, a name that no file can have while scan.pdf is one. So whoever knows pages as paths knows these too.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from PIL import Image

from model.errors import ImageError
from model.extras import require

PDF = ".pdf"
DOCUMENT_SUFFIXES = frozenset({PDF, ".tif", ".tiff"})

DOTS_PER_INCH = 200
"""What pages of a PDF are drawn at. Boxes are in these pixels, so it is the same for ever."""

_POINTS_PER_INCH = 72
_one_at_a_time = threading.Lock()  # PDFium is not safe to be called by several threads


def is_page_of_document(path: PurePath) -> bool:
    """Whether a path has the form of a page of a document. The disk is not asked."""
    return path.name.isdecimal() and path.parent.suffix.lower() in DOCUMENT_SUFFIXES


def shown_name(path: str) -> str:
    """Return the name of a page as people read it: "a.jpg", and "scan.pdf · 3" for a page of a document."""
    page = PurePosixPath(path)
    return f"{page.parent.name} · {page.name}" if is_page_of_document(page) else page.name


def stem_of(path: str) -> str:
    """Return the name of a page without its suffix, as files are called after it: "a", and "scan-3"."""
    page = PurePosixPath(path)
    return f"{page.parent.stem}-{page.name}" if is_page_of_document(page) else page.stem


def pages_of(path: Path) -> Iterator[Path]:
    """Yield the pages of a file: numbered ones for a PDF and a TIFF of several images, else the file itself.

    A document that cannot be read is one page, which says why when it is opened.
    """
    count = 0
    if path.suffix.lower() in DOCUMENT_SUFFIXES:
        try:
            count = _count(path)
        except Exception:  # noqa: BLE001  damaged files raise nearly any type; reading the page tells what is wrong
            count = 0
    if count > 1 or (count and path.suffix.lower() == PDF):
        yield from (path / str(number) for number in range(1, count + 1))
    else:
        yield path


def _count(path: Path) -> int:
    if path.suffix.lower() == PDF:
        with _pdf(path) as pdf:
            return len(pdf)
    with path.open("rb") as file, Image.open(file, formats=("TIFF",)) as image:
        return int(getattr(image, "n_frames", 1))


def pdf_page_size(path: Path, number: int) -> tuple[int, int]:
    """Return width and height in pixels of a page of a PDF, as :func:`draw_pdf_page` draws it.

    Raises:
        ImageError: the document has no such page, or cannot be read; one sentence that names the file.
    """
    with _pdf_page(path, number) as page:
        width, height = (math.ceil(points * DOTS_PER_INCH / _POINTS_PER_INCH) for points in page.get_size())
        return width, height


def draw_pdf_page(path: Path, number: int) -> Image.Image:
    """Return a page of a PDF as an image of mode "RGB". Raises as :func:`pdf_page_size`."""
    with _pdf_page(path, number) as page:
        bitmap = page.render(scale=DOTS_PER_INCH / _POINTS_PER_INCH)
        image: Image.Image = bitmap.to_pil().convert("RGB")
        return image


@contextmanager
def _pdf_page(path: Path, number: int) -> Iterator[Any]:
    with _pdf(path) as pdf:
        if not 1 <= number <= len(pdf):
            raise ImageError(f"{path} has {len(pdf)} pages, so there is no page {number}.")
        page = pdf[number - 1]
        try:
            yield page
        finally:
            page.close()


@contextmanager
def _pdf(path: Path) -> Iterator[Any]:
    """Open a PDF document; nobody else uses PDFium meanwhile.

    Raises:
        MissingLibraryError, FileNotFoundError, ImageError
    """
    pdfium = require("pypdfium2", extra="formats", purpose=f"The document {path}")
    with _one_at_a_time:
        try:
            pdf = pdfium.PdfDocument(path)
        except pdfium.PdfiumError as error:
            why = "asks for a password" if "password" in str(error).lower() else "cannot be read as a PDF"
            raise ImageError(f"{path} {why}.") from error
        try:
            yield pdf
        finally:
            pdf.close()
