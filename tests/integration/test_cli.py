"""The command ``crnn`` as a contract: options, JSON fields, exit codes, sentences; and nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest
import torch

import model
from model import devices, train_command
from model.annotations import State
from model.charset import Charset
from model.checkpoint import Weights, load_weights, save_weights
from model.cli import main
from model.networks import build
from model.rules import ReadingRules, save_rules
from model.run_state import RunFolder
from model.store import FILE_NAME, AnnotationStore
from model.synth import FontFace, FontList
from model.synth.dataset import write_crops
from model.synth.general import general_crops
from tests.conftest import CHECKOUT
from tests.helpers.poison import POISON, SOUND, write_poisoned, write_sound


class Answer(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        [line] = self.out.splitlines()
        return strict(line)


Crnn = Callable[..., Answer]


def strict(text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def crnn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crnn:
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Answer:
        status = main([str(word) for word in words])
        return Answer(status, *capsys.readouterr())

    return call


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained weights that read something."""
    torch.manual_seed(11)
    charset = Charset.named("digits")
    network = build("crnn-lite", len(charset), hidden=16)
    state = network.state_dict()
    head = f"{network.head_prefix}.weight"
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    made = Weights(
        network="crnn-lite",
        options={"hidden": 16},
        charset=charset,
        preprocessing=network.preprocessing,
        state=state | {head: state[head] * 40},
    )
    save_weights(made, path)
    return path


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A data set of 16 sound crops, in a folder with a name that asks for trouble."""
    folder = tmp_path / "my díg數 [b]its"
    write_sound(folder)
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    """Return all files but locks, which stay where they are so that no two programs lock different ones."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# --- predict ---


def test_predict_prints_one_strict_line_a_crop(crnn: Crnn, digits: Path, weights: Path) -> None:
    answer = crnn("predict", digits / "0.png", digits / "1.png", "--weights", weights, "--top", 3)
    assert (answer.status, answer.err) == (0, "")
    first, second = map(strict, answer.out.splitlines())
    assert (first["path"], second["path"]) == (str(digits / "0.png"), str(digits / "1.png"))
    assert set(first) == {"path", "text", "confidence", "characters", "alternatives"}
    assert set(first["characters"][0]) == {"char", "confidence", "start", "end"}
    assert set(first["alternatives"][0]) == {"text", "confidence"}
    assert crnn("predict", "--json", digits / "0.png", digits / "1.png", "--weights", weights, "--top", 3) == answer


