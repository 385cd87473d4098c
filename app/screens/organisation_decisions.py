"""What was decided about a creditor, told as what each decision changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.components import formats
from app.components.html import Html, escape, join, tag
from app.components.table import Column, table
from app.texts import known, t

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.organisations import AdmittedOrganisation
    from schuldhulp.services.ports import Admission, Quota


def quota_words(quota: Quota) -> str:
    """Return limits in words, with a mark at the thousands."""
    return t("orgs.quota_words", daily=formats.whole(quota.daily), epoch=formats.whole(quota.per_epoch))


def decisions(found: AdmittedOrganisation) -> Html:
    """Return the table of decisions, newest first: when, what changed, why, and who decided."""
    oldest_first = list(reversed(found.decisions))
    columns = tuple(Column(heading=t(f"orgs.{name}")) for name in ("when", "what", "why", "who"))
    rows = [
        (
            formats.moment(one.at),
            _what(one, oldest_first[:number], found.pages),
            one.reason,
            _who(one.by, found),
        )
        for number, one in enumerate(oldest_first)
        if known(f"orgs.decision_{one.action}")
    ]
    return table(t("orgs.decisions"), columns, reversed(rows))


def _what(one: Admission, before: Sequence[Admission], pages: str | None) -> Html:
    """Return one decision: its name, and below it what it changed."""
    if one.action == "admit":
        name, changes = _admitted(one, before, pages)
    else:
        name = one.action
        changes = [_with_address("orgs.about_account", account) for account in one.accounts if name == "remove"]
    return tag("span", t(f"orgs.decision_{name}"), *(tag("span", change, class_="note") for change in changes))


def _admitted(one: Admission, before: Sequence[Admission], pages: str | None) -> tuple[str, list[Html]]:
    last = next((other for other in reversed(before) if other.action == "admit"), None)
    again = bool(before) and before[-1].action == "suspend"
    changes: list[Html] = []
    if one.quota is not None and last is None:
        changes.append(escape(t("orgs.set_quota", new=quota_words(one.quota))))
    elif one.quota is not None and last is not None and last.quota is not None and last.quota != one.quota:
        changes.append(escape(t("orgs.change_quota", old=quota_words(last.quota), new=quota_words(one.quota))))
    had = _accounts(before)
    for account in one.accounts:
        if account not in had:
            changes.append(_with_address("orgs.change_pages" if account == pages else "orgs.change_account", account))
    if one.account_quota is not None:
        changes.append(escape(t("orgs.set_account_quota", count=formats.whole(one.account_quota))))
    ground = last.bsn_ground if last is not None else None
    if one.bsn_ground and one.bsn_ground != ground:
        changes.append(escape(t("orgs.set_ground", ground=one.bsn_ground)))
    elif ground and not one.bsn_ground:
        changes.append(escape(t("orgs.change_no_ground")))
    if last is None:
        return "admit", changes
    if again:
        return "again", changes
    return ("change" if changes else "repeat"), changes


def _accounts(decided: Sequence[Admission]) -> set[str]:
    found: set[str] = set()
    for one in decided:
        if one.action == "remove":
            found -= set(one.accounts)
        else:
            found |= set(one.accounts)
    return found


def _with_address(key: str, account: str) -> Html:
    # The address in a type of its own, and able to break: it is wider than a telephone.
    before, _, after = t(key, account="\0").partition("\0")
    return join((before, tag("span", account, class_="address"), after))


def _who(by: str, found: AdmittedOrganisation) -> str:
    return found.people.get(by, by)
