"""Image files of every kind, the geometry of crops, and the pixels a network sees."""

from __future__ import annotations

import math
import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from model import images
from model.annotations import Box, LabelledCrop
from model.errors import ImageError
from model.images import (
    DEFAULT_WIDTHS,
    Fit,
    MissingImageError,
    NotFiniteImageError,
    Preprocessing,
    Resampling,
    cut_crop,
    cut_crops,
    image_size,
    list_images,
    normalize_strip,
    prepare_crop,
    read_image,
    thumbnail,
    to_strip,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)

# What each EXIF orientation asks a viewer to do, in numpy's words.
UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


def pixels(image: Image.Image) -> NDArray[np.int64]:
    return np.asarray(image).astype(np.int64)


def saved(path: Path, image: Image.Image | NDArray[Any], **options: Any) -> Path:
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(path, **options)
    return path


def page(width: int, height: int) -> Image.Image:
    """Return a smooth grey page on which every place looks different, so that interpolation hardly errs."""
    y, x = np.mgrid[:height, :width] + 0.5
    values = 127 + 60 * np.sin(x / 7 + y / 23) + 60 * np.cos(y / 9 - x / 31)
    return Image.fromarray(np.rint(values).astype(np.uint8))


# --- reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif", "lzw.tif", "jpg", "webp"])
def test_exif_orientation_is_applied_by_every_door(tmp_path: Path, orientation: int, suffix: str) -> None:
    grey = np.asarray(page(48, 32))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options: dict[str, Any] = {"webp": {"lossless": True}, "lzw.tif": {"compression": "tiff_lzw"}}.get(suffix, {})
    path = saved(tmp_path / f"photo.{suffix}", grey, exif=exif, **options)
    upright = UPRIGHT[orientation](grey).astype(int)
    image = read_image(path).convert("L")
    assert image_size(path) == image.size == upright.shape[::-1]
    assert np.abs(pixels(image) - upright).max() <= (12 if suffix == "jpg" else 1)
    small = thumbnail(path, (24, 24))
    assert max(small.size) == 24
    expected = Image.fromarray(upright.astype(np.uint8)).resize(small.size)
    assert np.abs(pixels(small.convert("L")) - pixels(expected)).mean() < 6


@pytest.mark.parametrize(
    "blob", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x05\1"]
)
def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path, blob: bytes) -> None:
    path = saved(tmp_path / "photo.jpg", NOISE, exif=blob)
    assert read_image(path).size == image_size(path) == (60, 40)


@pytest.mark.parametrize("orientation", [0, 9, 300])
def test_an_orientation_that_does_not_exist_is_none(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    assert read_image(saved(tmp_path / "photo.jpg", NOISE, exif=exif)).size == (60, 40)


@pytest.mark.parametrize(
    ("mode", "suffix", "expected"),
    [
        ("1", "png", "L"),
        ("L", "png", "L"),
        ("LA", "png", "L"),
        ("P", "png", "RGB"),
        ("PA", "tif", "RGB"),
        ("RGB", "png", "RGB"),
        ("RGBA", "png", "RGB"),
        ("CMYK", "tif", "RGB"),
        ("CMYK", "jpg", "RGB"),
        ("YCbCr", "tif", "RGB"),
        ("LAB", "tif", "RGB"),
        ("I", "tif", "L"),
        ("F", "tif", "L"),
    ],
)
def test_every_mode_becomes_grey_or_colour_and_looks_the_same(
    tmp_path: Path, mode: str, suffix: str, expected: str
) -> None:
    ramp = np.repeat(np.linspace(10, 250, 60).astype(np.uint8)[None], 40, axis=0)
    grey = Image.fromarray(ramp)
    if mode == "LAB":
        image = Image.merge("LAB", [grey, *(Image.new("L", grey.size, 128) for _ in "ab")])
    elif mode in ("P", "PA"):
        image = grey.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE).convert(mode)
    else:
        image = grey.convert("RGB").convert(mode) if mode not in ("1", "I", "F") else grey.convert(mode)
    read = read_image(saved(tmp_path / f"page.{suffix}", image))
    assert read.mode == expected
    tolerance = {"1": 255, "LAB": 30, "CMYK": 6}.get(mode, 2)
    assert np.abs(pixels(read.convert("L")) - ramp.astype(int)).max() <= tolerance
    assert pixels(read.convert("L"))[:, :20].mean() < pixels(read.convert("L"))[:, -20:].mean()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_pixels_show_white_paper(tmp_path: Path, mode: str) -> None:
    black = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    black.putpixel((0, 0), (0, 0, 0, 255))
    image = black.convert("P").convert("PA") if mode == "PA" else black.convert(mode)
    if mode == "PA":
        image.putalpha(black.getchannel("A"))
    read = read_image(saved(tmp_path / "logo.tif", image))
    assert read.convert("L").getpixel((0, 0)) == 0
    assert read.convert("L").getpixel((4, 4)) == 255


