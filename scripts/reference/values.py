"""Numbers both sides can make: an exact 32-bit integer hash of (index, salt).

Tests/ConvNetTests/FixtureValues.swift computes the same, so fixtures hold no inputs and no weights.
"""

import math

import numpy as np

IMAGE, LABEL, UPSTREAM, TEMPLATE, PARAMETER, OPTIMIZER, PROJECTION = 1, 2, 3, 40, 100, 500, 1000


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


def images(count, shape):
    """Bytes of `count` images of noise."""
    return (hashes(count * math.prod(shape), IMAGE) >> np.uint32(24)).astype(np.uint8).reshape(count, *shape)


def labels(count):
    """Labels 0 ..< 10."""
    return (hashes(count, LABEL) % np.uint32(10)).astype(np.int64)


def learnable_images(count, shape=(1, 28, 28)):
    """Images of `labels(count)`: each class's own random black-and-white template under noise."""
    pixels = math.prod(shape)
    templates = np.stack([hashes(pixels, TEMPLATE + label) >> np.uint32(31) for label in range(10)])
    noise = hashes(count * pixels, IMAGE).reshape(count, pixels) >> np.uint32(24)
    blended = (255 * templates[labels(count)] + 3 * noise) >> np.uint32(2)
    return blended.astype(np.uint8).reshape(count, *shape)


def signs(count, number):
    """+1 or -1, the directions of the number-th projection."""
    return np.where(values((count,), PROJECTION + number) >= 0, 1.0, -1.0)
