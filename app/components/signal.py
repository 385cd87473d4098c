"""The answer to a check: the meaning first, then the word, and what to do now."""

from __future__ import annotations

from collections.abc import Sequence

from app.components import formats, layout
from app.components.html import Html, join, tag
from app.components.notices import Tone, sign, status
from app.components.table import facts
from app.texts import t
from schuldhulp.domain.signal import Signal
from schuldhulp.services.creditor_pages.history import Check

TONES: dict[Signal, Tone] = {Signal.GREEN: "good", Signal.RED: "absent"}
STEPS = {Signal.GREEN: 3, Signal.RED: 2}


def answer(check: Check, *, municipality: str) -> Html:
    """Return the large answer to one check.

    Args:
        check: what was asked and answered.
        municipality: name of the municipality that was asked.
    """
    name = str(check.signal)
    steps = (tag("li", _step(check, number)) for number in range(1, STEPS[check.signal] + 1))
    return tag(
        "section",
        tag(
            "div",
            sign(TONES[check.signal]),
            tag(
                "div",
                tag("h2", t(f"ask.{name}_title"), class_="title", id="answer-title"),
                tag("p", t(f"ask.{name}_word"), class_="word"),
            ),
            class_="head",
        ),
        tag("p", t(f"ask.{name}_means")),
        tag("h3", t("ask.now"), class_="subsection"),
        tag("ol", *steps),
        facts(
            (
                (t("ask.number"), tag("span", check.check_number, class_="check-number")),
                (t("ask.reference"), check.reference),
                (t("ask.at"), formats.moment(check.checked_at)),
                (t("ask.municipality"), municipality),
                (t("ask.contact"), layout.contact(check.contact) if check.contact else None),
            )
        ),
        *(tag("p", warning, class_="limits") for warning in _warnings(check)),
        class_=f"answer {TONES[check.signal]}",
        aria_labelledby="answer-title",
        tabindex="-1",
    )


def _step(check: Check, number: int) -> Html:
    if check.signal is Signal.GREEN and number == 2:
        return join((t("ask.green_step_2"), " ", layout.contact(check.contact)))
    return join((t(f"ask.{check.signal}_step_{number}"),))


def _warnings(check: Check) -> Sequence[str]:
    return [t(f"signal_warning.{warning}") for warning in check.warnings]


def word(signal: Signal) -> Html:
    """Return an answer as sign and words, for a table."""
    return status(TONES[signal], t(f"ask.{signal}_short"))
