"""Creditors for an administrator: who is admitted and with what, and admitting, changing, suspending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, notices
from app.components.html import Html, join, show, tag
from app.components.notices import status
from app.components.table import Column, facts, table
from app.screens import organisation_forms
from app.screens.organisation_decisions import decisions, quota_words
from app.texts import t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.organisations import AdmittedOrganisation
    from schuldhulp.services.ports import Organisation

PATH = "/schuldeisers"
COMMANDS = ("list", "admit", "suspend", "remove_account")


def page() -> None:
    """Show the list, one organisation, or a form, by what the address asks for."""
    actor = session.guard(Role.ADMINISTRATOR)
    service = session.cockpit().organisations
    if not service.ready(actor=actor):
        _elsewhere()
        return
    kvk, act = st.query_params.get("kvk", ""), st.query_params.get("actie", "")
    if act == "toelaten":
        organisation_forms.admit(actor, None)
    elif kvk:
        try:
            found = service.organisation(actor=actor, kvk=kvk)
        except (NotFound, InvalidInput):
            _list(actor)
            return
        _one(actor, found, act)
    else:
        _list(actor)


def _elsewhere() -> None:
    """Say what to run where the administrator's key is, because it is not here."""
    layout.title(t("orgs.title"), t("orgs.lead"))
    notices.notice("info", t("orgs.elsewhere_title"), t("orgs.elsewhere"))
    for name in COMMANDS:
        show(tag("p", t(f"orgs.command_{name}")), _command(t(f"orgs.run_{name}")))
    show(tag("p", t("orgs.command_pages"), class_="hint"))


def _command(text: str) -> Html:
    return tag("pre", tag("code", text), class_="command", tabindex="0")


def _list(actor: Actor) -> None:
    layout.title(t("orgs.title"), t("orgs.lead"))
    show(tag("p", layout.link(f"{PATH}?actie=toelaten", t("orgs.admit"), class_="button"), class_="actions"))
    found = session.cockpit().organisations.organisations(actor=actor)
    if not found:
        show(layout.empty(t("orgs.none")))
        return
    show(
        table(
            t("orgs.title"),
            (
                Column(heading=t("orgs.name")),
                Column(heading=t("orgs.kvk")),
                Column(heading=t("orgs.state")),
                Column(heading=t("orgs.accounts"), numeric=True),
                Column(heading=t("orgs.quota")),
                Column(heading=t("orgs.ground")),
                Column(heading=t("orgs.pages")),
            ),
            (
                (
                    layout.link(f"{PATH}?kvk={one.organisation.kvk}", one.organisation.name),
                    one.organisation.kvk,
                    state(one.organisation),
                    str(len(one.organisation.accounts)),
                    quota_words(one.organisation.quota),
                    t("form.yes") if one.organisation.bsn_ground else t("form.no"),
                    t("form.yes") if one.pages and not one.organisation.suspended else t("form.no"),
                )
                for one in found
            ),
        )
    )


def state(organisation: Organisation) -> Html:
    """Return whether an organisation may ask, as sign and words."""
    return status("stop", t("orgs.suspended")) if organisation.suspended else status("good", t("orgs.admitted"))


def _one(actor: Actor, found: AdmittedOrganisation, act: str) -> None:
    kvk = found.organisation.kvk
    if act == "wijzigen":
        organisation_forms.admit(actor, found)
        return
    if act == "stopzetten":
        organisation_forms.suspend(actor, found)
        return
    if act == "account-weghalen":
        organisation_forms.remove_account(actor, found)
        return
    show(tag("p", layout.link(PATH, t("orgs.back"), class_="back")))
    layout.title(found.organisation.name)
    show(
        facts(
            (
                (t("orgs.kvk"), kvk),
                (t("orgs.state"), state(found.organisation)),
                (t("orgs.quota"), quota_words(found.organisation.quota)),
                (t("orgs.ground"), found.organisation.bsn_ground or t("orgs.no_ground")),
                (t("orgs.pages"), t("form.yes" if found.pages and not found.organisation.suspended else "form.no")),
            )
        ),
        layout.section(t("orgs.accounts")),
        _accounts(found),
    )
    again = t("orgs.readmit") if found.organisation.suspended else t("orgs.change")
    actions = [layout.link(f"{PATH}?kvk={kvk}&actie=wijzigen", again, class_="button")]
    if not found.organisation.suspended:
        actions.append(layout.link(f"{PATH}?kvk={kvk}&actie=stopzetten", t("orgs.suspend"), class_="button"))
        if len(found.organisation.accounts) > 0:
            actions.append(layout.link(f"{PATH}?kvk={kvk}&actie=account-weghalen", t("orgs.remove"), class_="button"))
    show(tag("p", join(actions, " "), class_="actions"), layout.section(t("orgs.decisions")), decisions(found))


def _accounts(found: AdmittedOrganisation) -> Html:
    if not found.organisation.accounts:
        return layout.empty(t("orgs.no_accounts"))
    rows = []
    for account in found.organisation.accounts:
        limit = found.organisation.account_quotas.get(account)
        rows.append(
            (
                tag("span", account, class_="address"),
                t("orgs.account_pages") if account == found.pages else t("orgs.account_own"),
                t("orgs.account_quota", count=formats.whole(limit))
                if limit is not None
                else t("orgs.account_no_quota"),
            )
        )
    columns = (
        Column(heading=t("orgs.account")),
        Column(heading=t("orgs.account_whose")),
        Column(heading=t("orgs.account_limit")),
    )
    return table(t("orgs.accounts"), columns, rows)
