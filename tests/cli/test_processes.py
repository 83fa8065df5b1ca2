"""The real program, in processes: terminals, pipes, full disks, read-only folders, broken files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import Program
from tests.cli.scripted import make_project

DAY = ("--today", "2027-01-11")
SLOW = {"pulumi", "pulumi_aws", "grpc", "ruamel", "sqlite3", "components"}
VERBS = ("preview", "up", "outputs", "status", "down")
CHANGING = ("up", "down")
CREATED = ("up", "tiny", "--simulate", "--yes", *DAY)


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """A project with one small lab that has a past."""
    text = (root / "stacks" / "Pulumi.aws-tiny.yaml").read_text()
    return make_project(tmp_path / "project", {"tiny": text})


@pytest.fixture
def program(root: Path, project: Path, tmp_path: Path) -> Program:
    return Program(root, project, tmp_path / "home")


@pytest.fixture(scope="module")
def created(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a created lab, to be copied."""
    folder = tmp_path_factory.mktemp("created")
    text = (root / "stacks" / "Pulumi.aws-tiny.yaml").read_text()
    program = Program(root, make_project(folder / "project", {"tiny": text}), folder / "home")
    ended = program.run(*CREATED)
    assert ended.code == 0, ended.err
    return folder / "home"


@pytest.fixture
def existing(created: Path, program: Program) -> Program:
    """The program, with a lab that exists."""
    subprocess.run(["cp", "-r", str(created), str(program.home)], check=True)
    return program


def imported(root: Path, *words: str) -> set[str]:
    code = f"import sys, cli\ntry:\n    cli.main({list(words)!r})\nexcept SystemExit:\n    pass\n"
    told = code + "sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize(
    ("words", "slow"),
    [
        pytest.param(("--help",), {*SLOW, "pydantic"}, id="help"),
        # Typer itself reads the options of a single command with pydantic.
        pytest.param(("up", "--help"), SLOW, id="help of a command"),
    ],
)
def test_help_imports_nothing_slow(root: Path, words: tuple[str, ...], slow: set[str]) -> None:
    assert not imported(root, *words) & slow


def test_help_lists_every_verb(program: Program) -> None:
    ended = program.run("--help")
    assert ended.code == 0
    for verb in ("new", "list", "check", "rehearse", *VERBS):
        assert f" {verb} " in ended.out


@pytest.mark.parametrize(
    ("typed", "offered"), [("t", ["tiny"]), ("", ["tiny"]), ("x", [])], ids=["t", "nothing", "x"]
)
def test_the_shell_completes_names_of_stacks(
    program: Program, typed: str, offered: list[str]
) -> None:
    name = "_CLI.PY_COMPLETE"
    line = {"COMP_WORDS": f"cli.py up {typed}", "COMP_CWORD": "2", name: "complete_bash"}
    ended = program.run(env=line)
    assert ended.out.split() == offered


def test_completion_outside_a_project_is_silent(root: Path, tmp_path: Path) -> None:
    line = {"COMP_WORDS": "cli.py up ", "COMP_CWORD": "2", "_CLI.PY_COMPLETE": "complete_bash"}
    ended = Program(root, tmp_path, tmp_path / "home").run(env=line)
    assert (ended.out.strip(), ended.err) == ("", "")


@pytest.mark.parametrize("words", [(), ("nonsense",), ("up",), ("check", "a", "b"), ("list", "-x")])
def test_wrong_usage_ends_with_2(program: Program, words: tuple[str, ...]) -> None:
    ended = program.run(*words)
    assert ended.code == 2
    assert ended.clean


def test_a_reader_that_has_gone_is_no_failure_to_talk_about(program: Program) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = program.run("list", stdout=writer)
    os.close(writer)
    assert ended.code == 141
    assert ended.err == ""


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_a_closed_stream_is_no_bug(program: Program, stream: str) -> None:
    ended = program.run("up", "tiny", "--simulate", *DAY, machine=f"{stream} closed")
    assert ended.code == 2
    assert ended.clean, ended.err
    assert not (program.home / "state").exists()
    assert program.run("list", machine=f"{stream} closed").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [("list",), ("check", "tiny", *DAY), ("list", "--json")])
