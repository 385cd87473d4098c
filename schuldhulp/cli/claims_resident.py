"""`schuldhulp claims dispute|answer`: what the resident says of a claim, and the caseworker's answer."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.cli.claims_desk import ClaimArgument, claim_id_of
from schuldhulp.cli.context import As, Reason, Work, open_dossier, read_text, work_as
from schuldhulp.cli.output import say
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict

Seen = Annotated[
    int, typer.Option("--seen", help="Version of the record that the resident was told of; the newest by default.")
]


def dispute(claim: ClaimArgument, reason: Reason = "", seen: Seen = 0, as_: As = "") -> None:
    """Write down that the resident says that a claim is wrong, and why; until it was answered nobody takes it in.

    Example: schuldhulp claims dispute 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876 --as s.visser
    """
    with work_as(as_) as work:
        dossier, record_id, version = _held(work, claim, reason)
        said = read_text("why it is wrong, in the resident's words")
        work.cockpit.claim_objections.dispute(
            actor=work.actor, dossier=dossier, record_id=record_id, expected_version=seen or version, reason=said
        )
    say("written down: the resident disputes this claim; it waits for an answer (`claims answer`)")


def answer(claim: ClaimArgument, reason: Reason = "", seen: Seen = 0, as_: As = "") -> None:
    """Answer the resident who disputes a claim; after that it can be decided on.

    Example: schuldhulp claims answer 000e070c160a6299c5438070b1aa737b14fc2992ed49579c14264884886a5876 --as s.visser
    """
    with work_as(as_) as work:
        dossier, record_id, version = _held(work, claim, reason)
        text = read_text("the answer to the resident, in plain language")
        work.cockpit.claim_objections.answer(
            actor=work.actor, dossier=dossier, record_id=record_id, expected_version=seen or version, text=text
        )
    say("answered; the resident reads it on the page of the claim")


def _held(work: Work, claim: str, reason: str) -> tuple[DossierId, RecordId, int]:
    """Open the dossier that a claim belongs to; return it with the claim's record and its newest version."""
    link = work.cockpit.claim_desk.link_of(actor=work.actor, claim_id=claim_id_of(claim))
    if link is None:
        raise Conflict("claim_not_linked", "say first to which dossier this claim belongs: `claims link`")
    view = open_dossier(work, link.dossier.hex(), Purpose.CLAIM_REVIEW, reason)
    version = next((each.version for each in view.records if each.record_id == link.record), 0)
    return link.dossier, link.record, version
