"""`schuldhulp claims show|link|decide`: looking at one claim, saying whose it is, and deciding on it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from schuldhulp.cli.context import (
    As,
    DossierArgument,
    Json,
    Reason,
    Work,
    open_dossier,
    read_text,
    record_of,
    work_as,
)
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.connectors.lines import read_lines
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import DecisionReason, contents_to_plain
from schuldhulp.domain.claims.duplicates import Duplicate
from schuldhulp.domain.claims.known import KnownDebt
from schuldhulp.domain.records import Applicant, Position, RecordKind
from schuldhulp.domain.types import ClaimId, Commitment, RecordId
from schuldhulp.errors import InvalidInput, NotAllowed
from schuldhulp.services.claims.inbox import InboxEntry
from schuldhulp.services.claims.links import Link
from schuldhulp.services.claims.matching import Candidate
from schuldhulp.services.claims.told import MadeDecision
from schuldhulp.services.views import DossierView

ClaimArgument = Annotated[str, typer.Argument(metavar="CLAIM", help="Identifier of the claim, 64 hexadecimal digits.")]
Judged = Annotated[
    str, typer.Option(help="Commitment of the version that you looked at; `claims show` tells it.", metavar="HEX")
]


class Step(StrEnum):
    """What can be decided."""

    INCLUDE = "include"
    ASK = "ask"
    DECLINE = "decline"
    SETTLE = "settle"


StepArgument = Annotated[Step, typer.Argument(metavar="STEP", help=", ".join(Step))]

_TEMPLATE = """# include: first, partner or both
owed_by:
# include: the debt that it is about, first digits of its record
known:
# ask, decline
reason:
text:"""
_JUDGED = 8
"""Digits of a commitment that are typed at least, so that another version is not taken for it by chance."""

_FIELDS = frozenset({"owed_by", "known", "reason", "text"})


def show(claim: ClaimArgument, as_: As = "", json: Json = False) -> None:
    """Show one claim: its contents, the dossiers that it may belong to, and what was decided.

    Example: schuldhulp claims show 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876 --as s.visser
    """
    with work_as(as_) as work:
        claim_id = claim_id_of(claim)
        entry = work.cockpit.claims.entry(actor=work.actor, claim_id=claim_id)
        if entry.message is None:
            _show_unread(entry, json=json)
            return
        opened = work.cockpit.claims.opened(actor=work.actor, claim_id=claim_id)
        link = work.cockpit.claim_desk.link_of(actor=work.actor, claim_id=claim_id)
        known = _known(work, claim_id, link)
        number = work.cockpit.dossiers.file_numbers().get(link.dossier) if link else None
        candidates = [] if link else work.cockpit.claim_matching.candidates(actor=work.actor, claim_id=claim_id)
        alike = work.cockpit.claims.duplicates(actor=work.actor, claim_id=claim_id)
        made = work.cockpit.claim_decisions.of(actor=work.actor, claim_id=claim_id)
    plain = contents_to_plain(opened.claim.contents)
    if json:
        say_json(
            {
                "claim": claim_id.hex(),
                "status": opened.row.status.name.lower(),
                "version": opened.claim.version,
                "judged": opened.row.commitment.hex(),
                "receivedAt": opened.received_at.isoformat(),
                "dossier": number,
                "contents": plain,
                "candidates": [_candidate(one) for one in candidates],
                "duplicates": [_alike(pair, claim_id) for pair in alike],
                "known": [_debt(one) for one in known],
                "decisions": [_made(one) for one in made],
            }
        )
        return
    say(f"status: {opened.row.status.name.lower()}, version {opened.claim.version}")
    say(f"judged: {opened.row.commitment.hex()}")
    say(f"dossier: {number or 'none yet'}")
    for name, value in plain.items():
        say(f"{name}: {value}")
    if candidates:
        say_table(
            ("dossier", "names", "same"),
            [
                (one.dossier.file_number, ", ".join(one.dossier.names), ", ".join(sorted(one.signs)))
                for one in candidates
            ],
        )
    for pair in alike:
        say(f"may be the same debt as {_other(pair, claim_id).hex()}: {', '.join(sorted(pair.likeness.signs))}")
    for debt in known:
        say(f"may be debt {debt.record.hex()[:12]} of the dossier: {', '.join(sorted(debt.signs))}")
    for one in made:
        reason = one.reason.value if one.reason else "cannot be read"
        say(f"{one.decided_at.isoformat(timespec='minutes')}: {one.status.name.lower()} ({reason}), {one.state.value}")


def link(claim: ClaimArgument, dossier: DossierArgument, reason: Reason = "", as_: As = "") -> None:
    """Put a claim into the dossier that it belongs to, or take over its newest version there.

    Example: schuldhulp claims link 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876 2026-00012
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.CLAIM_REVIEW, reason)
        record = work.cockpit.claim_desk.link(actor=work.actor, claim_id=claim_id_of(claim), dossier=view.summary.id)
    say(f"the claim stands in dossier {view.summary.file_number} as record {record.hex()}")


