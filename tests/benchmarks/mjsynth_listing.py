"""How fast an MJSynth annotation file is checked and listed, and how fast words are taken into an annotation file.

    python tests/benchmarks/mjsynth_listing.py
    python tests/benchmarks/mjsynth_listing.py --lines 8900000     # as many as the original has

The list names images that do not exist: listing does not look. The import is measured with small images that do.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

LEXICON_WORDS = 88_172
IMAGES_A_FOLDER = 500


def write_list(folder: Path, lines: int) -> Path:
    """Write an annotation file in the form of the original."""
    words = [f"word{i}" for i in range(LEXICON_WORDS)]
    (folder / "lexicon.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    file = folder / "annotation_train.txt"
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for i in range(lines):
            index = i * 7919 % LEXICON_WORDS
            out.write(f"./{i // 3500 + 1}/{i // 500 % 7 + 1}/{i % 500 + 1}_{words[index]}_{index}.jpg {index}\n")
    return file


def write_images(folder: Path, count: int) -> None:
    """Write an MJSynth data set of real, small images."""
    from PIL import Image

    Image.new("L", (100, 32), 200).save(folder / "one.png")
    data = (folder / "one.png").read_bytes()
    (folder / "lexicon.txt").write_text("".join(f"word{i}\n" for i in range(count)), encoding="utf-8")
    with (folder / "annotation.txt").open("w", encoding="utf-8", newline="\n") as out:
        for i in range(count):
            name = f"1/{i // IMAGES_A_FOLDER + 1}/{i}_word{i}_{i}.png"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            out.write(f"./{name} {i}\n")


class Stopwatch:
    """Reads two clocks: the one on the wall, and the processor's, which stands still while others compute."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def report(self, what: str, unit: str, count: int) -> None:
        """Print how fast so many were done since the start, and the most memory this process has had."""
        wall, processor = time.perf_counter() - self._wall, time.process_time() - self._processor
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        speeds = f"{count / wall:10,.0f}/s, {count / processor:10,.0f} per second of processor time"
        sys.stdout.write(f"{what:29} {count:>9,} {unit}: {speeds}, {peak:4.0f} MB\n")
        sys.stdout.flush()


def list_rows(path: Path) -> None:
    """List a data set row by row and keep none of them."""
    from model.formats import open_dataset

    dataset = open_dataset(path)
    watch = Stopwatch()
    count = sum(1 for _ in dataset.rows())
    watch.report("checked and listed", "lines", count)


def take_in(path: Path) -> None:
    """Import a data set into a new annotation file elsewhere."""
    from model.formats import open_dataset
    from model.importing import import_dataset

    with tempfile.TemporaryDirectory() as project:
        for what in ("imported", "imported again, nothing new"):
            watch = Stopwatch()
            done = import_dataset(open_dataset(path), Path(project))
            watch.report(what, "words", done.added + done.known)


def main() -> None:
    """Write the data sets, then measure each case in a process of its own, so that the peaks are its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, default=20_000, help="words to import")
    parser.add_argument("--case", choices=("list", "import"), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        {"list": list_rows, "import": take_in}[options.case](options.data)
        return
    with tempfile.TemporaryDirectory() as temporary:
        lists, images = Path(temporary, "lists"), Path(temporary, "images")
        lists.mkdir()
        images.mkdir()
        write_list(lists, options.lines)
        write_images(images, options.words)
        for case, data in (("list", lists), ("import", images)):
            subprocess.run([sys.executable, __file__, "--case", case, "--data", str(data)], check=True)


if __name__ == "__main__":
    main()
