"""Checks the networks with branches, resnet and two-heads, against PyTorch on MNIST.

Both train from cnn's initial weights on the same images in the same order. The parts:

  step    one step's loss and every gradient of both networks, against float64; then with SiLUs for ReLUs, since a value near a
          ReLU's kink makes gradients differ a thousand times as much as rounding does
  first   the losses of resnet's first 20 steps, within 1e-3: with SiLUs at the config's learning rate, with ReLUs at a small one,
          because at the config's PyTorch's own float32 and float64 are 0.06 apart
  epochs  three epochs of resnet: the mean of three runs, two of them from weights moved by one unit in the last place, is no
          further from PyTorch than PyTorch is from itself, with one and with two threads and from weights moved so
  heads   three epochs of two-heads: losses within 5e-3, accuracies within what chance makes of so many images

A run of PyTorch takes minutes. It is kept in .build/check-resnet, so that one run at a time can be made in advance: part
`torch` with the network and the run (threads-1, threads-2, ulp-1, ulp-2).
"""

import argparse
import copy
import hashlib
import itertools
import json
import math
import os
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from cnn_command import run_cnn
from graph_models import GraphModel, make_optimizer
from graph_training import learning_rates, run_epoch
from mnist import load, write_idx

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".build" / "check-resnet"
SGD = {"type": "sgd", "lr": 0, "momentum": 0.9}
RUNS = ["threads-1", "threads-2", "ulp-1", "ulp-2"]
EPOCHS, STEPS = 3, 20
SMALL_RATE = 5e-4


