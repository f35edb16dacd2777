"""What becomes of a crop's proportions: one width for all, its own with padding, or the nearest of a few (ADR 0003).

    crnn synth SYNTHETIC --charset alphanumeric --count 15000
    python tests/benchmarks/aspect_ratio.py SYNTHETIC --real DATASET

The default network is trained from scratch once for each treatment: the same crops, initial weights, number of steps
and crops a step, on one thread and without augmentation. Labels are folded to lower case; words with anything but
letters and digits are left out. Then each reads words it has not seen, and real ones, as it was trained.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from model.annotations import LabelledCrop  # noqa: E402
from model.charset import Charset, frames_needed  # noqa: E402
from model.ctc import greedy_indices  # noqa: E402
from model.dataset import CropBatch, Indices, deal, normalized  # noqa: E402
from model.formats import open_dataset  # noqa: E402
from model.images import Preprocessing, cut_crop, read_image, to_strip  # noqa: E402
from model.learner import Learner  # noqa: E402
from model.networks import Network, build  # noqa: E402
from model.schedules import Cosine  # noqa: E402

SPEC = Preprocessing()
ONE_WIDTH = 128
TREATMENTS = ("one width", "padding", "buckets")
LENGTHS = ((1, 3), (4, 6), (7, 9), (10, 99))
CHARSET = Charset.named("alphanumeric")
BATCH, READ_BATCH = 32, 64

Strips = list[NDArray[np.uint8]]
T = TypeVar("T")


class Word(NamedTuple):
    """A crop's pixels under each treatment, and its text in lower case."""

    strips: dict[str, NDArray[np.uint8]]
    text: str


def words(crops: Iterable[LabelledCrop], number: int) -> list[Word]:
    """Return the first words of letters and digits that fit under every treatment."""
    return list(islice(_usable(crops), number))


def _usable(crops: Iterable[LabelledCrop]) -> Iterator[Word]:
    network = build("crnn-lite", len(CHARSET))
    for crop in crops:
        text = crop.text.lower()
        if not text or CHARSET.unknown(text):
            continue
        picture = cut_crop(read_image(crop.image), crop.box)
        own = min(max(SPEC.widths[0], round(picture.width * SPEC.height / picture.height)), SPEC.widths[-1])
        widths = {"one width": ONE_WIDTH, "padding": own, "buckets": None}
        strips = {name: to_strip(picture, SPEC, width=width) for name, width in widths.items()}
        if all(network.frames(strip.shape[1]) >= frames_needed(text) for strip in strips.values()):
            yield Word(strips, text)


def padded(strips: Strips) -> torch.Tensor:
    """Return strips (N, 1, height, widest) uint8, continued to the right by their last column."""
    widest = max(strip.shape[1] for strip in strips)
    stack = [np.pad(strip, ((0, 0), (0, widest - strip.shape[1])), mode="edge") for strip in strips]
    return torch.from_numpy(np.stack(stack)[:, np.newaxis])


def train(strips: Strips, texts: Sequence[str], *, steps: int, seed: int, by_width: bool) -> tuple[Network, float]:
    """Return a network trained on these strips, with averaged weights, and the processor seconds of a step."""
    torch.manual_seed(seed)
    learner = Learner(
        build("crnn-lite", len(CHARSET)), learning_rate=1e-3, schedule=Cosine(steps), batch=BATCH, seed=seed
    )
    crops = [LabelledCrop(str(i), Path(), None, text) for i, text in enumerate(texts)]
    widths = np.array([strip.shape[1] if by_width else 0 for strip in strips])
    start = time.process_time()
    for step, members in enumerate(islice(_batches(widths, seed), steps)):
        rows = members.tolist()
        images = padded([strips[i] for i in rows])
        labels = [CHARSET.encode(texts[i]) for i in rows]
        targets = torch.nn.utils.rnn.pad_sequence([torch.tensor(label) for label in labels], batch_first=True)
        lengths = torch.tensor([len(label) for label in labels])
        batch = CropBatch(tuple(rows), normalized(images, SPEC), targets, lengths)
        outcome = learner.learn(batch, [crops[i] for i in rows], step=step)
        assert outcome.diagnosis is None, outcome.diagnosis
        if step % 200 == 0:
            sys.stderr.write(f"step {step}: loss {outcome.loss:.3f}, words right {outcome.accuracy:.0%}\n")
    return learner.average, (time.process_time() - start) / steps


