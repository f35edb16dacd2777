"""Breaks data sets in the ways that disks, tools and attackers do: a seed decides everything."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from model.annotations import Box, Word
from model.export_images import ImageType
from model.exporting import ExportOptions, export
from model.formats import formats
from model.store import AnnotationStore

Files = dict[str, bytes]

SEED_LABELS = (("Hello", "MAIN St."), ("café", "12:30"), ("日本", "x-ray"), ("Zoë", "0042"), ("two words", "a&b<c>"))
HOSTILE_NAMES = (
    "../outside.png", "../../outside.png", "..\\outside.png", "/etc/hostname", "C:\\Windows\\win.ini",
    "//server/x.png",
    "a/../../outside.png", "images", ".", "", " ", "-", "x\ny.png", "x\0y.png", "con.png", "\ud7ff.png",
    "a" * 300 + ".png", "file:///etc/hostname", "http://127.0.0.1/x.png", "~/x.png", "%2e%2e/outside.png",
    "$HOME/x.png",
)  # fmt: skip
HOSTILE_VALUES = (
    "NaN", "-NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e308", "9" * 400, "-1", "-0", "0", "1e-320", "null",
    "true", "[]", "{}", '""', '"\\ud800"', "0x10", "1_000", "١٢", "",
)  # fmt: skip
HOSTILE_TEXTS = (
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u2028",
    "\ufeff",
    "\x1b[31m",
    "\u202e",
    '"',
    "'",
    ",",
    "</",
    "&x;",
    "\\",
    "\ud7ff",
)
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 16}">' for i in range(9)
    )
    + ' <!ENTITY f SYSTEM "file:///etc/hostname">]>'
)  # fmt: skip
LONG_LINE_CHARACTERS = 1_000_000
DEPTH = 100_000
JSON_MIN = "label-studio json-min"
_TASKS = "label-studio.json"
_TEXT_SUFFIXES = (".txt", ".json", ".jsonl", ".xml", ".csv", ".tsv", ".hocr", ".html")


@dataclass
class Broken:
    """A data set after its mutations.

    Attributes:
        files: bytes by POSIX path.
        links: what symbolic links, by path, point to; "{outside}" stands for a file outside of the data set.
        told: what was done, for the message of a failure.
    """

    files: Files
    links: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def valid_sets(folder: Path) -> dict[str, Files]:
    """Return a small valid data set in every format that can be written, our own file, and JSON-MIN, by name."""
    images = folder / "project"
    images.mkdir(parents=True)
    with AnnotationStore.open(images, create=True) as store:
        for number, labels in enumerate(SEED_LABELS):
            path = images / f"page {number}.png"
            page = Image.new("RGB", (160, 48), (200, 210, 220 - number))
            ImageDraw.Draw(page).text((4, 4), " ".join(labels), "black")
            page.save(path)
            [added] = store.add_pages([path], [page.size])
            boxes = (Box.from_bounds(2, 2, 62, 20), Box(((70, 4), (150, 10), (148, 30), (68, 24))))
            store.add_words({added.id: [Word(0, 0, b, t) for b, t in zip(boxes, labels, strict=True)]})
        sets = {}
        for chosen in formats():
            if chosen.can_write:
                out = folder / chosen.name
                export(store, format=chosen.name, out=out, options=ExportOptions(image=ImageType.PNG, split=(1, 1, 1)))
                sets[chosen.name] = tree(out)
    sets["crnn"] = tree(images)
    sets[JSON_MIN] = sets["label-studio"] | {_TASKS: _json_min(sets["label-studio"][_TASKS])}
    sets["labelme-label"] = {n: d.replace(b'"description"', b'"group_id"') for n, d in sets["labelme"].items()}
    return sets


def _json_min(tasks: bytes) -> bytes:
    """Return a Label Studio export as JSON-MIN."""
    short = []
    for number, task in enumerate(json.loads(tasks), 1):
        [annotation] = task["annotations"]
        parts: dict[str, list[Any]] = {"bbox": [], "transcription": []}
        for entry in annotation["result"]:
            size = {name: entry[name] for name in ("original_width", "original_height")}
            is_text = entry["from_name"] == "transcription"
            parts[entry["from_name"]].append(entry["value"]["text"][0] if is_text else entry["value"] | size)
        short.append({**task["data"], "id": number, **parts, "annotator": 1, "annotation_id": number})
    return json.dumps(short, ensure_ascii=False).encode()


def tree(folder: Path) -> Files:
    """Return every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def broken(files: Files, seed: str) -> Broken:
    """Return a data set with one to three mutations."""
    rng = random.Random(seed)
    data = Broken(dict(files))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        name = _pick(rng, data.files)
        kind, mutate = rng.choice(_WAYS)
        data.told.append(f"{kind} {name}")
        mutate(rng, data, name)
    return data


