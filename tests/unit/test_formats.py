"""Data sets are recognised by looking, read in good rows, and account for the bad ones."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.annotations import Box, LabelledCrop, Word
from model.errors import DatasetError
from model.formats import Dataset, Format, Kind, base, formats, get_format, open_dataset, register, table
from model.store import AnnotationStore

QUAD = [[1, 2], [11, 2], [11, 7], [1, 7]]


def make(folder: Path, **files: str | bytes) -> Path:
    """Write files; in their names "__" stands for the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def texts(dataset: Dataset) -> dict[str, str]:
    return {crop.key: crop.text for crop in dataset.crops()}


def reasons(dataset: Dataset) -> list[str]:
    """Read everything and return the problems as "place: reason"."""
    assert len(list(dataset.crops())) + dataset.refused >= 0
    return [f"{p.key}: {p.detail}" for p in dataset.problems]


# --- recognising ---


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("labels-tsv", {"labels__tsv": "a.png\tA\n"}),
        ("boxes-jsonl", {"boxes__jsonl": "{}\n"}),
        ("mjsynth", {"lexicon__txt": "a\n", "annotation_val__txt": ""}),
        ("mjsynth", {"lexicon__txt": "a\n", "annotation__txt": ""}),
        ("mjsynth", {"imlist__txt": "./1/1/1_a_0.jpg\n"}),
        ("crnn", {"annotations__crnn": "", "labels__tsv": ""}),
    ],
)
def test_a_folder_is_recognised_and_says_why(tmp_path: Path, name: str, files: dict[str, str]) -> None:
    dataset = open_dataset(make(tmp_path, **files))
    assert dataset.format == name
    assert dataset.reason.startswith("it holds ")


@pytest.mark.parametrize("file", ["words.tsv", "boxes.jsonl", "annotation_train.txt", "imlist.txt"])
def test_the_list_itself_is_a_data_set(tmp_path: Path, file: str) -> None:
    make(tmp_path, lexicon__txt="a\n")
    (tmp_path / file).write_text("")
    assert list(open_dataset(tmp_path / file).crops()) == []


