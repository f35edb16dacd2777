"""An import adds what is new, reports what differs, and never changes what a person has said."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from PIL import Image

from model import importing
from model.annotations import Box, Edit, PageChange, PageMark, Source, State, Word, WordChange
from model.errors import DatasetError, StoreError
from model.events import Cause
from model.formats import open_dataset
from model.images import image_size
from model.importing import (
    Conflict,
    ImportReport,
    ImportStopped,
    import_dataset,
    import_into,
    plan_import,
    project_file,
)
from model.store import AnnotationStore

QUAD = [[1, 2], [11, 2], [11, 7], [1, 7]]


def crops(folder: Path, labels: dict[str, str]) -> Path:
    """Make a data set of crops, 20 x 10 pixels each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.tsv").write_text("".join(f"{name}\t{text}\n" for name, text in labels.items()), "utf-8")
    for name in labels:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (20, 10), len(name)).save(folder / name)
    return folder


def bring(data: Path, project: Path, **options: object) -> ImportReport:
    return import_dataset(open_dataset(data), project, **options)  # type: ignore[arg-type]


def labels(project: Path) -> dict[str, str | None]:
    """Return the label of every word by page path and word id."""
    with AnnotationStore.open(project, read_only=True) as store:
        pages = {page.id: page.path for page in store.pages()}
        return {f"{pages[word.page_id]} {word.id}": word.label for word in store.words()}


def change(project: Path, word_id: int, **changes: object) -> None:
    with AnnotationStore.open(project) as store:
        [before] = [word for word in store.words() if word.id == word_id]
        after = dataclasses.replace(before, **changes)  # type: ignore[arg-type]
        store.apply(Edit("Change", (WordChange(before, after),)))


def test_a_crop_becomes_a_page_with_one_verified_word(tmp_path: Path) -> None:
    crops(tmp_path / "data", {"a/1.png": "Hello", "2.png": " e\u0301 "})
    report = bring(tmp_path / "data", tmp_path / "project")
    assert (report.added, report.pages, report.known, report.refused, report.stopped) == (2, 2, 0, 0, False)
    with AnnotationStore.open(tmp_path / "project", read_only=True) as store:
        first, second = store.pages()
        assert (first.path, first.width, first.height) == ("../data/a/1.png", 20, 10)
        [word] = store.words(first.id)
        assert word.box == Box.from_bounds(0, 0, 20, 10)
        assert (word.label, word.state(), word.source, word.author) == (
            "Hello",
            State.VERIFIED,
            Source.IMPORTED,
            "import",
        )
        assert [w.label for w in store.words(second.id)] == [" \u00e9 "]


def test_words_of_one_page_are_added_to_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    Image.new("L", (20, 10)).save(data / "p.png")
    words = [{"quad": QUAD, "text": "hi"}, {"quad": [[x + 1, y] for x, y in QUAD], "text": ""}]
    (data / "boxes.jsonl").write_text(json.dumps({"image": "p.png", "words": words}))
    report = bring(data, tmp_path / "annotations.crnn")
    assert (report.added, report.unlabelled, report.pages) == (2, 1, 1)
    with AnnotationStore.open(tmp_path / "annotations.crnn", read_only=True) as store:
        assert [(w.box.bounds, w.label, w.source) for w in store.words()] == [
            ((1, 2, 11, 7), "hi", Source.IMPORTED),
            ((2, 2, 12, 7), None, None),
        ]


def test_importing_again_adds_only_what_is_new(tmp_path: Path) -> None:
    data, project = tmp_path / "data", tmp_path / "data"
    crops(data, {"1.png": "one", "2.png": "two"})
    bring(data, project)
    before = labels(project)
    (project / "annotations.crnn").rename(tmp_path / "kept.crnn")  # the data set again, not the annotation file
    crops(data, {"1.png": "one", "2.png": "two", "3.png": "three"})
    dataset = open_dataset(data)
    (tmp_path / "kept.crnn").rename(project / "annotations.crnn")
    again = import_dataset(dataset, project)
    assert (again.added, again.known, again.pages, again.conflicts) == (1, 2, 1, ())
    assert labels(project) == before | {"3.png 3": "three"}


