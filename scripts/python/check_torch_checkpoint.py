"""Checks that checkpoints are exchanged with PyTorch; see scripts/check-torch-checkpoint."""

import json
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from cnn_command import run_cnn
from mnist import write_idx
from pytorch_models import MODELS, input_shape

TOLERANCE = 1e-4
COUNT = 300


def main():
    program, *names = sys.argv[1:]
    torch.manual_seed(1)
    for name in names or MODELS:
        with tempfile.TemporaryDirectory() as folder:
            largest = Check(Path(program).resolve(), name, Path(folder)).run()
        print(f"{name}: logits within {largest:.1e}, weights bitwise equal in both directions")


class Check:
    """The check of one config, on images of noise in `folder`."""

    def __init__(self, program, name, folder):
        self.program, self.name, self.folder = program, name, folder
        random = numpy.random.default_rng(1)
        for part in ("train", "t10k"):
            images = random.integers(0, 256, (COUNT, *input_shape(name)), dtype=numpy.uint8)
            labels = (numpy.arange(COUNT) % 10).astype(numpy.uint8)
            # IDX files of images with one channel have no channel axis.
            write_idx(folder / f"{part}-images-idx{4 if images.shape[1] > 1 else 3}-ubyte",
                      images if images.shape[1] > 1 else images[:, 0])
            write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
        self.images, self.labels = images, torch.tensor(labels, dtype=torch.long)
        self.image_file = next(folder.glob("t10k-images*"))
        self.config_file = folder / "trained" / "config.json"

    def run(self):
        trained, exported, retrained = (self.folder / part for part in ("trained", "pytorch.safetensors", "retrained"))
        self.train(trained)
        model = MODELS[self.name]()
        model.load_state_dict(load_file(trained / "model.ckpt"))
        largest = self.compare(model, trained)

        model = MODELS[self.name]()
        save_file(model.state_dict(), exported)
        largest = max(largest, self.compare(model, exported, "--config", self.config_file))
        self.evaluate(model, exported)
        self.train(retrained, "--init", exported, "--lr", "0")
        for tensor, values in load_file(retrained / "model.ckpt").items():
            assert torch.equal(values, model.state_dict()[tensor]), f"{self.name}: {tensor} has changed"
        return largest

    def train(self, output, *options):
        self.cnn("train", "--config", self.name, "--data", self.folder, "--output", output, "--epochs", "1",
                 "--set", "data.resplit=null", "--quiet", *options)

    def compare(self, model, checkpoint, *options):
        """The largest difference of a logit, relative to logits larger than 1; it must be within the tolerance."""
        predictions = json.loads(self.cnn("predict", checkpoint, self.image_file, "--json", *options))
        found = torch.tensor([prediction["logits"] for prediction in predictions])
        expected = self.logits(model)
        if self.config()["model"]["layers"][-1]["type"] == "log_softmax":
            expected = functional.log_softmax(expected, dim=1)
        difference = ((found - expected).abs() / expected.abs().clamp(min=1)).max().item()
        assert difference < TOLERANCE, f"{self.name}: logits differ by {difference}"
        return difference

    def evaluate(self, model, weights):
        metrics = json.loads(
            self.cnn("eval", weights, "--config", self.config_file, "--data", self.folder, "--json"))
        logits = self.logits(model)
        accuracy = (logits.argmax(dim=1) == self.labels).float().mean().item()
        assert metrics["count"] == COUNT and abs(metrics["accuracy"] - accuracy) < 1e-6, metrics
        if self.name != "mlp-regularized":  # whose loss includes the regularizers'
            loss = functional.cross_entropy(logits, self.labels).item()
            assert abs(metrics["loss"] - loss) < TOLERANCE, f"{self.name}: loss {metrics['loss']} instead of {loss}"

    def logits(self, model):
        normalize = self.config()["data"]["normalize"]
        mean, std = (torch.tensor(normalize[key]).reshape(-1, 1, 1) for key in ("mean", "std"))
        with torch.no_grad():
            return model.eval()((torch.tensor(self.images) / normalize["scale"] - mean) / std)

    def config(self):
        """The run's config, which holds every default."""
        return json.loads(self.config_file.read_text())

    def cnn(self, *arguments):
        return run_cnn(self.program, self.folder, *arguments)


if __name__ == "__main__":
    main()
