"""What `crnn doctor` finds out of this machine, asked in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal, Slot

from crnn_gui.services.child import environment

EXAMINING = (sys.executable, "-P", "-m", "model", "doctor", "--json")

STOP_MILLISECONDS = 2000


class Machine(QObject):
    """Has the machine examined, once at a time.

    Args:
        command: the program, which prints the document of ``crnn doctor --json``.

    Signals:
        examined: mapping, the document of ``crnn doctor --json``.
        failed: a sentence: the machine could not be examined.
    """

    examined = Signal(object)
    failed = Signal(str)

    def __init__(self, command: Sequence[str] = EXAMINING, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command
        self._process = QProcess(self)
        variables = QProcessEnvironment()
        for name, value in environment().items():
            variables.insert(name, value)
        self._process.setProcessEnvironment(variables)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)

    @property
    def is_busy(self) -> bool:
        """Whether the machine is being examined."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def examine(self, weights: Path | None = None) -> None:
        """Begin, with these weights or the starter weights; it takes some seconds. One that is under way goes on."""
        if self.is_busy:
            return
        program, *arguments = self._command
        self._process.start(program, [*arguments, "--weights", str(weights)] if weights else arguments)

    def stop(self) -> None:
        """Give it up, without a word."""
        if self.is_busy:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished(STOP_MILLISECONDS)
            self._process.blockSignals(False)

    @Slot()
    def _on_finished(self) -> None:
        told = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")
        try:
            findings = json.loads(told)
        except ValueError:
            findings = None
        if isinstance(findings, Mapping):
            self.examined.emit(findings)
            return
        error = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        self.failed.emit(error.splitlines()[-1] if error else self.tr("The examination ended without a result."))

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.failed.emit(self._process.errorString())


def rows(findings: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the findings as lines: a name, a value, and how deep the line stands below the others."""
    lines: list[tuple[str, str, int]] = []
    for name, value in findings.items():
        title = name.replace("_", " ")
        if isinstance(value, Mapping):
            lines.append((title, "", 0))
            lines += [(key.replace("_", " "), _told(one), 1) for key, one in value.items()]
        else:
            lines.append((title, _told(value), 0))
    return lines


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')} {_told(one)}" for key, one in value.items() if one not in (None, ""))
    if isinstance(value, list):
        return "; ".join(_told(one) for one in value)
    if isinstance(value, float):
        return f"{value:,.4g}"
    return str(value)
