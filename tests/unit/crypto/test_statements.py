from __future__ import annotations

import pytest

from schuldhulp.crypto.claims import CLAIM_INFO
from schuldhulp.crypto.sealed import OpeningKey, seal
from schuldhulp.crypto.statements import STATEMENT_INFO, open_statement, seal_statement, statement_document
from schuldhulp.errors import InvalidInput, Undecryptable
from tests.support.statements import make_statement

KEY = OpeningKey.generate()
STATEMENT = make_statement()


def test_open_statement_gives_back_what_was_sealed():
    sealed = seal_statement(KEY.public_key, STATEMENT)
    assert open_statement(KEY, STATEMENT.statement_id, sealed) == STATEMENT
    assert STATEMENT.client.surname.encode() not in sealed


def test_seal_statement_hides_how_long_it_is():
    short, long = make_statement(reference="1"), make_statement(reference="1" * 200)
    assert len(seal_statement(KEY.public_key, short)) == len(seal_statement(KEY.public_key, long))


def test_open_statement_refuses_another_key_id_or_purpose():
    sealed = seal_statement(KEY.public_key, STATEMENT)
    as_claim = seal(KEY.public_key, statement_document(STATEMENT).encode(), CLAIM_INFO, STATEMENT.statement_id)
    for key, statement_id, content in (
        (OpeningKey.generate(), STATEMENT.statement_id, sealed),
        (KEY, make_statement().statement_id, sealed),
        (KEY, STATEMENT.statement_id, sealed[:-1]),
        (KEY, STATEMENT.statement_id, as_claim),
    ):
        with pytest.raises(Undecryptable):
            open_statement(key, statement_id, content)


@pytest.mark.parametrize("document", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"schema":1}', b'{"schema":2}'])
def test_open_statement_refuses_what_is_no_statement(document):
    with pytest.raises(InvalidInput):
        open_statement(KEY, bytes(32), seal(KEY.public_key, document, STATEMENT_INFO, bytes(32)))


def test_open_statement_refuses_one_with_another_id_inside():
    sealed = seal(KEY.public_key, statement_document(STATEMENT).encode(), STATEMENT_INFO, bytes(32))
    with pytest.raises(InvalidInput) as caught:
        open_statement(KEY, bytes(32), sealed)
    assert caught.value.key == "statement_elsewhere"
