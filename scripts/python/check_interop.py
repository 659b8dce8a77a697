"""Checks import and export of networks, weights and data sets against other tools; see scripts/check-interop."""

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import keras
import numpy
import onnx
import onnxruntime
import scipy.io
import torch
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as load_torch, save_file as save_torch
from torch import nn

import mnist
from cnn_command import run_cnn
from graph_models import GraphModel
from interop_graphs import GRAPHS, KEPT_NORMS, NOT_IN_KERAS, keras_network as keras_graph, keras_scores
from pytorch_models import MODELS
from train_keras import network as keras_network

TOLERANCE = 1e-4
# Of the largest number, for graphs.
RELATIVE_TOLERANCE = 1e-5
GRAPH_CONFIGS = ("two-heads", "resnet")
SCALE, MEAN, STD = 255, 0.1307, 0.3081
REPOSITORY = Path(__file__).resolve().parents[2]
RECIPES, CONFIGS = REPOSITORY / "docs" / "interop.md", REPOSITORY / "configs"

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


class Scores(NamedTuple):
    """What one output says of each image."""

    logits: numpy.ndarray
    probabilities: numpy.ndarray


class Workspace:
    """A folder in which the program runs, with MNIST's test images and the runs it has trained."""

    def __init__(self, program: Path, data: Path, folder: Path) -> None:
        self.program, self.data, self.folder = program, data, folder
        self.pixels, labels = mnist.load(data, "t10k")
        self.labels = labels.astype(numpy.uint8)
        mnist.write_idx(folder / "test.idx", self.pixels[:, 0])
        mnist.write_idx(folder / "few.idx", self.pixels[:500, 0])
        self.normalized = ((self.pixels[:500].astype(numpy.float32) / SCALE - MEAN) / STD).astype(numpy.float32)

    def cnn(self, *arguments: object) -> str:
        return run_cnn(self.program, self.folder, *arguments)

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


def run_onnx(path: Path, pixels: numpy.ndarray) -> numpy.ndarray:
    """Checks a model with onnx; returns [logits, probabilities] by onnxruntime, computed in batches of two sizes."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path)
    assert {entry.key for entry in model.metadata_props} == {"input", "classes", "config"}
    parts = numpy.split(pixels.astype(numpy.float32), [len(pixels) // 3])
    return numpy.concatenate([
        numpy.concatenate(session.run(["logits", "probabilities"], {"input": part}), axis=1) for part in parts])


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


def check_graph(workspace: Workspace, name: str) -> None:
    """Trains a graph for a few steps; ONNX, PyTorch and Keras then give the scores of all outputs, and their weights come back."""
    path = workspace.graph_config(name)
    run = f"graphs/{name}"
    workspace.train(path, run, "--data", "builtin", "--set", 'data.builtin={"train":512,"test":64}', "--set",
                    "data.validation=null", "--batch-size", 32, "--lr", 0.01)
    network = GRAPHS.get(name) or json.loads((CONFIGS / f"{name}.json").read_text())["model"]
    expected = workspace.scores(run)
    norms = sum(layer["type"] == "batch_norm" for layer in network["layers"])
    errors = {
        "ONNX": check_graph_onnx(workspace, run, expected, norms),
        "folded": check_graph_onnx(workspace, run, expected, KEPT_NORMS.get(name, 0), "--fold-batch-norm"),
        "PyTorch": check_graph_torch(workspace, name, run, network, expected)}
    if name in GRAPHS.keys() - NOT_IN_KERAS:
        errors["Keras"] = check_graph_keras(workspace, name, run, network, expected)
    print(f"{name}, {len(expected)} outputs: " + ", ".join(f"{tool} within {error:.1e}" for tool, error in errors.items()))


def check_graph_onnx(workspace: Workspace, run: str, expected: dict[str, Scores], norms: int, *options: str) -> float:
    workspace.cnn("export", run, "--format", "onnx", "--force", *options)
    path = workspace.folder / run / "model.onnx"
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node].count("BatchNormalization") == norms, f"{run}: not {norms} norms"
    names = [f"{name}_" if index else "" for index, name in enumerate(expected)]
    outputs = [prefix + kind for prefix in names for kind in ("logits", "probabilities")]
    assert [output.name for output in model.graph.output] == outputs, run
    session = onnxruntime.InferenceSession(path)
    found = session.run(outputs, {"input": workspace.pixels[:500].astype(numpy.float32)})
    known = [values for scores in expected.values() for values in (scores.logits, scores.probabilities)]
    return max(relative_difference(*pair, f"{run}: {name}") for *pair, name in zip(found, known, outputs, strict=True))


def check_graph_torch(workspace: Workspace, name: str, run: str, network: dict, expected: dict[str, Scores]) -> float:
    """Weights and running statistics exported to PyTorch, and others that PyTorch has changed imported."""
    workspace.cnn("export", run, "--format", "safetensors", "--force")
    model = GraphModel(network)
    tensors = load_torch(workspace.folder / run / "model.safetensors")
    model.load_state_dict(tensors, strict=True)
    model.load_state_dict(load_torch(workspace.folder / run / "model.ckpt"), strict=True)
    counters = {key: tensor for key, tensor in tensors.items() if key.endswith("num_batches_tracked")}
    assert all(tensor.dtype == torch.int64 and tensor.item() == 16 for tensor in counters.values()), f"{name}: {counters}"
    pixels = torch.tensor(workspace.normalized)

    def largest(expected: dict[str, Scores], what: str) -> float:
        with torch.no_grad():
            found = [scores.numpy() for scores in model.eval()(pixels)]
        return compare_scores(model, found, expected, f"{name} {what} PyTorch")

    exported = largest(expected, "exported to")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape))
        model.train()(pixels[:64])
    state = {key: value.clone() for key, value in model.state_dict().items()}
    save_torch(state, workspace.folder / "graph.safetensors")
    workspace.cnn("export", "graph.safetensors", "--config", f"{run}/config.json", "--format", "safetensors", "--output",
                  "back.safetensors", "--force")
    back = load_torch(workspace.folder / "back.safetensors")
    assert back.keys() == state.keys() and all(torch.equal(back[key], state[key]) for key in state), f"{name}: not as imported"
    return max(exported, largest(workspace.scores("graph.safetensors", "--config", f"{run}/config.json"), "imported from"))


def check_graph_keras(workspace: Workspace, name: str, run: str, network: dict, expected: dict[str, Scores]) -> float:
    workspace.cnn("export", run, "--format", "npz", "--layout", "keras", "--force")
    outputs = GraphModel(network)  # for the types of the outputs
    model = keras_graph(keras, network)
    arrays = numpy.load(workspace.folder / run / "model.npz")
    model.set_weights([arrays[key] for key in arrays])
    exported = compare_scores(
        outputs, keras_scores(model, workspace.normalized), expected, f"{name} exported to Keras")
    random = numpy.random.default_rng(3)
    # Variances stay positive.
    model.set_weights([values * random.uniform(0.9, 1.1, values.shape) for values in model.get_weights()])
    numpy.savez(workspace.folder / "graph.npz", *model.get_weights())
    imported = workspace.scores("graph.npz", "--config", f"{run}/config.json")
    return max(exported, compare_scores(
        outputs, keras_scores(model, workspace.normalized), imported, f"{name} imported from Keras"))


def compare_scores(model: GraphModel, found: list[numpy.ndarray], expected: dict[str, Scores], what: str) -> float:
    """The largest relative difference of a framework's scores; those of a softmax are compared as probabilities."""
    if len(expected) > 1:
        assert [output.layer for output in model.outputs] == list(expected), what
    return max(
        relative_difference(
            scores, known.probabilities if output.layer_type == "softmax" else known.logits, f"{what}: {output.layer}")
        for output, scores, known in zip(model.outputs, found, expected.values(), strict=True))


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


