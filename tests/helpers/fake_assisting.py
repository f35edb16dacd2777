"""A child that speaks the real frames and finds two words on each image; "broken" cannot be read, "deadly" ends it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from model.annotations import Box
from model.detecting import FoundWord
from model.errors import ImageError
from model.messages import FindWords, WordsFound
from model.serving import Server, main

FOUND = (
    FoundWord(Box.from_bounds(101, 21, 161, 35), "near", 0.8),
    FoundWord(Box.from_bounds(200, 200, 260, 220), "alone", 0.9),
)


class FakeAssistant(Server):
    def _replies(self, request: object) -> Iterator[object]:
        assert isinstance(request, FindWords), request
        time.sleep(0.05)
        if request.image.name.startswith("broken"):
            raise ImageError(f"{request.image.name} cannot be read as an image.")
        if request.image.name.startswith("deadly"):
            os._exit(3)
        yield WordsFound(FOUND)


if __name__ == "__main__":
    main(FakeAssistant)
