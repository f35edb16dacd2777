"""The child process of the application that finds words and gives second opinions: ``python -m model.assisting``.

It speaks the frames of :mod:`model.serving`. The detector and the opencv it brings live here, away from Qt.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.detecting import WordFinder
from model.images import read_image
from model.messages import FindWords, GiveOpinions, WordsFound, WordsRead
from model.opinions import SecondReader, opinions
from model.serving import Controls, Server, main


class Assistant(Server):
    """Finds words and reads them; the models are loaded by the first request that needs them."""

    def __init__(self, controls: Controls) -> None:
        super().__init__(controls)
        self._finder: WordFinder | None = None
        self._reader: SecondReader | None = None

    def _replies(self, request: object) -> Iterator[object]:
        match request:
            case FindWords():
                self._finder = self._finder or WordFinder()
                yield WordsFound(self._finder.find(read_image(request.image)))
            case GiveOpinions():
                self._reader = self._reader or SecondReader()
                yield WordsRead(tuple(opinions(self._reader, request.places)))
            case _:
                raise TypeError(f"{request!r} is no request")


if __name__ == "__main__":
    main(Assistant)
