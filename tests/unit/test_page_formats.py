# ruff: noqa: E501  samples of files stand on one line each
"""Page formats carry every text and box out and back, read what other tools write, and survive what is broken."""

from __future__ import annotations

import ast
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from model.annotations import Box, LabelledCrop, Word, reading_order
from model.errors import DatasetError, ExportError
from model.exporting import ExportOptions, export
from model.formats import Format, Kind, formats, get_format, open_dataset
from model.formats.base import LabelledPage
from model.images import read_image
from model.importing import import_dataset
from model.store import FILE_NAME, AnnotationStore

WRITABLE = [f for f in formats() if f.kind is Kind.PAGES and f.can_write]
every_page_format = pytest.mark.parametrize("f", WRITABLE, ids=lambda f: f.name)

UGLY = [
    "plain", "construed false nullify true", "a,b,c", "1,2,3,4,5,6,7,8,9", 'say "hi"', '"quoted"', "back\\slash\\n",
    "tab\tin", "line\nbreak", "return\r\nline", "שלום עולם", "עִבְרִית 12", "हिन्दी", "👩‍👩‍👧 😀", "<&>'\"]]>", "&amp;lt;", "x" * 3000,
    " lead", "trail ", "a  b", "###", "*", "\x07bell", "\u2028sep", "\u00a0nbsp", "\ufeffmark", "\\u0074rue", "null", "-",
    "[", "{}", "ﬁ", "Ꙗ", "\U0010ffff", "\ufffe",
]  # fmt: skip
BOX = Box.from_bounds(1, 2, 11, 7)

texts = st.one_of(
    st.sampled_from(UGLY), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """A rectangle on a page, upright or turned by any angle, some a little out of square; clockwise."""
    number = st.floats(-20, 2000, allow_nan=False, width=32) | st.integers(-5, 2000)
    x, y = draw(number), draw(number)
    width, height = draw(st.floats(1, 500)), draw(st.floats(1, 100))
    if draw(st.booleans()):
        return Box.from_bounds(x, y, x + width, y + height)
    angle = draw(st.floats(0, 2 * math.pi))
    cos, sin, lean = math.cos(angle), math.sin(angle), draw(st.floats(-0.2, 0.2)) * width
    corners = ((0, 0), (width, 0), (width + lean, height), (lean, height))
    a, b, c, d = ((x + u * cos - v * sin, y + u * sin + v * cos) for u, v in corners)
    return Box((a, b, c, d))


def make(folder: Path, files: dict[str, str | bytes], *, images: tuple[str, ...] = ("a.jpg",)) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    for name in images:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (100, 50), 200).save(folder / name)
    return folder


def words_of(path: Path, format: str | None = None) -> list[tuple[str, str, Box | None]]:  # noqa: A002
    """Return (image, text, box) of every word; nothing may be refused."""
    dataset = open_dataset(path, format=format)
    words = [(crop.image.relative_to(path).as_posix(), crop.text, crop.box) for crop in dataset.crops()]
    assert dataset.problems == []
    return words


# --- out and back ---


@every_page_format
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(pages=st.lists(st.lists(st.tuples(boxes(), texts), max_size=6), min_size=1, max_size=3))
@example(pages=[[(BOX, text) for text in UGLY]])
def test_what_is_written_is_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, f: Format, pages: list[list[tuple[Box, str]]]
) -> None:
    folder = tmp_path_factory.mktemp("out")
    names = [f"images/page {i}, ä.png" for i in range(len(pages))]
    make(folder, {}, images=tuple(names))
    writer = f.writer(folder)
    kept = []
    for name, words in zip(names, pages, strict=True):
        ready = [(writer.fit(box), text) for box, text in words if writer.refusal(text) is None]
        writer.add_page(LabelledPage(name, Path(name).stem, 2000, 1000, ready, "train"))
        kept += [(name, text, box) for box, text in ready]
    writer.finish()
    assert words_of(folder, f.name) == kept


@every_page_format
@given(box=boxes())
def test_a_format_moves_no_edge_further_than_it_must(
    tmp_path_factory: pytest.TempPathFactory, f: Format, box: Box
) -> None:
    writer = f.writer(tmp_path_factory.mktemp("out"))
    fitted = writer.fit(box)
    writer.finish()
    assert writer.fit(fitted) == fitted
    for old, new in zip(box.bounds, fitted.bounds, strict=True):
        assert abs(new - old) <= 0.5 or (old < 0 and new == 0)


