"""`prices refresh`: what it writes into a project, what it keeps, and what reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mllab.accounts.azure import retail
from mllab.accounts.gcp import catalogue
from tests.accounts import google_list
from tests.accounts.retail_list import item, listed, machine
from tests.accounts.test_google_prices import SKUS
from tests.cli.conftest import Run, Said

AZURE = """\
config:
  azure-native:location: eastus
  mllab:lab: {cloud: azure, owner: a@example.edu, profile: strict}
  mllab:notebook: {size: cpu-small, disk_gb: 30, home_gb: 64}
  mllab:cluster: {size: cpu-small}
  mllab:budget: {limit_usd: 500}
  mllab:azure:
    ssh_from: [203.0.113.0/24]
    ssh_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgATQ4DwLEx0w1Gdo9blol/NfykyfiGlX6xSV448eMy x"]
"""
DISK = {
    "productName": "Standard SSD Managed Disks",
    "serviceName": "Storage",
    "unitOfMeasure": "1/Month",
}
ROWS = [
    machine("Standard_D2s_v5", 0.1),
    machine("Standard_D4s_v5", 0.192),
    item("E6 LRS Disk", 4.8, **DISK),
]
MACHINES, FLAT = "prices/machine_prices.csv", "prices/flat_prices.csv"


@pytest.fixture
def azure(project: Path) -> Path:
    (project / "stacks" / "Pulumi.az.yaml").write_text(AZURE)
    return project


def refreshed(run: Run, monkeypatch: pytest.MonkeyPatch, *words: str, **how: Any) -> Said:
    with listed(ROWS, **how) as told:
        monkeypatch.setattr(retail, "URL", told.url)
        return run("prices", "refresh", *(words or ("--cloud", "azure")))


def test_it_writes_what_was_told_and_says_what_moved_and_what_is_kept(
    run: Run, azure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refreshed(run, monkeypatch)
    day = datetime.now(UTC).date().isoformat()
    assert said.code == 0, said.err
    out = said.out
    assert "Azure eastus: 1 price moved, 1 as before, 1 new" in out
    assert "  Standard_D2s_v5 (vm): 0.096 -> 0.1, +4 %\n" in out
    assert "no longer listed, kept with its day: " in out
    assert "public IPv4, Standard, static, of 2026-04-03" in out
    assert "  not in what is asked of the list, kept with its day: " in out
    assert "Standard HDD S4 LRS, of 2024-07-01" in " ".join(out.split())
    assert f"git diff {MACHINES} {FLAT}" in out
    rows = (azure / MACHINES).read_text().splitlines()
    assert [row.split(",")[3:5] + row.split(",")[7:8] for row in rows[1:]] == [
        ["Standard_D2s_v5", "0.1", day],
        ["Standard_D4s_v5", "0.192", day],
    ]
    assert "azure,eastus,Standard SSD E6 LRS,disk-month,4.8,," in (azure / FLAT).read_text()


def test_what_it_wrote_counts_before_what_ships(
    run: Run, azure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = json.loads(run("cost", "az", "--json").out)
    refreshed(run, monkeypatch, "--region", "eastus")
    monkeypatch.chdir(azure / "stacks")  # found from below as well
    after = json.loads(run("cost", "az", "--json").out)
    (home,) = (one for one in before["charges"] if one["item"] == "Standard SSD E6 LRS")
    assert home["unit_usd"] is None
    (home,) = (one for one in after["charges"] if one["item"] == "Standard SSD E6 LRS")
    assert (home["unit_usd"], home["asleep"]) == ("4.8", "4.80")


def test_garbage_and_silence_leave_all_files_as_they_are(
    run: Run, azure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refreshed(run, monkeypatch)
    kept = {name: (azure / name).read_bytes() for name in (MACHINES, FLAT)}
    said = refreshed(run, monkeypatch, garbage=b'{"Items": [{"retailPrice": 1}]}')
    assert said.code == 1
    assert "not renewed, and their rows are as they were:\n  Azure eastus: " in said.err
    assert "no list of prices" in said.err
    said = refreshed(run, monkeypatch, garbage=b'{"Items": [], "NextPageLink": null}')
    assert said.code == 1
    assert "  Azure eastus: no price is listed\n" in said.err
    assert {name: (azure / name).read_bytes() for name in kept} == kept


def test_a_cloud_that_cannot_be_asked_does_not_stop_the_others(
    run: Run, azure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEACHING")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    said = refreshed(run, monkeypatch, "--region", "eastus", "--region", "us-east-1")
    assert said.code == 1
    assert "Azure eastus: 1 price moved" in said.out
    assert (azure / MACHINES).exists()
    assert "not renewed, and their rows are as they were:\n  AWS us-east-1: " in said.err


def test_a_lab_on_this_machine_does_not_stop_the_others(
    run: Run, azure: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Pulumi.local-tiny.yaml"
    (azure / "stacks" / name).write_text((root / "stacks" / name).read_text())
    (azure / "stacks" / "Pulumi.lab.yaml").unlink()  # of AWS
    said = refreshed(run, monkeypatch, "--cloud", "azure")
    assert (said.code, said.err.count("note: ")) == (0, 0)
    with listed(ROWS) as told:
        monkeypatch.setattr(retail, "URL", told.url)
        said = run("prices", "refresh")
    assert said.code == 0
    assert "note: not renewed: " in said.err
    assert "has no list price" in said.err
    said = run("prices", "refresh", "--cloud", "local")
    assert said.code == 2
    assert "these prices cannot be renewed; nothing was changed" in said.err


def test_google_is_asked_for_parts_and_what_comes_of_no_list_is_named(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.token")
    google = ("--cloud", "gcp", "--region", "us-central1")
    with google_list.listed(SKUS) as told:
        monkeypatch.setattr(catalogue, "URL", told.url)
        said = run("prices", "refresh", *google)
        assert said.code == 0, said.err
        rows = (project / MACHINES).read_text()
        assert "gcp,us-central1,vm,a2-highgpu-1g,3.673385,1.205,1.205,2" in rows
        assert "gcp,us-central1,Filestore ZONAL,GiB-month,0.219,," in (project / FLAT).read_text()
        out = " ".join(said.out.split())
        assert "gcp,us-central1,managed,a2-highgpu-1g,4.408062,,,2" in rows
        assert "derived (weak): 1.20 x Compute Engine 3.673385 (workbench-1.20) | Google" in rows
        assert "not in what is asked of the list, kept with its day: Cloud Logging ingest" in out
        told.refused = 401
        said = run("prices", "refresh", *google)
    assert said.code == 1
    assert "Google Cloud us-central1: the Google Cloud login does not work: " in said.err
    assert (project / MACHINES).read_text() == rows


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--cloud", "gpc"), "--cloud gpc: there is no such cloud"),
        (("--region", "eastus9"), "--region eastus9: AWS and Azure and Google Cloud have no such"),
        (("--cloud", "azure"), "no lab of this project tells of which region"),
    ],
)
def test_what_cannot_be_renewed_is_refused_by_name(
    run: Run, words: tuple[str, ...], told: str, project: Path
) -> None:
    said = run("prices", "refresh", *words)
    assert said.code == 2
    assert told in said.err
    assert not (project / "prices").exists()


TITLES = "cloud,region,use,name,usd_hour,spot_low,spot_high,as_of,source"
D2, D4 = "azure,eastus,vm,Standard_D2s_v5", "azure,eastus,vm,Standard_D4s_v5"


@pytest.mark.parametrize(
    "rest",
    [
        "none,,,2026-12-01,x",
        "-1,,,2026-12-01,x",
        "NaN,,,2026-12-01,x",
        "1,,,1 May,x",
        "0.1,",
        "1,,,,,",
    ],
)
def test_a_damaged_table_is_one_error_with_file_and_line(run: Run, azure: Path, rest: str) -> None:
    (azure / "prices").mkdir()
    lines = [TITLES, f"{D2},0.1,,,2026-12-01,x", f"{D4},{rest}"]
    (azure / MACHINES).write_text("\n".join(lines))
    said = run("cost", "az")
    assert said.code == 1
    assert said.err.startswith(f"error: {MACHINES}:3: ")
    assert said.out == ""


@pytest.mark.parametrize(("day", "price"), [("2026-06-17", "0.096"), ("2026-06-18", "0.2")])
def test_of_two_prices_the_later_one_counts(run: Run, azure: Path, day: str, price: str) -> None:
    """The price book has that machine at 0.096 since 2026-06-18."""
    (azure / "prices").mkdir()
    (azure / MACHINES).write_text(f"{TITLES}\n{D2},0.2,,,{day},x\n")
    charges = json.loads(run("cost", "az", "--json").out)["charges"]
    assert [one["unit_usd"] for one in charges if one["item"] == "Standard_D2s_v5"] == [price]
