"""Crops survive each format that can be written, and the programs that formats are named after read the same."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from model import cli
from model.annotations import PackedImage
from model.containers import close_containers
from model.errors import DatasetError, ImageError, KnownError
from model.exporting import export
from model.formats import Kind, formats, get_format, open_dataset, parquet, table, webdataset
from model.formats import lmdb as lmdb_format
from model.formats.base import PARTS, EncodedCrop
from model.images import image_bytes, image_size, read_image, thumbnail
from model.importing import import_dataset
from model.store import AnnotationStore
from tests.conftest import CHECKOUT

WRITABLE = [f.name for f in formats() if f.kind is Kind.CROPS and f.can_write]
PACKED = ["lmdb", "parquet", "webdataset"]
PARTLESS = {"labels-tsv"}
"""These carry the part in the path only."""

Row = tuple[bytes, str, str]
"""The bytes of an image, its text, its part."""


@pytest.fixture(autouse=True)
def closed_containers() -> Iterator[None]:
    """No container outlives the folder it lies in."""
    yield
    close_containers()


def png(number: int, size: tuple[int, int] = (40, 20)) -> bytes:
    """Return an image with a pattern of its own."""
    image = Image.new("L", size, 255)
    image.putdata([(x * (number + 2) * 7) % 256 for x in range(size[0] * size[1])])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def write(name: str, folder: Path, rows: list[tuple[str, str]]) -> tuple[list[Row], dict[str, str]]:
    """Write (text, part) rows; return what was written, and the refused texts with their reasons."""
    written, refused = [], {}
    writer = get_format(name).writer(folder)
    for i, (text, part) in enumerate(rows):
        if reason := writer.refusal(text):
            refused[text] = reason
            continue
        crop = EncodedCrop(png(i), ".png", text, part)
        writer.add_crop(crop)
        written.append((crop.data, text, part))
    writer.finish()
    return written, refused


def read(name: str | None, folder: Path, part: str | None = None) -> list[Row]:
    dataset = open_dataset(folder, format=name, part=part)
    rows = [(image_bytes(crop.image), crop.text, crop.part or "") for crop in dataset.crops()]
    assert dataset.problems == []
    return rows


@contextmanager
def temporary() -> Iterator[Path]:
    """Yield a folder; hypothesis cannot use pytest's, which is the same for all examples."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        close_containers()
        shutil.rmtree(folder)


def test_the_documentation_lists_every_format() -> None:
    lines = (CHECKOUT / "docs" / "formats.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if re.match(r"\| `[a-z-]+` \| (crops|pages) \|", line)]
    assert rows == [
        f"| `{f['name']}` | {f['kind']} | {'read, written' if f['can_write'] else 'read'} | {f['accepts']} |"
        for f in table()
    ]


# --- there and back ---

UGLY = [
    "", " ", " a", "a ", "a b", "a  b", "\ta", "a\tb", "a\nb", "a\r", "a\n", "a\x0bb", "a\x85", "a\u2028b", "\ufeffa",
    "\x00", "a\x00b", "a,b", ",", '"', '"a"', "a'b", "a\\b", "/", "../../x", "a/b", "CON", ".", "-", "_", "a_1", "1_a",
    "007", "1.50", "1e5", "NA", "null", "true", "2009-03-01 00:00:00", "[1]", '["a.jpg"]', '{"text": "b"}', "#",
    "\u3000", "שלום", "\u202eabc", "👨\u200d👩", "é", "e\u0301", "ß", "İ", "\u212a", "漢字", "x" * 300, "字" * 100,
]  # fmt: skip
ugly = st.text(max_size=12) | st.sampled_from(UGLY)


@pytest.mark.parametrize("name", WRITABLE)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ugly, st.sampled_from(PARTS)), max_size=8))
@example([(text, PARTS[i % 3]) for i, text in enumerate(UGLY)])
def test_any_label_is_read_back_or_refused(name: str, rows: list[tuple[str, str]]) -> None:
    with temporary() as folder:
        written, _ = write(name, folder, rows)
        if not written:
            return
        found = read(name, folder)
        if name in PARTLESS:
            written = [(data, text, "") for data, text, _ in written]
        assert sorted(found) == sorted(written)
        for part in open_dataset(folder, format=name).parts:
            assert sorted(read(name, folder, part)) == sorted(row for row in written if row[2] == part)


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_refused_is_what_the_format_cannot_carry(name: str, tmp_path: Path) -> None:
    _, refused = write(name, tmp_path, [(text, "train") for text in UGLY])
    ordinary = [text for text in UGLY if text.strip() == text and text.isprintable() and text]
    if name == "filename":
        ordinary = [text for text in ordinary if not re.search(r'[<>:"/\\|?*]|^\.', text) and len(text.encode()) < 200]
    assert not set(ordinary) & set(refused)
    assert all(reason == reason.rstrip(".") and " " in reason for reason in refused.values())


