"""A project's own prices: one error says line and cell of what is wrong, and what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from mllab.errors import LabError
from mllab.money import prices

FLAT = "cloud,region,item,unit,usd,free_tier,as_of,source,note"
MACHINES = "cloud,region,use,name,usd_hour,spot_low,spot_high,as_of,source"
DISK = "aws,us-east-1,EBS gp3 storage,GB-month"
NUMBER = "must be a number of US dollars from 0 to 1,000,000, like 0.045 (got "


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "Pulumi.yaml").write_text("name: mllab\nruntime: python\n")
    (tmp_path / "prices").mkdir()
    monkeypatch.chdir(tmp_path)
    prices.forget()
    yield tmp_path / "prices"
    prices.forget()


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([f'{DISK},"0,09",,2026-11-30,x,'], f"2: usd: {NUMBER}'0,09')"),
        ([f"{DISK},NaN,,2026-11-30,x,"], f"2: usd: {NUMBER}'NaN')"),
        ([f"{DISK},-1,,2026-11-30,x,"], f"2: usd: {NUMBER}'-1')"),
        ([f"{DISK},1e400,,2026-11-30,x,"], f"2: usd: {NUMBER}'1e400')"),
        ([f"{DISK},1e999999999,,2026-11-30,x,"], f"2: usd: {NUMBER}'1e999999999')"),
        ([f"{DISK},\u0661,,2026-11-30,x,"], f"2: usd: {NUMBER}'\u0661')"),
        (
            [f"{DISK},0.08,,01.11.2026,x,"],
            "2: as_of: must be a day like 2026-11-30, or nothing (got '01.11.2026')",
        ),
        (
            [f"{DISK},0,09,,2026-11-30,x,"],
            "2: must have 9 columns; put a text with a comma in quotes",
        ),
        (
            [f"{DISK},0.08,,,x,", f"{DISK.replace('EBS gp3', 'ebs GP3')},0.09,,,x,"],
            "3: is of the same thing as line 2; delete one of them",
        ),
        (
            ["aws,us-east-1,EBS gp3 storage,hour,0.08,,,x,"],
            "2: unit: must be GB-month (got 'hour')",
        ),
        (["aws,us-east-1,tea,cup,1,,,x,"], "2: unit: must be 1 million invocations or 1 million "),
    ],
)
def test_a_wrong_row_is_told_by_line_and_cell(rows: list[str], fault: str, own: Path) -> None:
    (own / "flat_prices.csv").write_text("\n".join([FLAT, *rows]), encoding="utf-8")
    with pytest.raises(LabError) as caught:
        prices.check()
    assert caught.value.message.startswith(f"prices/flat_prices.csv:{fault}")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"cloud;region;item", "1: must name the columns; cloud, region, as_of, source, use, "),
        (MACHINES.replace("usd_hour", "usd").encode(), "1: must name the columns; usd_hour is not"),
        (f"{MACHINES}\naws,a,vm,t\xe9,1,,,,x".encode("latin-1"), "1: must be text in UTF-8"),
        (f"{MACHINES}\naws,a,vm,t,1,2,x,,x".encode(), f"2: spot_high: {NUMBER}'x')"),
    ],
)
def test_a_file_that_is_no_table_is_told(raw: bytes, fault: str, own: Path) -> None:
    (own / "machine_prices.csv").write_bytes(raw)
    with pytest.raises(LabError) as caught:
        prices.check()
    assert caught.value.message.startswith(f"prices/machine_prices.csv:{fault}")


def test_the_mark_that_excel_begins_a_file_with_is_no_fault(own: Path) -> None:
    text = f"{FLAT}\r\n{DISK},0.07,,2026-11-30,x,\r\n"
    (own / "flat_prices.csv").write_text(text, encoding="utf-8-sig")
    found = prices.flat("aws", "us-east-1", "EBS gp3 storage")
    assert found
    assert found.usd == Decimal("0.07")
