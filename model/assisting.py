"""The child process of the application that finds words: ``python -m model.assisting``.

It speaks the frames of :mod:`model.serving`. The detector and the opencv it brings live here, away from Qt.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.detecting import WordFinder
from model.images import read_image
from model.messages import FindWords, WordsFound
from model.serving import Controls, Server, main


class Assistant(Server):
    """Finds words; the detector is loaded by the first request."""

    def __init__(self, controls: Controls) -> None:
        super().__init__(controls)
        self._finder: WordFinder | None = None

    def _replies(self, request: object) -> Iterator[object]:
        if not isinstance(request, FindWords):
            raise TypeError(f"{request!r} is no request")
        self._finder = self._finder or WordFinder()
        yield WordsFound(self._finder.find(read_image(request.image)))


if __name__ == "__main__":
    main(Assistant)
