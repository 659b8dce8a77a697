"""Writes synthetic photos of handwritten digits, from digits of the MNIST test set; see scripts/make-photos."""

import argparse
import io
import os
from pathlib import Path
from typing import Callable

import numpy as np
from PIL import Image, ImageFilter

import mnist

Picture = np.ndarray  # [H, W] or [H, W, 3], 0 to 1
Random = np.random.Generator


def blur(mask: np.ndarray, radius: float) -> np.ndarray:
    image = Image.fromarray(np.uint8(np.clip(mask, 0, 1) * 255))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(float(radius))), float) / 255


def strokes(digit: np.ndarray, height: int) -> np.ndarray:
    """Coverage mask of smooth strokes, 0 to 1: an MNIST digit (28x28 bytes) enlarged to `height` pixels."""
    rows, columns = np.nonzero(digit > 20)
    cut = digit[rows.min():rows.max() + 1, columns.min():columns.max() + 1]
    padded = np.pad(cut, 2)
    scale = height / cut.shape[0]
    size = (max(1, round(padded.shape[1] * scale)), max(1, round(padded.shape[0] * scale)))
    large = np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC), float) / 255
    smooth = blur(large, 0.35 * scale)
    sharpness = max(2.0, scale / 2)
    return np.clip((smooth - 0.42) * sharpness + 0.5, 0, 1)


def rotate(mask: np.ndarray, degrees: float) -> np.ndarray:
    image = Image.fromarray(np.uint8(mask * 255))
    return np.asarray(image.rotate(degrees, Image.Resampling.BICUBIC, expand=True), float) / 255


def place_randomly(mask: np.ndarray, height: int, width: int, random: Random) -> np.ndarray:
    """The mask at a random position of an empty sheet, not touching its edges."""
    sheet = np.zeros((height, width))
    top = random.integers(2, height - mask.shape[0] - 1)
    left = random.integers(2, width - mask.shape[1] - 1)
    sheet[top:top + mask.shape[0], left:left + mask.shape[1]] = mask
    return sheet


def random_sheet(digit: np.ndarray, random: Random, degrees: float = 0) -> np.ndarray:
    """Coverage mask of a digit on a sheet of random size, of 25 to 65 % of the shorter side."""
    height, width = int(random.integers(200, 900)), int(random.integers(200, 900))
    limit = min(height, width)
    mask = strokes(digit, int(limit * random.uniform(0.25, 0.65)))
    mask = rotate(mask, degrees) if degrees else mask
    room = min((height - 6) / mask.shape[0], (width - 6) / mask.shape[1], 1)
    if room < 1:
        size = (int(mask.shape[1] * room), int(mask.shape[0] * room))
        mask = np.asarray(Image.fromarray(np.uint8(mask * 255)).resize(size), float) / 255
    return place_randomly(mask, height, width, random)


def composite(mask: np.ndarray, paper: Picture | float, ink: Picture | float) -> Picture:
    """Ink on paper through a coverage mask; each is a brightness, an RGB colour or a picture."""
    if np.ndim(paper) == 1 or np.ndim(ink) == 1 or np.ndim(paper) == 3:
        mask = mask[:, :, None]
    return paper + (np.asarray(ink) - paper) * mask


def dark_level(random: Random) -> float:
    return random.uniform(0.0, 0.35)


def light_level(random: Random) -> float:
    return random.uniform(0.75, 1.0)


def add_noise(picture: Picture, amount: float, random: Random) -> Picture:
    return picture + random.normal(0, amount, picture.shape)


def ruled_lines(shape: tuple[int, int], random: Random, is_grid: bool) -> np.ndarray:
    """Coverage mask of printed lines on a slightly rotated sheet, horizontal or a grid."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    lean = np.tan(np.radians(random.uniform(-4, 4)))
    distance = min(shape) * (random.uniform(0.06, 0.12) if is_grid else random.uniform(0.12, 0.25))
    thickness = max(1.0, min(shape) / random.uniform(200, 320))
    phase = random.uniform(0, distance, 2)

    def lines(across: np.ndarray) -> np.ndarray:
        off = np.abs((across + distance / 2) % distance - distance / 2)
        return np.clip(thickness / 2 + 0.5 - off, 0, 1)

    level = lines(y - lean * x + phase[0])
    return np.maximum(level, lines(x + lean * y + phase[1])) if is_grid else level


def light_falloff(shape: tuple[int, int], random: Random, strength: float) -> np.ndarray:
    """Brightness factors of a light that falls off from a point."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    cy, cx = random.uniform(-0.2, 1.2) * height, random.uniform(-0.2, 1.2) * width
    distance = ((y - cy) ** 2 + (x - cx) ** 2) / (height ** 2 + width ** 2)
    return 1 - strength * distance / distance.max()


