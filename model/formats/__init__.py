"""Data sets in and out: every format that is read or written, and how one is recognised.

Each module of this package that does not start with an underscore is a format (see :mod:`model.formats.base`).
"""

from __future__ import annotations

import importlib
import pkgutil

from model.formats.base import Dataset, Format, Kind, candidates, formats, get_format, open_dataset, register, table

__all__ = ["Dataset", "Format", "Kind", "candidates", "formats", "get_format", "open_dataset", "register", "table"]

for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        importlib.import_module(f"{__name__}.{_module.name}")
