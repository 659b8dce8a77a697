"""Writes Tests/Fixtures/weights: state dicts and graphs as PyTorch saves them, and what is in them as safetensors.

See scripts/make-weight-fixtures; the default ONNX exporter needs the packages onnx and onnxscript.
"""

import argparse
import contextlib
import io
import warnings
from pathlib import Path

import numpy
import onnx
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "weights"


class Network(torch.nn.Module):
    """Two convolutions and a dense layer on 8x8 pixels; by name, the classifier would come before the features."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torch.nn.Sequential(
            torch.nn.Conv2d(1, 3, 3, padding=1, bias=False), torch.nn.BatchNorm2d(3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
        self.classifier = torch.nn.Sequential(torch.nn.Dropout(0.3), torch.nn.Linear(16, 10))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(image).flatten(1))


class Branches(torch.nn.Module):
    """What graphs are made of: a residual sum, a concatenation, a mean, and the activations."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.block = torch.nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
        self.norm = torch.nn.BatchNorm2d(4)
        self.features = torch.nn.BatchNorm1d(8, eps=1e-3)
        self.hidden = torch.nn.Linear(8, 6)
        self.gate = torch.nn.Linear(6, 6, bias=False)
        self.scores = torch.nn.Linear(6, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        functions = torch.nn.functional
        x = functions.silu(self.stem(image))
        y = functions.leaky_relu(self.norm(self.block(x)) + x, 0.2)
        pooled = functions.avg_pool2d(torch.cat([x, y], 1), 2, 1)
        x = self.features(functions.adaptive_avg_pool2d(pooled, 1).flatten(1))
        x = functions.elu(functions.gelu(self.hidden(x)))
        return functions.log_softmax(self.scores(torch.tanh(self.gate(x))), 1)


def trained(network: torch.nn.Module, steps: int = 3) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """The network after a few steps, so that statistics and the optimizer's state are not those of the start."""
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(network(torch.rand(8, 1, 8, 8)), torch.randint(10, (8,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval(), optimizer


def tensors() -> dict[str, torch.Tensor]:
    """Every element type and layout that weights can have."""
    ramp = torch.arange(24, dtype=torch.float32)
    storage = ramp + 100
    return {
        "half": (ramp[:6] / 4).half().reshape(2, 3), "bfloat": (ramp[:6] / 4).bfloat16(), "double": ramp[:5].double() / 3,
        "long": torch.tensor([-1, 2**40]), "int": torch.tensor([7, -8], dtype=torch.int32),
        "short": torch.tensor([-300, 300], dtype=torch.int16), "char": torch.tensor([-3, 3], dtype=torch.int8),
        "byte": torch.tensor([0, 255], dtype=torch.uint8), "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "parameter": torch.nn.Parameter(ramp[:4]),
        "transposed": ramp.reshape(4, 6).t(), "channels_last": ramp.reshape(2, 3, 2, 2).contiguous(memory_format=torch.channels_last),
        "slice": storage.reshape(4, 6)[1:3, 1::2], "repeated": torch.tensor([5.0, 6.0]).reshape(2, 1).expand(2, 3),
        "view": storage[20:], "view_again": storage[20:],
    }


def widened(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As SafeTensors has them: without types that it does not know."""
    types = {torch.int16: torch.int32, torch.int8: torch.int32, torch.bool: torch.uint8}
    return {
        name: value.detach().to(types.get(value.dtype, value.dtype)).contiguous().clone() for name, value in values.items()
    }


def write_state_dicts() -> None:
    network, optimizer = trained(Network())
    state = network.state_dict()
    save_file({name: value.contiguous() for name, value in state.items()}, FOLDER / "network.safetensors")
    torch.save(state, FOLDER / "network.pt")
    torch.save(state, FOLDER / "network-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(state, FOLDER / "network-protocol5.pt", pickle_protocol=5)
    torch.serialization.set_crc32_options(False)
    torch.save(state, FOLDER / "network-without-crc.pt")
    torch.serialization.set_crc32_options(True)
    checkpoint = {
        "epoch": 3, "arguments": argparse.Namespace(lr=0.01), "best": numpy.float64(0.98), "loss": torch.tensor(0.25),
        "state_dict": state, "optimizer": optimizer.state_dict(), "history": [0.5, None, (True, {1, 2})],
    }
    torch.save(checkpoint, FOLDER / "checkpoint.pt")
    torch.save(checkpoint, FOLDER / "checkpoint-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(network.half().state_dict(), FOLDER / "half.pt")
    network.float()
    values = tensors()
    save_file(widened(values), FOLDER / "tensors.safetensors")
    torch.save(values, FOLDER / "tensors.pt")
    torch.save(values, FOLDER / "tensors-legacy.pt", _use_new_zipfile_serialization=False)
    # Types without a storage class of their own are written by another function.
    unsigned = {"wide": torch.tensor([[1, 65535], [2, 3]], dtype=torch.uint16).t(), "weight": torch.ones(2)}
    torch.save({"model": unsigned}, FOLDER / "unsigned.pt")
    torch.save(network, FOLDER / "module.pt")
    torch.save({"epoch": 1, "model": network}, FOLDER / "module-checkpoint.pt")
    torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 2))).save(str(FOLDER / "script.pt"))


def remove_stack_traces(path: Path) -> None:
    """Removes the lines of this program from the metadata of a graph, and the folders in which it lies."""
    model = onnx.load(path, load_external_data=False)
    for part in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        kept = [entry for entry in part.metadata_props if "stack_trace" not in entry.key]
        del part.metadata_props[:]
        part.metadata_props.extend(kept)
    path.write_bytes(model.SerializeToString())


def write_graphs() -> None:
    values = {}
    for name, network in [("network", trained(Network())[0]), ("branches", trained(Branches())[0])]:
        image = torch.rand(1, 1, 8, 8)
        images = torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)
        with torch.no_grad():
            values |= {f"{name}.images": images, f"{name}.scores": network(images / 255)}
        values |= {f"{name}.{key}": value for key, value in network.state_dict().items()}
        names = {"input_names": ["image"], "output_names": ["scores"]}
        torch.onnx.export(
            network, image, FOLDER / f"{name}-script.onnx", dynamo=False, dynamic_axes={"image": {0: "batch"}}, **names)
        torch.onnx.export(
            network, (image,), FOLDER / f"{name}-dynamo.onnx", dynamo=True, external_data=False,
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},), **names)
        remove_stack_traces(FOLDER / f"{name}-dynamo.onnx")
    # A batch of one, and weights in a file beside the model, as by default.
    torch.onnx.export(network, (image,), FOLDER / "branches-external.onnx", dynamo=True, **names)
    remove_stack_traces(FOLDER / "branches-external.onnx")
    save_file({key: value.contiguous() for key, value in values.items()}, FOLDER / "graphs.safetensors")


def main() -> None:
    warnings.simplefilter("ignore")
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(1)
    with contextlib.redirect_stdout(io.StringIO()):
        write_state_dicts()
        write_graphs()


if __name__ == "__main__":
    main()
