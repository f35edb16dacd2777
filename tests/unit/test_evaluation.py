"""Measuring a recogniser: what is compared, what is left out and why, with a recogniser that reads sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from model import evaluation
from model.annotations import Alternative, Character, LabelledCrop, Prediction
from model.evaluation import Calibration, calibration, evaluate, prediction_json
from model.inference import Recognizer


class ReadsWidths:
    """Reads the width of a crop in pixels, a dozen crops ahead of what was asked for."""

    def read_many(self, images: Iterable[Image.Image]) -> Iterator[Prediction]:
        ahead = list(images)
        for image in ahead:
            yield Prediction(f"W{image.width}!", 0.5)


RECOGNIZER = cast(Recognizer, ReadsWidths())


def crops(folder: Path, labels: dict[int, str]) -> list[LabelledCrop]:
    for width in labels:
        Image.new("L", (width, 20), width).save(folder / f"{width}.png")
    return [LabelledCrop(f"{width}.png", folder / f"{width}.png", None, text) for width, text in labels.items()]


def test_each_crop_is_compared_with_its_own_label(tmp_path: Path) -> None:
    result = evaluate(RECOGNIZER, crops(tmp_path, {10: "W10!", 11: "w11!", 12: "W12!"}))
    assert result.pairs == [("W10!", "W10!"), ("w11!", "W11!"), ("W12!", "W12!")]
    assert [crop.is_correct for crop in result.crops] == [True, False, True]
    assert result.left_out == ()
    assert result.seconds > 0


def test_the_protocol_folds_both_sides_and_skips_empty_truths(tmp_path: Path) -> None:
    result = evaluate(RECOGNIZER, crops(tmp_path, {10: "w-10", 11: "!?", 12: "Ẃ12"}), alphanumeric=True)
    assert result.pairs == [("w10", "w10"), ("12", "w12")]
    assert [key for key, _ in result.left_out] == ["11.png"]


def test_crops_that_cannot_be_read_are_named_and_move_no_other_label(tmp_path: Path) -> None:
    listed = crops(tmp_path, {10: "W10!", 11: "W11!", 12: "W12!"})
    listed[0].image.unlink()
    listed[1].image.write_text("no image")
    result = evaluate(RECOGNIZER, listed)
    assert result.pairs == [("W12!", "W12!")]
    assert [key for key, _ in result.left_out] == ["10.png", "11.png"]
    assert "does not exist" in result.left_out[0][1]


def test_progress_is_told_for_each_crop(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    evaluate(RECOGNIZER, crops(tmp_path, {10: "a", 11: "b"}), progress=lambda *args: told.append(args))
    assert told == [(1, None), (2, None)]


def test_nothing_to_compare() -> None:
    assert evaluate(RECOGNIZER, []).crops == ()


def test_the_document_of_a_prediction_has_the_names_of_the_contract() -> None:
    prediction = Prediction(
        "a", 0.9, characters=(Character("a", 0.9, 0.0, 1.0),), alternatives=(Alternative("o", 0.1),)
    )
    assert prediction_json("x/y.png", prediction) == {
        "path": "x/y.png",
        "text": "a",
        "confidence": 0.9,
        "characters": [{"char": "a", "confidence": 0.9, "start": 0.0, "end": 1.0}],
        "alternatives": [{"text": "o", "confidence": 0.1}],
    }


class ReadsAtConfidence(ReadsWidths):
    """Reads like :class:`ReadsWidths`, always equally sure."""

    def __init__(self, confidence: float) -> None:
        self.confidence = confidence

    def read_many(self, images: Iterable[Image.Image]) -> Iterator[Prediction]:
        for prediction in super().read_many(images):
            yield replace(prediction, confidence=self.confidence)


def test_calibration_compares_confidences_with_and_without_the_temperature(tmp_path: Path) -> None:
    listed = crops(tmp_path, {10: "W10!", 11: "wrong", 12: "W12!", 13: "w13"})
    result = evaluate(RECOGNIZER, listed)
    assert result.calibration_error == pytest.approx(0)  # half of them right, at a confidence of one half
    warm = calibration(result, cast(Recognizer, ReadsAtConfidence(0.9)))
    assert astuple(warm) == pytest.approx((4, 0, 0.4))
    assert calibration(result, None).uncalibrated == warm.error
    folded = evaluate(RECOGNIZER, listed, alphanumeric=True)
    sure = calibration(folded, cast(Recognizer, ReadsAtConfidence(0.9)), alphanumeric=True)
    assert astuple(sure) == pytest.approx((4, 0.25, 0.15))


def test_a_large_evaluation_is_read_again_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "CALIBRATION_WORDS", 3)
    result = evaluate(RECOGNIZER, crops(tmp_path, {width: f"W{width}!" for width in range(10, 18)}))
    assert calibration(result, cast(Recognizer, ReadsAtConfidence(1.0))) == Calibration(3, 0.5, 0.0)
