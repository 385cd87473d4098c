"""Rows of claims as the columns of their tables hold them, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Table

from schuldhulp.domain.claims import ClaimStatus, ReceiptOutcome, RefusalReason
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.services.claims.rows import (
    ClaimRow,
    ContentsState,
    DeliveryRow,
    DeliveryState,
    EventKind,
    EventRow,
    ReceiptRow,
)
from schuldhulp.storage import tables
from schuldhulp.storage.repository import state


def plain(row: Any, *, without: Iterable[str] = ()) -> dict[str, Any]:
    """Return a row's fields as the columns hold them."""
    skipped = set(without)
    return {
        field.name: getattr(getattr(row, field.name), "value", getattr(row, field.name))
        for field in dataclasses.fields(row)
        if field.name not in skipped
    }


def _columns(row: Row[Any], table: Table) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in table.columns}


def delivery_of(row: Row[Any]) -> DeliveryRow:
    """Return a delivery as it is stored."""
    # What an unknown word stands for is looked at anew, or stays refused: neither accepts anything.
    return DeliveryRow(
        **_columns(row, tables.claim_deliveries)
        | {
            "municipality": MunicipalityCode(row.municipality),
            "claim_id": ClaimId(row.claim_id),
            "state": state(DeliveryState, row.state, DeliveryState.REFUSED),
            "commitment": _commitment(row.commitment),
            "replaces": _commitment(row.replaces),
            "finding": _reason(row.finding),
            "reason": _reason(row.reason),
        }
    )


def event_of(row: Row[Any]) -> EventRow:
    """Return an event as it is stored."""
    return EventRow(
        **_columns(row, tables.claim_events)
        | {
            "municipality": MunicipalityCode(row.municipality),
            "kind": state(EventKind, row.kind, EventKind.UNKNOWN),
            "claim_id": ClaimId(row.claim_id),
            "commitment": _commitment(row.commitment),
            "previous": _commitment(row.previous),
            "status": None if row.status is None else _status(row.status),
        }
    )


def claim_of(row: Row[Any]) -> ClaimRow:
    """Return a claim as it is stored."""
    return ClaimRow(
        **_columns(row, tables.claims)
        | {
            "claim_id": ClaimId(row.claim_id),
            "municipality": MunicipalityCode(row.municipality),
            "status": _status(row.status),
            "commitment": Commitment(row.commitment),
            "contents": state(ContentsState, row.contents, ContentsState.WAITING),
        }
    )


def receipt_of(row: Row[Any]) -> ReceiptRow:
    """Return a receipt as it is stored."""
    return ReceiptRow(
        **_columns(row, tables.claim_receipts)
        | {
            "municipality": MunicipalityCode(row.municipality),
            "claim_id": ClaimId(row.claim_id),
            "outcome": state(ReceiptOutcome, row.outcome, ReceiptOutcome.REFUSED),
            "reason": _reason(row.reason),
        }
    )


def _commitment(value: bytes | None) -> Commitment | None:
    return None if value is None else Commitment(value)


def _reason(value: str | None) -> RefusalReason | None:
    return None if value is None else state(RefusalReason, value, RefusalReason.CONTENTS_INVALID)


def _status(value: int) -> ClaimStatus:
    try:
        return ClaimStatus(value)
    except ValueError:
        return ClaimStatus.NONE
