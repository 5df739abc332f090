"""What is said of each column."""

from __future__ import annotations

import json
import math
import random
import statistics

import pytest

from kolba.storage.datasets.ingest import errors


def _profile(found):
    return {column.name: column for column in found.profile}


def test_numbers_are_described_as_the_textbook_does(read):
    dice = random.Random(1)
    values = [dice.gauss(50, 10) for _ in range(1000)]
    content = "v,w\n" + "".join(f"{value},x\n" for value in values) + ",x\n"
    found = _profile(read(content.encode()))["v"]
    assert (found.count, found.missing, found.distinct) == (1000, 1, len(set(values)))
    assert found.minimum == min(values)
    assert found.maximum == max(values)
    assert found.mean == pytest.approx(statistics.mean(values))
    assert found.standard_deviation == pytest.approx(statistics.stdev(values))
    assert found.quartiles == pytest.approx(statistics.quantiles(values, method="inclusive"))
    assert len(found.histogram) == 20
    assert sum(one.count for one in found.histogram) == 1000
    assert found.histogram[0].lower == min(values)
    assert found.histogram[-1].upper == max(values)


def test_the_moments_survive_many_row_groups_and_a_far_offset(read):
    rows = 300_000
    content = b"v,w\n" + b"".join(b"%d.5,x\n" % (10**9 + i % 7) for i in range(rows))
    found = _profile(read(content))["v"]
    values = [i % 7 for i in range(rows)]
    assert found.mean == pytest.approx(10**9 + 0.5 + statistics.fmean(values), rel=1e-12)
    assert found.standard_deviation == pytest.approx(statistics.pstdev(values), rel=1e-3)
    assert found.quartiles == [10**9 + 1.5, 10**9 + 3.5, 10**9 + 5.5]


def test_text_has_its_most_frequent_values(read):
    content = "v\n" + "\n".join(["b"] * 3 + ["a"] * 3 + ["c"] + ["NA"])
    found = _profile(read(content.encode()))["v"]
    assert [(one.value, one.count) for one in found.top_values] == [("a", 3), ("b", 3), ("c", 1)]
    assert found.mean is None


def test_the_top_of_very_many_values_is_found(read):
    rare = b"".join(b"v%d,1\n" % i for i in range(120_000))
    found = _profile(read(b"v,w\n" + b"often,1\n" * 5000 + rare))["v"]
    assert (found.top_values[0].value, found.top_values[0].count) == ("often", 5000)
    assert found.distinct == pytest.approx(120_001, rel=0.1)


def test_dates_have_a_range(read):
    found = _profile(read(b"v,w\n2020-02-01,1\n2019-01-31,2\n"))["v"]
    assert (found.minimum, found.maximum) == ("2019-01-31", "2020-02-01")


@pytest.mark.parametrize(
    "content", [b"v,w\ninf,1\n-inf,1\n2.5,1\n", b"v,w\n,1\n,1\n", b"v,w\n7,1\n"]
)
def test_a_profile_is_strict_json(read, content):
    for column in read(content).profile:
        json.dumps(column.model_dump(), allow_nan=False)


def test_infinite_values_count_for_nothing(read):
    found = _profile(read(b"v,w\ninf,1\n1.5,1\n2.5,1\n"))["v"]
    assert (found.minimum, found.maximum, found.mean) == (1.5, 2.5, 2.0)


def test_a_range_wider_than_a_double_does_not_break_the_histogram(read):
    found = _profile(read(b"v,w\n-1.7e308,1\n1.7e308,1\n"))["v"]
    assert all(math.isfinite(one.lower) for one in found.histogram)
    assert sum(one.count for one in found.histogram) == 2


def test_awkward_column_names_are_just_names(read):
    names = ["a.b", "a", "A", 'q"uote', "select * from", "c0", "столбец", "'; drop--"]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    found = read((header + "\n" + "1,2,3,4,5,6,7,8\n").encode())
    assert [column.name for column in found.profile] == names
    assert [column.minimum for column in found.profile] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_year_that_is_none_is_refused_by_name(read):
    with pytest.raises(errors.UnreadableTable) as caught:
        read(b"day,w\n0000-01-01,1\n2020-01-01,2\n")
    assert "`day`" in caught.value.details["reason"]
