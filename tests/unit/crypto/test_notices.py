from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from eth_account.messages import encode_typed_data

from schuldhulp.crypto.claims import PADDING
from schuldhulp.crypto.notices import (
    HASH_LENGTH,
    NOTICE_INFO,
    NOTICE_TYPE,
    notice_document,
    notice_hash,
    open_notice,
    read_notice,
    seal_notice,
    stands_for,
)
from schuldhulp.crypto.sealed import OVERHEAD, OpeningKey, seal
from schuldhulp.domain.acknowledgements import SIGNATURE_LENGTH
from schuldhulp.domain.notices import NoticeClient
from schuldhulp.errors import InvalidInput, Undecryptable
from schuldhulp.services.claims.ports import MAX_CONTENT

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "notices.json").read_text(encoding="utf-8"))
KEY = OpeningKey(b"\x07" * 32)
DOCUMENT, OTHER = (sample["document"] for sample in VECTORS["notices"])
NOTICE = read_notice(DOCUMENT)


def test_type_string_is_the_released_one():
    assert VECTORS["notice_type"] == NOTICE_TYPE


@pytest.mark.parametrize("sample", VECTORS["notices"], ids=lambda sample: sample["name"])
def test_notice_hash_equals_the_pinned_one_and_another_implementation(sample):
    document = sample["document"]
    signable = encode_typed_data(
        domain_data={"name": ""},
        message_types={"Notice": [{"name": "document", "type": "string"}]},
        message_data={"document": document},
    )
    assert notice_hash(document) == bytes(signable.body) == bytes.fromhex(sample["hash"].removeprefix("0x"))
    assert notice_document(read_notice(document)) == document


def test_seal_notice_opens_again_with_a_length_in_kilobytes():
    content = seal_notice(KEY.public_key, DOCUMENT)
    assert (len(content) - HASH_LENGTH - OVERHEAD) % PADDING == 0
    assert open_notice(KEY, NOTICE.notice_id, content) == NOTICE
    assert stands_for(content, DOCUMENT)
    assert not stands_for(content, OTHER)


def test_seal_notice_with_the_longest_text_fits_in_a_message():
    wide = "\U0001f600" * 200
    person = NoticeClient(
        initials=wide[:40], prefix=wide[:40], surname=f"a{wide[:199]}", birth_date=NOTICE.clients[0].birth_date,
        street=wide, house_number=1, suffix=wide[:20], postcode="9711AB", city=wide,
    )  # fmt: skip
    longest = dataclasses.replace(
        NOTICE, sender=wide, contact=wide * 2, recipient=wide, reference=wide, clients=(person, person)
    )
    # Time and signature of the municipality go behind it.
    assert len(seal_notice(KEY.public_key, notice_document(longest))) + 8 + SIGNATURE_LENGTH <= MAX_CONTENT


def test_open_notice_refuses_another_key_or_hash_or_a_stump():
    content = seal_notice(KEY.public_key, DOCUMENT)
    with pytest.raises(Undecryptable):
        open_notice(OpeningKey(b"\x08" * 32), NOTICE.notice_id, content)
    with pytest.raises(Undecryptable):
        open_notice(KEY, NOTICE.notice_id, notice_hash(OTHER) + content[HASH_LENGTH:])
    for length in (0, 31, 32, 60):
        with pytest.raises(Undecryptable):
            open_notice(KEY, NOTICE.notice_id, content[:length])


def test_open_notice_refuses_one_that_its_hash_does_not_stand_for():
    said = notice_hash(OTHER)
    content = said + seal(KEY.public_key, DOCUMENT.encode(), NOTICE_INFO, said)
    with pytest.raises(InvalidInput) as caught:
        open_notice(KEY, NOTICE.notice_id, content)
    assert caught.value.key == "notice_differs"


def test_open_notice_refuses_one_under_another_id():
    with pytest.raises(InvalidInput) as caught:
        open_notice(KEY, b"\x01" * 32, seal_notice(KEY.public_key, DOCUMENT))
    assert caught.value.key == "notice_elsewhere"


@pytest.mark.parametrize("text", [b"\xff", b"[" * 5000, b"{", b"[]", b'{"schema":1}'])
def test_open_notice_refuses_what_is_no_notice(text):
    said = notice_hash(text.decode("latin-1")) if text == b"\xff" else notice_hash(text.decode())
    content = said + seal(KEY.public_key, text, NOTICE_INFO, said)
    with pytest.raises(InvalidInput):
        open_notice(KEY, NOTICE.notice_id, content)
