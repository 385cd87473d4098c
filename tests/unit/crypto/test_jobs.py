from __future__ import annotations

import pytest

from schuldhulp.crypto.framing import Field
from schuldhulp.crypto.jobs import JobKey, job_mac, verify_job_mac

KEY = JobKey(b"\x03" * 32)
FIELDS: tuple[Field, ...] = (b"\x01" * 32, 14, b"\x02" * 32, b"\x03" * 32, 7)


def test_verify_job_mac_accepts_the_job_that_was_signed() -> None:
    assert verify_job_mac(KEY, job_mac(KEY, "anchor", *FIELDS), "anchor", *FIELDS)


@pytest.mark.parametrize("position", range(len(FIELDS)))
def test_verify_job_mac_refuses_every_changed_field(position: int) -> None:
    mac = job_mac(KEY, "anchor", *FIELDS)
    changed = list(FIELDS)
    changed[position] = "forged"
    assert not verify_job_mac(KEY, mac, "anchor", *changed)


def test_verify_job_mac_refuses_another_purpose_key_or_code() -> None:
    mac = job_mac(KEY, "anchor", *FIELDS)
    assert not verify_job_mac(KEY, mac, "publish", *FIELDS)
    assert not verify_job_mac(JobKey.generate(), mac, "anchor", *FIELDS)
    assert not verify_job_mac(KEY, mac, "anchor", *FIELDS[:-1])
    assert not verify_job_mac(KEY, mac, "anchor", *FIELDS, None)
    assert not verify_job_mac(KEY, mac[:-1], "anchor", *FIELDS)
    assert not verify_job_mac(KEY, b"", "anchor", *FIELDS)
    assert not verify_job_mac(KEY, bytes(32), "anchor", *FIELDS)
