"""`cost`: what a lab costs, without an account, and without calling unknown nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PAST = ("--today", "2027-01-11")


@pytest.fixture
def gcp(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(root)
    return "gcp-course"


def test_the_table_has_four_columns_and_says_what_it_leaves_out(run: Run, gcp: str) -> None:
    said = run("cost", gcp, *PAST)
    assert (said.code, said.err) == (0, "")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert "asleep, a month in use, an hour typical week at most a day" in lines
    assert "notebook 15.00 + ? 0.54 7.81 + ? 13.57 + ?" in lines
    assert "cluster 0.62 + ? 2.48 + ? 59.62 + ?" in lines
    assert "total 15.40 + ? 1.17 + ? 10.39 + ? 73.20 + ?" in lines
    unknown = "? Filestore ZONAL; disk of a machine for jobs: no price is known in any region"
    assert unknown in lines
    assert "? Cloud Scheduler job: its price has no date" in lines
    budget = next(line for line in lines if line.startswith("Budget: "))
    assert budget == (
        "Budget: 1,500.00 a month. A month of typical weeks takes 45.14 + ?. At the most that a "
        "day can cost it is used up on 2027-01-31 or sooner."
    )
    assert (
        "The change that saves most: cluster.max_nodes 2 instead of 4, 29.81 less on the worst day."
    ) in lines
    assert any(line.startswith("It reckons with 4 machines for jobs") for line in lines)
    assert "Some are more than 90 days old" in said.out
    assert not any("Workflows step" in line for line in lines), "-v lists them"


def test_verbose_lists_every_charge_with_price_and_date(run: Run, gcp: str) -> None:
    said = run("cost", gcp, "-v", *PAST)
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    disk = lines.index("gcp-course-notebook-shared-home") + 1
    assert lines[disk] == "always: 50 pd-balanced, 0.1 per GB-month of 2026-07-30 5.00 1.15 0.16"
    assert "usage: Workflows step, no price known" in lines
    assert "always: 100 Filestore ZONAL, no price known ? ? ?" in lines
    assert "Not in the sums: 5 without a price that counts, 5 billed by what is done." in said.out


def test_nothing_known_is_a_question_mark_and_no_zero(run: Run, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("2027-02-05", "2028-02-05"))
    said = run("cost", "lab", "--today", "2028-01-11")  # by then every price here is too old
    total = next(line.split() for line in said.out.splitlines() if line.startswith("total"))
    assert total[1] == "?"
    assert " 0.00" not in said.out
    assert "By prices too old or without a date:" in said.out
    assert "as a spot machine; the sums take its list price" in said.out


def test_strict_fails_where_a_price_is_not_known(run: Run, gcp: str) -> None:
    said = run("cost", gcp, "--strict", *PAST)
    assert said.code == 1
    assert "total" in said.out
    assert (
        "gcp-course: not all prices are known: Artifact Registry storage, Cloud Scheduler job, "
        "Filestore ZONAL, disk of a machine for jobs" in said.err
    )
    assert "mllab cost gcp-course -v" in said.err


def test_the_document_says_of_each_charge_whether_it_is_added(run: Run, gcp: str) -> None:
    told = json.loads(run("cost", gcp, "--json", *PAST).out)
    assert (told["schema"], told["currency"], told["complete"]) == (2, "USD", False)
    sums = {"asleep": ("15.40", "0.70"), "week": ("10.39", "0.16"), "day": ("73.20", "0.02")}
    part = {"complete": False}
    assert told["total"] == {
        "hour": {"usd": "1.17", "outdated_usd": "0.00", **part},
        **{name: {"usd": usd, "outdated_usd": old, **part} for name, (usd, old) in sums.items()},
    }
    registry, network = told["roles"]["registry"]["asleep"], told["roles"]["network"]["asleep"]
    assert registry == {"usd": "0.00", "complete": False, "outdated_usd": "0.50"}
    assert network == {"usd": "0.00", "complete": True, "outdated_usd": "0.00"}
    assert told["term"] == {
        **{"first": "2027-01-11", "last": "2027-02-05", "days": 26},
        "typical": {"usd": "38.58", "complete": False, "outdated_usd": "0.60"},
        "worst": {"usd": "1903.26", "complete": False, "outdated_usd": "0.60"},
    }
    assert told["budget"] == {
        **{"limit_usd": "1500.0", "per": "month"},
        "typical": {"used_up": None, "days": None, "on": None, "complete": False},
        "worst": {"used_up": True, "days": 20, "on": "2027-01-31", "complete": False},
    }
    assert told["oldest_price"] == "2026-05-20"
    assert told["saves_most"] == {
        **{"setting": "cluster.max_nodes", "value": "2", "instead_of": "4"},
        **{"week": "0.00", "day": "29.81"},
    }
    (home,) = (one for one in told["charges"] if one["resource"].endswith("shared-home"))
    assert home == {
        "resource": "gcp-course-notebook-shared-home",
        "role": "notebook",
        "when": "always",
        "item": "pd-balanced",
        "quantity": "50",
        "unit": "GB-month",
        "unit_usd": "0.1",
        "as_of": "2026-07-30",
        "source": "cyclenerd",
        "not_added": None,
        "asleep": "5.00",
        "hour": "0.00",
        "week": "1.15",
        "day": "0.16",
        "outdated": dict.fromkeys(("asleep", "hour", "week", "day")),
    }
    left = [one for one in told["charges"] if one["not_added"]]
    assert {"Filestore ZONAL", "Workflows step"} <= {one["item"] for one in left}
    assert (len(told["charges"]), told["unknown"], told["usage_based"]) == (16, 5, 5)
    assert len(left) == told["unknown"] + told["usage_based"]
    assert {one["day"] for one in left} == {None}
    (old,) = (one for one in left if one["item"] == "Artifact Registry storage")
    assert old["outdated"]["asleep"] == "0.50"


def test_a_lab_that_is_not_there_or_wrong_is_refused(run: Run, project: Path) -> None:
    assert "there is no stack la; " not in run("cost", "lab", *PAST).err
    said = run("cost", "la")
    assert (said.code, said.out) == (2, "")
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("us-east-1", "us-east-9"))
    said = run("cost", "lab", *PAST)
    assert said.code == 2
    assert "stacks/Pulumi.lab.yaml:2" in said.err


def test_amounts_and_days_are_written_out(run: Run, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    text = path.read_text().replace("limit_usd: 100", "limit_usd: 1000000")
    path.write_text(text.replace("storage: {", "storage: {files: false, "))
    out = " ".join(run("cost", "lab", "--today", "2027-02-05").out.split())
    assert "Budget: 1,000,000.00 a month." in out
    path.write_text(text.replace("limit_usd: 1000000", "limit_usd: 5"))
    told = json.loads(run("cost", "lab", "--json", *PAST).out)
    # A typical week takes 12.74: two days 3.64, three 5.46. The worst day alone takes 112.
    surely = {"used_up": True, "complete": True}
    assert told["budget"]["typical"] == {"days": 2, "on": "2027-01-13", **surely}
    assert told["budget"]["worst"] == {"days": 0, "on": "2027-01-11", **surely}
    assert "uses it up on 2027-01-13." in " ".join(run("cost", "lab", *PAST).out.split())
    assert "takes 49.37. Not even the most that each day can cost uses it up." in out
    assert "From 2027-02-05 to 2027-02-05, 1 day: " in out
    assert "20 GB in the bucket, 5 GB of images" in out, "this lab has no shared files"


def test_prices_of_a_later_day_than_the_one_asked_for_are_not_taken(run: Run) -> None:
    said = run("cost", "lab", "--today", "2020-01-01", "--strict")
    assert said.code == 1
    assert "its price is of 2026-07-20, after 2020-01-01" in said.out


def test_a_plan_says_what_the_lab_will_cost(run: Run, gcp: str) -> None:
    said = run("preview", gcp, "--simulate", *PAST)
    (line,) = (line for line in said.out.splitlines() if line.startswith("Cost by list prices"))
    assert line == (
        "Cost by list prices, USD: 15.40 + ? for a month asleep, 73.20 + ? on the worst day; "
        "prices too old add 0.70 and 0.02. More: mllab cost gcp-course"
    )


def test_a_lab_of_many_seats_has_a_line_for_each_and_one_for_all(run: Run, gcp: str) -> None:
    told = json.loads(run("cost", "aws-lab", "--json", *PAST).out)
    (each,) = told["each_seat"]
    assert each == "each of 3"
    seat, every = told["each_seat"][each], told["roles"]["notebook"]
    assert Decimal(seat["hour"]["usd"]) > 0
    lines = [" ".join(line.split()) for line in run("cost", "aws-lab", *PAST).out.splitlines()]
    assert any(line.startswith(f"each of 3 {_two(seat)} ") for line in lines)
    assert any(line.startswith(f"notebook {_two(every)} ") for line in lines)


def _two(sums: dict[str, dict[str, str]]) -> str:
    return f"{sums['asleep']['usd']} {sums['hour']['usd']}"


def test_seats_of_one_name_that_begins_with_another_are_told_apart(run: Run, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(f"{path.read_text()}  mllab:notebook: {{seats: [a, a-b]}}\n")
    told = json.loads(run("cost", "lab", "--json", *PAST).out)
    (each,) = told["each_seat"].values()
    every = told["roles"]["notebook"]
    assert Decimal(each["week"]["usd"]) * 2 == Decimal(every["week"]["usd"])


def test_a_typical_week_is_stated_by_a_file_or_by_the_lab(
    run: Run, gcp: str, tmp_path: Path
) -> None:
    week = tmp_path / "week.yaml"
    week.write_text("seat_hours: 10\ninternet_gb: 30\nlogs_gb: 2\n")
    lines = [
        " ".join(line.split())
        for line in run("cost", gcp, "--usage", str(week), *PAST).out.splitlines()
    ]
    assert "network 3.60 3.60" in lines, "30 GB at 0.12, which may all go on one day"
    assert any(line.startswith("notebook 15.00 + ? 0.54 8.90 + ?") for line in lines)
    (told,) = (line for line in lines if line.startswith("A typical week"))
    assert told == (
        f"A typical week, by {week}: 10 hours of each notebook, 30 GB to the internet, 2 GB of logs"
        "; by default: 4 hours of machines for jobs, 20 GB in the bucket, 20 GB of files, 5 GB of "
        "images. Nothing here is billed by logs_gb."
    )


def test_the_labs_own_week_counts_until_a_file_takes_its_place(
    run: Run, project: Path, tmp_path: Path
) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(f"{path.read_text()}  mllab:usage: {{seat_hours: 10, bucket_gb: 7}}\n")
    told = json.loads(run("cost", "lab", "--json", *PAST).out)
    assert (told["use"]["seat_hours"], told["use"]["bucket_gb"]) == ("10", "7")
    assert "seat_hours" not in told["use_by_default"]
    assert "node_hours" in told["use_by_default"]
    assert told["roles"]["notebook"]["week"]["usd"] == "8.07"  # ten hours at 0.531, disks 2.76
    week = (
        "A typical week, by stacks/Pulumi.lab.yaml: 10 hours of each notebook, 7 GB in the bucket"
    )
    assert f"{week}; by default: 4 hours of machines for jobs" in run("cost", "lab", *PAST).out
    other = tmp_path / "week.yaml"
    other.write_text("node_hours: 8\n")
    told = json.loads(run("cost", "lab", "--json", "--usage", str(other), *PAST).out)
    assert (told["use"]["seat_hours"], told["use"]["node_hours"]) == ("8", "8")
    path.write_text(path.read_text().replace("seat_hours: 10", "seat_hour: 10"))
    assert "Pulumi.lab.yaml:6: usage.seat_hour: is not a setting; did you mean seat_hours?" in (
        run("check", "lab").err
    )


def test_a_wrong_week_is_refused_with_its_line(run: Run, gcp: str, tmp_path: Path) -> None:
    week = tmp_path / "week.yaml"
    week.write_text("# ours\nseat_hour: 10\nbucket_gb: -1\n")
    said = run("cost", gcp, "--usage", str(week), *PAST)
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [
        f"error: {week}:2: seat_hour: is not a setting; did you mean seat_hours?",
        f"{week}:3: bucket_gb: must be at least 0, an amount is never negative (got -1)",
        f"Correct {week}.",
    ]
    week.write_text("node_hours: 673\n")
    assert (
        f"{week}:1: node_hours: must be at most 672" in run("cost", gcp, "--usage", str(week)).err
    )
    week.write_text("# nothing yet\n")
    assert f"{week}:1: is empty" in run("cost", gcp, "--usage", str(week)).err


@pytest.mark.parametrize("columns", [44, 80])
def test_every_amount_is_there_on_a_narrow_screen(
    run: Run, gcp: str, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = run("cost", gcp, "-v", *PAST).out
    assert max(len(line) for line in out.splitlines()) <= columns
    for amount in ("15.00 + ?", "59.62 + ?", "73.20 + ?", "0.1 per GB-month"):
        assert amount in " ".join(out.split())
