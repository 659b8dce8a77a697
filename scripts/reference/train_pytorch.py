"""Trains a config's PyTorch twin on MNIST as fast as PyTorch can.

Every epoch is printed as `cnn train --json` does. The whole set lies in memory as normalized floats;
a batch is one index_select, or a view when not shuffled.
"""

import argparse
import json
import time

import torch
from torch.nn import functional

from mnist import load
from twins import TWINS

# config: (images of an epoch, batch, shuffled, last partial batch dropped, optimizer)
TRAINING = {
    "torch-lenet": (50_000, 100, True, False, lambda p: torch.optim.SGD(p, lr=0.01, fused=True)),
    "keras-lenet": (60_000, 128, True, False, lambda p: torch.optim.Adam(p, eps=1e-7, fused=True)),
    "simple-convnet": (60_000, 100, True, False, lambda p: torch.optim.Adam(p, fused=True)),
    "tf-convnet": (
        60_000, 128, False, True,
        lambda p: torch.optim.RMSprop(p, lr=0.001, alpha=0.9, eps=1e-10, foreach=True)),
}
MODES = ["eager", "channels_last", "compile", "bf16"]


def epochs(config, mode, images, labels):
    """Yields (mean loss, images, seconds) of one epoch after another. `mode` joins MODES with +."""
    count, batch, shuffled, drop_last, make_optimizer = TRAINING[config]
    count = min(count, len(images))
    options = mode.split("+")
    layout = torch.channels_last if "channels_last" in options else torch.contiguous_format
    images, labels = images[:count].contiguous(memory_format=layout), labels[:count]
    twin = TWINS[config](dropout=True).to(memory_format=layout).train()
    optimizer = make_optimizer(twin.parameters())

    def forward(x, target):
        with torch.autocast("cpu", torch.bfloat16, enabled="bf16" in options):
            return functional.cross_entropy(twin(x), target)

    if "compile" in options:
        forward = torch.compile(forward, dynamic=False)
    end = count - count % batch if drop_last else count
    while True:
        start, total = time.perf_counter(), torch.zeros(())
        order = torch.randperm(count) if shuffled else None
        for first in range(0, end, batch):
            if shuffled:
                chosen = order[first : first + batch]
                x, target = images.index_select(0, chosen), labels.index_select(0, chosen)
            else:
                x, target = images[first : first + batch], labels[first : first + batch]
            loss = forward(x, target)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            total += loss.detach() * len(x)
        yield total.item() / end, end, time.perf_counter() - start


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--config", choices=TRAINING, default="torch-lenet")
    options.add_argument("--mode", default="eager", help=f"{', '.join(MODES)}, joined with +")
    options.add_argument("--data", required=True, metavar="DIR", help="a folder with MNIST's four files")
    options.add_argument("--epochs", type=int, default=2)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--images", type=int, default=60_000, help="train on the first N images only")
    chosen = options.parse_args()
    if unknown := set(chosen.mode.split("+")) - set(MODES):
        options.error(f"unknown mode {', '.join(unknown)}")
    torch.set_num_threads(chosen.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(42)
    images, labels = (torch.from_numpy(array[: chosen.images]) for array in load(chosen.data, "train"))
    training = epochs(chosen.config, chosen.mode, images.float() / 255, labels)
    for epoch, (loss, count, seconds) in zip(range(1, chosen.epochs + 1), training):
        print(json.dumps({
            "event": "epoch", "epoch": epoch, "loss": loss, "seconds": seconds,
            "images_per_second": count / seconds}), flush=True)


if __name__ == "__main__":
    main()
