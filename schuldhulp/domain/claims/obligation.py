"""What a claim becomes in a dossier once it is taken in."""

from __future__ import annotations

import dataclasses
from typing import Final

from schuldhulp.domain.claims.contents import ClaimContents
from schuldhulp.domain.claims.parts import ClaimStage
from schuldhulp.domain.records import Obligation, ObligationStatus, Party, Source
from schuldhulp.domain.types import RecordId

_STATUS: Final = {
    ClaimStage.CREDITOR: ObligationStatus.IN_ARREARS,
    ClaimStage.COLLECTOR: ObligationStatus.WITH_COLLECTOR,
    ClaimStage.BAILIFF: ObligationStatus.WITH_BAILIFF,
}


def obligation_from(
    contents: ClaimContents, owed_by: tuple[RecordId, ...], *, known: Obligation | None = None
) -> Obligation:
    """Return the obligation that a claim says there is.

    An instalment proposal is no agreement: it stays in the claim.

    Args:
        contents: what the creditor claims.
        owed_by: the applicants that the caseworker found it to be about: one or both.
        known: the obligation in the dossier that this claim is about; what only the resident or the caseworker
            can say stays as it is there.

    Returns:
        The obligation, with the creditor as its source.
    """
    creditor = Party(
        name=contents.original_creditor.name, kvk=contents.original_creditor.kvk, file_number=contents.reference
    )
    holder = Party(name=contents.holder.name, kvk=contents.holder.kvk, file_number=contents.holder_reference)
    claimed = Obligation(
        type=contents.type,
        owed_by=owed_by,
        creditor=creditor,
        collector=holder if contents.stage is ClaimStage.COLLECTOR else None,
        bailiff=holder if contents.stage is ClaimStage.BAILIFF else None,
        amount_creditor=contents.total,
        original_amount=contents.principal,
        arrears=contents.total,
        preference=contents.preference,
        statement_date=contents.statement_date,
        origin_date=contents.origin_date,
        legal_ground=contents.legal_ground,
        status=_STATUS[contents.stage],
        source=Source.CREDITOR,
    )
    if known is None:
        return claimed
    return dataclasses.replace(
        claimed,
        amount_resident=known.amount_resident,
        collector=claimed.collector or known.collector,
        instalment=known.instalment,
        frequency=known.frequency,
        due_day=known.due_day,
        status=ObligationStatus.DISPUTED if known.status is ObligationStatus.DISPUTED else claimed.status,
        note=known.note,
    )
