"""Writer of Tests/Fixtures: small float32 safetensors files, the same bytes on every run."""

import json
from concurrent.futures import ProcessPoolExecutor
from math import gcd, prod
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from fixture_values import signs

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"
# Tensors of more elements are summarized, so that the repository stays small.
MAX_ELEMENTS, MAX_SAMPLES, PROJECTIONS = 8192, 2048, 8


def save_tensors(name, tensors, metadata):
    """Writes FOLDER/name.safetensors. Metadata values that are not strings are stored as JSON."""
    header = {"__metadata__": {
        key: value if isinstance(value, str) else compact(value) for key, value in metadata.items()}}
    data = b""
    for key, value in tensors.items():
        value = np.ascontiguousarray(value, dtype="<f4")
        if not np.isfinite(value).all():
            raise ValueError(f"{name}: {key} is not finite")
        begin, data = len(data), data + value.tobytes()
        header[key] = {"dtype": "F32", "shape": value.shape, "data_offsets": [begin, len(data)]}
    text = compact(header).encode()
    text += b" " * (-len(text) % 8)
    write_file(f"{name}.safetensors", len(text).to_bytes(8, "little") + text + data)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def write_file(name, contents):
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / name
    path.write_bytes(contents)
    print(f"{len(contents):9,} bytes  {path.relative_to(FOLDER.parents[1])}", flush=True)


def framework_version(framework):
    """The name and version of a framework's module, without its build tag (torch 2.15.0+cpu)."""
    return f"{framework.__name__} {framework.__version__.split('+')[0]}"


def summarize(name, tensor, max_elements=MAX_ELEMENTS, max_samples=MAX_SAMPLES):
    """(tensors, every): the tensor itself and 0 if it is small; otherwise every `every`-th element of it, its norm and its
    projections on random directions."""
    tensor = np.asarray(tensor, dtype=np.float64)
    if tensor.size <= max_elements:
        return {name: tensor}, 0
    every = sampling_step(tensor.shape, max_samples)
    flat = tensor.reshape(-1)
    return {
        f"{name}.samples": flat[::every],
        f"{name}.norm": np.array([np.linalg.norm(flat)]),
        f"{name}.projections": np.array([flat @ signs(flat.size, number) for number in range(PROJECTIONS)]),
    }, every


def sampling_step(shape, max_samples):
    """The least step that leaves at most `max_samples` elements and shares no factor with any dimension, so that there are
    samples from every row and column."""
    size = prod(shape)
    step = -(-size // max_samples)
    while gcd(step, size) != 1:
        step += 1
    return step


def call_in_subprocess(function, *arguments):
    """Calls the function in a process of its own, because PyTorch and TensorFlow bring two LLVMs that cannot be loaded into
    the same process. A module that uses both imports them inside its functions."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
