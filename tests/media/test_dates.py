from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.specimens import write_sound
from sonolux.media.dates import MOST_DATES, clean_date, first_date
from sonolux.media.probing import probe


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2019:07:04 12:30:00", "2019-07-04T12:30:00Z"),
        ("2019-07-04T12:30:00.123Z", "2019-07-04T12:30:00Z"),
        ("2019-07-04 12:30+0530", "2019-07-04T12:30:00+05:30"),
        ("2019:07:04 12:30:00-08:00", "2019-07-04T12:30:00-08:00"),
        ("2019-07-04T12:30:00 UTC", "2019-07-04T12:30:00Z"),
        ("2021-03-04T05:06:07+01", "2021-03-04T05:06:07+01:00"),
        ("20190704", "2019-07-04T00:00:00Z"),
        ("20190704T123000+0200", "2019-07-04T12:30:00+02:00"),
        ("2014:04:26 19:09:1", "2014-04-26T19:09:01Z"),
        ("2009/9/5 7:08:09", "2009-09-05T07:08:09Z"),
        ("٢٠١٩:٠٧:٠٤ 12:30:00", "2019-07-04T12:30:00Z"),
        ("2014: 3: 2 10: 1: 2", "2014-03-02T10:01:02Z"),
        ("2005:08:17 11:42:43\n\0", "2005-08-17T11:42:43Z"),
        ("1999-05", "1999-05-01T00:00:00Z"),
        ("1999", "1999-01-01T00:00:00Z"),
        ("1999-00-00", "1999-01-01T00:00:00Z"),
        ("2005:06:07   :  :  ", "2005-06-07T00:00:00Z"),
        ("2005:  :     :  :  ", "2005-01-01T00:00:00Z"),
        ("2016:12:31 23:59:60", "2016-12-31T23:59:59Z"),
        ("2016:12:31 24:00:00", "2017-01-01T00:00:00Z"),
        ("Thu, 04 Mar 2021 05:06:07 GMT", "2021-03-04T05:06:07Z"),
        ("4 Mar 2021 05:06:07 -0330", "2021-03-04T05:06:07-03:30"),
        ("Thu Mar  4 05:06:07 2021", "2021-03-04T05:06:07Z"),
        ("1970", "1970-01-01T00:00:00Z"),
        ("1970-01-01T00:00:00.000000Z", None),
        ("1904-01-01T00:00:00.000000Z", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("2019-02-30", None),
        ("2019:07:04 12:30:61", None),
        ("1066-10-14", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("2019-07-04T12:30:00+99:99", None),
        ("next week", None),
        ("6/16/09", None),
        ("-2019", None),
        ("2019" * 100, None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text: object, date: str | None) -> None:
    assert clean_date(text) == date


def test_the_first_plausible_date_counts() -> None:
    assert first_date(["0000:00:00", None, 7, "2005:06:07", "2006:01:01"]) == "2005-06-07T00:00:00Z"
    assert first_date(["0000:00:00"] * MOST_DATES + ["2005:06:07"]) is None


@pytest.mark.parametrize(
    ("tags", "date"),
    [
        ({"date": "0000-00-00", "creation_time": "2012-05-29T06:55:06Z"}, "2012-05-29T06:55:06Z"),
        ({"creation_time": "1946-05-29T06:55:06Z"}, "2012-05-29T06:55:06Z"),
        ({"creation_time": "1904-01-01T00:00:00Z"}, None),
        ({"date": "1946", "creation_time": "2012-05-29T06:55:06Z"}, "1946-01-01T00:00:00Z"),
    ],
)
def test_dates_of_films_and_music(tags: dict[str, str], date: str | None, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.m4a", "aac", 0.1, tags=tags)
    assert probe(str(path)).metadata.get("date") == date


@given(st.text(alphabet="0123456789:-+TZ ./", max_size=30))
def test_any_date_is_valid_or_none(text: str) -> None:
    date = clean_date(text)
    assert date is None or datetime.fromisoformat(date).tzinfo is not None


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1801, 1, 1), datetime.now(), timezones=st.none() | OFFSETS)
FORMS = ("%Y:%m:%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y%m%dT%H%M%S", "%Y.%m.%d %H:%M:%S", "%d %b %Y %H:%M:%S ")


@given(TIMES, st.sampled_from(FORMS))
def test_every_way_to_write_a_moment_means_it(moment: datetime, form: str) -> None:
    moment = moment.replace(microsecond=0)
    unset = moment.replace(tzinfo=None) in (datetime(1970, 1, 1), datetime(1904, 1, 1), datetime(1899, 12, 30))
    date = clean_date(moment.strftime(form + "%z"))
    assert unset or date is not None
    if date is not None:
        assert datetime.fromisoformat(date) == (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
