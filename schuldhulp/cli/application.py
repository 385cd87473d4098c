"""All groups of commands put together, and how they end."""

from __future__ import annotations

import errno
from typing import Final

import typer

from schuldhulp.cli import (
    checks,
    claims,
    claims_inbox,
    clients,
    creditors,
    demo,
    epochs,
    evaluator,
    keys,
    notices,
    notices_received,
    records,
    serve,
    signals,
    staff,
    statements,
    statements_desk,
)
from schuldhulp.cli.output import explain, explain_unexpected, silence_output
from schuldhulp.errors import Misconfigured, SchuldhulpError

INTERRUPTED = 130
"""Exit code after Ctrl-C."""

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of a disk, or of what stands for one under standard output, that takes nothing more."""

app = typer.Typer(
    name="schuldhulp",
    help="Work with the dossiers of a credit bank, check them against the chain, and ask for signals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
app.add_typer(clients.app, name="client")
app.command("enrol")(clients.enrol)
app.command("end-enrolment")(clients.end_enrolment)
app.add_typer(records.records, name="record")
app.add_typer(records.dossiers, name="dossier")
app.command("anchor")(checks.anchor)
app.command("verify")(checks.verify)
app.command("signal")(signals.signal)
app.add_typer(claims.app, name="claim")
app.add_typer(claims_inbox.app, name="claims")
app.add_typer(statements.app, name="statement")
app.add_typer(statements_desk.app, name="statements")
app.add_typer(notices_received.app, name="notice")
app.add_typer(notices.app, name="notices")
app.command("status")(checks.status)
app.add_typer(creditors.creditors, name="creditor")
app.add_typer(evaluator.app, name="evaluator")
app.add_typer(staff.app, name="staff")
app.add_typer(demo.app, name="demo")
app.add_typer(keys.app, name="keys")
app.add_typer(epochs.app, name="epoch")
app.add_typer(serve.app, name="serve")


def run(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: words after the name of the command.

    Returns:
        The exit code.
    """
    try:
        # Typer itself explains wrong usage and leaves with 2.
        app(args=arguments, prog_name="schuldhulp")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except SchuldhulpError as error:
        return explain(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be written at exit either.
        silence_output()
        return 0
    except OSError as error:
        if error.errno not in FULL:
            return explain_unexpected(error)
        silence_output()
        return explain(Misconfigured("out_invalid", f"the answers cannot be written ({error.strerror})", field="out"))
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "schuldhulp"):
            return explain_unexpected(error)
        return explain(
            Misconfigured(
                "package_missing",
                f"this command needs {package}, which is not installed: a creditor's commands work without it; for the "
                "others: pip install 'schuldhulp[cockpit]'",
                package=package,
            )
        )
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback, it could hold personal data
        return explain_unexpected(error)
    return 0
