"""The fonts of this machine that can draw words: found by walking the platform's font folders, tried out, remembered.

A font is used when each ASCII letter and digit has a glyph of its own and the glyphs look like the letters they stand
for, which turns away symbol fonts, fonts of other scripts under Latin code points, and fonts that draw boxes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import string
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import platformdirs
from numpy.typing import NDArray
from PIL import Image, ImageFont

from model.errors import KnownError

if TYPE_CHECKING:
    from PIL._imaging import ImagingCore

log = logging.getLogger(__name__)

PLAIN = 0.94
"""Legibility from which a face counts as plain: text faces of everyday print, no display or script faces."""

EM = 48
"""Pixels per em of the glyphs that words are set with: one size, which the transform brings to the crop's."""

_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc", ".pfb"})
_ALPHANUMERIC = string.digits + string.ascii_letters
_TWINS = "abdefghmnqrt"  # letters whose two cases differ in shape, so that a capitals-only face gives itself away
_NOTDEF = "\U0010fffe"  # a noncharacter: no font maps it, so it draws the .notdef glyph
_TRY_SIZE = 28
_GRID = 14
_LEGIBLE = 0.73
_ALIKE = 0.8
_WINDOW = 48  # families
_CACHE_VERSION = 2

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FontFace:
    """One usable font file.

    Attributes:
        path: the file; an empty path is the font built into Pillow.
        legibility: 0.5 (glyphs unlike the letters) to 1 (a plain text face).
        capitals: the lower case letters are drawn as capitals.
    """

    path: Path
    legibility: float = 1.0
    capitals: bool = False


