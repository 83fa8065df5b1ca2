"""The passphrase: the user's own comes first, ours is made once, and none is ever lost silently."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mllab.engines.pulumi import passphrase
from mllab.engines.pulumi.passphrase import FILE, TEXT
from mllab.errors import StateError
from tests.pulumi.conftest import mode, with_umask


def settle(home: Path, environ: dict[str, str] | None = None, *, used: bool = False) -> object:
    return passphrase.settle(home, "aws-course", environ or {}, used=used)


def test_ours_is_made_at_the_first_need_and_advice_is_given_once(home: Path) -> None:
    first = passphrase.settle(home, "aws-course", {}, used=False)
    text = (home / "passphrase").read_text()
    assert first.environment == {FILE: str(home / "passphrase")}
    assert len(text.strip()) >= 43  # 32 bytes
    (note,) = first.notes
    assert str(home / "passphrase") in note
    assert "Keep a copy" in note
    assert text.strip() not in note

    second = passphrase.settle(home, "another", {}, used=True)
    assert second == passphrase.Passphrase(first.environment)
    assert (home / "passphrase").read_text() == text


def test_two_homes_have_two_passphrases(home: Path, tmp_path: Path) -> None:
    settle(home)
    settle(tmp_path)
    assert (home / "passphrase").read_text() != (tmp_path / "passphrase").read_text()


@pytest.mark.parametrize("mask", [0, 0o077])
def test_only_the_owner_can_read_it_whatever_the_umask(home: Path, mask: int) -> None:
    home.parent.mkdir()
    home.mkdir()
    with_umask(mask, lambda: settle(home))
    assert mode(home / "passphrase") & 0o177 == 0


def test_one_that_is_open_to_others_is_closed_and_said(home: Path) -> None:
    settle(home)
    (home / "passphrase").chmod(0o644)
    found = passphrase.settle(home, "aws-course", {}, used=True)
    assert mode(home / "passphrase") == 0o600
    assert "open to others" in found.notes[0]


@pytest.mark.parametrize("text", ["", "secret"])
def test_the_users_own_wins_and_nothing_is_made(home: Path, text: str) -> None:
    assert settle(home, {TEXT: text, FILE: "/nowhere"}) == passphrase.Passphrase({})
    assert not home.exists()


def test_the_users_own_file_is_named_by_its_whole_path(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_text("secret\n")
    monkeypatch.chdir(tmp_path)
    assert settle(home, {FILE: "mine"}) == passphrase.Passphrase({FILE: str(tmp_path / "mine")})
    assert not home.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe\x00", "cannot be read: not UTF-8 text"),
    ],
)
def test_a_file_of_the_user_that_holds_none_is_refused(
    home: Path, tmp_path: Path, content: bytes | None, why: str
) -> None:
    path = tmp_path / "mine"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StateError) as caught:
        settle(home, {FILE: str(path)})
    assert caught.value.message == f"{path}: the passphrase {why}"
    assert FILE in caught.value.hint
    assert not home.exists()


def test_an_empty_variable_names_no_file(home: Path) -> None:
    assert settle(home, {FILE: ""}) != passphrase.Passphrase({})


def test_a_lost_one_is_never_replaced_by_a_new_one(home: Path) -> None:
    with pytest.raises(StateError, match="passphrase of aws-course is not here") as caught:
        settle(home, used=True)
    assert str(home / "passphrase") in caught.value.hint
    assert not home.exists()


def test_an_emptied_one_is_not_made_anew(home: Path) -> None:
    settle(home)
    (home / "passphrase").write_text("")
    with pytest.raises(StateError, match="is empty"):
        settle(home)
    assert (home / "passphrase").read_text() == ""


def test_a_home_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="Not a directory") as caught:
        settle(tmp_path / "file" / "home")
    assert FILE in caught.value.hint


def test_a_file_system_without_links_serves_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    settle(home)
    assert len((home / "passphrase").read_text().strip()) >= 43
    assert mode(home / "passphrase") == 0o600
    assert [p.name for p in home.iterdir()] == ["passphrase"]


RACER = """
import sys
from pathlib import Path
from mllab.engines.pulumi import passphrase
print("ready", flush=True)
sys.stdin.readline()
found = passphrase.settle(Path(sys.argv[1]), "lab", {}, used=False)
print(len(found.notes), Path(found.environment[passphrase.FILE]).read_text().strip())
"""


def test_of_several_at_once_one_makes_it_and_all_use_it(home: Path, root: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, home],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = [racer.communicate()[0].split() for racer in racers]
    text = (home / "passphrase").read_text().strip()
    assert [words[1] for words in said] == [text] * 4
    assert sorted(words[0] for words in said) == ["0", "0", "0", "1"]
