"""Benchmarks `cnn`, PyTorch and Keras on MNIST, in turns, and prints tables.

Each benchmark is a process that prints JSON lines: its first step, its epochs and its evaluations of the 10,000 test images.
The first epoch and the first evaluation are warm-ups and are not counted. A second process predicts one digit. Peak memory is
that of the whole process, with the data. This program imports no framework, because the peak memory of a child process starts
at what its parent used.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from benchmark_common import busy_processes, cpu_name

SCRIPTS = Path(__file__).resolve().parent
CNN = SCRIPTS.parents[1] / ".build" / "release" / "cnn"
NETWORKS = ["torch-lenet", "keras-lenet", "simple-convnet", "tf-convnet"]
PYTORCH = ["eager", "channels_last", "bf16", "bf16+channels_last", "compile"]
KERAS = ["tensorflow", "tensorflow+xla", "jax"]


@dataclass
class Measurements:
    """Measurements of one program, in all its processes."""

    training: list[float] = field(default_factory=list)
    evaluation: list[float] = field(default_factory=list)
    first_step: list[float] = field(default_factory=list)
    prediction: list[float] = field(default_factory=list)
    peak: float = 0
    loss: float = 0


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/compare", description=__doc__.split("\n")[0])
    parser.add_argument("configs", nargs="*", default=NETWORKS, help=f"{', '.join(NETWORKS)} (default: all)")
    parser.add_argument("--data", default=os.environ.get("CNN_DATA_DIR", "data/mnist"), metavar="DIR")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3, help="per process, with the warm-up (default: 3)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of every program, in turns (default: 3)")
    parser.add_argument("--modes", default=",".join(PYTORCH + KERAS), help="modes of the frameworks (default: %(default)s)")
    parser.add_argument("--images", type=int, metavar="N",
                         help="train the frameworks on the first N images only (cnn on all)")
    parser.add_argument("--busy", type=int, default=0, metavar="N",
                        help="while N other processes keep a core busy each")
    options = parser.parse_args()
    if options.epochs < 2 or options.rounds < 1:
        parser.error("at least 2 epochs (one is the warm-up) and 1 round are needed")
    if unknown := [mode for mode in options.modes.split(",") if not set(mode.split("+")) <= {*PYTORCH, *KERAS, "xla"}]:
        parser.error(f"unknown mode {', '.join(unknown)}")
    return options


def run(command):
    """Runs a program; yields (seconds since its start, line) for each line, then (seconds, peak memory in megabytes)."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in child.stdout:
        yield time.perf_counter() - start, line
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"exit status {child.returncode}: {' '.join(map(str, command))}\n{errors}")
    yield time.perf_counter() - start, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def read_events(command, measurements):
    """Runs a program; adds its events and its peak memory to `measurements`."""
    epochs, steps = [], 1
    for seconds, line in run(command):
        if isinstance(line, float):
            measurements.peak = max(measurements.peak, line)
            continue
        event = json.loads(line) if line.startswith("{") else {}
        match event.get("event"):
            case "first_step":
                measurements.first_step.append(seconds)
            case "start":  # printed by cnn just before its first step
                measurements.first_step.append(seconds)
                steps = event["steps_per_epoch"]
            case "epoch":
                epochs.append(event)
            case "evaluation":
                measurements.evaluation.append(event["seconds"])
    measurements.training += [epoch["images_per_second"] for epoch in epochs[1:]]
    measurements.loss = epochs[-1]["loss"]
    if steps > 1:
        measurements.first_step[-1] += epochs[0]["seconds"] / steps


def predict(command, measurements):
    measurements.prediction.append(max(seconds for seconds, _ in run(command)))


