"""The one family of errors.

Each error carries a key (which the cockpit turns into a sentence in the reader's language), the name of the field that
is wrong where there is one, and a technical text in English for the command line and the log. Neither ever holds
personal data or a secret: a value that somebody typed is never repeated.
"""

from __future__ import annotations

from typing import ClassVar


class SchuldhulpError(Exception):
    """Something went wrong that this system knows how to name.

    Attributes:
        key: name of the sentence for people, for example ``bsn_invalid``.
        field: name of the input that is wrong, or None when no input is.
        parameters: harmless values for the sentence, such as a line number or a limit; never personal data.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, key: str, message: str, *, field: str | None = None, **parameters: str | int) -> None:
        super().__init__(message)
        self.key = key
        self.field = field
        self.parameters = parameters


class InvalidInput(SchuldhulpError):
    """A value from outside does not follow the rules; nothing has been saved."""

    exit_code = 2


class NotAllowed(SchuldhulpError):
    """The actor has no right to this."""

    exit_code = 2


class LimitReached(NotAllowed):
    """Somebody has asked for too much, or left too much behind.

    Attributes:
        retry_after: seconds after which asking again makes sense.
    """

    def __init__(self, key: str, message: str, *, field: str | None, retry_after: int) -> None:
        """Name the limit and the time to wait."""
        super().__init__(key, message, field=field, retry_after=retry_after)
        self.retry_after = retry_after


class NotAdmitted(NotAllowed):
    """The login is valid, but nobody here knows who it belongs to."""


class NotFound(SchuldhulpError):
    """What was asked for is not there."""

    exit_code = 2


class Conflict(SchuldhulpError):
    """Somebody else changed the same thing first."""

    exit_code = 2


class Undecryptable(SchuldhulpError):
    """A ciphertext does not open under the key and the place that it should belong to."""


class ProofInvalid(SchuldhulpError):
    """A proof does not hold: the answer was not made with the published key."""


class Deviation(SchuldhulpError):
    """The database and the chain do not tell the same story; writing has been stopped."""


class Unreachable(SchuldhulpError):
    """The chain, the database or the evaluator does not answer."""

    exit_code = 3


class ChainMismatch(Unreachable):
    """The chain that answers is not the one that was deployed to, or it is stale."""


class Misconfigured(SchuldhulpError):
    """A setting, key file or deployment file is missing or wrong."""

    exit_code = 2