def test_a_folder_that_is_none_is_told_all_that_is_accepted(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as error:
        open_dataset(make(tmp_path, holiday__jpg=b""))
    assert all(f.name in str(error.value) and f.accepts in str(error.value) for f in formats())


def test_a_folder_that_could_be_two_is_a_question(tmp_path: Path) -> None:
    make(tmp_path, labels__tsv="a.png\tA\n", boxes__jsonl="")
    with pytest.raises(DatasetError, match=r"boxes-jsonl .* and labels-tsv .*--format"):
        open_dataset(tmp_path)
    assert open_dataset(tmp_path, format="labels-tsv").format == "labels-tsv"


@pytest.mark.parametrize("name", ["labels-tsv", "boxes-jsonl", "mjsynth", "crnn"])
def test_a_forced_format_that_does_not_fit_is_one_sentence(tmp_path: Path, name: str) -> None:
    from model.errors import KnownError

    with pytest.raises(KnownError):
        list(open_dataset(tmp_path, format=name).crops())


def test_missing_paths_formats_and_parts_are_named(tmp_path: Path) -> None:
    make(tmp_path, lexicon__txt="a\n", annotation_train__txt="")
    with pytest.raises(DatasetError, match="nowhere does not exist"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match=r"'yolo'; the formats are .*mjsynth"):
        open_dataset(tmp_path, format="yolo")
    with pytest.raises(DatasetError, match="no part 'val': it has train"):
        open_dataset(tmp_path, part="val")


def test_another_format_needs_nothing_but_its_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_formats", dict(base._formats))

    @register
    class Note(Format):
        name = "note"
        title = "One note"
        kind = Kind.CROPS
        accepts = "a folder with note.txt"

        def sniff(self, path: Path) -> str | None:
            return "it holds note.txt" if (path / "note.txt").is_file() else None

        def read(self, path: Path, part: str | None, refuse: base.Refuse) -> Iterator[LabelledCrop]:
            yield LabelledCrop("note", path / "note.png", None, (path / "note.txt").read_text())

    dataset = open_dataset(make(tmp_path, note__txt="hello"))
    assert texts(dataset) == {"note": "hello"}
    assert list(dataset.rows()) == [("note", "hello", None)]
    assert {
        "name": "note",
        "title": "One note",
        "kind": "crops",
        "accepts": Note.accepts,
        "can_write": False,
    } in table()
    with pytest.raises(ValueError, match="two formats"):
        register(Note)


def test_every_format_describes_itself() -> None:
    assert {f.name for f in formats()} >= {"mjsynth", "labels-tsv", "boxes-jsonl", "crnn"}
    for f in formats():
        assert f.title
        assert f.accepts.startswith(("a ", "an "))
        assert get_format(f.name) is f


# --- MJSynth ---

ARCHIVE = {
    "lexicon__txt": "aardvark\nslinking\nlube\n\nlast\n",
    "annotation_train__txt": "./1/1/1_Lube_2.jpg 2\n./1/1/2_SLINKING_1.jpg 1\n",
    "annotation_val__txt": "./1/2/1_aardvark_0.jpg 0\n",
    "annotation__txt": "./1/1/1_Lube_2.jpg 2\n",
    "imlist__txt": "./1/1/1_Lube_2.jpg\n",
}


def test_the_original_archive_is_read_by_parts_with_the_case_of_the_names(tmp_path: Path) -> None:
    make(tmp_path, **ARCHIVE)
    dataset = open_dataset(tmp_path)
    assert dataset.parts == ("train", "val")
    assert list(dataset.crops()) == [
        LabelledCrop("1/1/1_Lube_2.jpg", tmp_path / "1/1/1_Lube_2.jpg", None, "Lube", "train"),
        LabelledCrop("1/1/2_SLINKING_1.jpg", tmp_path / "1/1/2_SLINKING_1.jpg", None, "SLINKING", "train"),
        LabelledCrop("1/2/1_aardvark_0.jpg", tmp_path / "1/2/1_aardvark_0.jpg", None, "aardvark", "val"),
    ]
    assert list(dataset.rows()) == [(c.key, c.text, c.part) for c in dataset.crops()]
    assert list(texts(open_dataset(tmp_path, part="val"))) == ["1/2/1_aardvark_0.jpg"]
    assert list(texts(open_dataset(tmp_path / "annotation_val.txt"))) == ["1/2/1_aardvark_0.jpg"]


def test_the_archive_is_found_where_tar_puts_it(tmp_path: Path) -> None:
    inner = make(tmp_path / "mnt/ramdisk/max/90kDICT32px", **ARCHIVE)
    assert next(open_dataset(tmp_path).crops()).image == inner / "1/1/1_Lube_2.jpg"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("./1/1/1_LUBE_2.jpg 2", "LUBE"),
        ("./1/1/1_other_2.jpg 2", "lube"),
        ("./1/1/1_l-be_2.jpg 2", "lube"),
        ("./1/lube_1/x.jpg 2", "lube"),
        ("./LUBE_1/x.jpg 2", "lube"),
        ("1/1/plain.jpg 2", "lube"),
        ("./1/a name/1_Lube_2.jpg 2", "Lube"),
        ("./1/1/1_Lube_2.jpg 2  ", "Lube"),
        (".\\1\\1\\1_Lube_2.jpg 2", "Lube"),
        ("./1/x/../1/1_Lube_2.jpg 2", "Lube"),
        ("./1/1/1_x_3.jpg 3", ""),
        ("./1/1/1_LAST_4.jpg 4", "LAST"),
    ],
)
def test_the_lexicon_is_right_but_for_case(tmp_path: Path, line: str, text: str) -> None:
    make(tmp_path, lexicon__txt=ARCHIVE["lexicon__txt"], annotation__txt=line + "\n")
    dataset = open_dataset(tmp_path)
    assert list(texts(dataset).values()) == [text]
    assert dataset.problems == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("./1/1/1_a_0.jpg", "the line must be a path, one space and an index"),
        ("./1/1/1_a_0.jpg x", "the index 'x' is not a whole number"),
        ("./1/1/1_a_0.jpg -1", "the index '-1' is not a whole number"),
        ("./1/1/1_a_0.jpg 1.0", "the index '1.0' is not a whole number"),
        ("./1/1/1_a_0.jpg ٣", "the index '٣' is not a whole number"),
        ("./1/1/1_a_0.jpg 5", "the index 5 is outside the lexicon, which has 5 lines"),
        (f"./1/1/1_a_0.jpg {'9' * 5000}", "outside the lexicon"),
        ("../secret.jpg 0", "the path ../secret.jpg leads out of the data set"),
        ("./1/../../secret.jpg 0", "leads out of the data set"),
        (".\\..\\secret.jpg 0", "leads out of the data set"),
        ("/etc/secret.jpg 0", "the path /etc/secret.jpg is absolute"),
        (".//etc/secret.jpg 0", None),
        ("C:\\secret.jpg 0", "is absolute"),
        ("./a\0b.jpg 0", "is no path of an image"),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_are_read(tmp_path: Path, line: str, reason: str | None) -> None:
    lines = f"./1/1/1_Lube_2.jpg 2\n{line}\n./1/1/2_last_4.jpg 4\n"
    make(tmp_path, lexicon__txt=ARCHIVE["lexicon__txt"], annotation__txt=lines)
    dataset = open_dataset(tmp_path)
    found = texts(dataset)
    assert {"1/1/1_Lube_2.jpg", "1/1/2_last_4.jpg"} <= set(found)
    assert len(found) + dataset.refused == 3
    if reason is None:
        assert all(crop.image.is_relative_to(tmp_path) for crop in dataset.crops())
    else:
        [problem] = dataset.problems
        assert problem.key == "annotation.txt line 2"
        assert reason in problem.detail


