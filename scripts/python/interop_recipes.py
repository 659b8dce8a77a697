"""Runs every recipe of docs/interop.md with the real packages."""

import contextlib
import io
import logging
import re
import shlex
import sys

# Its copy of LLVM and that of TensorFlow do not get along in one process; PyTorch does without.
sys.modules["triton"] = None

import keras
import numpy
import torch
from keras import Model
from torch import as_tensor, nn

import mnist
from interop_workspace import RECIPES, Workspace, difference
from pytorch_models import MODELS
from train_keras import network as keras_network


def load_weights(workspace: Workspace, torch: nn.Module, keras: Model) -> None:
    """Gives both models the weights of the run."""
    files = {"pytorch": "run-pytorch.npz", "keras": "run-keras.npz"}
    for layout, path in files.items():
        workspace.cnn("export", "runs/keras-lenet", "--format", "npz", "--layout", layout, "--output", path)
    arrays = {layout: numpy.load(path) for layout, path in files.items()}
    torch.load_state_dict({name: as_tensor(values) for name, values in arrays["pytorch"].items()})
    keras.set_weights(list(arrays["keras"].values()))


def forget_weights(model: nn.Module | Model) -> None:
    """Zeroes the weights, so that the next recipe has to load them."""
    if isinstance(model, nn.Module):
        model.load_state_dict({name: 0 * tensor for name, tensor in model.state_dict().items()})
    else:
        model.set_weights([0 * values for values in model.get_weights()])


def check_recipes(workspace: Workspace) -> None:
    """Runs the code blocks of docs/interop.md in order; Python blocks of the same tag share their variables."""
    model = {"torch": MODELS["keras-lenet"]().eval(), "keras": keras_network(keras, "keras-lenet")}
    train, train_labels = mnist.load(workspace.data, "train")
    namespaces: dict[str, dict] = {
        "": {"pixels": workspace.pixels}, "torch": {"model": model["torch"]}, "keras": {"model": model["keras"]},
        "data": {"x_train": train[:, 0], "y_train": train_labels, "x_test": workspace.pixels[:, 0], "y_test": workspace.labels},
    }
    expected = workspace.predict("runs/keras-lenet", "test.idx")[:, :10]
    (workspace.folder / "runs/keras-lenet/model.onnx").unlink(missing_ok=True)
    load_weights(workspace, **model)
    commands, count = 0, 0
    for language, tag, text in re.findall(r"^```(sh|python) ?(\w*)\n(.*?)^```$", RECIPES.read_text(), re.M | re.S):
        if language == "python":
            if "load_state_dict" in text or "set_weights(" in text:
                forget_weights(model[tag])
            # The exporter of ONNX tells of its progress.
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(text, RECIPES.name, "exec"), namespaces[tag])
            count += 1
            continue
        for line in text.splitlines():
            words = shlex.split(line.removeprefix("cnn "))
            needs_data = words[0] in ("eval", "train") and "--data" not in words
            workspace.cnn(*words, *(["--data", workspace.data] if needs_data else []), *(["--force"] if words[0] == "export" else []))
            commands += 1
    difference(namespaces[""]["logits"], expected, "exported to onnxruntime")
    # Exported to a framework or imported from it, the model gives the logits of the run.
    scaled = torch.tensor(workspace.pixels) / 255
    difference(model["torch"](scaled).detach().numpy(), expected, "exported to PyTorch")
    for file in ("mnist_cnn.pt", "checkpoint.pth", "torch.safetensors"):
        difference(workspace.predict(file, "test.idx", "--config", "keras-lenet")[:, :10], expected, f"{file} of PyTorch")
    difference(workspace.predict("mnist.onnx", "test.idx")[:, :10], expected, "mnist.onnx of PyTorch")
    difference(model["keras"](numpy.float32(workspace.pixels[:, 0, :, :, None]) / 255).numpy(), expected, "exported to Keras")
    for file, *options in (("model.keras",), ("model.h5",), ("model.weights.h5", "--config", "keras-lenet")):
        difference(workspace.predict(file, "test.idx", *options)[:, :10], expected, f"{file} of Keras")
    print(f"docs/interop.md: {count} Python recipes and {commands} commands run, all with the logits of the run")


def check(workspace: Workspace) -> None:
    logging.disable(logging.WARNING)
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    if not (workspace.folder / "runs/keras-lenet").exists():
        workspace.train("keras-lenet", "runs/keras-lenet")
    workspace.attempt(check_recipes, workspace)
