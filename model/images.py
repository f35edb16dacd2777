"""Image files: listing, reading, cutting out crops, and the pixels that a network sees.

Whatever the file holds, an image here is of mode "L" or "RGB" with its EXIF orientation applied.

numpy and natsort are imported where they are used: the app shows its window before it needs either.
"""

from __future__ import annotations

import io
import logging
import math
import os
import struct
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import ExifTags, Image, UnidentifiedImageError

from model.closeup import closeup
from model.documents import DOCUMENT_SUFFIXES, PDF, draw_pdf_page, is_page_of_document, pages_of, pdf_page_size
from model.errors import ImageError
from model.extras import MissingLibraryError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.annotations import Box, ImageSource, LabelledCrop, Point

logger = logging.getLogger(__name__)

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)
PIXEL_LIMIT = 450_000_000
"""Images with more pixels than this are refused before a pixel is decoded."""

STRIP_LIMIT = 10_000_000
"""The most pixels a preprocessing may make of a crop."""

_FLAT = 1e-6  # square pixels; a corner flatter than this has no perspective in floating point

DEFAULT_WIDTHS = (*range(16, 129, 16), *range(160, 321, 32), *range(384, 1025, 64), *range(1152, 2049, 128))

# Pillow's own limit warns at 89 megapixels from wherever a large image is opened or cropped; PIXEL_LIMIT replaces it.
Image.MAX_IMAGE_PIXELS = None

_FORMATS = ("JPEG", "PNG", "AVIF", "BMP", "GIF", "JPEG2000", "PPM", "TIFF", "WEBP")  # asked in this order
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class MissingImageError(ImageError):
    """There is no file of this name."""


class NotFiniteImageError(ImageError):
    """A floating point image holds nan or inf."""


