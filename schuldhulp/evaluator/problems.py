"""How refusals look on the wire: one shape, in words of our own, that never repeats what was sent."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from schuldhulp.errors import (
    Conflict,
    InvalidInput,
    LimitReached,
    NotAdmitted,
    NotAllowed,
    NotFound,
    SchuldhulpError,
    Unreachable,
)
from schuldhulp.evaluator.limits import MAX_BODY
from schuldhulp.evaluator.model import MAX_ELEMENTS, TOO_MANY, Problem

# The first class that fits counts, so the narrower ones come first.
STATUSES: Final[tuple[tuple[type[SchuldhulpError], int], ...]] = (
    (LimitReached, 429),
    (NotAdmitted, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 422),
    (Unreachable, 503),
)

RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "The body is not JSON, or the request is not HTTP."},
    401: {"model": Problem, "description": "No account of this organisation signed the request."},
    403: {"model": Problem, "description": "The organisation is suspended, or lacks the role on the chain."},
    404: {"model": Problem, "description": "Another municipality."},
    408: {"model": Problem, "description": "The body did not come in within 20 seconds."},
    409: {"model": Problem, "description": "The epoch is not open, or the nonce was used in another request."},
    413: {"model": Problem, "description": f"More than {MAX_ELEMENTS} elements, or a body over {MAX_BODY} bytes."},
    415: {"model": Problem, "description": "The body is compressed."},
    422: {"model": Problem, "description": "A field is missing or wrong, or the request has expired."},
    429: {
        "model": Problem,
        "description": "The quota of the minute, the day or the epoch does not suffice.",
        "headers": RETRY_AFTER,
    },
    503: {"model": Problem, "description": "The chain or the database does not answer, or a key is missing."},
}
"""What a signed request may be answered with, as the OpenAPI document says it."""

EXPECTED: Final[dict[str, str]] = {
    "municipality": "a CBS code is expected, 1 to 65535",
    "kind": "1 (BSN) or 2 (name, address and date of birth) is expected",
    "epoch": "the number of an open epoch is expected",
    "organisation": "a KvK number of 8 digits is expected, or municipality",
    "elements": f"1 to {MAX_ELEMENTS} points of 43 characters base64url are expected",
    "nonce": "64 hexadecimal digits are expected",
    "expiry": "a Unix time in seconds is expected",
    "signature": "130 hexadecimal digits are expected",
}
"""What each field of a body must be, in words of our own: those of the validator may repeat what was sent."""


def problem(
    status: int, key: str, field: str | None, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Make the answer to a request that was refused.

    Args:
        status: HTTP status.
        key: name of the problem, for programs.
        field: the field that is wrong, where one is.
        message: the problem and what to do, for people; nothing that was sent.
        headers: headers besides.
    """
    return JSONResponse(
        Problem(error=key, field=field, message=message).model_dump(), status_code=status, headers=headers
    )


def install_problems(app: FastAPI) -> None:
    """Have every error of an application answered in this shape.

    Args:
        app: the application.
    """

    @app.exception_handler(SchuldhulpError)
    def on_known(_request: Request, error: SchuldhulpError) -> JSONResponse:
        status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, LimitReached) else None
        return problem(status, error.key, error.field, str(error), headers)

    @app.exception_handler(RequestValidationError)
    def on_shape(_request: Request, error: RequestValidationError) -> JSONResponse:
        return shape_problem(error, EXPECTED)

    @app.exception_handler(HTTPException)
    def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:
            return problem(400, "body_invalid", None, "the body is not JSON")
        key = {404: "route_unknown", 405: "method_not_allowed"}.get(error.status_code)
        if key is None:
            # Raised by ourselves, with words of our own.
            return problem(error.status_code, "request_refused", None, error.detail, dict(error.headers or {}))
        return problem(error.status_code, key, None, "there is no such route or method", dict(error.headers or {}))


def shape_problem(error: RequestValidationError, fields: dict[str, str]) -> JSONResponse:
    """Answer a body that has another shape, naming the first field that is wrong and repeating nothing.

    Args:
        error: what the validator found.
        fields: fields of the route, and what each must be.
    """
    first = error.errors()[0]
    if first["type"] == TOO_MANY:
        return problem(413, TOO_MANY, "elements", f"at most {MAX_ELEMENTS} elements in one request")
    if first["type"] == "json_invalid":
        return problem(400, "body_invalid", None, "the body is not JSON")
    field = next((str(part) for part in first["loc"][1:2] if part in fields), None)
    if first["type"] == "extra_forbidden":
        # The name of a field that we do not know is something that somebody typed.
        return problem(422, "field_unknown", None, "there is a field that this request does not have")
    if field is None:
        return problem(422, "body_invalid", None, "a JSON object is expected, with Content-Type application/json")
    if first["type"] == "missing":
        return problem(422, "field_missing", field, f"{field} is missing")
    return problem(422, "field_invalid", field, f"{field}: {fields[field]}")
