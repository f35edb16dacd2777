"""What is exported as MJSynth is read word by word and pixel by pixel by a loader written from the contract."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.annotations import Box, Edit, Word, WordChange
from model.charset import normalize
from model.exporting import Case, ExportOptions, export
from model.formats import open_dataset
from model.formats.base import EncodedCrop
from model.formats.mjsynth import MJSynthWriter, refusal
from model.images import cut_crop, read_image
from model.importing import import_dataset
from model.store import AnnotationStore

PARTS = ("train", "val", "test")


def reference_reader(root: Path, part: str) -> Iterator[tuple[Path, str]]:
    """Read one part as the published loaders do: strip every line, and split it at its one space."""
    with (root / "lexicon.txt").open(encoding="utf-8") as file:
        lexicon = {i: line.strip() for i, line in enumerate(file)}
    with (root / f"annotation_{part}.txt").open(encoding="utf-8") as file:
        for line in file:
            path, index = line.strip().split(" ")  # exactly two, or this raises
            yield root / path, lexicon[int(index)]


def read_all(root: Path) -> list[tuple[Path, str]]:
    return [row for part in PARTS for row in reference_reader(root, part)]


STRIPPED_OR_BROKEN = [
    " a", "a ", "\u00a0a", "\ta", "", " ", "\u3000", "a\nb", "a\rb", "a\x0bb", "a\x85b", "a\u2028b", "a\u2029b",
    "\ufeffa",
]  # fmt: skip
CARRIED = [
    "a b", "a\ufeff", "_", "a_b_c", "/", "../../x", "a/b\\c:d*?\"<>|", "CON", ".", "-", "\u202eabc", "שלום",
    "👨\u200d👩", "é", "ß", "İ", "\u212a", "Lube", "LUBE", "lube", "0", "1 2", "\x00", "x" * 300,
]  # fmt: skip
ugly = st.text(max_size=12) | st.sampled_from(STRIPPED_OR_BROKEN + CARRIED)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(ugly, st.sampled_from(PARTS)), max_size=12))
def test_any_label_is_read_back_or_refused(rows: list[tuple[str, str]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        writer = MJSynthWriter(folder)
        carried = [(normalize(text), part) for text, part in rows if refusal(normalize(text)) is None]
        for i, (text, part) in enumerate(carried):
            writer.add_crop(EncodedCrop(str(i).encode(), ".png", text, part))
        writer.finish()

        by_loader = [(p.read_bytes(), text, part) for part in PARTS for p, text in reference_reader(folder, part)]
        by_us = [(c.image.read_bytes(), c.text, c.part) for c in open_dataset(folder).crops()]
        expected = [(str(i).encode(), text, part) for i, (text, part) in enumerate(carried)]
        assert sorted(by_loader) == sorted(expected)
        assert sorted(by_us) == sorted(expected)  # type: ignore[type-var]
        raw = (folder / "annotation.txt").read_bytes()
        assert raw.isascii()
        assert b"\r" not in raw
        assert raw.count(b" ") == raw.count(b"\n") == len(carried)
        assert all(len(part) <= 255 for line in raw.decode().splitlines() for part in line.split("/"))
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("text", STRIPPED_OR_BROKEN)
def test_labels_that_a_stripped_line_cannot_carry_are_refused(text: str) -> None:
    assert refusal(text)


@pytest.mark.parametrize("text", CARRIED)
def test_every_other_label_is_carried(text: str) -> None:
    assert refusal(text) is None


finite = st.floats(-20, 120).map(lambda v: round(v, 2))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.tuples(*[st.tuples(finite, finite)] * 4).map(lambda p: Box(p)), ugly.map(normalize)),  # type: ignore[arg-type]
        min_size=1,
        max_size=6,
    )
)
def test_any_box_is_exported_with_the_pixels_of_its_crop(words: list[tuple[Box, str]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        rng = np.random.default_rng(0)
        page_path = folder / "page.png"
        Image.fromarray(rng.integers(0, 256, (80, 100, 3), np.uint8)).save(page_path)
        with AnnotationStore.open(folder / "annotations.crnn", create=True) as store:
            [page] = store.add_pages([page_path], [(100, 80)])
            storable = [(box, text) for box, text in words if "\0" not in text]
            store.add_words({page.id: [Word(0, 0, box, text) for box, text in storable]})
            report = export(store, format="mjsynth", out=folder / "out")
        assert report.total == len(storable) == report.written + len(report.skipped)
        expected = [(box, text) for box, text in storable if refusal(text) is None]
        read = read_all(folder / "out")
        image = read_image(page_path)
        # The words of a page leave in reading order.
        written = Counter((text, _pixels(read_image(path))) for path, text in read)
        assert written == Counter((text, _pixels(cut_crop(image, box))) for box, text in expected)
    finally:
        shutil.rmtree(folder)


def _pixels(image: Image.Image) -> tuple[tuple[int, int], bytes]:
    return image.size, image.tobytes()


@pytest.mark.parametrize("name", ["pages/plates", pytest.param("words/iiit5k_train", marks=pytest.mark.slow)])
def test_real_data_makes_the_whole_journey(tmp_path: Path, name: str, shared_data: Callable[[str], Path]) -> None:
    dataset = open_dataset(shared_data(name))
    imported = import_dataset(dataset, tmp_path / "project")
    assert imported.refused == 0
    with AnnotationStore.open(tmp_path / "project", read_only=True) as store:
        report = export(store, format="mjsynth", out=tmp_path / "out")
        export(store, format="mjsynth", out=tmp_path / "again")
        pages = {page.id: page for page in store.pages()}
        words = [word for word in store.words() if word.label is not None and refusal(word.label) is None]
        truth = [(word.label, cut_crop(read_image(store.root / pages[word.page_id].path), word.box)) for word in words]
    assert report.total == imported.added == report.written + len(report.skipped)
    assert report.written == len(truth) > 35
    lines = (tmp_path / "out/annotation.txt").read_text("utf-8").splitlines()
    by_path = dict(read_all(tmp_path / "out"))
    read = [(path := tmp_path / "out" / line.split(" ")[0], by_path[path]) for line in lines]
    for (path, text), (label, crop) in zip(read, truth, strict=True):
        assert text == label
        assert np.array_equal(np.asarray(read_image(path)), np.asarray(crop))
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "again")


def test_an_export_is_imported_again_without_loss(tmp_path: Path) -> None:
    labels = ["Straße", "a b", "Lube", "LUBE", "don't", "100 %"]
    with AnnotationStore.open(tmp_path / "one.crnn", create=True) as store:
        for i, label in enumerate(labels):
            path = tmp_path / f"{i}.png"
            Image.new("L", (20 + i, 10), i).save(path)
            [page] = store.add_pages([path], [(20 + i, 10)])
            store.add_words({page.id: [Word(0, 0, Box.from_bounds(1, 1, 15, 9), label)]})
        export(store, format="mjsynth", out=tmp_path / "out", options=ExportOptions(split=(1, 0, 0)))
    report = import_dataset(open_dataset(tmp_path / "out"), tmp_path / "two.crnn")
    assert (report.added, report.refused) == (len(labels), 0)
    with AnnotationStore.open(tmp_path / "two.crnn", read_only=True) as store:
        assert [word.label for word in store.words()] == labels


def _bytes(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _project(folder: Path, labels: list[str]) -> AnnotationStore:
    """Return a project of one crop for each label; those it has already stay."""
    store = AnnotationStore.open(folder / "annotations.crnn", create=True)
    for i in range(len(store.pages()), len(labels)):
        path = folder / f"{i}.png"
        Image.new("L", (40, 20), i).save(path)
        [page] = store.add_pages([path], [(40, 20)])
        store.add_words({page.id: [Word(0, page.id, Box.from_bounds(1, 1, 30, 18), labels[i])]})
    return store


def test_an_export_that_goes_on_keeps_every_index(tmp_path: Path) -> None:
    labels = ["delta", "alpha", "delta", "Straße"]
    with _project(tmp_path, labels) as store:
        export(store, format="mjsynth", out=tmp_path / "out")
        before = (tmp_path / "out/lexicon.txt").read_text("utf-8")
        [word] = [word for word in store.words() if word.label == "alpha"]
        store.apply(Edit("Ignore", (WordChange(word, dataclasses.replace(word, ignored=True)),)))
    with _project(tmp_path, [*labels, "new", "alpha", "alpha beta"]) as store:
        export(store, format="mjsynth", out=tmp_path / "out", options=ExportOptions(append=True))
    assert before == "delta\nalpha\nStraße\n"
    assert (tmp_path / "out/lexicon.txt").read_text("utf-8") == before + "new\nalpha beta\n"
    assert sorted(text for _, text in read_all(tmp_path / "out")) == sorted(
        ["delta", "delta", "Straße", "new", "alpha", "alpha beta"]
    )


def test_the_report_counts_what_a_loader_of_36_characters_refuses(tmp_path: Path) -> None:
    labels = ["Lube", "LUBE", "abc1", "a b", "don't", "Straße", "7"]
    codes = {char: i + 1 for i, char in enumerate("0123456789abcdefghijklmnopqrstuvwxyz")}  # GitYCC's CHAR2LABEL

    def refused(out: Path) -> int:
        count = 0
        for _, text in read_all(out):
            try:
                assert [codes[char] for char in text]
            except KeyError:
                count += 1
        return count

    with _project(tmp_path, labels) as store:
        kept = export(store, format="mjsynth", out=tmp_path / "kept")
        lower = export(store, format="mjsynth", out=tmp_path / "lower", options=ExportOptions(case=Case.LOWER))
    assert (kept.outside_alphanumeric, lower.outside_alphanumeric) == (5, 3)
    assert (refused(tmp_path / "kept"), refused(tmp_path / "lower")) == (5, 3)
    assert sorted(text for _, text in read_all(tmp_path / "lower")) == sorted(label.lower() for label in labels)
