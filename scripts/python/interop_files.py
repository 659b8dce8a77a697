"""Checks that a file of another framework is read by every command that takes weights."""

import json
from pathlib import Path

import numpy
import onnxruntime

from interop_workspace import TOLERANCE, Workspace, difference

# Right answers of 10,000 that rounding may change.
RIGHT_TOLERANCE = 1


def softmax(scores: numpy.ndarray) -> numpy.ndarray:
    powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def check_file(workspace: Workspace, file: str, probabilities: numpy.ndarray, *options: object) -> tuple[int, int]:
    """Checks `eval`, `predict`, `export` and `train --init --dry-run` of one file.

    - `probabilities`: the framework's own, for the 10,000 test images.
    - `options`: those that name the network, or nothing where the file holds it; see `check_start` for these.

    Returns the right answers of the framework and of the program.
    """
    expected = int((probabilities.argmax(axis=1) == workspace.labels).sum())
    result = json.loads(workspace.cnn("eval", file, "--data", workspace.data, "--json", *options))
    found = round(result["accuracy"] * result["count"])
    assert result["count"] == len(workspace.labels), f"{file}: {result['count']} images"
    assert abs(found - expected) <= RIGHT_TOLERANCE, f"{file}: {found} right, {expected} by the framework"
    predicted = workspace.predict(file, "few.idx", *options)[:, 10:]
    difference(predicted, probabilities[:500], f"predict {file}")

    # What is exported as ONNX is the same network again.
    workspace.cnn("export", file, "--format", "onnx", "--output", "exported.onnx", "--force", *options)
    session = onnxruntime.InferenceSession(workspace.folder / "exported.onnx")
    exported, = session.run(["probabilities"], {"input": workspace.pixels[:500].astype(numpy.float32)})
    difference(exported, probabilities[:500], f"export {file}")

    if "--config" in options:
        workspace.cnn("train", "--init", file, "--data", workspace.data, "--dry-run", *options)
    return expected, found


def check_start(workspace: Workspace, file: str, *options: object) -> None:
    """A file that holds its network starts a training without a config."""
    workspace.cnn("train", "--init", file, "--data", workspace.data, "--dry-run", *options)
    config = network_config(workspace, file, "network.json")
    workspace.cnn("train", "--config", config, "--init", file, "--data", workspace.data, "--dry-run", *options)
    print(f"{file}: a training starts from it, without a config and with its own")


def network_config(workspace: Workspace, file: str, path: str) -> str:
    """Writes the config of a network that a file holds, as `cnn export` puts it into an ONNX model's metadata."""
    workspace.cnn("export", file, "--format", "onnx", "--output", "exported.onnx", "--force")
    model = onnxruntime.InferenceSession(workspace.folder / "exported.onnx")
    (workspace.folder / path).write_text(model.get_modelmeta().custom_metadata_map["config"])
    return path


def report(title: str, counts: dict[str, tuple[int, int]]) -> None:
    """Prints the framework's right answers and the program's for each file."""
    parts = [f"{name} {expected:,} = {found:,}" for name, (expected, found) in counts.items()]
    print(f"{title}, right of 10,000, framework = cnn: {', '.join(parts)}; probabilities within {TOLERANCE}")
