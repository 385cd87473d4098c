"""What can go wrong while somebody logs in."""

from __future__ import annotations

from typing import ClassVar

from schuldhulp.errors import InvalidInput, NotAllowed, SchuldhulpError


class LoginFailed(SchuldhulpError):
    """A login that cannot be finished; the key names the page that says what to do.

    Attributes:
        error: OAuth error that the cockpit is given.
        status: HTTP status of the page.
    """

    error: ClassVar[str] = "access_denied"
    status: ClassVar[int] = 400


class LoginCancelled(LoginFailed):
    """The person chose not to log in."""


class LoginExpired(LoginFailed):
    """Nobody knows this login here: it took too long, was finished already, or began in another browser."""


class LevelTooLow(LoginFailed):
    """The login is real, but weaker than this cockpit asks for."""

    status = 403


class UpstreamInvalid(LoginFailed):
    """The upstream's answer does not hold: signature, issuer, audience, nonce, time or contents."""

    error = "server_error"
    status = 502


class UpstreamUnavailable(LoginFailed):
    """The upstream does not answer, or there is none for this way to log in."""

    error = "temporarily_unavailable"
    status = 503


class RequestRefused(InvalidInput):
    """A request that must not be answered with a redirect: the client or its address is not known."""


class AuthorizationRefused(NotAllowed):
    """A request of a known client that breaks the protocol.

    Attributes:
        location: where the browser goes, with the OAuth error.
    """

    def __init__(self, *, error: str, message: str, location: str) -> None:
        """Keep the error and the way back.

        Args:
            error: OAuth error code.
            message: technical text.
            location: address of the client with the error in it.
        """
        super().__init__(error, message)
        self.location = location


class TokenRefused(NotAllowed):
    """A request to the token endpoint that gets no token.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, error: str, message: str, *, status: int = 400) -> None:
        """Keep the OAuth error code as key.

        Args:
            error: OAuth error code.
            message: technical text, given to the client.
            status: HTTP status.
        """
        super().__init__(error, message)
        self.status = status