def _pick(rng: random.Random, files: Files) -> str:
    """Return a file's name: most often of one that is read as text or as a container, now and then of an image."""
    lists = [name for name in files if not name.endswith((".png", "report.json"))]
    return rng.choice(lists if lists and rng.random() < 0.85 else sorted(files) or [""])


# --- bytes ---


def _flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 4, 40))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _splice(rng: random.Random, data: bytes) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:]


def _noise(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 16, 4000))) + data[at:]


def _lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            lines[i], lines[j] = lines[j], lines[i]
        case 1:
            lines.insert(i, lines[j])
        case 2:
            del lines[i]
        case _:
            lines[i] = lines[i].rstrip(b"\r\n")  # two lines become one
    return b"".join(lines)


def _encode(rng: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    encoding = rng.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift-jis", "utf-8-sig", "utf-7"))
    return text.encode(encoding, "replace")


def _ends(rng: random.Random, data: bytes) -> bytes:
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\0", b"\x0b", b"\x1c", b"\xc2\x85", b"")))


def _insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(HOSTILE_TEXTS).encode() + data[at:]


def _number(rng: random.Random, data: bytes) -> bytes:
    return _replace_one(rng, data, rb"-?\d+(\.\d+)?", rng.choice(HOSTILE_VALUES))


def _value(rng: random.Random, data: bytes) -> bytes:
    return _replace_one(rng, data, rb'"[^"\n]*"', rng.choice(HOSTILE_VALUES))


def _name(rng: random.Random, data: bytes) -> bytes:
    name = rng.choice(HOSTILE_NAMES)
    return _replace_one(rng, data, rb"[\w./ -]{1,40}\.png", rng.choice((name, json.dumps(name)[1:-1])))


def _long(rng: random.Random, data: bytes) -> bytes:
    unit = rng.choice((b"x", b"9", b" ", b",", b"\t", b'"', b"<", b"\xc3\xa9", b"1,"))
    at = rng.randrange(len(data) + 1)
    return data[:at] + unit * (LONG_LINE_CHARACTERS // len(unit)) + data[at:]


def _nest(rng: random.Random, data: bytes) -> bytes:
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>")))
    deep = opening * DEPTH + rng.choice((b"1", b"")) + rng.choice((closing * DEPTH, b""))
    return rng.choice((deep, _replace_one(rng, data, rb'"[^"\n]*"', deep.decode()), data + deep))


def _entities(rng: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    head, found, rest = text.partition("?>")
    bombed = f"{head}{found}{BOMB}{rest}" if found else f'<?xml version="1.0"?>{BOMB}{text}'
    reference = rng.choice(("&j;", "&f;", "&undefined;", "&#0;", "&#xD800;"))
    return _replace_one(rng, bombed.encode(), rb">[^<]*<", f">{reference}<")


def _items(rng: random.Random, data: bytes) -> bytes:
    """Leave some items of a JSON list out, so that it no longer belongs to the one beside it."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return data
    lists: list[list[Any]] = []
    todo = [document]
    while todo:
        found = todo.pop()
        if isinstance(found, list):
            lists.append(found)
        if isinstance(found, list | dict):
            todo.extend(found.values() if isinstance(found, dict) else found)
    if lists:
        chosen = rng.choice(lists)
        chosen[:] = [item for item in chosen if rng.random() < 0.5]
    return json.dumps(document, ensure_ascii=True).encode()


def _empty(rng: random.Random, data: bytes) -> bytes:
    return rng.choice((b"", b"\n", b"\xef\xbb\xbf", b"\0" * 512, b"null", b"[]", b"{}"))


def _replace_one(rng: random.Random, data: bytes, pattern: bytes, new: str) -> bytes:
    found = list(re.finditer(pattern, data))
    if not found:
        return data
    match = rng.choice(found)
    return data[: match.start()] + new.encode("utf-8", "replace") + data[match.end() :]


def _on_bytes(change: Callable[[random.Random, bytes], bytes]) -> Callable[[random.Random, Broken, str], None]:
    def mutate(rng: random.Random, data: Broken, name: str) -> None:
        if name in data.files:
            data.files[name] = change(rng, data.files[name])

    return mutate


# --- files ---


def _drop(rng: random.Random, data: Broken, name: str) -> None:
    data.files.pop(name, None)


def _rename(rng: random.Random, data: Broken, name: str) -> None:
    new = rng.choice((name.upper(), f"{name}.bak", f"a b/{name}", f"{name}\n", f"é{name}", f".{name}", name + "\u202e"))
    if name in data.files:
        data.files[new] = data.files.pop(name)


def _copy(rng: random.Random, data: Broken, name: str) -> None:
    if name in data.files:
        data.files[f"train/{name}"] = data.files[f"copy of {name}"] = data.files[name]


def _swap(rng: random.Random, data: Broken, name: str) -> None:
    other = rng.choice(sorted(data.files) or [name])
    if name in data.files:
        data.files[name], data.files[other] = data.files[other], data.files[name]


def _link(rng: random.Random, data: Broken, name: str) -> None:
    if data.files.pop(name, None) is not None:
        data.links[name] = rng.choice(("{outside}", name.rpartition("/")[2], "gone", "..", "/dev/null"))


def _folder(rng: random.Random, data: Broken, name: str) -> None:
    if name in data.files:
        data.files[f"{name}/inside.txt"] = data.files.pop(name)


def _tar(rng: random.Random, data: Broken, name: str) -> None:
    """Give a member of an archive a hostile name, or make it a link."""
    if not name.endswith(".tar"):
        return
    buffer = io.BytesIO()
    with contextlib.suppress(tarfile.TarError):  # broken before
        with tarfile.open(fileobj=io.BytesIO(data.files[name])) as old, tarfile.open(fileobj=buffer, mode="w") as new:
            members = old.getmembers()
            evil = rng.choice(members)
            for member in members:
                content = old.extractfile(member)
                if member is evil and rng.random() < 0.5:
                    member.name = rng.choice(HOSTILE_NAMES).replace("\0", "")
                elif member is evil:
                    member.type, member.linkname, member.size = (
                        rng.choice((tarfile.SYMTYPE, tarfile.LNKTYPE)),
                        "../x",
                        0,
                    )
                    content = None
                new.addfile(member, content)
        data.files[name] = buffer.getvalue()


_WAYS: tuple[tuple[str, Callable[[random.Random, Broken, str], None]], ...] = (
    *((change.__name__.strip("_"), _on_bytes(change)) for change in (
        _flip, _flip, _cut, _cut, _splice, _noise, _lines, _lines, _encode, _ends, _insert, _number, _number, _number,
        _value, _value, _name, _name, _long, _nest, _entities, _empty, _items, _items,
    )),
    ("drop", _drop), ("rename", _rename), ("copy", _copy), ("swap", _swap), ("link", _link), ("folder", _folder),
    ("tar", _tar),
)  # fmt: skip
