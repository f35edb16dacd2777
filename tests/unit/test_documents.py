"""Pages of PDF documents and of TIFF files with several images are pages like any other."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageStat

from crnn_gui.services.projects import locate
from model.annotations import Box, Edit, Source, Word, WordChange
from model.documents import DOTS_PER_INCH, shown_name, stem_of
from model.errors import ImageError
from model.exporting import ExportOptions, export
from model.formats import open_dataset
from model.images import MissingImageError, image_bytes, image_size, list_images, read_image, thumbnail
from model.store import FILE_NAME, AnnotationStore

GREYS = (40, 120, 200)


def sheets() -> list[Image.Image]:
    made = [Image.new("L", (200, 100), grey) for grey in GREYS]
    for sheet in made:
        ImageDraw.Draw(sheet).rectangle((20, 20, 100, 60), fill=255)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A PDF of three pages of 2 x 1 inches, a TIFF of two images, and files of one image."""
    sheets()[0].save(tmp_path / "scan.pdf", save_all=True, append_images=sheets()[1:], resolution=100)
    sheets()[0].save(tmp_path / "fax.tif", save_all=True, append_images=sheets()[1:2])
    sheets()[0].save(tmp_path / "single.tiff")
    sheets()[0].save(tmp_path / "photo.png")
    return tmp_path


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in list_images(folder)]


def test_c16_each_page_of_a_document_is_listed(folder: Path) -> None:
    assert names(folder) == [
        *("fax.tif/1", "fax.tif/2", "photo.png", "scan.pdf/1", "scan.pdf/2", "scan.pdf/3", "single.tiff")
    ]


def test_c16_pages_of_a_pdf_are_drawn_at_a_fixed_resolution(folder: Path) -> None:
    for number, grey in enumerate(GREYS, 1):
        page = folder / "scan.pdf" / str(number)
        image = read_image(page)
        assert image.size == image_size(page) == (2 * DOTS_PER_INCH, DOTS_PER_INCH)
        assert image.getpixel((10, 10)) == pytest.approx((grey,) * 3, abs=4)  # Pillow's PDF holds a JPEG
        assert ImageStat.Stat(thumbnail(page, (64, 64))).mean[0] > grey


def test_c15_images_of_a_tiff_are_its_own_pixels(folder: Path) -> None:
    for number, grey in enumerate(GREYS[:2], 1):
        page = folder / "fax.tif" / str(number)
        assert (image_size(page), read_image(page).getpixel((0, 0))) == ((200, 100), grey)


def test_pages_that_are_not_there_are_named(folder: Path) -> None:
    with pytest.raises(ImageError, match=r"has 3 pages, so there is no page 4"):
        read_image(folder / "scan.pdf/4")
    with pytest.raises(ImageError, match=r"fax\.tif.3 cannot be read"):
        read_image(folder / "fax.tif/3")
    with pytest.raises(MissingImageError, match=r"lost\.pdf.1 does not exist"):
        read_image(folder / "lost.pdf/1")


def test_damaged_documents_are_listed_and_say_why_when_they_are_opened(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 and then nothing of use")
    (tmp_path / "bad.tif").write_bytes(b"II*\0 and then nothing of use")
    assert names(tmp_path) == ["bad.pdf", "bad.tif"]
    with pytest.raises(ImageError, match=r"bad\.pdf cannot be read as a PDF"):
        read_image(tmp_path / "bad.pdf")
    with pytest.raises(ImageError, match=r"bad\.tif"):
        read_image(tmp_path / "bad.tif")


def test_without_the_library_a_pdf_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert "scan.pdf" in names(folder)
    with pytest.raises(ImageError, match=r"scan\.pdf needs the library pypdfium2; .*crnn-gui\[formats\]"):
        read_image(folder / "scan.pdf")


def test_threads_take_turns(folder: Path) -> None:
    pages = [folder / "scan.pdf" / str(number) for number in (1, 2, 3)] * 8
    with ThreadPoolExecutor(4) as pool:
        found = [image.tobytes() for image in pool.map(read_image, pages)]
    assert found == [read_image(page).tobytes() for page in pages[:3]] * 8


def test_opening_a_document_shows_its_first_page(folder: Path) -> None:
    assert locate(folder / "scan.pdf").image == folder / "scan.pdf/1"
    assert locate(folder / "single.tiff").image == folder / "single.tiff"


def test_names_that_people_read() -> None:
    assert (shown_name("a/scan.pdf/3"), stem_of("a/scan.pdf/3")) == ("scan.pdf · 3", "scan-3")
    assert (shown_name("a/b.jpg"), stem_of("a/b.jpg"), shown_name("pages/3")) == ("b.jpg", "b", "3")


@pytest.mark.parametrize("images", [True, False])
def test_words_on_pages_of_documents_are_exported(folder: Path, tmp_path: Path, images: bool) -> None:
    box = Box.from_bounds(20, 20, 100, 60)
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        pages = store.add_pages([folder / "scan.pdf/2", folder / "fax.tif/1"])
        for page in pages:
            word = Word(store.next_word_id(), page.id, box, "text", source=Source.TYPED)
            store.apply(Edit("draw", (WordChange(None, word),)))
        report = export(store, format="ppocr", out=tmp_path / "out", options=ExportOptions(images=images))
        whole = export(store, format="mjsynth", out=tmp_path / "crops", options=ExportOptions())
    assert (report.written, whole.written, whole.skipped) == (2, 2, ())
    crops = list(open_dataset(tmp_path / "out").crops())
    assert sorted(crop.image.name for crop in crops) == ["fax-1.png", "scan-2.png"]
    assert {crop.box for crop in crops} == {box}
    assert {reason for _, reason in report.reencoded} == {"it is a page of a document"}


def test_a_copied_page_of_a_document_is_a_png(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.png").write_bytes(image_bytes(folder / "fax.tif/2"))
    assert read_image(tmp_path / "copy.png").tobytes() == read_image(folder / "fax.tif/2").tobytes()
