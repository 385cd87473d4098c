"""`schuldhulp creditor`: letting organisations ask for signals, and shutting them out."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.cli.context import As, Json, read_line, work_as
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.services.creditor_pages.organisations import Application
from schuldhulp.services.ports import Admission, Organisation

creditors = typer.Typer(help="Organisations that may ask for signals.", no_args_is_help=True)


@creditors.command()
def admit(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    name: Annotated[str, typer.Option(help="Name of the organisation.")],
    account: Annotated[
        str, typer.Option(help="Address of its Ethereum account; left out, it keeps the accounts that it has.")
    ] = "",
    pages: Annotated[
        bool,
        typer.Option("--pages", help="It may ask on the pages of the cockpit, with an account that is kept there."),
    ] = False,
    bsn_ground: Annotated[
        str,
        typer.Option(help="Legal ground on which it may process citizen service numbers; left out, it stays as it is."),
    ] = "",
    no_bsn: Annotated[
        bool, typer.Option("--no-bsn", help="It may process citizen service numbers no longer, with any account.")
    ] = False,
    daily_quota: Annotated[
        int | None, typer.Option(help="Questions a day; left out, what it has, or the standard for a new one.")
    ] = None,
    epoch_quota: Annotated[int | None, typer.Option(help="Questions an epoch, in the same way.")] = None,
    quota_reason: Annotated[str, typer.Option(help="Why it gets more than the standard quota; no personal data.")] = "",
    account_quota: Annotated[
        int | None,
        typer.Option(help="Questions a day of this account alone; with --pages SCHULDHULP_PAGES_QUOTA by default."),
    ] = None,
    lift_suspension: Annotated[
        str, typer.Option(help="Why a suspended organisation is let in again; without it, it stays suspended.")
    ] = "",
    as_: As = "",
) -> None:
    """Admit an organisation, add an account to it, or renew its quotas or legal ground; gives the roles on the chain.

    Example: schuldhulp creditor admit --kvk 12345678 --name "Woonstichting" --account 0x... --as a.smit
    """
    application = Application(
        kvk=kvk,
        name=name,
        account=account or None,
        bsn_ground=bsn_ground or None,
        withdraw_bsn=no_bsn,
        daily_quota=daily_quota,
        epoch_quota=epoch_quota,
        quota_reason=quota_reason or None,
        pages=pages,
        account_quota=account_quota,
        lift_suspension=lift_suspension or None,
    )
    with work_as(as_) as work:
        admitted = work.cockpit.organisations.admit(actor=work.actor, application=application)
    say(f"organisation {admitted.organisation.kvk} may ask for signals")
    if pages:
        say(f"its account on the pages is {admitted.pages}")


@creditors.command()
def suspend(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    as_: As = "",
) -> None:
    """Shut an organisation out, at once; why is read from standard input.

    Example: echo "vraagt naar onbekenden" | schuldhulp creditor suspend --kvk 12345678 --as a.smit
    """
    with work_as(as_) as work:
        work.cockpit.organisations.suspend(actor=work.actor, kvk=kvk, reason=read_line("reason"))
        say(f"organisation {kvk} is suspended")


@creditors.command("remove-account")
def remove_account(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    account: Annotated[str, typer.Option(help="Address of the Ethereum account that signs for it no longer.")],
    as_: As = "",
) -> None:
    """Take one account away from an organisation, at once, as when its key leaked; why is read from standard input.

    Example: echo "sleutel gelekt" | schuldhulp creditor remove-account --kvk 12345678 --account 0x... --as a.smit
    """
    with work_as(as_) as work:
        left = work.cockpit.organisations.remove_account(
            actor=work.actor, kvk=kvk, account=account, reason=read_line("reason")
        )
        say(f"account removed; organisation {left.kvk} has {len(left.accounts)} left")


@creditors.command("list")
def list_creditors(as_: As = "", json: Json = False) -> None:
    """List the organisations that were ever admitted.

    Example: schuldhulp creditor list --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        found = admission.organisations(actor=work.actor)
        if json:
            say_json([_plain(entry) for entry in found])
            return
        say_table(
            ("kvk", "name", "state", "accounts", "a day", "an epoch", "BSN"),
            [
                (
                    entry.kvk,
                    entry.name,
                    _state(entry),
                    str(len(entry.accounts)),
                    str(entry.quota.daily),
                    str(entry.quota.per_epoch),
                    "yes" if entry.bsn_ground else "no",
                )
                for entry in found
            ],
        )


@creditors.command()
def show(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")], as_: As = "", json: Json = False
) -> None:
    """Show an organisation: its accounts and quotas, and every decision about it with its ground and reason.

    Example: schuldhulp creditor show --kvk 12345678 --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        found = admission.organisation(actor=work.actor, kvk=kvk)
        decisions = admission.history(actor=work.actor, kvk=kvk)
    if json:
        say_json(_plain(found) | {"history": [_plain_decision(decision) for decision in decisions]})
        return
    say(f"{found.kvk} {found.name}: {_state(found)}")
    say(f"questions: {found.quota.daily} a day, {found.quota.per_epoch} an epoch")
    say(f"citizen service numbers: {found.bsn_ground or 'no'}")
    for account in found.accounts:
        limit = found.account_quotas.get(account)
        say(f"account {account}" + ("" if limit is None else f": {limit} a day"))
    say_table(
        ("when", "who", "what", "accounts", "a day", "an epoch", "of the account", "why"),
        [
            (
                decision.at.isoformat(timespec="minutes"),
                decision.by,
                decision.action,
                str(len(decision.accounts)),
                "" if decision.quota is None else str(decision.quota.daily),
                "" if decision.quota is None else str(decision.quota.per_epoch),
                "" if decision.account_quota is None else str(decision.account_quota),
                decision.reason or decision.bsn_ground or "",
            )
            for decision in decisions
        ],
    )


def _state(organisation: Organisation) -> str:
    return "suspended" if organisation.suspended else "admitted"


def _plain(organisation: Organisation) -> dict[str, object]:
    return {
        "kvk": organisation.kvk,
        "name": organisation.name,
        "state": _state(organisation),
        "accounts": [
            {"account": account, "dailyQuota": organisation.account_quotas.get(account)}
            for account in organisation.accounts
        ],
        "dailyQuota": organisation.quota.daily,
        "epochQuota": organisation.quota.per_epoch,
        "bsnGround": organisation.bsn_ground,
    }


def _plain_decision(decision: Admission) -> dict[str, object]:
    return {
        "at": decision.at.isoformat(),
        "by": decision.by,
        "action": decision.action,
        "accounts": list(decision.accounts),
        "dailyQuota": decision.quota.daily if decision.quota else None,
        "epochQuota": decision.quota.per_epoch if decision.quota else None,
        "accountQuota": decision.account_quota,
        "bsnGround": decision.bsn_ground,
        "reason": decision.reason,
    }
