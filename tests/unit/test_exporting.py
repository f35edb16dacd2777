"""An export is whole, exact to the pixel, the same every time, and accounts for every word."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model import exporting
from model.annotations import Box, Edit, PageChange, PageMark, Prediction, Word
from model.errors import DatasetError, ExportError
from model.export_images import parse_margin
from model.exporting import Case, ExportOptions, ExportStopped, ImageType, export, parse_split, part_of
from model.formats import formats, get_format, open_dataset
from model.images import Preprocessing, cut_crop, read_image, to_strip
from model.importing import project_file
from model.store import AnnotationStore

UPRIGHT = Box.from_bounds(3, 4, 33, 16)
TURNED = Box(((10, 5), (40, 15), (36, 27), (6, 17)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AnnotationStore]:
    with AnnotationStore.open(tmp_path / "project" / "annotations.crnn", create=True) as opened:
        yield opened


def picture(path: Path, *, size: tuple[int, int] = (60, 32), mode: str = "RGB", **options: object) -> Path:
    """Write an image of noise that is the same for the same name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(sum(path.name.encode()))
    pixels = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, **options)
    return path


def add(store: AnnotationStore, path: Path, *words: Word) -> None:
    size = read_image(path).size if path.exists() else (60, 32)
    [page] = store.add_pages([path], [size])
    store.add_words({page.id: words})


def word(label: str | None, box: Box = UPRIGHT, **more: object) -> Word:
    return Word(0, 0, box, label, **more)  # type: ignore[arg-type]


def whole(width: int = 60, height: int = 32) -> Box:
    return Box.from_bounds(0, 0, width, height)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def to(tmp_path: Path, store: AnnotationStore, **options: object) -> exporting.ExportReport:
    return export(store, format="mjsynth", out=tmp_path / "out", options=ExportOptions(**options))  # type: ignore[arg-type]


def exported_images(out: Path) -> dict[str, Path]:
    """Return the images of an export by label."""
    return {crop.text: crop.image for crop in open_dataset(out).crops()}


def test_every_word_is_written_or_skipped_with_its_reason(tmp_path: Path, store: AnnotationStore) -> None:
    root = store.root
    labels = ["good", " led", "trailed ", "   ", "two\nlines", "separated\u2028lines", "\ufeffmark"]
    add(store, picture(root / "a.png"), *map(word, labels), word(None), word("no", ignored=True), word(None, TURNED))
    add(store, root / "gone.png", word("lost"), word(None))
    suggested = list(store.words(1))[-1]
    store.save_predictions([(suggested.id, suggested.box, Prediction("x", 0.5, weights="w"))])
    report = to(tmp_path, store)
    assert report.total == 12 == report.written + len(report.skipped)
    assert [(s.text, s.reason) for s in report.skipped] == [
        (" led", "the label begins or ends with a space"),
        ("trailed ", "the label begins or ends with a space"),
        ("   ", "the label is empty"),
        ("two\nlines", "the label is broken over lines"),
        ("separated\u2028lines", "the label is broken over lines"),
        ("\ufeffmark", "the label begins with a byte order mark"),
        ("", "the word is unlabelled"),
        ("no", "the word is ignored"),
        ("", "the word is suggested"),
        ("", "the word is unlabelled"),
        ("lost", "the page cannot be read: gone.png does not exist."),
    ]
    document = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert (document["total"], document["written"], document["skipped"]) == (12, 1, 11)
    assert document["skips"][-1] == {
        "word_id": 11,
        "page": "gone.png",
        "text": "lost",
        "reason": report.skipped[-1].reason,
    }
    assert document["reasons"]["the label is broken over lines"] == 2


def test_cut_crops_are_exact_in_png(tmp_path: Path, store: AnnotationStore) -> None:
    pages = {mode: picture(store.root / f"{mode}.png", mode=mode) for mode in ("RGB", "L", "RGBA", "P")}
    for mode, path in pages.items():
        add(store, path, word(f"{mode}-upright"), word(f"{mode}-turned", TURNED), word(f"{mode}-out", whole(90, 40)))
    to(tmp_path, store)
    images = exported_images(tmp_path / "out")
    for mode, path in pages.items():
        for name, box in (("upright", UPRIGHT), ("turned", TURNED), ("out", whole(90, 40))):
            expected = cut_crop(read_image(path), box)
            written = Image.open(images[f"{mode}-{name}"])
            assert written.mode == expected.mode
            assert np.array_equal(np.asarray(written), np.asarray(expected))


