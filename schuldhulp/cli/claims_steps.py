"""`schuldhulp claims unlink|take-back|note-withdrawal`: steps on claims that are undone, by us or by the creditor."""

from __future__ import annotations

from schuldhulp.cli.claims_desk import ClaimArgument, claim_id_of
from schuldhulp.cli.context import As, Reason, Work, open_dossier, read_text, work_as
from schuldhulp.cli.output import say
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.types import ClaimId


def unlink(claim: ClaimArgument, reason: Reason = "", as_: As = "") -> None:
    """Take a claim out of a dossier that it does not belong to; why is read from the keyboard or a pipe.

    Example: schuldhulp claims unlink 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876 --as s.visser
    """
    claim_id = claim_id_of(claim)
    with work_as(as_) as work:
        number = _open(work, claim_id, reason)
        said = read_text("why the claim does not belong there")
        work.cockpit.claim_desk.unlink(actor=work.actor, claim_id=claim_id, reason=said)
    say(f"taken out of dossier {number}; `claims link` puts it where it belongs")


def take_back(claim: ClaimArgument, reason: Reason = "", as_: As = "") -> None:
    """Take back a decision that the worker has not signed yet; the creditor never learns of it.

    Example: schuldhulp claims take-back 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876 --as s.visser
    """
    claim_id = claim_id_of(claim)
    with work_as(as_) as work:
        _open(work, claim_id, reason)
        work.cockpit.claim_desk.take_back(actor=work.actor, claim_id=claim_id)
    say("taken back; decide anew with `claims decide`")


def note_withdrawal(claim: ClaimArgument, reason: Reason = "", as_: As = "") -> None:
    """Write down in the dossier that the creditor withdrew a claim; its debt no longer counts there.

    Example: schuldhulp claims note-withdrawal 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876
    """
    claim_id = claim_id_of(claim)
    with work_as(as_) as work:
        number = _open(work, claim_id, reason)
        work.cockpit.claim_desk.note_withdrawal(actor=work.actor, claim_id=claim_id)
    say(f"written down in dossier {number}")


def _open(work: Work, claim_id: ClaimId, reason: str) -> str:
    """Open the dossier that a claim belongs to, if any; return its number."""
    link = work.cockpit.claim_desk.link_of(actor=work.actor, claim_id=claim_id)
    if link is None:
        return ""
    return open_dossier(work, link.dossier.hex(), Purpose.CLAIM_REVIEW, reason).summary.file_number
