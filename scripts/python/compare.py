"""Times `cnn`, PyTorch and Keras on MNIST, in turns, and prints tables.

Every program under test is a process that prints JSON lines: its first step, its epochs and its evaluations of the 10,000 test
images. The first epoch and the first evaluation are warm-ups and don't count. Another process of each reads one digit.
Peak memory is the whole process', with the data. No framework is imported here: a child's peak starts at what its
parent held.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
CNN = SCRIPTS.parents[1] / ".build" / "release" / "cnn"
NETWORKS = ["torch-lenet", "keras-lenet", "simple-convnet", "tf-convnet"]
PYTORCH = ["eager", "channels_last", "bf16", "bf16+channels_last", "compile"]
KERAS = ["tensorflow", "tensorflow+xla", "jax"]


@dataclass
class Measured:
    """Measurements of one program, over all its processes."""

    training: list[float] = field(default_factory=list)
    evaluation: list[float] = field(default_factory=list)
    first_step: list[float] = field(default_factory=list)
    prediction: list[float] = field(default_factory=list)
    peak: float = 0
    loss: float = 0


def arguments():
    options = argparse.ArgumentParser(prog="scripts/compare", description=__doc__.split("\n")[0])
    options.add_argument("configs", nargs="*", default=NETWORKS, help=f"{', '.join(NETWORKS)} (default: all)")
    options.add_argument("--data", default=os.environ.get("CNN_DATA_DIR", "data/mnist"), metavar="DIR")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--epochs", type=int, default=3, help="per process, with the warm-up (default: 3)")
    options.add_argument("--rounds", type=int, default=3, help="of every program, in turn (default: 3)")
    options.add_argument("--modes", default=",".join(PYTORCH + KERAS), help="of the frameworks (default: %(default)s)")
    options.add_argument("--images", type=int, metavar="N",
                         help="the frameworks' epochs hold only the first N images (cnn's stay whole)")
    chosen = options.parse_args()
    if chosen.epochs < 2 or chosen.rounds < 1:
        options.error("at least 2 epochs (one is the warm-up) and 1 round")
    if unknown := [mode for mode in chosen.modes.split(",") if not set(mode.split("+")) <= {*PYTORCH, *KERAS, "xla"}]:
        options.error(f"unknown mode {', '.join(unknown)}")
    return chosen


def run(command):
    """Yields (seconds since its start, line) of a program, then (seconds, its peak megabytes)."""
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


def listen(command, measured):
    """Adds what a program prints, and its peak, to `measured`."""
    epochs, steps = [], 1
    for seconds, line in run(command):
        if isinstance(line, float):
            measured.peak = max(measured.peak, line)
            continue
        event = json.loads(line) if line.startswith("{") else {}
        match event.get("event"):
            case "first_step":
                measured.first_step.append(seconds)
            case "start":  # of cnn: it says so just before its first step
                measured.first_step.append(seconds)
                steps = event["steps_per_epoch"]
            case "epoch":
                epochs.append(event)
            case "evaluation":
                measured.evaluation.append(event["seconds"])
    measured.training += [epoch["images_per_second"] for epoch in epochs[1:]]
    measured.loss = epochs[-1]["loss"]
    if steps > 1:
        measured.first_step[-1] += epochs[0]["seconds"] / steps


def predict(command, measured):
    measured.prediction.append(max(seconds for seconds, _ in run(command)))


def measure_cnn(config, chosen, folder, measured):
    common = ["--data", chosen.data, "--threads", str(chosen.threads)]
    # Its config tests on 500 images; the others have the 10,000 already.
    settings = ["--set", "data.resplit.test=10000"] if config == "torch-lenet" else []
    listen([CNN, "train", "--config", config, *settings, *common, "--epochs", str(chosen.epochs), "--output", f"{folder}/cnn",
            "--force", "--quiet", "--json"], measured)
    for _ in range(3):
        lines = [line for _, line in run([CNN, "eval", f"{folder}/cnn", *common, "--json"]) if isinstance(line, str)]
        measured.evaluation.append(json.loads("".join(lines))["seconds"])
    images = next(Path(chosen.data).glob("t10k-images*"))
    for _ in range(3):
        predict([CNN, "predict", f"{folder}/cnn", f"{images}@0", "--threads", str(chosen.threads)], measured)


def measure_framework(mode, config, chosen, folder, measured):
    is_keras = mode in KERAS
    script = SCRIPTS / ("train_keras.py" if is_keras else "train_pytorch.py")
    weights = f"{folder}/{mode}.weights.h5" if is_keras else f"{folder}/{mode}.pt"
    common = [sys.executable, script, "--config", config, "--mode", mode, "--data", chosen.data,
              "--threads", str(chosen.threads)]
    images = ["--images", str(chosen.images)] if chosen.images else []
    listen([*common, *images, "--epochs", str(chosen.epochs), "--evaluations", "3", "--save", weights], measured)
    predict([*common, "--predict", weights], measured)


def title(mode):
    names = {"tensorflow": "Keras on TensorFlow", "tensorflow+xla": "Keras on TensorFlow, XLA", "jax": "Keras on JAX"}
    return names.get(mode) or f"PyTorch, {mode.replace('+', ', ').replace('_', '-')}"


def compare(config, chosen):
    measured = {"cnn": Measured()} | {title(mode): Measured() for mode in chosen.modes.split(",")}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(chosen.rounds):
            for name, mode in zip(measured, [None, *chosen.modes.split(",")]):
                print(f"{config}: round {turn + 1} of {chosen.rounds}, {name} ...", file=sys.stderr)
                if mode:
                    measure_framework(mode, config, chosen, folder, measured[name])
                else:
                    measure_cnn(config, chosen, folder, measured[name])
    load = os.getloadavg()[0]
    if load > chosen.threads + 0.5:
        print(f"load average {load:.1f}: something else is running, so don't trust these", file=sys.stderr)
    print(f"\n**{config}**\n")
    for line in table(measured):
        print(line)
    rivals = {name: each for name, each in measured.items() if name != "cnn"}
    ours = measured["cnn"]
    fastest = max(rivals, key=lambda name: statistics.median(rivals[name].training))
    quickest = min(rivals, key=lambda name: statistics.median(rivals[name].evaluation))
    trains = statistics.median(ours.training) / statistics.median(rivals[fastest].training)
    evaluates = statistics.median(rivals[quickest].evaluation) / statistics.median(ours.evaluation)
    print(f"\n`cnn` trains {trains:.1f} times as fast as {fastest}, and evaluates {evaluates:.1f} times as fast as "
          f"{quickest}.", flush=True)


def table(measured):
    yield ("| | images/s in training | 10,000 images evaluated in | first step after | first digit read after "
           "| peak memory | last loss |")
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, each in measured.items():
        evaluation = [1000 * seconds for seconds in each.evaluation]
        yield (f"| {name} | {spread(each.training)} | {spread(evaluation)} ms "
               f"| {statistics.median(each.first_step):.2f} s | {1000 * statistics.median(each.prediction):,.0f} ms "
               f"| {each.peak:,.0f} MB | {each.loss:.3f} |")


def spread(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def machine():
    info = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.*)", info.read_text()) if info.exists() else []
    return models[0] if models else platform.machine()


def main():
    chosen = arguments()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "keras", "tensorflow", "jax"))
    print(f"{machine()}, {chosen.threads} threads, {platform.system()}; Python {platform.python_version()}, {versions}. "
          f"Medians (with spreads) of {chosen.rounds} rounds of {chosen.epochs} epochs, the first of each left out.")
    for config in chosen.configs:
        compare(config, chosen)


if __name__ == "__main__":
    main()
