"""PPOCRLabel: ``Label.txt``, one page a line, as PaddleOCR's detection training reads it too.

Grammar::

    Label.txt      images/a.jpg TAB [{"transcription": "text", "points": [[x, y], ...], "difficult": false}, ...]
    fileState.txt  images/a.jpg TAB 1          pages that a person has checked

Label.txt lies in the folder of its images, and a path begins with that folder's name; lists for training lie above it.
UTF-8; the second field is JSON, never evaluated. The corners run clockwise from the text's top-left, one "###" as text
means that nobody can read it. ``difficult`` and other keys are passed over.

PPOCRLabel itself replaces "true", "false" and "null" in the whole line before it evaluates it, so that a label
"construed" came back as "consTrued". We write a letter of such words as JSON's escape, and any reader gets it back.
It also forgets, when it saves, every page that is not in fileState.txt: all pages that are written stand there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from model.annotations import Box, LabelledCrop
from model.formats._lists import numbered_lines
from model.formats._pages import PageFormat, Pages, beside, first_sign, head_of, shown
from model.formats._shapes import clockwise, illegible_refusal, legible, outline, plain_numbers, points_of
from model.formats._trees import load_json
from model.formats.base import LabelledPage, Refuse, Writer, register

LABELS = "Label.txt"
STATES = "fileState.txt"

_LINE = re.compile(r'[^\t\n]+\t\[\s*(\{\s*"|\])')
_REPLACED_WORDS = re.compile("true|false|null")


@register
class PPOCR(PageFormat):
    name = "ppocr"
    title = "PPOCRLabel"
    accepts = (
        f"a folder with {LABELS} (path, tab, a JSON list of words on each line) in it or below, or such a .txt file"
    )
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (LABELS.lower(),), _is_list) or first_sign(path, (".txt",), _is_list)
        return f"{shown(path, file)} holds JSON lists of transcriptions" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".txt",), _is_list):
            for number, line in numbered_lines(file, refuse):
                place = f"{shown(path, file)} line {number}"
                try:
                    name, words = _parse_line(line)
                except ValueError as error:
                    refuse(place, str(error))
                else:
                    yield from pages.crops(place, partial(pages.named, name, file), words, _word)

    def writer(self, folder: Path) -> Writer:
        return _PPOCRWriter(folder)


def _is_list(file: Path) -> bool:
    return _LINE.match(head_of(file).lstrip()) is not None


def _parse_line(line: str) -> tuple[str, list[Any]]:
    name, tab, text = line.partition("\t")
    if not tab:
        raise ValueError("there is no tab between path and words")
    words = load_json(text) if text.strip() else []
    if not isinstance(words, list):
        raise ValueError("the words are no JSON list")
    return name, words


def _word(word: Any) -> tuple[Box, str]:
    if not isinstance(word, dict):
        raise ValueError("it is no JSON object")
    return outline(points_of(word.get("points"))), legible(word.get("transcription"))


class _PPOCRWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[TextIO] = []

    def refusal(self, text: str) -> str | None:
        return illegible_refusal(text)

    def fit(self, box: Box) -> Box:
        return clockwise(box)

    def add_page(self, page: LabelledPage) -> None:
        if not self._files:
            place = self._folder / beside(page, ".txt")[0]
            self._files = [(place.parent / name).open("w", encoding="utf-8", newline="\n") for name in (LABELS, STATES)]
        words = [{"transcription": t, "points": plain_numbers(b.points), "difficult": False} for b, t in page.words]
        line = json.dumps(words, ensure_ascii=False)
        for text in {text for _, text in page.words if _REPLACED_WORDS.search(text)}:
            as_json = json.dumps(text, ensure_ascii=False)
            line = line.replace(as_json, _REPLACED_WORDS.sub(lambda m: f"\\u{ord(m[0][0]):04x}{m[0][1:]}", as_json))
        labels, states = self._files
        labels.write(f"{page.name}\t{line}\n")
        states.write(f"{page.name}\t1\n")

    def finish(self) -> None:
        for file in self._files:
            file.close()
