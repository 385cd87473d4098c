"""What the demonstration's creditors hand in, and what is done with it: a claim in each state that one meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from schuldhulp.demonstration.people import Household
from schuldhulp.demonstration.words import ADMITTED, OTHERS
from schuldhulp.demonstration.words import Organisation as Party
from schuldhulp.domain.claims import ClaimContents, ClaimStage, Contact, Debtor, InstalmentProposal, Organisation
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import ObligationType, Preference
from schuldhulp.domain.types import Cents, MunicipalityCode


class Fate(Enum):
    """What is done with a claim after it came in."""

    WAITS = "waits"
    """Nothing: it is the caseworker's to look at, and belongs to no dossier yet."""
    INCLUDED = "included"
    DECLINED = "declined"
    ASKED = "asked"
    DISPUTED = "disputed"
    """It is in its dossier, and the resident says that it is wrong; nobody has answered."""


@dataclass(frozen=True, kw_only=True)
class Filing:
    """One claim of the demonstration.

    Attributes:
        household: number of the household that it is about.
        fate: what is done with it.
        contents: what is claimed.
        text: what the caseworker writes to the creditor, or the resident to the caseworker; may be empty.
    """

    household: int
    fate: Fate
    contents: ClaimContents
    text: str = ""


_LANDLORD, _ENERGY, _INSURER, _WATER, _COLLECTOR, _BAILIFF = ADMITTED
_TELECOM = OTHERS[3]

_IBANS = {
    _LANDLORD.kvk: "NL42DEMO0009900001",
    _ENERGY.kvk: "NL15DEMO0009900002",
    _INSURER.kvk: "NL85DEMO0009900003",
    _WATER.kvk: "NL58DEMO0009900004",
    _COLLECTOR.kvk: "NL31DEMO0009900005",
    _BAILIFF.kvk: "NL04DEMO0009900006",
}
"""Accounts at a bank that there is not."""

_STAGES = {_COLLECTOR.kvk: ClaimStage.COLLECTOR, _BAILIFF.kvk: ClaimStage.BAILIFF}

_CALL = "Bel of schrijf ons. U hoort binnen twee weken wat wij ervan vinden."


def filings(
    households: Sequence[Household], *, municipality: MunicipalityCode, today: date, now: datetime
) -> list[Filing]:
    """Return the claims of the demonstration, in the order in which they are handed in.

    Args:
        households: the made-up people.
        municipality: CBS code of the municipality that is asked to take the claims in.
        today: the day that dates are counted back from.
        now: the moment of handing in, UTC.
    """
    people = {household.number: household for household in households}
    made = _Made(people, municipality, today, now)
    return [
        Filing(
            household=1,
            fate=Fate.WAITS,
            contents=made.contents(
                1,
                _LANDLORD,
                reference="HUUR-2026-0815",
                original=_LANDLORD,
                type_=ObligationType.RENT,
                principal=1_310_40,
                legal_ground="huurovereenkomst",
                why="De huur van twee maanden is niet betaald.",
                instalment=InstalmentProposal(amount=Cents(50_00), frequency=Frequency.MONTHLY),
            ),
        ),
        # The same debt once more: the collector typed the customer's number where the invoice's belongs.
        Filing(
            household=1,
            fate=Fate.WAITS,
            contents=made.contents(
                1,
                _COLLECTOR,
                reference="KL 440913",
                holder_reference="VD-52077",
                costs=190_57,
                interest=14_22,
                original=_LANDLORD,
                type_=ObligationType.RENT,
                principal=1_310_40,
                legal_ground="huurovereenkomst",
                why="U hebt twee maanden huur niet betaald. De woonstichting heeft ons gevraagd dit te innen.",
            ),
        ),
        Filing(
            household=12,
            fate=Fate.INCLUDED,
            contents=made.contents(
                12,
                _ENERGY,
                original=_ENERGY,
                reference="JAARNOTA-778120",
                type_=ObligationType.ENERGY,
                principal=642_18,
                legal_ground="leveringsovereenkomst",
                why="De jaarnota voor stroom en gas is niet betaald.",
            ),
            text="Wij hebben uw vordering opgenomen. U hoort van ons zodra er een voorstel is.",
        ),
        Filing(
            household=13,
            fate=Fate.DECLINED,
            contents=made.contents(
                13,
                _INSURER,
                original=_INSURER,
                reference="PREMIE/2024/11",
                type_=ObligationType.HEALTH_INSURANCE,
                principal=298_50,
                costs=48_40,
                legal_ground="zorgverzekeringsovereenkomst",
                with_bsn=True,
                why="De premie van twee maanden is niet betaald.",
            ),
        ),
        Filing(
            household=16,
            fate=Fate.ASKED,
            contents=made.contents(
                16,
                _WATER,
                original=_WATER,
                reference="W-2026-31",
                type_=ObligationType.WATER,
                principal=121_00,
                legal_ground="leveringsovereenkomst",
                why="Drie voorschotten voor water zijn niet betaald.",
            ),
            text="Stuur ons de specificatie van de drie voorschotten, met de datum van elke rekening.",
        ),
        Filing(
            household=9,
            fate=Fate.DISPUTED,
            contents=made.contents(
                9,
                _BAILIFF,
                original=_TELECOM,
                reference="MD-1180-2",
                holder_reference="2026-RD-1180",
                type_=ObligationType.TELECOM,
                principal=74_95,
                costs=40_00,
                interest=3_15,
                legal_ground="abonnement",
                with_bsn=True,
                why="U hebt de laatste rekening van uw mobiele abonnement niet betaald.",
            ),
            text="Ik heb het abonnement op tijd opgezegd. De bevestiging heb ik nog.",
        ),
        # A statement that was old already when it came: a newer one is asked for.
        Filing(
            household=8,
            fate=Fate.WAITS,
            contents=made.contents(
                8,
                _COLLECTOR,
                original=OTHERS[4],
                reference="WESTER 90-1177",
                holder_reference="VD-47903",
                type_=ObligationType.CONSUMER_CREDIT,
                principal=389_00,
                costs=58_35,
                legal_ground="koopovereenkomst",
                stated=215,
                why="Een wasmachine op afbetaling: vier termijnen zijn niet betaald.",
            ),
        ),
    ]