@every_page_format
def test_few_labels_are_refused_and_none_that_is_plain(tmp_path: Path, f: Format) -> None:
    writer = f.writer(tmp_path)
    refused = {text for text in UGLY if writer.refusal(text)}
    writer.finish()
    line = {"line\nbreak", "return\r\nline", " lead", "trail ", "\u2028sep", "\u00a0nbsp", "###"}
    control = {"\x07bell", "\ufffe"}
    space = {"line\nbreak", "return\r\nline", " lead", "trail ", "tab\tin", "a  b"}
    expected = {"icdar": line, "sroie": line, "ppocr": {"###"}, "hocr": control | space}
    expected |= dict.fromkeys(("cvat", "page-xml", "alto"), control)
    assert refused == expected.get(f.name, set())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two pages: one of ugly labels in turned boxes, one a photograph that its EXIF orientation turns."""
    folder = tmp_path / "project"
    folder.mkdir()
    Image.new("RGB", (300, 900), "white").save(folder / "pàge 1,x.png")
    exif = Image.Exif()
    exif[274] = 6
    photo = Image.new("RGB", (100, 60), "white")
    photo.paste((200, 0, 0), (0, 0, 50, 30))
    photo.save(folder / "photo.jpg", exif=exif, quality=100)
    turned = Box(((10.5, 800), (60, 810.25), (58, 830), (8.5, 820)))
    upside_down = Box(((60, 860), (10, 860), (10, 845), (60, 845)))
    words = [
        Word(0, 0, Box.from_bounds(3, 20 * i, 90, 20 * i + 15), text) for i, text in enumerate(UGLY) if text != "\ufffe"
    ]
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        page, photo_page = store.add_pages([folder / "pàge 1,x.png", folder / "photo.jpg"], [(300, 900), (60, 100)])
        store.add_words({page.id: [*words, Word(0, 0, turned, "turned"), Word(0, 0, upside_down, "upside down")]})
        store.add_words({photo_page.id: [Word(0, 0, Box.from_bounds(31, 0, 59, 49), "red"), Word(0, 0, BOX)]})
    return folder


def out_and_back(project: Path, out: Path, format: str, **options: object) -> None:  # noqa: A002
    """Export, import into a new project, and compare every word."""
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        report = export(store, format=format, out=out, options=ExportOptions(**options))  # type: ignore[arg-type]
        assert report.total == report.written + len(report.skipped)
        skipped = {skip.word_id for skip in report.skipped}
        labels = {page.path: reading_order(store.words(page.id)) for page in store.pages()}
    dataset = open_dataset(out)
    assert dataset.format == format
    back = import_dataset(dataset, out.with_name(f"{out.name}-back"))
    assert (back.added, back.refused, back.conflicts) == (report.written, 0, ())
    flattened = {word_id for _, word_id in report.flattened}
    with AnnotationStore.open(out.with_name(f"{out.name}-back") / FILE_NAME, read_only=True) as store:
        found = {(store.root / page.path).resolve(): list(store.words(page.id)) for page in store.pages()}
    for record in report.pages:
        kept = [word for word in labels[record.page] if word.id not in skipped]
        back_words = found.pop((out / record.name).resolve())
        assert [word.label for word in back_words] == [word.label for word in kept]
        for new, old in zip(back_words, kept, strict=True):
            moved = max(math.dist(p, q) for p, q in zip(new.box.points, old.box.points, strict=True))
            assert moved <= 0.75 or old.id in flattened
    assert not found


@every_page_format
def test_a_project_goes_out_and_comes_back(tmp_path: Path, project: Path, f: Format) -> None:
    out_and_back(project, tmp_path / "out", f.name)
    images = {path.name for path in (tmp_path / "out/images").iterdir() if path.suffix in (".png", ".jpg")}
    assert images == {"pàge_1_x.png", "photo.png"}


@every_page_format
def test_images_can_stay_where_they_are(tmp_path: Path, project: Path, f: Format) -> None:
    if not f.names_images:
        with (
            AnnotationStore.open(project / FILE_NAME, read_only=True) as store,
            pytest.raises(ExportError, match="cannot say"),
        ):
            export(store, format=f.name, out=tmp_path / "out", options=ExportOptions(images=False))
        assert not (tmp_path / "out").exists()
        return
    out_and_back(project, tmp_path / "deep" / "out", f.name, images=False)
    assert not list((tmp_path / "deep" / "out").rglob("*.jpg"))
    assert {crop.image.resolve() for crop in open_dataset(tmp_path / "deep/out").crops()} == {
        project / "pàge 1,x.png",
        project / "photo.jpg",
    }


@every_page_format
@pytest.mark.parametrize("images", [True, False])
def test_the_parts_of_an_export_are_read_apart(tmp_path: Path, project: Path, f: Format, images: bool) -> None:
    if not (images or f.names_images):
        pytest.skip("it finds images by their names, so it has to have copies")
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        for seed in range(20):  # until the two pages part
            options = ExportOptions(split=(50, 0, 50), seed=seed, images=images)
            report = export(store, format=f.name, out=tmp_path / f"out{seed}", options=options)
            if report.parts["train"] and report.parts["test"]:
                break
    out = tmp_path / f"out{seed}"
    assert open_dataset(out).parts == ("train", "test")
    for part in ("train", "test"):
        crops = list(open_dataset(out, part=part).crops())
        assert len(crops) == report.parts[part] > 0
        assert {crop.part for crop in crops} == {part}
    with pytest.raises(DatasetError, match="it has train, test"):
        open_dataset(out, part="val")


STRANGE = ["line\nbreak.png", "tab\t.png", "back\\slash.png", "C:\\x.png", "report.png", "gt.png", "x.gt.png", "CON.png",
           "gt_x.png", "Label.png", "..dots.png", "שלום.png", "😀.png", "a;b,c 'd' &amp; <e>.png", "%2e%2e.png", "-dash.png",
           "same.png", "SAME.PNG", "sub/same.png", "x" * 250 + ".png"]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="Windows allows none of these names")
@every_page_format
@pytest.mark.parametrize("images", [True, False])
def test_pages_with_strange_names_go_out_and_come_back(tmp_path: Path, f: Format, images: bool) -> None:
    folder = tmp_path / "project"
    make(folder, {}, images=tuple(STRANGE))
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        pages = store.add_pages([folder / name for name in STRANGE], [(100, 50)] * len(STRANGE))
        store.add_words({page.id: [Word(0, 0, BOX, page.path)] for page in pages})
    if images or f.names_images:
        out_and_back(folder, tmp_path / "out", f.name, images=images)
        names = [path.name.casefold() for path in (tmp_path / "out").rglob("*.png")]
        assert len(set(names)) == len(names)
        assert not {"con.png", "report.png"} & set(names)


@every_page_format
def test_a_turned_photograph_is_upright_for_every_reader(tmp_path: Path, project: Path, f: Format) -> None:
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        report = export(store, format=f.name, out=tmp_path / "out")
    assert report.reencoded == (("photo.jpg", "its EXIF orientation was applied"),)
    [photo] = [crop for crop in open_dataset(tmp_path / "out").crops() if crop.text == "red"]
    with Image.open(photo.image) as raw:  # as a reader sees it that knows no EXIF
        assert raw.size == (60, 100)
        assert raw.convert("RGB").getpixel((45, 20)) == pytest.approx((200, 0, 0), abs=6)
    assert read_image(photo.image).size == (60, 100)


@every_page_format
def test_the_same_project_gives_the_same_bytes(tmp_path: Path, project: Path, f: Format) -> None:
    trees = []
    for name in ("one", "two"):
        with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
            export(store, format=f.name, out=tmp_path / name)
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        trees.append({p.relative_to(tmp_path / name).as_posix(): p.read_bytes() for p in files})
    assert trees[0] == trees[1]


@every_page_format
def test_an_empty_project_can_be_exported(tmp_path: Path, f: Format) -> None:
    with AnnotationStore.open(tmp_path / FILE_NAME, create=True) as store:
        report = export(store, format=f.name, out=tmp_path / "out")
    assert (report.total, report.written) == (0, 0)
    assert (tmp_path / "out/report.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plates", "forms", "receipts", "typescript_fr"])
@every_page_format
def test_real_pages_go_out_and_come_back(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path], f: Format, name: str
) -> None:
    project = tmp_path_factory.getbasetemp() / name
    if not project.exists():
        import_dataset(open_dataset(shared_data(f"pages/{name}")), project)
    out_and_back(project, tmp_path / "out", f.name, images=not f.names_images)


def test_ppocrlabel_itself_reads_every_label(tmp_path: Path, project: Path) -> None:
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        report = export(store, format="ppocr", out=tmp_path / "out")
    labels: list[str] = []
    for line in (tmp_path / "out/images/Label.txt").read_text("utf-8").rstrip("\n").split("\n"):
        _, words = line.split("\t")  # as its loader does it, which evaluates the line after these replacements
        words = words.replace("false", "False").replace("true", "True").replace("null", "None")
        labels += [word["transcription"] for word in ast.literal_eval(words.strip())]
    assert len(labels) == report.written
    assert {"construed false nullify true", "\\u0074rue", "null", "tab\tin", "back\\slash\\n"} <= set(labels)
    checked = (tmp_path / "out/images/fileState.txt").read_text("utf-8")
    assert checked == "images/pàge_1_x.png\t1\nimages/photo.png\t1\n"


def test_recognising_does_not_walk_through_millions_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {f"{i:03}/{j}/x.png": b"" for i in range(60) for j in range(3)}, images=())
    seen: list[str] = []
    walk = os.walk

    def counting(top: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        for found in walk(top):
            seen.append(found[0])
            yield found

    monkeypatch.setattr(os, "walk", counting)
    for f in WRITABLE:
        seen.clear()
        assert f.sniff(tmp_path) is None
        assert len(seen) <= 2 * 51


# --- what other tools write ---

LINE = [[1, 2], [11, 2], [11, 7], [1, 7]]
PAGE = '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15"><Page imageFilename="a.jpg">{}</Page></PcGts>'
COORDS = '<Coords points="1,2 11,2 11,7 1,7"/>'
EQUIV = "<TextEquiv><Unicode>{}</Unicode></TextEquiv>"
ALTO = (
    '<alto xmlns="http://www.loc.gov/standards/alto/ns-v2#"><Description><MeasurementUnit>{}</MeasurementUnit>'
    "</Description><Layout><Page><TextLine>{}</TextLine></Page></Layout></alto>"
)
HOCR = """<!DOCTYPE html><html><body><div class='ocr_page' title='image "x/a.jpg"; bbox 0 0 100 50'>
 <span class='ocr_line' title='bbox 1 2 11 7'>{}</span></div></body></html>"""
CVAT = '<annotations><version>1.1</version><image id="0" name="a.jpg" width="100" height="50">{}</image></annotations>'
CSV = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"


def labelme(**shape: object) -> str:
    shape = {"label": "word", "points": LINE, "shape_type": "polygon", "description": "text"} | shape
    return json.dumps(
        {"version": "4.0.0", "flags": {}, "shapes": [shape], "imagePath": "..\\old\\a.jpg", "imageData": None}
    )


def studio(*result: dict[str, object], data: str = "/data/upload/3/0a1b2c3d-a.jpg") -> str:
    whole = [{"original_width": 100, "original_height": 50, "id": "i", **entry} for entry in result]
    cancelled = {"was_cancelled": True, "result": []}
    return json.dumps([{"id": 1, "data": {"ocr": data}, "annotations": [cancelled, {"result": whole}]}])


def studio_min(*tasks: dict[str, object]) -> str:
    after = {"annotator": 1, "annotation_id": 2, "created_at": "2026-01-01", "lead_time": 3.5}
    return json.dumps([{"ocr": "/data/upload/3/0a1b2c3d-a.jpg", "id": 1} | task | after for task in tasks])


def percent(x: float, width: float = 10) -> dict[str, object]:
    size = {"original_width": 100, "original_height": 50}
    return {"x": x, "y": 4, "width": width, "height": 10, "rotation": 0} | size


RECTANGLE = {
    "type": "rectangle",
    "from_name": "bbox",
    "value": {"x": 1, "y": 4, "width": 10, "height": 10, "rotation": 0},
}
TEXT = {"type": "textarea", "from_name": "transcription", "value": {"x": 1, "text": ["te", "xt"]}}

SAMPLES: dict[str, tuple[str, dict[str, str | bytes], list[tuple[str, Box]]]] = {
    "ppocr training list with a byte order mark and CRLF": (
        "ppocr",
        {
            "train.txt": b"\xef\xbb\xbf"
            + f'a.jpg\t[{{"transcription": "text", "points": {LINE}, "difficult": false}}]\r\n'.encode()
        },
        [("text", BOX)],
    ),
    "ppocr polygon of six corners": (
        "ppocr",
        {"Label.txt": 'a.jpg\t[{"transcription": "x", "points": [[1,2],[6,2],[11,2],[11,7],[6,7],[1,7]]}]\n'},
        [("x", BOX)],
    ),
    "labelme polygon, image of another machine": ("labelme", {"a.json": labelme()}, [("text", BOX)]),
    "labelme rectangle from right to left": (
        "labelme",
        {"a.json": labelme(shape_type="rectangle", points=[[11, 7], [1, 2]])},
        [("text", BOX)],
    ),
    "labelme rotation of X-AnyLabeling": (
        "labelme",
        {"a.json": labelme(shape_type="rotation", direction=0.0)},
        [("text", BOX)],
    ),
    "labelme without texts": ("labelme", {"a.json": labelme(description=None)}, [("", BOX)]),
    "labelme anticlockwise": ("labelme", {"a.json": labelme(points=[LINE[0], *LINE[:0:-1]])}, [("text", BOX)]),
    "icdar 2015": ("icdar", {"gt_a.txt": b'\xef\xbb\xbf1,2,11,2,11,7,1,7,a, "b" c\r\n'}, [('a, "b" c', BOX)]),
    "icdar 2013": ("icdar", {"gt/gt_a.txt": '1, 2, 11, 7, "say \\"hi\\", you"\n'}, [('say "hi", you', BOX)]),
    "icdar 2013 with spaces": ("icdar", {"gt_a.txt": '1 2 11 7 "text"\n'}, [("text", BOX)]),
    "icdar of CVAT": ("icdar", {"gt_a.txt": '1, 2, 11, 2, 11, 7, 1, 7, "text"\n'}, [("text", BOX)]),
    "coco-text": (
        "coco-text",
        {
            "COCO_Text.json": json.dumps(
                {
                    "anns": {"7": {"id": 7, "image_id": 5, "bbox": [1, 2, 10, 5], "utf8_string": "text"}},
                    "imgs": {"5": {"id": 5, "file_name": "a.jpg", "set": "train"}},
                    "imgToAnns": {"5": [7]},
                }
            )
        },
        [("text", BOX)],
    ),
    "coco-text as lists": (
        "coco-text",
        {
            "a.json": json.dumps(
                {
                    "images": [{"id": 5, "file_name": "a.jpg"}],
                    "annotations": [
                        {"image_id": 5, "segmentation": [[1, 2, 11, 2, 11, 7, 1, 7]], "utf8_string": "text"}
                    ],
                }
            )
        },
        [("text", BOX)],
    ),
    "cvat": (
        "cvat",
        {
            "annotations.xml": CVAT.format(
                '<box xtl="1" ytl="2" xbr="11" ybr="7"><attribute name="T">text</attribute></box>'
            )
        },
        [("text", BOX)],
    ),
    "cvat turned by 180 degrees": (
        "cvat",
        {"annotations.xml": CVAT.format('<box xtl="1" ytl="2" xbr="11" ybr="7" rotation="180.0"/>')},
        [("", Box(((11, 7), (1, 7), (1, 2), (11, 2))))],
    ),
    "sroie": ("sroie", {"box/a.txt": b"1,2,11,2,11,7,1,7,NO. 1, ROAD\r\n"}, [("NO. 1, ROAD", BOX)]),
    "page-xml words": (
        "page-xml",
        {
            "page/a.xml": PAGE.format(
                f"<TextLine>{COORDS}<Word>{COORDS}{EQUIV.format('one')}</Word>{EQUIV.format('one two')}</TextLine>"
            )
        },
        [("one", BOX)],
    ),
    "page-xml lines": (
        "page-xml",
        {"page/a.xml": PAGE.format(f"<TextLine>{COORDS}<Word>{COORDS}</Word>{EQUIV.format('one two')}</TextLine>")},
        [("one two", BOX)],
    ),
    "page-xml in UTF-16 with corners of 2010": (
        "page-xml",
        {
            "a.xml": PAGE.format(
                '<TextLine><Coords><Point x="1" y="2"/><Point x="11" y="2"/><Point x="11" y="7"/><Point x="1" y="7"/></Coords>'
                '<TextEquiv index="1"><Unicode>b</Unicode></TextEquiv><TextEquiv index="0"><Unicode>ä</Unicode></TextEquiv>'
                "</TextLine>"
            ).encode("utf-16")
        },
        [("ä", BOX)],
    ),
    "alto": (
        "alto",
        {"a.xml": ALTO.format("pixel", '<String CONTENT="a&#10;b" HPOS="1" VPOS="2" WIDTH="10" HEIGHT="5"/>')},
        [("a\nb", BOX)],
    ),
    "alto in tenths of a millimetre": (
        "alto",
        {
            "a.xml": ALTO.format("mm10", '<String CONTENT="w" HPOS="2" VPOS="4" WIDTH="20" HEIGHT="10"/>').replace(
                "<Page>", '<Page WIDTH="200" HEIGHT="100">'
            )
        },
        [("w", BOX)],
    ),
    "alto with kraken's polygon": (
        "alto",
        {
            "a.xml": ALTO.format(
                "pixel",
                '<String CONTENT="x" HPOS="0" VPOS="0" WIDTH="1" HEIGHT="1"><Shape><Polygon POINTS="1 2 11 2 11 7 1 7"/>'
                "</Shape></String>",
            )
        },
        [("x", BOX)],
    ),
    "hocr of Tesseract": (
        "hocr",
        {
            "a.hocr": HOCR.format(
                "<span class='ocrx_word' title='bbox 1 2 11 7; x_wconf 95'><strong>R&amp;D</strong>\n</span>"
            )
        },
        [("R&D", BOX)],
    ),
    "label-studio": ("label-studio", {"e.json": studio(RECTANGLE, TEXT)}, [("te\nxt", BOX)]),
    "label-studio as JSON-MIN": (
        "label-studio",
        {
            "e.json": studio_min(
                {
                    "bbox": [percent(1), percent(21)],
                    "label": [percent(1) | {"labels": ["Text"]}, percent(21) | {"labels": ["Text"]}],
                    "transcription": ["text", percent(21) | {"text": ["te", "xt"]}],
                }
            )
        },
        [("text", BOX), ("te\nxt", Box.from_bounds(21, 2, 31, 7))],
    ),
    "label-studio as JSON-MIN, one word": (
        "label-studio",
        {
            "e.json": studio_min(
                {"poly": [{"points": [[1, 4], [11, 4], [11, 14], [1, 14]], **percent(1)}], "words": "text"}
            )
        },
        [("text", BOX)],
    ),
    "label-studio as JSON-MIN, boxes without texts": (
        "label-studio",
        {"e.json": studio_min({"bbox": [percent(1)]})},
        [("", BOX)],
    ),
    "label-studio turned by 90 degrees": (
        "label-studio",
        {
            "e.json": studio(
                TEXT | {"id": "j"},
                {
                    "id": "j",
                    "type": "rectanglelabels",
                    "value": {"x": 11, "y": 4, "width": 5, "height": 20, "rotation": 90},
                },
                data="/data/local-files/?d=images%2Fa.jpg",
            )
        },
        [("te\nxt", Box(((11, 2), (11, 7), (1, 7), (1, 2))))],
    ),
    "via annotations of version 1": (
        "via",
        {
            "via.json": json.dumps(
                {
                    "a.jpg99": {
                        "filename": "a.jpg",
                        "regions": {
                            "0": {
                                "shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 10, "height": 5},
                                "region_attributes": {"word": "text"},
                            }
                        },
                    }
                }
            )
        },
        [("text", BOX)],
    ),
    "via CSV": (
        "via",
        {
            "via.csv": CSV
            + 'a.jpg,9,"{}",1,0,"{""name"":""polygon"",""all_points_x"":[1,11,11,1],""all_points_y"":[2,2,7,7]}",'
            '"{""text"":""a, \\""b\\"""",""kind"":""x""}"\n'
        },
        [('a, "b"', BOX)],
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_tools_write_is_recognised_and_read(tmp_path: Path, sample: str) -> None:
    name, files, expected = SAMPLES[sample]
    image = "images/a.jpg" if sample == "label-studio turned by 90 degrees" else "a.jpg"
    make(tmp_path, files, images=(image,))
    dataset = open_dataset(tmp_path)
    assert dataset.format == name
    assert dataset.reason
    crops = list(dataset.crops())
    assert dataset.problems == []
    assert [crop.text for crop in crops] == [text for text, _ in expected]
    for crop, (_, box) in zip(crops, expected, strict=True):
        assert crop.image == tmp_path / image
        assert crop.box is not None
        assert [x for p in crop.box.points for x in p] == pytest.approx([x for p in box.points for x in p], abs=1e-6)