def list_images(folder: Path) -> Iterator[Path]:
    """Yield the image files in a folder and below it, each folder's own files first, in natural order.

    Documents of several pages give their pages, see :mod:`model.documents`. Hidden files and folders are skipped. A
    folder below that cannot be read is logged and passed over.

    Raises:
        ImageError: ``folder`` is no folder, or cannot be read.
    """
    if not folder.is_dir():
        raise ImageError(f"{folder} is not a folder.")

    def on_error(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise ImageError(f"The folder {folder} cannot be read: {error.strerror}.") from error
        logger.warning("The folder %s cannot be read: %s", error.filename, error.strerror)

    for root, folders, files in os.walk(folder, onerror=on_error):
        folders[:] = _natural(name for name in folders if not name.startswith("."))
        for name in _natural(name for name in files if not name.startswith(".")):
            suffix = Path(name).suffix.lower()
            if suffix in DOCUMENT_SUFFIXES:
                yield from pages_of(Path(root, name))
            elif suffix in IMAGE_SUFFIXES:
                yield Path(root, name)


def read_image(path: ImageSource) -> Image.Image:
    """Read an image file, which may lie in a container, as mode "L" or "RGB", upright by its EXIF orientation.

    Transparent pixels show white paper. Deep images are scaled by the range they use, see :func:`_to_eight_bits`.

    Raises:
        MissingImageError, NotFiniteImageError, ImageError: in one sentence that names the file.
    """
    with _opened(path) as image:
        orientation = _orientation(image, path)
        image.load()
        return _turned(plain(image, path), orientation)


def image_size(path: ImageSource) -> tuple[int, int]:
    """Return width and height after EXIF orientation, from the file's header alone. Raises as `read_image`."""
    if isinstance(path, Path) and path.parent.suffix.lower() == PDF and is_page_of_document(path):
        with _told_of(path):
            return pdf_page_size(path.parent, int(path.name))
    with _opened(path) as image:
        width, height = image.size
        return (height, width) if _orientation(image, path) >= 5 else (width, height)


def image_bytes(path: ImageSource) -> bytes:
    """Return the bytes of an image file as they are, after a look at its header. Raises as `read_image`.

    A page of a document has none of its own, so it comes as a PNG.
    """
    if isinstance(path, Path) and is_page_of_document(path):
        buffer = io.BytesIO()
        read_image(path).save(buffer, "PNG")
        return buffer.getvalue()
    image_size(path)
    with _file(path) as file:
        return file.read()


def image_suffix(path: ImageSource) -> str:
    """Return the suffix that tells what :func:`image_bytes` gives, ".png" or the like. Raises as `read_image`."""
    if isinstance(path, Path) and is_page_of_document(path):
        return ".png"
    with _opened(path) as image:
        return {"JPEG": ".jpg", "TIFF": ".tif", "JPEG2000": ".jp2"}.get(image.format or "", f".{image.format}".lower())


def thumbnail(path: ImageSource, size: tuple[int, int]) -> Image.Image:
    """Read an image no larger than ``size`` (width, height), by the decoder's short cut where the format has one."""
    with _opened(path) as image:
        orientation = _orientation(image, path)
        limit = size[::-1] if orientation >= 5 else size
        image.draft(None, limit)
        image.load()
        small = plain(image, path)
        small.thumbnail(limit)
        return _turned(small, orientation)


def _file(path: ImageSource) -> BinaryIO:
    if isinstance(path, Path):
        return path.open("rb")
    from model.containers import read_packed

    return io.BytesIO(read_packed(path))


@contextmanager
def _opened(path: ImageSource) -> Iterator[Image.Image]:
    """Open an image file within the pixel limit and turn whatever fails inside the block into an `ImageError`."""
    with _told_of(path), _image(path) as image:
        width, height = image.size
        if width * height > PIXEL_LIMIT:
            limit = PIXEL_LIMIT // 10**6
            raise ImageError(f"{path} is {width} x {height} px large; more than {limit} megapixels are not read.")
        yield image


@contextmanager
def _image(path: ImageSource) -> Iterator[Image.Image]:
    number = 0
    if isinstance(path, Path):
        if is_page_of_document(path):
            path, number = path.parent, int(path.name)
        if path.suffix.lower() == PDF:
            yield draw_pdf_page(path, number or 1)
            return
    # As a file object: by name, Pillow maps an uncompressed TIFF into memory and garbles a turned one.
    with _file(path) as file, Image.open(file, formats=_formats()) as image:
        if number:
            image.seek(number - 1)
        yield image


@contextmanager
def _told_of(path: ImageSource) -> Iterator[None]:
    """Turn whatever fails inside the block into an `ImageError` that names the image."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            yield
    except ImageError:
        raise
    except MissingLibraryError as error:
        raise ImageError(str(error)) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingImageError(f"{path} does not exist.") from error
    except UnidentifiedImageError as error:
        with _file(path) as file:
            what = "is not an image of a known format" if file.read(1) else "is empty (0 bytes)"
        raise ImageError(f"{path} {what}.") from error
    except Exception as error:  # a damaged file makes Pillow's decoders raise nearly any type
        if isinstance(path, Path) and os.path.isdir(path):  # noqa: PTH112  it never raises, whatever the name
            raise ImageError(f"{path} is a folder, not an image.") from error
        reason = getattr(error, "strerror", None) or str(error).rstrip(".") or type(error).__name__
        raise ImageError(f"{path} cannot be read as an image: {reason}.") from error


@cache
def _formats() -> tuple[str, ...]:
    # Only these: Pillow also opens formats that start other programs, such as EPS with Ghostscript.
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _orientation(image: Image.Image, path: ImageSource) -> int:
    """Return the EXIF orientation, 1 to 8, as the file's header has it; 1 where it has none that is valid."""
    if image.format == "TIFF":
        return 1  # Pillow turns these itself, and their size is already the turned one
    # The base method: PNG's own would decode the whole image in search of an EXIF chunk behind the pixels.
    try:
        orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    except (SyntaxError, ValueError, TypeError, KeyError, IndexError, OSError, struct.error) as error:
        logger.info("The EXIF data of %s is damaged: %s", path, error)
        return 1
    return orientation if orientation in _TURNS else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def plain(image: Image.Image, name: object) -> Image.Image:
    """Return a loaded image as mode "L" or "RGB": transparent pixels on white paper, deep ones scaled to 8 bits.

    Raises:
        NotFiniteImageError: a floating point image holds nan or inf; names the image by ``name``.
    """
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_to_eight_bits(image, name))
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        # Premultiplied modes convert only to their straight counterparts.
        straight = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode)).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), straight)
    mode = "L" if grey else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _to_eight_bits(image: Image.Image, name: object) -> NDArray[np.uint8]:
    """Scale integers or floats of any range to 0..255.

    Integers from 0 to 65535 are scaled by the smallest of 8, 10, 12, 14 and 16 bits that holds the brightest one, so
    that a 12-bit camera and a 16-bit scanner both come out neither black nor depending on single pixels. Floats within
    0..1 are scaled by 255, floats within 0..255 are kept. Any other range is stretched from its least to its greatest.
    """
    import numpy as np

    pixels: NDArray[Any] = np.asarray(image)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        bad = int(np.count_nonzero(~np.isfinite(pixels)))
        raise NotFiniteImageError(f"{name} has {bad} pixels that are not finite (nan or inf).")
    low, high = float(pixels.min()), float(pixels.max())
    limits = (1, 255) if pixels.dtype.kind == "f" else (0xFF, 0x3FF, 0xFFF, 0x3FFF, 0xFFFF)
    black, white = 0.0, next((float(limit) for limit in limits if high <= limit), math.inf)
    if low < 0 or math.isinf(white):
        black, white = low, high
    scaled = (pixels.astype(np.float64) - black) * (255 / (white - black) if white > black else 0)
    return np.rint(scaled).astype(np.uint8)


