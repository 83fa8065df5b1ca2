"""Handwritten digits, and a small neural network that learns to read them. Needs numpy only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DATA = Path(__file__).with_name("digits.csv.gz")
PIXELS, DIGITS, BRIGHTEST = 64, 10, 16
BATCH = 32


def load() -> tuple[Floats, Integers]:
    """All images as rows of 64 numbers from 0 (paper) to 1 (ink), and what each shows."""
    rows = np.loadtxt(DATA, delimiter=",", dtype=np.int64)
    return rows[:, :PIXELS] / BRIGHTEST, rows[:, PIXELS]


def split(images: Floats, labels: Integers) -> tuple[Floats, Integers, Floats, Integers]:
    """Four fifths to learn from, and one fifth to be tested with: the same in every run."""
    order = np.random.default_rng(0).permutation(len(images))
    test, train = np.split(order, [len(images) // 5])
    return images[train], labels[train], images[test], labels[test]


class Network:
    """64 pixels -> hidden neurons -> a probability for each of ten digits.

    Args:
        hidden: number of neurons between pixels and digits.
        seed: of the random weights that it begins with.
    """

    def __init__(self, hidden: int = 32, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.weights = {
            "w1": random.normal(0, np.sqrt(2 / PIXELS), (PIXELS, hidden)),
            "b1": np.zeros(hidden),
            "w2": random.normal(0, np.sqrt(2 / hidden), (hidden, DIGITS)),
            "b2": np.zeros(DIGITS),
        }

    def _forward(self, images: Floats) -> tuple[Floats, Floats]:
        w = self.weights
        hidden = np.maximum(images @ w["w1"] + w["b1"], 0)  # ReLU
        scores = hidden @ w["w2"] + w["b2"]
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))  # softmax, without overflow
        return hidden, powers / powers.sum(axis=1, keepdims=True)

    def probabilities(self, images: Floats) -> Floats:
        """A row for each image: how likely it shows 0, 1, ... 9."""
        return self._forward(images)[1]

    def predict(self, images: Floats) -> Integers:
        """The likeliest digit of each image."""
        likeliest: Integers = self.probabilities(images).argmax(axis=1)
        return likeliest

    def accuracy(self, images: Floats, labels: Integers) -> float:
        """The share of images that it reads right, 0 to 1."""
        return float((self.predict(images) == labels).mean())

    def learn(self, images: Floats, labels: Integers, lr: float) -> float:
        """One step of gradient descent on a few images. Returns the loss before the step."""
        w, rows = self.weights, np.arange(len(images))
        hidden, likely = self._forward(images)
        loss = -np.log(likely[rows, labels] + 1e-12).mean()
        error = likely.copy()  # the gradient of the loss by the scores, row by row
        error[rows, labels] -= 1
        error /= len(images)
        back = (error @ w["w2"].T) * (hidden > 0)
        w["w2"] -= lr * hidden.T @ error
        w["b2"] -= lr * error.sum(axis=0)
        w["w1"] -= lr * images.T @ back
        w["b1"] -= lr * back.sum(axis=0)
        return float(loss)

    def epoch(self, images: Floats, labels: Integers, lr: float, seed: tuple[int, int]) -> float:
        """Learn once from every image, in random order. Returns the mean loss.

        Args:
            seed: of the order: the run's, and the number of the epoch, so that a run that is
                continued from a checkpoint learns exactly what one without a break does.
        """
        order = np.random.default_rng(seed).permutation(len(images))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        return float(np.mean([self.learn(images[b], labels[b], lr) for b in batches]))

    def save(self, path: Path, about: dict[str, Any]) -> None:
        """Write what is learned. Whoever reads the file finds the old or the new one, whole.

        Args:
            about: how it was learned, for people and for whoever goes on from there.
        """
        half = path.with_name(f"{path.name}.half")
        with half.open("wb") as file:
            np.savez(file, allow_pickle=False, about=np.array(json.dumps(about)), **self.weights)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)

    @classmethod
    def read(cls, path: Path) -> tuple[Network, dict[str, Any]]:
        """A network that was saved, and how it was learned.

        Raises:
            OSError: there is none that can be read. ValueError: it is something else.
        """
        network = cls()
        try:
            with np.load(path) as saved:  # without pickle: a file of a stranger runs no code
                network.weights = {name: saved[name] for name in network.weights}
                about: dict[str, Any] = json.loads(str(saved["about"]))
        except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise ValueError(f"{path} is no model that was saved here") from error
        return network, about
