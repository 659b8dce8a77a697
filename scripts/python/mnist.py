"""Reads MNIST's files, gzip'ed or not."""

import gzip
from pathlib import Path

import numpy as np


def load(folder, split):
    """(images [N, 1, 28, 28] uint8, labels [N] int64) of "train" or "t10k"."""
    images = read(folder, f"{split}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return images, read(folder, f"{split}-labels-idx1-ubyte", 8).astype(np.int64)


def read(folder, name, header):
    path = Path(folder) / name
    data = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(f"{name}.gz").read_bytes())
    return np.frombuffer(data, np.uint8, offset=header).copy()
