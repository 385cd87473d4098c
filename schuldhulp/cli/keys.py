"""`schuldhulp keys`: the keyrings of an installation."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Annotated

import typer

from schuldhulp.cli.output import say, say_json
from schuldhulp.config import load_settings
from schuldhulp.crypto.keyring import CreditorKeys
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import InvalidInput, NotAllowed

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
        str | None,
        typer.Option(help="One keyring only: of a new `administrator`, of the new `network`'s, or of a `creditor`."),
    ] = None,
) -> None:
    """Make a keyring for each process, with its passphrase file; what is there already stays.

    Example: schuldhulp keys init --creditor 12345678
    """
    from schuldhulp.services.keys import create_administration, create_creditor, create_keys

    settings = load_settings()
    if only == CreditorKeys.purpose:
        if not creditor:
            raise InvalidInput("creditor_missing", "--creditor: the KvK number is missing", field="creditor")
        for kvk in creditor:
            say(f"{kvk}: {create_creditor(to or settings.keys, kvk)}, in {to or settings.keys}")
        return
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


@app.command("epoch")
def add_epoch(
    epoch: Annotated[int, typer.Option(help="Number of the epoch, as 20271 for the first quarter of 2027.")],
) -> None:
    """Make the evaluator's keys of an epoch, and add the public ones to public.json; where they are already they stay.

    Needs the evaluator's keyring only. A running evaluator takes the keys over by itself.

    Example: schuldhulp keys epoch --epoch 20271
    """
    from schuldhulp.services.epoch_keys import add_epoch

    settings = load_settings()
    bsn, nadb = add_epoch(settings.keys, Epoch(epoch), private=settings.production)
    say(f"epoch {epoch}: 0x{bsn.hex()}, 0x{nadb.hex()}")


@app.command("destroy-epochs")
def destroy_epochs(
    before: Annotated[
        int, typer.Option(help="Destroy the keys of epochs before this one; by default of all that were retired.")
    ] = 0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy the evaluator's keys of epochs that were retired, for good; refused while the chain has one open.

    Needs the evaluator's keyring only. With the keys goes the link between the tags of those epochs and people.

    Example: schuldhulp keys destroy-epochs --before 20271 --yes
    """
    from schuldhulp.bootstrap import epochs_on_chain
    from schuldhulp.services.epoch_keys import destroy_epochs, epochs_to_destroy

    settings = load_settings()
    state = epochs_on_chain(settings)
    doomed = epochs_to_destroy(settings.keys, state, before=Epoch(before), private=settings.production)
    names = ", ".join(str(epoch) for epoch in doomed)
    if doomed and not yes:
        if not sys.stdin.isatty():
            raise NotAllowed("confirmation_needed", "this is final: add --yes where nobody can be asked", field="yes")
        say(
            f"The keys of {names} will be destroyed. This is final: nobody can tell any more whom their tags belong to."
        )
        typer.confirm("Destroy them?", abort=True, err=True)
    destroy_epochs(settings.keys, doomed, private=settings.production)
    say(f"destroyed: {names or 'nothing, no keys of retired epochs are here'}")


@app.command()
def merge(
    file: Annotated[Path, typer.Argument(help="The public.json of the other machine.")],
    source: Annotated[str, typer.Option("--from", help="Whose machine it comes from: evaluator or worker.")],
) -> None:
    """Take over what another machine changed in its public.json: the evaluator its epochs, the worker its accounts.

    Everything else stays as it is here. Refused where the files contradict each other, and on that machine itself.

    Example: schuldhulp keys merge /media/usb/public.json --from evaluator
    """
    from schuldhulp.services.keys import merge_public_keys

    changes = merge_public_keys(load_settings().keys, file, source=source)
    for line in changes or ["nothing new"]:
        say(line)


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
