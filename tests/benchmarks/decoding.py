"""Reports what decoding costs on one core: milliseconds of processor time a word, on random readings of real words.

    OMP_NUM_THREADS=1 python tests/benchmarks/decoding.py [--words 100000] [--crops 40] [--json]

The readings are made of the words themselves, blurred: at each character its neighbour in the alphabet is nearly as
likely. The lexicon is as long as --words says and made of syllables, so the benchmark needs no word list.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from model.beam import prefix_beam
from model.charset import Charset
from model.decoding import Floats, Lexicon, align, ctc_log_probs, greedy, log_softmax
from model.patterns import Pattern

BUDGET = 50.0
"""Milliseconds a crop for a lexicon of 100,000 words."""

SYLLABLES = ("ba", "ce", "di", "fo", "gu", "har", "jen", "kil", "lom", "mus", "nat", "per", "rin", "sol", "tu", "vex")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--crops", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    charset = Charset.named("ascii")
    words = made_words(options.words)
    rng = np.random.default_rng(0)
    texts = [words[i] for i in rng.integers(0, len(words), options.crops)]
    crops = [reading(charset.encode(text), len(charset), rng) for text in texts]
    lexicon = Lexicon(words, charset)
    pattern = Pattern("[a-z]{4,16}", charset)
    figures = {
        "words": len(words),
        "crops": len(crops),
        "greedy_ms": cost(crops, greedy),
        "probability_ms": cost(crops, lambda crop: ctc_log_probs(crop, [greedy(crop)])),
        "alignment_ms": cost(crops, lambda crop: align(crop, greedy(crop))),
        "beam_ms": cost(crops, prefix_beam),
        "pattern_ms": cost(crops, lambda crop: prefix_beam(crop, grammar=pattern)),
        "lexicon_ms": cost(crops, lexicon.best),
        "lexicon_budget_ms": BUDGET,
        "lexicon_right": sum(lexicon.best(crop)[0][0] == text for crop, text in zip(crops, texts, strict=True)),
    }
    lines = [json.dumps(figures)] if options.json else [f"{name:20} {value}" for name, value in figures.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def made_words(count: int) -> list[str]:
    """Return so many distinct words of two to five syllables, short and long ones mixed."""
    every = ["".join(parts) for length in (2, 3, 4, 5) for parts in product(SYLLABLES, repeat=length)]
    picked = np.random.default_rng(1).permutation(len(every))[:count]
    return [every[i] for i in picked]


def reading(text: list[int], classes: int, rng: np.random.Generator) -> Floats:
    """Return log-probabilities (T, classes) that favour the text, three frames a character."""
    logits = rng.normal(0, 1, (3 * len(text) + 2, classes))
    logits[:, 0] += 7
    for place, index in enumerate(text):
        logits[3 * place + 1, [0, index, index % (classes - 1) + 1]] += (-4, 8, 7)
    return log_softmax(logits)


def cost(crops: list[Floats], read: Callable[[Floats], object]) -> float:
    """Return the mean processor time of reading a crop, in milliseconds, after one to warm up."""
    read(crops[0])
    start = time.process_time()
    for crop in crops:
        read(crop)
    return round(1000 * (time.process_time() - start) / len(crops), 3)


if __name__ == "__main__":
    sys.exit(main())