def test_an_image_list_alone_carries_the_words_in_its_names(tmp_path: Path) -> None:
    make(tmp_path, imlist__txt="./1/1/1_Lube_2.jpg\n./1/1/2_a_b_3.jpg\n./1/1/bare.jpg\n../1_a_0.jpg\n")
    dataset = open_dataset(tmp_path)
    assert list(texts(dataset).values()) == ["Lube", "a_b"]
    assert reasons(dataset) == [
        "imlist.txt line 3: the name 1/1/bare.jpg carries no word between underscores",
        "imlist.txt line 4: the path ../1_a_0.jpg leads out of the data set",
    ]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_marks_and_foreign_line_ends_change_nothing(tmp_path: Path, bom: bytes, end: bytes) -> None:
    lexicon = bom + "Straße\nlube".encode().replace(b"\n", end)
    make(tmp_path, lexicon__txt=lexicon, annotation__txt=bom + b"./1/1/1_x_0.jpg 0" + end + b"./1/1/2_x_1.jpg 1")
    dataset = open_dataset(tmp_path)
    assert list(texts(dataset).values()) == ["Straße", "lube"]


def test_a_lexicon_in_another_encoding_is_refused_because_holes_would_shift_it(tmp_path: Path) -> None:
    make(tmp_path, lexicon__txt="a\nStraße\n".encode("latin-1"), annotation__txt="./1/1/1_a_0.jpg 0\n")
    with pytest.raises(DatasetError, match=r"lexicon.txt line 2: the line is not UTF-8"):
        list(open_dataset(tmp_path).crops())


def test_links_may_not_lead_out_of_the_data_set(tmp_path: Path) -> None:
    make(tmp_path / "outside", secret__jpg=b"x")
    data = make(
        tmp_path / "data", labels__tsv="link.jpg\ta\nfolder/secret.jpg\tb\ninner.jpg\tc\ngone.jpg\td\nreal.jpg\te\n"
    )
    make(data, real__jpg=b"x")
    (data / "link.jpg").symlink_to(tmp_path / "outside/secret.jpg")
    (data / "folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    (data / "inner.jpg").symlink_to(data / "real.jpg")
    dataset = open_dataset(data)
    assert list(texts(dataset)) == ["inner.jpg", "gone.jpg", "real.jpg"]
    assert [r.split(":")[0] for r in reasons(dataset)] == ["labels.tsv line 1", "labels.tsv line 2"]


def test_a_data_set_behind_a_link_is_read(tmp_path: Path) -> None:
    make(tmp_path / "real", labels__tsv="a.png\tA\n", a__png=b"")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert texts(open_dataset(tmp_path / "link")) == {"a.png": "A"}


def test_bad_rows_are_counted_beyond_those_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "KEPT_PROBLEMS", 10)
    dataset = open_dataset(make(tmp_path, labels__tsv="no tab\n" * 25))
    for _ in range(2):  # a second reading starts afresh
        assert list(dataset.crops()) == []
        assert (len(dataset.problems), dataset.refused) == (10, 25)


def test_long_lists_are_streamed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = 200_000
    lines = "".join(
        f"./{i // 3500}/{i // 500 % 7 + 1}/{i % 500}_Word{i % 1000}_{i % 1000}.jpg {i % 1000}\n" for i in range(count)
    )
    make(tmp_path, lexicon__txt="".join(f"word{i}\n" for i in range(1000)), annotation_train__txt=lines)
    start = time.process_time()
    rows = sum(text.startswith("Word") for _, text, _ in open_dataset(tmp_path).rows())
    seconds = time.process_time() - start
    assert rows == count
    with capsys.disabled():
        print(f"\n  MJSynth lines listed: {count / seconds:,.0f} a second of processor time")  # noqa: T201  a report, not a timed test


# --- labels.tsv ---


def test_labels_keep_their_spaces_and_tabs(tmp_path: Path) -> None:
    make(tmp_path, labels__tsv="a b.png\t two  words \nc/d.png\twith\ttab\ne.png\t\n\n")
    assert texts(open_dataset(tmp_path)) == {"a b.png": " two  words ", "c/d.png": "with\ttab", "e.png": ""}


