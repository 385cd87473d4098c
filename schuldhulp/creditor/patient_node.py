"""A node that bounds how much one may ask within a minute, as ``/rpc`` does: waits as long as it says, and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from schuldhulp.creditor.lists.patience import Patience
from schuldhulp.node.rpc import MAX_BATCH, JsonRpc, Question

SECONDS: Final = 180.0
"""How long is waited for one answer: three of the minutes that ``/rpc`` counts by."""


class PatientNode(JsonRpc):
    """Keeps the answers that it has while it waits for the others."""

    def __init__(self, url: str, *, patience: Patience, ca_file: Path | None = None) -> None:
        """Remember where the node is; nothing is sent yet.

        Args:
            url: address of the node, http or https.
            patience: how long to wait when the node asks to.
            ca_file: PEM file with the only certificate authorities that are believed; None: the usual ones.
        """
        super().__init__(url, ca_file=ca_file)
        self._patience = patience

    def batch(self, questions: Sequence[Question]) -> list[Any]:
        """Ask many questions in few requests, each as often as it takes."""
        results: list[Any] = []
        for start in range(0, len(questions), MAX_BATCH):
            results += self._patience.have(partial(self._at_once, questions[start : start + MAX_BATCH]))
        return results

    def _at_once(self, questions: Sequence[Question]) -> list[Any]:
        return super().batch(questions)
