"""The desktop application: widgets over a document, services beside it. Never imports torch."""

import ctypes
import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 takes one reference to None too few in every call that returns nothing. From Python 3.12 on None
    # is immortal; before, the interpreter ends with "deallocating None" after some thousand calls. So make it immortal
    # here, before anything of Qt is used.
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40