@pytest.mark.parametrize("name", WRITABLE)
def test_a_written_data_set_is_recognised_without_doubt(name: str, tmp_path: Path) -> None:
    write(name, tmp_path, [(text, part) for part in PARTS for text in ("k3wx", "b7c9", "zzt", "Ohm")])
    (tmp_path / "report.json").write_text('{"made_by": "crnn-gui"}')
    dataset = open_dataset(tmp_path)
    assert dataset.format == name
    assert dataset.reason.startswith(("it holds ", "its small images"))
    assert dataset.parts == (() if name in PARTLESS else PARTS)


@pytest.mark.parametrize("name", WRITABLE)
def test_equal_crops_give_equal_bytes(name: str, tmp_path: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        folder.mkdir()
        write(name, folder, [("one", "train"), ("two", "val"), ("three", "train")])
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    assert files(tmp_path / "a") == files(tmp_path / "b") != {}


@pytest.mark.parametrize("name", WRITABLE)
def test_keys_name_one_crop_each(name: str, tmp_path: Path) -> None:
    written, _ = write(name, tmp_path, [("same", part) for part in PARTS for _ in range(5)])
    crops = list(open_dataset(tmp_path, format=name).crops())
    assert len({crop.key for crop in crops}) == len({crop.image for crop in crops}) == len(written) == 15


@pytest.mark.parametrize("name", WRITABLE)
def test_crnn_check_takes_it_as_it_is(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(name, tmp_path, [("k3wx", "train"), ("b7c9", "val"), ("", "train"), ("zzt", "test")])
    assert cli.main(["check", str(tmp_path), "--format", name, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ready"] == 3
    assert {problem["cause"] for problem in report["problems"]} <= {"empty_label"}


# --- as the others read it ---

LABELS = ["plain", "a b", "x,y", 'say "hi"', "007", "NA", "ß", "שלום", "漢字", "#", "it's", "1,50 €", "e\u0301"]


def rows_of(texts: list[str]) -> list[tuple[str, str]]:
    return [(text, PARTS[i % 3]) for i, text in enumerate(texts)]


def test_easyocr_reads_the_same_through_pandas(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    written, refused = write("easyocr-csv", tmp_path, rows_of([*LABELS, "a\tb", " a", "a ", '"', "", "a\x0bb"]))
    assert refused == {"a ": "ends with a space"}
    found = []
    for part in PARTS:
        folder = tmp_path / part
        assert not [entry for entry in folder.iterdir() if entry.is_dir()]  # the trainer takes folders without folders
        table = pandas.read_csv(
            folder / "labels.csv",
            sep="^([^,]+),",
            engine="python",
            usecols=["filename", "words"],
            keep_default_na=False,
        )
        found += [((folder / row.filename).read_bytes(), row.words, part) for row in table.itertuples()]
    assert sorted(found) == sorted(written)


def test_paddleocr_reads_the_same(tmp_path: Path) -> None:
    written, refused = write("ppocr-rec", tmp_path, rows_of([*LABELS, "a\tb", " a ", "a\nb", "a\u2028b", "[x"]))
    assert refused == {"a\tb": "holds a tab", "a\nb": "is broken over lines"}
    found = []
    for part in PARTS:
        with (tmp_path / f"rec_gt_{part}.txt").open("rb") as file:  # SimpleDataSet.get_image_info_list and __getitem__
            for line in file.readlines():
                fields = line.decode("utf-8").strip("\n").split("\t")
                found.append(((tmp_path / fields[0]).read_bytes(), fields[1], part))
    assert sorted(found) == sorted(written)
    characters = (tmp_path / "dict.txt").read_text(encoding="utf-8").split("\n")[:-1]
    assert characters == sorted({char for _, text, _ in written for char in text if char != " "})


@pytest.mark.parametrize("with_text", [True, False])
def test_an_lmdb_is_read_with_the_keys_of_its_first_readers(tmp_path: Path, with_text: bool) -> None:
    lmdb = pytest.importorskip("lmdb")
    written, _ = write("lmdb", tmp_path, rows_of([*LABELS, "", "a\nb", "x" * 5000] if with_text else ["only"]))
    found = []
    for folder in (path for part in PARTS if (path := tmp_path / part).exists()):
        environment = lmdb.open(str(folder), max_readers=32, readonly=True, lock=False, readahead=False, meminit=False)
        with environment.begin(write=False) as transaction:
            count = int(transaction.get(b"num-samples"))
            for index in range(1, count + 1):
                label = transaction.get(f"label-{index:09d}".encode()).decode("utf-8")
                found.append((transaction.get(f"image-{index:09d}".encode()), label, folder.name))
        environment.close()
    assert sorted(found) == sorted(written)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves its files open
def test_the_webdataset_library_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("webdataset")
    monkeypatch.setattr(webdataset, "SHARD_CROPS", 3)
    written, _ = write("webdataset", tmp_path, [(text, "train") for text in [*LABELS, "", " a "]])
    shards = sorted(str(path) for path in tmp_path.glob("train-*.tar"))
    assert len(shards) == 5
    samples = library.WebDataset(shards, shardshuffle=False, empty_check=False).decode(only=["txt"])
    found = [(sample["png"], sample["txt"], "train") for sample in samples]
    assert found == written
    assert read(None, tmp_path) == written


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["imagefolder", "parquet"])
def test_the_datasets_library_reads_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    library = pytest.importorskip("datasets")
    folder = tmp_path / "data"
    folder.mkdir()
    written, _ = write(name, folder, rows_of([*LABELS, "", " a ", "a\nb", "2009-03-01 00:00:00", "👨\u200d👩"]))
    for ours, theirs in (("train", "train"), ("val", "validation"), ("test", "test")):
        data = library.load_dataset(name, data_dir=str(folder), split=theirs, cache_dir=str(tmp_path / "cache"))
        found = [(row["text"], row["image"].tobytes()) for row in data]
        expected = [(text, Image.open(io.BytesIO(image)).tobytes()) for image, text, part in written if part == ours]
        assert found == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_table_of_the_datasets_library_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    library = pytest.importorskip("datasets")
    images = [png(i) for i in range(5)]
    columns = {"image": [{"bytes": data, "path": None} for data in images], "label": list("abcde")}
    features = library.Features({"image": library.Image(), "label": library.Value("string")})
    library.Dataset.from_dict(columns, features=features).to_parquet(tmp_path / "train-00000-of-00001.parquet")
    assert read(None, tmp_path) == [(data, text, "train") for data, text in zip(images, "abcde", strict=True)]


def test_doctr_reads_the_same(tmp_path: Path) -> None:
    written, _ = write("doctr", tmp_path, rows_of([*LABELS, "", "a\nb"]))
    found = []
    for part in PARTS:  # RecognitionDataset.__init__
        with (tmp_path / part / "labels.json").open(encoding="utf-8") as file:
            labels = json.load(file)
        for name, label in labels.items():
            found.append(((tmp_path / part / "images" / name).read_bytes(), label, part))
    assert sorted(found) == sorted(written)


def test_kraken_and_tesstrain_read_the_same(tmp_path: Path) -> None:
    written, refused = write("gt-txt", tmp_path, rows_of([*LABELS, "", " a", "a ", "a\nb", "a\u2028b"]))
    assert set(refused) == {"", " a", "a ", "a\nb"}
    found = []
    for path in tmp_path.rglob("*.png"):
        text = path.with_suffix(".gt.txt").read_text(encoding="utf-8")
        assert text.strip("\n\r") == text.strip()  # kraken's way, and tesstrain's
        found.append((path.read_bytes(), text.strip(), path.relative_to(tmp_path).parts[0]))
    assert sorted(found) == sorted(written)


def test_mmocr_reads_the_same(tmp_path: Path) -> None:
    written, _ = write("mmocr", tmp_path, rows_of([*LABELS, "", "a\nb"]))
    found = []
    for part in PARTS:  # BaseDataset.load_data_list and RecogTextDataset.parse_data_info
        document = json.loads((tmp_path / f"textrecog_{part}.json").read_text(encoding="utf-8"))
        assert document["metainfo"]["task_name"] == "textrecog"
        for entry in document["data_list"]:
            [instance] = entry["instances"]
            found.append(((tmp_path / entry["img_path"]).read_bytes(), instance["text"], part))
    assert sorted(found) == sorted(written)


def test_captcha_loaders_cut_the_number_off(tmp_path: Path) -> None:
    written, _ = write("filename", tmp_path, rows_of(["aB3", "aB3", "a_b", "12", "ß"]))
    found = [(p.read_bytes(), p.stem.rsplit("_", 1)[0], p.parent.name) for p in tmp_path.rglob("*.png")]
    assert sorted(found) == sorted(written)


def test_the_toys_of_mmocr_are_read(shared_data: Callable[[str], Path]) -> None:
    toy = shared_data("formats/mmocr_rec_toy")
    listed = ["labels.json", "old_label.jsonl", "old_label.txt", "imgs.lmdb", "label.lmdb", ""]
    texts = [[crop.text for crop in open_dataset(toy / name).crops()] for name in listed]
    assert all(found == texts[0] for found in texts)
    assert texts[0][:2] == ["GRAND", "HOTEL"]
    files = [crop.image for crop in open_dataset(toy).crops()]
    packed = [crop.image for crop in open_dataset(toy / "imgs.lmdb").crops()]
    assert [image_size(image) for image in files] == [image_size(image) for image in packed]
    [crop] = open_dataset(toy / "broken.lmdb").crops()
    with pytest.raises(ImageError, match="cannot be read as an image"):
        read_image(crop.image)


def test_real_captchas_are_read_by_their_names(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("local/captcha_lower")
    by_name = {crop.key: crop.text for crop in open_dataset(folder, format="filename").crops()}
    assert by_name == {crop.key: crop.text for crop in open_dataset(folder).crops()}


# --- one form or another ---


def tree(folder: Path, **files: str | bytes) -> Path:
    """Write files; in their names "__" stands for the dot and "___" for the slash."""
    for name, content in files.items():
        path = folder / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def texts(path: Path, **options: Any) -> dict[str, str]:
    return {crop.key: crop.text for crop in open_dataset(path, **options).crops()}


def problems(path: Path, **options: Any) -> list[str]:
    """Read everything and return what was refused, as "place: reason"."""
    dataset = open_dataset(path, **options)
    assert list(dataset.crops()) or dataset.refused
    return [f"{problem.key}: {problem.detail}" for problem in dataset.problems]


def test_paddleocr_lists_may_hold_several_images_a_line(tmp_path: Path) -> None:
    tree(tmp_path, rec_gt__txt='["a.jpg", "b/c.jpg"]\tword\n[odd].jpg\tx\nd.jpg\ta\tb\ne.jpg\n["/f.jpg"]\tf\n')
    assert texts(tmp_path) == {"a.jpg": "word", "b/c.jpg": "word", "[odd].jpg": "x"}
    assert problems(tmp_path) == [
        "rec_gt.txt line 3: the line must be a path, one tab and a text",
        "rec_gt.txt line 4: the line must be a path, one tab and a text",
        "rec_gt.txt line 5: the path /f.jpg is absolute; only paths inside the data set are read",
    ]


def test_paths_may_repeat_the_folder_of_their_list(tmp_path: Path) -> None:
    folder = tree(
        tmp_path / "train_data/rec", train___w1__jpg=png(1), rec_gt_train__txt="train_data/rec/train/w1.jpg\ta\n"
    )
    [crop] = open_dataset(folder).crops()
    assert (crop.key, crop.image, crop.part) == ("train/w1.jpg", folder / "train/w1.jpg", "train")


def test_an_imagefolder_may_be_csv_in_one_list(tmp_path: Path) -> None:
    rows = 'text,file_name,more\n"a, ""b""",train/1.png,x\n007,validation/2.png,\n"two\nlines",3.png,\nno name\n'
    tree(tmp_path, metadata__csv=rows, train___1__png=png(1), validation___2__png=png(2))
    dataset = open_dataset(tmp_path)
    assert dataset.parts == ("train", "val")
    assert [(c.key, c.text, c.part) for c in dataset.crops()] == [
        ("train/1.png", 'a, "b"', "train"), ("validation/2.png", "007", "val"), ("3.png", "two\nlines", None),
    ]  # fmt: skip
    assert list(texts(tmp_path, part="val")) == ["validation/2.png"]
    assert problems(tmp_path) == ["metadata.csv line 6: a row must have a file_name and a text"]


def test_members_of_a_shard_may_be_json_or_cls(tmp_path: Path) -> None:
    def member(archive: tarfile.TarFile, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))

    long = "x" * 150
    with tarfile.open(tmp_path / "words-train.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in [
            (f"./a/{long}.jpg", png(1)), (f"./a/{long}.json", b'{"text": "one"}'),
            ("b.seg.png", b""), ("b.png", png(2)), ("b.cls", b"7\r\n"),
            ("c.png", png(3)), ("d.txt", b"no image"), ("e.png", png(4)), ("e.txt", b"\xff"),
            ("f.png", png(5)), ("f.json", b"[]"), ("g.PNG", png(6)), ("g.txt", "g\u00e9\n".encode()),
        ]:  # fmt: skip
            member(archive, name, data)
    dataset = open_dataset(tmp_path)
    found = {crop.text: read_image(crop.image).tobytes() for crop in dataset.crops()}
    assert found == {text: Image.open(io.BytesIO(png(i))).tobytes() for text, i in (("one", 1), ("7", 2), ("gé", 6))}
    assert [problem.detail for problem in dataset.problems] == [
        "there is no text (.txt, .json or .cls)", "there is no image", "the text is not UTF-8",
        "the JSON has neither a 'text' nor a 'label' that is a text",
    ]  # fmt: skip


def test_a_shard_that_was_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    write("webdataset", tmp_path, [(f"w{i}", "train") for i in range(20)])
    shard = tmp_path / "train-000000.tar"
    shard.write_bytes(shard.read_bytes()[:9000])
    dataset = open_dataset(tmp_path)
    assert [crop.text for crop in dataset.crops()] == ["w0", "w1", "w2", "w3"]
    [problem] = dataset.problems
    assert "damaged from here on" in problem.detail


def test_images_with_a_mark_belong_to_their_text(tmp_path: Path) -> None:
    tree(
        tmp_path, a__png=b"", a__gt__txt="one\r\n", b__bin__png=b"", b__gt__txt="two", c__nrm__png=b"", c__png=b"",
        c__gt__txt="\ufeffthree\n", d__png=b"", e__gt__txt="gone", f__tif=b"", f__gt__txt=b"\xff", sub___g__jpg=b"",
        sub___g__gt__txt="four", a__txt="ignored",
    )  # fmt: skip
    assert texts(tmp_path) == {"a.png": "one", "b.bin.png": "two", "c.png": "three", "sub/g.jpg": "four"}
    assert problems(tmp_path) == [
        "d.png: there is no d.gt.txt beside it", "e.gt.txt: there is no image beside it",
        "f.tif: its text is not UTF-8",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["k3wx.png", "b7c9.png", "2222.png"], ["2222", "b7c9", "k3wx"]),
        (["k3wx_1.png", "k3wx_2.png", "2222-3.jpg"], ["2222", "k3wx", "k3wx"]),
        (["1_k3wx.png", "2_b7c9.png", "30_a_1_b.png"], None),
        (["1-k3wx.png", "2_b7c9.png"], ["b7c9", "k3wx"]),
        (["83114.png", "10293.png", "55555.png"], ["10293", "55555", "83114"]),
        (["001.png", "002.png", "004.png"], None),
        (["IMG_2033.png", "IMG_2034.png"], None),
        (["img1.png", "img2.png"], None),
        (["a photo.png", "b photo.png"], None),
        (["same_1.png", "same_2.png"], None),
        (["one.png"], None),
    ],
)
def test_names_are_texts_only_where_all_look_like_it(
    tmp_path: Path, names: list[str], expected: list[str] | None
) -> None:
    for i, name in enumerate(names):
        (tmp_path / name).write_bytes(png(i))
    if expected is None:
        with pytest.raises(DatasetError, match="no data set that is known"):
            open_dataset(tmp_path)
    else:
        assert sorted(texts(tmp_path).values()) == expected
    assert len(texts(tmp_path, format="filename")) == len(names)


def test_our_own_export_of_numbers_is_known_by_its_report(tmp_path: Path) -> None:
    for number in range(3):
        path = tmp_path / "set" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (60, 20), 90 * number).save(path)
    (tmp_path / "set/labels.tsv").write_text("0.png\t123\n1.png\t456\n2.png\t789\n", encoding="utf-8")
    import_dataset(open_dataset(tmp_path / "set"), tmp_path / "project.crnn")
    with AnnotationStore.open(tmp_path / "project.crnn", read_only=True) as store:
        export(store, format="filename", out=tmp_path / "out")
    crops = list(open_dataset(tmp_path / "out").crops())
    assert sorted(crop.text for crop in crops) == ["123", "456", "789"]


def test_photographs_are_not_taken_for_captchas(tmp_path: Path) -> None:
    for name in ("bakery.png", "poster.png", "car.png"):
        (tmp_path / name).write_bytes(png(1, (640, 480)))
    with pytest.raises(DatasetError, match="no data set that is known"):
        open_dataset(tmp_path)


# --- damage ---


@pytest.mark.parametrize("name", [*WRITABLE, "crnn"])
def test_a_forced_format_that_does_not_fit_is_one_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00\xff\x89 nonsense \n" * 50)
    for path in (tmp_path, tmp_path / "file"):
        dataset = open_dataset(path, format=name)
        sentence = ""
        try:
            assert list(dataset.crops()) == []
        except KnownError as error:
            sentence = str(error)
        assert dataset.refused or re.fullmatch(r"[^\n]+\.", sentence)


def test_a_damaged_lmdb_is_said_calmly(tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb")

    def make(name: str, **items: bytes) -> Path:
        environment = lmdb.open(str(tmp_path / name), lock=False)
        with environment.begin(write=True) as transaction:
            for key, value in items.items():
                transaction.put(key.replace("_", "-").encode(), value)
        environment.close()
        return tmp_path / name

    one = {"image_000000001": png(1), "label_000000001": b"one"}
    for broken in (make("none", **one), make("text", **one, num_samples=b"many"), make("empty")):
        with pytest.raises(DatasetError, match="no number of samples under the key num-samples"):
            list(open_dataset(broken).crops())
    few = make("few", **one, label_000000003=b"\xff", label_000000004=b"no image", num_samples=b"999999999999")
    assert texts(few) == {"image-000000001": "one"}
    assert problems(few) == [
        "image-000000003: the label is not UTF-8", "image-000000004: there is a label and no image",
        "num-samples: it says 999999999999, and there are 3 labels",
    ]  # fmt: skip
    stale = make("stale", **one, image_000000002=png(2), label_000000002=b"of another set", num_samples=b"1")
    assert list(texts(stale).values()) == ["one"]
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk/data.mdb").write_bytes(b"no database" * 999)
    with pytest.raises(DatasetError, match="cannot be read as an LMDB database"):
        list(open_dataset(tmp_path / "junk").crops())


def test_a_damaged_table_is_said_calmly(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    (tmp_path / "junk.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(DatasetError, match="cannot be read as a Parquet table"):
        list(open_dataset(tmp_path / "junk.parquet").crops())
    pq.write_table(pyarrow.table({"label": [1, 2], "image": [b"", b""]}), tmp_path / "numbers.parquet")
    with pytest.raises(DatasetError, match=r"no column of images and one of texts among its columns label \(int64\)"):
        list(open_dataset(tmp_path / "numbers.parquet").crops())
    images = [{"bytes": png(1), "path": None}, {"bytes": None, "path": "2.png"}, {"bytes": png(3), "path": None}]
    pq.write_table(pyarrow.table({"text": ["one", "two", None], "image": images}), tmp_path / "holes.parquet")
    first, second = open_dataset(tmp_path / "holes.parquet").crops()
    assert image_bytes(first.image) == png(1)
    with pytest.raises(ImageError, match=r"1 image in .*holes.parquet does not exist"):
        read_image(second.image)
    assert problems(tmp_path / "holes.parquet") == ["row 2: there is no text"]


@pytest.mark.parametrize(("name", "library"), [("lmdb", "lmdb"), ("parquet", "pyarrow")])
def test_a_missing_library_is_named_with_its_extra(
    name: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(name, tmp_path, [("word", "train")])
    close_containers()
    for module in [module for module in sys.modules if module.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    sentence = f"needs the library {library}; install it with pip install 'crnn-gui\\[formats\\]'"
    with pytest.raises(KnownError, match=sentence):
        get_format(name).writer(tmp_path / "out")
    dataset = open_dataset(tmp_path)
    if name == "lmdb":
        assert [crop.text for crop in dataset.crops()] == ["word"], "LMDB is read without its library"
    else:
        with pytest.raises(KnownError, match=sentence):
            list(dataset.crops())


# --- images in containers ---


def test_containers_are_closed_when_the_program_ends(tmp_path: Path) -> None:
    write("lmdb", tmp_path, [("word", "train")])
    program = (
        "import sys; from pathlib import Path; from model.formats import open_dataset; "
        "print(*(crop.text for crop in open_dataset(Path(sys.argv[1])).crops()))"
    )
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", program, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("word\n", "")


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_image_is_opened_like_a_file(name: str, tmp_path: Path) -> None:
    write(name, tmp_path, [(f"w{i}", "train") for i in range(150)])
    crops = list(open_dataset(tmp_path).crops())
    assert isinstance(crops[7].image, PackedImage)
    assert image_size(crops[7].image) == (40, 20)
    assert thumbnail(crops[7].image, (10, 10)).size == (10, 5)
    for i in (7, 149, 0, 70, 71, 3):  # in any order
        assert read_image(crops[i].image).tobytes() == Image.open(io.BytesIO(png(i))).tobytes()
    gone = PackedImage(crops[0].image.container, "nothing", 10**6)  # type: ignore[union-attr]
    with pytest.raises(ImageError, match=r"nothing in .* (does not exist|cannot be read)"):
        read_image(gone)


@pytest.mark.parametrize("name", PACKED)
def test_a_container_that_was_replaced_is_read_anew(name: str, tmp_path: Path) -> None:
    for folder, rows in (("old", [("old", "train")]), ("new", [("other", "val"), ("new", "train")])):
        (tmp_path / folder).mkdir()
        write(name, tmp_path / folder, rows)
    [crop] = open_dataset(tmp_path / "old").crops()
    assert image_bytes(crop.image) == png(0)
    (tmp_path / "old").rename(tmp_path / "aside")
    (tmp_path / "new").rename(tmp_path / "old")
    assert image_bytes(crop.image) == png(1)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")
@pytest.mark.parametrize("name", PACKED)
def test_a_forked_worker_opens_its_own(name: str, tmp_path: Path) -> None:
    import multiprocessing

    write(name, tmp_path, [(f"w{i}", "train") for i in range(40)])
    images = [crop.image for crop in open_dataset(tmp_path).crops()]
    assert image_bytes(images[0]) == png(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(image_bytes, images) == [png(i) for i in range(40)]
    assert image_bytes(images[1]) == png(1)


@pytest.mark.parametrize("name", PACKED)
def test_listing_takes_no_more_memory_for_more_crops(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tracemalloc

    monkeypatch.setattr(parquet, "GROUP_ROWS", 50)
    monkeypatch.setattr(lmdb_format, "_ITEMS_AT_ONCE", 50)

    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        writer = get_format(name).writer(folder)
        for i in range(count):
            writer.add_crop(EncodedCrop(bytes(1000), ".png", f"word {i}", "train"))
        writer.finish()
        tracemalloc.start()
        assert sum(1 for _ in open_dataset(folder).crops()) == count
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(10)
    assert peak(1500) < peak(300) + 200_000


@pytest.mark.parametrize("name", PACKED)
def test_an_import_takes_packed_images_out_of_their_container(name: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write(name, data, rows_of(["one", "two", "three", "four"]))
    with pytest.raises(DatasetError, match="inside other files; import them with --copy"):
        import_dataset(open_dataset(data), tmp_path / "project")
    assert not (tmp_path / "project").exists()
    (tmp_path / "project").mkdir()
    report = import_dataset(open_dataset(data), tmp_path / "project", copy=True)
    assert (report.added, report.pages, report.refused) == (4, 4, 0)
    again = import_dataset(open_dataset(data), tmp_path / "project", copy=True)
    assert (again.added, again.known, again.conflicts) == (0, 4, ())
    with AnnotationStore.open(tmp_path / "project", read_only=True) as store:
        pages = {page.id: store.root / page.path for page in store.pages()}
        assert {word.label: pages[word.page_id].read_bytes() for word in store.words()} == {
            text: png(i) for i, text in enumerate(["one", "two", "three", "four"])
        }
        assert all(path.suffix == ".png" for path in pages.values())


# --- any bytes at all ---

LISTS = [
    "labels.csv", "rec_gt_train.txt", "metadata.csv", "metadata.jsonl", "labels.json", "label.jsonl", "label.txt",
    "a.tar", "a.gt.txt",
]  # fmt: skip
pieces = [
    b"filename,words", b"file_name,text", b'{"file_name": "a.png", "text": "x"}', b'{"filename": "a.png", "text": "x"}',
    b'{"data_list": [{"instances": [{"text": "x"}], "img_path": "a.png"}, 3]}', b'{"a.png": "x", "b": 3}', b"a.png,x",
    b"a.png\tx", b'["a.png", 3]\tx', b"a.png x", b"../../x,y", b'"', b"\x00", b"[" * 2000, b'{"a": 1' + b"0" * 5000,
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(LISTS),
    st.lists(
        st.binary(max_size=30)
        | st.text(max_size=30).map(lambda s: s.encode("utf-8", "surrogatepass"))
        | st.sampled_from(pieces),
        max_size=6,
    ),
)
def test_no_list_makes_a_reader_fail(list_name: str, lines: list[bytes]) -> None:
    with temporary() as folder:
        (folder / "images").mkdir()
        (folder / list_name).write_bytes(b"\n".join(lines))
        for name in WRITABLE:
            for path in (folder, folder / list_name):
                try:
                    dataset = open_dataset(path, format=name)
                    crops = list(dataset.crops())
                except KnownError:
                    continue
                assert len(dataset.problems) == dataset.refused
                assert all(crop.file.is_relative_to(folder) for crop in crops)


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(png(1))
    with (tmp_path / "labels.tsv").open("w") as file:
        file.write("1.png\tone\n")
        for _ in range(60):
            file.write("x" * 1_000_000)
        file.write("\n1.png\tlast\n")
    tracemalloc.start()
    dataset = open_dataset(tmp_path)
    assert [crop.text for crop in dataset.crops()] == ["one", "last"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [problem.key for problem in dataset.problems] == ["labels.tsv line 2"]
    assert peak < 50_000_000
