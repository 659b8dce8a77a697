"""What the programs that train beside `cnn` share: how each config is trained, their options, and what they print."""

import argparse
import json
from pathlib import Path

# config: (images of an epoch, batch, shuffled, last partial batch dropped)
TRAINING = {
    "torch-lenet": (50_000, 100, True, False), "keras-lenet": (60_000, 128, True, False),
    "simple-convnet": (60_000, 100, True, False), "tf-convnet": (60_000, 128, False, True),
}


def report(**event):
    print(json.dumps(event), flush=True)


def parser(description, config, **mode):
    """The options of such a program; `mode` is what argparse is to know of --mode."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--config", choices=TRAINING, default=config)
    options.add_argument("--mode", **mode)
    options.add_argument("--data", required=True, metavar="DIR", help="a folder with MNIST's four files")
    options.add_argument("--epochs", type=int, default=2)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--images", type=int, default=60_000, help="train on the first N images only")
    options.add_argument("--evaluations", type=int, default=0, help="of the 10,000 test images, after the last epoch")
    options.add_argument("--save", type=Path, metavar="FILE", help="keep the weights")
    options.add_argument("--predict", type=Path, metavar="FILE", help="read the first test image with these weights")
    return options
