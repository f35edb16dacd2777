"""MJSynth (Synth90k): crops in a tree, lists that point from an image to a line of a lexicon.

Grammar, as the original archive has it and as its loaders read it::

    lexicon.txt          one label a line; the index of a label is its line number from 0
    annotation_train.txt, annotation_val.txt, annotation_test.txt, annotation.txt (all of them)
                         ./3000/7/182_slinking_71711.jpg 71711        path, ONE space, index
    imlist.txt           ./3000/7/182_slinking_71711.jpg              path only; the label stands in the name
    {N}/{1..7}/{i}_{WORD}_{index}.jpg

Files are UTF-8 with LF. Loaders split a line at its spaces and strip the lexicon's lines, so a written path has no
space, and a label that stripping would change cannot be written.

Where list and name disagree the lexicon is right: it carries any text, a name only some. With one exception: when the
word in the name is the same but for its case, it is the text, because the original lexicon is lower case throughout
and only its names tell "Lube" from "LUBE". (Our own names differ from the lexicon never by case alone.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from model.annotations import LabelledCrop
from model.errors import DatasetError
from model.formats._lists import LinkGuard, clean_path, numbered_lines
from model.formats.base import PARTS, EncodedCrop, Format, Kind, Refuse, Row, Writer, register

LEXICON = "lexicon.txt"
ANNOTATION = "annotation.txt"
IMLIST = "imlist.txt"

_ARCHIVE = Path("mnt/ramdisk/max/90kDICT32px")
"""Where the original archive puts the data set when it is unpacked."""

_FILES_A_FOLDER = 500
_FOLDERS = 7


@register
class MJSynth(Format):
    name = "mjsynth"
    title = "MJSynth"
    kind = Kind.CROPS
    accepts = (
        "a folder with lexicon.txt and annotation_train.txt, annotation_val.txt, annotation_test.txt or "
        "annotation.txt, or with imlist.txt alone, or one of these lists"
    )
    can_write = True

    def sniff(self, path: Path) -> str | None:
        if path.is_file():
            return f"it is {path.name} of an MJSynth data set" if _is_list(path) else None
        lists = _lists(path)
        return f"it holds {' and '.join(p.name for p in lists.values())}" if lists else None

    def parts(self, path: Path) -> tuple[str, ...]:
        lists = _lists(path)
        return tuple(part for part in PARTS if part in lists)

    def rows(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[Row]:
        for file, list_part in _chosen_lists(path, part):
            yield from _list_rows(file, list_part, refuse)

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        for file, list_part in _chosen_lists(path, part):
            folder = file.parent
            for name, text, _ in _list_rows(file, list_part, refuse, guard=LinkGuard(folder)):
                yield LabelledCrop(name, folder / name, None, text, list_part)

    def writer(self, folder: Path) -> Writer:
        return MJSynthWriter(folder)


def _is_list(path: Path) -> bool:
    return path.name == IMLIST or (_part_of(path) is not None and (path.parent / LEXICON).is_file())


def _part_of(path: Path) -> str | None:
    """Return the part that a list's name says, "" for the list of everything, None for any other file."""
    if path.name == ANNOTATION:
        return ""
    match = re.fullmatch(r"annotation_(train|val|test)\.txt", path.name)
    return match[1] if match else None


def _lists(path: Path) -> dict[str | None, Path]:
    """Return the lists that make up the data set, by part: those of the parts, else that of everything."""
    if path.is_file():
        return {_part_of(path) or None: path}
    for folder in (path, path / _ARCHIVE):
        lists: dict[str | None, Path] = {part: folder / f"annotation_{part}.txt" for part in PARTS}
        lists = {part: file for part, file in lists.items() if file.is_file()}
        if not lists and (folder / ANNOTATION).is_file():
            lists = {None: folder / ANNOTATION}
        if lists and (folder / LEXICON).is_file():
            return lists
        if (folder / IMLIST).is_file():
            return {None: folder / IMLIST}
    return {}


def _chosen_lists(path: Path, part: str | None) -> Iterator[tuple[Path, str | None]]:
    lists = _lists(path)
    if not lists:
        raise DatasetError(f"{path} is no MJSynth data set; that is {MJSynth.accepts}.")
    for list_part, file in lists.items():
        if part is None or part == list_part:
            yield file, list_part


def _list_rows(file: Path, part: str | None, refuse: Refuse, *, guard: LinkGuard | None = None) -> Iterator[Row]:
    """Yield the rows of one list. Only with a guard is the disk asked whether links lead a path astray."""
    rows = _named_rows if file.name == IMLIST else _annotated_rows
    return rows(file, part, refuse, guard)


def read_lexicon(path: Path) -> list[str]:
    """Return the labels of a lexicon by index.

    Raises:
        DatasetError: the file is missing or a line is not UTF-8; a lexicon with holes would give wrong labels.
    """

    def refuse(place: str, reason: str) -> None:
        raise DatasetError(f"{path.parent / place}: {reason}; the lexicon cannot be used.")

    texts: list[str] = []
    for number, line in numbered_lines(path, refuse):
        texts.extend("" for _ in range(number - 1 - len(texts)))  # blank lines count
        texts.append(line.strip())
    return texts


