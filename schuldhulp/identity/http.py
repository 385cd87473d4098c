"""Reading forms and answering at a token endpoint."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse

from schuldhulp.identity.faults import TokenRefused

LARGEST_BODY = 16 * 1024
"""Bytes; a form here has a few short fields."""

MOST_FIELDS = 50


async def read_form(request: Request) -> list[tuple[str, str]]:
    """Read a form that was sent as ``application/x-www-form-urlencoded``.

    Returns:
        Names and values in the order in which they came.

    Raises:
        TokenRefused: another kind of body, not UTF-8, too large or too many fields.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise TokenRefused("invalid_request", "Send application/x-www-form-urlencoded")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise TokenRefused("invalid_request", "The body is too large", status=413)
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise TokenRefused("invalid_request", "The body is no form") from None


def refused_token(refusal: TokenRefused) -> JSONResponse:
    """Return the answer of a token endpoint that gives no token (RFC 6749 5.2)."""
    headers = {"WWW-Authenticate": 'Basic realm="token"'} if refusal.status == 401 else {}
    return JSONResponse(
        {"error": refusal.key, "error_description": str(refusal)}, status_code=refusal.status, headers=headers
    )
