"""The life of a creditor's claim; the same table as in contracts/ClaimRegister.sol."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from schuldhulp.errors import InvalidInput


class ClaimStatus(IntEnum):
    """Where a claim stands; the numbers are those of the contract."""

    NONE = 0
    FILED = 1
    UNDER_REVIEW = 2
    ASKED = 3
    """A question lies with the creditor."""
    INCLUDED = 4
    """Taken into the dossier."""
    DECLINED = 5
    SETTLED = 6
    WITHDRAWN = 7

    @property
    def is_open(self) -> bool:
        """Whether a claim with this status keeps its id occupied."""
        return ClaimStatus.FILED <= self <= ClaimStatus.INCLUDED

    @property
    def is_undecided(self) -> bool:
        """Whether the credit bank has still to decide; the creditor may amend until then."""
        return self.is_open and self is not ClaimStatus.INCLUDED


DECISIONS: Final[Mapping[ClaimStatus, frozenset[ClaimStatus]]] = MappingProxyType(
    {
        ClaimStatus.FILED: frozenset(
            {ClaimStatus.UNDER_REVIEW, ClaimStatus.ASKED, ClaimStatus.INCLUDED, ClaimStatus.DECLINED}
        ),
        ClaimStatus.UNDER_REVIEW: frozenset({ClaimStatus.ASKED, ClaimStatus.INCLUDED, ClaimStatus.DECLINED}),
        ClaimStatus.ASKED: frozenset({ClaimStatus.UNDER_REVIEW, ClaimStatus.INCLUDED, ClaimStatus.DECLINED}),
        ClaimStatus.INCLUDED: frozenset({ClaimStatus.ASKED, ClaimStatus.DECLINED, ClaimStatus.SETTLED}),
    }
)
"""Where the reviewer of a municipality may take a claim from each status."""


def may_decide(current: ClaimStatus, step: ClaimStatus) -> bool:
    """Say whether the reviewer may take a claim from one status to another."""
    return step in DECISIONS.get(current, frozenset())


def may_file(current: ClaimStatus) -> bool:
    """Say whether a claim may be filed under an id; free when never used or closed again."""
    return not current.is_open


def check_decision(current: ClaimStatus, step: ClaimStatus) -> None:
    """Refuse a decision that the contract would refuse.

    Raises:
        InvalidInput: this step is not allowed.
    """
    if not may_decide(current, step):
        raise InvalidInput(
            "claim_step", f"status: no step from {current.name} to {step.name}", field="status",
            current=current.name, step=step.name,
        )  # fmt: skip
