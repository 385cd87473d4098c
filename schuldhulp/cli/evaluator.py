"""`schuldhulp evaluator`: what the evaluator was asked."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from schuldhulp.cli.context import As, Json, work_as
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.errors import InvalidInput
from schuldhulp.services.evaluator_report import EvaluatorReport

app = typer.Typer(help="What the evaluator was asked.", no_args_is_help=True)

NOBODY = "(nobody proved who they are)"


@app.callback()
def group() -> None:
    """What the evaluator was asked."""


@app.command()
def report(
    from_: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD; a week back when left out.")] = "",
    to: Annotated[str, typer.Option(help="Last day, included; today when left out.")] = "",
    as_: As = "",
    json: Json = False,
) -> None:
    """Show who asked and sent how much by day, and what was refused and why; about whom is known to nobody.

    Example: schuldhulp evaluator report --from 2026-11-01 --as a.smit
    """
    first, last = _day(from_, "from"), _day(to, "to")
    with work_as(as_) as work, work.cockpit.evaluator_reports() as reports:
        found = reports.report(actor=work.actor, first=first, last=last)
    if json:
        say_json(_plain(found))
        return
    say(f"asked from {found.first} to {found.last} (days in UTC)")
    say_table(
        ("day", "asker", "name", "epoch", "requests", "questions"),
        [
            (
                line.day.isoformat(),
                line.asker,
                found.names.get(line.asker, ""),
                str(line.epoch or ""),
                str(line.requests),
                str(line.elements),
            )
            for line in found.usage
        ],
    )
    say("sealed messages")
    say_table(
        ("day", "asker", "name", "claim ids", "messages", "KiB"),
        [
            (
                line.day.isoformat(),
                line.asker,
                found.names.get(line.asker, ""),
                str(line.claim_ids),
                str(line.messages),
                str(-(-line.size // 1024)),
            )
            for line in found.channel
        ],
    )
    say("refused")
    say_table(
        ("day", "asker", "name", "reason", "times"),
        [
            (line.day.isoformat(), line.asker or NOBODY, found.names.get(line.asker, ""), line.reason, str(line.times))
            for line in found.refusals
        ],
    )
    say(f"the municipality itself may ask {found.municipality_quota} a day")
    for day in found.municipality:
        if day.alarm:
            say(f"ALARM {day.day}: it asked {day.elements}; see whether that many were enrolled (docs/runbook.md)")
    say(f"its reviewer may have {found.reviewer_claim_ids} claim ids computed and send {found.reviewer_messages} a day")
    for one in found.reviewer:
        if one.alarm:
            say(
                f"ALARM {one.day}: it had {one.claim_ids} claim ids computed and sent {one.messages} messages;"
                " see whether that many claims came in (docs/runbook.md)"
            )


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("day_invalid", f"{field}: a day is expected as YYYY-MM-DD", field=field) from None


def _plain(found: EvaluatorReport) -> dict[str, object]:
    return {
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "asked": [
            {
                "day": line.day.isoformat(),
                "asker": line.asker,
                "epoch": line.epoch,
                "requests": line.requests,
                "questions": line.elements,
            }
            for line in found.usage
        ],
        "channel": [
            {
                "day": line.day.isoformat(),
                "asker": line.asker,
                "claim_ids": line.claim_ids,
                "messages": line.messages,
                "bytes": line.size,
            }
            for line in found.channel
        ],
        "refused": [
            {"day": line.day.isoformat(), "asker": line.asker or None, "reason": line.reason, "times": line.times}
            for line in found.refusals
        ],
        "municipality": {
            "quota": found.municipality_quota,
            "days": [
                {"day": day.day.isoformat(), "questions": day.elements, "alarm": day.alarm}
                for day in found.municipality
            ],
        },
        "reviewer": {
            "claim_ids": found.reviewer_claim_ids,
            "messages": found.reviewer_messages,
            "days": [
                {"day": one.day.isoformat(), "claim_ids": one.claim_ids, "messages": one.messages, "alarm": one.alarm}
                for one in found.reviewer
            ],
        },
    }
