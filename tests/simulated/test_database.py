"""What the simulated cloud remembers outlives kills, is shared, and breaks with a clear word."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from mllab.errors import StateError
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from mllab.simulated.database import Database
from mllab.simulated.store import Record
from tests.simulated.account import Account
from tests.simulated.caller import MORNING
from tests.simulated.samples import build

WRITER = """
    import sys
    from pathlib import Path
    from tests.simulated.account import Account

    account = Account(Path({path!r}))
    print("ready", flush=True)
    sys.stdin.readline()
    for i in range({count}):
        account.bucket(f"{name}{{i}}")
        print(i, flush=True)
"""


def start(root: Path, path: Path, name: str, count: int) -> subprocess.Popen[str]:
    program = textwrap.dedent(WRITER.format(path=str(path), name=name, count=count))
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, stdin=pipe, stdout=pipe, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def test_an_account_is_still_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "aws.db"
    first = Account(path)
    made = build(first)
    first.whole.put_object(made["bucket"]["id"], "a", 3)
    first.whole.database.close()
    again = Account(path)
    assert again.contents(tokens.BUCKET, made["bucket"]["id"]) == "1 object, 3 bytes"
    for found in made.values():
        seen = again.read(found["token"], found["id"])
        assert seen is not None
        assert seen.inputs.keys() >= found["given"].keys()


def test_a_process_that_is_killed_leaves_whole_things(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "aws.db"
    process = start(root, path, "bucket", 10_000)
    go(process)
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(25):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    said = 25 + len(process.stdout.read().split())
    process.wait()
    process.stdout.close()
    process.stdin.close()
    buckets = SimulatedAws(path).inventory()
    assert said <= len(buckets) <= said + 1
    assert all(record.outputs["arn"].endswith(record.id) for record in buckets)


def test_two_processes_at_once_lose_nothing(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "aws.db"
    processes = [start(root, path, name, 150) for name in ("left", "right")]
    for process in processes:
        go(process)
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    names = [record.urn.rpartition("::")[2] for record in SimulatedAws(path).inventory()]
    assert sorted(names) == sorted(f"{side}{i}" for side in ("left", "right") for i in range(150))


def test_threads_share_one_account(tmp_path: Path) -> None:
    account = Account(tmp_path / "aws.db")
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for i in range(20):
                account.create(tokens.TOPIC, {"name": f"{name}-{i}"}, name)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(account.ids(tokens.TOPIC)) == 80


def test_a_transaction_is_whole_or_not_at_all() -> None:
    database = Database(None)

    def interrupted() -> None:
        with database.session() as outer:
            outer.set_number("a", 1)
            with database.session() as inner:
                inner.set_number("b", 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with database.session() as session:
        assert session.number("a") is None
        assert session.number("b") is None


def test_who_referred_to_what_is_gone_does_not_refer_to_what_comes_in_its_place() -> None:
    with Database(None).session() as session:
        user = session.add(Record("user", "u", "", MORNING))
        target = session.add(Record("target", "t", "", MORNING))
        session.link(user, [("property", target)])
        assert [found.id for found in session.users(target, "user")] == ["u"]
        session.drop(target)
        other = session.add(Record("target", "o", "", MORNING))
        assert session.users(other, "user") == []


@pytest.mark.parametrize("content", [b"not a database at all, just text " * 40, b"\x00" * 5000])
def test_a_broken_file_is_named_with_its_hint(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "aws.db"
    path.write_bytes(content)
    with pytest.raises(StateError) as error:
        SimulatedAws(path)
    assert str(path) in error.value.message
    assert f"rm {path}" in error.value.hint


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "aws.db").mkdir()
    with pytest.raises(StateError, match="cannot be read or written"):
        SimulatedAws(tmp_path / "aws.db")


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("", encoding="utf-8")
    with pytest.raises(StateError, match="cannot be read or written"):
        SimulatedAws(tmp_path / "folder" / "aws.db")


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "aws.db"
    SimulatedAws(path).database.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '0' WHERE key = 'format'")
    db.close()
    with pytest.raises(StateError, match="of format '0', this version reads 1") as error:
        SimulatedAws(path)
    assert f"rm {path}" in error.value.hint


def test_a_full_disk_is_an_error_that_changes_nothing(tmp_path: Path) -> None:
    account = Account(tmp_path / "aws.db")
    account.bucket("first")
    db = account.whole.database._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for i in range(200):
            account.bucket(f"bucket{i}")

    with pytest.raises(StateError, match="full"):
        fill()
    db.execute("PRAGMA max_page_count = 1000000")
    made = len(account.ids(tokens.BUCKET))
    account.bucket("afterwards")
    assert len(account.ids(tokens.BUCKET)) == made + 1


def test_a_sum_reads_no_row(tmp_path: Path) -> None:
    """Of 500 machines each row is as long as its first-boot script, and every new one asks."""
    asked: list[str] = []
    database = Database(tmp_path / "cloud.db")
    with database.session() as session:
        database._db.set_trace_callback(asked.append)
        session.total("vcpus", tokens.INSTANCE, "us-east-1", state="running")
        database._db.set_trace_callback(None)
        (plan,) = database._db.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    assert "USING COVERING INDEX" in plan[-1]
