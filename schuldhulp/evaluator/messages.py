"""The routes of the channel of sealed messages. The signature stands in headers and covers the raw body."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from schuldhulp.errors import InvalidInput
from schuldhulp.evaluator.messages_model import (
    EXPECTED,
    AcknowledgeAnswer,
    AcknowledgeBody,
    AdmittedOrganisation,
    ClaimIdsAnswer,
    ClaimIdsBody,
    CollectAnswer,
    CollectBody,
    DeliveryAnswer,
    DeliveryBody,
    OrganisationsAnswer,
    OrganisationsBody,
    SealedMessage,
)
from schuldhulp.evaluator.problems import PROBLEMS, shape_problem
from schuldhulp.services.claims.callers import ChannelRequest
from schuldhulp.services.claims.channel import ChannelService

ORGANISATION: Final = "Schuldhulp-Organisation"
NONCE: Final = "Schuldhulp-Nonce"
EXPIRY: Final = "Schuldhulp-Expiry"
SIGNATURE: Final = "Schuldhulp-Signature"

HEADERS: Final = {
    ORGANISATION: (r"([0-9]{8}|municipality)", "KvK number, or `municipality` for its reviewer."),
    NONCE: (
        r"[0-9a-fA-F]{64}",
        "32 random bytes; a request is answered once, and one for claim ids again for a day when it is the same.",
    ),
    EXPIRY: (r"[0-9]{1,15}", "Unix time in seconds, at most five minutes ahead."),
    SIGNATURE: (
        r"[0-9a-fA-F]{130}",
        'EIP-712 signature r, s, v over the domain {name "Schuldhulp evaluator", version "1", chainId, '
        "verifyingContract: the EnrolmentRegistry} and the struct ChannelRequest(uint16 municipality,string "
        "organisation,string path,bytes32 body,bytes32 nonce,uint64 expiry); `body` is the keccak256 of the body as "
        "it is sent.",
    ),
}
"""What the signature consists of: the form of each header, and what it says."""

CHANNEL_PROBLEMS: Final = PROBLEMS | {
    404: {**PROBLEMS[404], "description": "There is no such route."},
    409: {
        **PROBLEMS[409],
        "description": "The request was answered before, or this content is here as something else.",
    },
    413: {**PROBLEMS[413], "description": "The body is larger than 64 KiB."},
    429: {**PROBLEMS[429], "description": "The quota of the day is spent, or too much of this organisation lies here."},
}


class ChannelRoute(APIRoute):
    """A route that names the field of its own body that is wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Stand around the handler that the library makes."""
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await original(request)
            except RequestValidationError as error:
                return shape_problem(error, EXPECTED)

        return handler


async def signed_request(request: Request) -> ChannelRequest:
    """Read the headers of a signed request, and its body as it came in.

    Raises:
        InvalidInput: a header is missing, stands there twice, or has another form; the error names it.
    """
    values = {name: _header(request, name) for name in HEADERS}
    return ChannelRequest(
        path=request.scope["route"].path,
        # The library has read it before, and keeps it.
        body=await request.body(),
        organisation=values[ORGANISATION],
        nonce=bytes.fromhex(values[NONCE]),
        expiry=int(values[EXPIRY]),
        signature=bytes.fromhex(values[SIGNATURE]),
    )


Signed = Annotated[ChannelRequest, Depends(signed_request)]


def channel_router(service: ChannelService) -> APIRouter:
    """Make the routes.

    Args:
        service: carries requests out.

    Returns:
        A router for `schuldhulp.evaluator.create_app`.
    """
    router = APIRouter(route_class=ChannelRoute, tags=["messages"])
    told: dict[str, Any] = {"responses": CHANNEL_PROBLEMS, "openapi_extra": {"parameters": _parameters()}}

    @router.post("/v1/claim-ids", summary="Evaluate blinded inputs of claim ids", **told)
    def claim_ids(request: Signed, body: ClaimIdsBody) -> ClaimIdsAnswer:
        """Evaluates under the standing claim-id key, within a daily quota of its own that is as large as the other."""
        answer = service.claim_ids(request, body.elements)
        return ClaimIdsAnswer.model_construct(evaluated=list(answer.evaluated), proof=answer.proof, key=answer.key)

    @router.post("/v1/messages", summary="Hand in a sealed message", **told)
    def deliver(request: Signed, body: DeliveryBody) -> DeliveryAnswer:
        """Keeps the ciphertext for its addressee. The same content again gives the answer of the first time."""
        answer = service.deliver(
            request, kind=body.kind, subject=body.subject, recipient=body.recipient, content=body.content
        )
        return DeliveryAnswer.model_construct(message=answer.message, receivedAt=int(answer.received_at.timestamp()))

    @router.post("/v1/messages/collect", summary="Collect messages", **told)
    def collect(request: Signed, body: CollectBody) -> CollectAnswer:
        """Gives what was sent to the account that signs, acknowledged or not, until it is erased."""
        found = service.collect(request, after=body.after, limit=body.limit)
        return CollectAnswer.model_construct(
            messages=[
                SealedMessage.model_construct(
                    number=message.number,
                    message=message.message,
                    kind=str(message.kind),
                    subject=message.subject,
                    sender=message.sender,
                    organisation=message.organisation,
                    receivedAt=int(message.received_at.timestamp()),
                    content=message.content,
                )
                for message in found
            ],
            last=found[-1].number if found else body.after,
        )

    @router.post("/v1/messages/acknowledge", summary="Say that messages were stored", **told)
    def acknowledge(request: Signed, body: AcknowledgeBody) -> AcknowledgeAnswer:
        """Their contents are erased after a time; they count no longer against their sender. Can be repeated."""
        return AcknowledgeAnswer(acknowledged=service.acknowledge(request, body.messages))

    @router.post("/v1/messages/organisations", summary="Ask who is admitted", **told)
    def organisations(request: Signed, body: OrganisationsBody) -> OrganisationsAnswer:
        """Tells the municipality, and nobody else, whom it can write to."""
        found = service.organisations(request, after=body.after, limit=body.limit)
        return OrganisationsAnswer.model_construct(
            organisations=[
                AdmittedOrganisation.model_construct(
                    kvk=one.kvk, name=one.name, accounts=list(one.accounts), suspended=one.suspended
                )
                for one in found
            ]
        )

    return router


def _header(request: Request, name: str) -> str:
    values = request.headers.getlist(name)
    if not values:
        raise InvalidInput("field_missing", f"the header {name} is missing", field=name)
    # Which of two counts would depend on who reads them.
    if len(values) > 1:
        raise InvalidInput("field_repeated", f"the header {name} stands there more than once", field=name)
    if not re.fullmatch(HEADERS[name][0], values[0]):
        raise InvalidInput("field_invalid", f"{name}: {EXPECTED[name]}", field=name)
    return values[0]


def _parameters() -> list[dict[str, Any]]:
    """Describe the headers for the OpenAPI document; they are read by hand, so the library does not know them."""
    return [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": description,
            "schema": {"type": "string", "pattern": f"^{form}$"},
        }
        for name, (form, description) in HEADERS.items()
    ]
