"""Checks networks exported as ONNX, safetensors and npz, and weights imported from PyTorch and Keras by their arrays."""

import json
from pathlib import Path

import keras
import numpy
import onnx
import onnxruntime
import torch
from safetensors.numpy import load_file, save_file
from safetensors.torch import save_file as save_torch
from torch import nn

import mnist
from interop_workspace import Workspace, difference
from pytorch_models import MODELS
from train_keras import network as keras_network

# Networks with every layer type and with asymmetric kernels, strides, padding and rounding.
EDGE_CASES = {
    "layers": ([3, 13, 11], "cross_entropy", [
        {"type": "conv2d", "name": "a", "filters": 5, "kernel": [3, 2], "stride": [1, 2], "padding": [0, 2, 3, 1]},
        "relu", {"type": "conv2d", "name": "b", "filters": 4, "kernel": 4, "padding": "same", "bias": False}, "tanh",
        {"type": "dropout", "rate": 0.3}, {"type": "min_pool2d", "kernel": 2, "stride": 1, "padding": [1, 0]},
        "sigmoid", "flatten", {"type": "reshape", "shape": [2, -1, 5]}, "flatten",
        {"type": "dense", "name": "c", "units": 12, "bias": False}, "log_softmax", {"type": "dense", "name": "d", "units": 10}, "softmax"]),
    "floor": ([1, 17, 14], "cross_entropy", [
        {"type": "max_pool2d", "kernel": [3, 2], "stride": [2, 3], "padding": 1, "rounding": "floor"},
        {"type": "average_pool2d", "kernel": 3, "stride": 2, "padding": [1, 2, 0, 1], "rounding": "floor"}, "flatten",
        {"type": "dense", "name": "d", "units": 10}, "log_softmax"]),
    "same": ([2, 15, 10], "mse", [
        {"type": "conv2d", "name": "a", "filters": 3, "kernel": 4, "stride": 3, "padding": "same"},
        {"type": "max_pool2d", "kernel": 2, "stride": 1, "padding": "same"},
        {"type": "average_pool2d", "kernel": 3, "stride": 2, "padding": "same"},
        {"type": "min_pool2d", "kernel": [2, 1], "stride": 2, "padding": "same", "name": "input"}, "flatten",
        {"type": "dense", "name": "logits", "units": 10}, "softmax"]),
}


