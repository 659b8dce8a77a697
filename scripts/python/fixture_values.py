"""Inputs and weights of the fixtures: pseudo-random numbers from an exact 32-bit integer hash of (index, salt).

Tests/CNNEngineTests/FixtureValues.swift computes the same, so that fixtures need to hold neither inputs nor weights.
"""

import math

import numpy as np

# The salt of each purpose; the number of a class, parameter, step or projection is added to the last four.
IMAGE, LABEL, UPSTREAM, INPUT, TEMPLATE, PARAMETER, OPTIMIZER, PROJECTION = 1, 2, 3, 4, 40, 100, 500, 1000


def hashes(count, salt, start=0):
    """uint32 hashes of the indices start ..< start + count."""
    h = np.arange(start, start + count, dtype=np.uint32)
    h = h * np.uint32(2654435761) + np.uint32(salt * 2246822519 % 2**32)
    h ^= h >> np.uint32(15)
    h = h * np.uint32(2246822519)
    h ^= h >> np.uint32(13)
    h = h * np.uint32(3266489917)
    return h ^ (h >> np.uint32(16))


def values(shape, salt):
    """float32 values in [-1, 1), each a multiple of 2^-23, in row-major order."""
    bits = (hashes(math.prod(shape), salt) >> np.uint32(8)).astype(np.float32)
    return (bits / np.float32(2**23) - np.float32(1)).reshape(shape)


def parameter(number, shape, fan_in):
    """The number-th parameter of a network: values times float32(1 / sqrt(fan_in))."""
    return values(shape, PARAMETER + number) * np.float32(1 / math.sqrt(fan_in))


def graph_parameters(shapes):
    """The parameters of a graph, by their (name, shape) in order: the number-th parameter, with a bias of the fan-in of the
    weight before it. A norm's weight is 0.5 + values, so that a quarter of them are negative; the fan-in of its bias is 4."""
    result, fan_in = {}, 1
    for number, (name, shape) in enumerate(shapes):
        is_weight = name.endswith(".weight")
        if is_weight:
            fan_in = math.prod(shape[1:]) if len(shape) > 1 else 4
        if is_weight and len(shape) == 1:
            result[name] = values(shape, PARAMETER + number) + np.float32(0.5)
        else:
            result[name] = parameter(number, shape, fan_in)
    return result


def images(count, shape):
    """Pixels of `count` images of noise, as bytes."""
    return (hashes(count * math.prod(shape), IMAGE) >> np.uint32(24)).astype(np.uint8).reshape(count, *shape)


def labels(count):
    """Labels 0 ..< 10."""
    return (hashes(count, LABEL) % np.uint32(10)).astype(np.int64)


def learnable_images(count):
    """28x28 images of `labels(count)`: the mean of noise and the class's template of 7x7 black or white cells."""
    rows = np.arange(28) // 4
    cells = (rows[:, None] * 7 + rows).reshape(-1)
    templates = np.stack([(hashes(49, TEMPLATE + label) >> np.uint32(31))[cells] for label in range(10)])
    noise = hashes(count * 784, IMAGE).reshape(count, 784) >> np.uint32(24)
    blended = (255 * templates[labels(count)] + noise) >> np.uint32(1)
    return blended.astype(np.uint8).reshape(count, 1, 28, 28)


def optimizer_vector(step):
    """The 64 initial parameters (step 0: values / 16), or the gradient of a step: values times 2^-(index mod 16), so that
    small gradients show where an optimizer adds its epsilon."""
    scale = 2.0 ** -(np.arange(64) % 16) if step else np.full(64, 1 / 16)
    return values((64,), OPTIMIZER + step) * scale.astype(np.float32)


def signs(count, number):
    """The number-th direction of projection: elements of +1 or -1."""
    return np.where(values((count,), PROJECTION + number) >= 0, 1.0, -1.0)
