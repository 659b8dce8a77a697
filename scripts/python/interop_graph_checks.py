"""Checks that graphs give the same scores of every output here, in ONNX, in PyTorch and in Keras."""

import json

import keras
import numpy
import onnx
import onnxruntime
import torch
from safetensors.torch import load_file as load_torch, save_file as save_torch

from graph_models import GraphModel
from interop_graphs import GRAPHS, KEPT_NORMS, NOT_IN_KERAS, keras_network as keras_graph, keras_scores
from interop_workspace import CONFIGS, GRAPH_CONFIGS, Scores, Workspace, relative_difference


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


def check(workspace: Workspace) -> None:
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    for name in (*GRAPHS, *GRAPH_CONFIGS):
        workspace.attempt(check_graph, workspace, name)
