"""Every cause is found, with its numbers, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model import images
from model.annotations import Box, LabelledCrop
from model.charset import Charset
from model.checking import CheckReport, check_crops
from model.events import Cause, Severity
from model.images import Preprocessing, read_image

RNG = np.random.default_rng(0)


def frames(width: int) -> int:
    return width // 4


def write(path: Path, width: int = 64, height: int = 32, *, seed: int | None = None) -> Path:
    """Write a picture of noise, the same one for the same seed."""
    rng = RNG if seed is None else np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (height, width), dtype=np.uint8)).save(path)
    return path


def check(crops: Iterable[LabelledCrop], charset: Charset | None = None, **options: Any) -> CheckReport:
    return check_crops(crops, charset=charset, preprocessing=Preprocessing(), frames=frames, **options)


def crop(image: Path, text: str, box: Box | None = None, **options: Any) -> LabelledCrop:
    return LabelledCrop(options.pop("key", image.name), image, box, text, **options)


def only(report: CheckReport) -> tuple[Cause, Severity, str]:
    """Return the one problem of a report, in which an error and nothing else keeps a crop from being ready."""
    (problem,) = report.problems
    assert len(report.ready) == len(report.digests) == report.crops - (problem.severity is Severity.ERROR)
    return problem.cause, problem.severity, problem.detail


def test_a_good_crop_is_ready(tmp_path: Path) -> None:
    good = crop(write(tmp_path / "1.png"), "word", word_id=7)
    report = check([good], Charset("dorw"))
    assert (report.crops, report.ready, report.problems) == (1, (good,), ())
    assert len(report.digests) == 1


def test_missing_unreadable_and_not_finite_images(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    Image.fromarray(np.full((32, 64), np.nan, np.float32)).save(tmp_path / "nan.tif")
    names = ["absent.png", "text.jpg", "nan.tif"]
    report = check(crop(tmp_path / name, "word", word_id=i) for i, name in enumerate(names))
    assert [p.cause for p in report.problems] == [Cause.MISSING, Cause.UNREADABLE, Cause.NOT_FINITE]
    assert [p.key for p in report.problems] == names
    assert [p.word_id for p in report.problems] == [0, 1, 2]
    assert all(name in problem.detail for name, problem in zip(names, report.problems, strict=True))
    assert report.ready == ()
    assert report.crops == 3


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_crop_of_one_value_is_constant(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (64, 32), "grey").save(tmp_path / "1.png")
    cause, severity, detail = only(check([crop(tmp_path / "1.png", "word")]))
    assert (cause, severity) == (Cause.CONSTANT, Severity.ERROR)
    assert "64x32 px" in detail
    assert "128" in detail


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (Box.from_bounds(3, 3, 60, 6), "57x3"),
        (Box.from_bounds(3, 3, 4, 30), "1x27"),
        (Box.from_bounds(5, 5, 5.2, 5.2), "1x1"),
        (Box.from_bounds(500, 500, 600, 530), "1x1"),
    ],
)
def test_a_crop_too_small_to_read(tmp_path: Path, box: Box, size: str) -> None:
    report = check([crop(write(tmp_path / "1.png"), "w", box)])
    problem = report.problems[0]
    assert problem.cause is Cause.TOO_SMALL
    assert size in problem.detail


@pytest.mark.parametrize("text", ["", " ", "\t\u3000"])
def test_a_label_without_characters_is_empty(tmp_path: Path, text: str) -> None:
    assert only(check([crop(write(tmp_path / "1.png"), text)]))[:2] == (Cause.EMPTY_LABEL, Severity.ERROR)


def test_unknown_characters_are_named_with_their_code_points(tmp_path: Path) -> None:
    bad = crop(write(tmp_path / "1.png"), "a€é€")
    cause, severity, detail = only(check([bad], Charset("ab")))
    assert (cause, severity) == (Cause.UNKNOWN_CHARACTER, Severity.ERROR)
    assert "'€' (U+20AC), 'é' (U+00E9)" in detail
    assert "2 characters" in detail
    assert check([bad], None).problems == ()


@pytest.mark.parametrize("text", ["a\tb", "a\ud800"])
def test_control_characters_and_surrogates_are_unknown_to_every_charset(tmp_path: Path, text: str) -> None:
    assert only(check([crop(write(tmp_path / "1.png"), text)], None))[0] is Cause.UNKNOWN_CHARACTER


def test_a_label_with_more_characters_than_frames_is_too_long(tmp_path: Path) -> None:
    image = write(tmp_path / "1.png", 31, 24)  # becomes 48 px wide: 12 frames
    assert check([crop(image, "abcdefghijkl")]).problems == ()
    assert only(check([crop(image, "internationalisation")])) == (
        Cause.LABEL_TOO_LONG,
        Severity.ERROR,
        "'internationalisation' needs 20 frames, a crop 31x24 px gives 12; widen the box or train at a greater width.",
    )


def test_repeats_need_frames_too(tmp_path: Path) -> None:
    image = write(tmp_path / "1.png", 16, 32)  # 4 frames
    assert check([crop(image, "abab")]).problems == ()
    assert "'aab' needs 4" not in "".join(p.detail for p in check([crop(image, "aab")]).problems)
    assert "'aabb' needs 6 frames" in only(check([crop(image, "aabb")]))[2]


def test_a_label_that_no_eye_could_read_is_too_long_however_wide_the_network(tmp_path: Path) -> None:
    image = write(tmp_path / "1.png", 16, 32)
    wide = Preprocessing(widths=(512,))
    report = check_crops([crop(image, "abcdefghi")], charset=None, preprocessing=wide, frames=frames)
    cause, _, detail = only(report)
    assert cause is Cause.LABEL_TOO_LONG
    assert "9 characters" in detail
    assert "1.8 px" in detail
    assert check_crops([crop(image, "abcdefgh")], charset=None, preprocessing=wide, frames=frames).problems == ()


def test_a_crop_can_have_several_problems_and_is_counted_once(tmp_path: Path) -> None:
    report = check([crop(tmp_path / "absent.png", "€"), crop(write(tmp_path / "1.png"), "a")], Charset("a"))
    assert [p.cause for p in report.problems] == [Cause.UNKNOWN_CHARACTER, Cause.MISSING]
    assert (report.crops, len(report.ready)) == (2, 1)


def test_mixed_normal_forms_warn_and_stay_ready(tmp_path: Path) -> None:
    first, second = crop(write(tmp_path / "1.png"), "cafe\u0301"), crop(write(tmp_path / "2.png"), "caf\u00e9")
    report = check([first, second], Charset("acfé"))
    assert report.ready == (first, second)
    cause, severity, detail = only(report)
    assert (cause, severity, report.problems[0].key) == (Cause.MIXED_FORMS, Severity.WARNING, "1.png")
    assert "5 code points for the 4" in detail
    assert "2.png" in detail


def test_equal_pixels_with_different_labels_warn_on_both_sides(tmp_path: Path) -> None:
    names = ["a.png", "b.png", "c.png", "d.png", "e.png"]
    texts = ["one", "one", "two", "one", "ONE"]
    crops = [crop(write(tmp_path / name, seed=1), text) for name, text in zip(names, texts, strict=True)]
    crops.insert(1, crop(write(tmp_path / "other.png", seed=2), "two"))
    report = check(crops)
    assert report.ready == tuple(crops)
    assert [(p.key, p.cause, p.severity) for p in report.problems] == [
        ("a.png", Cause.DUPLICATE_CONFLICT, Severity.WARNING),
        ("c.png", Cause.DUPLICATE_CONFLICT, Severity.WARNING),
        ("e.png", Cause.DUPLICATE_CONFLICT, Severity.WARNING),
    ]
    assert "'one' here and 'two' in c.png" in report.problems[0].detail
    assert "'two' here and 'one' in a.png" in report.problems[1].detail
    assert report.digests[0] == report.digests[2] != report.digests[1]


def test_pixels_are_compared_after_the_cut(tmp_path: Path) -> None:
    tile = np.random.default_rng(3).integers(0, 256, (32, 64), dtype=np.uint8)
    Image.fromarray(np.vstack([tile, tile])).save(tmp_path / "page.png")
    boxes = [Box.from_bounds(0, 0, 64, 32), Box.from_bounds(0, 32, 64, 64)]
    report = check(crop(tmp_path / "page.png", text, box, key=text) for text, box in zip("ab", boxes, strict=True))
    assert [p.cause for p in report.problems] == [Cause.DUPLICATE_CONFLICT] * 2


def test_pages_are_opened_once_and_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(images, "read_image", lambda path: (opened.append(path), read_image(path))[1])
    pages = [write(tmp_path / f"{i}.png", 200, 100) for i in range(2)]
    crops = [crop(page, "ab", Box.from_bounds(i, i, i + 40, i + 20), key=f"{i}") for page in pages for i in range(5)]
    told: list[tuple[int, int | None]] = []
    report = check(crops, progress=lambda done, total: told.append((done, total)))
    assert len(report.ready) == 10
    assert opened == pages
    assert told == [(i, 10) for i in range(1, 11)]
    check(iter(crops), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (10, None)


def test_nothing_to_check() -> None:
    assert check([]) == CheckReport(0, (), (), ())