FOREIGN_PARTS: dict[str, dict[str, str | bytes]] = {
    "COCO-Text": {"c.json": json.dumps(
        {"anns": {"1": {"image_id": 1, "bbox": [1, 2, 10, 5], "utf8_string": '"set": "test"'},
                  "2": {"image_id": 2, "bbox": [1, 2, 10, 5], "utf8_string": "v"}},
         "imgs": {"1": {"id": 1, "file_name": "a.jpg", "set": "train"},
                  "2": {"id": 2, "file_name": "b.jpg", "set": "validation"}}}
    )},
    "lists that are named after parts": {
        f"instances_{part}2017.json": json.dumps(
            {"images": [{"id": 1, "file_name": image}],
             "annotations": [{"image_id": 1, "bbox": [1, 2, 10, 5], "utf8_string": text}]}
        ) for part, image, text in (("train", "a.jpg", '"set": "test"'), ("val", "b.jpg", "v"))
    },
    "CVAT's subsets": {"annotations.xml": "<annotations><version>1.1</version>" + "".join(
        f'<image id="0" name="{image}" subset="{part}"><box xtl="1" ytl="2" xbr="11" ybr="7">'
        f'<attribute name="T">{text}</attribute></box></image>'
        for image, part, text in (("a.jpg", "Train", '"set": "test"'), ("b.jpg", "Validation", "v"))
    ) + "</annotations>"},
}  # fmt: skip


