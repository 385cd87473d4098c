"""What a creditor tells the credit bank in a claim. Sealed for the municipality; on chain stands only a commitment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from schuldhulp.domain.checks import (
    Redacted,
    check_bytes,
    check_cents,
    check_date,
    check_line,
    check_moment,
    check_text,
    check_whole,
)
from schuldhulp.domain.claims.parts import ClaimStage, Contact, Debtor, InstalmentProposal, Organisation, check_choice
from schuldhulp.domain.claims.reference import normalised_reference
from schuldhulp.domain.organisations import parse_iban
from schuldhulp.domain.records import NO_COMMITMENT, ObligationType, Preference
from schuldhulp.domain.records.version import MAX_VERSION
from schuldhulp.domain.types import Cents, ClaimId, Commitment, MunicipalityCode, Salt
from schuldhulp.errors import InvalidInput

__all__ = ["MAX_OBJECTION", "MAX_WHY", "Claim", "ClaimContents", "Debtor", "Organisation"]

MAX_WHY: Final = 4_000
"""Characters in the explanation why it is owed; a sealed claim has to fit in one message of the channel."""

MAX_OBJECTION: Final = 2_000
"""Characters in the explanation how to object."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ClaimContents(Redacted):
    """What is claimed from whom, by whom and why.

    Attributes:
        municipality: CBS code of the municipality that is asked to take the claim in.
        debtor: from whom.
        original_creditor: to whom it was owed at first; with the reference it makes the claim's id.
        reference: the original creditor's own reference of this debt, for example an invoice number.
        holder: who holds the claim now and hands it in.
        stage: what the holder is.
        holder_reference: the holder's own number of the case, or empty.
        type: what is owed.
        principal: the debt itself, in cents.
        costs: collection costs and costs of proceedings, in cents.
        interest: in cents.
        statement_date: the day for which these amounts hold.
        origin_date: when the debt arose.
        preference: rank of the claim.
        preference_ground: the law that makes it preferent; empty for a concurrent one.
        legal_ground: contract, law or judgment it rests on.
        instalment_proposal: in which instalments the holder would take it, or None.
        contact: whom to turn to.
        iban: account to pay into.
        why_owed: why it is owed, in words that the resident understands.
        objection: how to object.
        objection_until: last day to object, or None when there is no term any more.
        sent_at: when it was handed in, UTC.
    """

    schema: ClassVar[int] = 1

    municipality: MunicipalityCode
    debtor: Debtor
    original_creditor: Organisation
    reference: str
    holder: Organisation
    stage: ClaimStage
    holder_reference: str = ""
    type: ObligationType
    principal: Cents
    costs: Cents
    interest: Cents
    statement_date: date
    origin_date: date
    preference: Preference
    preference_ground: str = ""
    legal_ground: str
    instalment_proposal: InstalmentProposal | None = None
    contact: Contact
    iban: str
    why_owed: str
    objection: str
    objection_until: date | None
    sent_at: datetime

    def __post_init__(self) -> None:
        """Check every field, and those that depend on one another.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        for name, kind in _PARTS.items():
            if not isinstance(getattr(self, name), kind):
                raise InvalidInput("type_wrong", f"{name}: another type of value expected", field=name)
        check_line(self.reference, "reference", required=True)
        normalised_reference(self.reference)
        check_line(self.holder_reference, "holder_reference")
        check_choice(self.stage, ClaimStage, "stage")
        check_choice(self.type, ObligationType, "type")
        self._check_amounts()
        self._check_dates()
        self._check_grounds()
        check_line(self.iban, "iban", required=True)
        if parse_iban(self.iban) != self.iban:
            raise InvalidInput("iban_invalid", "iban: capitals and digits without spaces", field="iban")
        # Who bought a claim is no original creditor, and the original creditor collects for nobody.
        if (self.stage is ClaimStage.CREDITOR) != (self.holder.kvk == self.original_creditor.kvk):
            raise InvalidInput(
                "stage_wrong", "stage: creditor when the holder is the original creditor, and only then", field="stage"
            )

    @property
    def total(self) -> Cents:
        """Principal, costs and interest together, in cents."""
        return Cents(self.principal + self.costs + self.interest)

    def _check_amounts(self) -> None:
        for name in ("principal", "costs", "interest"):
            if getattr(self, name) is None:
                raise InvalidInput("required", f"{name}: must be filled in", field=name)
            check_cents(getattr(self, name), name)
        check_cents(self.total, "total")
        if not self.total:
            raise InvalidInput("amount_missing", "principal: a claim is more than nothing", field="principal")
        proposal = self.instalment_proposal
        if proposal is not None and proposal.amount > self.total:
            raise InvalidInput(
                "instalment_too_large", "instalment_proposal: more than the claim", field="instalment_proposal"
            )

    def _check_dates(self) -> None:
        for name in ("statement_date", "origin_date"):
            if getattr(self, name) is None:
                raise InvalidInput("required", f"{name}: must be filled in", field=name)
        for name in ("statement_date", "origin_date", "objection_until"):
            check_date(getattr(self, name), name)
        check_moment(self.sent_at, "sent_at")
        if self.origin_date > self.statement_date:
            raise InvalidInput("period_reversed", "statement_date: lies before origin_date", field="statement_date")
        # The sender's calendar may be a day ahead of UTC.
        if self.statement_date > self.sent_at.date() + timedelta(days=1):
            raise InvalidInput("date_future", "statement_date: lies after the day of sending", field="statement_date")

    def _check_grounds(self) -> None:
        check_choice(self.preference, Preference, "preference")
        is_preferent = self.preference is Preference.PREFERENT
        check_line(self.preference_ground, "preference_ground", required=is_preferent, longest=500)
        if self.preference_ground and not is_preferent:
            raise InvalidInput(
                "ground_without_preference", "preference_ground: only for a preferent claim", field="preference_ground"
            )
        check_line(self.legal_ground, "legal_ground", required=True, longest=500)
        check_text(self.why_owed, "why_owed", required=True, longest=MAX_WHY)
        check_text(self.objection, "objection", required=True, longest=MAX_OBJECTION)


_PARTS: Final[dict[str, type | tuple[type, ...]]] = {
    "debtor": Debtor,
    "original_creditor": Organisation,
    "holder": Organisation,
    "instalment_proposal": (InstalmentProposal, type(None)),
    "contact": Contact,
}


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Claim(Redacted):
    """Everything that the commitment of one version of a claim covers.

    Whether id, municipality and holder fit the contents is for the intake to judge, which must be able to name it.

    Attributes:
        claim_id: id on chain.
        version: 1 for what is filed; each amendment is one more. Filed again after it was closed is 1 again.
        replaces: commitment of the version before, `NO_COMMITMENT` for the first.
        salt: random bytes that live only inside the sealed claim.
        contents: what is claimed.
    """

    claim_id: ClaimId
    version: int
    replaces: Commitment
    salt: Salt
    contents: ClaimContents

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.claim_id, "claim_id")
        check_whole(self.version, "version", lowest=1, highest=MAX_VERSION)
        check_bytes(self.replaces, "replaces")
        check_bytes(self.salt, "salt")
        if (self.version == 1) != (self.replaces == NO_COMMITMENT):
            raise InvalidInput("replaces_wrong", "replaces: only the first version replaces nothing", field="replaces")
        if not isinstance(self.contents, ClaimContents):
            raise InvalidInput("type_wrong", "contents: another type of value expected", field="contents")