def test_predict_obeys_lexicon_and_pattern(crnn: Crnn, digits: Path, weights: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("\ufeff123\n\n45\r\n")
    constrained = crnn("predict", digits / "0.png", "--weights", weights, "--lexicon", "words.txt").document
    assert constrained["text"] in ("123", "45")
    assert crnn("predict", digits / "0.png", "--weights", weights, "--pattern", r"7\d8").document["text"][::2] == "78"


def test_predict_reads_what_it_can_and_names_the_rest(crnn: Crnn, digits: Path, weights: Path) -> None:
    paths = ["missing.png", digits / "0.png", "gone.png", digits / "1.png", "last.png"]
    answer = crnn("predict", *paths, "--weights", weights)
    assert answer.status == 2
    assert [strict(line)["path"] for line in answer.out.splitlines()] == [str(digits / "0.png"), str(digits / "1.png")]
    assert answer.err == "".join(f"{name}.png does not exist.\n" for name in ("missing", "gone", "last"))


def test_predict_tells_as_many_texts_as_are_asked_for(crnn: Crnn, digits: Path, weights: Path) -> None:
    several = crnn("predict", digits / "0.png", "--weights", weights, "--top", 5).document
    assert len(several["alternatives"]) == 4
    assert several["confidence"] >= several["alternatives"][0]["confidence"]
    assert crnn("predict", digits / "0.png", "--weights", weights).document["text"] == several["text"]


def test_predict_write_suggests_once_and_leaves_human_text(crnn: Crnn, tiny_project: Path, weights: Path) -> None:
    first = crnn("predict", tiny_project, "--write", "--weights", weights)
    again = crnn("predict", tiny_project / FILE_NAME, "--write", "--weights", weights)
    assert (first.document["read"], again.document["read"], again.document["known"]) == (1, 0, 1)
    with AnnotationStore.open(tiny_project / FILE_NAME, read_only=True) as store:
        [verified] = store.words(state=State.VERIFIED)
        [suggested] = store.words(state=State.SUGGESTED)
    assert (verified.label, suggested.label) == ("first", None)


def test_predict_write_reads_by_the_rules_of_the_project(crnn: Crnn, tiny_project: Path, weights: Path) -> None:
    with AnnotationStore.open(tiny_project) as store:
        save_rules(store, ReadingRules(("1", "23"), "numbers.txt"))
    crnn("predict", tiny_project, "--write", "--weights", weights)
    with AnnotationStore.open(tiny_project, read_only=True) as store:
        [suggested] = store.words(state=State.SUGGESTED)
        [prediction] = store.predictions_for([suggested.id]).values()
    assert prediction.text in ("1", "23")


# --- evaluate and check ---


def test_evaluate_prints_the_fields_of_the_contract(crnn: Crnn, digits: Path, weights: Path) -> None:
    answer = crnn("evaluate", digits, "--weights", weights, "--json", "--predictions", "read.tsv")
    fields = ("words", "word_accuracy", "cer", "ece", "ece_uncalibrated", "ece_words")
    assert tuple(answer.document) == (*fields, "crops_per_second", "device", "weights", "confusions", "left_out")
    assert (answer.status, answer.err, answer.document["words"]) == (0, "", 16)
    rows = [line.split("\t") for line in Path("read.tsv").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["path", "truth", "text", "confidence", "correct"]
    assert [row[1] for row in rows[1:]] == SOUND
    right = sum(row[1] == row[2] for row in rows[1:])
    assert sum(int(row[4]) for row in rows[1:]) == right
    assert answer.document["word_accuracy"] == round(100 * right / 16, 2)


def test_evaluate_tells_what_the_temperature_does(crnn: Crnn, digits: Path, weights: Path) -> None:
    plain = crnn("evaluate", digits, "--weights", weights, "--json").document
    assert plain["ece"] == plain["ece_uncalibrated"]
    save_weights(replace(load_weights(weights), temperature=0.01), Path("sure.safetensors"))
    sure = crnn("evaluate", digits, "--weights", "sure.safetensors", "--json").document
    assert sure["ece"] > 0.3
    assert sure["ece_uncalibrated"] == plain["ece"]
    assert (sure["cer"], sure["ece_words"]) == (plain["cer"], 16)


def test_evaluate_without_characters_to_compare_is_strict(crnn: Crnn, digits: Path, weights: Path) -> None:
    (digits / "labels.tsv").write_text("0.png\t\n")
    assert crnn("evaluate", digits, "--weights", weights, "--json").document["cer"] is None


def test_check_names_the_cause_of_each_poisoned_crop(crnn: Crnn, tmp_path: Path, weights: Path) -> None:
    write_poisoned(tmp_path / "poisoned")
    answer = crnn("check", "poisoned", "--weights", weights, "--json")
    document = answer.document
    assert (answer.status, answer.err) == (0, "")
    found = {(p["path"], p["cause"], p["severity"]) for p in document["problems"]}
    # Training would add the letters, so their crops are only suspect.
    added = {"letter.png", "lookalike.png"}
    expected = {(path, str(cause), "error") for path, cause in POISON.items() if path not in added}
    assert found == expected | {(path, "unknown_character", "warning") for path in added}
    assert (document["crops"], document["ready"]) == (16 + len(POISON), 16 + len(added))
    assert all(set(p) == {"path", "cause", "severity", "detail"} and p["detail"] for p in document["problems"])


def test_tables_are_not_folded_and_markup_is_text(crnn: Crnn, digits: Path, weights: Path) -> None:
    name = f"[bold]{'long ' * 30}:smile:.png"
    (digits / "labels.tsv").write_text(f"{name}\t1\n")
    assert name in crnn("check", digits, "--weights", weights).out


# --- synth, import, export ---


def test_a_set_goes_from_synth_through_a_project_and_out_again(
    crnn: Crnn, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a machine with thousands of fonts, each would be tried, for a minute.
    monkeypatch.setattr("model.synth.dataset.find_fonts", lambda: FontList((FontFace(Path()),)))
    made = crnn("synth", "made", "--count", 12, "--charset", "digits", "--seed", 3, "--json")
    assert (made.status, made.err, made.document["crops"]) == (0, "", 12)
    crnn("synth", "same", "--count", 12, "--charset", "digits", "--seed", 3)
    assert everything(Path("made")) == everything(Path("same"))
    taken = crnn("import", "made", "project", "--copy", "--json").document
    assert (taken["added"], taken["known"], taken["conflicts"]) == (12, 0, [])
    assert crnn("import", "made", "project", "--copy", "--json").document["known"] == 12
    report = crnn("export", "project", "--format", "labels-tsv", "--out", "out", "--split", "100/0/0", "--json")
    assert report.err == ""
    assert (report.document["written"], report.document["skipped"], report.document["total"]) == (12, 0, 12)
    assert crnn("evaluate", "out", "--weights", weights, "--json").document["words"] == 12


# --- bad input ---

BAD = {
    "predict 0.png --pattern (?=a)": "lookahead",
    "predict 0.png 1.png --pattern [": "malformed",
    "predict 0.png --lexicon empty.txt": "no words",
    "predict 0.png --lexicon nowhere.txt": "cannot be read",
    "predict 0.png --lexicon labels.txt": "can write no word of the lexicon",
    "predict 0.png --weights drawn.onnx": "is an ONNX file",
    "predict 0.png --device tpu": "no device 'tpu'",
    "predict 0.png --precision fp8": "no precision 'fp8'",
    "predict 0.png --weights nowhere.safetensors": "no weights file",
    "predict 0.png --weights empty.txt": "not a crnn-gui weights file",
    "predict text.jpg": "not an image",
    "predict . --write": "neither an annotation file",
    "predict damaged --write": "damaged",
    "predict damaged --write --pattern x": "--write",
    "evaluate nowhere": "does not exist",
    "evaluate empty": "no data set",
    "evaluate . --format nonsense": "no data set format",
    "evaluate . --predictions nowhere/read.tsv": "cannot be written",
    "evaluate . --part val": "not divided",
    "check . --charset nonsense": "one of: digits",
    "synth . --count 1": "exists already",
    "synth new --words empty.txt": "no words",
    "import . text.jpg": "no annotation file",
    "import . damaged": "damaged",
    "import . text.jpg/project": "cannot be made",
    "export damaged --out new": "damaged",
    "export nowhere --out new": "neither an annotation file",
    "train nowhere": "does not exist",
    "train . --base none --network nonsense": "no network called",
    "train . --base nowhere": "no weights file",
    "train . --base none --init ones": "he, xavier, normal",
    "train . --base none --pretrained imagenet": "vgg16-bilstm has",
    "train . --base none --network vgg16-bilstm --pretrained nowhere": "There is no checkpoint",
    "train . --init he": "--base none",
    "train . --network crnn": "--base none",
    "train . --out drawn.onnx": "write them to drawn.safetensors",
    "train . --precision fp8": "no precision",
    "train . --device tpu": "no device",
    "train . --charset nonsense": "one of: digits",
    "train . --val 1.5": "at least 0 and less than 1",
    "train . --val nowhere": "does not exist",
    "train . --learning-rate nan": "above 0",
    "train . --minutes inf": "number of minutes",
    "train . --out empty": "it is a folder",
    "train . --out text.jpg/x.safetensors": "cannot be written",
    "train . --events nowhere/events.jsonl": "cannot be written",
    "train few": "at least 8 usable crops",
    "pretrain drawn.pt": "write them to drawn.safetensors",
    "pretrain drawn.safetensors --init empty.txt --network crnn": "--init",
    "doctor --weights nowhere": "no weights file",
    "nonsense": "No such command",
    "synth new --count 0": "--count",
}


@pytest.mark.parametrize("command", BAD)
def test_bad_input_is_told_in_one_sentence_and_nothing_is_written(
    crnn: Crnn, digits: Path, weights: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(digits)
    Path("empty.txt").touch()
    Path("empty").mkdir()
    Path("few").mkdir()
    shutil.copy("0.png", "few")
    Path("few/labels.tsv").write_text("0.png\t1\n")
    Path("text.jpg").write_text("no image")
    Path("labels.txt").write_text("größe\n", encoding="utf-8")
    Path("drawn.onnx").write_bytes(bytes(64))
    Path("damaged").mkdir()
    Path("damaged", FILE_NAME).write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 8)
    before = everything(digits)
    words = command.split(" ")
    if words[0] in ("predict", "evaluate", "check") and "--weights" not in words:
        words += ["--weights", str(weights)]
    if words[0] == "train" and "--base" not in words:
        words += ["--base", str(weights)]
    answer = crnn(*words)
    assert (answer.status, answer.out) == (2, "")
    assert BAD[command] in answer.err
    assert len(answer.err.splitlines()) == 1
    assert answer.err.endswith(".\n")
    first = answer.err.split()[0]
    assert first in words or not (first.isalpha() and first.islower())
    assert everything(digits) == before


def test_a_device_that_is_not_there_is_told(crnn: Crnn, digits: Path, weights: Path) -> None:
    if not devices._why_no_cuda():
        pytest.skip("this machine has a CUDA device")
    answer = crnn("predict", digits / "0.png", "--device", "cuda", "--weights", weights)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("cuda cannot be used: ")


@pytest.mark.parametrize("split", ["80/20", "a/b/c", "-1/1/1", "0/0/0", ""])
def test_a_malformed_split_is_refused(crnn: Crnn, tiny_project: Path, split: str) -> None:
    answer = crnn("export", tiny_project, "--out", "new", f"--split={split}")
    assert (answer.status, Path("new").exists()) == (2, False)
    assert "80/10/10" in answer.err


# --- train ---


def test_train_tells_its_events_and_its_summary(crnn: Crnn, digits: Path, weights: Path, tmp_path: Path) -> None:
    base = ("--base", weights, "--val", "0", "--seed", 5, "--learning-rate", 1e-6)
    answer = crnn("train", digits, *base, "--epochs", 1, "--out", "o.safetensors", "--events", "e.jsonl", "--json")
    assert answer.status == 0
    document = answer.document
    contract = "before after general_before general_after fixed broken left_out steps crops_per_second seconds"
    assert set(contract.split()) | {"decision", "reason", "gain", "mislabelled", "forecast"} <= set(document)
    assert (document["decision"], document["before"], document["left_out"]) == ("better", None, 0)
    events = [strict(line) for line in Path("e.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (events[0]["type"], events[-1]["type"]) == ("started", "finished")
    assert {event["type"] for event in events} <= {"started", "batch", "epoch", "bad_batch", "checkpoint", "finished"}
    for event in events:
        if event["type"] in ("batch", "epoch"):
            assert {"loss", "accuracy", "seconds"} <= event.keys()
    assert len([event for event in events if event["type"] == "batch"]) == document["steps"]
    assert load_weights(tmp_path / "o.safetensors").ancestry[-1]["seed"] == 5


def test_refused_weights_lie_beside_the_name_and_the_status_is_3(crnn: Crnn, digits: Path, weights: Path) -> None:
    options = ("--epochs", 1, "--val", digits, "--learning-rate", "1e-9", "--out", "o.v2.safetensors")
    answer = crnn("train", digits, "--base", weights, *options, "--json")
    assert (answer.status, answer.document["decision"]) == (3, "refused")
    assert answer.document["reason"]
    assert sorted(path.name for path in Path().glob("o.*")) == ["o.v2.refused.safetensors"]


def test_train_from_nothing_takes_the_characters_of_the_labels(crnn: Crnn, digits: Path) -> None:
    answer = crnn("train", digits, "--base", "none", "--val", 0, "--epochs", 1, "--out", "o.safetensors", "--json")
    [written] = Path().glob("o*.safetensors")
    assert answer.status == (3 if "refused" in written.name else 0)
    assert set(load_weights(written).charset.characters) == {char for text in SOUND for char in text}


def test_a_share_that_the_data_set_overrules_is_told(crnn: Crnn, weights: Path) -> None:
    write_crops(Path("made"), general_crops()[:20])
    train = ("train", "made", "--base", weights, "--out", "o.safetensors")
    with RunFolder.of(Path("o.safetensors")).claimed():  # so that the command ends where training would begin
        answers = [crnn(*train, *val) for val in (("--val", 0.5), ("--val", 0), ())]
    told = "--val 0.5 is not used, because the data set has a part for it: 2 crops are held out.\n"
    assert [told in answer.err for answer in answers] == [True, False, False]


def test_of_a_huge_set_no_more_is_looked_at_than_there_is_time_for(
    crnn: Crnn, digits: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_command, "CROPS_A_MINUTE", 12)
    options = ("--minutes", 0.05, "--val", 0, "--out", "o.safetensors", "--events", "e.jsonl")
    answer = crnn("train", digits, "--base", weights, *options)
    assert "12 of 16 crops are drawn" in answer.err
    started = strict(Path("e.jsonl").read_text().splitlines()[0])
    assert started["train"] == 12


@pytest.mark.slow
def test_training_at_an_absurd_rate_on_poison_ends_finite_and_tells(crnn: Crnn, tmp_path: Path) -> None:
    write_poisoned(tmp_path / "poisoned")
    options = ("--charset", "digits", "--new-characters", "skip", "--epochs", 6, "--batch", 4, "--val", 0)
    files = ("--out", "o.safetensors", "--events", "e.jsonl", "--json")
    answer = crnn("train", "poisoned", "--base", "none", *options, "--learning-rate", 1000, *files)
    assert answer.status in (0, 3)
    events = [strict(line) for line in Path("e.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {p["key"]: p["cause"] for p in events[0]["left_out"]} == {k: str(v) for k, v in POISON.items()}
    assert "learning_rate" in {event["cause"] for event in events if event["type"] == "bad_batch"}
    assert answer.document["left_out"] == len(POISON)
    [written] = Path().glob("o*.safetensors")
    assert all(torch.isfinite(value).all() for value in load_weights(written).state.values())


# --- as a program of its own ---


def program(*words: object, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "model", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | environment,
    )


def test_output_is_utf_8_in_any_locale_and_from_any_folder(
    digits: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(digits.parent)
    path = Path(digits.name) / "0.png"
    process = program("predict", path, "nö.png", "--weights", weights, LC_ALL="C", PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert strict(out.decode("utf-8"))["path"] == str(path)
    assert err.decode("utf-8") == "nö.png does not exist.\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C reaches a whole console there")
def test_ctrl_c_and_sigterm_keep_the_state_and_resume_goes_on(
    crnn: Crnn, digits: Path, weights: Path, tmp_path: Path
) -> None:
    words = ("train", digits, "--base", weights, "--epochs", 4000, "--out", tmp_path / "o.safetensors")
    events = tmp_path / "e.jsonl"
    steps: list[int] = []
    for end, resume in ((signal.SIGINT, ()), (signal.SIGTERM, ("--resume",))):
        process = program(*words, "--events", events, *resume)
        seen = events.read_text().count('"batch"') if events.exists() else 0
        deadline = time.monotonic() + 90
        while not (events.exists() and events.read_text().count('"batch"') > seen + 3):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(end)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert b"Traceback" not in err
        assert b"--resume" in err
        assert (tmp_path / "o.safetensors.run" / "last.safetensors").exists()
        steps.append(strict(events.read_text().splitlines()[-1])["steps"])
    assert steps[1] > steps[0]
    resumed = [strict(line) for line in events.read_text().splitlines() if '"started"' in line][1]
    assert resumed["resumed_at"] == steps[0]


# --- the Python door ---


def test_the_python_door(digits: Path, weights: Path) -> None:
    prediction = model.Recognizer.load(weights).read(digits / "0.png")
    assert model.Recognizer.load(weights).read(str(digits / "0.png")).text == prediction.text
    assert "Recognizer" in model.__all__
    with pytest.raises(AttributeError, match="nonsense"):
        model.nonsense  # noqa: B018