@pytest.mark.parametrize("sample", FOREIGN_PARTS)
def test_parts_are_read_apart_where_a_tool_says_them(tmp_path: Path, sample: str) -> None:
    make(tmp_path, FOREIGN_PARTS[sample], images=("a.jpg", "b.jpg"))
    assert open_dataset(tmp_path).parts == ("train", "val")
    assert [(crop.text, crop.part) for crop in open_dataset(tmp_path).crops()] == [
        ('"set": "test"', "train"),
        ("v", "val"),
    ]
    assert [crop.text for crop in open_dataset(tmp_path, part="val").crops()] == ["v"]
    with pytest.raises(DatasetError, match="it has train, val"):
        open_dataset(tmp_path, part="test")


def test_a_page_called_report_is_not_taken_for_our_report(tmp_path: Path) -> None:
    make(tmp_path, {"report.json": labelme(), "sub/report.json": labelme()}, images=("a.jpg", "sub/a.jpg"))
    assert [image for image, _, _ in words_of(tmp_path)] == ["a.jpg", "sub/a.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    make(tmp_path, {"a.json": labelme()})
    os.mkfifo(tmp_path / "0.json")
    os.mkfifo(tmp_path / "0.xml")
    assert words_of(tmp_path) == [("a.jpg", "text", BOX)]


def test_the_label_is_the_text_where_it_is_asked_for(tmp_path: Path) -> None:
    make(tmp_path, {"a.json": labelme(description="")})
    assert words_of(tmp_path) == [("a.jpg", "", BOX)]
    assert words_of(tmp_path, "labelme-label") == [("a.jpg", "word", BOX)]


def test_labelme_s_own_examples_are_boxes_without_texts(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("formats/labelme_boxes")
    words = words_of(folder)
    assert len({image for image, _, _ in words}) == 3
    assert {text for _, text, _ in words} == {""}
    assert {text for _, text, _ in words_of(folder, "labelme-label")} >= {"person"}


@pytest.mark.parametrize(
    "files",
    [{"Label.txt": f'a.jpg\t[{{"transcription": "###", "points": {LINE}}}]'}, {"gt_a.txt": "1,2,11,2,11,7,1,7,###"}],
    ids=["ppocr", "icdar"],
)  # fmt: skip
def test_illegible_words_are_told_and_left_out(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    dataset = open_dataset(make(tmp_path, files))
    assert list(dataset.crops()) == []
    assert [p.detail for p in dataset.problems] == ["it is marked as illegible (###)"]


def test_two_formats_in_one_folder_are_a_question(tmp_path: Path) -> None:
    make(tmp_path, {"a.json": labelme(), "a.xml": PAGE.format("")})
    with pytest.raises(DatasetError, match=r"labelme .* and page-xml .*--format"):
        open_dataset(tmp_path)
    assert open_dataset(tmp_path, format="page-xml").format == "page-xml"


def test_a_single_file_is_a_data_set(tmp_path: Path) -> None:
    for sample, (name, files, expected) in SAMPLES.items():
        [file] = files
        if "/" not in file and sample != "label-studio turned by 90 degrees":
            folder = make(tmp_path / sample, files)
            dataset = open_dataset(folder / file)
            assert (dataset.format, [crop.text for crop in dataset.crops()]) == (name, [text for text, _ in expected])


# --- what is broken or meant ill ---

LAUGHS = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
DEEP = "[" * 100_000


def ann(**word: object) -> str:
    whole = {"image_id": 1, "bbox": [1, 2, 3, 4], "utf8_string": "x"} | word
    return json.dumps({"imgs": {"1": {"id": 1, "file_name": "a.jpg"}}, "anns": {"1": whole}})


BROKEN: list[tuple[str, dict[str, str | bytes], str]] = [
    ("ppocr", {"Label.txt": f"a.jpg\t{DEEP}"}, "nested too deeply"),
    ("ppocr", {"Label.txt": "a.jpg\t__import__('os').getcwd()"}, "not JSON"),
    ("ppocr", {"Label.txt": 'a.jpg\t[{"transcription": "x", "points": [[NaN, 1], [2, 2], [3, 3], [4, 4]]}]'}, "coordinate"),
    ("ppocr", {"Label.txt": f'a.jpg\t[{{"transcription": "x", "points": [[{"9" * 400}, 1], [2, 2], [3, 3]]}}]'}, "coordinate"),
    ("ppocr", {"Label.txt": 'a.jpg\t[{"transcription": "x", "points": [[1, 1], [2, 2]]}]'}, "2 corners make no box"),
    ("ppocr", {"Label.txt": f'a.jpg\t[{{"transcription": 5, "points": {LINE}}}]'}, "no text"),
    ("ppocr", {"Label.txt": "a.jpg"}, "no tab"),
    ("ppocr", {"Label.txt": "../../etc/x.jpg\t[]"}, "leads out of the data set"),
    ("ppocr", {"Label.txt": "/etc/x.jpg\t[]"}, "is absolute"),
    ("labelme", {"a.json": DEEP}, "nested too deeply"),
    ("labelme", {"a.json": "{"}, "not JSON"),
    ("labelme", {"a.json": b"\xff\xfe\x00"}, "not JSON"),
    ("labelme", {"a.json": '{"shapes": 3}'}, "no list 'shapes'"),
    ("labelme", {"a.json": labelme(points=[[1, 2], [3]])}, "not one x and one y"),
    ("labelme", {"a.json": labelme(points=[["1", 2], [3, 4], [5, 6]])}, "coordinate"),
    ("labelme", {"a.json": labelme(shape_type="circle")}, "'circle' is no box"),
    ("labelme", {"a.json": labelme(description=5)}, "no text"),
    ("icdar", {"gt_a.txt": "1,2,3,4,5,6,7,text"}, "eight numbers"),
    ("icdar", {"gt_a.txt": '1,2,3,4,"a" b'}, "eight numbers"),
    ("icdar", {"gt_a.txt": "nan,2,3,4,5,6,7,8,text"}, "eight numbers"),
    ("icdar", {"gt_b.txt": "1,2,3,4,5,6,7,8,text"}, "no image called b"),
    ("icdar", {"gt_a.txt": f"{'9' * 400},2,3,4,5,6,7,8,text"}, "coordinate"),
    ("icdar", {"gt_a.txt": b"1,2,3,4,5,6,7,8,\xff"}, "not UTF-8"),
    ("sroie", {"a.txt": "TOTAL 5.00"}, "eight numbers"),
    ("coco-text", {"c.json": DEEP}, "nested too deeply"),
    ("coco-text", {"c.json": '{"imgs": {'}, "not JSON"),
    ("coco-text", {"c.json": ann(image_id=2)}, "there is no image 2"),
    ("coco-text", {"c.json": ann(bbox=[1, 2, 3])}, "neither an outline nor a bbox"),
    ("coco-text", {"c.json": ann(bbox=[1, 2, 3, math.inf])}, "coordinate"),
    ("coco-text", {"c.json": ann(mask=[1, 2, 3])}, "not pairs"),
    ("coco-text", {"c.json": ann(legibility="illegible")}, "illegible"),
    ("cvat", {"c.xml": LAUGHS + CVAT.format("&b;")}, "entities"),
    ("cvat", {"c.xml": CVAT.format('<box xtl="nan" ytl="1" xbr="2" ybr="3"/>')}, "coordinate"),
    ("cvat", {"c.xml": CVAT.format('<polygon points="1,2;3"/>')}, "not pairs"),
    ("page-xml", {"c.xml": LAUGHS + PAGE.format("&b;")}, "entities"),
    ("page-xml", {"c.xml": OUTSIDE + PAGE.format("&a;")}, "entities"),
    ("page-xml", {"c.xml": PAGE.format("<TextLine>")}, "not XML"),
    ("page-xml", {"c.xml": PAGE.format(f"<TextLine>{EQUIV.format('x')}</TextLine>")}, "no Coords"),
    ("page-xml", {"c.xml": b'<?xml version="1.0" encoding="nonsense"?><PcGts/>'}, "encoding"),
    ("alto", {"c.xml": LAUGHS + ALTO.format("pixel", "&b;")}, "entities"),
    ("alto", {"a.xml": ALTO.format("mm10", "")}, "unit is mm10"),
    ("alto", {"b.xml": ALTO.format("mm10", "")}, "no image called b"),
    ("alto", {"a.xml": ALTO.format("pixel", '<String CONTENT="x" HPOS="1"/>')}, "coordinate"),
    ("alto", {"b.xml": ALTO.format("pixel", "")}, "no image called b"),
    ("hocr", {"a.hocr": HOCR.format("<span class='ocrx_word' title='bbox 1 2 3'>x</span>")}, "pairs of x and y"),
    ("hocr", {"a.hocr": HOCR.format("<span class='ocrx_word' title='x_wconf 9'>x</span>")}, "bbox of four numbers"),
    ("hocr", {"a.hocr": HOCR.encode("utf-16")}, "not UTF-8"),
    ("label-studio", {"e.json": DEEP}, "nested too deeply"),
    ("label-studio", {"e.json": "[3]"}, "no task"),
    ("label-studio", {"e.json": '[{"data": {}}]'}, "names no image"),
    ("label-studio", {"e.json": studio(TEXT)}, "no rectangle or polygon"),
    ("label-studio", {"e.json": studio(RECTANGLE | {"original_width": 0})}, "not positive"),
    ("label-studio", {"e.json": studio_min({"bbox": [percent(1), percent(21)], "transcription": "x"})}, "1 of 2 boxes have a text, and which is not told"),
    ("label-studio", {"e.json": studio_min({"bbox": [percent(1)], "poly": [percent(2)], "text": "x"})}, "listed apart"),
    ("label-studio", {"e.json": studio_min({"bbox": [percent(1)], "a": "x", "b": "y"})}, "could be any of a, b"),
    ("label-studio", {"e.json": studio_min({"bbox": [percent(1)], "text": [3]})}, "its text is no text"),
    ("label-studio", {"e.json": studio_min({}, {})}, "another annotation"),
    ("label-studio", {"e.json": '[{"data": {"ocr": "a.jpg"}, "annotations": [{"result": []}, {"result": []}]}]'}, "another annotation"),
    ("label-studio", {"e.json": '[{"id": 1, "annotation_id": 2}]'}, "names no image"),
    ("label-studio", {"e.json": studio(RECTANGLE | {"value": {"x": None}})}, "coordinate"),
    ("via", {"v.json": DEEP}, "nested too deeply"),
    ("via", {"v.json": '{"a": {"filename": "a.jpg", "regions": 5}}'}, "no page with regions"),
    ("via", {"v.json": '{"a": {"filename": "a.jpg", "regions": [{"shape_attributes": {"name": "circle"}}]}}'}, "no box"),
    ("via", {"v.csv": "a,b\n"}, "no columns"),
    ("via", {"v.csv": CSV + 'a.jpg,1,{},1,0,"[[",{}\n'}, "not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files", "reason"), BROKEN)
def test_what_is_broken_is_one_clause_each(
    tmp_path: Path, name: str, files: dict[str, str | bytes], reason: str
) -> None:
    dataset = open_dataset(make(tmp_path, files), format=name)
    assert list(dataset.crops()) == []
    assert dataset.refused >= 1
    details = [problem.detail for problem in dataset.problems]
    assert any(reason in detail for detail in details), details
    assert all(detail and len(detail) < 700 and "\n" not in detail for detail in details)


@pytest.mark.parametrize(
    ("name", "file", "head"),
    [
        ("cvat", "annotations.xml", '<annotations a="'),
        ("alto", "a.xml", "<alto>"),
        ("hocr", "a.hocr", "<div title='"),
        ("gt-txt", "a.gt.txt", ""),
        ("labelme", "a.json", '{"shapes": ["'),
        ("via", "via.json", '{"_via_img_metadata": {"a": "'),
    ],
)
def test_a_file_without_end_is_refused_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str, head: str
) -> None:
    monkeypatch.setattr("model.formats.labelme._LARGEST", 1 << 20)
    monkeypatch.setattr("model.formats._trees._LARGEST_VALUE", 1 << 20)
    dataset = open_dataset(make(tmp_path, {file: head + "x" * (10 << 20)}, images=("a.png",)), format=name)
    assert list(dataset.crops()) == []
    (problem,) = dataset.problems
    assert " than " in problem.detail, "a limit is named"


@every_page_format
def test_images_outside_the_data_set_are_not_read(tmp_path: Path, project: Path, f: Format) -> None:
    if not f.names_images:
        pytest.skip("it names no images")
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        export(store, format=f.name, out=tmp_path / "out", options=ExportOptions(images=False))
    (tmp_path / "out/report.json").unlink()
    dataset = open_dataset(tmp_path / "out")
    assert list(dataset.crops()) == []
    assert sum("leads out" in problem.detail for problem in dataset.problems) == 2


@pytest.mark.slow
def test_a_large_json_file_is_read_in_pieces(tmp_path: Path) -> None:
    import tracemalloc

    region = {
        "shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 10, "height": 5},
        "region_attributes": {"text": "é" * 200},
    }
    entry = json.dumps({"filename": "a.jpg", "regions": [region] * 4})
    make(tmp_path, {"v.json": "{" + ",".join(f'"{i}": {entry}' for i in range(2000)) + "}"})
    assert (tmp_path / "v.json").stat().st_size > 8_000_000
    crops = open_dataset(tmp_path, format="via").crops()
    next(crops)
    tracemalloc.start()
    count = sum(isinstance(crop, LabelledCrop) for crop in crops)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4 * 2000 - 1
    assert peak < 5_000_000


def test_every_page_format_says_where_images_lie_or_finds_them_by_name() -> None:
    assert {f.name for f in WRITABLE if not f.names_images} == {"icdar", "sroie"}
    assert not get_format("labelme-label").can_write


def test_hocr_that_is_cut_off_says_so(tmp_path: Path) -> None:
    Image.new("RGB", (60, 30)).save(tmp_path / "p.png")
    word = "<span class='ocrx_word' title='bbox 1 2 30 12'>hi</span>"
    whole = f"<html><body><div class='ocr_page' title='image \"p.png\"'>{word}{word}</div></body></html>"
    for end, told in ((len(whole), []), (whole.index(word) + len(word) + 9, ["p.hocr"])):
        (tmp_path / "p.hocr").write_text(whole[:end])
        dataset = open_dataset(tmp_path)
        assert {crop.text for crop in dataset.crops()} == {"hi"}
        assert [problem.key for problem in dataset.problems] == told
