"""The sample pages of the demo, drawn with fonts of open licences: ``python -m model.synth.scenes FOLDER``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from model.synth.boards import board_evening, board_morning
from model.synth.canvas import SCALE, Canvas, Colour, Typeface
from model.synth.fonts import find_fonts
from model.synth.glyphs import segments

JPEG_QUALITY = 88


def bakery(face: Typeface) -> Canvas:
    """A shop front in the evening."""
    page = Canvas(960, 640)
    page.gradient((0, 0, 960, 640), (44, 62, 80), (58, 70, 84))
    for row in range(22):  # brickwork
        for column in range(-1, 17):
            x, y = column * 60 + (row % 2) * 30, row * 30
            shade = (row * 7 + column * 13) % 5 * 4
            page.rectangle((x + 1, y + 1, x + 59, y + 29), (118 + shade, 66 + shade // 2, 52 + shade // 2), radius=1)
    page.grain(5, seed=1)
    page.shadow((90, 60, 870, 186), blur=10, dy=8, alpha=0.5)
    page.rectangle((90, 60, 870, 186), (22, 52, 58), radius=6)
    page.rectangle((100, 70, 860, 176), None, radius=4, outline=(206, 166, 94), width=2.5)
    page.text((480, 112), "Blue Heron", face("LobsterTwo-Bold", 66), (246, 222, 170), anchor="mm")
    page.text((480, 158), "BAKERY & COFFEE", face("Lato-Bold", 17), (206, 166, 94), anchor="mm", spacing=5)
    for stripe in range(20):
        colour = (196, 62, 54) if stripe % 2 else (244, 236, 222)
        x = 80 + stripe * 40
        page.polygon([(x, 206), (x + 40, 206), (x + 40, 262), (x, 262)], colour)
        page.ellipse((x, 246, x + 40, 280), colour)
    page.shadow((80, 268, 880, 282), blur=10, dy=6, alpha=0.4)
    page.rectangle((110, 290, 620, 560), (30, 26, 24), radius=3)
    page.gradient((120, 300, 610, 550), (250, 206, 128), (228, 150, 84))
    page.glow((250, 372), 70, (255, 244, 210), alpha=0.8)
    page.glow((480, 372), 70, (255, 244, 210), alpha=0.8)
    for x in (250, 480):
        page.line([(x, 300), (x, 322)], (60, 40, 30), width=2)
        page.polygon([(x - 26, 342), (x + 26, 342), (x + 12, 322), (x - 12, 322)], (52, 40, 36))
    page.rectangle((120, 486, 610, 496), (120, 74, 44))
    for i in range(9):  # loaves on the shelf
        x = 140 + i * 53
        page.ellipse((x, 458, x + 44, 494), (176 + i % 3 * 14, 106 + i % 2 * 12, 52))
        for slash in range(3):
            page.line([(x + 12 + slash * 9, 464), (x + 8 + slash * 9, 478)], (236, 196, 140), width=1.6)
    page.text((366, 420), "Fresh bread daily", face("KaushanScript-Regular", 50), (120, 34, 26), anchor="mm")
    page.text((366, 528), "since 1987", face("Lato-Bold", 22), (110, 48, 24), anchor="mm", spacing=2)
    page.rectangle((660, 290, 850, 602), (34, 70, 74), radius=3)
    page.gradient((680, 312, 830, 470), (58, 40, 50), (38, 30, 40))
    page.rectangle((680, 492, 830, 586), None, radius=2, outline=(24, 52, 56), width=3)
    page.ellipse((836, 480, 846, 490), (206, 166, 94))
    for blur, colour in ((6, (255, 80, 110)), (2, (255, 120, 140)), (0, (255, 232, 236))):
        page.text((755, 360), "OPEN", face("Comfortaa-Bold", 40), colour, anchor="mm", blur=blur, label=not blur)
    page.text((755, 410), "7:30 - 18:00", face("Lato-Bold", 20), (246, 226, 190), anchor="mm")
    page.text((755, 442), "Closed Monday", face("Lato-Regular", 16), (226, 206, 176), anchor="mm")
    page.gradient((0, 600, 960, 640), (66, 64, 64), (48, 48, 50))
    page.rotated(_chalkboard(face), (100, 510), -4, shadow=0.5)
    page.light((440, 330), strength=0.75)
    return page


def _chalkboard(face: Typeface) -> Canvas:
    board = Canvas(168, 214)
    board.rectangle((0, 0, 168, 214), (132, 88, 52), radius=4)
    board.rectangle((9, 9, 159, 205), (38, 44, 42))
    board.grain(4, seed=4)
    chalk = (236, 236, 226)
    board.text((84, 44), "TODAY", face("BebasNeue-Regular", 40), (250, 214, 110), anchor="mm")
    board.text((20, 88), "Soup", face("DancingScript-Bold", 26), chalk)
    board.text((146, 88), "4.50", face("Lato-Bold", 19), chalk, anchor="rs")
    board.text((20, 124), "Quiche", face("DancingScript-Bold", 26), chalk)
    board.text((146, 124), "5.20", face("Lato-Bold", 19), chalk, anchor="rs")
    board.text((20, 160), "Scones", face("DancingScript-Bold", 26), chalk)
    board.text((146, 160), "2.80", face("Lato-Bold", 19), chalk, anchor="rs")
    return board


def parcel(face: Typeface) -> Canvas:
    """A shipping label on a cardboard box."""
    page = Canvas(960, 640)
    page.gradient((0, 0, 960, 640), (196, 152, 104), (172, 128, 82))
    page.grain(5, seed=2, streaks=(40, 2))
    page.grain(3, seed=3)
    page.rectangle((0, 296, 960, 372), (206, 172, 118))
    page.grain(3, seed=5, streaks=(90, 1.5))
    page.line([(0, 334), (960, 334)], (150, 110, 68), width=1.5)
    page.place(_label(face), [(96, 74), (716, 44), (734, 566), (90, 584)], shadow=0.55)
    stamp = Canvas(206, 74)
    stamp.rectangle((3, 3, 203, 71), None, radius=8, outline=(178, 30, 28), width=4)
    stamp.text((103, 37), "FRAGILE", face("BebasNeue-Bold", 58), (178, 30, 28), anchor="mm", spacing=3)
    page.rotated(stamp, (838, 170), -9)
    for x in (786, 866):  # this side up
        page.polygon([(x - 26, 480), (x, 440), (x + 26, 480)], (66, 46, 32))
        page.rectangle((x - 9, 480, x + 9, 540), (66, 46, 32))
    page.text((826, 586), "THIS SIDE UP", face("Lato-Black", 24), (66, 46, 32), anchor="mm")
    page.light((400, 250), strength=0.6)
    return page


def _label(face: Typeface) -> Canvas:
    label = Canvas(620, 520, (250, 249, 245))
    ink, grey = (26, 26, 30), (112, 112, 116)
    label.rectangle((10, 10, 610, 510), None, outline=ink, width=2)
    label.rectangle((10, 10, 610, 84), ink)
    label.text((30, 47), "NORDPOST", face("Inter-Black", 40), (255, 255, 255), anchor="lm", spacing=1)
    label.text((590, 47), "EXPRESS", face("Inter-Bold", 26), (255, 206, 72), anchor="rm", spacing=2)
    label.text((30, 112), "FROM", face("Inter-SemiBold", 13), grey)
    for i, row in enumerate(("Harbour Books Ltd", "14 Harbour Street", "Bristol BS1 5TY")):
        label.text((30, 138 + i * 24), row, face("Inter-Regular", 19), ink)
    label.text((340, 112), "WEIGHT", face("Inter-SemiBold", 13), grey)
    label.text((340, 146), "12.4 kg", face("Inter-Bold", 30), ink)
    label.text((480, 112), "DATE", face("Inter-SemiBold", 13), grey)
    label.text((480, 142), "24/03/2025", face("JetBrainsMono-Medium", 19), ink)
    label.text((340, 186), "Parcel 1 of 3", face("Inter-Medium", 19), ink)
    label.line([(10, 206), (610, 206)], ink, width=2)
    label.text((30, 234), "SHIP TO", face("Inter-SemiBold", 13), grey)
    for i, row in enumerate(("Librairie du Port", "27 Avenue Victor", "69006 Lyon")):
        label.text((30, 272 + i * 37), row, face("Inter-Bold", 32), ink)
    label.rectangle((470, 226, 590, 346), ink, radius=6)
    label.text((530, 286), "FR", face("Inter-Black", 72), (255, 255, 255), anchor="mm")
    label.line([(10, 368), (610, 368)], ink, width=2)
    _barcode(label, (40, 386, 580, 462))
    label.text((310, 486), "NP 4471 0926 3385 X", face("JetBrainsMono-Bold", 23), ink, anchor="mm", spacing=1)
    label.grain(1.5, seed=6)
    return label


def _barcode(canvas: Canvas, box: tuple[float, float, float, float]) -> None:
    rng = np.random.default_rng(11)
    x = box[0]
    while x < box[2]:
        width = float(rng.integers(1, 5)) * 1.5
        canvas.rectangle((x, box[1], min(x + width, box[2]), box[3]), (20, 20, 24))
        x += width + float(rng.integers(1, 4)) * 1.5


def receipt(face: Typeface) -> Canvas:
    """A till receipt on a wooden table."""
    page = Canvas(640, 900)
    page.gradient((0, 0, 640, 900), (124, 82, 54), (98, 62, 40))
    page.grain(9, seed=7, streaks=(3, 160))
    page.grain(5, seed=8, streaks=(1.5, 60))
    for x in (150, 390, 585):
        page.line([(x, 0), (x + 6, 900)], (62, 38, 24), width=2.5)
    paper = _receipt_paper(face)
    page.rotated(paper, (318, 452), -2.5, shadow=0.6)
    page.ellipse((508, 706, 708, 906), (44, 30, 22))
    page.ellipse((500, 694, 700, 894), (238, 234, 226))
    page.ellipse((522, 716, 678, 872), (214, 206, 194))
    page.ellipse((534, 728, 666, 860), (70, 42, 26))
    page.ellipse((548, 740, 640, 826), (92, 56, 34))
    page.light((260, 330), strength=0.7)
    return page


def _receipt_paper(face: Typeface) -> Canvas:
    paper = Canvas(400, 820)
    teeth = [(x * 10.0, 6.0 * (x % 2)) for x in range(41)]
    paper.polygon([*teeth, *((400 - x, 820 - y) for x, y in teeth)], (248, 246, 240))
    ink = (52, 50, 56)
    row, bold = face("JetBrainsMono-Regular", 19), face("JetBrainsMono-Bold", 19)
    paper.text((200, 62), "GREEN BASKET", face("JetBrainsMono-ExtraBold", 34), ink, anchor="mm")
    paper.text((200, 98), "48 Mill Road, Cambridge", face("JetBrainsMono-Regular", 16), ink, anchor="mm")
    paper.text((200, 122), "Tel. 01223 555 0142", face("JetBrainsMono-Regular", 16), ink, anchor="mm")
    paper.text((26, 172), "17.05.2025 18:42", row, ink)
    paper.text((374, 172), "#20394", row, ink, anchor="rs")
    _dashes(paper, 192, ink)
    goods = (
        *(("Sourdough bread", "3.40"), ("Oat milk 1L", "2.15"), ("Tomatoes 500g", "2.80"), ("Olive oil", "8.95")),
        *(("Lemons x4", "1.96"), ("Feta cheese", "3.25"), ("Basil", "1.10"), ("Dark chocolate", "2.49")),
    )
    for i, (name, price) in enumerate(goods):
        paper.text((26, 230 + i * 34), name, row, ink)
        paper.text((374, 230 + i * 34), price, row, ink, anchor="rs")
    _dashes(paper, 496, ink)
    for y, name, price in ((530, "Subtotal", "26.10"), (562, "VAT 5%", "1.31")):
        paper.text((26, y), name, row, ink)
        paper.text((374, y), price, row, ink, anchor="rs")
    paper.text((26, 612), "TOTAL", face("JetBrainsMono-ExtraBold", 34), ink)
    paper.text((374, 612), "£27.41", face("JetBrainsMono-ExtraBold", 34), ink, anchor="rs")
    paper.text((26, 652), "Card", row, ink)
    paper.text((374, 652), "**** 8816", row, ink, anchor="rs")
    _dashes(paper, 672, ink)
    paper.text((200, 706), "THANK YOU", bold, ink, anchor="mm", spacing=3)
    _barcode(paper, (70, 728, 330, 782))
    paper.grain(2, seed=9)
    return paper


def _dashes(canvas: Canvas, y: float, colour: Colour) -> None:
    for x in range(26, 374, 12):
        canvas.line([(x, y), (x + 7, y)], colour, width=1.5)


def meter(face: Typeface) -> Canvas:
    """An electricity meter with a liquid crystal display."""
    page = Canvas(760, 760)
    page.gradient((0, 0, 760, 760), (206, 202, 194), (176, 172, 166))
    page.grain(4, seed=12)
    page.grain(5, seed=13, streaks=(30, 30))
    page.shadow((120, 56, 640, 704), blur=22, dy=14, alpha=0.5, radius=40)
    page.rectangle((120, 56, 640, 704), (232, 233, 231), radius=40)
    page.rectangle((128, 64, 632, 696), (244, 245, 243), radius=34)
    page.rectangle((160, 96, 600, 450), (38, 42, 48), radius=22)
    page.text((186, 138), "VOLTERA", face("Sora-ExtraBold", 28), (240, 242, 244), spacing=2)
    page.text((574, 138), "E350", face("Sora-Regular", 24), (152, 162, 174), anchor="rs")
    page.rectangle((186, 164, 574, 316), (20, 22, 24), radius=10)
    page.gradient((194, 172, 566, 308), (186, 204, 168), (162, 182, 146))
    _display(page, "048273.6", (214, 190), (336, 76))
    page.text((552, 298), "kWh", face("Sora-Bold", 22), (38, 46, 36), anchor="rs")
    page.text((214, 298), "1.8.0", face("JetBrainsMono-Bold", 17), (52, 62, 48))
    page.ellipse((190, 344, 208, 362), (236, 72, 58))
    page.glow((199, 353), 26, (255, 90, 70), alpha=0.7)
    page.text((222, 360), "1000 imp/kWh", face("Sora-SemiBold", 19), (206, 212, 218))
    page.text((190, 412), "230 V", face("Sora-SemiBold", 21), (206, 212, 218))
    page.text((300, 412), "5(60) A", face("Sora-SemiBold", 21), (206, 212, 218))
    page.text((440, 412), "50 Hz", face("Sora-SemiBold", 21), (206, 212, 218))
    page.rectangle((190, 486, 470, 600), (252, 252, 250), radius=4, outline=(206, 206, 202), width=1)
    _barcode(page, (206, 500, 454, 552))
    page.text((330, 580), "No. 61 402 775", face("JetBrainsMono-Bold", 20), (34, 36, 40), anchor="mm")
    page.ellipse((510, 492, 590, 572), (222, 223, 220), outline=(190, 191, 188), width=2)
    page.ellipse((526, 508, 574, 556), (58, 118, 196))
    page.text((550, 596), "RESET", face("Sora-SemiBold", 15), (112, 116, 120), anchor="mm")
    page.text((190, 650), "IP54", face("Sora-Bold", 19), (112, 116, 120))
    page.text((270, 650), "Class B", face("Sora-Bold", 19), (112, 116, 120))
    page.text((590, 650), "2024", face("Sora-Bold", 19), (112, 116, 120), anchor="rs")
    for x in (150, 610):
        for y in (86, 674):
            page.ellipse((x - 9, y - 9, x + 9, y + 9), (206, 207, 204), outline=(176, 177, 174), width=1.5)
            page.line([(x - 5, y - 3), (x + 5, y + 3)], (140, 141, 138), width=2)
    glass = Canvas(372, 136)  # a reflection across the display
    glass.polygon([(200, 0), (270, 0), (190, 136), (120, 136)], (255, 255, 255))
    glass.image.putalpha(glass.image.getchannel("A").point(lambda v: v // 12))
    page.image.alpha_composite(glass.image, (194 * SCALE, 172 * SCALE))
    page.light((320, 260), strength=0.6)
    return page


def _display(page: Canvas, digits: str, at: tuple[float, float], size: tuple[int, int]) -> None:
    """Draw digits in seven segments and note their box. The first and the last must light both of their outer edges."""
    area = (size[0] * SCALE, size[1] * SCALE)
    place = (round(at[0] * SCALE), round(at[1] * SCALE))
    unlit = "".join("8" if character.isdigit() else character for character in digits)
    for text, colour in ((unlit, (166, 184, 148)), (digits, (30, 38, 28))):
        mask = segments(text, np.random.default_rng(5), area[1]).resize(area, Image.Resampling.LANCZOS)
        page.image.paste(colour, place, mask)
    page.note(digits, (at[0] - 4, at[1] - 4, at[0] + size[0] + 4, at[1] + size[1] + 4))


def car(face: Typeface) -> Canvas:
    """The back of a car with its licence plate."""
    page = Canvas(960, 640)
    page.gradient((0, 0, 960, 640), (150, 176, 200), (206, 214, 218))
    page.ellipse((-160, 380, 420, 640), (116, 142, 128))
    page.ellipse((300, 410, 820, 640), (104, 132, 120))
    page.ellipse((640, 366, 1200, 640), (124, 150, 132))
    page.gradient((0, 478, 960, 640), (98, 100, 104), (66, 68, 72))
    for x in (-40, 400, 840):
        page.polygon([(x, 618), (x + 170, 618), (x + 160, 606), (x + 10, 606)], (214, 212, 204))
    page.grain(3, seed=14)
    page.shadow((110, 540, 850, 590), blur=16, dy=8, alpha=0.7, radius=30)
    body, dark, edge = (176, 38, 44), (122, 22, 30), (206, 70, 72)
    for x in (160, 700):
        page.rectangle((x, 480, x + 100, 590), (26, 26, 28), radius=22)
    page.polygon([(236, 120), (724, 120), (790, 284), (170, 284)], body)
    page.rectangle((236, 96, 724, 150), body, radius=26)
    page.polygon([(264, 136), (696, 136), (744, 268), (216, 268)], (36, 46, 56))
    page.polygon([(290, 142), (430, 142), (330, 262), (226, 262)], (62, 78, 92))
    page.rectangle((112, 262, 848, 540), body, radius=52)
    page.gradient((150, 268, 810, 300), edge, body)
    page.rectangle((124, 470, 836, 552), dark, radius=30)
    page.line([(160, 446), (800, 446)], dark, width=3)
    page.rectangle((300, 500, 660, 530), (86, 14, 20), radius=10)
    for x in (130, 700):
        page.rectangle((x, 312, x + 130, 374), (96, 12, 18), radius=18)
        page.rectangle((x + 6, 318, x + 124, 346), (226, 48, 46), radius=13)
        page.rectangle((x + 6, 350, x + 124, 368), (246, 156, 70), radius=9)
    page.text((480, 330), "SOLANA", face("Sora-ExtraBold", 25), (236, 238, 240), anchor="mm", spacing=7)
    page.text((806, 424), "2.0i", face("Sora-Bold", 22), (228, 230, 232), anchor="rs")
    page.text((154, 424), "Hybrid", face("LobsterTwo-BoldItalic", 27), (228, 230, 232))
    page.place(_plate(face), [(318, 358), (642, 358), (642, 436), (318, 436)], shadow=0.7)
    for x in (250, 640):
        page.rectangle((x, 532, x + 70, 554), (150, 152, 156), radius=10)
        page.rectangle((x + 7, 537, x + 63, 550), (30, 30, 32), radius=6)
    sticker = Canvas(170, 58)
    sticker.rectangle((0, 0, 170, 58), (250, 214, 60), radius=10)
    sticker.text((85, 29), "BABY ON BOARD", face("Lato-Black", 18), (40, 36, 20), anchor="mm")
    page.rotated(sticker, (630, 222), 4)
    page.light((430, 260), strength=0.45)
    return page


def _plate(face: Typeface) -> Canvas:
    plate = Canvas(324, 78)
    plate.rectangle((0, 0, 324, 78), (250, 250, 246), radius=8)
    plate.rectangle((2, 2, 322, 76), None, radius=7, outline=(30, 30, 34), width=2)
    plate.rectangle((5, 5, 37, 73), (24, 66, 156), radius=4)
    plate.text((21, 58), "D", face("Inter-Bold", 22), (250, 250, 250), anchor="mm")
    for i in range(12):
        angle = i * math.pi / 6
        x, y = 21 + 9 * math.cos(angle), 25 + 9 * math.sin(angle)
        plate.ellipse((x - 1.3, y - 1.3, x + 1.3, y + 1.3), (250, 214, 60))
    plate.text((180, 40), "KR·LM 5274", face("RobotoCondensed-Bold", 52), (20, 20, 24), anchor="mm", spacing=2)
    plate.grain(3, seed=15)
    return plate


def poster(face: Typeface) -> Canvas:
    """A concert poster on a wall, with one slanting word."""
    page = Canvas(720, 900)
    page.gradient((0, 0, 720, 900), (202, 196, 186), (180, 172, 162))
    page.grain(5, seed=16)
    page.grain(6, seed=17, streaks=(60, 60))
    page.place(_poster_sheet(face), [(92, 58), (632, 46), (640, 846), (84, 852)], shadow=0.6)
    page.light((330, 340), strength=0.6)
    return page


def _poster_sheet(face: Typeface) -> Canvas:
    sheet = Canvas(560, 800)
    sheet.gradient((0, 0, 560, 800), (24, 28, 72), (206, 72, 96))
    sheet.glow((280, 400), 330, (255, 190, 110), alpha=0.6)
    sun = Canvas(300, 300)
    sun.ellipse((0, 0, 300, 300), (255, 196, 92))
    for i in range(9):  # it sinks into haze
        y = (186 + i * 13) * SCALE
        sun.draw.rectangle((0, y, 300 * SCALE, y + (2 + i) * SCALE), (0, 0, 0, 0))
    sheet.rotated(sun, (280, 396), 0)
    sheet.polygon(
        [(0, 560), (120, 470), (230, 560), (330, 500), (450, 580), (560, 510), (560, 800), (0, 800)], (30, 24, 62)
    )
    sheet.polygon([(0, 640), (150, 580), (300, 640), (430, 600), (560, 650), (560, 800), (0, 800)], (18, 16, 44))
    cream = (255, 240, 214)
    sheet.text((280, 66), "SUMMER", face("LeagueSpartan-Bold", 92), cream, anchor="mm", spacing=6)
    sheet.text(
        (280, 140), "NIGHTS FESTIVAL", face("LeagueSpartan-SemiBold", 40), (255, 196, 92), anchor="mm", spacing=3
    )
    banner = Canvas(340, 150)
    banner.text((166, 75), "Live!", face("KaushanScript-Regular", 104), (112, 24, 66), anchor="mm")
    sheet.rotated(banner, (284, 350), -20)
    sheet.text((280, 652), "The Paper Kites", face("LobsterTwo-Bold", 42), cream, anchor="mm")
    sheet.text((280, 694), "BRASS BAND · LATE BAR", face("Sora-SemiBold", 21), (255, 196, 92), anchor="mm", spacing=1)
    sheet.line([(60, 720), (500, 720)], (255, 196, 92), width=1.5)
    sheet.text((60, 756), "SAT 12 JULY", face("BebasNeue-Bold", 34), cream)
    sheet.text((500, 756), "8 PM", face("BebasNeue-Bold", 34), cream, anchor="rs")
    sheet.text((60, 780), "Old Harbour, Pier 9", face("Lato-Bold", 17), cream)
    sheet.text((500, 780), "www.summernights.example", face("Lato-Regular", 15), cream, anchor="rs")
    return sheet


SCENES: dict[str, Callable[[Typeface], Canvas]] = {
    "bakery": bakery,
    "car": car,
    "meter": meter,
    "parcel": parcel,
    "poster": poster,
    "receipt": receipt,
    "board-morning": board_morning,
    "board-evening": board_evening,
}


def draw_pages(folder: Path) -> None:
    """Draw every page as JPEG into ``folder``, with ``boxes.jsonl``: one line a page, quads and texts of its words.

    Raises:
        KnownError: a font is missing.
    """
    face = Typeface(find_fonts())
    lines = []
    for number, (name, scene) in enumerate(SCENES.items()):
        page = scene(face)
        image: Image.Image = page.finished(seed=number)
        image.save(folder / f"{name}.jpg", quality=JPEG_QUALITY, optimize=True)
        words = [
            {"quad": [[round(x, 1), round(y, 1)] for x, y in word.box.points], "text": word.text}
            for word in page.words
            if word.text == "&" or any(character.isalnum() for character in word.text)
        ]
        lines.append(json.dumps({"image": f"{name}.jpg", "words": words}, ensure_ascii=False))
    (folder / "boxes.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    draw_pages(Path(sys.argv[1]))
