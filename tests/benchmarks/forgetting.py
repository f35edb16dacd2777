"""What fine-tuning learns from a few labels, and what it forgets: accuracy before, after, and of what learnt alone.

    python tests/benchmarks/forgetting.py ../shared/data/local/sevenseg --labels 200 --steps 400 \\
        --general ../shared/data/words/iiit5k_train ../shared/data/words/svt_train

The crops are shuffled with a fixed seed; the last ones are kept back, and the first ``--labels`` of the others are
learnt from. Accuracies are percent by the alphanumeric protocol, as `crnn evaluate --alphanumeric` gives them.
"Alone" is the specialist: the new weights before the old ones are put beside them.

``--swap`` gives a share of the labels to other crops and counts how many of these are listed as probably mislabelled.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from model.annotations import LabelledCrop  # noqa: E402
from model.assets import default_weights  # noqa: E402
from model.checkpoint import Weights, load_weights  # noqa: E402
from model.devices import choose  # noqa: E402
from model.evaluation import evaluate  # noqa: E402
from model.events import Finished  # noqa: E402
from model.formats import open_dataset  # noqa: E402
from model.inference import Recognizer  # noqa: E402
from model.metrics import word_accuracy  # noqa: E402
from model.specialists import specialist_part  # noqa: E402
from model.training import TrainConfig, fine_tune  # noqa: E402
from model.training_plan import plan_for  # noqa: E402
from tests.helpers.spoilt import passed_on  # noqa: E402

KEPT_BACK = 300


def shuffled(path: Path, *, seed: int) -> list[LabelledCrop]:
    """Return a data set's crops in an order of the seed."""
    crops = list(open_dataset(path).crops())
    random.Random(seed).shuffle(crops)
    return crops


def swap(crops: list[LabelledCrop], share: float) -> tuple[list[LabelledCrop], set[str]]:
    """Return the crops with some labels passed on, and the keys of those whose label is another one now."""
    spoilt = passed_on(crops, share, seed=5)
    return spoilt, {new.key for old, new in zip(crops, spoilt, strict=True) if old.text.lower() != new.text.lower()}


def accuracies(weights: Weights, sets: Sequence[Sequence[LabelledCrop]]) -> list[float]:
    """Return the word accuracy on each set, percent."""
    recognizer = Recognizer(weights, device=choose("cpu"), precision="fp32", engine="torch", workers=1)
    return [100 * word_accuracy(evaluate(recognizer, crops, alphanumeric=True).pairs) for crops in sets]


def row(name: str, figures: Sequence[float]) -> str:
    """Return a row of the table: the own words, the mean of the general sets, and each of these."""
    own, *general = figures
    mean = sum(general) / len(general) if general else float("nan")
    return f"| {name} | " + " | ".join(f"{value:.1f}" for value in (own, mean, *general)) + " |"


def main() -> None:
    """Train once and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--swap", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--general", type=Path, nargs="*", default=[])
    parser.add_argument("--words", type=int, default=300, help="of each general set")
    options = parser.parse_args()

    crops = shuffled(options.dataset, seed=1)
    kept = min(KEPT_BACK, len(crops) // 3)
    train, spoilt = swap(crops[:-kept][: options.labels], options.swap)
    sets = [crops[-kept:], *(shuffled(path, seed=3)[: options.words] for path in options.general)]
    base = default_weights()
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(
            out=Path(folder) / "new.safetensors",
            base=base,
            steps=options.steps,
            learning_rate=options.learning_rate,
            gate=False,
            device="cpu",
            precision="fp32",
            threads=options.threads,
        )
        *_, finished = fine_tune(plan_for(config, train, val=0.0), config)
        assert isinstance(finished, Finished)
        old, new = load_weights(base), load_weights(config.out)
    seconds, speed = finished.seconds, finished.crops_per_second
    tell(f"{len(train)} labels, {finished.steps} steps, {seconds:.0f} s, {speed:.0f} crops/s")
    tell("| weights | own | general | " + " | ".join(path.name for path in options.general) + " |")
    tell("|---" * (3 + len(options.general)) + "|")
    tell(row("before", accuracies(old, sets)))
    tell(row("after", accuracies(new, sets)))
    tell(row("alone", accuracies(specialist_part(new), sets)))
    if spoilt:
        listed = {suspect.key for suspect in finished.mislabelled}
        found = len(listed & spoilt)
        tell(f"{found} of {len(spoilt)} swapped labels are among the {len(listed)} listed as probably mislabelled")


def tell(line: str) -> None:
    """Write a line at once, so that a long run shows how far it is."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