def test_a_label_that_differs_is_reported_and_left_alone(tmp_path: Path) -> None:
    data, project = crops(tmp_path / "data", {"1.png": "one", "2.png": "two", "3.png": "three"}), tmp_path / "p.crnn"
    bring(data, project)
    change(project, 1, label="ONE", source=Source.TYPED, author="Ada")
    change(project, 2, label=None, source=None)
    change(project, 3, ignored=True)
    before = labels(project)
    report = bring(data, project)
    assert (report.added, report.known) == (0, 1)
    assert report.conflicts == (
        Conflict("1.png", "data/1.png", 1, "ONE", "one"),
        Conflict("2.png", "data/2.png", 2, None, "two"),
    )
    assert labels(project) == before


def test_a_crop_whose_box_was_moved_is_the_same_word(tmp_path: Path) -> None:
    data, project = crops(tmp_path / "data", {"1.png": "one"}), tmp_path / "p.crnn"
    bring(data, project)
    change(project, 1, box=Box.from_bounds(2, 1, 18, 9))
    assert (bring(data, project).known, len(labels(project))) == (1, 1)


def test_two_labels_for_one_crop_within_a_data_set_are_a_conflict(tmp_path: Path) -> None:
    data = crops(tmp_path / "data", {"1.png": "one"})
    with (data / "labels.tsv").open("a") as file:
        file.write("1.png\tone\n1.png\tuno\n")
    report = bring(data, tmp_path / "p.crnn")
    assert (report.added, report.known) == (1, 1)
    assert report.conflicts == (Conflict("1.png", "data/1.png", 1, "one", "uno"),)
    assert labels(tmp_path / "p.crnn") == {"data/1.png 1": "one"}


def test_pages_that_the_project_had_before_get_their_words(tmp_path: Path) -> None:
    data, project = crops(tmp_path / "data", {"1.png": "one", "2.png": "two"}), tmp_path / "p.crnn"
    with AnnotationStore.open(project, create=True) as store:
        store.add_pages([data / "1.png"])
        trash = store.add_pages([data / "2.png"])
        store.apply(Edit("Delete page", (), pages=tuple(PageChange(p.id, PageMark.TRASHED, True) for p in trash)))
    report = bring(data, project)
    assert (report.added, report.pages, report.refused) == (1, 0, 1)
    assert "trash" in report.problems[0].detail
    with AnnotationStore.open(project, read_only=True) as store:
        [page] = store.pages()
        assert (page.width, page.height) == (20, 10)
        assert [w.box for w in store.words()] == [Box.from_bounds(0, 0, 20, 10)]


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    data = crops(tmp_path / "data", {f"{i}.png": f"w{i}" for i in range(5)})
    (data / "1.png").unlink()
    (data / "2.png").write_bytes(b"no image")
    with (data / "labels.tsv").open("a") as file:
        file.write("no tab\n../x.png\tout\n3.png\tother\n4.png\tnull\0\n0.png\tw0\n")
    report = bring(data, tmp_path / "p.crnn")
    assert report.added + report.known + len(report.conflicts) + report.refused == 10
    assert (report.added, report.known, len(report.conflicts)) == (3, 1, 1)
    assert {(p.key, p.cause) for p in report.problems} == {
        ("labels.tsv line 6", Cause.UNREADABLE),
        ("labels.tsv line 7", Cause.UNREADABLE),
        ("1.png", Cause.MISSING),
        ("2.png", Cause.UNREADABLE),
        ("4.png", Cause.UNREADABLE),
    }