def run_onnx(path: Path, pixels: numpy.ndarray) -> numpy.ndarray:
    """Checks a model with onnx; returns [logits, probabilities] by onnxruntime, computed in batches of two sizes."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path)
    assert {entry.key for entry in model.metadata_props} == {"input", "classes", "config"}
    parts = numpy.split(pixels.astype(numpy.float32), [len(pixels) // 3])
    return numpy.concatenate([
        numpy.concatenate(session.run(["logits", "probabilities"], {"input": part}), axis=1) for part in parts])


def check_config(workspace: Workspace, name: str) -> None:
    run = f"runs/{name}"
    workspace.train(name, run)
    for format in ("onnx", "safetensors", "npz"):
        workspace.cnn("export", run, "--format", format)
    found = run_onnx(workspace.folder / run / "model.onnx", workspace.pixels)
    largest = difference(found, workspace.predict(run, "test.idx"), name)
    print(f"{name}: {len(found):,} images by onnxruntime, logits and probabilities within {largest:.1e}")

    weights = load_file(workspace.folder / run / "model.safetensors")
    MODELS[name]().load_state_dict({key: torch.tensor(value) for key, value in weights.items()}, strict=True)
    arrays = numpy.load(workspace.folder / run / "model.npz")
    assert set(arrays) == set(weights) and all(numpy.array_equal(arrays[key], weights[key]) for key in weights)
    # NumPy stores a transposed array in column-major order (Fortran's), which cnn has to read as well.
    numpy.savez(workspace.folder / "transposed.npz", **{key: numpy.asfortranarray(value) for key, value in arrays.items()})
    transposed = workspace.predict("transposed.npz", "few.idx", "--config", name)
    assert numpy.array_equal(transposed, workspace.predict(run, "few.idx"))
    print(f"{name}: load_state_dict(strict=True) loads the safetensors; numpy.load reads the same {len(weights)} arrays")


def check_edge_case(workspace: Workspace, name: str) -> None:
    shape, loss, layers = EDGE_CASES[name]
    random = numpy.random.default_rng(2)
    normalize = {"scale": 200, "mean": [0.1 * (1 + c) for c in range(shape[0])], "std": [0.5]}
    config = {"name": name, "data": {"normalize": normalize}, "loss": loss, "model": {"input": shape, "layers": layers}}
    (workspace.folder / f"{name}.json").write_text(json.dumps(config))
    summary = json.loads(workspace.cnn("summary", f"{name}.json", "--json"))
    state, inputs = {}, tuple(shape)
    for layer, entry in zip(summary["layers"], layers, strict=True):
        inputs, outputs = layer["input_shape"], layer["output_shape"]
        if layer["type"] in ("conv2d", "dense"):
            kernel = entry.get("kernel", [])
            sizes = [outputs[0], inputs[0], *(kernel if isinstance(kernel, list) else [kernel] * 2)]
            state[f"{layer['name']}.weight"] = random.normal(0, 0.3, sizes).astype(numpy.float32)
            if entry.get("bias", True):
                state[f"{layer['name']}.bias"] = random.normal(0, 0.3, outputs[0]).astype(numpy.float32)
    save_file(state, workspace.folder / f"{name}.safetensors")
    pixels = random.integers(0, 256, (20, *shape), dtype=numpy.uint8)
    mnist.write_idx(workspace.folder / f"{name}.idx", pixels if shape[0] > 1 else pixels[:, 0])
    workspace.cnn("export", f"{name}.safetensors", "--config", f"{name}.json", "--format", "onnx")
    expected = workspace.predict(f"{name}.safetensors", f"{name}.idx", "--config", f"{name}.json")
    largest = difference(run_onnx(workspace.folder / f"{name}.onnx", pixels), expected, name)
    types = sorted({layer["type"] for layer in summary["layers"]})
    print(f"edge cases of {', '.join(types)}: within {largest:.1e}")


def check_sequential(workspace: Workspace) -> None:
    """An nn.Sequential without names: 0.weight, 3.weight, 10.weight."""
    model = nn.Sequential(*MODELS["lenet"]().children()).eval()
    save_torch(model.state_dict(), workspace.folder / "numbered.safetensors")
    expected = model((torch.tensor(workspace.pixels[:500]) / 255 - 0.1307) / 0.3081).detach().numpy()
    found = workspace.predict("numbered.safetensors", "few.idx", "--config", "lenet")[:, :10]
    print(f"nn.Sequential without names ({', '.join(list(model.state_dict())[:4])}, …): within {difference(found, expected, 'numbered'):.1e}")


def check_keras(workspace: Workspace, name: str) -> None:
    model = keras_network(keras, name)
    numpy.savez(workspace.folder / "keras-in.npz", *model.get_weights())
    expected = model(numpy.float32(workspace.pixels[:500, 0, :, :, None]) / 255).numpy()
    found = workspace.predict("keras-in.npz", "few.idx", "--config", name)[:, :10]
    print(f"Keras' {name}, get_weights() by npz: within {difference(found, expected, name):.1e}")


def check(workspace: Workspace) -> None:
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    for name in EDGE_CASES:
        workspace.attempt(check_edge_case, workspace, name)
    for name in ("lenet", "keras-lenet", "simple-convnet", "tf-convnet"):
        workspace.attempt(check_config, workspace, name)
    workspace.attempt(check_sequential, workspace)
    for name in ("keras-lenet", "tf-convnet"):
        workspace.attempt(check_keras, workspace, name)