def test_output_to_a_full_disk(program: Program, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = program.run(*words, stdout=full)
    assert ended.code == 1
    assert ended.clean
    assert "No space left on device" in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_progress_that_nobody_can_read_stops_no_run(program: Program) -> None:
    with Path("/dev/full").open("w") as full:
        assert program.run(*CREATED, stderr=full).code == 0
    assert "nothing to do" in program.run("preview", "tiny", "--simulate", *DAY).out


@pytest.mark.parametrize("words", [CREATED, ("rehearse", "tiny")], ids=["up", "rehearse"])
def test_a_full_disk_below_the_state(program: Program, words: tuple[str, ...]) -> None:
    ended = program.run(*words, machine="small files")
    assert ended.code == 1
    assert ended.clean, ended.err
    assert "error: " in ended.err


def test_after_a_full_disk_the_next_run_goes_on(program: Program) -> None:
    assert program.run(*CREATED, machine="small files").code == 1
    again = program.run(*CREATED)
    assert again.code == 0, again.err
    assert program.run("down", "tiny", "--simulate", "--yes").code == 0


@pytest.mark.parametrize("verb", CHANGING)
def test_a_folder_that_cannot_be_written(existing: Program, verb: str) -> None:
    folders = [existing.home, *(path for path in existing.home.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        day = DAY if verb == "up" else ()
        file = Path(existing.home / "state" / "tiny.json")
        before = file.read_bytes()
        existing_lab = existing._folder / "stacks" / "Pulumi.tiny.yaml"
        existing_lab.write_text(existing_lab.read_text().replace("keep_images: ", "keep_images: 2"))
        words = (verb, "tiny", "--simulate", "--yes", *day)
        ended = existing.run(*words, machine="unprivileged")
        assert ended.code == 1
        assert ended.clean, ended.err
        assert "ermission denied" in ended.err or "readonly" in ended.err
        assert str(existing.home) in ended.err
        assert file.read_bytes() == before
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.parametrize("verb", VERBS)
def test_a_home_that_is_a_file(program: Program, verb: str) -> None:
    program.home.write_text("not a folder")
    words = [verb, "tiny", "--simulate", *(DAY if verb in ("up", "preview") else ())]
    ended = program.run(*words, *(["--yes"] if verb in CHANGING else []))
    assert ended.code == 1
    assert ended.clean, ended.err
    assert str(program.home) in ended.err


@pytest.mark.parametrize("verb", VERBS)
def test_a_damaged_state_is_kept_and_named(existing: Program, verb: str) -> None:
    state = existing.home / "state" / "tiny.json"
    damaged = state.read_bytes()[:1000]
    state.write_bytes(damaged)
    words = [verb, "tiny", "--simulate", *(DAY if verb in ("up", "preview") else ())]
    ended = existing.run(*words, *(["--yes"] if verb in CHANGING else []))
    assert ended.code == 1
    assert ended.clean, ended.err
    assert str(state) in ended.err
    copies = list(state.parent.glob("tiny.json.damaged-*"))
    assert [copy.read_bytes() for copy in copies] == [damaged]
    assert str(copies[0]) in ended.err
    assert state.read_bytes() == damaged


@pytest.mark.parametrize("verb", VERBS)
def test_a_damaged_account(existing: Program, verb: str) -> None:
    account = existing.home / "simulated" / "aws.db"
    for beside in account.parent.glob("aws.db-*"):
        beside.unlink()
    account.write_bytes(b"no database at all" * 1000)
    words = [verb, "tiny", "--simulate", *(DAY if verb in ("up", "preview") else ())]
    ended = existing.run(*words, *(["--yes"] if verb in CHANGING else []))
    assert ended.code == 1
    assert ended.clean, ended.err
    assert str(account) in ended.err


def test_down_beside_an_up_that_has_just_begun_does_not_say_that_nothing_exists(
    program: Program,
) -> None:
    lock = program.home / "state" / "tiny.lock"
    lock.parent.mkdir(parents=True)
    owner = {"pid": os.getpid(), "host": os.uname().nodename, "user": "ann", "began": ""}
    lock.write_text(json.dumps(owner))
    ended = program.run("down", "tiny", "--simulate", "--yes")
    assert ended.code == 1
    assert "ann" in ended.err
    assert "exists" not in ended.out


def test_a_stack_in_use_names_its_user(existing: Program) -> None:
    lock = existing.home / "state" / "tiny.lock"
    owner = {"pid": os.getpid(), "host": os.uname().nodename, "user": "ann", "began": ""}
    lock.write_text(json.dumps(owner))
    ended = existing.run("down", "tiny", "--simulate", "--yes")
    assert ended.code == 1
    assert ended.clean
    assert "ann" in ended.err
    assert str(os.getpid()) in ended.err


def test_a_person_is_asked_and_no_is_no(program: Program) -> None:
    ended = program.at_terminal(*CREATED[:3], *DAY, types=[("Do this to tiny?", "n\n")])
    assert ended.code == 1
    assert "Nothing was changed." in ended.out
    assert not (program.home / "state" / "tiny.json").exists()


def test_a_person_sees_the_plan_and_the_progress_and_what_comes_next(program: Program) -> None:
    ended = program.at_terminal(*CREATED[:3], *DAY, types=[("Do this to tiny?", "y\n")])
    assert ended.code == 0, ended.out
    assert "aws ssm start-session" in ended.out
    assert "simulated" in ended.out
    assert "\x1b[" in ended.out


def test_ctrl_c_at_a_question_changes_nothing(program: Program) -> None:
    ended = program.at_terminal(*CREATED[:3], *DAY, types=[("Do this to tiny?", "\x03")])
    assert ended.code == 1
    assert ended.clean
    assert "Nothing was changed." in ended.out
    assert not (program.home / "state" / "tiny.json").exists()


def test_a_person_types_the_name_to_remove(existing: Program) -> None:
    wrong = existing.at_terminal("down", "tiny", "--simulate", types=[("to delete all", "yes\n")])
    assert wrong.code == 1
    assert "Nothing was changed." in wrong.out
    right = existing.at_terminal("down", "tiny", "--simulate", types=[("to delete all", "tiny\n")])
    assert right.code == 0, right.out
    assert "nothing of it is left" in right.out


def test_no_colours_where_they_are_not_wanted(program: Program) -> None:
    coloured = program.at_terminal("check", "none")
    plain = program.at_terminal("check", "none", env={"NO_COLOR": "1"})
    assert "\x1b[1;31merror:" in coloured.out
    assert "\x1b[1;31m" not in plain.out
    assert "\x1b[" not in program.run("list").out + program.run("check", "none").err


def test_an_encoding_without_our_letters_breaks_nothing(program: Program) -> None:
    for words in (("list",), ("check", "tiny", *DAY), ("--help",)):
        ended = program.run(*words, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
        assert ended.code == 0, ended.err
        assert ended.clean


def test_json_alone_on_stdout(existing: Program) -> None:
    ended = existing.run("down", "tiny", "--simulate", "--json", "--yes")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["left"] == []
    assert "nothing" not in ended.out
    assert "deleted" in ended.err