def test_links_inside_and_outside_the_project_are_known_again(tmp_path: Path) -> None:
    crops(tmp_path / "real", {"1.png": "one"})
    crops(tmp_path / "data", {"2.png": "two"})
    (tmp_path / "linked").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "data/3.png").symlink_to(tmp_path / "data/2.png")
    with (tmp_path / "data/labels.tsv").open("a") as file:
        file.write("3.png\ttwo\n")
    for data, rows in (("linked", 1), ("real", 1), ("data", 2)):
        for project in (tmp_path / "elsewhere", tmp_path):
            report = bring(tmp_path / data, project)
            assert (report.added + report.known, report.refused) == (rows, 0)
            assert bring(tmp_path / data, project).known == rows
    assert len(labels(tmp_path / "elsewhere")) == 2, "two ways to one image are one page"


def test_copies_lie_beside_the_annotation_file(tmp_path: Path) -> None:
    data, project = crops(tmp_path / "data", {"a/1.png": "one"}), tmp_path / "project"
    assert bring(data, project, copy=True).added == 1
    copy = project / "images/data/a/1.png"
    assert copy.read_bytes() == (data / "a/1.png").read_bytes()
    assert labels(project) == {"images/data/a/1.png 1": "one"}
    assert bring(data, project, copy=True).known == 1


@pytest.mark.parametrize("error", [StoreError("full"), KeyboardInterrupt()])
def test_copies_that_are_interrupted_are_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    data, project = crops(tmp_path / "data", {"a/1.png": "one", "a/2.png": "two"}), tmp_path / "project"
    fetch = importing._fetch

    def interrupted(image: Path, target: Path) -> None:
        fetch(image, target)
        if target.name == "2.png":
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(importing, "_fetch", interrupted)
        with pytest.raises(type(error)):
            bring(data, project, copy=True)
    assert not (project / "images").exists()
    assert bring(data, project, copy=True).added == 2


def test_a_copy_never_replaces_another_image(tmp_path: Path) -> None:
    project = tmp_path / "project"
    bring(crops(tmp_path / "one/data", {"1.png": "one"}), project, copy=True)
    other = crops(tmp_path / "two/data", {"1.png": "uno"})
    Image.new("L", (5, 5)).save(other / "1.png")
    report = bring(other, project, copy=True)
    assert (report.added, report.refused) == (0, 1)
    assert "another image is already at" in report.problems[0].detail
    assert image_size(project / "images/data/1.png") == (20, 10)


def test_a_cancelled_import_keeps_whole_batches_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 2)
    data, project = crops(tmp_path / "data", {f"{i}.png": f"w{i}" for i in range(5)}), tmp_path / "p.crnn"
    told: list[int] = []
    report = bring(data, project, progress=lambda done, total: told.append(done), should_stop=lambda: len(told) == 1)
    assert (report.added, report.stopped, told) == (2, True, [2])
    report = bring(data, project)
    assert (report.added, report.known, report.stopped) == (3, 2, False)


def test_an_open_project_takes_an_import(tmp_path: Path) -> None:
    data = crops(tmp_path / "data", {"1.png": "one"})
    with AnnotationStore.open(tmp_path / "p.crnn", create=True) as store:
        assert import_into(store, open_dataset(data)).added == 1
        with pytest.raises(StoreError):  # the lock is held: a second writer is refused
            bring(data, tmp_path / "p.crnn")


def test_an_annotation_file_is_a_data_set_too(tmp_path: Path) -> None:
    bring(crops(tmp_path / "data", {"1.png": "one", "2.png": ""}), tmp_path / "a.crnn")
    report = bring(tmp_path / "a.crnn", tmp_path / "b" / "b.crnn")
    assert (report.added, labels(tmp_path / "b/b.crnn")) == (1, {"../data/1.png 1": "one"})


