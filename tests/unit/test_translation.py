"""English and Simplified Chinese: every string is translated, and the language changes while the program runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from crnn_gui import language
from crnn_gui.actions import ACTIONS, plain_text
from crnn_gui.wording import counted
from tests import translations

LANGUAGES = translations.LANGUAGES


@pytest.fixture
def english(qapp: QApplication) -> Iterator[None]:
    yield
    language.use(language.ENGLISH)


def test_every_text_that_is_shown_is_marked_for_translation() -> None:
    assert translations.forgotten() == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_string_is_translated_with_its_placeholders(name: str) -> None:
    wanted, found = translations.messages(), translations.read_ts(name)
    assert len(wanted) > 400
    unfinished = [f"{place}: {m.source!r}" for m, place in wanted.items() if m not in found]
    assert unfinished == [], "run python -m tests.translations and translate what is unfinished"
    assert set(found) == set(wanted), "run python -m tests.translations"
    for message, text in found.items():
        assert translations.placeholders(text) == translations.placeholders(message.source), message


@pytest.mark.parametrize("name", LANGUAGES)
def test_what_qt_loads_is_what_was_translated(name: str) -> None:
    translator = QTranslator()
    assert translator.load(str(translations.FOLDER / f"crnn_gui_{name}.qm"))
    for message, text in translations.read_ts(name).items():
        assert translator.translate(message.context, message.source) == text, "run python -m tests.translations"


@pytest.mark.parametrize("name", LANGUAGES)
def test_names_of_actions_stay_apart(name: str, english: None) -> None:
    """The overlay puts actions of one name into one row, and a person looks for them by name."""
    same = {spec.id: plain_text(spec) for spec in ACTIONS}
    language.use(name)
    names: dict[str, set[str]] = {}
    for spec in ACTIONS:
        assert plain_text(spec)
        assert "&" not in plain_text(spec)
        names.setdefault(plain_text(spec), set()).add(same[spec.id])
    assert {told: those for told, those in names.items() if len(those) > 1} == {}


def test_language_changes_and_changes_back(english: None) -> None:
    assert counted(3, "word") == "3 words"
    language.use(language.CHINESE)
    assert counted(3, "word") == "3 个词"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消", "Qt's own dialogs speak it too"
    language.use(language.ENGLISH)
    assert counted(1, "word") == "1 word"


@pytest.mark.parametrize(
    ("system", "spoken"), [("zh_CN", "zh_CN"), ("zh_SG", "zh_CN"), ("zh_TW", "en"), ("de_DE", "en"), ("C", "en")]
)
def test_language_of_the_system_is_taken_where_it_is_spoken(
    system: str, spoken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale(system))
    assert language.resolve(language.SYSTEM) == spoken
    assert language.resolve(language.CHINESE) == "zh_CN"