def test_bad_label_lines_are_named(tmp_path: Path) -> None:
    lines = b"a.png A\n\xff.png\tB\n../b.png\tC\n/b.png\tD\n\tE\nok.png\tF\n"
    dataset = open_dataset(make(tmp_path, labels__tsv=lines))
    assert texts(dataset) == {"ok.png": "F"}
    assert reasons(dataset) == [
        "labels.tsv line 1: there is no tab between path and text",
        "labels.tsv line 2: the line is not UTF-8",
        "labels.tsv line 3: the path ../b.png leads out of the data set",
        "labels.tsv line 4: the path /b.png is absolute; only paths inside the data set are read",
        "labels.tsv line 5: '' is no path of an image",
    ]


def test_utf16_is_one_sentence(tmp_path: Path) -> None:
    make(tmp_path, labels__tsv="a.png\tA\n".encode("utf-16"))
    with pytest.raises(DatasetError, match="UTF-16; save it as UTF-8"):
        list(open_dataset(tmp_path).crops())


# --- boxes.jsonl ---


def page_line(**changes: object) -> str:
    return json.dumps({"image": "p.png", "words": [{"quad": QUAD, "text": "hi"}]} | changes) + "\n"


def test_boxes_become_crops_of_their_page(tmp_path: Path) -> None:
    dataset = open_dataset(make(tmp_path, boxes__jsonl=page_line(more=1)))
    assert list(dataset.crops()) == [
        LabelledCrop("p.png word 1", tmp_path / "p.png", Box.from_bounds(1, 2, 11, 7), "hi"),
    ]
    assert dataset.kind is Kind.PAGES


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[" * 100_000,
        "3",
        "{}",
        page_line(image=3),
        page_line(image="../p.png"),
        page_line(words={}),
        page_line(words=[3]),
        page_line(words=[{"quad": QUAD}]),
        page_line(words=[{"quad": QUAD[:3], "text": "a"}]),
        page_line(words=[{"quad": [[1, 2], [3, 4], [5, 6], [7, "8"]], "text": "a"}]),
        page_line(words=[{"quad": [[1, 2], [3, 4], [5, 6], [7, True]], "text": "a"}]),
        page_line(words=[{"quad": [[1, 2], [3, 4], [5, 6], [7, float("nan")]], "text": "a"}]),
        page_line(words=[{"quad": [[1, 2], [3, 4], [5, 6], [7, 10**400]], "text": "a"}]),
        page_line(words=[{"quad": QUAD, "text": None}]),
    ],
)
def test_a_bad_page_or_word_is_named(tmp_path: Path, line: str) -> None:
    dataset = open_dataset(
        make(tmp_path, boxes__jsonl=page_line() + line.rstrip("\n") + "\n" + page_line(image="q.png"))
    )
    assert list(texts(dataset)) == ["p.png word 1", "q.png word 1"]
    [reason] = reasons(dataset)
    assert reason.startswith("boxes.jsonl line 2")


# --- any bytes at all ---


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(["labels.tsv", "boxes.jsonl", "annotation_train.txt", "imlist.txt"]),
    st.lists(
        st.binary(max_size=30)
        | st.text(max_size=30).map(lambda s: s.encode("utf-8", "surrogatepass"))
        | st.sampled_from(
            [b"./1/1/1_a_0.jpg 0", b"a.png\tA", b'{"image": "a", "words": [{}]}', b"../../x\ty", b"./\x00 0"]
        ),
        max_size=8,
    ),
)
def test_no_list_makes_a_reader_fail(tmp_path: Path, name: str, lines: list[bytes]) -> None:
    make(tmp_path, lexicon__txt="a\nb\n")
    (tmp_path / name).write_bytes(b"\n".join(lines))
    dataset = open_dataset(tmp_path / name)
    if (tmp_path / name).read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return
    crops = list(dataset.crops())
    assert all(crop.image.is_relative_to(tmp_path) for crop in crops)
    assert len(dataset.problems) == dataset.refused


# --- annotation files ---


def test_an_annotation_file_gives_its_verified_words(tmp_path: Path) -> None:
    with AnnotationStore.open(tmp_path / "annotations.crnn", create=True) as store:
        [page] = store.add_pages([tmp_path / "p.png"], [(20, 10)])
        part, whole = Box.from_bounds(1, 1, 5, 5), Box.from_bounds(0, 0, 20, 10)
        words = [
            Word(0, 0, part, "one"), Word(0, 0, whole, "two"), Word(0, 0, part), Word(0, 0, part, "no", ignored=True),
        ]  # fmt: skip
        store.add_words({page.id: words})
    for path in (tmp_path, tmp_path / "annotations.crnn"):
        assert list(open_dataset(path).crops()) == [
            LabelledCrop("p.png word 1", tmp_path / "p.png", part, "one", word_id=1),
            LabelledCrop("p.png word 2", tmp_path / "p.png", None, "two", word_id=2),
        ]
