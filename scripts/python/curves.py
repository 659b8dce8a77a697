"""curve-*.safetensors: loss curves of torch-lenet, the loss of every step of one unshuffled epoch, by PyTorch.

`curves.py` trains on learnable_images; `curves.py --mnist DIR` on MNIST's 60,000 training images.
"""

import argparse

import numpy as np
import torch
from torch.nn import functional

from fixture_values import labels, learnable_images
from fixture_writer import framework_version, save_tensors
from mnist import load
from networks import set_parameters
from pytorch_models import MODELS


def curve(images, targets, batch, make_optimizer, dtype):
    """The mean cross-entropy of each batch, before the step on it; pixels are divided by 255."""
    model = set_parameters(MODELS["torch-lenet"]()).to(dtype)
    optimizer, losses = make_optimizer(model.parameters()), []
    images, targets = torch.from_numpy(images), torch.from_numpy(targets)
    for x, target in zip(images.split(batch), targets.split(batch)):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x.to(dtype) / 255), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


def write(name, data, batch, optimizer, make_optimizer):
    exact = curve(*data, batch, make_optimizer, torch.float64)
    single = curve(*data, batch, make_optimizer, torch.float32)
    print(f"{name}: {exact[0]:.4f} to {exact[-1]:.4f}, float32 differs by at most {np.abs(exact - single).max():.1e}")
    save_tensors(f"curve-{name}", {"loss": exact, "loss.float32": single}, {
        "source": framework_version(torch), "config": "torch-lenet", "batch": batch,
        "images": len(data[0]), "optimizer": optimizer})


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mnist", metavar="DIR", help="a folder with MNIST's four files")
    folder = options.parse_args().mnist
    if folder:
        write("mnist", load(folder, "train"), 100, {"type": "sgd", "flavor": "torch", "lr": 0.01},
              lambda parameters: torch.optim.SGD(parameters, lr=0.01))
        return
    data = learnable_images(2000), labels(2000)
    write("sgd", data, 50, {"type": "sgd", "flavor": "torch", "lr": 0.2},
          lambda parameters: torch.optim.SGD(parameters, lr=0.2))
    write("momentum", data, 50, {"type": "sgd", "flavor": "torch", "lr": 0.05, "momentum": 0.9},
          lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9))
    write("adam", data, 50, {"type": "adam", "flavor": "torch", "lr": 0.001},
          lambda parameters: torch.optim.Adam(parameters, lr=0.001))


if __name__ == "__main__":
    main()
