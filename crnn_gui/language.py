"""The language of the interface: Qt's translators, made from ``resources/translations``.

Sentences that come from ``model/`` (the reasons why something cannot be done) are English in every language: the
command ``crnn`` says the same ones, and they can be searched for.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QGuiApplication

from model.assets import asset

SYSTEM = "system"
ENGLISH = "en"
CHINESE = "zh_CN"
FONTS = {
    CHINESE: ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei"),
}
"""Fonts whose shapes suit a language, behind the platform's own. Left to itself, Qt mixes whatever has a character."""


def resolve(choice: str) -> str:
    """Return the language that a setting stands for: its own, or the system's where that is spoken here."""
    if choice != SYSTEM:
        return choice
    system = QLocale.system()
    is_simplified = system.script() != QLocale.Script.TraditionalHanScript
    return CHINESE if system.language() == QLocale.Language.Chinese and is_simplified else ENGLISH


def use(choice: str) -> None:
    """Speak a language from now on. Windows that are there keep their words.

    Raises:
        FileNotFoundError: the translation is missing, which is a broken installation.
    """
    app = QCoreApplication.instance()
    assert app is not None, "there is an interface"
    for translator in app.findChildren(QTranslator):
        app.removeTranslator(translator)
        translator.deleteLater()
    name = resolve(choice)
    if name == ENGLISH:
        return
    standard, ours = QTranslator(app), QTranslator(app)
    standard.load(f"qtbase_{name}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    file = asset(f"resources/translations/crnn_gui_{name}.qm")
    if not ours.load(str(file)):
        raise FileNotFoundError(f"the translation {file} cannot be loaded; install crnn-gui again")
    for translator in (standard, ours):
        app.installTranslator(translator)


def use_fonts(choice: str) -> None:
    """Let the interface's font fall back on those that suit a language."""
    font = QGuiApplication.font()
    font.setFamilies([font.families()[0] if font.families() else font.family(), *FONTS.get(resolve(choice), ())])
    QGuiApplication.setFont(font)
