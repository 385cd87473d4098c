"""Authentication of jobs that one process leaves in the database for another."""

from __future__ import annotations

import hashlib
import hmac

from schuldhulp.crypto.framing import Field, frame
from schuldhulp.crypto.secret import SecretKey


class JobKey(SecretKey):
    """Secret shared by the cockpit, which writes jobs, and the worker, which carries them out."""

    __slots__ = ()

    purpose = "job"


def job_mac(key: JobKey, purpose: str, *fields: Field) -> bytes:
    """Compute the authentication code of a job.

    Args:
        key: the job key.
        purpose: kind of job, for example ``anchor``; a code for one kind never holds for another.
        fields: everything that the worker acts on, in a fixed order.

    Returns:
        32 bytes (HMAC-SHA256).
    """
    return hmac.digest(key.reveal(), frame("job", purpose, *fields), hashlib.sha256)


def verify_job_mac(key: JobKey, mac: bytes, purpose: str, *fields: Field) -> bool:
    """Tell whether a job was written by a holder of the job key.

    Args:
        key: the job key.
        mac: the code that came with the job.
        purpose: kind of job.
        fields: the fields of the job, in the order of ``job_mac``.

    Returns:
        True when the code holds; compared in constant time.
    """
    return hmac.compare_digest(job_mac(key, purpose, *fields), mac)
