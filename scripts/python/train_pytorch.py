"""Trains and evaluates the network of a config as a PyTorch model on MNIST as fast as PyTorch can.

Prints JSON lines: the epochs as `cnn train --json` does, the first step and each evaluation. The whole data set is in memory
as normalized floats; a batch is one index_select, or a view when not shuffled. With --predict it only loads the weights and
prints the prediction for the first test image.
"""

import time

import torch
from torch.nn import functional

from benchmark_common import TRAINING, argument_parser, report
from mnist import load
from pytorch_models import MODELS

OPTIMIZERS = {
    "torch-lenet": lambda p: torch.optim.SGD(p, lr=0.01, fused=True),
    "keras-lenet": lambda p: torch.optim.Adam(p, eps=1e-7, fused=True),
    "simple-convnet": lambda p: torch.optim.Adam(p, fused=True),
    "tf-convnet": lambda p: torch.optim.RMSprop(p, lr=0.001, alpha=0.9, eps=1e-10, foreach=True),
}
MODES = ["eager", "channels_last", "compile", "bf16"]


class Benchmark:
    """A model in one of the modes; `mode` joins MODES with +."""

    def __init__(self, config, mode):
        self.config, flags = config, mode.split("+")
        self.layout = torch.channels_last if "channels_last" in flags else torch.contiguous_format
        self.bf16 = "bf16" in flags
        self.model = MODELS[config](dropout=True).to(memory_format=self.layout)
        self.loss, self.logits = self._loss, self._logits
        if "compile" in flags:
            self.loss = torch.compile(self._loss, dynamic=False)
            self.logits = torch.compile(self._logits, dynamic=False)

    def _logits(self, x):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.model(x)

    def _loss(self, x, target):
        return functional.cross_entropy(self._logits(x), target)

    def epochs(self, images, labels):
        """Trains epoch after epoch; yields (mean loss, images, seconds) after each."""
        count, batch, shuffled, drop_last = TRAINING[self.config]
        count = min(count, len(images))
        images, labels = images[:count].contiguous(memory_format=self.layout), labels[:count]
        optimizer = OPTIMIZERS[self.config](self.model.parameters())
        end = count - count % batch if drop_last else count
        is_first = True
        while True:
            self.model.train()
            start, total = time.perf_counter(), torch.zeros(())
            order = torch.randperm(count) if shuffled else None
            for first in range(0, end, batch):
                if shuffled:
                    indices = order[first : first + batch]
                    x, target = images.index_select(0, indices), labels.index_select(0, indices)
                else:
                    x, target = images[first : first + batch], labels[first : first + batch]
                loss = self.loss(x, target)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                total += loss.detach() * len(x)
                if is_first:
                    report(event="first_step")
                    is_first = False
            yield total.item() / end, end, time.perf_counter() - start

    @torch.inference_mode()
    def evaluate(self, images, labels, batch=1000):
        """(accuracy, seconds) on all images."""
        self.model.eval()
        images = images.contiguous(memory_format=self.layout)
        start, correct = time.perf_counter(), 0
        for first in range(0, len(images), batch):
            predictions = self.logits(images[first : first + batch]).argmax(1)
            correct += (predictions == labels[first : first + batch]).sum()
        return correct.item() / len(images), time.perf_counter() - start


def predict(config, weights, data):
    """Prints the prediction for the first test image."""
    model = MODELS[config](dropout=True).eval()
    model.load_state_dict(torch.load(weights, weights_only=True))
    images, _ = load(data, "t10k")
    with torch.inference_mode():
        print(model(torch.from_numpy(images[:1]).float() / 255).argmax().item())


def main():
    parser = argument_parser(__doc__, "torch-lenet", default="eager", help=f"{', '.join(MODES)}, joined with +")
    options = parser.parse_args()
    if unknown := set(options.mode.split("+")) - set(MODES):
        parser.error(f"unknown mode {', '.join(unknown)}")
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(42)
    if options.predict:
        return predict(options.config, options.predict, options.data)
    images, labels = (torch.from_numpy(array[: options.images]) for array in load(options.data, "train"))
    benchmark = Benchmark(options.config, options.mode)
    training = benchmark.epochs(images.float() / 255, labels)
    for epoch, (loss, count, seconds) in zip(range(1, options.epochs + 1), training):
        report(event="epoch", epoch=epoch, loss=loss, seconds=seconds, images_per_second=count / seconds)
    images, labels = (torch.from_numpy(array) for array in load(options.data, "t10k"))
    # The first evaluation is the warm-up.
    for turn in range(options.evaluations + 1 if options.evaluations else 0):
        accuracy, seconds = benchmark.evaluate(images.float() / 255, labels)
        if turn:
            report(event="evaluation", accuracy=accuracy, seconds=seconds)
    if options.save:
        torch.save(benchmark.model.state_dict(), options.save)


if __name__ == "__main__":
    main()
