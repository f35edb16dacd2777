"""A hundred suggested words, every fifth of them wrong, are verified on ten pages without a mouse."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from model.annotations import Alternative, Box, Character, Prediction, Source, State, Word
from model.assets import default_weights
from model.checkpoint import weights_hash
from model.store import FILE_NAME, AnnotationStore

log = logging.getLogger(__name__)

PAGES, WORDS = 10, 10
MOST_KEYS_A_WORD = 1.3


def make_project(folder: Path) -> dict[int, str]:
    """Draw pages of words with a reading each. Every fifth is wrong; of those, every second has the text among its
    alternatives. Returns the text of each word.
    """
    folder.mkdir()
    weights = weights_hash(default_weights())
    texts: dict[int, str] = {}
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        for number in range(PAGES):
            page = Image.new("RGB", (600, 500), "white")
            boxes = [
                Box.from_bounds(40 + 280 * (i % 2), 40 + 80 * (i // 2), 190 + 280 * (i % 2), 70 + 80 * (i // 2))
                for i in range(WORDS)
            ]
            said = [f"word{number}{i}" for i in range(WORDS)]
            for box, text in zip(boxes, said, strict=True):
                ImageDraw.Draw(page).text(box.points[0], text, "black", font_size=24)
            page.save(folder / f"page{number}.png")
            [made] = store.add_pages([folder / f"page{number}.png"], [page.size])
            ids = store.add_words({made.id: [Word(0, made.id, box) for box in boxes]})
            texts |= dict(zip(ids, said, strict=True))
            store.save_predictions(
                (word_id, box, reading(text, weights, wrong=i % 5 == 4, offered=i < 5))
                for i, (word_id, box, text) in enumerate(zip(ids, boxes, said, strict=True))
            )
    return texts


def reading(text: str, weights: str, *, wrong: bool, offered: bool) -> Prediction:
    read = text.replace("0", "o").replace("r", "n") if wrong else text
    characters = tuple(Character(c, 0.9, i / len(read), (i + 1) / len(read)) for i, c in enumerate(read))
    others = (Alternative("other", 0.05), Alternative(text if wrong and offered else text + "s", 0.02))
    return Prediction(read, 0.9, characters, others, weights)


@pytest.mark.slow
def test_c08_a_hundred_words_are_verified_by_keyboard_alone(tmp_path: Path, start: Callable[..., Any]) -> None:
    texts = make_project(tmp_path / "pages")
    session = start("keyboard", tmp_path / "pages", texts=texts)
    found = session.told()
    assert session.process.wait(30) == 0, session.output

    keys = found["keys"]
    assert [len(keys["accepted"]), len(keys["corrected"])] == [80, 20]
    assert sum(keys["accepted"]) / 80 <= MOST_KEYS_A_WORD
    assert sum(keys["corrected"]) <= 10 * 2 + 10 * (len("word00") + 1), "the keys of the texts, and Enter"
    assert any("No word of this project waits" in text for text in found["told"])
    log.info(
        "%.2f keys a word accepted, %.2f a word corrected; to the next word %.0f ms at the median, %.0f ms at worst",
        sum(keys["accepted"]) / 80,
        sum(keys["corrected"]) / 20,
        1000 * found["waits"][50],
        1000 * found["waits"][-1],
    )

    with AnnotationStore.open(tmp_path / "pages", read_only=True) as store:
        words = {word.id: word for word in store.words()}
    assert {word_id: word.label for word_id, word in words.items()} == texts
    assert all(word.state() is State.VERIFIED for word in words.values())
    assert sum(word.source is Source.ACCEPTED for word in words.values()) == 80