def test_a_transparent_palette_colour_shows_white_paper(tmp_path: Path) -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 200, 10, 10])
    path = saved(tmp_path / "logo.png", image, transparency=1)
    assert read_image(path).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(("top", "white"), [(200, 255), (1000, 1023), (4000, 4095), (16000, 16383), (60000, 65535)])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_deep_grey_is_scaled_by_the_bits_it_uses(tmp_path: Path, top: int, white: int, suffix: str) -> None:
    deep = np.array([[0, top // 2], [top, top]], np.uint16)
    read = read_image(saved(tmp_path / f"scan.{suffix}", deep))
    assert read.mode == "L"
    assert pixels(read).tolist() == np.rint(deep.astype(float) * 255 / white).astype(int).tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.2, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 500.0, 1000.0], [0, 128, 255]),
        ([7e30, 7e30, 7e30], [0, 0, 0]),
    ],
)
def test_floats_of_any_range_become_grey(tmp_path: Path, values: list[float], expected: list[int]) -> None:
    read = read_image(saved(tmp_path / "depth.tif", np.array([values], np.float32)))
    assert pixels(read)[0].tolist() == expected


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_float_image_that_is_not_finite_is_refused(tmp_path: Path, bad: float) -> None:
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = bad
    with pytest.raises(NotFiniteImageError, match=r"depth\.tif has 1 pixels that are not finite"):
        read_image(saved(tmp_path / "depth.tif", values))


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "bmp", "ppm", "jp2"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, suffix: str, share: float) -> None:
    path = saved(tmp_path / f"half.{suffix}", NOISE)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImageError, match=rf"half\.{suffix}"):
        read_image(path)


@pytest.mark.parametrize("door", [read_image, image_size, lambda path: thumbnail(path, (8, 8))])
def test_what_is_no_image_is_said_in_one_sentence(tmp_path: Path, door: Any) -> None:
    (tmp_path / "notes.jpg").write_text("no picture")
    (tmp_path / "nothing.png").touch()
    (tmp_path / "folder.png").mkdir()
    for name, reason in [
        ("notes.jpg", "not an image of a known format"),
        ("nothing.png", r"empty \(0 bytes\)"),
        ("folder.png", "is a folder"),
    ]:
        with pytest.raises(ImageError, match=rf"{name.replace('.', '[.]')} .*{reason}") as caught:
            door(tmp_path / name)
        assert not isinstance(caught.value, MissingImageError)
    with pytest.raises(MissingImageError, match=r"absent\.png does not exist"):
        door(tmp_path / "absent.png")