def decide(claim: ClaimArgument, step: StepArgument, judged: Judged, reason: Reason = "", as_: As = "") -> None:
    """Decide on a claim; who owes it, the reason and the text to the creditor are read as lines `field: value`.

    Example: schuldhulp claims decide 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876 ask --judged e8a1b2c3
    """  # noqa: E501 - an identifier is as long as it is
    claim_id = claim_id_of(claim)
    with work_as(as_) as work:
        commitment = work.cockpit.claims.entry(actor=work.actor, claim_id=claim_id).commitment
        digits = judged.strip().lower().removeprefix("0x")
        if commitment is None or len(digits) < _JUDGED or not commitment.hex().startswith(digits):
            raise InvalidInput(
                "claim_changed",
                f"--judged: its first {_JUDGED} digits or more; when they are right another version stands on the"
                " chain by now, so look anew",
                field="judged",
            )
        link = work.cockpit.claim_desk.link_of(actor=work.actor, claim_id=claim_id)
        view = open_dossier(work, link.dossier.hex(), Purpose.CLAIM_REVIEW, reason) if link else None
        said = _said(read_text("what is decided as lines field: value", example=_TEMPLATE))
        _decide(work, claim_id, step, commitment, said, view)
    say("decided; the worker puts it on the chain and tells the creditor")


def _decide(
    work: Work, claim_id: ClaimId, step: Step, judged: Commitment, said: dict[str, str], view: DossierView | None
) -> None:
    desk, text = work.cockpit.claim_desk, said.get("text", "")
    match step:
        case Step.INCLUDE:
            people, known = _people(view), said.get("known")
            debts = [entry.record_id for entry in view.of_kind(RecordKind.OBLIGATION)] if view else []
            owed_by = said.get("owed_by", "first")
            if owed_by != "both" and owed_by not in people:
                raise InvalidInput("choice_unknown", "owed_by: first, partner or both", field="owed_by")
            desk.include(
                actor=work.actor,
                claim_id=claim_id,
                judged=judged,
                owed_by=tuple(people.values()) if owed_by == "both" else (people[owed_by],),
                known=record_of(debts, known) if known else None,
                text=text,
            )
        case Step.ASK:
            desk.ask(actor=work.actor, claim_id=claim_id, judged=judged, reason=_reason(said), text=text)
        case Step.DECLINE:
            desk.decline(actor=work.actor, claim_id=claim_id, judged=judged, reason=_reason(said), text=text)
        case Step.SETTLE:
            desk.settle(actor=work.actor, claim_id=claim_id, judged=judged, text=text)


def claim_id_of(text: str) -> ClaimId:
    """Read the identifier of a claim as it is typed.

    Raises:
        InvalidInput: these are not 64 hexadecimal digits.
    """
    digits = text.strip().lower().removeprefix("0x")
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise InvalidInput("claim_unknown", "CLAIM: 64 hexadecimal digits expected", field="CLAIM")
    return ClaimId(found)


def _show_unread(entry: InboxEntry, *, json: bool) -> None:
    """Print what is known of a claim whose contents are not here."""
    if json:
        say_json(
            {
                "claim": entry.claim_id.hex(),
                "status": entry.status.name.lower(),
                "state": entry.state,
                "judged": entry.commitment.hex() if entry.commitment else None,
                "contents": None,
            }
        )
        return
    say(f"status: {entry.status.name.lower()}, {entry.state.replace('_', ' ')}")
    say(f"judged: {entry.commitment.hex() if entry.commitment else '-'}")
    if entry.unread:
        say("nothing can be read of it; it can be declined with reason no_contents")


def _known(work: Work, claim_id: ClaimId, link: Link | None) -> list[KnownDebt]:
    """Return the debts of its dossier that it may be about; none where that would have to be opened first."""
    if link is None:
        return []
    try:
        return work.cockpit.claim_desk.known_debts(actor=work.actor, claim_id=claim_id)
    except NotAllowed:
        return []


def _said(text: str) -> dict[str, str]:
    said = {name: value for name, value in read_lines(text).items() if value}
    if set(said) - _FIELDS:
        raise InvalidInput("field_unknown", f"unknown field; known are {', '.join(sorted(_FIELDS))}", field="field")
    return said


def _reason(said: dict[str, str]) -> DecisionReason:
    try:
        return DecisionReason(said.get("reason", ""))
    except ValueError:
        choices = ", ".join(DecisionReason)
        raise InvalidInput("choice_unknown", f"reason: choose one of {choices}", field="reason") from None


def _people(view: DossierView | None) -> dict[str, RecordId]:
    """Return the applicants by the words that the lines use for them."""
    if view is None:
        return {"first": RecordId(bytes(32))}
    return {
        "first" if entry.record.position is Position.FIRST else "partner": entry.record_id
        for entry in view.of_kind(RecordKind.APPLICANT)
        if isinstance(entry.record, Applicant)
    }


def _alike(pair: Duplicate[ClaimId], claim_id: ClaimId) -> dict[str, object]:
    return {"claim": _other(pair, claim_id).hex(), "signs": sorted(pair.likeness.signs)}


def _other(pair: Duplicate[ClaimId], claim_id: ClaimId) -> ClaimId:
    return pair.other if pair.one == claim_id else pair.one


def _candidate(one: Candidate) -> dict[str, object]:
    return {
        "dossier": one.dossier.file_number,
        "names": list(one.dossier.names),
        "same": sorted(one.signs),
    }


def _debt(one: KnownDebt) -> dict[str, object]:
    return {"record": one.record.hex(), "signs": sorted(one.signs)}


def _made(one: MadeDecision) -> dict[str, object]:
    return {
        "status": one.status.name.lower(),
        "reason": one.reason.value if one.reason else None,
        "text": one.text,
        "decidedAt": one.decided_at.isoformat(),
        "state": one.state.value,
        "deliveredAt": one.delivered_at.isoformat() if one.delivered_at else None,
        "trouble": one.trouble,
    }
