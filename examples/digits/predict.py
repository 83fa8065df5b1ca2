"""Read digits with a trained network: python predict.py output/model.npz [images.csv]"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from network import BRIGHTEST, PIXELS, Floats, Network, load, split


def main(words: list[str] | None = None) -> None:
    """Print what each image shows, and how sure the network is."""
    made = argparse.ArgumentParser(description="Read digits with a trained network.")
    made.add_argument("model", type=Path, help="what train.py wrote: output/model.npz")
    made.add_argument(
        "images",
        type=Path,
        nargs="?",
        help="a line for each image: 64 numbers from 0 to 16, with commas. Without it, the images "
        "that train.py did not learn from",
    )
    args = made.parse_args(words)
    try:
        network, _ = Network.read(args.model)
    except OSError as error:
        raise SystemExit(f"{args.model}: {error.strerror}") from None
    except ValueError as error:
        raise SystemExit(str(error)) from None
    if args.images:
        tell(network, read(args.images))
        return
    *_, images, labels = split(*load())
    tell(network, images[:10])
    print(f"... right for {network.accuracy(images, labels):.1%} of {len(labels)} images")


def tell(network: Network, images: Floats) -> None:
    for number, likely in enumerate(network.probabilities(images), 1):
        print(f"image {number}: {likely.argmax()} ({likely.max():.0%} sure)")


def read(path: Path) -> Floats:
    """The images of a file; anything that is none is named with its line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SystemExit(f"{path} is no text") from None
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = [float(word) for word in line.split(",")]
        except ValueError as error:
            raise SystemExit(f"{path}:{number}: {error}") from None
        if len(row) != PIXELS or not all(0 <= value <= BRIGHTEST for value in row):
            limit = f"must be {PIXELS} numbers from 0 to {BRIGHTEST}"
            raise SystemExit(f"{path}:{number}: {limit} (got {len(row)}: {line[:40]})")
        rows.append(row)
    if not rows:
        raise SystemExit(f"{path} is empty: a line for each image is expected")
    return np.array(rows) / BRIGHTEST


if __name__ == "__main__":
    main()
