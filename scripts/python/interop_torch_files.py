"""Checks weights as PyTorch saves them: state dicts in both formats, training checkpoints, and both ONNX exporters."""

import contextlib
import io
import json
import logging
import warnings

import torch
from torch import nn

import mnist
from interop_files import check_file, check_start, report, softmax
from interop_workspace import MEAN, SCALE, STD, Workspace

IMAGES, BATCH = 8_000, 32
# Of the refusals: the input's format is wrong.
DATA_ERROR = 65


class Digits(nn.Module):
    """A network of modules in modules, as people write it; by name, `classifier` comes before `features`."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(576, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.features(image), 1))


LAYERS = [
    {"type": "conv2d", "filters": 8, "kernel": 3, "padding": 1, "bias": False}, "batch_norm", "relu",
    {"type": "max_pool2d", "kernel": 2}, {"type": "conv2d", "filters": 16, "kernel": 3}, "relu",
    {"type": "max_pool2d", "kernel": 2}, "flatten", {"type": "dropout", "rate": 0.2}, {"type": "dense", "units": 32}, "relu",
    {"type": "dense", "units": 10}]
NORMALIZE = {"scale": SCALE, "mean": [MEAN], "std": [STD]}


def train(workspace: Workspace) -> tuple[Digits, torch.optim.Optimizer]:
    """The network after an epoch on the first 8,000 images, normalized as most examples do it."""
    images, labels = (torch.tensor(part[:IMAGES]) for part in mnist.load(workspace.data, "train"))
    network = Digits()
    optimizer = torch.optim.Adam(network.parameters(), 0.002)
    for batch, targets in zip(images.split(BATCH), labels.split(BATCH)):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(normalized(batch)), targets).backward()
        optimizer.step()
    return network.eval(), optimizer


def normalized(images: torch.Tensor) -> torch.Tensor:
    return (images / SCALE - MEAN) / STD


def export(network: Digits, path: str, dynamo: bool) -> None:
    """A batch of one image as most people export it; by default the newer exporter puts the weights into another file."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        torch.onnx.export(network, (torch.rand(1, 1, 28, 28),), path, dynamo=dynamo)


def check_weights(workspace: Workspace, network: Digits, optimizer: torch.optim.Optimizer) -> None:
    with torch.no_grad():
        probabilities = softmax(network(normalized(torch.tensor(workspace.pixels))).numpy())
    config = {"name": "digits", "data": {"normalize": NORMALIZE}, "model": {"input": [1, 28, 28], "layers": LAYERS}}
    (workspace.folder / "digits.json").write_text(json.dumps(config))
    state = network.state_dict()
    checkpoint = {
        "epoch": 1, "model_state_dict": state, "optimizer_state_dict": optimizer.state_dict(), "loss": torch.tensor(0.25)}
    torch.save(state, "digits.pt")
    torch.save(state, "digits-legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(checkpoint, "checkpoint.pt")
    torch.save(checkpoint, "checkpoint-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({f"module.{name}": tensor for name, tensor in state.items()}, "data-parallel.pt")
    # As torch.compile names them; to call it, its compiler would have to get along with TensorFlow in one process.
    torch.save({f"_orig_mod.{name}": tensor for name, tensor in state.items()}, "compiled.pt")
    files = [
        "digits.pt", "digits-legacy.pth", "checkpoint.pt", "checkpoint-legacy.pt", "data-parallel.pt", "compiled.pt"]
    report("PyTorch", {file: check_file(workspace, file, probabilities, "--config", "digits.json") for file in files})


def check_onnx(workspace: Workspace, network: Digits) -> None:
    """Both exporters; the graph does not say how its input is normalized."""
    with torch.no_grad():
        probabilities = softmax(network(normalized(torch.tensor(workspace.pixels))).numpy())
    export(network, "script.onnx", dynamo=False)
    export(network, "dynamo.onnx", dynamo=True)
    settings = normalization()
    report("ONNX", {file: check_file(workspace, file, probabilities, *settings) for file in ("script.onnx", "dynamo.onnx")})


def normalization() -> tuple[str, str]:
    return "--set", f"data.normalize={json.dumps(NORMALIZE)}"


def check_refusals(workspace: Workspace, network: Digits) -> None:
    """Files with code in them are named, and nothing of them is run."""
    torch.save(network, "module.pt")
    torch.save(network, "module-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 1, "model": network}, "module-checkpoint.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(network).save("script.pt")
        torch.jit.trace(network, torch.rand(1, 1, 28, 28)).save("trace.pt")
    for file in ("module.pt", "module-legacy.pt", "module-checkpoint.pt", "script.pt", "trace.pt"):
        words = "TorchScript" if file in ("script.pt", "trace.pt") else "whole module"
        for command in (
            ("eval", file), ("eval", file, "--config", "digits.json"), ("predict", file, "few.idx"),
            ("export", file, "--format", "onnx"), ("train", "--config", "digits.json", "--init", file, "--dry-run")):
            options = ("--data", workspace.data) if command[0] in ("eval", "train") else ()
            status, line = workspace.refusal(*command, *options)
            assert status == DATA_ERROR and words in line and "state_dict()" in line, f"{command}: {status}, {line}"
    print("whole modules and TorchScript: refused with one line that has the call to save a state_dict")


def check(workspace: Workspace) -> None:
    torch.manual_seed(1)
    network, optimizer = train(workspace)
    workspace.attempt(check_weights, workspace, network, optimizer)
    workspace.attempt(check_onnx, workspace, network)
    for file in ("script.onnx", "dynamo.onnx"):
        workspace.attempt(check_start, workspace, file, *normalization())
    workspace.attempt(check_refusals, workspace, network)
