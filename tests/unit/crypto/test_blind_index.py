from __future__ import annotations

import hashlib

from schuldhulp.crypto.blind_index import IndexKey, bsn_index
from schuldhulp.domain.identifiers import Bsn

BSN = Bsn("999990019")


def test_bsn_index_finds_the_same_number_again() -> None:
    key = IndexKey.generate()
    assert bsn_index(key, BSN) == bsn_index(key, Bsn("999990019"))
    assert bsn_index(key, BSN) != bsn_index(key, Bsn("999990020"))
    assert len(bsn_index(key, BSN)) == 32


def test_bsn_index_needs_the_key() -> None:
    assert bsn_index(IndexKey.generate(), BSN) != bsn_index(IndexKey.generate(), BSN)
    assert bsn_index(IndexKey.generate(), BSN) != hashlib.sha256(b"999990019").digest()
