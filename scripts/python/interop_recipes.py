"""Runs every recipe of docs/interop.md with the real packages."""

import re

import keras
import numpy
import torch

import mnist
from interop_workspace import RECIPES, Workspace, difference
from pytorch_models import MODELS
from train_keras import network as keras_network


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
    commands, count = 0, 0
    for language, tag, text in re.findall(r"^```(sh|python) ?(\w*)\n(.*?)^```$", RECIPES.read_text(), re.M | re.S):
        if language == "python":
            exec(compile(text, RECIPES.name, "exec"), namespaces[tag])
            count += 1
            continue
        for line in text.splitlines():
            words = line.removeprefix("cnn ").split()
            needs_data = words[0] in ("eval", "train") and "--data" not in words
            workspace.cnn(*words, *(["--data", workspace.data] if needs_data else []), *(["--force"] if words[0] == "export" else []))
            commands += 1
    difference(namespaces[""]["logits"], expected, "exported to onnxruntime")
    # Exported to a framework or imported from it, the model gives the logits of the run.
    scaled = torch.tensor(workspace.pixels) / 255
    difference(model["torch"](scaled).detach().numpy(), expected, "exported to PyTorch")
    difference(workspace.predict("torch.safetensors", "test.idx", "--config", "keras-lenet")[:, :10], expected, "imported from PyTorch")
    difference(model["keras"](numpy.float32(workspace.pixels[:, 0, :, :, None]) / 255).numpy(), expected, "exported to Keras")
    print(f"docs/interop.md: {count} Python recipes and {commands} commands run, all with the logits of the run")


def check(workspace: Workspace) -> None:
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    if not (workspace.folder / "runs/keras-lenet").exists():
        workspace.train("keras-lenet", "runs/keras-lenet")
    workspace.attempt(check_recipes, workspace)