def test_colour_profile_and_transparent_colour_of_the_page_are_not_handed_on(
    tmp_path: Path, store: AnnotationStore
) -> None:
    path = store.root / "p.png"
    Image.new("RGB", (60, 32), (255, 0, 0)).save(path, transparency=(255, 0, 0), icc_profile=b"a profile")
    profiled = picture(store.root / "q.png", icc_profile=b"a profile")
    add(store, path, word("a"))
    add(store, profiled, word("b"))
    to(tmp_path, store)
    images = exported_images(tmp_path / "out")
    assert np.array_equal(np.asarray(read_image(images["a"])), np.asarray(cut_crop(read_image(path), UPRIGHT)))
    assert b"iCCP" in profiled.read_bytes()
    assert b"iCCP" not in images["b"].read_bytes()


def test_whole_images_are_copied_byte_for_byte(tmp_path: Path, store: AnnotationStore) -> None:
    for path in (picture(store.root / "a.png"), picture(store.root / "b.JPEG", quality=30)):
        add(store, path, word(path.stem, whole()))
    report = to(tmp_path, store)
    images = exported_images(tmp_path / "out")
    assert (report.copied, report.cut) == (2, 0)
    assert images["a"].read_bytes() == (store.root / "a.png").read_bytes()
    assert images["b"].read_bytes() == (store.root / "b.JPEG").read_bytes()
    assert images["b"].suffix == ".jpg"


def test_whole_images_that_loaders_would_read_otherwise_are_encoded_anew_and_named(
    tmp_path: Path, store: AnnotationStore
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture(store.root / "turned.jpg", exif=exif)
    tiff = picture(store.root / "scan.tif")
    add(store, turned, word("turned", whole(32, 60)))
    add(store, tiff, word("tiff", whole()))
    report = to(tmp_path, store)
    assert report.reencoded == (
        ("turned.jpg", "its EXIF orientation was applied"),
        ("scan.tif", "it is neither PNG nor JPEG"),
    )
    for label, path in (("turned", turned), ("tiff", tiff)):
        written = Image.open(exported_images(tmp_path / "out")[label])
        assert written.format == "PNG"
        assert np.array_equal(np.asarray(written), np.asarray(read_image(path)))


def test_a_page_is_opened_once(tmp_path: Path, store: AnnotationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def counting(path: Path) -> Image.Image:
        opened.append(path.name)
        return read_image(path)

    monkeypatch.setattr(exporting, "read_image", counting)
    add(store, picture(store.root / "a.png"), *(word(f"w{i}") for i in range(5)))
    add(store, picture(store.root / "empty.png"), word(None))
    to(tmp_path, store)
    assert opened == ["a.png"]


def test_names_are_ascii_without_spaces_and_lists_agree(tmp_path: Path, store: AnnotationStore) -> None:
    labels = ["a b_c", "Größe/✓", "x" * 300, "plain", "plain", "日本"]
    add(store, picture(store.root / "a.png"), *map(word, labels))
    to(tmp_path, store)
    out = tmp_path / "out"
    lines = (out / "annotation.txt").read_text("ascii").splitlines()
    assert lines[:2] == ["./1/1/1_a-b-c_0.png 0", "./1/1/2_Gr-e-_1.png 1"]
    assert [line.split(" ")[1] for line in lines] == ["0", "1", "2", "3", "3", "4"]
    assert (out / "imlist.txt").read_text("ascii").splitlines() == [line.split(" ")[0] for line in lines]
    parts = [(out / f"annotation_{part}.txt").read_text("ascii").splitlines() for part in ("train", "val", "test")]
    assert sorted(line for part in parts for line in part) == sorted(lines)
    assert (out / "lexicon.txt").read_bytes().decode().split("\n") == [
        "a b_c",
        "Größe/✓",
        "x" * 300,
        "plain",
        "日本",
        "",
    ]


def test_case_is_kept_or_lowered_and_narrow_loaders_are_counted(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), *map(word, ["Ab", "ab", "AB1", "a-b", "É"]))
    kept = to(tmp_path, store)
    assert [crop.text for crop in open_dataset(tmp_path / "out").crops()] == ["Ab", "ab", "AB1", "a-b", "É"]
    assert kept.outside_alphanumeric == 4
    lowered = to(tmp_path, store, case=Case.LOWER)
    assert [crop.text for crop in open_dataset(tmp_path / "out").crops()] == ["ab", "ab", "ab1", "a-b", "é"]
    assert lowered.outside_alphanumeric == 2


def test_jpeg_is_for_cut_crops_only(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("cut"), word("whole", whole()))
    to(tmp_path, store, image=ImageType.JPEG)
    images = exported_images(tmp_path / "out")
    assert (images["cut"].suffix, images["whole"].suffix) == (".jpg", ".png")
    assert images["cut"].read_bytes().startswith(b"\xff\xd8")


def test_the_same_project_gives_the_same_bytes(tmp_path: Path, store: AnnotationStore) -> None:
    for i in range(12):
        add(store, picture(store.root / f"{i}.png"), word(f"w{i % 5}"), word("x", TURNED), word(None))
    for name in ("one", "two"):
        export(store, format="mjsynth", out=tmp_path / name)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    with AnnotationStore.open(store.path, read_only=True) as reader:
        export(reader, format="mjsynth", out=tmp_path / "one")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_pages_keep_their_part_when_others_are_added() -> None:
    before = {f"page {i}.jpg": part_of(f"page {i}.jpg", (80, 10, 10), 7) for i in range(2000)}
    shares = [list(before.values()).count(part) / 2000 for part in ("train", "val", "test")]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.03)
    assert any(part_of(page, (80, 10, 10), 8) != part for page, part in before.items())
    assert {part_of(page, (1, 0, 0), 7) for page in before} == {"train"}
    # The split may never change, or a held-out page would have been trained on by whoever exported earlier.
    parts = [part_of(f"page {i}.jpg", (80, 10, 10), 0) for i in range(1, 9)]
    assert parts == ["test", "test", "train", "train", "train", "train", "train", "val"]


