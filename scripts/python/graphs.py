"""graphs.safetensors: small graphs and chains, one step and ten steps of training, by PyTorch in float64.

The model is `model` of a case's metadata, in the form of a config; `loss` is the config's, if there is one. Weights are
graph_parameters; state starts at its defaults. Step k, from 0, trains on the images k * batch ..< (k + 1) * batch of
images(10 * batch) / 255, whose classes are labels(10 * batch): an output without a label map has these as its labels.

CASE.logits.LAYER     scores of each output for the first batch, in training, before the first step
CASE.losses           [10, 1 + outputs]: the weighted sum of each step's losses, then each output's own loss
CASE.gradient.TENSOR  gradient of the first step, without weight decay
CASE.dx               gradient of the images (pixels / 255) of the first step
CASE.trained.TENSOR   parameters, running means and variances after the ten steps
CASE.eval.LAYER       scores of each output for the first batch after the ten steps, in evaluation

Tensors of more than MAX_ELEMENTS elements are summarized as in the fixtures of networks: `every` in the metadata is the step
of the samples.
"""

import itertools

import numpy as np
import torch

from config_layers import with_type
from fixture_values import graph_parameters, images, labels
from fixture_writer import framework_version, save_tensors, summarize
from graph_models import GraphModel, make_optimizer
from random_models import PARITY, THIRDS, random_model

STEPS = 10
MAX_ELEMENTS, MAX_SAMPLES = 768, 384
# Float32, and float64 from weights that differ by as much, must agree with float64 to within this part of a tensor's largest
# number, or a case says little: where a value is near a ReLU's kink, or two pixels of a pool are nearly equal, rounding decides.
MAX_FIRST_ERROR, MAX_LATER_ERROR = 5e-6, 5e-6
PERTURBED = 4


def chain(*layers, **keys):
    return {"layers": layers, **keys}


def conv(name, filters, kernel=3, **options):
    return {"type": "conv2d", "name": name, "filters": filters, "kernel": kernel, "padding": "same", **options}


def dense(name, units, **options):
    return {"type": "dense", "name": name, "units": units, **options}


def layer(kind, name, source=None, **options):
    return {"type": kind, "name": name, **options} | ({"from": source} if source else {})


MEAN, FLATTEN = layer("global_average_pool2d", "mean"), layer("flatten", "flat")

