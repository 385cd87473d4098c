"""Sentences for what the services refuse."""

from __future__ import annotations

from datetime import datetime

from app.components.formats import moment
from app.texts import known, t
from schuldhulp.errors import Conflict, Deviation, NotAllowed, NotFound, SchuldhulpError, Unreachable


def function_name(code: str) -> str:
    """Return the word for the function of somebody who did something: ``caseworker``, ``resident`` ..."""
    return t(f"function.{code}") if known(f"function.{code}") else t("function.unknown")


_FAMILIES = ((Conflict, "conflict"), (Deviation, "deviation"), (Unreachable, "unreachable"), (NotFound, "not_found"),
             (NotAllowed, "not_allowed"))  # fmt: skip


def error_text(error: SchuldhulpError, label: str = "") -> str:
    """Return the sentence for an error: what is wrong and what to do.

    Args:
        error: the error.
        label: name of the field as the form calls it; without one the sentence speaks of "dit veld".
    """
    parameters = {**error.parameters, "field": label or t("error.this_field")}
    if "function" in parameters:
        parameters["function"] = function_name(str(parameters["function"]))
    if "at" in parameters:
        parameters["at"] = moment(datetime.fromisoformat(str(parameters["at"])))
    if known(f"error.{error.key}"):
        return t(f"error.{error.key}", **parameters)
    for family, key in _FAMILIES:
        if isinstance(error, family):
            return t(f"error.{key}", **parameters)
    return t("error.field" if error.field else "error.other", **parameters)
