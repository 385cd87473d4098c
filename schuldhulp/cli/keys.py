"""`schuldhulp keys`: the keyrings of an installation."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from schuldhulp.cli.output import say, say_json
from schuldhulp.config import load_settings
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import NotAllowed

app = typer.Typer(help="Keyrings: one file for each process, encrypted with a passphrase file.", no_args_is_help=True)


def epoch_of(day: datetime.date) -> Epoch:
    """Return the epoch of a day: year and quarter, 20264 for the last quarter of 2026."""
    return Epoch(day.year * 10 + (day.month + 2) // 3)


@app.command()
def init(
    creditor: Annotated[
        list[str] | None, typer.Option(help="KvK number of a creditor that gets a keyring here; repeat for more.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder to make them in, on a machine without a network; needed in production.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Make one keyring only: of a new `administrator`, or of the new `network`'s.")
    ] = None,
) -> None:
    """Make a keyring for each process, with its passphrase file; what is there already stays.

    Example: schuldhulp keys init --creditor 12345678
    """
    from schuldhulp.services.keys import create_administration, create_keys

    settings = load_settings()
    if settings.production and (to is None or to.resolve() == settings.keys.resolve()):
        raise NotAllowed(
            "development_only",
            "in production no machine holds all keys: name a folder with --to, and distribute them (docs/runbook.md)",
        )
    folder = to or settings.keys
    if only is not None:
        say(f"{only}: {create_administration(folder, only)}, in {folder}")
        return
    today = datetime.datetime.now(datetime.UTC).date()
    create_keys(folder, epoch=epoch_of(today), creditors=creditor or [])
    say(f"keys are in {folder}")


@app.command()
def renew(
    account: Annotated[str, typer.Argument(help="registrar, reviewer or receipt_signer.")],
    instead_of: Annotated[str, typer.Option(help="Address that the account has now; shown by keys show.")],
) -> None:
    """Draw a new key for an account of the worker, after a loss; all other keys of its keyring stay.

    Example: schuldhulp keys renew registrar --instead-of 0x52908400098527886E0F7030069857D2E4169EE7
    """
    from schuldhulp.services.keys import renew_account

    settings = load_settings()
    address = renew_account(settings.keys, account, instead_of=instead_of, private=settings.production)
    say(f"{account}: {address}; give it the role (docs/runbook.md), then restart the worker")


@app.command()
def show(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show what is public of the keys: addresses, claim key, epochs.

    Example: schuldhulp keys show --json
    """
    from schuldhulp.services.keys import read_public_keys

    public = read_public_keys(load_settings().keys)
    if json:
        say_json(
            {
                "addresses": dict(public.addresses),
                "claimKey": public.claim_key.hex(),
                "epochs": {str(epoch): [key.hex() for key in pair] for epoch, pair in public.evaluator_keys.items()},
                "creditors": dict(public.creditors),
            }
        )
        return
    for name, address in public.addresses.items():
        say(f"{name}: {address}")
    say(f"epochs: {', '.join(str(epoch) for epoch in public.evaluator_keys)}")
