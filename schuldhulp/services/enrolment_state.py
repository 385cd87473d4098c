"""Whether creditors can see a client, told from the enrolment record and the jobs that carry it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.records import Enrolment
from schuldhulp.services.job_signing import is_prepared_valid
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.rows import PublicationAction, PublicationRow, PublicationState
from schuldhulp.services.views import EnrolmentState, EnrolmentStep, RecordView


def state_of(work: UnitOfWork, enrolments: Sequence[RecordView], key: JobKey) -> EnrolmentState:
    """Tell where the newest enrolment stands.

    Args:
        work: a unit of work.
        enrolments: current versions of the enrolment records of a dossier.
        key: the job key: only what the worker wrote counts as done.
    """
    lasting = [view for view in enrolments if not view.withdrawn]
    if not lasting:
        return EnrolmentState(step=EnrolmentStep.NOT_VISIBLE)
    view = max(lasting, key=lambda one: (cast("Enrolment", one.record).end is None, one.created_at))
    record = cast("Enrolment", view.record)
    jobs = work.publications.of([bytes.fromhex(publication) for publication in record.publications])
    # What was ended while the enrolment lasts, something else came in place of.
    begun = [job for job in jobs if job.action is PublicationAction.ENROL and job.state is not PublicationState.ENDED]
    ended = [job for job in jobs if job.action is PublicationAction.END]
    error = next((job.error or "refused" for job in jobs if job.state is PublicationState.REFUSED), "")
    if record.end is not None:
        off = bool(ended) and all(_is_done(work, job, key) for job in ended)
        step = EnrolmentStep.ENDED if off else EnrolmentStep.ENDING
    elif error:
        step = EnrolmentStep.REFUSED
    else:
        on = bool(begun) and all(_is_done(work, job, key) for job in begun)
        step = EnrolmentStep.VISIBLE if on else EnrolmentStep.WAITING
    return EnrolmentState(
        step=step,
        since=record.end or record.start,
        record_id=view.record_id,
        version=view.version,
        applicants=record.applicants,
        error=error,
    )


def _is_done(work: UnitOfWork, job: PublicationRow, key: JobKey) -> bool:
    if job.state is not PublicationState.PUBLISHED:
        return False
    return is_prepared_valid(key, job, [holder.tag for holder in work.publications.holders_of(job.id)])