def shadow(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Brightness factors of a shadow over a half-plane, with an edge of random softness."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    angle = random.uniform(0, 2 * np.pi)
    side = (x - width * random.uniform(0.3, 0.7)) * np.cos(angle) + (y - height * random.uniform(0.3, 0.7)) * np.sin(angle)
    softness = min(shape) * random.uniform(0.01, 0.15)
    return 1 - random.uniform(0.25, 0.5) / (1 + np.exp(np.clip(-side / softness, -50, 50)))


INKS = {"blue": (0.1, 0.2, 0.65), "red": (0.8, 0.1, 0.15), "green": (0.05, 0.45, 0.2), "violet": (0.4, 0.1, 0.5), "pencil": (0.45, 0.45, 0.47)}


def ink_colour(random: Random) -> np.ndarray:
    return np.array(list(INKS.values())[random.integers(len(INKS))])


# The kinds of photos: functions from a digit to a picture.


def plain(digit: np.ndarray, random: Random) -> Picture:
    return composite(random_sheet(digit, random), light_level(random), dark_level(random))


def inverted(digit: np.ndarray, random: Random) -> Picture:
    return composite(random_sheet(digit, random), dark_level(random), light_level(random))


def rotated(digit: np.ndarray, random: Random) -> Picture:
    return composite(random_sheet(digit, random, random.uniform(-15, 15)), light_level(random), dark_level(random))


def blurred(digit: np.ndarray, random: Random) -> Picture:
    sheet = random_sheet(digit, random)
    rows = np.nonzero(sheet.any(1))[0]
    return composite(blur(sheet, np.ptp(rows) * random.uniform(0.02, 0.045)), light_level(random), dark_level(random))


def lined_paper(digit: np.ndarray, random: Random) -> Picture:
    sheet = random_sheet(digit, random)
    paper = light_level(random) - ruled_lines(sheet.shape, random, False) * random.uniform(0.15, 0.4)
    return composite(sheet, paper, dark_level(random))


def grid_paper(digit: np.ndarray, random: Random) -> Picture:
    sheet = random_sheet(digit, random)
    paper = light_level(random) - ruled_lines(sheet.shape, random, True) * random.uniform(0.15, 0.4)
    return composite(sheet, paper, dark_level(random))


def uneven_light(digit: np.ndarray, random: Random) -> Picture:
    sheet = random_sheet(digit, random)
    return composite(sheet, light_level(random), dark_level(random)) * light_falloff(sheet.shape, random, random.uniform(0.4, 0.75))


def shadowed(digit: np.ndarray, random: Random) -> Picture:
    sheet = random_sheet(digit, random)
    return composite(sheet, light_level(random), dark_level(random)) * shadow(sheet.shape, random)


def coloured_ink(digit: np.ndarray, random: Random) -> Picture:
    paper = np.array([1, 1, 1]) - random.uniform(0, 0.3, 3) * random.integers(0, 2)
    return composite(random_sheet(digit, random), paper, ink_colour(random))


def noisy(digit: np.ndarray, random: Random) -> Picture:
    return add_noise(composite(random_sheet(digit, random), light_level(random), dark_level(random)), random.uniform(0.05, 0.15), random)


def thin_pen(digit: np.ndarray, random: Random) -> Picture:
    """Strokes of a thin pen, by eroding the mask."""
    sheet = random_sheet(digit, random)
    rows = np.nonzero(sheet.any(1))[0]
    soft = blur(sheet, np.ptp(rows) * 0.03)
    return composite(np.clip((soft - 0.62) * 8, 0, 1), light_level(random), dark_level(random))


def low_resolution(digit: np.ndarray, random: Random) -> Picture:
    size = int(random.integers(36, 72))
    mask = strokes(digit, int(size * random.uniform(0.45, 0.6)))
    return composite(place_randomly(mask, size, max(size, mask.shape[1] + 6), random), light_level(random), dark_level(random))


def tightly_cropped(digit: np.ndarray, random: Random) -> Picture:
    """A margin of 1 to 3 pixels around the digit."""
    mask = strokes(digit, int(random.integers(60, 500)))
    rows, columns = np.nonzero(mask.max(1) > 0.1)[0], np.nonzero(mask.max(0) > 0.1)[0]
    return composite(np.pad(mask[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1], int(random.integers(1, 4))), light_level(random), dark_level(random))


def black_on_white_28x28(digit: np.ndarray, random: Random) -> Picture:
    """MNIST's own pixels, but black on white."""
    return 1 - digit / 255


def specks_and_finger(digit: np.ndarray, random: Random) -> Picture:
    """Specks of dirt on the paper, and a finger that reaches in from the lower edge."""
    sheet = random_sheet(digit, random)
    y, x = np.mgrid[:sheet.shape[0], :sheet.shape[1]]
    dirt = np.zeros_like(sheet)
    for _ in range(random.integers(3, 12)):
        radius = min(sheet.shape) * random.uniform(0.003, 0.008)
        dirt = np.maximum(dirt, (y - random.uniform(0, sheet.shape[0])) ** 2 + (x - random.uniform(0, sheet.shape[1])) ** 2 < radius ** 2)
    finger = (x - random.uniform(0, sheet.shape[1])) ** 2 + (y - sheet.shape[0] * 1.06) ** 2 < (0.1 * min(sheet.shape)) ** 2
    clear = blur(sheet, min(sheet.shape) * 0.01) < 0.02
    return composite(np.maximum(sheet, (dirt + finger > 0) * clear), light_level(random), dark_level(random))


def phone_photo(digit: np.ndarray, random: Random) -> Picture:
    """All of it together, as in a phone's photo: lined or grid paper, coloured ink, uneven light, a shadow, noise."""
    sheet = random_sheet(digit, random, random.uniform(-8, 8))
    lines = ruled_lines(sheet.shape, random, bool(random.integers(2)))[:, :, None] * random.uniform(0.1, 0.3)
    paper = np.array([0.98, 0.96, 0.9]) * random.uniform(0.8, 1) - lines * np.array([1, 0.7, 0.3])
    picture = composite(blur(sheet, 0.8), paper, ink_colour(random))
    lighting = light_falloff(sheet.shape, random, random.uniform(0.1, 0.5)) * shadow(sheet.shape, random)
    return add_noise(picture * lighting[:, :, None], random.uniform(0.01, 0.04), random)


KINDS: dict[str, Callable[[np.ndarray, Random], Picture]] = {
    kind.__name__: kind
    for kind in [
        plain, inverted, rotated, blurred, lined_paper, grid_paper, uneven_light, shadowed, coloured_ink, noisy, thin_pen,
        low_resolution, tightly_cropped, black_on_white_28x28, specks_and_finger, phone_photo,
    ]
}  # fmt: skip
# Kinds of files: another kind's picture, encoded in a special way.
FILE_KINDS = {
    "compressed": phone_photo, "exif_orientation": phone_photo, "transparent": plain, "palette": coloured_ink,
    "16_bit": uneven_light,
}  # fmt: skip


def encode(kind: str, picture: Picture, random: Random) -> tuple[str, bytes]:
    """(file extension, contents) of the picture: mostly PNG or JPEG at random."""
    image = Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255 + 0.5))
    options: dict = {"format": "PNG"}
    if kind == "compressed":
        options = {"format": "JPEG", "quality": int(random.integers(15, 40)), "progressive": bool(random.integers(2))}
    elif kind == "exif_orientation":
        orientation = int(random.integers(2, 9))
        # A reader transforms the pixels as the orientation says; these are stored by the inverse.
        inverse = {
            2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
        }
        image = image.transpose(inverse[orientation])
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"format": "JPEG", "quality": 85, "exif": exif}
    elif kind == "transparent":
        ink = image.convert("L").point(lambda value: 255 - value)
        image = Image.merge("LA", (Image.new("L", image.size, 30), ink))
    elif kind == "palette":
        image = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
    elif kind == "16_bit":
        image = Image.fromarray(np.uint16(np.clip(picture, 0, 1) * 65535 + 0.5))
    elif random.integers(2) and kind != "black_on_white_28x28":
        options = {"format": "JPEG", "quality": 90}
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return ("jpg" if options["format"] == "JPEG" else "png"), buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=25, help="pictures of each kind (default: 25)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    digits, labels = mnist.load(os.environ.get("CNN_DATA_DIR", "data/mnist"), "t10k")
    kinds = KINDS | FILE_KINDS
    for kind_number, (kind, make) in enumerate(kinds.items()):
        folder = options.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng([options.seed, kind_number])
        for number, index in enumerate(random.choice(len(digits), options.count, replace=False)):
            extension, contents = encode(kind, make(digits[index][0], random), random)
            (folder / f"{number:03}-{labels[index]}.{extension}").write_bytes(contents)
    print(f"{options.folder}: {options.count} pictures of each of {len(kinds)} kinds")


if __name__ == "__main__":
    main()
