"""The contents of a claim as the text that a record of a dossier holds, and back."""

from __future__ import annotations

import json

from schuldhulp.domain.claims.codec import contents_from_plain, contents_to_plain
from schuldhulp.domain.claims.contents import ClaimContents
from schuldhulp.domain.records import ReceivedClaim
from schuldhulp.errors import InvalidInput


def claim_document(contents: ClaimContents) -> str:
    """Return contents as JSON, always the same for the same values."""
    plain = {"schema": contents.schema, "contents": contents_to_plain(contents)}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def received_contents(record: ReceivedClaim) -> ClaimContents:
    """Return what the creditor wrote.

    Args:
        record: the claim as it stands in a dossier.

    Raises:
        InvalidInput: it does not hold what `claim_document` made; ``field`` names what is wrong.
    """
    plain = json.loads(record.document)
    if set(plain) != {"schema", "contents"} or type(plain["schema"]) is not int:
        raise InvalidInput("type_wrong", "document: no contents of a claim", field="document")
    return contents_from_plain(plain["contents"], schema=plain["schema"])
