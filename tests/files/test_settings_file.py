"""The settings file of a machine: what is written is what both readers read, whatever it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.cloud_init import settings_text
from components.files.probes import read_settings

LIBRARY = Path(__file__).parents[2] / "components" / "files" / "lab-env.sh"

HOSTILE = [
    "",
    " leading and trailing ",
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME}",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "a=b=c",
    "#not a comment",
    "\\n\\0\\",
    "*",
    "~",
    "!!",
    "-n",
    "%s%n",
    "&&touch pwned",
    "Übung für Ægir 🎓",
    "\u2028\u0085\u00a0",
    "KEY=other",
]


def in_bash(path: Path, key: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    script = 'set -euo pipefail; . "$1"; value=$(setting "$2"); printf "%s" "$value"'
    return subprocess.run(
        ["bash", "-c", script, "bash", LIBRARY, key],
        cwd=folder,
        env={"MLLAB_SETTINGS": str(path), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_value_survives_and_does_nothing(value: str, tmp_path: Path) -> None:
    path = tmp_path / "lab.env"
    path.write_bytes(settings_text({"A": "first", "KEY": value, "Z": "last"}).encode())
    assert read_settings(path) == {"A": "first", "KEY": value, "Z": "last"}
    assert in_bash(path, "KEY", tmp_path).stdout.decode() == value
    assert in_bash(path, "Z", tmp_path).stdout == b"last"
    assert list(tmp_path.iterdir()) == [path]


@settings(max_examples=80)
@given(
    values=st.dictionaries(
        st.from_regex(r"[A-Z][A-Z0-9_]{0,12}", fullmatch=True), st.text(), min_size=1, max_size=4
    )
)
def test_any_text_is_refused_or_survives(
    values: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("settings")
    path = folder / "lab.env"
    try:
        text = settings_text(values).encode()
    except ValueError:
        assert any(
            c < " " or c == "\x7f" or 0xD800 <= ord(c) < 0xE000 for v in values.values() for c in v
        )
        return
    path.write_bytes(text)
    assert read_settings(path) == values
    key = max(values)
    assert in_bash(path, key, folder).stdout.decode() == values[key]


@pytest.mark.parametrize(
    "value", ["two\nlines", "carriage\rreturn", "\0", "tab\t", "\x1b[2J", "\x7f"]
)
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="machine setting KEY: .* one line of plain text"):
        settings_text({"KEY": value})


def test_what_is_no_unicode_is_refused() -> None:
    with pytest.raises(ValueError, match="machine setting KEY: .* no UTF-8 form"):
        settings_text({"KEY": "\udc80"})


@pytest.mark.parametrize("key", ["", "key", "A B", "A=B", "A\nB", "1A", "Ä", "A\n"])
def test_odd_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="a key is A-Z"):
        settings_text({key: "value"})


def test_last_line_without_an_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lab.env"
    path.write_text("A=1\nKEY=value")
    assert in_bash(path, "KEY", tmp_path).stdout == b"value"
    assert read_settings(path)["KEY"] == "value"


def test_first_line_of_a_key_holds_in_both(tmp_path: Path) -> None:
    path = tmp_path / "lab.env"
    path.write_text("KEY=one\nKEY=two\n")
    assert in_bash(path, "KEY", tmp_path).stdout == b"one"
    assert read_settings(path) == {"KEY": "one"}


def test_missing_key_ends_a_shell_script(tmp_path: Path) -> None:
    path = tmp_path / "lab.env"
    path.write_text("KEYS=value\n")
    done = in_bash(path, "KEY", tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode() == f"{path} has no KEY\n"


def test_missing_file_ends_a_shell_script(tmp_path: Path) -> None:
    assert in_bash(tmp_path / "none", "KEY", tmp_path).returncode != 0
