"""Writes images and labels in the formats in which data sets are distributed."""

import gzip
from pathlib import Path

import numpy

import mnist


def write_idx_pair(folder: Path, prefix: str, pixels: numpy.ndarray, labels: numpy.ndarray) -> None:
    """`<prefix>-images-idx3-ubyte` and `<prefix>-labels-idx1-ubyte`."""
    mnist.write_idx(folder / f"{prefix}-images-idx3-ubyte", pixels)
    mnist.write_idx(folder / f"{prefix}-labels-idx1-ubyte", labels.astype(numpy.uint8))


def idx_bytes(array: numpy.ndarray, code: int) -> bytes:
    """An array in big-endian order as IDX; `code` is the type of its elements."""
    return bytes([0, 0, code, array.ndim]) + numpy.array(array.shape, ">u4").tobytes() + array.tobytes()


def write_gzip_idx(path: Path, array: numpy.ndarray) -> None:
    """Bytes as a compressed IDX file."""
    path.write_bytes(gzip.compress(idx_bytes(array.astype(numpy.uint8), 0x08), 1, mtime=0))


def write_idx_int32(path: Path, array: numpy.ndarray) -> None:
    """Integers of 32 bits as a compressed IDX file."""
    path.write_bytes(gzip.compress(idx_bytes(array.astype(">i4"), 0x0C), 1, mtime=0))


def write_csv(path: Path, pixels: numpy.ndarray, labels: numpy.ndarray | None = None, header: bool = False) -> None:
    """One row for each image, the label first; Kaggle's header is `label,pixel0,pixel1,…`."""
    rows = pixels.reshape(len(pixels), -1)
    names = [f"pixel{i}" for i in range(rows.shape[1])]
    if labels is not None:
        rows, names = numpy.column_stack([labels, rows]), ["label", *names]
    numpy.savetxt(path, rows, "%d", ",", header=",".join(names) if header else "", comments="")
