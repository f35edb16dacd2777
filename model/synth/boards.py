"""The board of a bus station for the demo, photographed twice.

Its words stand in dots of light, which the starter weights read badly and learn fast: one picture is to train on, the
other to be measured with.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.annotations import Point
from model.synth.canvas import SCALE, Canvas, Colour, Typeface

PITCH = 4.0
"""Page pixels from lamp to lamp."""

_UP, _DOWN = 7, 9  # lamps of a letter, and from line to line
_ACROSS = 6  # lamps from letter to letter; the last one stays dark

_LIT: Colour = (255, 176, 44)
_UNLIT: Colour = (44, 36, 26)

# The columns of each letter from left to right; bit 0 is the lamp at the top.
_LETTERS = {
    **{"0": "3e5149453e", "1": "00427f4000", "2": "4261514946", "3": "2141454b31", "4": "1814127f10"},
    **{"5": "2745454539", "6": "3c4a494930", "7": "0171090503", "8": "3649494936", "9": "064949291e"},
    **{"A": "7c1211127c", "B": "7f49494936", "C": "3e41414122", "D": "7f4141221c", "E": "7f49494941"},
    **{"F": "7f09090901", "G": "3e4149497a", "H": "7f0808087f", "I": "00417f4100", "J": "2040413f01"},
    **{"K": "7f08142241", "L": "7f40404040", "M": "7f020c027f", "N": "7f0408107f", "O": "3e4141413e"},
    **{"P": "7f09090906", "Q": "3e4151215e", "R": "7f09192946", "S": "4649494931", "T": "01017f0101"},
    **{"U": "3f4040403f", "V": "1f2040201f", "W": "3f4038403f", "X": "6314081463", "Y": "0708700807"},
    **{"Z": "6151494543", ":": "0036360000", "-": "0808080808", " ": "0000000000"},
}

Row = tuple[str, str, str, str, str]

_COLUMNS = (0, 6, 10, 24, 26)
"""Letters from the board's left edge to each part of a row."""

_MORNING: Sequence[Row] = (
    ("08:42", "12", "HARBOUR PIER", "3", "ON TIME"),
    ("08:45", "48B", "QUEENSBRIDGE", "7", "BOARDING"),
    ("08:51", "6", "OLD MARKET", "1", "ON TIME"),
    ("08:59", "X30", "AIRPORT", "9", "DELAYED"),
    ("09:03", "25", "JAMES STREET", "4", "09:16"),
    ("09:10", "N4", "VALLEY PARK", "2", "ON TIME"),
    ("09:17", "19", "UNIVERSITY", "6", "CANCELLED"),
    ("09:26", "53C", "WINDMILL FAIR", "8", "ON TIME"),
)
_EVENING: Sequence[Row] = (
    ("18:13", "37", "CASTLE GATE", "8", "BOARDING"),
    ("18:20", "5A", "FERRY DOCK", "2", "18:28"),
    ("18:24", "61", "JUBILEE WAY", "6", "ON TIME"),
    ("18:36", "X7", "MUSEUM", "4", "DELAYED"),
    ("18:40", "14", "KINGS ROAD", "1", "ON TIME"),
    ("18:49", "82", "QUARRY LANE", "9", "ON TIME"),
    ("18:55", "20C", "VICTORIA BAY", "3", "CANCELLED"),
    ("19:07", "93", "EXHIBITION", "7", "19:15"),
)


def board_morning(face: Typeface) -> Canvas:
    """The board in the morning, seen from the right."""
    corners = [(52, 118), (916, 92), (912, 530), (60, 512)]
    return _hall(_board(face, _MORNING), corners, sky=((122, 162, 202), (206, 206, 198)), seed=21)


def board_evening(face: Typeface) -> Canvas:
    """The board in the evening, seen from the left."""
    corners = [(46, 96), (910, 124), (902, 520), (50, 534)]
    return _hall(_board(face, _EVENING), corners, sky=((58, 72, 98), (150, 136, 138)), seed=22)


def _hall(board: Canvas, corners: Sequence[Point], *, sky: tuple[Colour, Colour], seed: int) -> Canvas:
    """Hang a board under the roof of a station hall. ``sky`` behind its glass has a colour above and one below."""
    page = Canvas(960, 640)
    page.gradient((0, 0, 960, 640), *sky)
    for x in range(0, 961, 120):  # the glass of the front
        page.line([(x, 40), (x, 600)], (44, 52, 66), width=5)
    for y in (210, 380):
        page.line([(0, y), (960, y)], (44, 52, 66), width=4)
    page.rectangle((0, 0, 960, 44), (36, 40, 48))
    for x in range(60, 960, 168):
        page.rectangle((x, 14, x + 90, 24), (250, 240, 214), radius=4)
        page.glow((x + 45, 20), 60, (255, 244, 214), alpha=0.5)
    page.gradient((0, 588, 960, 640), (64, 66, 74), (44, 46, 52))
    for x in (190, 770):
        page.line([(x, 40), (x, 140)], (30, 32, 36), width=6)
    page.grain(3, seed=seed)
    page.place(board, corners, shadow=0.6)
    page.light((480, 280), strength=0.4)
    return page


def _board(face: Typeface, rows: Sequence[Row]) -> Canvas:
    board = Canvas(900, 424)
    board.rectangle((2, 2, 898, 422), (20, 22, 26), radius=10)  # its edge is smoothed only where the ground is empty
    board.rectangle((6, 6, 894, 418), None, radius=8, outline=(74, 78, 86), width=2)
    board.text((28, 40), "Departures", face("Inter-SemiBold", 34), (244, 244, 240), anchor="lm")
    board.rectangle((16, 72, 884, 408), (10, 10, 10), radius=4)
    left, top = 26.0, 86.0
    _unlit(board, (left, top), columns=212, lines=len(rows))
    for line, row in enumerate(rows):
        for column, words in zip(_COLUMNS, row, strict=True):
            at = column
            for word in words.split():
                _light_up(board, word, (left + at * _ACROSS * PITCH, top + line * (_DOWN + 1) * PITCH))
                at += len(word) + 1
    return board


def _unlit(board: Canvas, at: Point, *, columns: int, lines: int) -> None:
    for line in range(lines):
        for y in range(_UP):
            for x in range(columns):
                _lamp(board, at[0] + x * PITCH, at[1] + (line * (_DOWN + 1) + y) * PITCH, _UNLIT)


def _light_up(board: Canvas, word: str, at: Point) -> None:
    """Light the lamps of a word whose top left lamp is ``at``, and note its box."""
    left, top = at
    for place, letter in enumerate(word):
        for x, column in enumerate(bytes.fromhex(_LETTERS[letter])):
            for y in range(_UP):
                if column >> y & 1:
                    _lamp(board, left + (place * _ACROSS + x) * PITCH, top + y * PITCH, _LIT)
    right = left + (len(word) * _ACROSS - 1) * PITCH
    board.note(word, (left - 5, top - 5, right + 3, top + _UP * PITCH + 3))


def _lamp(board: Canvas, x: float, y: float, colour: Colour) -> None:
    size = PITCH * SCALE * 0.72
    board.draw.ellipse((x * SCALE, y * SCALE, x * SCALE + size, y * SCALE + size), colour)