class Check:
    """The checks of one network, on the first `images` training images and all test images."""

    def __init__(self, name, program, data, images, is_smooth=False):
        self.name, self.program = f"{name} with SiLU" if is_smooth else name, program
        text = (ROOT / "configs" / f"{name}.json").read_text()
        self.config = json.loads(text.replace('"relu"', '"silu"') if is_smooth else text)
        self.config["data"] = {**self.config["data"], "validation": {"from": "test"}}
        self.config["train"] = {**self.config["train"], "shuffle": False, "epochs": 1}
        self.batch = self.config["train"]["batch_size"]
        self.train, self.test = ((pixels[:images], labels[:images]) for pixels, labels in (
            load(data, "train"), load(data, "t10k")))
        self.weights = self.initial_weights()

    # cnn

    def changed(self, **sections):
        """The config with some keys of its sections replaced; a section that is no `train` is replaced whole."""
        config = copy.deepcopy(self.config)
        config["train"] |= sections.pop("train", {})
        return config | sections

    def run(self, config, count, weights=None, tests=None):
        """(epoch events, tensors of the last checkpoint) of cnn on the first `count` training images."""
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for part, (pixels, labels), end in (("train", self.train, count), ("t10k", self.test, tests)):
                write_idx(folder / f"{part}-images-idx3-ubyte", pixels[:end, 0])
                write_idx(folder / f"{part}-labels-idx1-ubyte", labels[:end].astype(np.uint8))
            (folder / "config.json").write_text(json.dumps(config))
            options = []
            if weights:
                save_file(weights, folder / "initial.safetensors")
                options = ["--init", "initial.safetensors"]
            lines = run_cnn(
                self.program, folder, "train", "--config", "config.json", "--data", folder, "--output", "run",
                "--quiet", "--json", *options).splitlines()
            events = [event for event in map(json.loads, lines) if event["event"] == "epoch"]
            return events, load_file(folder / "run" / "checkpoints" / "last.ckpt")

    def initial_weights(self):
        """The state dict that cnn starts from: what a step of learning rate 0 leaves, with fresh running statistics."""
        _, tensors = self.run(self.changed(optimizer=SGD), self.batch, tests=1)
        weights = self.model().state_dict()
        return {key: tensors[key] if is_parameter(key) else value for key, value in weights.items()}

    # PyTorch

    def model(self, dtype=torch.float32):
        return GraphModel(self.config["model"], self.config.get("loss", "cross_entropy")).to(dtype)

    def loaded_model(self, dtype, moved=None):
        model = self.model()
        model.load_state_dict(self.weights)
        if moved is not None:
            torch.manual_seed(moved)
            with torch.no_grad():
                for parameter in model.parameters():
                    direction = torch.where(torch.rand_like(parameter) < 0.5, -torch.inf, torch.inf)
                    parameter.copy_(torch.nextafter(parameter, direction))
        return model.to(dtype)

    def inputs(self, data, dtype, count=None):
        """Normalized pixels, and labels."""
        normalize, (pixels, labels) = self.config["data"]["normalize"], data
        x = torch.from_numpy(pixels[:count]).to(dtype) / normalize["scale"]
        mean, std = normalize.get("mean", [0])[0], normalize.get("std", [1])[0]
        return (x - mean) / std, torch.from_numpy(labels[:count])

    def gradients(self, dtype, moved=None):
        """Loss and gradients of the first batch, from weights that may be `moved` by a unit in the last place, with that seed."""
        model = self.loaded_model(dtype, moved).train()
        x, labels = self.inputs(self.train, dtype, self.batch)
        loss, _ = model.losses(model(x), labels)
        loss.backward()
        return loss.item(), {name: parameter.grad.double() for name, parameter in model.named_parameters()}

    def first_losses(self, dtype, optimizer):
        model = self.loaded_model(dtype)
        optimizer = make_optimizer(optimizer, model.parameters())
        x, labels = self.inputs(self.train, dtype, STEPS * self.batch)
        return [run_epoch(model, x_batch, target, self.batch, optimizer)["loss"]
                for x_batch, target in zip(x.split(self.batch), labels.split(self.batch))]

    def torch_epochs(self, run):
        """The metrics of each epoch of a run of PyTorch, from the file where an earlier call has left them."""
        content = json.dumps(self.config) + f"{len(self.train[0])} {EPOCHS} {torch.__version__}"
        digest = hashlib.sha256(content.encode())
        for tensor in self.weights.values():
            digest.update(tensor.numpy().tobytes())
        file = KEPT / f"{self.name}-{run}-{digest.hexdigest()[:16]}.json"
        if not file.exists():
            print(f"{self.name}: PyTorch, {run} ...", file=sys.stderr, flush=True)
            metrics = self.train_torch(run)
            KEPT.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(metrics))
        return json.loads(file.read_text())

    def train_torch(self, run):
        kind, number = run.split("-")
        torch.set_num_threads(int(number) if kind == "threads" else 2)
        model = self.loaded_model(torch.float32, int(number) if kind == "ulp" else None)
        train, test = (self.inputs(data, torch.float32) for data in (self.train, self.test))
        optimizer = make_optimizer(self.config["optimizer"], model.parameters())
        rates = learning_rates(self.config["optimizer"], EPOCHS, math.ceil(len(train[0]) / self.batch))
        metrics = []
        for epoch in range(EPOCHS):
            trained = run_epoch(model, *train, self.batch, optimizer, rates)
            validated = run_epoch(model, *test, 1000)
            metrics.append(trained | {f"val_{key}": value for key, value in validated.items()})
            print(f"  epoch {epoch + 1}: {short(metrics[-1])}", file=sys.stderr, flush=True)
        return metrics

    def cnn_epochs(self, moved=None):
        weights = self.weights if moved is None else self.loaded_model(torch.float32, moved).state_dict()
        events, _ = self.run(self.changed(train={"epochs": EPOCHS}), None, weights)
        for number, event in enumerate(events):
            print(f"{self.name}: cnn{f', ulp-{moved}' if moved else ''}, epoch {number + 1}: {short(event)}", flush=True)
        return events

    # The checks; each returns whether it holds.

    def check_step(self):
        events, tensors = self.run(self.changed(optimizer=SGD), self.batch, self.weights, tests=1)
        loss, exact = self.gradients(torch.float64)
        loss32, single = self.gradients(torch.float32)
        # Behind the first step SGD's momentum is the gradient.
        found = {name: momentum(tensors, name).double() for name in exact}
        moved = [self.gradients(torch.float64, seed)[1] for seed in range(3)]
        errors = {name: relative_error(found[name], exact[name]) for name in exact}
        own = {name: max(relative_error(each[name], exact[name]) for each in [single, *moved]) for name in exact}
        worst = max(errors, key=errors.get)
        error, error32 = (abs(each - loss) / loss for each in (events[0]["loss"], loss32))
        print(f"{self.name}: loss of a step {loss:.6f}, relative error {error:.1e} (PyTorch's float32: {error32:.1e})")
        print(f"{self.name}: {len(errors)} gradients, relative error at most {errors[worst]:.1e} ({worst}; PyTorch's own: "
              f"{own[worst]:.1e}, at most {max(own.values()):.1e})", flush=True)
        return error < 1e-6 and all(errors[name] < max(1e-5, 4 * own[name]) for name in errors)

    def check_first(self, rate):
        """The loss of the k-th step is what k steps have more than k - 1 in the sum of their losses."""
        rate = rate or self.config["optimizer"]["lr"]
        optimizer = {**self.config["optimizer"], "lr": rate, "schedule": "constant"}
        sums = [0.0]
        for steps in range(1, STEPS + 1):
            events, _ = self.run(self.changed(optimizer=optimizer), steps * self.batch, self.weights, tests=1)
            sums.append(events[0]["loss_sum"])
        found = [after - before for before, after in itertools.pairwise(sums)]
        exact, single = (self.first_losses(dtype, optimizer) for dtype in (torch.float64, torch.float32))
        error, error32 = (max(abs(a - b) for a, b in zip(each, exact)) for each in (found, single))
        print(f"{self.name}: {STEPS} losses at learning rate {rate} from {exact[0]:.4f} to {exact[-1]:.4f} differ by at most {error:.1e} "
              f"(PyTorch's float32: {error32:.1e})", flush=True)
        return error < 1e-3

    def check_epochs(self):
        """The distance of two runs is their largest difference in a metric of an epoch.

        Rounding alone moves the first epoch's training loss by 1 %, here as there, so that one run each says little.
        """
        runs, ours = [self.torch_epochs(run) for run in RUNS], [self.cnn_epochs(moved) for moved in (None, 1, 2)]
        found = [{key: statistics.mean(event[key] for event in events) for key in runs[0][0]} for events in zip(*ours)]
        holds = True
        for keys, what in ((["loss"], "training losses"), (["val_loss"], "validation losses"),
                           (["val_accuracy"], "validation accuracies")):
            own = max(distance(a, b, keys) for a, b in itertools.combinations(runs, 2))
            spread = max(distance(a, b, keys) for a, b in itertools.combinations(ours, 2))
            others = sum(distance(found, run, keys) for run in runs) / len(runs)
            print(f"{self.name}: {what} differ by {others:.1e} from PyTorch's on average, PyTorch's own by up to {own:.1e}, "
                  f"cnn's own by up to {spread:.1e}")
            holds &= others <= own
        return holds

    def check_heads(self):
        run, found = self.torch_epochs("threads-2"), self.cnn_epochs()
        losses = [key for key in run[0] if key.endswith("loss")]
        largest = distance(found, run, losses)
        print(f"{self.name}: losses ({', '.join(losses)}) differ by at most {largest:.1e}")
        holds = largest < 5e-3
        for key in (key for key in run[0] if key.endswith("accuracy")):
            a, b = found[-1][key], run[-1][key]
            count = len((self.test if key.startswith("val_") else self.train)[0])
            noise = 3 * math.sqrt(max(b * (1 - b), 1e-4) / count)
            print(f"{self.name}: {key} {a:.4f} and {b:.4f}, noise {noise:.4f}")
            holds &= abs(a - b) <= noise
        return holds


