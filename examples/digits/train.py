"""Train the network with parameters, as a job does: python train.py --lr 0.5 --epochs 20

Writes into the output folder, which is LAB_OUTPUT in a job of a lab:
  metrics.json  a line of JSON for each epoch: step, loss, accuracy
  model.npz     the trained network, for predict.py

In the folder LAB_CHECKPOINT, where it is set, it keeps what is learned after each epoch, and goes
on from there when it is started anew, as after a spot machine was reclaimed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from pathlib import Path
from typing import Any

from network import Network, load, split


def main(words: list[str] | None = None) -> None:
    """Train, and write metrics and model."""
    args = parser().parse_args(words)
    said = {"lr": args.lr, "hidden": args.hidden, "seed": args.seed}
    args.output.mkdir(parents=True, exist_ok=True)
    folder = os.environ.get("LAB_CHECKPOINT")
    checkpoint = Path(folder, "checkpoint.npz") if folder else None
    images, labels, test_images, test_labels = split(*load())
    network, metrics = begin(checkpoint, said, args.epochs)
    with (args.output / "metrics.json").open("w", encoding="utf-8") as file:
        for line in metrics:
            print(json.dumps(line), file=file)
        for step in range(len(metrics) + 1, args.epochs + 1):
            loss = network.epoch(images, labels, args.lr, (args.seed, step))
            if not math.isfinite(loss):
                raise SystemExit(f"epoch {step}: the loss is {loss}. --lr {args.lr} is too large")
            accuracy = network.accuracy(test_images, test_labels)
            metrics.append({"step": step, "loss": round(loss, 4), "accuracy": round(accuracy, 4)})
            print(json.dumps(metrics[-1]), file=file, flush=True)
            print(f"epoch {step:3}  loss {loss:.4f}  accuracy {accuracy:.1%}", flush=True)
            if checkpoint:
                checkpoint.parent.mkdir(parents=True, exist_ok=True)
                network.save(checkpoint, {"parameters": said, "metrics": metrics})
    model = args.output / "model.npz"
    network.save(model, {"parameters": said, "metrics": metrics})
    print(f"{model}: accuracy {metrics[-1]['accuracy']:.1%}")


def begin(
    checkpoint: Path | None, said: dict[str, Any], epochs: int
) -> tuple[Network, list[dict[str, Any]]]:
    """A new network, or what an earlier attempt has learned, with the metrics of its epochs."""
    new = Network(said["hidden"], said["seed"])
    if not checkpoint or not checkpoint.exists():
        return new, []
    try:
        network, about = Network.read(checkpoint)
    except ValueError as error:
        print(f"{error}: training begins anew", flush=True)
        return new, []
    metrics = about["metrics"]
    if about["parameters"] != said or len(metrics) > epochs:
        found = {**about["parameters"], "epochs": len(metrics)}
        words = " ".join(f"--{name} {value}" for name, value in found.items())
        raise SystemExit(f"{checkpoint} is of a run with {words}. Remove it to train anew")
    print(f"going on after epoch {len(metrics)}, from {checkpoint}", flush=True)
    return network, metrics


def parser() -> argparse.ArgumentParser:
    """The parameters of a run."""
    made = argparse.ArgumentParser(description="Train a network that reads handwritten digits.")
    made.add_argument("--lr", type=rate, default=0.1, help="learning rate, 0 to 1000 (0.1)")
    made.add_argument("--epochs", type=number(1, 10_000), default=20, help="1 to 10000 (20)")
    made.add_argument("--hidden", type=number(1, 4_096), default=64, help="neurons, 1 to 4096 (64)")
    made.add_argument("--seed", type=number(0, 2**32 - 1), default=0, help="of what is random (0)")
    output = os.environ.get("LAB_OUTPUT") or "output"
    made.add_argument("--output", type=Path, default=output, help=f"folder ({output})")
    return made


def rate(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1000")
    return value


def number(low: int, high: int) -> Any:
    def integer(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not within {low} to {high}")
        return value

    return integer


if __name__ == "__main__":
    try:
        main()
    except OSError as error:  # no room, no permission: nothing that a traceback would explain
        raise SystemExit(f"{error.filename}: {error.strerror}") from None
