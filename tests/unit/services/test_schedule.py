from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp import errors
from schuldhulp.services.schedule import Daily, Due, Every, parse_schedule

MOMENTS = st.integers(1_577_836_800, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_parse_schedule_reads_an_interval() -> None:
    assert parse_schedule("every 900s") == Every(seconds=900)


def test_parse_schedule_reads_a_time_of_day() -> None:
    assert parse_schedule("daily 03:00").next_after(NOON) == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "every 0s",
        "every 86401s",
        "every 5",
        "every 5m",
        "daily 24:00",
        "daily 3:00",
        "daily 03:60",
        "hourly",
        "EVERY 5s",
    ],
)
def test_parse_schedule_refuses_anything_else_and_names_the_setting(text: str) -> None:
    with pytest.raises(errors.Misconfigured) as caught:
        parse_schedule(text, field="LEDGER_SCHEDULE")
    assert caught.value.field == "LEDGER_SCHEDULE"


@given(seconds=st.integers(1, 86_400), moment=MOMENTS)
def test_every_next_after_is_later_and_on_the_grid(seconds: int, moment: datetime) -> None:
    found = Every(seconds=seconds).next_after(moment)
    assert moment < found <= moment + timedelta(seconds=seconds)
    assert found.timestamp() % seconds == 0


@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    moment=MOMENTS,
)
def test_daily_next_after_comes_once_a_day(hour: int, minute: int, moment: datetime) -> None:
    schedule = parse_schedule(f"daily {hour:02}:{minute:02}")
    first = schedule.next_after(moment)
    second = schedule.next_after(first)
    assert timedelta(0) < first - moment <= timedelta(hours=25)
    assert timedelta(hours=22) < second - first < timedelta(hours=26)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # The clock goes forward on 29 March 2026 at 02:00: 02:30 does not exist and is read as 03:30 summer time.
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # It goes back on 25 October 2026 at 03:00: 02:30 comes twice, and the first one counts.
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_daily_next_after_on_days_when_the_clock_changes(moment: datetime, expected: datetime) -> None:
    schedule = parse_schedule("daily 02:30")
    assert isinstance(schedule, Daily)
    assert schedule.next_after(moment) == expected
    assert schedule.next_after(expected) > expected + timedelta(hours=22)


def test_due_take_does_once_what_was_missed() -> None:
    due = Due(Every(seconds=900), NOON)
    assert not due.take(NOON)
    assert due.take(NOON + timedelta(hours=3))
    assert not due.take(NOON + timedelta(hours=3))
    assert due.take(NOON + timedelta(hours=3, seconds=900))


def test_due_take_at_once_is_due_right_away() -> None:
    due = Due(Every(seconds=900), NOON, at_once=True)
    assert due.take(NOON)
    assert not due.take(NOON)
