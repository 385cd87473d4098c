from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schuldhulp.domain.access import Role
from schuldhulp.domain.audit import LogAction, LogLine, LogStatus, Purpose
from schuldhulp.errors import InvalidInput

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINE = {
    "trace_id": "a" * 32,
    "span_id": "b" * 16,
    "status_code": LogStatus.OK,
    "name": LogAction.OPEN,
    "start_time": START,
    "end_time": START + timedelta(milliseconds=5),
    "processing_activity_id": "https://example.org/register/schuldhulp",
    "data_subject_id": "c0ffee",
    "actor_id": "staff-7",
    "role": Role.CASEWORKER,
    "purpose": Purpose.DEBT_HELP,
}


def test_standard_fields_are_those_of_the_standard():
    assert set(LogLine(**LINE).standard_fields()) == {
        "trace_id",
        "span_id",
        "parent_span_id",
        "status_code",
        "name",
        "start_time",
        "end_time",
        "dpl.core.processing_activity_id",
        "dpl.core.data_subject_id",
        "dpl.core.data_subject_id_type",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trace_id", "A" * 32),
        ("trace_id", ""),
        ("span_id", "b" * 15),
        ("parent_span_id", "x"),
        ("start_time", datetime(2026, 11, 23)),  # noqa: DTZ001
        ("end_time", START - timedelta(seconds=1)),
        ("processing_activity_id", ""),
        ("actor_id", ""),
        ("reason", "x" * 501),
    ],
)
def test_log_line_refuses_and_names_the_field(field, value):
    with pytest.raises(InvalidInput) as caught:
        LogLine(**LINE | {field: value})
    assert caught.value.field == field


def test_log_line_repr_shows_neither_subject_nor_actor():
    text = repr(LogLine(**LINE, reason="about the neighbour"))
    assert not any(secret in text for secret in ("c0ffee", "staff-7", "neighbour"))
