"""Writes fixtures: small float32 safetensors files, the same bytes on every run."""

import json
from concurrent.futures import ProcessPoolExecutor
from math import gcd, prod
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from values import signs

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"
WHOLE, SAMPLES, PROJECTIONS = 8192, 2048, 8


def save(name, tensors, metadata):
    """Metadata values that are not strings are stored as JSON."""
    path = FOLDER / f"{name}.safetensors"
    FOLDER.mkdir(parents=True, exist_ok=True)
    tensors = {key: np.ascontiguousarray(value, dtype=np.float32) for key, value in tensors.items()}
    for key, value in tensors.items():
        if not np.isfinite(value).all():
            raise ValueError(f"{name}: {key} is not finite")
    texts = {
        key: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for key, value in metadata.items()}
    save_file(tensors, path, metadata=texts)
    print(f"{path.stat().st_size:9,} bytes  {path.relative_to(FOLDER.parents[1])}", flush=True)


def condense(name, tensor):
    """(tensors, every): a large tensor as samples, its norm and its projections; `every` is 0 when whole."""
    tensor = np.asarray(tensor, dtype=np.float64)
    if tensor.size <= WHOLE:
        return {name: tensor}, 0
    every = sampling_step(tensor.shape)
    flat = tensor.reshape(-1)
    return {
        f"{name}.samples": flat[::every],
        f"{name}.norm": np.array([np.linalg.norm(flat)]),
        f"{name}.projections": np.array([flat @ signs(flat.size, number) for number in range(PROJECTIONS)]),
    }, every


def sampling_step(shape):
    """The least step that leaves at most SAMPLES elements and shares no factor with any dimension, so
    that the samples visit every row and column."""
    size = prod(shape)
    step = -(-size // SAMPLES)
    while gcd(step, size) != 1:
        step += 1
    return step


def isolated(function, *arguments):
    """Calls the function in a process of its own: PyTorch and TensorFlow bring two LLVMs that can't share
    one. So a module that uses both imports them inside its functions."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