def write_png_header(path: Path, width: int, height: int) -> Path:
    """Write a PNG that says how large it is and holds no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + b"\0\0\0\0IDAT"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def test_huge_images_are_refused_by_our_own_limit_and_not_by_pillows(tmp_path: Path) -> None:
    # Pillow warns above 89 megapixels and refuses above 179.
    for width, height in ((10_000, 10_000), (22_500, 20_000)):
        assert image_size(write_png_header(tmp_path / "map.png", width, height)) == (width, height)
    path = write_png_header(tmp_path / "map.png", 22_501, 20_000)
    for door in (image_size, read_image):
        with pytest.raises(ImageError, match=r"map\.png is 22501 x 20000 px large; more than 450 megapixels"):
            door(path)


def test_formats_that_run_other_programs_are_not_opened(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="not an image of a known format"):
        read_image(saved(tmp_path / "page.eps", NOISE))


# --- listing -----------------------------------------------------------------------------------------------------


def test_images_are_listed_in_natural_order_without_hidden_ones(tmp_path: Path) -> None:
    names = ["b/1.png", "b/10.TIF", "b/2.jpeg", "a2/x.webp", "a10/x.jpg", "9.png", "10.png", "01.png", "1.png"]
    for name in [*names, ".hidden/x.png", "a2/.x.png", "notes.txt", "annotations.crnn", "b/._2.jpeg"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    listed = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert listed == [
        "01.png", "1.png", "9.png", "10.png", "a2/x.webp", "a10/x.jpg", "b/1.png", "b/2.jpeg", "b/10.TIF"
    ]  # fmt: skip


def test_listing_what_is_no_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="not a folder"):
        list(list_images(tmp_path / "absent"))


# --- crops -------------------------------------------------------------------------------------------------------

COORDINATES = st.floats(-5, 70, allow_nan=False)


def test_the_whole_page_is_the_image_itself() -> None:
    image = page(60, 40)
    for box in (None, Box.from_bounds(0, 0, 60, 40), Box.from_bounds(-3, -9, 61, 1e9)):
        assert cut_crop(image, box).tobytes() == image.tobytes()


def test_edges_are_rounded_to_the_nearest_pixel() -> None:
    image = page(60, 40)
    crop = cut_crop(image, Box.from_bounds(9.5, 4.49, 20.49, 12.5))
    assert crop.tobytes() == image.crop((10, 4, 20, 13)).tobytes()


@given(COORDINATES, COORDINATES, COORDINATES, COORDINATES)
def test_an_upright_box_always_gives_pixels_of_the_page(x1: float, y1: float, x2: float, y2: float) -> None:
    image = page(60, 40)
    crop = cut_crop(image, Box.from_bounds(x1, y1, x2, y2))
    left, top, right, bottom = Box.from_bounds(x1, y1, x2, y2).clamped(60, 40).bounds
    assert crop.width >= 1
    assert crop.height >= 1
    assert abs(crop.width - (right - left)) <= 1
    assert abs(crop.height - (bottom - top)) <= 1
    assert set(crop.getdata() if not hasattr(crop, "get_flattened_data") else crop.get_flattened_data()) <= set(
        np.asarray(image).ravel().tolist()
    )


@given(st.integers(0, 40), st.integers(0, 20), st.integers(4, 20), st.integers(4, 20), st.sampled_from([1, 2, 3]))
def test_a_turned_page_with_its_turned_box_gives_the_same_crop(
    left: int, top: int, width: int, height: int, quarters: int
) -> None:
    image = page(60, 40)
    box = Box.from_bounds(left, top, left + width, top + height)
    turned, w, h = box, 60, 40
    for _ in range(quarters):  # counter-clockwise: (x, y) goes to (y, w - x)
        a, b, c, d = ((y, w - x) for x, y in turned.points)
        turned, w, h = Box((a, b, c, d)), h, w
    rotated = Image.fromarray(np.rot90(np.asarray(image), quarters))
    assert not turned.is_upright
    assert np.abs(pixels(cut_crop(rotated, turned)) - pixels(cut_crop(image, box))).max() <= 1


@settings(max_examples=50)
@given(st.floats(-math.pi, math.pi), st.floats(55, 65), st.floats(45, 55), st.integers(8, 50), st.integers(8, 30))
def test_a_rotated_box_is_rectified_at_sub_pixel_places(
    angle: float, x: float, y: float, width: int, height: int
) -> None:
    def place(u: Any, v: Any) -> tuple[Any, Any]:
        u, v = u - width / 2, v - height / 2
        return x + u * math.cos(angle) - v * math.sin(angle), y + u * math.sin(angle) + v * math.cos(angle)

    corners = [place(u, v) for u, v in ((0, 0), (width, 0), (width, height), (0, height))]
    box = Box((corners[0], corners[1], corners[2], corners[3]))
    assume(not box.is_upright)
    crop = cut_crop(page(120, 100), box)
    assert crop.size == (width, height)
    v, u = np.mgrid[:height, :width] + 0.5
    px, py = place(u, v)
    truth = 127 + 60 * np.sin(px / 7 + py / 23) + 60 * np.cos(py / 9 - px / 31)
    # The page slopes by up to 15 a pixel, so a crop that lies half a pixel off errs by 3 or more on average.
    assert np.abs(pixels(crop) - truth).mean() <= 1.5
    assert np.abs(pixels(crop) - truth).max() <= 4


def test_a_trapezoid_is_straightened_by_its_perspective() -> None:
    image = Image.new("L", (100, 60), 255)
    corners = ((20.0, 10.0), (80.0, 20.0), (80.0, 40.0), (20.0, 50.0))
    # On the trapezoid's own diagonals, and so in the middle of the crop whatever the perspective.
    cross_x, cross_y = 60.0, 30.0
    image.paste(0, (int(cross_x) - 2, int(cross_y) - 2, int(cross_x) + 2, int(cross_y) + 2))
    crop = cut_crop(image, Box(corners))
    assert crop.size == (round((math.hypot(60, 10) * 2) / 2), 30)
    ys, xs = np.nonzero(pixels(crop) < 128)
    assert abs(xs.mean() + 0.5 - crop.width / 2) < 0.6
    assert abs(ys.mean() + 0.5 - crop.height / 2) < 0.6


def test_a_quad_without_perspective_gives_its_bounds() -> None:
    image = page(60, 40)
    crossed = Box(((10, 10), (30, 20), (30, 10), (10, 20)))
    flat = Box(((10, 10), (20, 15), (30, 20), (40, 25)))
    assert cut_crop(image, crossed).tobytes() == image.crop((10, 10, 30, 20)).tobytes()
    assert cut_crop(image, flat).tobytes() == image.crop((10, 10, 40, 25)).tobytes()


@example([(2.0, 1.0), (1.0, 1.0), (0.0, 2.0), (1e-60, 2.0)])  # convex, and yet no perspective in floating point
@given(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=4, max_size=4))
def test_no_quad_is_ever_enlarged_or_lost(points: list[tuple[float, float]]) -> None:
    box = Box((points[0], points[1], points[2], points[3]))
    crop = cut_crop(page(60, 40), box)
    assert 1 <= crop.width <= 73
    assert 1 <= crop.height <= 73


def test_a_page_is_decoded_once_for_adjacent_crops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = saved(tmp_path / "1.png", NOISE), saved(tmp_path / "2.png", NOISE)
    (tmp_path / "3.png").touch()
    opened: list[str] = []
    monkeypatch.setattr(images, "read_image", lambda path: (opened.append(path.name), read_image(path))[1])
    boxes = [Box.from_bounds(i, i, i + 10, i + 10) for i in range(3)]
    paths = [first, second, tmp_path / "3.png"]
    crops = [LabelledCrop(f"{path.name} {box}", path, box, "x") for path in paths for box in boxes]
    results = list(cut_crops(crops))
    assert opened == ["1.png", "2.png", "3.png"]
    assert [crop for crop, _ in results] == crops
    assert [isinstance(image, ImageError) for _, image in results] == [False] * 6 + [True] * 3


# --- preprocessing -----------------------------------------------------------------------------------------------


@given(st.integers(1, 5000), st.integers(1, 500))
def test_width_for_is_the_nearest_in_ratio(width: int, height: int) -> None:
    spec = Preprocessing()
    wanted = width * 32 / height
    chosen = spec.width_for(width, height)
    ratios = {w: max(w / wanted, wanted / w) for w in DEFAULT_WIDTHS}
    assert ratios[chosen] == pytest.approx(min(ratios.values()))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.integers(1, 300))
def test_width_for_grows_with_the_shape(w1: int, h1: int, w2: int, h2: int) -> None:
    spec = Preprocessing()
    if w1 * h2 <= w2 * h1:
        assert spec.width_for(w1, h1) <= spec.width_for(w2, h2)


def test_default_widths_fit_every_network() -> None:
    assert DEFAULT_WIDTHS[0] == 16
    assert DEFAULT_WIDTHS[-1] == 2048
    assert all(width % 4 == 0 for width in DEFAULT_WIDTHS)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("channels", [1, 3])
def test_prepare_crop_has_the_promised_shape_type_and_range(mode: str, channels: int) -> None:
    spec = Preprocessing(channels=channels, mean=(0.5,) * channels, std=(0.5,) * channels)
    crop = Image.fromarray(NOISE).convert(mode)
    strip = to_strip(crop, spec)
    assert strip.dtype == np.uint8
    assert strip.shape == ((32, 48) if channels == 1 else (32, 48, 3))
    assert strip.flags.writeable
    prepared = prepare_crop(crop, spec)
    assert prepared.dtype == np.float32
    assert prepared.shape == (channels, 32, 48)
    assert prepared.flags.c_contiguous
    assert -1 <= prepared.min() < prepared.max() <= 1
    assert np.array_equal(prepared, normalize_strip(strip, spec))


def test_black_is_minus_one_and_white_is_one() -> None:
    assert prepare_crop(Image.new("L", (64, 32), 0), Preprocessing()).max() == pytest.approx(-1)
    assert prepare_crop(Image.new("L", (64, 32), 255), Preprocessing()).min() == pytest.approx(1)
    spec = Preprocessing(mean=(0.25,), std=(0.1,))
    assert prepare_crop(Image.new("L", (64, 32), 51), spec).mean() == pytest.approx((0.2 - 0.25) / 0.1, abs=1e-5)


def test_channels_keep_their_order() -> None:
    spec = Preprocessing(channels=3, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 1.0))
    red = prepare_crop(Image.new("RGB", (64, 32), (255, 0, 51)), spec)
    assert red[:, 0, 0] == pytest.approx([1, -1, 0.2])


def test_a_strip_takes_the_width_asked_for_and_antialiases() -> None:
    assert to_strip(page(60, 40), Preprocessing(), width=200).shape == (32, 200)
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (320, 320)))
    strip = to_strip(stripes, Preprocessing(), width=64)
    assert np.abs(strip.astype(int) - 127).max() < 20


@given(st.integers(1, 600), st.integers(1, 200), st.sampled_from([1, 3]), st.sampled_from([None, 0, 255]))
def test_a_padded_strip_keeps_the_ratio_and_fills_the_rest(w: int, h: int, channels: int, padding: int | None) -> None:
    options: dict[str, Any] = {"fit": Fit.PAD, "padding": padding, "mean": (0.5,) * channels, "std": (0.5,) * channels}
    spec = Preprocessing(height=64, channels=channels, widths=(64, 128, 192, 512), **options)
    crop = Image.fromarray(np.random.default_rng(w).integers(0, 256, (h, w, 3), np.uint8))
    strip, content = to_strip(crop, spec), spec.content_width(w, h)
    assert strip.shape[:2] == (64, spec.width_for(w, h))
    assert content == min(512, math.ceil(Fraction(64 * w, h)))
    assert strip.shape[1] == min(width for width in spec.widths if width >= content)
    mode = "L" if channels == 1 else "RGB"
    assert np.array_equal(strip[:, :content], np.array(crop.convert(mode).resize((content, 64))))
    assert (strip[:, content:] == (strip[:, content - 1 : content] if padding is None else padding)).all()


def test_a_crop_is_scaled_as_the_network_was_trained() -> None:
    crop = Image.fromarray(NOISE).convert("L")
    strips = [to_strip(crop, Preprocessing(resampling=way), width=90) for way in Resampling]
    assert np.array_equal(strips[0], np.array(crop.resize((90, 32), Image.Resampling.BICUBIC)))
    assert np.array_equal(strips[1], np.array(crop.resize((90, 32), Image.Resampling.BILINEAR)))
    assert not np.array_equal(*strips)


@pytest.mark.parametrize(
    "options",
    [
        *({"channels": 2}, {"height": 0}, {"padding": 256}, {"std": (0.0,)}, {"mean": (0.5, 0.5)}, {"channels": 3}),
        *({"widths": ()}, {"widths": (32, 16)}),
    ],
)
def test_impossible_preprocessing_is_a_bug(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"preprocessing|widths"):
        Preprocessing(**options)