@dataclass(frozen=True)
class _Made:
    people: dict[int, Household]
    municipality: MunicipalityCode
    today: date
    now: datetime

    def contents(
        self,
        number: int,
        holder: Party,
        *,
        original: Party,
        reference: str,
        type_: ObligationType,
        principal: int,
        legal_ground: str,
        why: str,
        costs: int = 0,
        interest: int = 0,
        holder_reference: str = "",
        with_bsn: bool = False,
        stated: int = 6,
        instalment: InstalmentProposal | None = None,
    ) -> ClaimContents:
        return ClaimContents(
            municipality=self.municipality,
            debtor=debtor_of(self.people[number], with_bsn=with_bsn),
            original_creditor=Organisation(name=original.name, kvk=original.kvk),
            reference=reference,
            holder=Organisation(name=holder.name, kvk=holder.kvk),
            stage=_STAGES.get(holder.kvk, ClaimStage.CREDITOR),
            holder_reference=holder_reference,
            type=type_,
            principal=Cents(principal),
            costs=Cents(costs),
            interest=Cents(interest),
            statement_date=self.today - timedelta(days=stated),
            origin_date=self.today - timedelta(days=stated + 160),
            preference=Preference.CONCURRENT,
            legal_ground=legal_ground,
            instalment_proposal=instalment,
            contact=Contact(name=f"{holder.name}, schuldhulp", email="schuldhulp@example.nl", phone="050 000 0000"),
            iban=_IBANS[holder.kvk],
            why_owed=why,
            objection=_CALL,
            objection_until=self.today + timedelta(days=42),
            sent_at=self.now,
        )


def debtor_of(household: Household, *, with_bsn: bool = False) -> Debtor:
    """Return the first applicant of a household as an organisation knows this person.

    Args:
        household: whose; it has an address.
        with_bsn: name the citizen service number.
    """
    applicant = household.applicants[0]
    home = next(address for address in applicant.addresses if address.until is None)
    return Debtor(
        initials=applicant.initials,
        prefix=applicant.prefix,
        surname=applicant.surname,
        birth_date=applicant.birth_date,
        postcode=home.postcode,
        house_number=home.house_number,
        suffix=home.suffix,
        bsn=applicant.bsn if with_bsn else None,
    )
