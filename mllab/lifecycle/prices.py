"""Renews list prices of the project's regions, as a change of files that people look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from components import regions
from mllab.accounts.quotes import Quote, Quotes
from mllab.accounts.responses import QueryFailed
from mllab.clouds.registry import CLOUDS, PLACES
from mllab.errors import LabError, SettingsError, StateError, UsageError
from mllab.money import prices, refresh
from mllab.settings import files
from mllab.wording import pluralize

TABLES: Final = (refresh.MACHINES, refresh.FLAT)


@dataclass
class Report:
    """What became of the prices of one region.

    Args:
        moved: in words. same, new: how many. kept: rows of which nothing was told, with the date
            that they keep. unasked: rows that the vendor was not asked for, with theirs. unclear:
            what was told and could not be taken, and why.
    """

    cloud: str
    region: str
    moved: list[str] = field(default_factory=list)
    same: int = 0
    new: int = 0
    kept: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


def places(
    root: Path, clouds: Collection[str], named: Sequence[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Cloud and region of what is to be renewed, the named ones or those of the project's labs; and
    of which clouds it cannot be, and why.

    Raises:
        UsageError: a cloud or region that there is not, or that no prices can be asked of; or no
            lab tells of one.
    """
    for cloud in clouds:
        if cloud not in PLACES:
            known = ", ".join(PLACES)
            raise UsageError(f"--cloud {cloud}: there is no such cloud", hint=f"Take {known}.")
    if named:
        found = [_place(region, clouds or CLOUDS) for region in named]
    else:
        found = [place for place in _labs(root) if not clouds or place[0] in clouds]
        if not found:
            raise UsageError(
                "no lab of this project tells of which region to renew the prices",
                hint="Name some:  mllab prices refresh --region westeurope",
            )
    found = sorted(set(found))
    refused = {cloud: PLACES[cloud].list_prices for cloud, _ in found}
    told = [f"{PLACES[c].title}: {why}" for c, why in refused.items() if isinstance(why, str)]
    if len(told) == len(refused) or (told and clouds):
        raise UsageError(
            "these prices cannot be renewed; nothing was changed\n  " + "\n  ".join(told),
            hint="Correct rows by hand, with their day and source: mllab/money/data/README.md",
        )
    return [place for place in found if not isinstance(refused[place[0]], str)], told


@dataclass
class Outcome:
    """What a refresh did.

    Args:
        reports: a region each. written: files that changed. failures: of a region of which nothing
            was changed, because the vendor does not answer, or not with prices.
    """

    reports: list[Report] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    failures: list[LabError] = field(default_factory=list)


def renew(
    root: Path, wanted: Iterable[tuple[str, str]], today: date, tell: Callable[[str], None]
) -> Outcome:
    """Ask for all prices, then write the tables.

    Raises:
        StateError: a table cannot be read or written.
    """
    folder = root / "mllab" / "money" / "data"
    if not folder.is_dir():  # a project of one's own: what ships with mllab is not ours to change
        folder = root / prices.FOLDER
    prices.check()
    texts = {name: _text(folder / name) for name in TABLES}
    outcome, before = Outcome(), dict(texts)
    for cloud, region in wanted:
        tell(f"Asking for the prices of {CLOUDS[cloud].title} {region}")
        try:
            quotes = _ask(cloud, region)
        except LabError as error:
            outcome.failures.append(error)
            continue
        report = Report(cloud, region)
        outcome.reports.append(report)
        for name in TABLES:
            done = refresh.renew(
                name,
                texts[name],
                (cloud, region),
                quotes.quotes,
                today,
                quotes.source,
                partial(_known, cloud, region),
            )
            texts[name] = done.text
            report.moved += done.moved
            report.same, report.new = report.same + done.same, report.new + done.new
        _count_rest(report, quotes)
    changed = [name for name in TABLES if texts[name] != before[name]]
    try:
        for name in changed:
            refresh.write(folder / name, texts[name])
    except OSError as error:
        raise StateError(f"{folder} cannot be written: {error.strerror}") from error
    prices.forget()
    outcome.written = [folder / name for name in changed]
    return outcome


def _place(region: str, clouds: Iterable[str]) -> tuple[str, str]:
    for cloud in clouds:
        if region in regions.of(cloud):
            return cloud, region
    raise UsageError(
        f"--region {region}: {' and '.join(CLOUDS[one].title for one in clouds)} have no such"
        " region that mllab knows"
    )


def _labs(root: Path) -> list[tuple[str, str]]:
    found = []
    for name in files.names(root):
        try:
            lab = files.load(files.find(root, name))
        except SettingsError:
            continue  # `mllab check` says what is wrong with it
        found.append((lab.lab.cloud, lab.region))
    return found


def _ask(cloud: str, region: str) -> Quotes:
    """What the vendor tells. Raises LabError."""
    ask, where = CLOUDS[cloud].list_prices, f"{CLOUDS[cloud].title} {region}"
    assert not isinstance(ask, str)
    try:
        quotes = ask(region)
    except QueryFailed as error:
        raise LabError(f"{where}: {error}", hint="Try it again later.") from error
    except LabError as error:
        raise LabError(f"{where}: {error.message}", hint=error.hint) from error
    if not quotes.quotes:
        raise LabError(
            f"{where}: no price is listed", hint="Look at the vendor's own list of this region."
        )
    return quotes


def _known(cloud: str, region: str, quote: Quote) -> prices.Price | None:
    return _row(cloud, region, quote.use, quote.item)


def _row(cloud: str, region: str, use: str, item: str) -> prices.Price | None:
    if use:
        return prices.machine(cloud, region, use, item)
    return prices.flat(cloud, region, item)


def _count_rest(report: Report, quotes: Quotes) -> None:
    told = {(quote.use, quote.item) for quote in quotes.quotes}
    for use, item in sorted(quotes.asked - told):
        if why := quotes.unclear.get((use, item)):
            report.unclear.append(f"{_name(use, item)}: {why}")
        elif row := _row(report.cloud, report.region, use, item):
            report.kept.append(f"{_name(use, item)}, of {row.as_of or 'no date'}")
    for (use, item), row in sorted(prices.of(report.cloud, report.region).items()):
        if (use, item) not in quotes.asked:
            report.unasked.append(f"{_name(use, item)}, of {row.as_of or 'no date'}")


def _name(use: str, item: str) -> str:
    return f"{item} ({use})" if use else item


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise StateError(f"{path} cannot be read: {error}") from error


def told(report: Report) -> str:
    """`eastus: 3 prices moved, 31 as before, 12 new`."""
    words = [
        f"{pluralize(len(report.moved), 'price')} moved",
        f"{report.same} as before",
        f"{report.new} new",
    ]
    return f"{CLOUDS[report.cloud].title} {report.region}: {', '.join(words)}"
