from __future__ import annotations

from schuldhulp.crypto.envelope import EncryptionKey
from schuldhulp.crypto.history import HistoryKey

LOG = EncryptionKey(bytes(range(32)))


def test_history_key_is_another_than_the_log_key_and_always_the_same() -> None:
    assert HistoryKey.of(LOG).reveal() != LOG.reveal()
    assert HistoryKey.of(LOG).reveal() == HistoryKey.of(EncryptionKey(bytes(range(32)))).reveal()
