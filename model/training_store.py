"""The weights and the training runs of a project, as the annotation file keeps them."""

from __future__ import annotations

import json

from model.annotation_file import AnnotationFile
from model.annotations import RunRecord, WeightsRecord
from model.errors import StoreError
from model.store_rows import RUN_COLUMNS, run_from_row, run_row


class TrainingStore(AnnotationFile):
    """The part of :class:`model.store.AnnotationStore` that belongs to training."""

    def add_weights(self, record: WeightsRecord) -> None:
        """Add weights to the history; the same file again replaces its record."""
        metrics = json.dumps(dict(record.metrics), ensure_ascii=False)
        row = (record.hash, record.name, record.path, record.parent, record.created_at, metrics, record.decision)
        with self._writing() as db:
            columns = "hash, name, path, parent, created_at, metrics, decision, active"
            db.execute(f"INSERT OR REPLACE INTO weights ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, 0)", row)
            if record.active:
                db.execute("UPDATE weights SET active = (hash = ?)", (record.hash,))

    def weights_history(self) -> list[WeightsRecord]:
        """Return the weights of this project in the order they were added."""
        sql = "SELECT hash, name, path, parent, created_at, metrics, decision, active FROM weights ORDER BY id"
        return [
            WeightsRecord(digest, name, path, parent, created_at, json.loads(metrics), decision, bool(active))
            for digest, name, path, parent, created_at, metrics, decision, active in self._rows(sql)
        ]

    def activate_weights(self, weights_hash: str | None) -> None:
        """Remember which weights the recogniser uses; None stands for the starter weights.

        Raises:
            StoreError: these weights are not in the history.
        """
        with self._writing() as db:
            if weights_hash and not db.execute("SELECT 1 FROM weights WHERE hash = ?", (weights_hash,)).fetchone():
                raise StoreError(f"{self.path.name} knows no weights {weights_hash}; add them first.")
            db.execute("UPDATE weights SET active = (hash IS ?)", (weights_hash,))

    def save_run(self, run: RunRecord) -> None:
        """Keep a training run as it stands now; one of the same name is replaced."""
        with self._writing() as db:
            db.execute(f"INSERT OR REPLACE INTO runs ({RUN_COLUMNS}) VALUES ({', '.join('?' * 9)})", run_row(run))

    def runs(self, last: int = 100) -> list[RunRecord]:
        """Return the newest training runs, the newest first."""
        sql = f"SELECT {RUN_COLUMNS} FROM runs ORDER BY started_at DESC LIMIT ?"
        return [run_from_row(row) for row in self._rows(sql, (last,))]