def _batches(widths: Indices, seed: int) -> Iterator[Indices]:
    for epoch in count():
        yield from deal(np.arange(len(widths)), widths, batch=BATCH, seed=seed, epoch=epoch)


@torch.no_grad()
def read(network: Network, strips: Strips, *, batch: int) -> list[str]:
    """Read strips in the order given, each batch padded to its widest."""
    texts: list[str] = []
    for start in range(0, len(strips), batch):
        logits = network(normalized(padded(strips[start : start + batch]), SPEC))
        texts += [CHARSET.text(indices) for indices in greedy_indices(logits)]
    return texts


def read_as_trained(network: Network, strips: Strips, treatment: str) -> list[str]:
    """Read strips in batches: of one width each, or of any widths where the network was trained with padding."""
    if treatment == "padding":
        return read(network, strips, batch=READ_BATCH)
    order = sorted(range(len(strips)), key=lambda i: strips[i].shape[1])
    found: dict[int, str] = {}
    for width in sorted({strip.shape[1] for strip in strips}):
        places = [i for i in order if strips[i].shape[1] == width]
        found |= dict(zip(places, read(network, [strips[i] for i in places], batch=READ_BATCH), strict=True))
    return [found[i] for i in range(len(strips))]


def row(name: str, treatment: str, texts: Sequence[str], truths: Sequence[str]) -> str:
    """Return a table row: percent of words right, of all lengths and by length."""
    right = [truth == text for truth, text in zip(truths, texts, strict=True)]
    groups = by_length(right, truths)
    cells = [f"{100 * np.mean(group):.1f}" if group else "-" for group in (right, *groups)]
    return f"| {name} | {treatment} | {' | '.join(cells)} |"


def numbers(name: str, truths: Sequence[str]) -> str:
    """Return a table row: how many words there are, of all lengths and by length."""
    return f"| {name} | number | {' | '.join(str(len(group)) for group in (truths, *by_length(truths, truths)))} |"


def by_length(values: Sequence[T], truths: Sequence[str]) -> list[list[T]]:
    """Return the values of the words of each group of lengths."""
    pairs = list(zip(values, truths, strict=True))
    return [[value for value, truth in pairs if low <= len(truth) <= high] for low, high in LENGTHS]


def main() -> None:
    """Train under each treatment and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("synthetic", type=Path)
    parser.add_argument("--real", type=Path, help="a data set of real words")
    parser.add_argument("--crops", type=int, default=12_000)
    parser.add_argument("--unseen", type=int, default=1_000, help="words of each kind to read")
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--treatments", nargs="+", choices=TREATMENTS, default=TREATMENTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    known = words(open_dataset(arguments.synthetic, part="train").crops(), arguments.crops)
    exams = {"synthetic": words(open_dataset(arguments.synthetic, part="val").crops(), arguments.unseen)}
    if arguments.real:
        exams["real"] = words(open_dataset(arguments.real).crops(), arguments.unseen)
    counts = ", ".join(f"{len(exam)} {name}" for name, exam in exams.items())
    sys.stdout.write(f"{len(known)} crops, {arguments.steps} steps of {BATCH}, seed {arguments.seed}; read: {counts}\n")
    header = [
        "words",
        "treatment",
        "all",
        *(f"{low} to {high}" for low, high in LENGTHS[:-1]),
        f"{LENGTHS[-1][0]} and more",
    ]
    sys.stdout.write(f"| {' | '.join(header)} |\n{'|---' * len(header)}|\n")
    for name, exam in exams.items():
        sys.stdout.write(numbers(name, [word.text for word in exam]) + "\n")
    for treatment in arguments.treatments:
        network, seconds = train(
            [word.strips[treatment] for word in known],
            [word.text for word in known],
            steps=arguments.steps,
            seed=arguments.seed,
            by_width=treatment == "buckets",
        )
        for name, exam in exams.items():
            strips, truths = [word.strips[treatment] for word in exam], [word.text for word in exam]
            texts = read_as_trained(network, strips, treatment)
            sys.stdout.write(row(name, treatment, texts, truths) + "\n")
            if treatment == "padding":
                alone = read(network, strips, batch=1)
                sys.stdout.write(row(name, "padding, read alone", alone, truths) + "\n")
                other = sum(a != b for a, b in zip(alone, texts, strict=True))
                sys.stdout.write(f"{name}: {other} of {len(texts)} read differently alone and in a batch\n")
        sys.stdout.write(f"{treatment}: {1000 * seconds:.0f} ms of processor time a step\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