def test_words_of_a_page_stay_together(tmp_path: Path, store: AnnotationStore) -> None:
    for i in range(30):
        add(store, picture(store.root / f"{i}.png"), word(f"p{i}a"), word(f"p{i}b"))
    report = to(tmp_path, store, split=(50, 25, 25))
    parts = {crop.text: crop.part for crop in open_dataset(tmp_path / "out").crops()}
    assert all(parts[f"p{i}a"] == parts[f"p{i}b"] for i in range(30))
    assert sum(report.parts.values()) == 60
    assert min(report.parts.values()) > 0


@pytest.mark.parametrize("text", ["80/10", "a/b/c", "0/0/0", "-1/5/5", "80/10/10/0", "٣/1/1", ""])
def test_a_split_is_three_shares(text: str) -> None:
    with pytest.raises(ExportError, match="80/10/10"):
        parse_split(text)


def test_a_split_is_read() -> None:
    assert parse_split("80/10/10") == (80, 10, 10)


@pytest.mark.parametrize("split", [(0, 0, 0), (-1, 1, 1)])
def test_impossible_shares_are_refused(split: tuple[int, int, int]) -> None:
    with pytest.raises(ExportError):
        ExportOptions(split=split)


def test_a_cancelled_export_leaves_nothing(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), *(word(f"w{i}") for i in range(5)))
    for allowed in range(6):
        polls = iter([False] * allowed)
        with pytest.raises(ExportStopped):
            export(store, format="mjsynth", out=tmp_path / "out", should_stop=lambda p=polls: next(p, True))
        assert [p.name for p in tmp_path.iterdir()] == ["project"]


