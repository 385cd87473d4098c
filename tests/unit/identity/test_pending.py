from __future__ import annotations

from datetime import timedelta

from schuldhulp.identity.pending import Pending
from tests.support.login import Clock


def make_pending(clock: Clock, limit: int = 3) -> Pending[str]:
    return Pending(now=clock, lifetime=timedelta(seconds=60), limit=limit)


def test_take_gives_a_value_once() -> None:
    pending = make_pending(Clock())
    key = pending.put_new("value")
    assert pending.peek(key) == "value"
    assert pending.take(key) == "value"
    assert pending.take(key) is None


def test_take_gives_nothing_after_the_lifetime() -> None:
    clock = Clock()
    pending = make_pending(clock)
    pending.put("key", "value")
    clock.advance(seconds=59.9)
    assert pending.peek("key") == "value"
    clock.advance(seconds=0.1)
    assert pending.peek("key") is None
    assert pending.take("key") is None


def test_put_drops_the_oldest_at_the_limit() -> None:
    pending = make_pending(Clock())
    for key in "abcd":
        pending.put(key, key)
    assert len(pending) == 3
    assert pending.take("a") is None
    assert pending.take("d") == "d"


def test_put_drops_what_has_expired() -> None:
    clock = Clock()
    pending = make_pending(clock)
    pending.put("a", "a")
    clock.advance(seconds=61)
    pending.put("b", "b")
    assert len(pending) == 1


def test_put_new_never_repeats_a_key() -> None:
    pending = make_pending(Clock(), limit=500)
    assert len({pending.put_new("value") for _ in range(200)}) == 200