def measure_cnn(config, options, folder, measurements):
    common = ["--data", options.data, "--threads", str(options.threads)]
    # The config tests on 500 images, the other configs on 10,000.
    settings = ["--set", "data.resplit.test=10000"] if config == "torch-lenet" else []
    read_events([CNN, "train", "--config", config, *settings, *common, "--epochs", str(options.epochs), "--output", f"{folder}/cnn",
            "--force", "--quiet", "--json"], measurements)
    for _ in range(3):
        lines = [line for _, line in run([CNN, "eval", f"{folder}/cnn", *common, "--json"]) if isinstance(line, str)]
        measurements.evaluation.append(json.loads("".join(lines))["seconds"])
    images = next(Path(options.data).glob("t10k-images*"))
    for _ in range(3):
        predict([CNN, "predict", f"{folder}/cnn", f"{images}@0", "--threads", str(options.threads)], measurements)


def measure_framework(mode, config, options, folder, measurements):
    is_keras = mode in KERAS
    script = SCRIPTS / ("train_keras.py" if is_keras else "train_pytorch.py")
    weights = f"{folder}/{mode}.weights.h5" if is_keras else f"{folder}/{mode}.pt"
    common = [sys.executable, script, "--config", config, "--mode", mode, "--data", options.data,
              "--threads", str(options.threads)]
    images = ["--images", str(options.images)] if options.images else []
    read_events([*common, *images, "--epochs", str(options.epochs), "--evaluations", "3", "--save", weights], measurements)
    predict([*common, "--predict", weights], measurements)


def program_name(mode):
    names = {"tensorflow": "Keras on TensorFlow", "tensorflow+xla": "Keras on TensorFlow, XLA", "jax": "Keras on JAX"}
    return names.get(mode) or f"PyTorch, {mode.replace('+', ', ').replace('_', '-')}"


def compare(config, options):
    measurements = {"cnn": Measurements()} | {program_name(mode): Measurements() for mode in options.modes.split(",")}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            for name, mode in zip(measurements, [None, *options.modes.split(",")]):
                print(f"{config}: round {number + 1} of {options.rounds}, {name} ...", file=sys.stderr)
                with busy_processes(options.busy):
                    if mode:
                        measure_framework(mode, config, options, folder, measurements[name])
                    else:
                        measure_cnn(config, options, folder, measurements[name])
    load = os.getloadavg()[0]
    if load > options.threads + options.busy + 0.5:
        print(f"load average {load:.1f}: other programs are running, so these times are not reliable", file=sys.stderr)
    print(f"\n**{config}**\n")
    for line in table(measurements):
        print(line)
    cnn, frameworks = measurements["cnn"], {name: each for name, each in measurements.items() if name != "cnn"}
    in_training = max(frameworks, key=lambda name: statistics.median(frameworks[name].training))
    in_evaluation = min(frameworks, key=lambda name: statistics.median(frameworks[name].evaluation))
    training_ratio = statistics.median(cnn.training) / statistics.median(frameworks[in_training].training)
    evaluation_ratio = statistics.median(frameworks[in_evaluation].evaluation) / statistics.median(cnn.evaluation)
    print(f"\n`cnn` trains {training_ratio:.1f} times as fast as {in_training}, and evaluates {evaluation_ratio:.1f} times as "
          f"fast as {in_evaluation}.", flush=True)


def table(measurements):
    yield ("| | images/s in training | 10,000 images evaluated in | first step after | first prediction after "
           "| peak memory | final loss |")
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, each in measurements.items():
        evaluation = [1000 * seconds for seconds in each.evaluation]
        yield (f"| {name} | {median_and_range(each.training)} | {median_and_range(evaluation)} ms "
               f"| {statistics.median(each.first_step):.2f} s | {1000 * statistics.median(each.prediction):,.0f} ms "
               f"| {each.peak:,.0f} MB | {each.loss:.3f} |")


def median_and_range(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def main():
    options = parse_arguments()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "keras", "tensorflow", "jax"))
    print(f"{cpu_name()}, {options.threads} threads, {platform.system()}; Python {platform.python_version()}, {versions}. "
          f"{options.busy} busy processes beside. " * (options.busy > 0) + f"Medians (and ranges) of {options.rounds} rounds of {options.epochs} epochs, the first epoch of each not counted.")
    for config in options.configs:
        compare(config, options)


if __name__ == "__main__":
    main()
