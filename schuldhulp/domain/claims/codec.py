"""Claims as plain values that JSON can hold, and back. The dataclass is the schema, as it is for records."""

from __future__ import annotations

from typing import Any, Final

from schuldhulp.domain.claims.contents import Claim, ClaimContents
from schuldhulp.domain.plain import (
    Json,
    check_names,
    mapping,
    object_from_plain,
    object_to_plain,
    value_from_plain,
)
from schuldhulp.domain.types import ClaimId, Commitment, Salt
from schuldhulp.errors import InvalidInput

_MEMBERS: Final = {"schema", "contents", "version", "replaces", "salt"}


def contents_to_plain(contents: ClaimContents) -> dict[str, Json]:
    """Return contents as plain values: dates ISO 8601, enums their code, amounts cents."""
    return object_to_plain(contents)


def contents_from_plain(plain: object, *, schema: int = ClaimContents.schema) -> ClaimContents:
    """Build contents from plain values.

    Args:
        plain: what `contents_to_plain` gave, or a document from outside; a field with a default may be left out.
        schema: which version of their shape.

    Returns:
        The contents, checked.

    Raises:
        InvalidInput: unknown schema, unknown or missing field, or a wrong value; ``field`` names it.
    """
    _check_schema(schema)
    contents: ClaimContents = object_from_plain(ClaimContents, plain, "contents")
    return contents


def claim_to_plain(claim: Claim) -> dict[str, Json]:
    """Return what is sealed: everything but the id, which the seal itself is bound to."""
    return {
        "schema": claim.contents.schema,
        "contents": contents_to_plain(claim.contents),
        "version": claim.version,
        "replaces": claim.replaces.hex(),
        "salt": claim.salt.hex(),
    }


def claim_from_plain(claim_id: ClaimId, plain: object) -> Claim:
    """Build a claim from what `claim_to_plain` gave.

    Args:
        claim_id: the id it was sealed for.
        plain: the document.

    Returns:
        The claim, checked.

    Raises:
        InvalidInput: as `contents_from_plain`.
    """
    fields = mapping(plain, "claim")
    # First of all: whatever else is strange in a newer document follows from its being newer.
    _check_schema(_value(int, fields.get("schema"), "schema"))
    check_names(fields, known=_MEMBERS, required=_MEMBERS, field="claim")
    return Claim(
        claim_id=claim_id,
        version=_value(int, fields["version"], "version"),
        replaces=Commitment(_value(bytes, fields["replaces"], "replaces")),
        salt=Salt(_value(bytes, fields["salt"], "salt")),
        contents=contents_from_plain(fields["contents"]),
    )


def _check_schema(schema: int) -> None:
    known = ClaimContents.schema
    if schema > known:
        raise InvalidInput(
            "schema_newer",
            f"schema: newer than this software knows ({known}); bring it up to date, or send an older schema",
            field="schema",
            known=known,
        )
    if schema != known:
        raise InvalidInput("schema_unknown", "schema: not known", field="schema")


def _value(hint: Any, plain: object, field: str) -> Any:
    return value_from_plain(hint, plain, field)
