"""The synthesiser: words drawn with this machine's fonts, as training data that needs no photograph.

::

    from model.synth import find_fonts, render_word
    render_word("Hello", numpy.random.default_rng(1), find_fonts()).show()
"""

from __future__ import annotations

from model.synth.dataset import SyntheticCrops, SynthReport, synthesise, write_crops
from model.synth.fonts import FontFace, FontList, find_fonts
from model.synth.render import Style, render_word
from model.synth.texts import TextSource

__all__ = [
    "FontFace",
    "FontList",
    "Style",
    "SynthReport",
    "SyntheticCrops",
    "TextSource",
    "find_fonts",
    "render_word",
    "synthesise",
    "write_crops",
]
