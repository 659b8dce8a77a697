"""Draws letters as MNIST's digits look: 28x28 pixels, white on black, at most 20 pixels large."""

import numpy
from PIL import Image, ImageDraw, ImageFont

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def draw(count: int, seed: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(images [N, 28, 28], classes 0 to 25): upper and lower case, turned by up to 12 degrees, of several sizes."""
    random = numpy.random.default_rng(seed)
    classes = random.integers(0, len(ALPHABET), count).astype(numpy.uint8)
    images = numpy.stack([draw_letter(ALPHABET[each], random) for each in classes])
    return images, classes


def draw_letter(letter: str, random: numpy.random.Generator) -> numpy.ndarray:
    letter = letter if random.random() < 0.5 else letter.lower()
    canvas = Image.new("L", (96, 96))
    font = ImageFont.load_default(int(random.integers(44, 60)))
    ImageDraw.Draw(canvas).text((48, 48), letter, 255, font, "mm", stroke_width=int(random.integers(0, 3)))
    canvas = canvas.rotate(random.uniform(-12, 12), Image.Resampling.BICUBIC)
    glyph = canvas.crop(canvas.getbbox())
    glyph.thumbnail((20, 20), Image.Resampling.LANCZOS)
    image = Image.new("L", (28, 28))
    image.paste(glyph, ((28 - glyph.width) // 2, (28 - glyph.height) // 2))
    return numpy.asarray(image)
