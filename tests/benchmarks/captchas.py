"""Draw captchas of five characters of one typeface, with a line through them, as a set that is easy to learn.

python tests/benchmarks/captchas.py ../drawn --font DejaVuSerif-Bold.ttf --turned 6
python tests/benchmarks/forgetting.py ../drawn --labels 50 --steps 500 --general ../shared/data/words/*
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

CHARACTERS = "2345678bcdefgmnpwxy"
COUNT, SEED = 1_040, 5
SIZE = (200, 50)


def captcha(text: str, font: Path, *, turned: float, rng: random.Random, noise: np.random.Generator) -> Image.Image:
    """Return a picture of a text, its characters turned by up to so many degrees."""
    width, height = SIZE
    image, x = Image.new("L", SIZE, 255), rng.randint(22, 40)
    for character in text:
        glyph = Image.new("L", (60, 60), 0)
        face = ImageFont.truetype(str(font), rng.randint(32, 36))
        ImageDraw.Draw(glyph).text((30, 32), character, font=face, fill=255, anchor="mm")
        glyph = glyph.rotate(rng.uniform(-turned, turned), resample=Image.Resampling.BICUBIC)
        glyph = glyph.crop(glyph.getbbox())
        image.paste(0, (x, height // 2 - glyph.height // 2 + rng.randint(-3, 3)), glyph)
        x += glyph.width - rng.randint(0, 3)
    first, middle, last = (rng.randint(15, 35) for _ in range(3))
    shares = [(column, column / width) for column in range(10, 190, 4)]
    curve = [(column, (1 - t) ** 2 * first + 2 * t * (1 - t) * middle + t**2 * last) for column, t in shares]
    ImageDraw.Draw(image).line(curve, fill=0, width=3, joint="curve")
    return _waved(np.asarray(image, float), rng, noise)


def _waved(pixels: np.ndarray, rng: random.Random, noise: np.random.Generator) -> Image.Image:
    """Shift columns up and down in a wave, lay them on an uneven grey ground, and blur."""
    height, phase, period = rng.uniform(1, 3), rng.uniform(0, 6), rng.uniform(30, 60)
    shifts = [round(height * math.sin(phase + column / period * 6.28)) for column in range(pixels.shape[1])]
    waved = np.stack([np.roll(pixels[:, column], shift) for column, shift in enumerate(shifts)], 1)
    grey = waved * 0.6 + 80 + np.linspace(0, 20, pixels.shape[1]) + noise.normal(0, 3, pixels.shape)
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.1))


def main() -> None:
    """Draw a folder of captchas with their labels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="a new folder")
    parser.add_argument("--font", type=Path, required=True)
    parser.add_argument("--turned", type=float, default=18.0, help="degrees")
    options = parser.parse_args()

    options.out.mkdir(parents=True)
    rng, noise = random.Random(SEED), np.random.default_rng(SEED)
    rows = []
    for i in range(COUNT):
        text = "".join(rng.choice(CHARACTERS) for _ in range(5))
        captcha(text, options.font, turned=options.turned, rng=rng, noise=noise).save(options.out / f"{text}_{i}.png")
        rows.append(f"{text}_{i}.png\t{text}\n")
    (options.out / "labels.tsv").write_text("".join(sorted(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
