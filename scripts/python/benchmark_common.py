"""Common parts of the benchmarks: how each config is trained, the options of train_pytorch.py and train_keras.py, their events."""

import argparse
import contextlib
import json
import platform
import re
import subprocess
from pathlib import Path

# config: (images per epoch, batch size, shuffled, last partial batch dropped)
TRAINING = {
    "torch-lenet": (50_000, 100, True, False), "keras-lenet": (60_000, 128, True, False),
    "simple-convnet": (60_000, 100, True, False), "tf-convnet": (60_000, 128, False, True),
}


@contextlib.contextmanager
def busy_processes(count):
    """Other programs that keep a core busy each, while the block runs."""
    processes = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def report(**event):
    print(json.dumps(event), flush=True)


def argument_parser(description, config, **mode):
    """The options of a training program; `mode` holds the arguments of `add_argument` for --mode."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", choices=TRAINING, default=config)
    parser.add_argument("--mode", **mode)
    parser.add_argument("--data", required=True, metavar="DIR", help="a folder with MNIST's four files")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=60_000, help="train on the first N images only")
    parser.add_argument("--evaluations", type=int, default=0, help="of the 10,000 test images, after the last epoch")
    parser.add_argument("--save", type=Path, metavar="FILE", help="save the weights after training")
    parser.add_argument("--predict", type=Path, metavar="FILE", help="only predict the first test image, with these weights")
    return parser


def cpu_name():
    info = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.*)", info.read_text()) if info.exists() else []
    return models[0] if models else platform.machine()