def _annotated_rows(file: Path, part: str | None, refuse: Refuse, guard: LinkGuard | None) -> Iterator[Row]:
    """Yield the rows of an annotation file with its lexicon.

    Eight million lines pass through this loop: the good ones are recognised by cheap tests, and all doubtful ones are
    left to :func:`_explained_row`. The index is looked up as it is written, which is its grammar check as well.
    """
    lexicon = read_lexicon(file.parent / LEXICON)
    entries = {str(i): (text, text.lower()) for i, text in enumerate(lexicon)}
    for number, line in numbered_lines(file, refuse):
        name, _, index = line.partition(" ")
        entry = entries.get(index)
        try:
            if entry is None or name[:2] != "./" or ".." in name or "//" in name or "\\" in name or "\0" in name:
                name, entry = _explained_row(line, lexicon)
            else:
                name = name[2:]
            if guard is not None:
                guard.check(name)
        except ValueError as error:
            refuse(f"{file.name} line {number}", str(error))
            continue
        text, lower = entry
        start, end = name.find("_", name.rfind("/") + 1), name.rfind("_")
        word = name[start + 1 : end] if 0 <= start < end else ""
        yield name, word if word.lower() == lower else text, part


def _explained_row(line: str, lexicon: list[str]) -> tuple[str, tuple[str, str]]:
    """Read a line that is not of the common form: more lenient, and says what is wrong.

    Returns:
        The clean path, and the lexicon's text with its lower case.
    """
    name, _, index = line.rstrip().rpartition(" ")
    if not name:
        raise ValueError("the line must be a path, one space and an index")
    if not (index.isascii() and index.isdecimal()):
        raise ValueError(f"the index {index!r} is not a whole number")
    if len(index) > 12 or int(index) >= len(lexicon):
        raise ValueError(f"the index {index} is outside the lexicon, which has {len(lexicon)} lines")
    text = lexicon[int(index)]
    return clean_path(name), (text, text.lower())


def _named_rows(file: Path, part: str | None, refuse: Refuse, guard: LinkGuard | None) -> Iterator[Row]:
    """Yield the rows of an image list: the text is what stands between the first and the last "_" of the name."""
    for number, line in numbered_lines(file, refuse):
        try:
            name = clean_path(line.rstrip())
            parts = name.rpartition("/")[2].split("_")
            if len(parts) < 3:
                raise ValueError(f"the name {name} carries no word between underscores")
            if guard is not None:
                guard.check(name)
        except ValueError as error:
            refuse(f"{file.name} line {number}", str(error))
        else:
            yield name, "_".join(parts[1:-1]), part


def refusal(text: str) -> str | None:
    """Return why a lexicon line cannot carry a label, as a clause after "the label"; None when it can.

    Readers strip the lines, and some break them at every separator that Unicode knows.
    """
    if not text.strip():
        return "is empty"
    if len(f"{text}.".splitlines()) > 1:
        return "is broken over lines"
    if text != text.strip():
        return "begins or ends with a space"
    if text[0] == "\ufeff":
        return "begins with a byte order mark"
    return None


class MJSynthWriter(Writer):
    """Writes crops under numbered names, and the lists beside them as it goes.

    The lexicon holds every label once, in order of first use. After :meth:`resume` it begins with the lexicon of the
    earlier export, also with those labels that are gone: an index that was given once keeps its label.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._indices: dict[str, int] = {}
        self._written = 0
        self._all = self._open(ANNOTATION)
        self._names = self._open(IMLIST)
        self._parts = {part: self._open(f"annotation_{part}.txt") for part in PARTS}
        self._lexicon = self._open(LEXICON)

    def resume(self, earlier: Path) -> None:
        if (earlier / LEXICON).is_file():
            for text in read_lexicon(earlier / LEXICON):
                self._index_of(text)

    def refusal(self, text: str) -> str | None:
        return refusal(text)

    def add_crop(self, crop: EncodedCrop) -> None:
        index = self._index_of(crop.text)
        name = image_name(self._written, crop.text, index, crop.suffix)
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(crop.data)
        line = f"./{name} {index}\n"
        self._parts[crop.part].write(line)
        self._all.write(line)
        self._names.write(f"./{name}\n")
        self._written += 1

    def finish(self) -> None:
        for file in (self._all, self._names, self._lexicon, *self._parts.values()):
            file.close()

    def _index_of(self, text: str) -> int:
        """Return the line of a label in the lexicon, which gets one where it has none."""
        if text not in self._indices:
            self._indices[text] = len(self._indices)
            self._lexicon.write(f"{text}\n")
        return self._indices[text]

    def _open(self, name: str) -> TextIO:
        return (self._folder / name).open("w", encoding="utf-8", newline="\n")


def image_name(number: int, text: str, index: int, suffix: str) -> str:
    """Return the path of the n-th crop (from 0), ``{N}/{1..7}/{i}_{WORD}_{index}`` in ASCII without spaces."""
    folder, i = divmod(number, _FILES_A_FOLDER)
    outer, inner = divmod(folder, _FOLDERS)
    word = re.sub("[^0-9A-Za-z]+", "-", text)[:64]
    return f"{outer + 1}/{inner + 1}/{i + 1}_{word}_{index}{suffix}"
