"""Trains random graphs with `cnn train` and with PyTorch, from the same weights on the same images in the same order.

Every epoch's losses, in training and in validation, and the weights and running statistics at the end must be those of
PyTorch in float64: to within a few times what PyTorch's own differ by in float32, and from weights that differ as if they were
rounded. A case is a function of its number.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from cnn_command import run_cnn
from fixture_values import graph_parameters, images, labels
from graph_models import GraphModel, make_optimizer
from graph_training import run_epoch
from mnist import write_idx
from random_models import random_model

EPOCHS = 3
TEST_IMAGES = 40
# Differences below these are never a fault, as parts of a loss, and of a tensor's largest number.
LEAST_LOSS, LEAST_TENSOR = 1e-5, 2e-5
# A fault is more than this times the largest difference among PyTorch's own runs.
FACTOR = 10
OPTIMIZERS = [
    {"type": "sgd", "lr": 0.05, "momentum": 0.9},
    {"type": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3},
    {"type": "sgd", "lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-2},
    # With a large epsilon, so that small gradients, which are inexact, make small steps.
    {"type": "adam", "lr": 2e-3, "epsilon": 1e-3, "weight_decay": 1e-3},
    {"type": "adam", "lr": 2e-3, "epsilon": 1e-3, "weight_decay": 1e-2, "decoupled_weight_decay": True},
    {"type": "rmsprop", "lr": 1e-3, "epsilon": 1e-3},
]


def make_config(number):
    """The config of a case, without the keys that have their defaults."""
    choose = random.Random(-number)
    shape = (choose.choice([1, 1, 3]), choose.randint(5, 16), choose.randint(5, 16))
    return {
        "name": f"random-{number}",
        "data": {"dataset": "mnist", "validation": {"from": "test"}, "normalize": {"scale": 255}},
        "model": random_model(number, shape),
        "optimizer": choose.choice(OPTIMIZERS),
        "train": {"epochs": EPOCHS, "batch_size": choose.choice([5, 8, 13, 16, 19, 33]), "shuffle": False},
    }


class Case:
    """A config, its images and its initial weights."""

    def __init__(self, number):
        self.number, self.config = number, make_config(number)
        self.batch = self.config["train"]["batch_size"]
        # Three whole batches and one of half the size.
        self.count = 3 * self.batch + (self.batch + 1) // 2
        pixels = images(self.count + TEST_IMAGES, self.config["model"]["input"])
        classes = labels(self.count + TEST_IMAGES)
        self.train, self.test = (
            (pixels[part], classes[part]) for part in (slice(self.count), slice(self.count, None)))
        model = GraphModel(self.config["model"])
        parameters = graph_parameters([(name, tuple(each.shape)) for name, each in model.named_parameters()])
        self.weights = model.state_dict() | {name: torch.from_numpy(values) for name, values in parameters.items()}
        # Running statistics are read with the weights, so they are not those that a norm starts with.
        torch.manual_seed(number)
        for name, tensor in self.weights.items():
            if name.endswith("running_mean"):
                self.weights[name] = 0.2 * torch.rand_like(tensor) - 0.1
            elif name.endswith("running_var"):
                self.weights[name] = 0.8 + 0.4 * torch.rand_like(tensor)
        if self.has_vanishing_gradient():
            self.config["optimizer"] = OPTIMIZERS[0]

    def has_vanishing_gradient(self):
        """Whether the gradient of a parameter, such as the bias in front of a norm, is nothing but rounding: optimizers that
        divide by its size would make a step of that."""
        model = GraphModel(self.config["model"]).double()
        model.load_state_dict(self.weights)
        pixels, classes = torch.from_numpy(self.train[0]).double() / 255, torch.from_numpy(self.train[1])
        model.losses(model(pixels), classes)[0].backward()
        largest = [parameter.grad.abs().max().item() for parameter in model.parameters()]
        return min(largest) < 1e-9 * max(largest)

    # cnn

    def train_cnn(self, program, folder):
        """(metrics by name, a list with each epoch's; tensors by name) of `cnn train`."""
        channels = self.config["model"]["input"][0]
        for name, (pixels, classes) in (("train", self.train), ("t10k", self.test)):
            write_idx(folder / f"{name}-images-idx{4 if channels > 1 else 3}-ubyte",
                      pixels if channels > 1 else pixels[:, 0])
            write_idx(folder / f"{name}-labels-idx1-ubyte", classes.astype(np.uint8))
        (folder / "config.json").write_text(json.dumps(self.config))
        save_file(self.weights, folder / "initial.safetensors")
        lines = run_cnn(
            program, folder, "train", "--config", "config.json", "--data", folder, "--output", "run", "--quiet",
            "--json", "--init", "initial.safetensors", "--threads", 1 + self.number % 3).splitlines()
        epochs = [event for event in map(json.loads, lines) if event["event"] == "epoch"]
        if len(epochs) != EPOCHS:
            raise ValueError(f"{len(epochs)} epochs")
        metrics = {key: [epoch[key] for epoch in epochs] for key in epochs[0] if key.endswith("loss")}
        return metrics, load_file(folder / "run" / "checkpoints" / "last.ckpt")

    # PyTorch

    def train_torch(self, dtype, perturbed=None):
        """The same of PyTorch; with `perturbed`, a seed, from weights that are slightly different."""
        model = GraphModel(self.config["model"])
        model.load_state_dict(self.weights)
        model.to(dtype)
        if perturbed is not None:
            torch.manual_seed(perturbed)
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.mul_(1 + 1e-7 * torch.randn(parameter.shape, dtype=dtype))
        optimizer, metrics = make_optimizer(self.config["optimizer"], model.parameters()), {}
        for _ in range(EPOCHS):
            for prefix, (pixels, classes) in (("", self.train), ("val_", self.test)):
                x = torch.from_numpy(pixels).to(dtype) / 255
                epoch = run_epoch(model, x, torch.from_numpy(classes), self.batch, None if prefix else optimizer)
                for name, value in epoch.items():
                    if name.endswith("loss"):
                        metrics.setdefault(prefix + name, []).append(value)
        return metrics, model.state_dict()

    # Comparison

    def faults(self, program):
        """What differs from PyTorch, in words."""
        with tempfile.TemporaryDirectory() as folder:
            found = self.train_cnn(program, Path(folder))
        exact = self.train_torch(torch.float64)
        others = [self.train_torch(torch.float32)] + [self.train_torch(torch.float64, seed) for seed in range(2)]
        faults = self.compare(found, exact, others)
        if faults:
            # A value near a kink: its neighbours show that, if there are enough of them.
            others += [self.train_torch(torch.float64, seed) for seed in range(2, 20)]
            faults = self.compare(found, exact, others)
        return faults

    def compare(self, found, exact, others):
        faults = []
        for kind, least, floor in ((0, LEAST_LOSS, 1), (1, LEAST_TENSOR, 0.1)):
            for name, expected in exact[kind].items():
                if name not in found[kind]:
                    faults.append(f"{name} is missing")
                    continue
                expected = as_array(expected)
                spread = max(np.abs(as_array(other[kind][name]) - expected).max() for other in others)
                difference = np.abs(as_array(found[kind][name]) - expected).max()
                allowed = max(least * max(np.abs(expected).max(), floor), FACTOR * spread)
                if not difference <= allowed:
                    faults.append(f"{name} differs by {difference:.1e}, PyTorch's own by {spread:.1e}")
        return faults


def as_array(values):
    return (values if isinstance(values, torch.Tensor) else torch.tensor(values)).double().numpy()


def main():
    parser = argparse.ArgumentParser(prog="scripts/check-graphs", description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("count", type=int, nargs="?", default=20, help="number of graphs (default: 20)")
    parser.add_argument("--first", type=int, default=1000, metavar="N", help="number of the first one (default: 1000)")
    parser.add_argument("--print-config", action="store_true", help="only print the configs")
    options = parser.parse_args()
    torch.set_num_threads(1)  # faster for batches this small
    wrong = []
    for number in range(options.first, options.first + options.count):
        if options.print_config:
            print(json.dumps(Case(number).config, indent=1))
            continue
        faults = Case(number).faults(options.program.resolve())
        for fault in faults:
            print(f"graph {number}: {fault}", flush=True)
        wrong += [number] * bool(faults)
    if options.print_config:
        return
    for number in wrong:
        print(f"again: scripts/check-graphs 1 --first {number}; its config: --print-config")
    print(f"{options.count - len(wrong)} of {options.count} graphs train as in PyTorch")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
