"""The routes of the evaluator."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotAdmitted, NotAllowed, NotFound, SchuldhulpError, Unreachable
from schuldhulp.evaluator.limits import MAX_BODY, AccessLog, BodyLimit
from schuldhulp.evaluator.model import (
    MAX_ELEMENTS,
    TOO_MANY,
    EvaluationAnswer,
    EvaluationBody,
    Health,
    Problem,
    PublicKey,
    PublicKeys,
)
from schuldhulp.services.evaluation import EvaluationRequest, EvaluationService, QuotaSpent

# The first class that fits counts, so the narrower ones come first.
STATUSES: Final[tuple[tuple[type[SchuldhulpError], int], ...]] = (
    (QuotaSpent, 429),
    (NotAdmitted, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 422),
    (Unreachable, 503),
)

DESCRIPTION: Final = """
Evaluates blinded identifiers for organisations that were admitted by the municipality, by RFC 9497
(ristretto255-SHA512, verifiable mode). The evaluator never sees an identifier: the creditor blinds it, checks the
proof against the key in the EnrolmentRegistry, unblinds, computes the tag and asks the registry itself (`isKnown`).

Every request is signed (EIP-712), is answered once, and is charged to the quota of the organisation.
"""

PATHS: Final = frozenset({"/v1/evaluations", "/v1/keys", "/v1/health", "/openapi.json"})

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "The body is not JSON."},
    401: {"model": Problem, "description": "No account of this organisation signed the request."},
    403: {"model": Problem, "description": "The organisation is suspended, or lacks the role on the chain."},
    404: {"model": Problem, "description": "Another municipality."},
    408: {"model": Problem, "description": "The body did not come in within 20 seconds."},
    409: {"model": Problem, "description": "The epoch is not open, or the request was answered before."},
    413: {"model": Problem, "description": f"More than {MAX_ELEMENTS} elements, or a body over {MAX_BODY} bytes."},
    422: {"model": Problem, "description": "A field is missing or wrong, or the request has expired."},
    429: {
        "model": Problem,
        "description": "The quota of the day or of the epoch does not suffice.",
        "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    },
    503: {"model": Problem, "description": "The chain or the database does not answer, or a key is missing."},
}


def create_app(service: EvaluationService) -> FastAPI:
    """Make the application.

    Args:
        service: evaluates requests.

    Returns:
        An ASGI application; run it with `schuldhulp.evaluator.server.serve`.
    """
    app = FastAPI(
        title="Schuldhulp evaluator",
        version="1",
        description=DESCRIPTION,
        # The pages that FastAPI makes of the document load scripts from another host.
        docs_url=None,
        redoc_url=None,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(AccessLog, paths=PATHS)

    @app.exception_handler(SchuldhulpError)
    def on_known(_request: Request, error: SchuldhulpError) -> JSONResponse:
        status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, QuotaSpent) else None
        return _problem(status, error.key, error.field, str(error), headers)

    @app.exception_handler(RequestValidationError)
    def on_shape(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _shape_problem(error)

    @app.exception_handler(HTTPException)
    def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:
            return _problem(400, "body_invalid", None, "the body is not JSON")
        key = {404: "route_unknown", 405: "method_not_allowed"}.get(error.status_code, "request_refused")
        return _problem(error.status_code, key, None, "there is no such route or method", dict(error.headers or {}))

    @app.post(
        "/v1/evaluations",
        summary="Evaluate blinded identifiers",
        response_description="Evaluated points and one proof for all of them.",
        responses=PROBLEMS,
        tags=["evaluation"],
    )
    def evaluate(body: EvaluationBody) -> EvaluationAnswer:
        """Checks, in this order: shape, municipality, expiry, signature, age of the chain, epoch, role, points, quota.
        Only then the quota is charged, the nonce noted, and the batch evaluated.
        """
        answer = service.evaluate(
            EvaluationRequest(
                municipality=MunicipalityCode(body.municipality),
                kind=IdentifierKind(body.kind),
                epoch=Epoch(body.epoch),
                organisation=body.organisation,
                elements=tuple(body.elements),
                nonce=body.nonce,
                expiry=body.expiry,
                signature=body.signature,
            )
        )
        return EvaluationAnswer.model_construct(evaluated=list(answer.evaluated), proof=answer.proof, key=answer.key)

    @app.get("/v1/keys", summary="Public keys that are held here", tags=["state"])
    def keys() -> PublicKeys:
        """For comparison only: the keys that count stand in the EnrolmentRegistry (`evaluatorKey`)."""
        return PublicKeys.model_construct(
            municipality=service.municipality,
            keys=[
                PublicKey.model_construct(epoch=epoch, kind=kind, key=key) for epoch, kind, key in service.public_keys()
            ],
        )

    @app.get(
        "/v1/health",
        summary="Whether requests can be answered now",
        responses={503: {"model": Health, "description": "A part does not work."}},
        tags=["state"],
        response_model=Health,
    )
    def health() -> JSONResponse:
        """200 when everything works, 503 with the part that does not."""
        state = service.health()
        works = state.chain and state.database and state.keys
        answer = Health(
            status="ok" if works else "unavailable",
            chain="ok" if state.chain else "unavailable",
            database="ok" if state.database else "unavailable",
            keys="ok" if state.keys else "missing",
        )
        return JSONResponse(answer.model_dump(), status_code=200 if works else 503)

    return app


def _shape_problem(error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == TOO_MANY:
        return _problem(413, TOO_MANY, "elements", f"at most {MAX_ELEMENTS} elements in one request")
    if first["type"] == "json_invalid":
        return _problem(400, "body_invalid", None, "the body is not JSON")
    field = next((part for part in first["loc"] if part in EvaluationBody.model_fields), None)
    if first["type"] == "extra_forbidden":
        # The name of a field that we do not know is something that somebody typed.
        return _problem(422, "field_unknown", None, "there is a field that this request does not have")
    if field is None:
        return _problem(422, "body_invalid", None, "a JSON object is expected, with Content-Type application/json")
    if first["type"] == "missing":
        return _problem(422, "field_missing", str(field), f"{field} is missing")
    return _problem(422, "field_invalid", str(field), f"{field}: {_expected(str(field))}")


def _expected(field: str) -> str:
    """Say what a field must be, in words of our own: those of the validator may repeat what was sent."""
    return {
        "municipality": "a CBS code is expected, 1 to 65535",
        "kind": "1 (BSN) or 2 (name, address and date of birth) is expected",
        "epoch": "the number of an open epoch is expected",
        "organisation": "a KvK number of 8 digits is expected, or municipality",
        "elements": f"1 to {MAX_ELEMENTS} points of 43 characters base64url are expected",
        "nonce": "64 hexadecimal digits are expected",
        "expiry": "a Unix time in seconds is expected",
        "signature": "130 hexadecimal digits are expected",
    }[field]


def _problem(
    status: int, key: str, field: str | None, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(
        Problem(error=key, field=field, message=message).model_dump(), status_code=status, headers=headers
    )