def _natural(names: Iterator[str]) -> list[str]:
    from natsort import natsorted

    return natsorted(sorted(names))  # names that are equal to natsort, as "1" and "01", still get one order


def cut_crop(image: Image.Image, box: Box | None) -> Image.Image:
    """Cut the pixels of a box out of a page; None is the whole page. Nothing is enlarged.

    An upright box is cut at whole pixels, each edge rounded to the nearest one (halves away from zero), so that boxes
    that touch give crops that touch. Any other box is rectified to (round(width), round(height)) pixels by the
    perspective that maps its corners, with bicubic interpolation. What lies outside the page is cut off first; at
    least one pixel remains. Corners that form no convex quadrilateral have no perspective: their bounds are cut.
    """
    if box is None:
        return image
    inside = box.clamped(*image.size)
    if inside.is_upright or not _is_convex(inside):
        return image.crop(_pixel_bounds(inside, image.size))
    size = (max(1, _round(inside.width)), max(1, _round(inside.height)))
    coefficients = _perspective(inside, size)
    return image.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)


def cut_crops(crops: Iterable[LabelledCrop]) -> Iterator[tuple[LabelledCrop, Image.Image | ImageError]]:
    """Yield each crop of a data set with its pixels, or with the reason why there are none.

    A page is decoded once for crops of it that follow each other.
    """
    for path, members in groupby(crops, key=lambda crop: crop.image):
        try:
            page: Image.Image | ImageError = read_image(path)
        except ImageError as error:
            page = error
        for crop in members:
            yield crop, page if isinstance(page, ImageError) else cut_crop(page, crop.box)


def _round(value: float) -> int:
    return math.floor(value + 0.5)


