"""`schuldhulp creditor`: letting organisations ask for signals, and shutting them out."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.cli.context import As, Json, read_line, work_as
from schuldhulp.cli.output import say, say_json, say_table

creditors = typer.Typer(help="Organisations that may ask for signals.", no_args_is_help=True)


@creditors.command()
def admit(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    name: Annotated[str, typer.Option(help="Name of the organisation.")],
    account: Annotated[str, typer.Option(help="Address of its Ethereum account.")],
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
    as_: As = "",
) -> None:
    """Admit an organisation, add an account to it, or renew its quotas or legal ground; gives the roles on the chain.

    Example: schuldhulp creditor admit --kvk 12345678 --name "Woonstichting" --account 0x... --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        admitted = admission.admit(
            actor=work.actor,
            kvk=kvk,
            name=name,
            account=account,
            daily_quota=daily_quota,
            epoch_quota=epoch_quota,
            bsn_ground=bsn_ground or None,
            withdraw_bsn=no_bsn,
        )
        work.cockpit.staff.put_creditor(actor=work.actor, kvk=admitted.kvk, name=admitted.name)
        say(f"organisation {admitted.kvk} may ask for signals")


@creditors.command()
def suspend(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    as_: As = "",
) -> None:
    """Shut an organisation out, at once; why is read from standard input.

    Example: echo "vraagt naar onbekenden" | schuldhulp creditor suspend --kvk 12345678 --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        reason = read_line("reason")
        # Each works without the other, so whatever does not answer, what can be shut is shut.
        work.cockpit.staff.close_creditor(actor=work.actor, kvk=kvk)
        admission.suspend(actor=work.actor, kvk=kvk, reason=reason)
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
    with work_as(as_) as work, work.cockpit.admission() as admission:
        left = admission.remove_account(actor=work.actor, kvk=kvk, account=account, reason=read_line("reason"))
        say(f"account removed; organisation {left.kvk} has {len(left.accounts)} left")


@creditors.command("list")
def list_creditors(as_: As = "", json: Json = False) -> None:
    """List the organisations that were ever admitted.

    Example: schuldhulp creditor list --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        found = admission.organisations(actor=work.actor)
        rows = [(entry.kvk, entry.name, "suspended" if entry.suspended else "admitted") for entry in found]
        if json:
            say_json([{"kvk": kvk, "name": name, "state": state} for kvk, name, state in rows])
        else:
            say_table(("kvk", "name", "state"), rows)
