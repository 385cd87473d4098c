"""The route `/rpc`: JSON-RPC to the node, for creditors who have none of their own."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from schuldhulp.errors import SchuldhulpError
from schuldhulp.evaluator.model import Problem
from schuldhulp.evaluator.problems import RETRY_AFTER
from schuldhulp.services.node_access import MAX_BATCH, NodeAccess, NodeAnswer, unreachable_answer

PATH: Final = "/rpc"

AT_ONCE: Final = 8
"""Requests that wait for the node at the same time; the others wait here, and evaluations for none of them."""

_ERROR: Final = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "data": {"type": "string", "description": "0x and the bytes of a revert."},
    },
}


def rpc_router(access: NodeAccess) -> APIRouter:
    """Make the route.

    Args:
        access: answers what is allowed.

    Returns:
        A router for `schuldhulp.evaluator.create_app`.
    """
    router = APIRouter(tags=["node"])
    limiter = CapacityLimiter(AT_ONCE)

    @router.post(
        PATH,
        summary="Ask the node",
        response_class=JSONResponse,
        responses=_responses(),
        openapi_extra={"requestBody": _request_body(access.methods)},
    )
    async def ask(request: Request) -> JSONResponse:
        """Passes reading methods on, `eth_call` and `eth_getLogs` to the contracts of this deployment only, and
        `eth_sendRawTransaction` of accounts of admitted organisations to these contracts. One address, and all
        together, may ask so much within a minute.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return _response(access.unreadable("Content-Type application/json is expected", 415))
        try:
            # Without the constants that Python reads and JSON does not have.
            body = json.loads(await request.body(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return _response(access.unreadable("the body is not JSON", 400))
        client = request.client.host if request.client else ""
        try:
            answer = await run_sync(partial(access.answer, body, client), limiter=limiter)
        except SchuldhulpError as error:
            answer = unreachable_answer(error)
        return _response(answer)

    return router


class _AsciiResponse(JSONResponse):
    """JSON in ASCII: an id is given back as it came, and half a surrogate pair, which JSON can hold, has no UTF-8."""

    def render(self, content: Any) -> bytes:
        """Write the answer."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def _response(answer: NodeAnswer) -> JSONResponse:
    headers = None if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    return _AsciiResponse(answer.body, status_code=answer.status, headers=headers)


def _refuse_constant(_name: str) -> Any:
    raise ValueError("not a number of JSON")


def _request_body(methods: tuple[str, ...]) -> dict[str, Any]:
    question = {
        "type": "object",
        "required": ["jsonrpc", "id", "method"],
        "properties": {
            "jsonrpc": {"type": "string", "enum": ["2.0"]},
            "id": {"oneOf": [{"type": "integer"}, {"type": "string", "maxLength": 64}]},
            "method": {"type": "string", "enum": [*methods, "web3_clientVersion"]},
            "params": {"type": "array", "items": {}, "maxItems": 3},
        },
    }
    several = {"type": "array", "items": question, "minItems": 1, "maxItems": MAX_BATCH}
    return {"required": True, "content": {"application/json": {"schema": {"oneOf": [question, several]}}}}


def _responses() -> dict[int | str, dict[str, Any]]:
    one = {
        "type": "object",
        "required": ["jsonrpc", "id"],
        "properties": {
            "jsonrpc": {"type": "string", "enum": ["2.0"]},
            "id": {"oneOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
            "result": {},
            "error": _ERROR,
        },
    }
    failed = {**one, "required": ["jsonrpc", "id", "error"]}

    def told(description: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {"description": description, "content": {"application/json": {"schema": schema}}}

    return {
        200: told("The result or the error of each question.", {"oneOf": [one, {"type": "array", "items": one}]}),
        400: told("The body is not JSON, or holds too many questions or none.", failed),
        408: {"model": Problem, "description": "The body did not come in within 20 seconds."},
        413: {"model": Problem, "description": "The body is larger than 256 KiB."},
        415: told("The body is compressed, or not of Content-Type application/json.", {"type": "object"}),
        429: told("Too much was asked within this minute.", failed) | {"headers": RETRY_AFTER},
        503: told("The node or the database does not answer.", failed),
    }
