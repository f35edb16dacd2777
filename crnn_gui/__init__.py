"""The desktop application: widgets over a document, services beside it. Never imports torch."""

import ctypes
import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 is built as if these were immortal, which they are from Python 3.12 on: each call that returns one
    # takes a reference too few. Before 3.12 the interpreter ends with "deallocating None" after some thousand calls,
    # so make them immortal here, before anything of Qt is used.
    for _constant in (None, True, False, NotImplemented, ...):
        ctypes.c_ssize_t.from_address(id(_constant)).value += 1 << 40
