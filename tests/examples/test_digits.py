"""The example of the handwritten digits: its data, what the network learns, and its scripts."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FLOOR = 0.95
"""What it reads right with the parameters that it has by itself; 97.2 % was seen."""


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "examples/digits"


@pytest.fixture(scope="module")
def network(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("network_of_digits", folder / "network.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(folder: Path, name: str, *words: str, code: int = 0, **env: str) -> str:
    """What a script says: its result, or where it fails, why."""
    done = subprocess.run(
        [sys.executable, folder / name, *words],
        env={"PATH": os.environ["PATH"], **env},
        cwd=env.get("LAB_OUTPUT"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def metrics(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "metrics.json").read_text().splitlines()]


def test_the_data_is_what_scikit_learn_ships_and_named_so(
    folder: Path, network: ModuleType
) -> None:
    data = folder / "digits.csv.gz"
    assert data.stat().st_size < 100_000
    assert hashlib.sha256(data.read_bytes()).hexdigest() in (folder / "README.md").read_text()
    images, labels = network.load()
    assert images.shape == (1797, 64)
    assert (images.min(), images.max()) == (0, 1)
    # Class distribution of optdigits.tes in UCI's optdigits.names
    known = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)
    assert [Counter(labels.tolist())[digit] for digit in range(10)] == list(known)
    licence = (folder / "LICENSE-digits.txt").read_text()
    assert "Attribution 4.0 International" in licence
    assert "Section 8 -- Interpretation." in licence


def test_nothing_that_it_is_judged_by_was_learned(network: ModuleType) -> None:
    images, labels = network.load()
    numbered = np.arange(len(images), dtype=float).reshape(-1, 1)
    learned, _, judged, _ = network.split(numbered, labels)
    assert sorted([*learned[:, 0], *judged[:, 0]]) == list(range(len(images)))
    assert len(judged) == 359


def test_it_follows_the_gradient_of_its_loss(network: ModuleType) -> None:
    """A step of size 1 is the gradient: compared with differences of the loss itself."""
    images, labels = (part[:20] for part in network.load())

    def loss(one: Any) -> float:
        return float(-np.log(one.probabilities(images)[np.arange(20), labels]).mean())

    stepped, there = network.Network(hidden=5), network.Network(hidden=5)
    assert stepped.learn(images, labels, 1.0) == pytest.approx(loss(there))
    for name, weights in there.weights.items():
        for place in np.ndindex(weights.shape):
            kept, near = weights[place], []
            for side in (1e-6, -1e-6):
                weights[place] = kept + side
                near.append(loss(there))
            weights[place] = kept
            slope = (near[0] - near[1]) / 2e-6
            assert kept - stepped.weights[name][place] == pytest.approx(slope, abs=1e-6)


def test_the_script_trains_and_what_it_saved_predicts(folder: Path, tmp_path: Path) -> None:
    said = script(folder, "train.py", LAB_OUTPUT=str(tmp_path))
    lines = metrics(tmp_path)
    assert [line["step"] for line in lines] == list(range(1, 21))
    assert lines[-1]["accuracy"] >= FLOOR
    assert lines[-1]["loss"] < lines[0]["loss"] / 10
    assert f"accuracy {lines[-1]['accuracy']:.1%}" in said.splitlines()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.json", "model.npz"]
    told = script(folder, "predict.py", str(tmp_path / "model.npz"))
    assert f"right for {lines[-1]['accuracy']:.1%} of 359 images" in told
    paper = tmp_path / "paper.csv"
    paper.write_text(f"{','.join('0' * 64)}\n" * 2)
    assert (
        len(script(folder, "predict.py", str(tmp_path / "model.npz"), str(paper)).split("\n")) == 3
    )


def test_parameters_matter_and_the_same_give_the_same(folder: Path, tmp_path: Path) -> None:
    last = {}
    for name, lr, seed in (
        ("a", "0.001", "1"),
        ("b", "0.5", "1"),
        ("c", "0.5", "1"),
        ("d", "0.5", "2"),
    ):
        words = ("--lr", lr, "--seed", seed, "--epochs", "3", "--output", str(tmp_path / name))
        script(folder, "train.py", *words)
        last[name] = metrics(tmp_path / name)[-1]
    assert last["a"]["accuracy"] < 0.6 < 0.9 < last["b"]["accuracy"]
    assert last["b"] == last["c"] != last["d"]


def test_a_killed_run_goes_on_and_ends_as_one_without_a_break(folder: Path, tmp_path: Path) -> None:
    env = {"LAB_CHECKPOINT": str(tmp_path / "checkpoint")}
    words = [sys.executable, folder / "train.py", "--hidden", "8", "--output", tmp_path / "first"]
    # Its output is one page of memory: it cannot be over before it is killed.
    small = {"stdout": subprocess.PIPE, "bufsize": 0, "pipesize": 4096}
    with subprocess.Popen([*words, "--epochs", "5000"], env=env, **small) as run:
        assert any(line.startswith(b"epoch   5 ") for line in run.stdout)
        run.kill()
    assert run.returncode < 0
    assert not (tmp_path / "first/model.npz").exists()
    same = ("--hidden", "8", "--epochs", "150", "--output")
    script(folder, "train.py", *same, str(tmp_path / "whole"))
    said = script(folder, "train.py", *same, str(tmp_path / "second"), **env)
    done = int(re.findall(r"^going on after epoch (\d+), from ", said)[0])
    assert 4 <= done < 150
    assert said.splitlines()[1].startswith(f"epoch {done + 1:3} ")
    assert metrics(tmp_path / "second") == metrics(tmp_path / "whole")
    for more in (["--lr", "0.5"], ["--epochs", "100"]):
        other = script(
            folder, "train.py", *same[:4], *more, code=1, LAB_OUTPUT=str(tmp_path), **env
        )
        assert "--lr 0.1 --hidden 8 --seed 0 --epochs 150. Remove it to train anew" in other
    (tmp_path / "checkpoint/checkpoint.npz").write_bytes(b"half of")
    anew = script(folder, "train.py", LAB_OUTPUT=str(tmp_path), **env)
    assert "training begins anew" in anew
    assert "epoch   1 " in anew


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("train.py", ["--lr", "0"], "--lr: 0 is not above 0 and at most 1000"),
        ("train.py", ["--lr", "nan"], "--lr: nan is not above 0"),
        ("train.py", ["--epochs", "0"], "--epochs: 0 is not within 1 to 10000"),
        ("train.py", ["--hidden", "5000"], "--hidden: 5000 is not within 1 to 4096"),
        ("train.py", ["--seed", "-1"], "--seed: -1 is not within"),
        ("train.py", ["--output", "taken"], "taken: File exists"),
        ("predict.py", ["none"], "none: No such file"),
        ("predict.py", ["taken"], "taken is no model that was saved here"),
        ("predict.py", ["model.npz", "none"], "none: No such file"),
        (
            "predict.py",
            ["model.npz", "taken"],
            "taken:1: must be 64 numbers from 0 to 16 (got 1: 1)",
        ),
        ("predict.py", ["model.npz", "words"], "words:1: could not convert string to float: 'x'"),
        ("predict.py", ["model.npz", "bright"], "bright:1: must be 64 numbers from 0 to 16"),
        ("predict.py", ["model.npz", "empty"], "empty is empty"),
        ("predict.py", ["model.npz", "model.npz"], "model.npz is no text"),
    ],
)
def test_what_is_wrong_is_named(
    folder: Path, network: ModuleType, tmp_path: Path, name: str, words: list[str], told: str
) -> None:
    (tmp_path / "taken").write_text("1")
    (tmp_path / "words").write_text("x")
    (tmp_path / "bright").write_text(",".join(["17"] * 64))
    (tmp_path / "empty").write_text("")
    network.Network().save(tmp_path / "model.npz", {})
    said = script(
        folder,
        name,
        *words,
        code=2 if name == "train.py" and words[0] != "--output" else 1,
        LAB_OUTPUT=str(tmp_path),
    )
    assert told in said
