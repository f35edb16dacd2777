"""Collects cyclic garbage in the GUI thread only.

Python collects wherever it happens to be when enough objects were made, also in a pool thread. A QObject that is part
of the garbage would be destroyed there, and Qt ends the process or stops timers of another thread.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MILLISECONDS = 2000

MANY_OBJECTS = 100_000
"""More new ones at once are words of a project or of an edit, which stay; to go through them takes some frames."""


class GarbageCollector(QObject):
    """Takes the collector over as long as it lives, and gives it back when it is stopped."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MILLISECONDS)
        self._timer.timeout.connect(self._on_interval)
        self._timer.start()

    def stop(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def spare(self) -> None:
        """Never look again at what there is now: modules, or the pages of a project that has just been read.

        It goes when nobody holds it any more. Going through 100,000 pages takes the time of two frames.
        """
        gc.freeze()

    @Slot()
    def _on_interval(self) -> None:
        if gc.get_count()[0] > MANY_OBJECTS:
            self.spare()
            return
        # As the interpreter would: the oldest generation whose count is over its threshold.
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return
