"""How values are written and read: dates, times, moments, zones and the packed grammars (1.5, section 5)."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from coaching.failures import Failure
from coaching.grammars import allocation, key_insight_set, line_item_set, reminder_set
from coaching.rpc.reading import read_date, read_moment, read_time
from coaching.services.clock import end_of, instant, start_of

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "text",
    [
        *("4/5/2025", "04/05/2025", "2025-04-05", "2025-04-05 15:32:00", "2025-04-05T15:32:00Z"),
        *("2025-04-05T15:32:00.123456+02:00", "April 5, 2025", "Apr 5 2025", "apr. 5, 2025"),
    ],
)
def test_a_date_is_read_month_first(text):
    assert read_date(text) == date(2025, 4, 5)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "tomorrow",
            "31/12/2030",
            "2/30/2030",
            "2030-02-30",
            "2030-13-01",
            "2030-04-05x",
            "2030-04-05 noon",
            "4/5/25",
        ),
        *("0001-01-01", "9999-12-31", "Smarch 5, 2025", "2025-4-5", "", "٤/٥/٢٠٢٥"),
    ],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError):
        read_date(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        *(("3:32pm", time(15, 32)), ("3:32 PM", time(15, 32)), ("15:32", time(15, 32)), ("15:32:07", time(15, 32, 7))),
        *(("3pm", time(15)), ("3 p.m.", time(15)), ("12am", time(0)), ("12:30 pm", time(12, 30)), ("0:05", time(0, 5))),
    ],
)
def test_a_time_is_read_on_either_clock(text, read):
    assert read_time(text) == read


@pytest.mark.parametrize("text", ["noon", "25:00", "24:00", "13:05pm", "0am", "7", "12:60", "3:32 xm", "", "-1:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        read_time(text)


@pytest.mark.parametrize(
    ("text", "is_end", "moment"),
    [
        ("2025-01-05", False, "2025-01-04T23:00:00Z"),
        ("2025-01-05", True, "2025-01-05T22:59:59.999999Z"),
        ("2025-01-05 15:32", True, "2025-01-05T14:32:00Z"),
        ("1/5/2025 3:32 pm", False, "2025-01-05T14:32:00Z"),
        ("January 5, 2025 3:32pm", False, "2025-01-05T14:32:00Z"),
        ("2025-01-05T15:32:00", False, "2025-01-05T14:32:00Z"),
        ("2025-01-05T15:32:00Z", False, "2025-01-05T15:32:00Z"),
        ("2025-01-05 15:32:00-05:00", True, "2025-01-05T20:32:00Z"),
        ("2025-03-30", True, "2025-03-30T21:59:59.999999Z"),  # a day of 23 hours
        ("2025-10-26", False, "2025-10-25T22:00:00Z"),  # a day of 25
        ("2025-10-26", True, "2025-10-26T22:59:59.999999Z"),
    ],
)
def test_a_moment_is_read_in_the_zone_unless_it_has_an_offset(text, is_end, moment):
    assert read_moment(text, PARIS, is_end=is_end) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2025-01-05T10:00+99:00", "soon"]
)
def test_what_is_no_moment_or_lies_beyond_all_calendars_is_refused(text):
    with pytest.raises(ValueError):
        read_moment(text, PARIS)


@pytest.mark.parametrize(
    ("day", "at", "zone", "moment"),
    [
        (date(2025, 3, 30), time(2, 30), PARIS, datetime(2025, 3, 30, 1, 30, tzinfo=UTC)),  # skipped: 03:30 in summer
        (date(2025, 10, 26), time(2, 30), PARIS, datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),  # twice: the first
        (date(2025, 3, 9), time(2, 30), NEW_YORK, datetime(2025, 3, 9, 7, 30, tzinfo=UTC)),
        (date(2025, 11, 2), time(1, 30), NEW_YORK, datetime(2025, 11, 2, 5, 30, tzinfo=UTC)),
    ],
)
def test_a_skipped_time_moves_on_and_a_doubled_one_is_the_first(day, at, zone, moment):
    assert instant(day, at, zone) == moment


def test_a_day_has_the_length_that_its_clocks_give_it():
    def hours(day):
        return round((end_of(day, PARIS) - start_of(day, PARIS)).total_seconds() / 3600)

    assert [hours(date(2025, *day)) for day in ((3, 30), (6, 1), (10, 26))] == [23, 24, 25]


def code_of(read, text):
    with pytest.raises(Failure) as refused:
        read(text)
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("L,E,1440", [("L", "E", 1440)]),
        ("L,T,1440;C,E,20", [("L", "T", 1440), ("C", "E", 20)]),
        (" l , e , 60 ; c,t,-30 ;", [("L", "E", 60), ("C", "T", -30)]),
        ("L,E,60;L,E,60", [("L", "E", 60)]),
        ("", []),
    ],
)
def test_a_reminder_set_is_triplets(text, read):
    assert list(reminder_set(text)) == read


def test_a_bad_reminder_set_is_321_or_322():
    assert {code_of(reminder_set, text) for text in ("L,E", "L,E,60,1", "default", "L,E,60;;", ";;")} == {321}
    assert {code_of(reminder_set, text) for text in ("X,E,60", "L,S,60", "L,E,soon", "L,E,1.5", "L,E,")} == {322}
    assert code_of(reminder_set, ";".join(f"L,E,{n}" for n in range(51))) == 322


def test_lines_of_an_invoice_are_a_label_and_an_amount_each():
    text = "Strategy package::400\r\n\nGroup course::600.50\n a :: b ::-0.005\nThird::33.33333333"

    assert line_item_set(text) == (
        ("Strategy package", Decimal(400)),
        ("Group course", Decimal("600.50")),
        ("a :: b", Decimal("-0.005")),
        ("Third", Decimal("33.333")),
    )
    assert line_item_set(" \n ") == ()


def test_bad_lines_are_493_or_494():
    assert {code_of(line_item_set, text) for text in ("Package 400", "a:1\nb:2")} == {493}
    bad = ("a::1\nb", "::5", " ::5", "a::", "a::$5", "a::1,000", "a::1e3", f"a::{'9' * 12}")
    assert {code_of(line_item_set, text) for text in bad} == {494}
    assert code_of(line_item_set, f"{'x' * 1001}::1") == 301


def test_an_allocation_is_appointments_or_hours():
    assert allocation("12 A") == allocation(" 12  a ") == ("A", 12)
    assert allocation("6 H") == ("M", 360)
    assert allocation("1.33 h") == ("M", 80)
    assert {code_of(allocation, text) for text in ("0 A", "1.5 A", "12A", "A 12", "-1 H", "12 D", "0.001 H")} == {443}


def test_key_insights_are_lines_of_which_some_are_starred():
    assert key_insight_set("* Rest more\r\n\n*Walk\nRead * less\n*\n") == (
        ("Rest more", True),
        ("Walk", True),
        ("Read * less", False),
    )
