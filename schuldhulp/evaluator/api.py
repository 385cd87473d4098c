"""The routes of the evaluator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.evaluator.limits import AccessLog, BodyLimit, SignedRequests
from schuldhulp.evaluator.model import EvaluationAnswer, EvaluationBody, Health, PublicKey, PublicKeys
from schuldhulp.evaluator.problems import PROBLEMS, install_problems
from schuldhulp.services.evaluation import EvaluationRequest, EvaluationService

LARGER: Final = {"/rpc": 256 * 1024}
"""Paths with larger bodies: a question about 1 000 tags takes 64 KiB, and several may be asked at once."""

FEW: Final = 16
"""Elements up to which a request counts as one that somebody waits for."""

FEW_AT_ONCE: Final = 8
"""Such requests that are worked on at the same time; the others wait their turn."""

LISTS_AT_ONCE: Final = 2
"""Longer requests that are worked on at the same time, so that lists never stand in the way of single questions."""

DESCRIPTION: Final = """
Evaluates blinded identifiers for organisations that were admitted by the municipality, by RFC 9497
(ristretto255-SHA512, verifiable mode). The evaluator never sees an identifier: the creditor blinds it, checks the
proof against the key in the EnrolmentRegistry, unblinds, computes the tag and asks the registry itself (`isKnown`).

Every request is signed (EIP-712) and charged to the quota of the organisation, once: the same request sent again within
a day, because the answer got lost, is answered again without a charge, also after it has expired.
"""

PATHS: Final = frozenset({"/v1/evaluations", "/v1/keys", "/v1/health", "/openapi.json"})
"""Paths that are always there; others come with their routers."""


def create_app(
    service: EvaluationService,
    *,
    routers: Sequence[APIRouter] = (),
    know: Callable[[str], None] | None = None,
    close: Callable[[], None] | None = None,
) -> FastAPI:
    """Make the application.

    Args:
        service: evaluates requests.
        routers: routes of the other things that this process does.
        know: is told from which network address a signed request came that was answered.
        close: called when the process ends.

    Returns:
        An ASGI application; run it with `schuldhulp.evaluator.server.serve`.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if close is not None:
            close()

    app = FastAPI(
        title="Schuldhulp evaluator",
        version="1",
        description=DESCRIPTION,
        # The pages that FastAPI makes of the document load scripts from another host.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    app.add_middleware(BodyLimit, larger=LARGER)
    if know is not None:
        signed = {path for router in routers for path in _paths(router)} - set(LARGER) | {"/v1/evaluations"}
        app.add_middleware(SignedRequests, paths=signed, know=know)
    app.add_middleware(AccessLog, paths=PATHS | {path for router in routers for path in _paths(router)})
    install_problems(app)
    for router in routers:
        app.include_router(router)

    few, lists = CapacityLimiter(FEW_AT_ONCE), CapacityLimiter(LISTS_AT_ONCE)
    threads = CapacityLimiter(FEW_AT_ONCE + LISTS_AT_ONCE)

    @app.post(
        "/v1/evaluations",
        summary="Evaluate blinded identifiers",
        response_description="Evaluated points and one proof for all of them.",
        responses=PROBLEMS,
        tags=["evaluation"],
    )
    async def evaluate(body: EvaluationBody, http: Request) -> EvaluationAnswer:
        """Checks, in this order: shape, municipality, expiry, signature, age of the chain, epoch, role, minute, points,
        quota. Only then the quota is charged, the nonce noted, and the batch evaluated.
        """
        request = EvaluationRequest(
            municipality=MunicipalityCode(body.municipality),
            kind=IdentifierKind(body.kind),
            epoch=Epoch(body.epoch),
            organisation=body.organisation,
            elements=tuple(body.elements),
            nonce=body.nonce,
            expiry=body.expiry,
            signature=body.signature,
        )
        async with few if len(request.elements) <= FEW else lists:
            if await http.is_disconnected():
                # Nobody waits for the answer any more: whoever gave up and asked again must not double the work.
                raise HTTPException(408, "nobody waits for the answer any more")
            answer = await run_sync(service.evaluate, request, limiter=threads)
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


def _paths(router: APIRouter) -> set[str]:
    return {path for route in router.routes if (path := getattr(route, "path", None))}