def _pixel_bounds(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = map(_round, box.bounds)
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _is_convex(box: Box) -> bool:
    a, b, c, d = box.points
    turns = [_turn(*corner) for corner in ((a, b, c), (b, c, d), (c, d, a), (d, a, b))]
    return min(turns) > _FLAT or max(turns) < -_FLAT


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _perspective(box: Box, size: tuple[int, int]) -> list[float]:
    """Return Pillow's eight coefficients that map the corners of an image of this size to the corners of the box.

    Pillow evaluates them at pixel centres, (i + 0.5, j + 0.5), which is this program's convention too.
    """
    import numpy as np

    width, height = size
    rows: list[list[float]] = []
    for (u, v), (x, y) in zip(((0, 0), (width, 0), (width, height), (0, height)), box.points, strict=True):
        rows.append([u, v, 1, 0, 0, 0, -x * u, -x * v])
        rows.append([0, 0, 0, u, v, 1, -y * u, -y * v])
    target = [coordinate for point in box.points for coordinate in point]
    return [float(c) for c in np.linalg.solve(np.array(rows), np.array(target))]


class Fit(StrEnum):
    """How a crop meets one of the widths a network is fed with."""

    STRETCH = "stretch"
    PAD = "pad"


class Resampling(StrEnum):
    """How pixels between pixels are made. Reductions are antialiased by either."""

    BICUBIC = "bicubic"
    BILINEAR = "bilinear"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a crop becomes a network's input.

    Attributes:
        height: pixels every crop is scaled to.
        channels: 1 for grey, 3 for RGB.
        mean, std: of each channel; a pixel x in 0..255 enters as (x / 255 - mean) / std.
        widths: the widths a crop may have, ascending. Few of them, so that crops of one width fill a batch.
        fit: whether a crop is stretched to the nearest width, or keeps its ratio and is padded on the right to the
            next one; a crop wider than the last width is squeezed into it.
        padding: the value, 0..255, that fills padded columns; None repeats the crop's last one.
        resampling: how crops are scaled.
        closeup: whether small writing on an even ground is looked at from near, see :mod:`model.closeup`.
    """

    height: int = 32
    channels: int = 1
    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.5,)
    widths: tuple[int, ...] = DEFAULT_WIDTHS
    fit: Fit = Fit.STRETCH
    padding: int | None = None
    resampling: Resampling = Resampling.BICUBIC
    closeup: bool = False

    def __post_init__(self) -> None:
        if self.channels not in (1, 3) or self.height < 1 or not 0 <= (self.padding or 0) <= 255:
            raise ValueError(f"no such preprocessing: {self!r}")
        if not len(self.mean) == len(self.std) == self.channels or not all(value > 0 for value in self.std):
            raise ValueError(f"mean and std of a preprocessing hold one value a channel, got {self!r}")
        if not all(map(math.isfinite, (*self.mean, *self.std))):
            raise ValueError(f"mean and std of a preprocessing are finite, got {self!r}")
        if not self.widths or self.widths[0] < 1 or list(self.widths) != sorted(set(self.widths)):
            raise ValueError(f"widths must ascend from at least 1, got {self.widths!r}")
        if self.height * self.widths[-1] > STRIP_LIMIT:
            raise ValueError(f"strips of {self.height} x {self.widths[-1]} pixels are too large")
        if self.closeup and self.fit is Fit.PAD:
            raise ValueError("a padded crop has no close-up: how much of its strip is padding follows from its size")

    def width_for(self, width: int, height: int) -> int:
        """Return the width at which the network sees a crop of this size.

        That is the allowed one nearest in ratio to the crop's own at the network's height or, with padding, the least
        one that holds the crop.
        """
        if self.fit is Fit.PAD:
            return self.widths[bisect_left(self.widths, self.content_width(width, height))]
        # Whole numbers throughout: the width asked for is scaled / height.
        scaled = width * self.height
        i = bisect_left(self.widths, scaled, key=lambda w: w * height)
        if i in (0, len(self.widths)):
            return self.widths[min(i, len(self.widths) - 1)]
        narrow, wide = self.widths[i - 1], self.widths[i]
        return narrow if scaled * scaled <= narrow * wide * height * height else wide

    def content_width(self, width: int, height: int) -> int:
        """Return how many columns of the strip of a crop of this size show the crop; what follows is padding."""
        if self.fit is Fit.STRETCH:
            return self.width_for(width, height)
        return min(-(-width * self.height // height), self.widths[-1])

    def scale_and_shift(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the two values of each channel with which a pixel x in 0..255 enters as x * scale + shift."""
        scale = tuple(1 / (255 * std) for std in self.std)
        return scale, tuple(-mean / std for mean, std in zip(self.mean, self.std, strict=True))


def to_strip(crop: Image.Image, spec: Preprocessing, *, width: int | None = None) -> NDArray[np.uint8]:
    """Return the pixels the network sees: uint8 (height, width), or (height, width, 3) for three channels.

    The crop is fitted to the width its shape calls for, or to ``width``; reductions are antialiased.
    """
    import numpy as np

    plain = (closeup(crop, spec) if spec.closeup else crop).convert("L" if spec.channels == 1 else "RGB")
    width = width or spec.width_for(*plain.size)
    filled = width if spec.fit is Fit.STRETCH else min(width, spec.content_width(*plain.size))
    strip = np.array(plain.resize((filled, spec.height), Image.Resampling[spec.resampling.name]))
    if filled == width:
        return strip
    columns = ((0, 0), (0, width - filled), (0, 0))[: strip.ndim]
    if spec.padding is None:
        return np.pad(strip, columns, mode="edge")
    return np.pad(strip, columns, constant_values=spec.padding)


def normalize_strip(strip: NDArray[np.uint8], spec: Preprocessing) -> NDArray[np.float32]:
    """Return a strip as a network's input: float32 (channels, height, width), scaled by mean and std."""
    import numpy as np

    planes = strip[np.newaxis] if spec.channels == 1 else np.ascontiguousarray(strip.transpose(2, 0, 1))
    scale, shift = (np.array(values, np.float32)[:, np.newaxis, np.newaxis] for values in spec.scale_and_shift())
    return planes.astype(np.float32) * scale + shift


def prepare_crop(crop: Image.Image, spec: Preprocessing, *, width: int | None = None) -> NDArray[np.float32]:
    """Turn a crop into a network's input: the one preprocessing of prediction, training and preview.

    Returns:
        float32 (channels, height, width), in [-1, 1] with the default mean and std.
    """
    return normalize_strip(to_strip(crop, spec, width=width), spec)