def is_parameter(key):
    return key.endswith((".weight", ".bias"))


def momentum(tensors, name):
    """The momentum of a parameter in a checkpoint."""
    return next(tensor for key, tensor in tensors.items() if key.endswith(f"momentum.{name}"))


def relative_error(found, exact):
    return (torch.linalg.vector_norm(found - exact) / torch.linalg.vector_norm(exact)).item()


def distance(a, b, keys):
    """The largest difference in any of the metrics of two runs, over all epochs."""
    return max(abs(x[key] - y[key]) for x, y in zip(a, b, strict=True) for key in keys)


def short(metrics):
    return ", ".join(f"{key} {value:.4f}" for key, value in metrics.items() if key.endswith(("loss", "accuracy")))


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/check-resnet", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--data", default=os.environ.get("CNN_DATA_DIR", ROOT / "data" / "mnist"), metavar="DIR")
    parser.add_argument("--images", type=int, default=60_000, metavar="N", help="train on the first N images only")
    parts = ["step", "first", "epochs", "heads"]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(parts)} (default: all), or torch NETWORK RUN")
    options = parser.parse_args()

    def check(name, **more):
        return Check(name, options.program.resolve(), options.data, options.images, **more)

    match options.parts:
        case ["torch", "resnet" | "two-heads" as name, run] if run in RUNS:
            check(name).torch_epochs(run)
            return
        case names if set(names) <= set(parts):
            names = names or parts
        case _:
            parser.error(f"no such part: {' '.join(options.parts)}")
    checks = {
        "step": lambda: all([
            check(name, is_smooth=is_smooth).check_step() for name in ("resnet", "two-heads") for is_smooth in (False, True)]),
        "first": lambda: all([
            check("resnet", is_smooth=True).check_first(None), check("resnet").check_first(SMALL_RATE)]),
        "epochs": lambda: check("resnet").check_epochs(),
        "heads": lambda: check("two-heads").check_heads(),
    }
    wrong = [name for name in names if not checks[name]()]
    print(f"not as in PyTorch: {', '.join(wrong)}" if wrong else "as in PyTorch")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
