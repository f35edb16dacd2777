"""Small words: numbers with their noun, and sentences that several places say."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication

from model.annotations import RunRecord


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 word" or "1,200 words". ``many`` is needed where the plural is not made with an s."""
    noun = QCoreApplication.translate("Nouns", one if count == 1 else many or one + "s")
    return QCoreApplication.translate("Nouns", "{count} {noun}").format(count=f"{count:,}", noun=noun)


def marked(context: str, text: str) -> str:
    """Return a text as it is, but mark it for the translators: it is translated where it is shown."""
    return text


_REASONS = (
    marked("Devices", "no CUDA device was found"),
    marked("Devices", "the CPU was asked for"),
    marked("Devices", "this machine has an Apple GPU"),
)
STARTER = marked("Weights", "starter weights")


def device_reason(reason: str) -> str:
    """Return why a device was chosen in the language of the interface, where it is one of the usual reasons."""
    return QCoreApplication.translate("Devices", reason) if reason in _REASONS else reason


def weights_name(name: str) -> str:
    """Return what weights are called: those of the program have a name of their own in each language."""
    return QCoreApplication.translate("Weights", STARTER) if name == STARTER else name


def moment(seconds: float) -> str:
    """Return a day and a time of it, for a time in seconds since 1970."""
    return time.strftime(QCoreApplication.translate("Dates", "%d %b, %H:%M"), time.localtime(seconds))


def interrupted(run: RunRecord) -> str:
    """Return the sentence about a run that can go on."""
    step = max((row[0] for row in run.curves.get("batches", ())), default=0)
    sentence = QCoreApplication.translate("Runs", "The training of {when} was interrupted at step {step} of {steps}.")
    steps = run.curves.get("steps", 0)
    return sentence.format(when=moment(run.started_at), step=f"{step:,.0f}", steps=f"{steps:,}")
