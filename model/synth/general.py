"""A fixed set of general crops: fine-tuned weights that forget how to read these have lost what they started with.

The crops were drawn once and travel with the program, so that the check needs no fonts and is the same everywhere.
``python -m model.synth.general FILE`` draws them again.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from model.assets import asset
from model.charset import PRESETS
from model.synth.fonts import FontList, find_fonts
from model.synth.render import render_word
from model.synth.texts import TextSource
from model.synth.vocabulary import WORDS

COUNT = 1000
SEED = 20_250_101
DIFFICULTY = 0.8

OPEN_FAMILIES = (
    *("Arapey", "AveriaGWF", "BebasNeue", "Cabin", "Caladea", "Cantarell", "Cardo", "Carlito", "ComicNeue"),
    *("Comfortaa", "CourierPrime", "Courier Prime", "DancingScript", "DejaVu", "Dosis", "EBGaramond12", "FiraCode"),
    *(
        "Hack",
        "Inconsolata",
        "Inter",
        "JetBrainsMono",
        "Karla",
        "KaushanScript",
        "Lato",
        "LeagueSpartan",
        "LeckerliOne",
    ),
    *("LobsterTwo", "Manrope", "OpenSans", "Oxygen", "Play", "Quattrocento", "Quicksand", "Roboto"),
    *("Sora", "Vollkorn", "YanoneKaffeesatz"),
)
"""How the files of fonts with open licences begin; only these draw what is shipped. See resources/README.md."""

_DATE = (2025, 1, 1, 0, 0, 0)
_LABELS = "labels.tsv"


def general_crops() -> list[tuple[Image.Image, str]]:
    """Return the crops with their texts, ASCII, modes RGB and L, in a fixed order."""
    with zipfile.ZipFile(asset("resources/general/general.zip")) as archive:
        rows = archive.read(_LABELS).decode().splitlines()
        crops: list[tuple[Image.Image, str]] = []
        for row in rows:
            name, text = row.split("\t")
            image = Image.open(io.BytesIO(archive.read(name)))
            image.load()
            crops.append((image, text))
    return crops


def write_general(path: Path) -> None:
    """Draw the set into an uncompressed archive: ``labels.tsv`` and the JPEG files that it names."""
    faces = tuple(face for face in find_fonts().faces if face.path.stem.startswith(OPEN_FAMILIES))
    fonts = FontList(faces)
    texts = TextSource(PRESETS["ascii"], vocabulary=WORDS)
    labels = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for index in range(COUNT):
            rng = np.random.default_rng((SEED, index))
            text = texts.text(rng)
            image = render_word(text, rng, fonts, difficulty=DIFFICULTY)
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=82, optimize=True)
            name = f"{index:04}.jpg"
            archive.writestr(zipfile.ZipInfo(name, _DATE), buffer.getvalue())
            labels.append(f"{name}\t{text}\n")
        archive.writestr(zipfile.ZipInfo(_LABELS, _DATE), "".join(labels))


if __name__ == "__main__":
    write_general(Path(sys.argv[1]))