# name: (input shape, least batch, model without its input)
WRITTEN = {
    "norm-chain": ((1, 8, 7), 19, chain(
        conv("conv1", 5, bias=False), layer("batch_norm", "norm1"), layer("relu", "relu1"),
        layer("max_pool2d", "pool1", kernel=2, rounding="floor"), conv("conv2", 17, padding="valid"),
        layer("batch_norm", "norm2", momentum=0.3), layer("gelu", "gelu1"), FLATTEN,
        dense("fc1", 12, bias=False), layer("batch_norm", "norm3", epsilon=1e-3, momentum=0.01, unbiased=False),
        layer("relu", "relu2"), dense("fc2", 10))),
    "residual": ((2, 8, 8), 5, chain(
        conv("conv1", 6, bias=False), layer("batch_norm", "norm1"), layer("relu", "relu1"),
        conv("conv2", 6, bias=False), layer("batch_norm", "norm2"), layer("relu", "relu2"),
        conv("conv3", 6, bias=False), layer("batch_norm", "norm3"), layer("add", "sum", ["norm3", "relu1"]),
        layer("relu", "relu3"), MEAN, dense("fc", 10))),
    "projection": ((3, 9, 11), 17, chain(
        conv("conv1", 4), layer("relu", "relu1"), conv("conv2", 8, stride=2, bias=False), layer("batch_norm", "norm2"),
        layer("relu", "relu2"), conv("conv3", 8, bias=False), layer("batch_norm", "norm3"),
        conv("project", 8, 1, stride=2, bias=False, **{"from": "relu1"}), layer("batch_norm", "norm4"),
        layer("add", "sum", ["norm3", "norm4"]), layer("relu", "relu3"), MEAN, dense("fc", 10))),
    "three-readers": ((1, 6, 6), 7, chain(
        conv("conv1", 4), layer("tanh", "value"), conv("conv2", 4, **{"from": "value"}),
        layer("batch_norm", "norm", "value"), layer("add", "sum", ["conv2", "value", "norm"]), FLATTEN,
        dense("fc", 10))),
    "in-place-before-reader": ((1, 6, 7), 16, chain(
        conv("conv1", 4), layer("relu", "relu1"), conv("conv2", 4, **{"from": "conv1"}),
        layer("concat", "both", ["relu1", "conv2"]), layer("leaky_relu", "leaky", slope=0.2), MEAN,
        dense("fc1", 8), layer("elu", "elu1"), dense("fc2", 8, **{"from": "fc1"}),
        layer("add", "sum", ["elu1", "fc2"]), dense("fc3", 10))),
    "in-place-behind-reader": ((1, 6, 7), 13, chain(
        conv("conv1", 4), conv("conv2", 4), layer("silu", "silu1", "conv1"),
        layer("max_pool2d", "pool1", "conv1", kernel=3, stride=1, padding="same"),
        layer("relu", "relu1", "conv2"), layer("add", "sum", ["relu1", "silu1", "pool1"]), FLATTEN,
        dense("fc", 10))),
    "inception": ((2, 7, 7), 18, chain(
        conv("stem", 4, activation="relu"), conv("a", 3, 1), conv("b1", 2, 1, **{"from": "stem"}),
        conv("b2", 5, groups=1, activation={"type": "elu", "alpha": 0.5}),
        layer("average_pool2d", "c1", "stem", kernel=3, stride=1, padding=1), conv("c2", 2, 1, activation="silu"),
        layer("concat", "all", ["a", "b2", "stem", "c2"]), conv("mixed", 6, 1), layer("relu", "relu1"), MEAN,
        dense("fc", 10))),
    "flat-and-mean": ((3, 5, 6), 9, chain(
        conv("conv1", 4, [3, 2], groups=1, dilation=[1, 2]), layer("gelu", "gelu1", approximate="tanh"),
        FLATTEN, layer("global_average_pool2d", "mean", "gelu1"), layer("concat", "both", ["mean", "flat"]),
        dense("fc1", 6, activation="tanh"), layer("batch_norm", "norm1"),
        layer("concat", "again", ["norm1", "mean", "fc1"]), dense("fc2", 10))),
    "depthwise": ((2, 8, 9), 15, chain(
        conv("stem", 6, stride=2), layer("relu", "relu1"), conv("depthwise1", 12, groups=6, bias=False),
        layer("batch_norm", "norm1"), conv("point1", 8, 1), layer("silu", "silu1"),
        conv("depthwise2", 8, groups=8, stride=2), conv("dilated", 6, groups=2, dilation=2),
        layer("relu", "relu2"), MEAN, dense("fc", 10))),
    "two-heads": ((1, 8, 8), 19, chain(
        conv("conv1", 4, activation="relu"), layer("max_pool2d", "pool1", kernel=2), FLATTEN,
        dense("fc1", 12, activation="relu"), dense("digit", 10), dense("parity", 2, **{"from": "fc1"}),
        outputs=[{"layer": "digit"}, {"layer": "parity", "weight": 0.3, "labels": PARITY}])),
    "output-goes-on": ((1, 6, 6), 5, chain(
        conv("conv1", 4, activation="relu"), MEAN, dense("digit", 10), layer("relu", "relu1"), dense("parity", 2),
        dense("third", 3, activation="log_softmax", **{"from": "digit"}),
        outputs=[{"layer": "digit", "weight": 2}, {"layer": "parity", "labels": PARITY},
                 {"layer": "third", "loss": "nll", "weight": 0.5, "labels": THIRDS}])),
    "middle-output": ((2, 8, 8), 16, chain(
        conv("conv1", 4), layer("batch_norm", "norm1"), layer("relu", "relu1"),
        layer("global_average_pool2d", "mean1"), dense("early", 10),
        conv("conv2", 6, stride=2, **{"from": "relu1"}), layer("relu", "relu2"), FLATTEN, dense("late", 10),
        outputs=[{"layer": "late"}, {"layer": "early", "loss": {"type": "mse"}, "weight": 0.5}])),
    "image-read-twice": ((2, 6, 6), 11, chain(
        conv("conv1", 2), layer("add", "sum", ["conv1", "input"]), layer("relu", "relu1"),
        layer("concat", "both", ["input", "relu1"]), conv("conv2", 4, activation="relu"), MEAN, dense("fc", 10))),
    "twice-the-same": ((1, 5, 5), 3, chain(
        conv("conv1", 3, activation="sigmoid"), layer("add", "double", ["conv1", "conv1"]),
        layer("concat", "both", ["double", "double"]), FLATTEN, dense("fc", 10))),
}
RANDOM = 10