def test_a_project_is_a_file_or_a_folder(tmp_path: Path) -> None:
    assert project_file(tmp_path / "x.crnn") == tmp_path / "x.crnn"
    assert project_file(tmp_path / "new") == tmp_path / "new/annotations.crnn"
    (tmp_path / "photo.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"ends in \.crnn"):
        project_file(tmp_path / "photo.jpg")


def test_human_words_survive_any_import(tmp_path: Path) -> None:
    data, project = crops(tmp_path / "data", {"1.png": "one"}), tmp_path / "p.crnn"
    with AnnotationStore.open(project, create=True) as store:
        [page] = store.add_pages([data / "1.png"], [(20, 10)])
        typed = [Word(0, 0, Box.from_bounds(i, 0, 9, 9), f"typed {i}", source=Source.TYPED) for i in (1, 2)]
        store.add_words({page.id: typed})
    assert bring(data, project).added == 1
    assert list(labels(project).values()) == ["typed 1", "typed 2", "one"]


def test_a_plan_foretells_the_report_and_writes_nothing(tmp_path: Path) -> None:
    data, project = crops(tmp_path / "data", {"1.png": "one", "2.png": "two"}), tmp_path / "project"
    bring(data, project)
    change(project, 1, label="ONE", source=Source.TYPED, author="Ada")
    crops(data, {"1.png": "one", "2.png": "two", "3.png": "three", "4.png": ""})
    with (data / "labels.tsv").open("a") as file:
        file.write("3.png\tdrei\ngone.png\tgone\n")
    before = (labels(project), sorted(tmp_path.rglob("*.png")))
    plan = plan_import(open_dataset(data), project)
    assert (labels(project), sorted(tmp_path.rglob("*.png"))) == before
    assert [listed.crop.text for listed in plan.report.first_added] == ["three", ""]
    assert (plan.images, plan.copies) == (4, 0)
    report = bring(data, project)
    numbers = ("added", "unlabelled", "known", "pages", "refused", "problems")
    assert [getattr(plan.report, n) for n in numbers] == [getattr(report, n) for n in numbers]
    assert [(c.key, c.label, c.text) for c in plan.report.conflicts] == [
        ("1.png", "ONE", "one"),
        ("3.png", "three", "drei"),
    ]
    assert [c.word_id for c in plan.report.conflicts] == [1, 0]
    assert [c.word_id for c in report.conflicts] == [1, 3]


def test_a_plan_is_carried_out_whole_or_leaves_nothing(tmp_path: Path) -> None:
    data, project = crops(tmp_path / "data", {f"a/{i}.png": f"w{i}" for i in range(4)}), tmp_path / "project"
    project.mkdir()
    plan = plan_import(open_dataset(data), project, copy=True)
    asked: list[int] = []
    with pytest.raises(ImportStopped):
        plan.fetch(should_stop=lambda: len(asked) == 2 or asked.append(1) is not None)
    assert list(project.iterdir()) == []
    plan.fetch()
    with AnnotationStore.open(project, create=True) as store:
        assert plan.commit(store).added == 4
    assert (project / "images/data/a/3.png").is_file()


@pytest.mark.parametrize("copy", [False, True])
def test_a_plan_that_is_stopped_has_done_nothing(tmp_path: Path, copy: bool) -> None:
    data = crops(tmp_path / "data", {"1.png": "one"})
    with pytest.raises(ImportStopped):
        plan_import(open_dataset(data), tmp_path / "project", copy=copy, should_stop=lambda: True)
    assert not (tmp_path / "project").exists()


def test_copies_of_images_that_lie_elsewhere_stay_in_the_project(tmp_path: Path) -> None:
    """An export of ours may point to images outside of its folder; their copies do not follow that way."""
    Image.new("L", (20, 10)).save(tmp_path / "far.png")
    data, project = tmp_path / "a/b/data", tmp_path / "a/b/c/project"
    data.mkdir(parents=True)
    words = [{"quad": QUAD, "text": "hi"}]
    (data / "boxes.jsonl").write_text(json.dumps({"image": "../../../far.png", "words": words}))
    (data / "report.json").write_text(json.dumps({"made_by": "crnn-gui", "options": {"images": False}}))
    assert bring(data, project, copy=True).added == 1
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*.png"))] == [
        "a/b/c/project/images/data/far.png",
        "far.png",
    ]
