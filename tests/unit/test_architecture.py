"""The import rules of ARCHITECTURE.md, checked at run time in fresh interpreters."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

TORCH_FLOOR = {
    "augment", "cli", "concluding", "converting", "ctc", "dataset", "devices", "diagnosis", "distributed", "doctor",
    "doubts", "engines", "examining", "gate", "inference", "learner", "material", "networks", "onnx_export", "pace",
    "pretraining", "reader", "run_state", "specialists", "stream", "torch_files", "training", "training_plan",
    "training_setup",
}  # fmt: skip


def modules(package: str) -> list[str]:
    found = []
    for path in sorted((CHECKOUT / package).rglob("*.py")):
        parts = path.relative_to(CHECKOUT).with_suffix("").parts
        if parts[-1] not in {"__init__", "__main__"}:
            found.append(".".join(parts))
    return found


def loaded_after(statement: str, *names: str) -> set[str]:
    """Return which of ``names`` are in sys.modules after the statement ran in a fresh interpreter."""
    probe = f"{statement}\nimport sys\nprint(*[n for n in {names!r} if n in sys.modules])"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=CHECKOUT, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_the_whole_of_model_imports_without_qt() -> None:
    everything = "\n".join(f"import {name}" for name in modules("model"))
    assert loaded_after(everything, "PySide6", "crnn_gui") == set()


def test_the_plain_floor_imports_without_torch() -> None:
    plain = [name for name in modules("model") if name.split(".")[1] not in TORCH_FLOOR]
    assert len(plain) > 10
    assert loaded_after("\n".join(f"import {name}" for name in plain), "torch", "torchvision") == set()


def test_the_app_and_what_it_takes_of_finding_words_import_neither_torch_nor_opencv() -> None:
    everything = "\n".join(f"import {name}" for name in (*modules("crnn_gui"), "model.detecting", "model.assisting"))
    assert loaded_after(everything, "torch", "torchvision", "cv2", "rapidocr") == set()


@pytest.mark.parametrize("path", sorted((CHECKOUT / "crnn_gui" / "widgets").glob("*.py")), ids=lambda p: p.stem)
def test_widgets_never_reach_the_store_or_a_child(path: Path) -> None:
    banned = {"model.store", "model.serving", "crnn_gui.services.child", "crnn_gui.services.store_service"}
    assert not imports_of(path) & banned


@pytest.mark.parametrize("path", sorted((CHECKOUT / "crnn_gui" / "services").glob("*.py")), ids=lambda p: p.stem)
def test_services_know_neither_document_nor_widgets(path: Path) -> None:
    assert not {name for name in imports_of(path) if name.startswith(("crnn_gui.document", "crnn_gui.widgets"))}


@pytest.mark.parametrize("path", sorted((CHECKOUT / "crnn_gui" / "services").glob("*.py")), ids=lambda p: p.stem)
def test_no_lambda_is_connected_to_a_worker(path: Path) -> None:
    """A lambda connected to a worker's signal runs in the worker's thread, not in the GUI's."""
    assert "connect(lambda" not in path.read_text(encoding="utf-8")
