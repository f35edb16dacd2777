"""A child that speaks the real frames: finds two words, reads all as "second"; "broken" is unread, "deadly" ends it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from model.annotations import Box, Prediction
from model.detecting import SECOND_READER, FoundWord
from model.errors import ImageError
from model.messages import FindWords, GiveOpinions, WordReading, WordsFound, WordsRead
from model.serving import Server, main

FOUND = (
    FoundWord(Box.from_bounds(101, 21, 161, 35), "near", 0.8),
    FoundWord(Box.from_bounds(200, 200, 260, 220), "alone", 0.9),
)

SECOND = Prediction("second", 0.75, weights=SECOND_READER)


class FakeAssistant(Server):
    def _replies(self, request: object) -> Iterator[object]:
        assert isinstance(request, FindWords | GiveOpinions), request
        time.sleep(0.05)
        image = request.image if isinstance(request, FindWords) else request.places[0].image
        if image.name.startswith("broken"):
            raise ImageError(f"{image.name} cannot be read as an image.")
        if image.name.startswith("deadly"):
            os._exit(3)
        if isinstance(request, FindWords):
            yield WordsFound(FOUND)
        else:
            yield WordsRead(tuple(WordReading(place.word_id, place.box, SECOND) for place in request.places))


if __name__ == "__main__":
    main(FakeAssistant)
