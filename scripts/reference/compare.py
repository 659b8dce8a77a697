"""Times training on MNIST with `cnn` and with PyTorch, in turns, and prints a table.

Every contender is a process that prints one JSON line per epoch. Its first epoch is a warm-up; the median of
all the others counts. Peak memory is the whole process', with the data. PyTorch itself isn't imported here:
a child's peak starts at what its parent held.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
CNN = SCRIPTS.parents[1] / ".build" / "release" / "cnn"


def arguments():
    options = argparse.ArgumentParser(prog="scripts/compare", description=__doc__.split("\n")[0])
    options.add_argument(
        "configs", nargs="*", default=["torch-lenet", "tf-convnet"],
        help="torch-lenet, keras-lenet, simple-convnet or tf-convnet (default: first and last)")
    options.add_argument("--data", default=os.environ.get("CNN_DATA_DIR", "data/mnist"), metavar="DIR")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--epochs", type=int, default=2, help="per process, with the warm-up (default: 2)")
    options.add_argument("--rounds", type=int, default=3, help="turns of every contender (default: 3)")
    options.add_argument("--modes", default="eager,channels_last,bf16,bf16+channels_last,compile",
                         help="of PyTorch (default: %(default)s)")
    options.add_argument("--images", type=int, metavar="N",
                         help="PyTorch's epochs hold only the first N images (cnn's stay whole)")
    options.add_argument("--pytorch-only", action="store_true")
    chosen = options.parse_args()
    if chosen.epochs < 2 or chosen.rounds < 1:
        options.error("at least 2 epochs (one is the warm-up) and 1 round")
    return chosen


def commands(config, chosen, output):
    """The contenders' command lines by name."""
    common = ["--config", config, "--data", chosen.data, "--epochs", str(chosen.epochs),
              "--threads", str(chosen.threads)]
    contenders = {}
    if not chosen.pytorch_only:
        contenders["cnn"] = [str(CNN), "train", *common, "--output", output, "--force", "--quiet", "--json"]
    for mode in chosen.modes.split(","):
        pytorch = [sys.executable, str(SCRIPTS / "train_pytorch.py"), *common, "--mode", mode]
        contenders[f"PyTorch {mode}"] = pytorch + (["--images", str(chosen.images)] if chosen.images else [])
    return contenders


def measure(command):
    """(images per second of each epoch but the first, peak megabytes)."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    events = [json.loads(line) for line in child.stdout if line.startswith("{")]
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"exit status {child.returncode}: {' '.join(command)}")
    rates = [event["images_per_second"] for event in events if event["event"] == "epoch"]
    return rates[1:], usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def compare(config, chosen):
    rates, peaks = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        contenders = commands(config, chosen, f"{folder}/run")
        for turn in range(chosen.rounds):
            for name, command in contenders.items():
                print(f"{config}: round {turn + 1} of {chosen.rounds}, {name} ...", file=sys.stderr)
                measured, peak = measure(command)
                rates.setdefault(name, []).extend(measured)
                peaks[name] = max(peak, peaks.get(name, 0))
    load = os.getloadavg()[0]
    if load > chosen.threads + 0.5:
        print(f"load average {load:.1f}: something else is running, so don't trust these", file=sys.stderr)
    medians = {name: statistics.median(measured) for name, measured in rates.items()}
    print(f"\n{config}, {chosen.threads} threads, {chosen.rounds} rounds")
    print(f"{'':28} {'median img/s':>12} {'slowest':>9} {'fastest':>9} {'peak MB':>8}")
    for name, median in medians.items():
        slowest, fastest = min(rates[name]), max(rates[name])
        print(f"{name:28} {median:12,.0f} {slowest:9,.0f} {fastest:9,.0f} {peaks[name]:8,.0f}")
    if "cnn" in medians:
        ours = medians.pop("cnn")
        rival = max(medians, key=medians.get)
        print(f"cnn trains {ours / medians[rival]:.2f} times as fast as {rival}, the fastest mode")


if __name__ == "__main__":
    chosen = arguments()
    for config in chosen.configs:
        compare(config, chosen)