def test_a_cancelled_export_keeps_the_earlier_one(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    to(tmp_path, store)
    before = tree(tmp_path / "out")
    with pytest.raises(ExportStopped):
        export(store, format="mjsynth", out=tmp_path / "out", should_stop=lambda: True)
    assert tree(tmp_path / "out") == before


def test_an_earlier_export_is_replaced_whole(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"), word("b"))
    to(tmp_path, store)
    (tmp_path / "out/.DS_Store").write_text("the desktop's")
    (tmp_path / "out/1/1/99_stale_0.png").write_text("of an earlier export")
    export(store, format="labels-tsv", out=tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"labels.tsv", "report.json", "train"}


@pytest.mark.parametrize(
    "files", [{"notes.txt": "mine"}, {"report.json": "{}"}, {"report.json": '{"made_by": "me"}'}, {"report.json": "["}]
)
def test_a_folder_of_anything_else_is_refused(tmp_path: Path, store: AnnotationStore, files: dict[str, str]) -> None:
    (tmp_path / "out").mkdir()
    for name, text in files.items():
        (tmp_path / "out" / name).write_text(text)
    with pytest.raises(ExportError, match="not from an earlier export"):
        to(tmp_path, store)
    assert {p.name: p.read_text() for p in (tmp_path / "out").iterdir()} == files


def test_what_a_person_put_into_an_export_is_not_deleted(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    to(tmp_path, store)
    (tmp_path / "out/weights.safetensors").write_text("hours of training")
    with pytest.raises(ExportError, match=r"\(weights.safetensors\)"):
        to(tmp_path, store)


@pytest.mark.parametrize(("format", "file"), [("ppocr", "images/Label.txt"), ("labelme", "images/a.json")])
def test_what_another_tool_wrote_into_an_export_is_not_replaced(
    tmp_path: Path,
    store: AnnotationStore,
    format: str,  # noqa: A002
    file: str,
) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    out = tmp_path / "out"
    export(store, format=format, out=out)
    export(store, format=format, out=out)
    (out / file).write_text("a colleague's afternoon")
    with pytest.raises(ExportError, match=rf"changed after it was exported \({file}\); import it first"):
        export(store, format=format, out=out)
    assert (out / file).read_text() == "a colleague's afternoon"
    os.utime(out / "images/a.png")  # copied to another place: images are young, too
    export(store, format=format, out=out)


def test_what_is_put_there_while_an_export_runs_is_not_replaced(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))

    def put(done: int, total: int | None) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/thesis.tex").write_text("mine")

    with pytest.raises(ExportError, match=r"thesis.tex"):
        export(store, format="mjsynth", out=tmp_path / "out", progress=put)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.tex"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "project"]


def test_what_a_killed_export_left_is_named(
    tmp_path: Path, store: AnnotationStore, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".out.0123abcd.part").mkdir()
    to(tmp_path, store)
    [record] = caplog.records
    assert ".out.0123abcd.part was left by a run that was killed" in record.getMessage()
    caplog.clear()
    assert (tmp_path / ".out.0123abcd.part").is_dir()


def test_images_of_pages_in_the_trash_are_not_replaced(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    to(tmp_path, store)
    [image] = exported_images(tmp_path / "out").values()
    [page] = store.add_pages([image], [(30, 12)])
    store.apply(Edit("trash", (), pages=(PageChange(page.id, PageMark.TRASHED, True),)))
    with pytest.raises(ExportError, match="holds images of this project"):
        to(tmp_path, store)


def test_an_export_that_the_project_lives_on_is_not_replaced(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    to(tmp_path, store)
    [image] = exported_images(tmp_path / "out").values()
    add(store, image, word("a", whole(30, 12)))
    with pytest.raises(ExportError, match="holds images of this project"):
        to(tmp_path, store)
    assert image.exists()


def test_an_empty_folder_is_used_and_a_file_is_not(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    (tmp_path / "out").mkdir()
    assert to(tmp_path, store).written == 1
    with pytest.raises(ExportError, match="is a file"):
        export(store, format="mjsynth", out=store.path)


def test_a_disk_that_refuses_is_one_sentence(
    tmp_path: Path, store: AnnotationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, picture(store.root / "a.png"), word("a"))

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ExportError, match="No space left on device"):
        to(tmp_path, store)
    assert [p.name for p in tmp_path.iterdir()] == ["project"]


def test_a_folder_that_no_system_allows_is_one_sentence(tmp_path: Path, store: AnnotationStore) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for out in (tmp_path / ("x" * 300), tmp_path / "loop", tmp_path / "loop" / "below"):
        with pytest.raises(ExportError, match="cannot be written"):
            export(store, format="mjsynth", out=out)
    with pytest.raises(DatasetError, match="cannot be a project"):
        project_file(tmp_path / ("x" * 300))
    with pytest.raises(DatasetError, match="does not exist"):
        open_dataset(tmp_path / ("x" * 300))
    assert {p.name for p in tmp_path.iterdir()} == {"project", "loop"}


def test_an_lmdb_that_the_disk_refuses_is_one_sentence(
    tmp_path: Path, store: AnnotationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lmdb = pytest.importorskip("lmdb")
    add(store, picture(store.root / "a.png"), word("a"))

    class Full:
        def __init__(self, *args: object, **options: object) -> None: ...

        def begin(self, **options: object) -> None:
            raise lmdb.DiskError("mdb_txn_commit: Input/output error")

        def close(self) -> None: ...

    monkeypatch.setattr(lmdb, "open", Full)
    with pytest.raises(ExportError, match=r"Input/output error\. Nothing was changed there"):
        export(store, format="lmdb", out=tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["project"]


def test_formats_that_cannot_be_written_are_refused_by_name(tmp_path: Path, store: AnnotationStore) -> None:
    with pytest.raises(ExportError, match=r"crnn can only be read; .*mjsynth"):
        export(store, format="crnn", out=tmp_path / "out")
    with pytest.raises(DatasetError, match="There is no data set format 'yolo'"):
        export(store, format="yolo", out=tmp_path / "out")


@pytest.mark.parametrize("name", [f.name for f in formats() if f.can_write])
def test_what_a_format_writes_it_recognises_and_reads(tmp_path: Path, store: AnnotationStore, name: str) -> None:
    add(store, picture(store.root / "a.png"), word("one"), word("zwei Wörter", TURNED))
    add(store, picture(store.root / "b.png"), word("whole", whole()), word(None))
    told: list[tuple[int, int | None]] = []
    report = export(store, format=name, out=tmp_path / "out", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    is_guessed = get_format(name).rank >= 90  # its signs are weak, and a label with a space is none
    dataset = open_dataset(tmp_path / "out", format=name if is_guessed else None)
    assert dataset.format == name
    read = {crop.text: cut_crop(read_image(crop.image), crop.box) for crop in dataset.crops()}
    expected = {
        "one": cut_crop(read_image(store.root / "a.png"), UPRIGHT),
        "zwei Wörter": cut_crop(read_image(store.root / "a.png"), TURNED),
        "whole": read_image(store.root / "b.png"),
    }
    assert {text: np.asarray(image).tolist() for text, image in read.items()} == {
        text: np.asarray(image).tolist() for text, image in expected.items()
    }
    assert (report.written, report.total, dataset.problems) == (3, 4, [])


# --- which words, which pixels, and going on from an earlier export ---


def test_suggestions_are_written_where_they_are_asked_for_and_sure_enough(
    tmp_path: Path, store: AnnotationStore
) -> None:
    boxes = [Box.from_bounds(x, 4, x + 12, 16) for x in (0, 14, 28, 42)]
    add(store, picture(store.root / "a.png"), word("human"), *(word(None, box) for box in boxes))
    sure, unsure, empty, _ = [w for w in store.words(1) if w.label is None]
    predictions = [(sure, "sure", 0.9), (unsure, "unsure", 0.4), (empty, "", 0.99)]
    store.save_predictions([(w.id, w.box, Prediction(text, c, weights="w")) for w, text, c in predictions])
    report = to(tmp_path, store, states=exporting.parse_states("verified, suggested"), min_confidence=0.5)
    assert set(exported_images(tmp_path / "out")) == {"human", "sure"}
    assert (report.written, report.suggested, report.total) == (2, 1, 5)
    assert [skip.reason for skip in report.skipped] == [
        "the prediction is less sure than asked for: 0.400",
        "the prediction is empty",
        "the word is unlabelled",
    ]
    only = to(tmp_path, store, states=exporting.parse_states("suggested"))
    assert set(exported_images(tmp_path / "out")) == {"sure", "unsure"}
    assert "the word is verified" in {skip.reason for skip in only.skipped}


@pytest.mark.parametrize("text", ["", "ignored", "verified,verified,x", "all"])
def test_states_are_verified_or_suggested(text: str) -> None:
    with pytest.raises(ExportError, match="verified,suggested"):
        exporting.parse_states(text)


def test_a_margin_grows_crops_and_leaves_whole_images(tmp_path: Path, store: AnnotationStore) -> None:
    page = picture(store.root / "a.png")
    add(store, page, word("pixels"), word("turned", TURNED), word("whole", whole()))
    to(tmp_path, store, margin=parse_margin("2"))
    images = exported_images(tmp_path / "out")
    expected = cut_crop(read_image(page), Box.from_bounds(1, 2, 35, 18))
    assert np.array_equal(np.asarray(read_image(images["pixels"])), np.asarray(expected))
    assert images["whole"].read_bytes() == page.read_bytes()
    assert parse_margin("2px") == parse_margin("2")
    grown = parse_margin("50%").grown(TURNED)
    assert (grown.width, grown.height) == pytest.approx((TURNED.width + TURNED.height, 2 * TURNED.height))
    to(tmp_path, store, margin=parse_margin("10%"))
    turned = read_image(exported_images(tmp_path / "out")["turned"])
    assert turned.size == (34, 15)


@pytest.mark.parametrize("text", ["", "-1", "1 2", "5%%", "wide", "1001", "nan"])
def test_a_margin_is_pixels_or_percent(text: str) -> None:
    with pytest.raises(ExportError, match="margin"):
        parse_margin(text)


def test_crops_can_be_written_as_the_network_sees_them(tmp_path: Path, store: AnnotationStore) -> None:
    page = picture(store.root / "a.png")
    add(store, page, word("cut"), word("whole", whole()))
    view = Preprocessing()
    report = to(tmp_path, store, view=view)
    images = exported_images(tmp_path / "out")
    for text, box in (("cut", UPRIGHT), ("whole", None)):
        expected = to_strip(cut_crop(read_image(page), box), view)
        assert np.array_equal(np.asarray(Image.open(images[text])), expected)
    assert report.copied == 0


def test_options_that_mean_nothing_in_a_format_are_refused(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    for format, options, reason in (  # noqa: A001
        ("labelme", ExportOptions(margin=parse_margin("1")), "are for crops"),
        ("labelme", ExportOptions(view=Preprocessing()), "are for crops"),
        ("mjsynth", ExportOptions(images=False), "holds crops"),
        ("icdar", ExportOptions(images=False), "cannot say where"),
    ):
        with pytest.raises(ExportError, match=reason):
            export(store, format=format, out=tmp_path / "out", options=options)
    assert not (tmp_path / "out").exists()


def test_appending_keeps_the_part_and_the_name_of_every_page(tmp_path: Path, store: AnnotationStore) -> None:
    for name in ("x/a.png", "y/a.png"):
        add(store, picture(store.root / name), word(name))
    first = export(store, format="labelme", out=tmp_path / "out", options=ExportOptions(split=(0, 0, 100)))
    assert {record.part for record in first.pages} == {"test"}
    assert {record.name for record in first.pages} == {"images/a.png", "images/a_2.png"}
    store.apply(Edit("Delete page", (), pages=(PageChange(1, PageMark.TRASHED, True),)))
    add(store, picture(store.root / "z/a.png"), word("z/a.png"))
    options = ExportOptions(split=(100, 0, 0), append=True)
    second = export(store, format="labelme", out=tmp_path / "out", options=options)
    assert [(r.page, r.name, r.part) for r in second.pages] == [
        ("y/a.png", "images/a_2.png", "test"),
        ("z/a.png", "images/a_3.png", "train"),
    ]
    assert {c.text: c.image.name for c in open_dataset(tmp_path / "out").crops()} == {
        "y/a.png": "a_2.png",
        "z/a.png": "a_3.png",
    }
    again = export(store, format="labelme", out=tmp_path / "out", options=options)
    assert again.pages == second.pages


def test_appending_goes_on_in_one_format(tmp_path: Path, store: AnnotationStore) -> None:
    add(store, picture(store.root / "a.png"), word("a"))
    export(store, format="labelme", out=tmp_path / "out", options=ExportOptions(append=True))
    with pytest.raises(ExportError, match="holds an export as labelme"):
        export(store, format="via", out=tmp_path / "out", options=ExportOptions(append=True))
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    (tmp_path / "out/report.json").write_text(json.dumps(report | {"pages": 3}))
    with pytest.raises(ExportError, match="without --append"):
        export(store, format="labelme", out=tmp_path / "out", options=ExportOptions(append=True))


def test_boxes_that_a_format_changes_are_told(tmp_path: Path, store: AnnotationStore) -> None:
    outside = Box.from_bounds(-5, 2, 20, 12)
    add(store, picture(store.root / "a.png"), word("kept"), word("half", UPRIGHT.moved(0.5, 0)), word("out", outside))
    report = export(store, format="page-xml", out=tmp_path / "out")
    assert report.flattened == (("a.png", 3),)
    assert report.rounded == 1
    assert json.loads((tmp_path / "out/report.json").read_text("utf-8"))["flattened"] == [["a.png", 3]]
    exact = export(store, format="labelme", out=tmp_path / "exact")
    assert (exact.flattened, exact.rounded) == ((), 0)
