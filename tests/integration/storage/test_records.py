"""Taking clients in, recording, changing and opening, on a real database."""

from __future__ import annotations

from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import RecordKind
from schuldhulp.domain.trust import TrustState
from tests.support.factories import RecordKeeping, make_obligation


def test_open_shows_what_was_recorded_and_verified(keeping: RecordKeeping, caseworker: Actor) -> None:
    dossier = keeping.add_dossier(caseworker)
    owner = keeping.first_applicant(dossier)
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_obligation(owner))
    changed = keeping.records.change(
        actor=caseworker,
        dossier=dossier,
        record_id=added.record_id,
        expected_version=1,
        record=make_obligation(owner, note="nieuw"),
    )
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert view.trust.state is TrustState.BEING_RECORDED, view.trust
    keeping.anchor()
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert view.trust.state is TrustState.VERIFIED, view.trust
    assert changed.version == 2
    shown = view.of_kind(RecordKind.OBLIGATION)[0]
    assert shown.version == 2
    assert shown.verified
    assert shown.record == make_obligation(owner, note="nieuw")
    assert keeping.verification.dossier(actor=caseworker, dossier=dossier).state is TrustState.VERIFIED
    assert keeping.verification.all(actor=caseworker).state is TrustState.VERIFIED