class Case:
    """A model with its optimizer, computed in one precision; a `perturbed` one starts from weights that differ as if they were
    rounded."""

    def __init__(self, description, dtype, perturbed=None):
        self.dtype, self.batch = dtype, description["batch"]
        self.model = GraphModel(description["model"], description.get("loss", "cross_entropy")).to(dtype)
        parameters = graph_parameters([(name, tuple(each.shape)) for name, each in self.model.named_parameters()])
        self.model.load_state_dict({key: torch.from_numpy(value) for key, value in parameters.items()}, strict=False)
        if perturbed is not None:
            torch.manual_seed(perturbed)
            with torch.no_grad():
                for parameter in self.model.parameters():
                    parameter.mul_(1 + 1e-7 * torch.randn(parameter.shape, dtype=dtype))
        self.optimizer = make_optimizer(description["optimizer"], self.model.parameters())
        self.images = torch.from_numpy(images(STEPS * self.batch, self.model.input_shape)).to(dtype) / 255
        self.labels = torch.from_numpy(labels(STEPS * self.batch))

    def results(self):
        """Every expected tensor, by its name behind that of the case."""
        model, results, losses = self.model.train(), {}, []
        batches = list(zip(self.images.split(self.batch), self.labels.split(self.batch), strict=True))
        for step, (x, classes) in enumerate(batches):
            x.requires_grad_()
            self.optimizer.zero_grad()
            scores = model(x)
            total, each = model.losses(scores, classes)
            losses.append([total.item(), *(loss.item() for loss in each)])
            total.backward()
            if step == 0:
                results |= self.by_layer("logits", scores)
                results |= {f"gradient.{name}": tensor.grad.clone() for name, tensor in model.named_parameters()}
                results["dx"] = x.grad
            self.optimizer.step()
        results["losses"] = torch.tensor(losses, dtype=torch.float64)
        results |= {f"trained.{name}": tensor for name, tensor in model.named_parameters()}
        results |= {f"trained.{name}": tensor for name, tensor in model.statistics().items()}
        results |= self.by_layer("eval", model.eval()(batches[0][0]))
        return {name: tensor.detach().double().numpy() for name, tensor in results.items()}

    def by_layer(self, prefix, scores):
        return {f"{prefix}.{output.layer}": each.clone() for output, each in zip(self.model.outputs, scores)}


def relative_errors(exact, single):
    """The largest error of float32 in the first step, and behind the last one, as parts of each tensor's largest number.
    That counts as at least 0.1 where a tensor may be zero but for rounding, as the gradient of a bias in front of a norm."""
    errors = {False: 0, True: 0}
    for name, values in exact.items():
        least = 0.1 if name.startswith(("gradient.", "trained.")) else 1e-6
        error = np.abs(single[name] - values).max() / max(np.abs(values).max(), least)
        is_later = name.startswith(("trained.", "eval.", "losses"))
        errors[is_later] = max(errors[is_later], error)
    return errors[False], errors[True]


def descriptions(name, shape, batch, model):
    """The case in the form of its metadata, for one batch size after another."""
    number = list(WRITTEN).index(name)
    while True:
        yield name, describe(number, {"input": shape, **model}, batch)
        batch += 1


def random_descriptions():
    """Random cases, each with its name."""
    for seed in itertools.count(1):
        shape = (1 + seed % 3, 6 + seed * 5 % 7, 6 + seed * 3 % 7)
        yield f"random-{seed}", describe(seed, random_model(seed, shape), (5, 19, 7, 17, 21, 9)[seed % 6])


def describe(number, model, batch):
    decay = {"weight_decay": 1e-3} if number % 2 else {}
    return {"model": model, "optimizer": {"type": "sgd", "lr": 0.05, "momentum": 0.9, **decay}, "batch": batch}


def clear_results(candidates):
    """(name, description, case, results) of the next of the candidates on which rounding has little influence."""
    for name, description in candidates:
        exact = Case(description, torch.float64)
        results = exact.results()
        others = [Case(description, torch.float32)]
        others += [Case(description, torch.float64, seed) for seed in range(PERTURBED)]
        first, later = np.max([relative_errors(results, other.results()) for other in others], axis=0)
        is_clear = first < MAX_FIRST_ERROR and later < MAX_LATER_ERROR
        print(f"{name}: rounding changes the first step by {first:.1e}, {STEPS} steps by {later:.1e}"
              + ("" if is_clear else ", left out"), flush=True)
        if is_clear:
            return name, description, exact, results
    return None


def entries(named, steps):
    return [
        {"name": name, "shape": list(tensor.shape), "every": every}
        for (name, tensor), every in zip(named, steps, strict=True)]


def main():
    torch.set_num_threads(1)  # the same bytes on every machine, and faster for batches this small
    tensors, metadata, random_cases = {}, {}, random_descriptions()
    written = [descriptions(name, *case) for name, case in WRITTEN.items()]
    for candidates in written + [random_cases] * RANDOM:
        name, description, case, results = clear_results(candidates)
        steps = {}
        for key, value in results.items():
            parts, steps[key] = summarize(f"{name}.{key}", value, MAX_ELEMENTS, MAX_SAMPLES)
            tensors |= parts
        named, state = list(case.model.named_parameters()), list(case.model.statistics().items())
        metadata[name] = {
            **description,
            "steps": STEPS,
            "dx_every": steps["dx"],
            "parameters": entries(named, [steps[f"gradient.{key}"] for key, _ in named]),
            "state": entries(state, [steps[f"trained.{key}"] for key, _ in state]),
        }
    save_tensors("graphs", tensors, {"source": framework_version(torch), **metadata})


if __name__ == "__main__":
    main()
