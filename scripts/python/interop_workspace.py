"""What the checks of scripts/check-interop share: the folder in which the program runs, and comparisons."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy

import mnist
from cnn_command import refusal, run_cnn
from interop_graphs import GRAPHS

TOLERANCE = 1e-4
# Of the largest number, for graphs.
RELATIVE_TOLERANCE = 1e-5
GRAPH_CONFIGS = ("two-heads", "resnet")
SCALE, MEAN, STD = 255, 0.1307, 0.3081
REPOSITORY = Path(__file__).resolve().parents[2]
RECIPES, CONFIGS = REPOSITORY / "docs" / "interop.md", REPOSITORY / "configs"


class Scores(NamedTuple):
    """What one output says of each image."""

    logits: numpy.ndarray
    probabilities: numpy.ndarray


class Workspace:
    """A folder in which the program runs, with MNIST's test images and the runs it has trained."""

    def __init__(self, program: Path, data: Path, folder: Path) -> None:
        self.program, self.data, self.folder = program, data, folder
        self.failures = 0
        self.pixels, labels = mnist.load(data, "t10k")
        self.labels = labels.astype(numpy.uint8)
        mnist.write_idx(folder / "test.idx", self.pixels[:, 0])
        mnist.write_idx(folder / "few.idx", self.pixels[:500, 0])
        self.normalized = ((self.pixels[:500].astype(numpy.float32) / SCALE - MEAN) / STD).astype(numpy.float32)

    def cnn(self, *arguments: object) -> str:
        return run_cnn(self.program, self.folder, *arguments)

    def refusal(self, *arguments: object) -> tuple[int, str]:
        """The exit status and the one line with which the program refuses these arguments."""
        return refusal(self.program, self.folder, *arguments)

    def attempt(self, check: Callable[..., None], *arguments: object) -> None:
        """Runs a check; one that fails is counted, and the others still run."""
        try:
            check(*arguments)
        except (AssertionError, SystemExit) as failure:
            self.failures += 1
            print(f"FAILED {check.__module__}.{check.__name__}: {failure}", file=sys.stderr)

    def train(self, name: str, output: str, *options: object) -> None:
        self.cnn("train", "--config", name, "--output", output, "--epochs", 1, "--quiet",
                 *(options or ("--data", self.data)))

    def predict(self, weights: str, images: str, *options: object) -> numpy.ndarray:
        """[logits, probabilities] of every image."""
        predictions = json.loads(self.cnn("predict", weights, images, "--json", *options))
        return numpy.array([[*prediction["logits"], *prediction["probabilities"]] for prediction in predictions])

    def graph_config(self, name: str) -> str:
        """The config of a graph: a built-in one, or a file that is written here."""
        if name in GRAPH_CONFIGS:
            return name
        normalize = {"scale": SCALE, "mean": [MEAN], "std": [STD]}
        config = {"name": name, "data": {"normalize": normalize}, "model": {"input": [1, 28, 28], **GRAPHS[name]}}
        (self.folder / f"{name}.json").write_text(json.dumps(config))
        return f"{name}.json"

    def scores(self, weights: str, *options: object) -> dict[str, Scores]:
        """The scores of each output for the first 500 test images, the main one first."""
        predictions = json.loads(self.cnn("predict", weights, "few.idx", "--json", *options))
        by_output = [prediction.get("outputs", {"": prediction}) for prediction in predictions]
        return {
            name: Scores(*(numpy.array([entry[name][key] for entry in by_output]) for key in ("logits", "probabilities")))
            for name in by_output[0]}


def metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(length))["__metadata__"]


def difference(found: numpy.ndarray, expected: numpy.ndarray, what: str) -> float:
    """The largest absolute difference, which must be within the tolerance."""
    assert found.shape == expected.shape, f"{what}: {found.shape} instead of {expected.shape}"
    largest = float(numpy.abs(found - expected).max())
    assert largest < TOLERANCE, f"{what}: differs by {largest}"
    return largest


def relative_difference(found: numpy.ndarray, expected: numpy.ndarray, what: str) -> float:
    """The largest difference as a part of the largest number, which must be within the tolerance of graphs."""
    assert found.shape == expected.shape, f"{what}: {found.shape} instead of {expected.shape}"
    largest = float(numpy.abs(found - expected).max() / numpy.abs(expected).max())
    assert largest < RELATIVE_TOLERANCE, f"{what}: differs by {largest} of the largest"
    return largest