def check_data(workspace: Workspace) -> None:
    train, train_labels = mnist.load(workspace.data, "train")
    arrays = {"x_train": train[:, 0], "y_train": train_labels, "x_test": workspace.pixels[:, 0], "y_test": workspace.labels}
    numpy.savez(workspace.folder / "stored.npz", **arrays)
    numpy.savez_compressed(workspace.folder / "mnist.npz", **arrays)
    sort = [numpy.argsort(labels, kind="stable") for labels in (train_labels, workspace.labels)]
    columns = numpy.concatenate([train[sort[0], 0], workspace.pixels[sort[1], 0]]).reshape(70_000, 784).T
    labels = numpy.concatenate([train_labels[sort[0]], workspace.labels[sort[1]]])[None].astype(numpy.float64)
    matrices = {"mldata_descr_ordering": numpy.array(["label", "data"], dtype=object), "data": columns, "label": labels}
    scipy.io.savemat(workspace.folder / "mnist-original.mat", matrices, do_compression=True)

    workspace.train("lenet", "idx")
    for name in ("stored.npz", "mnist.npz"):
        workspace.train("lenet", name[:-4], "--data", name)
        same = (workspace.folder / name[:-4] / "model.ckpt").read_bytes() == (workspace.folder / "idx" / "model.ckpt").read_bytes()
        assert same, f"{name}: model.ckpt differs from that trained on IDX files"
    print("lenet on mnist.npz, stored and compressed: model.ckpt is bitwise that trained on IDX files")
    for split, count in (("test", 10_000), ("train", 60_000)):
        idx, mat = (json.loads(workspace.cnn("eval", "runs/keras-lenet", "--data", data, "--json", "--split", split))
                    for data in (workspace.data, "mnist-original.mat"))
        assert idx["confusion"] == mat["confusion"] and mat["count"] == count, split
    print("mnist-original.mat: the same confusion matrix as from IDX files, on 10,000 test and 60,000 training images")


def check_recipes(workspace: Workspace) -> None:
    """Runs the code blocks of docs/interop.md in order; Python blocks of the same tag share their variables."""
    model = {"torch": MODELS["keras-lenet"]().eval(), "keras": keras_network(keras, "keras-lenet")}
    train, train_labels = mnist.load(workspace.data, "train")
    namespaces: dict[str, dict] = {
        "": {"pixels": workspace.pixels}, "torch": {"model": model["torch"]}, "keras": {"model": model["keras"]},
        "data": {"x_train": train[:, 0], "y_train": train_labels, "x_test": workspace.pixels[:, 0], "y_test": workspace.labels},
    }
    expected = workspace.predict("runs/keras-lenet", "test.idx")[:, :10]
    (workspace.folder / "runs/keras-lenet/model.onnx").unlink()
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


def main() -> None:
    program, data = (Path(argument).resolve() for argument in sys.argv[1:])
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        # The recipes use relative paths.
        os.chdir(folder)
        workspace = Workspace(program, data, Path(folder))
        for name in EDGE_CASES:
            check_edge_case(workspace, name)
        for name in (*GRAPHS, *GRAPH_CONFIGS):
            check_graph(workspace, name)
        for name in ("lenet", "keras-lenet", "simple-convnet", "tf-convnet"):
            check_config(workspace, name)
        check_sequential(workspace)
        for name in ("keras-lenet", "tf-convnet"):
            check_keras(workspace, name)
        check_data(workspace)
        check_recipes(workspace)


if __name__ == "__main__":
    main()
