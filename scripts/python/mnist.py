"""Reads MNIST's files, compressed or not, and writes IDX files."""

import gzip
from pathlib import Path

import numpy as np


def load(folder, split):
    """(images [N, 1, 28, 28] uint8, labels [N] int64) of "train" or "t10k"."""
    images = read_idx(folder, f"{split}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return images, read_idx(folder, f"{split}-labels-idx1-ubyte", 8).astype(np.int64)


def read_idx(folder, name, header):
    """The elements of an IDX file of bytes, whose header has `header` bytes."""
    path = Path(folder) / name
    data = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(f"{name}.gz").read_bytes())
    return np.frombuffer(data, np.uint8, offset=header).copy()


def write_idx(path, array):
    """Writes a uint8 array as an IDX file."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
