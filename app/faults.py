"""What a visitor sees when something goes wrong that no screen expected."""

from __future__ import annotations

import logging
import secrets
import traceback

from app.components import notices
from app.texts import t

_LOG = logging.getLogger(__name__)


def report(error: BaseException) -> bool:
    """Show a calm text with a reference number, and log under that number where it happened.

    The log gets the kind of error and the places in the code, never its text: that may repeat what somebody typed.

    Args:
        error: what went wrong.

    Returns:
        True: Streamlit need not show or log it once more.
    """
    reference = secrets.token_hex(4).upper()
    places = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    _LOG.error("reference %s: %s at %s", reference, type(error).__name__, places)
    notices.notice("error", t("fault.title"), t("fault.text"), t("fault.reference", reference=reference))
    return True