@dataclass(frozen=True, slots=True)
class FontList:
    """Usable faces in a stable order.

    Families are drawn before faces, so that a family of sixty weights is not sixty times likelier than one of one.

    Attributes:
        faces: all of them.
        digest: names the list by its files' names and sizes.
    """

    faces: tuple[FontFace, ...]
    digest: str = field(init=False)
    _families: tuple[tuple[FontFace, ...], ...] = field(init=False, repr=False)
    _plain: tuple[tuple[FontFace, ...], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.faces:
            raise ValueError("a font list needs at least one face")
        names = "\n".join(f"{face.path.name}:{_size(face.path)}" for face in self.faces)
        object.__setattr__(self, "digest", hashlib.sha256(names.encode()).hexdigest()[:16])
        object.__setattr__(self, "_families", _families(self.faces))
        plain = _families([face for face in self.faces if face.legibility >= PLAIN and not face.capitals])
        object.__setattr__(self, "_plain", plain or self._families)

    def window(self, number: int) -> FontList:
        """Return the list with a few families to draw from first, others for each number, in turn.

        Crops that are drawn one after the other then share faces, and most of their glyphs are at hand.
        """
        part = object.__new__(FontList)  # a copy that is made for each crop: the digest is not computed again
        families, plain = _window(self._families, number), _window(self._plain, number)
        for name, value in zip(FontList.__slots__, (self.faces, self.digest, families, plain), strict=True):
            object.__setattr__(part, name, value)
        return part

    def pick(self, rng: np.random.Generator, text: str, *, plain: bool = False) -> FontFace:
        """Return a random face that can draw every character of ``text``.

        Raises:
            KnownError: no face can draw the text; names the characters.
        """
        families = self._plain if plain else self._families
        needs_lower = any(character.islower() for character in text)
        for _ in range(24):
            family = families[int(rng.random() * len(families))]
            face = family[int(rng.random() * len(family))]
            if not (face.capitals and needs_lower) and covers(face.path, text):
                return face
        start = int(rng.integers(len(self.faces)))
        for face in self.faces[start:] + self.faces[:start]:
            if not (face.capitals and needs_lower) and covers(face.path, text):
                return face
        raise KnownError(f"No font on this machine can draw {text!r}; install one that has these characters.")


def find_fonts(
    folders: Sequence[Path] | None = None, *, progress: Callable[[int, int], None] | None = None
) -> FontList:
    """Return the usable fonts below ``folders`` (default: the platform's font folders).

    Without any, the list holds only the font built into Pillow and a warning is logged. Results of the tries are
    remembered in the user's cache folder by path, size and time of change.
    """
    files = sorted({path for folder in folders or font_folders() for path in _walk(folder)})
    known = _read_cache()
    faces: list[FontFace] = []
    entries: dict[str, list[float | bool] | None] = {}
    for done, path in enumerate(files, 1):
        status = path.stat()
        key = f"{path}|{status.st_size}|{status.st_mtime_ns}"
        entries[key] = known[key] if key in known else _try_font(path)
        entry = entries[key]
        if entry is not None and entry[0] >= _LEGIBLE:
            faces.append(FontFace(path, float(entry[0]), bool(entry[1])))
        if progress:
            progress(done, len(files))
    if entries.keys() - known.keys():
        _write_cache(known | entries)
    if not faces:
        log.warning("no usable font was found on this machine; words are drawn with the one font built into Pillow")
        faces.append(FontFace(Path()))
    return FontList(tuple(faces))


def font_folders() -> tuple[Path, ...]:
    """Return the existing folders in which this platform keeps fonts."""
    home = Path.home()
    if sys.platform == "win32":
        candidates = [
            Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",
            home / "AppData/Local/Microsoft/Windows/Fonts",
        ]
    elif sys.platform == "darwin":
        candidates = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    else:
        data = [
            home / ".local/share",
            *map(Path, (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")),
        ]
        candidates = [home / ".fonts", *(base / "fonts" for base in data), Path("/usr/share/texmf/fonts")]
    return tuple(dict.fromkeys(folder for folder in candidates if folder.is_dir()))


class Glyph(NamedTuple):
    """A character of a face at :data:`EM` pixels per em.

    Attributes:
        ink: the mask, uint8 (height, width), 255 where the ink is.
        left: pixels from the pen to the mask.
        top: pixels from the ascender line down to the mask.
        advance: pixels from the pen to the next.
    """

    ink: NDArray[np.uint8]
    left: int
    top: int
    advance: float


@lru_cache(maxsize=16384)
def glyph(path: Path, character: str) -> Glyph:
    """Return a character of a face; most are asked for again soon, see :meth:`FontList.window`."""
    font = load_font(path, EM)
    core, (left, top) = font.getmask2(character)
    return Glyph(_pixels(core), left, top, font.getlength(character))


def _pixels(core: ImagingCore) -> NDArray[np.uint8]:
    """Return FreeType's bitmap, uint8 (height, width); bytes(core) would go pixel by pixel."""
    if not (core.size[0] and core.size[1]):
        return np.zeros((1, 1), np.uint8)
    image = Image.new("L", core.size)
    image.im.paste(core, (0, 0, *core.size))
    return np.array(image)


@lru_cache(maxsize=512)
def load_font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """Return a face at ``size`` pixels per em. Basic layout: present everywhere, and the same everywhere."""
    if path == Path():
        return _built_in(size)
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def covers(path: Path, text: str) -> bool:
    """Whether the face has a glyph for every character of ``text``; spaces need none."""
    return (text.isascii() and text.isalnum()) or all(_covers(path, c) for c in text if not c.isspace())


@lru_cache(maxsize=65536)
def _covers(path: Path, character: str) -> bool:
    if character.isascii() and character.isalnum():
        return True
    ink, missing = glyph(path, character).ink, glyph(path, _NOTDEF).ink
    return bool(ink.any()) and not np.array_equal(ink, missing)


def _built_in(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise KnownError(
            "This build of Pillow has no FreeType and cannot draw text; install Pillow from its own wheels."
        )
    return font


def _walk(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        for name in names:
            if Path(name).suffix.lower() in _SUFFIXES:
                yield Path(root) / name


def _size(path: Path) -> int:
    return path.stat().st_size if path != Path() else 0


def _families(faces: Sequence[FontFace]) -> tuple[tuple[FontFace, ...], ...]:
    families: dict[str, list[FontFace]] = {}
    for face in faces:
        name = re.split(r"[-_ \[(.]|(?<=[a-z])(?=Bold|Italic|Regular|Light|Medium|Oblique)", face.path.stem)[0].lower()
        families.setdefault(name, []).append(face)
    return tuple(tuple(families[name]) for name in sorted(families, key=_mixed))


def _mixed(name: str) -> bytes:
    """Return an order that has nothing to do with the name, so that neighbours in the list are not alike."""
    return hashlib.sha256(name.encode()).digest()


def _window(families: tuple[tuple[FontFace, ...], ...], number: int) -> tuple[tuple[FontFace, ...], ...]:
    start = number * _WINDOW % len(families)
    window = families[start : start + _WINDOW]
    return window + families[: min(start, _WINDOW - len(window))]


def _try_font(path: Path) -> list[float | bool] | None:
    """Return legibility and whether the face has capitals only, or None for a face that cannot draw words."""
    try:
        font = ImageFont.truetype(str(path), _TRY_SIZE, layout_engine=ImageFont.Layout.BASIC)
        glyphs = _glyphs(font)
    except (OSError, ValueError) as error:
        log.info("font %s is left out: %s", path, error)
        return None
    if glyphs is None:
        return None
    # How often a glyph is more like its own letter, upright or slanted, than like another: arbitrary symbols reach 0.5.
    legibility = max(_own_share(glyphs @ templates.T) for templates in _templates())
    position = {character: i for i, character in enumerate(_ALPHANUMERIC)}
    alike = [float(glyphs[position[c]] @ glyphs[position[c.upper()]]) for c in _TWINS]
    return [round(legibility, 4), bool(np.median(alike) > _ALIKE)]


def _own_share(likeness: Float) -> float:
    own = np.diagonal(likeness)[:, None]
    return float((likeness < own).sum() / (likeness.size - len(likeness)))


@lru_cache(maxsize=1)
def _templates() -> tuple[Float, ...]:
    templates = [_glyphs(_built_in(_TRY_SIZE), slant) for slant in (0.0, 0.25)]
    return tuple(glyphs for glyphs in templates if glyphs is not None)


def _glyphs(font: ImageFont.FreeTypeFont, slant: float = 0.0) -> Float | None:
    """Return the 62 glyphs as unit vectors of mean 0, float32 (62, grid * grid); None when one is missing."""
    missing = font.getmask(_NOTDEF)
    notdef = (missing.size, bytes(missing))
    rows = []
    for character in _ALPHANUMERIC:
        mask = font.getmask(character)
        bounds = mask.getbbox()
        if bounds is None or (mask.size, bytes(mask)) == notdef:
            return None
        width, height = mask.size
        glyph = Image.fromarray(np.frombuffer(bytes(mask), np.uint8).reshape(height, width)).crop(bounds)
        if slant:
            size = (glyph.width + round(slant * glyph.height), glyph.height)
            shear = (1, slant, -slant * glyph.height, 0, 1, 0)
            glyph = glyph.transform(size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)
        small = np.asarray(glyph.resize((_GRID, _GRID), Image.Resampling.BOX), np.float32).ravel()
        centred = small - small.mean()
        rows.append(centred / max(float(np.linalg.norm(centred)), 1.0))
    return np.stack(rows)


def _cache_file() -> Path:
    return Path(platformdirs.user_cache_dir("crnn-gui", appauthor=False)) / f"fonts-{_CACHE_VERSION}.json"


def _read_cache() -> dict[str, list[float | bool] | None]:
    try:
        return dict(json.loads(_cache_file().read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _write_cache(entries: dict[str, list[float | bool] | None]) -> None:
    path = _cache_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(entries), "utf-8")
        partial.replace(path)
    except OSError as error:
        log.warning("the list of fonts cannot be remembered in %s: %s", path, error)
