"""Colours of surfaces and inks, chosen by how far apart they are in brightness, which is what a reader goes by."""

from __future__ import annotations

import numpy as np

from model.synth.surfaces import Colour

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
_LIGHTS = ((255, 60, 40), (80, 255, 90), (90, 190, 255), (255, 190, 60), (240, 240, 240))


def brightness(colour: Colour) -> float:
    """Return the luma, 0..255."""
    return _RED * colour[0] + _GREEN * colour[1] + _BLUE * colour[2]


def sign(rng: np.random.Generator, difficulty: float) -> tuple[Colour, Colour]:
    """Return surface and ink of any hues; little apart in brightness only when difficult."""
    draw = rng.random()
    if draw < 0.1 * difficulty:
        apart = 32 + 25 * rng.random()
    elif draw < 0.44 * difficulty:
        apart = 50 + 55 * rng.random()
    else:
        apart = 90 + 150 * rng.random() ** 1.3
    dark = (245 - apart) * rng.random()
    pair = (dark, dark + apart) if rng.random() < 0.5 else (dark + apart, dark)
    grey = rng.random() < 0.35
    surface, ink = (_coloured(rng, 6 + value, grey) for value in pair)
    return surface, ink


def paper(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Return paper and dark ink."""
    return _coloured(rng, 195 + 60 * rng.random(), rng.random() < 0.6), _coloured(rng, 100 * rng.random() ** 1.5, True)


def display(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Return the glass of a liquid crystal or light-emitting display and its digits."""
    if rng.random() < 0.25:
        light = _LIGHTS[int(rng.random() * len(_LIGHTS))]
        return _coloured(rng, 50 * rng.random(), False), _scaled(light, 0.6 + 0.4 * rng.random())
    glass = _coloured(rng, 110 + 100 * rng.random(), rng.random() < 0.4)
    return glass, _scaled(glass, 0.1 + 0.6 * rng.random())


def far_from(rng: np.random.Generator, colour: Colour) -> Colour:
    """Return a near-black or near-white, whichever is farther from the colour."""
    value = int(50 * rng.random())
    value = 255 - value if brightness(colour) < 118 else value
    return value, value, value


def between(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour ``share`` of the way from the first to the second, or beyond."""
    r, g, b = (min(255, max(0, round(a + (b - a) * share))) for a, b in zip(first, second, strict=True))
    return r, g, b


def _coloured(rng: np.random.Generator, value: float, grey: bool) -> Colour:
    """Return a colour of brightness ``value``."""
    if grey:
        level = min(255, round(value))
        return level, level, level
    saturation = 0.9 * rng.random() ** 1.5
    red, green, blue = rng.random(3).tolist()
    scale = saturation * value / (_RED * red + _GREEN * green + _BLUE * blue + 1e-3)
    base = (1 - saturation) * value
    most = base + scale * max(red, green, blue)
    if most > 255:  # as much colour as this brightness can have
        share = (255 - value) / (most - value) if most > value else 0.0
        base, scale = value + (base - value) * share, scale * share
    return (
        min(255, round(base + scale * red)),
        min(255, round(base + scale * green)),
        min(255, round(base + scale * blue)),
    )


def _scaled(colour: Colour, share: float) -> Colour:
    return round(colour[0] * share), round(colour[1] * share), round(colour[2] * share)
