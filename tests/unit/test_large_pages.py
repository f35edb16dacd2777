"""Large pages: sharp from near, smooth from afar, and drawn from what is in memory already."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsScene

from crnn_gui.services.pages import SCREEN_PIXELS, smaller_copies, to_qimage
from crnn_gui.widgets.page_item import PageItem
from crnn_gui.widgets.page_view import PageView


def pixels_of(image: QImage) -> np.ndarray:
    shown = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return rows[:, : 3 * shown.width()].reshape(shown.height(), shown.width(), 3).copy()


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (301, 700)])
def test_pixels_come_to_the_screen_as_they_are(qapp: object, mode: str, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), np.uint8)).convert(mode)
    assert (pixels_of(to_qimage(image)) == np.asarray(image.convert("RGB"))).all()


def test_copies_are_halved_down_to_a_screen(qapp: object) -> None:
    copies = smaller_copies(Image.new("L", (9001, 3000)))
    assert [(copy.width(), copy.height()) for copy in copies] == [(4501, 1500), (2251, 750)]
    assert smaller_copies(Image.new("L", (SCREEN_PIXELS // 1000, 1000))) == ()


def shown(scene: QGraphicsScene, area: QRectF, width: int, height: int) -> np.ndarray:
    picture = QImage(width, height, QImage.Format.Format_RGB888)
    picture.fill(0)
    painter = QPainter(picture)
    scene.render(painter, QRectF(0, 0, width, height), area)
    painter.end()
    return pixels_of(picture)


@pytest.mark.parametrize(("zoom", "level"), [(1.0, 255), (0.6, 255), (0.5, 128), (0.3, 128), (0.25, 64), (0.1, 64)])
def test_the_copy_that_is_as_fine_as_the_screen_is_drawn(qapp: object, zoom: float, level: int) -> None:
    item, scene = PageItem(), QGraphicsScene()
    levels = [QImage(800 >> n, 400 >> n, QImage.Format.Format_Grayscale8) for n in range(3)]
    for image, grey in zip(levels, (255, 128, 64), strict=True):
        image.fill(grey << 16 | grey << 8 | grey)
    item.show_levels(levels)
    scene.addItem(item)
    picture = shown(scene, QRectF(0, 0, 800, 400), round(800 * zoom), round(400 * zoom))
    assert (picture == level).all()


def test_a_part_is_drawn_where_it_belongs(qapp: object) -> None:
    """What is painted anew in parts, as while scrolling, is what is painted at once."""
    rng = np.random.default_rng(1)
    image = to_qimage(Image.fromarray(rng.integers(0, 256, (90, 120), np.uint8)).resize((1200, 900)))
    item, scene = PageItem(), QGraphicsScene()
    item.show_levels((image,))
    scene.addItem(item)
    whole = shown(scene, QRectF(0, 0, 1200, 900), 900, 675)
    parts = [shown(scene, QRectF(x, 0, 400, 900), 300, 675) for x in (0, 400, 800)]
    assert np.abs(np.hstack(parts).astype(int) - whole).max() <= 2


def test_a_page_is_as_large_as_its_image_and_goes(qapp: object, qtbot: object) -> None:
    view = PageView()
    qtbot.addWidget(view)  # type: ignore[attr-defined]
    view.resize(400, 300)
    view.show_image(to_qimage(Image.new("L", (2000, 1000), 90)))
    view.show()
    assert (pixels_of(view.grab().toImage())[150, 200] == 90).all()
    view.zoom_full()
    assert (pixels_of(view.grab().toImage())[150, 200] == 90).all()
