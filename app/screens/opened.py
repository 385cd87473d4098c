"""The dossier that a member of staff has open: which one, and why if it is not her own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode

import streamlit as st

from app import session
from app.components import layout, notices
from app.components.errors import error_text
from app.components.html import show
from app.texts import t
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import InvalidInput

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView, RecordView

REASON_LENGTH = 500


def address(page: str, dossier: DossierId, **parameters: str | bytes) -> str:
    """Return the address of a page about a dossier. It holds random identifiers and names of parts, nothing else."""
    query = {"dossier": dossier, **parameters}
    return f"/{page}?" + urlencode({name: v.hex() if isinstance(v, bytes) else v for name, v in query.items()})


def form_address(page: str, dossier: DossierId, **parameters: str | bytes) -> str:
    """Return the address of a form, with a number of its own: the next time it is opened, it is a new form."""
    return address(page, dossier, **parameters, nr=secrets.token_hex(4))


def form_number() -> str:
    """Return the number that the link to this form gave it."""
    return st.query_params.get("nr", "")[:8]


def identifier(name: str) -> bytes | None:
    """Return the identifier of 32 bytes that the address gives under a name, or None when there is no good one."""
    try:
        value = bytes.fromhex(st.query_params.get(name, ""))
    except ValueError:
        return None
    return value if len(value) == 32 else None


def open_dossier(actor: Actor, chosen: DossierId | None = None, *, purpose: Purpose = Purpose.DEBT_HELP) -> DossierView:
    """Return a dossier; asks for a reason first where one is needed.

    Args:
        actor: who opens it.
        chosen: the dossier; that of the address by default.
        purpose: what for, when it is her own client.

    Raises:
        SchuldhulpError: it is not there, or it cannot be read.
    """
    found = chosen or identifier("dossier")
    if found is None:
        layout.title(t("dossier.title"))
        show(layout.empty(t("dossier.none")), layout.link("/", t("dossier.to_clients")))
        st.stop()
    dossier = DossierId(found)
    reasons: dict[bytes, str] = st.session_state.setdefault("opened_reasons", {})
    # Not her own client: she works in the place of somebody else, and says why.
    if dossier in reasons:
        purpose = Purpose.REPLACEMENT
    try:
        return session.cockpit().dossiers.open(
            actor=actor, dossier=dossier, purpose=purpose, reason=reasons.get(dossier)
        )
    except InvalidInput as error:
        if error.field != "reason":
            raise
        # A reason that is refused is forgotten, so that another one can be given.
        refused = reasons.pop(dossier, None) is not None
        _ask_reason(dossier, reasons, error_text(error, t("reason.field")) if refused else "")


def _ask_reason(dossier: DossierId, reasons: dict[bytes, str], problem: str) -> NoReturn:
    layout.title(t("reason.title"), t("reason.lead"))
    with st.form("reason", border=False):
        given = st.text_input(t("reason.field"), key="reason_text", max_chars=REASON_LENGTH)
        sent = st.form_submit_button(t("reason.open"), type="primary", key="reason_open")
    if sent and given.strip():
        reasons[dossier] = given.strip()
        st.rerun()
    if sent:
        problem = t("reason.missing")
    if problem:
        notices.error_summary([("reason_text", problem)])
    show(layout.link("/", t("dossier.to_clients")))
    st.stop()


def is_open_to(actor: Actor, dossier: DossierId) -> bool:
    """Say whether a dossier opens without asking anything: her own, or one that she gave a reason for."""
    return dossier in actor.dossiers or dossier in st.session_state.get("opened_reasons", {})


def record_of(view: DossierView) -> RecordView | None:
    """Return the record of the address, or None when the address names none of this dossier."""
    found = identifier("gegeven")
    return next((each for each in view.records if found is not None and each.record_id == RecordId(found)), None)
