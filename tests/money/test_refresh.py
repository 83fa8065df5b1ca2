"""Renewed tables: no other line changes, nothing vanishes, and a file is whole at any moment."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllab.accounts.quotes import Quote
from mllab.money import prices, refresh

DATA = Path(prices.__file__).parent / "data"
DAY = date(2026, 12, 1)
HERE = ("azure", "eastus")


def renew(table: str, text: str, *quotes: Quote) -> refresh.Renewed:
    return refresh.renew(table, text, HERE, quotes, DAY, "list", lambda _: None)


def vm(name: str, usd: str, spot: str | None = None) -> Quote:
    return Quote("vm", name, "hour", Decimal(usd), Decimal(spot) if spot else None)


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went, lines that came."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_only_the_row_of_a_price_that_was_told_differs() -> None:
    before = (DATA / refresh.MACHINES).read_text()
    after = renew(refresh.MACHINES, before, vm("Standard_D2s_v5", "0.1", "0.02")).text
    gone, come = changed(before, after)
    assert [line.split(",")[:5] for line in gone] == [
        ["azure", "eastus", "vm", "Standard_D2s_v5", "0.096"]
    ]
    assert come == ["azure,eastus,vm,Standard_D2s_v5,0.1,0.02,0.02,2026-12-01,list"]
    assert len(after.splitlines()) == len(before.splitlines())


def test_a_flat_price_keeps_its_note_and_other_lines_their_quotes() -> None:
    before = (DATA / refresh.FLAT).read_text()
    address = Quote("", "public IPv4, Standard, static", "hour", Decimal("0.0060"))
    gone, come = changed(before, renew(refresh.FLAT, before, address).text)
    assert come == ['azure,eastus,"public IPv4, Standard, static",hour,0.006,,2026-12-01,list,']
    assert len(gone) == 1


def test_new_rows_come_where_they_belong() -> None:
    before = (DATA / refresh.MACHINES).read_text()
    after = renew(refresh.MACHINES, before, vm("Standard_A", "1"), vm("Standard_Z", "2")).text
    gone, come = changed(before, after)
    assert (len(gone), len(come)) == (0, 2)
    keys = [row[:4] for row in csv.reader(after.splitlines())][1:]
    assert keys == sorted(keys), "as it was before"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 99)), unique_by=lambda x: x[0]))
def test_twice_is_once_and_an_own_table_begins_with_its_titles(told: list[tuple[str, int]]) -> None:
    quotes = [vm(name, str(usd)) for name, usd in told]
    once = renew(refresh.MACHINES, "", *quotes).text
    assert renew(refresh.MACHINES, once, *reversed(quotes)).text == once
    rows = list(csv.DictReader(once.splitlines()))
    assert [(row["name"], int(row["usd_hour"])) for row in rows] == sorted(told)
    assert once.splitlines()[0] == refresh.HEADERS[refresh.MACHINES]


def test_the_titles_are_those_of_the_shipped_tables() -> None:
    for name, titles in refresh.HEADERS.items():
        assert (DATA / name).read_text().splitlines()[0] == titles


def test_prices_are_counted_by_what_the_book_had() -> None:
    had = {
        name: prices.Price(name, Decimal(usd), "hour", DAY, "", (Decimal("0.1"), Decimal("0.3")))
        for name, usd in (("same", "1.0"), ("moved", "2"))
    }
    quotes = [vm("same", "1"), vm("moved", "2.5"), vm("new", "3")]
    found = refresh.renew(
        refresh.MACHINES, "", HERE, quotes, DAY, "list", lambda quote: had.get(quote.item)
    )
    assert (found.same, found.new) == (1, 1)
    assert found.moved == ["moved (vm): 2 -> 2.5, +25 %"]
    far = refresh.renew(
        refresh.MACHINES, "", HERE, [vm("moved", "1.4")], DAY, "list", lambda quote: had["moved"]
    )
    assert far.moved == [
        "moved (vm): 2 -> 1.4, -30 %, by more than 25 %: check it on the vendor's own page"
    ]
    untold = [replace(quote, spot_told=False) for quote in quotes]
    found = refresh.renew(
        refresh.MACHINES, "", HERE, untold, DAY, "list", lambda quote: had.get(quote.item)
    )
    assert "azure,eastus,vm,same,1,0.1,0.3,2026-12-01,list\n" in found.text, "spot is not told of"
    assert "azure,eastus,vm,new,3,,,2026-12-01,list\n" in found.text


def test_whoever_is_killed_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "prices" / "table.csv"
    refresh.write(path, "old\n")

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            refresh.write(path, "new\n" * 1000)
    assert path.read_text() == "old\n"
    refresh.write(path, "new\n")
    assert [one.name for one in path.parent.iterdir()] == ["table.csv"]
    assert path.read_text() == "new\n"
