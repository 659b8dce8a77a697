"""Pictures of digits of the MNIST test set as people take them; see scripts/make-photos."""

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
    """How much of each pixel a smooth pen covers: an MNIST digit (28x28 bytes) enlarged to `height` pixels."""
    rows, columns = np.nonzero(digit > 20)
    cut = digit[rows.min():rows.max() + 1, columns.min():columns.max() + 1]
    padded = np.pad(cut, 2)
    scale = height / cut.shape[0]
    size = (max(1, round(padded.shape[1] * scale)), max(1, round(padded.shape[0] * scale)))
    large = np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC), float) / 255
    smooth = blur(large, 0.35 * scale)
    sharpness = max(2.0, scale / 2)
    return np.clip((smooth - 0.42) * sharpness + 0.5, 0, 1)


def turned(mask: np.ndarray, degrees: float) -> np.ndarray:
    image = Image.fromarray(np.uint8(mask * 255))
    return np.asarray(image.rotate(degrees, Image.Resampling.BICUBIC, expand=True), float) / 255


def placed(mask: np.ndarray, height: int, width: int, random: Random) -> np.ndarray:
    """The mask somewhere on an empty sheet, not at its edge."""
    sheet = np.zeros((height, width))
    top = random.integers(2, height - mask.shape[0] - 1)
    left = random.integers(2, width - mask.shape[1] - 1)
    sheet[top:top + mask.shape[0], left:left + mask.shape[1]] = mask
    return sheet


def sheet_of(digit: np.ndarray, random: Random, degrees: float = 0) -> np.ndarray:
    """A digit on a sheet of a random size: 25 to 80 % of its height."""
    height, width = int(random.integers(200, 900)), int(random.integers(200, 900))
    limit = min(height, width)
    mask = strokes(digit, int(limit * random.uniform(0.25, 0.65)))
    mask = turned(mask, degrees) if degrees else mask
    room = min((height - 6) / mask.shape[0], (width - 6) / mask.shape[1], 1)
    if room < 1:
        size = (int(mask.shape[1] * room), int(mask.shape[0] * room))
        mask = np.asarray(Image.fromarray(np.uint8(mask * 255)).resize(size), float) / 255
    return placed(mask, height, width, random)


def inked(mask: np.ndarray, paper: Picture | float, ink: Picture | float) -> Picture:
    """Ink on paper, each a brightness, a picture or a colour of three numbers."""
    if np.ndim(paper) == 1 or np.ndim(ink) == 1 or np.ndim(paper) == 3:
        mask = mask[:, :, None]
    return paper + (np.asarray(ink) - paper) * mask


def dark(random: Random) -> float:
    return random.uniform(0.0, 0.35)


def light(random: Random) -> float:
    return random.uniform(0.75, 1.0)


def noisy(picture: Picture, amount: float, random: Random) -> Picture:
    return picture + random.normal(0, amount, picture.shape)


def ruled(shape: tuple[int, int], random: Random, squared: bool) -> np.ndarray:
    """How dark printed lines make each pixel of a sheet, 0 to 1; the sheet lies a little askew."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    lean = np.tan(np.radians(random.uniform(-4, 4)))
    distance = min(shape) * (random.uniform(0.06, 0.12) if squared else random.uniform(0.12, 0.25))
    thickness = max(1.0, min(shape) / random.uniform(200, 320))
    phase = random.uniform(0, distance, 2)

    def lines(across: np.ndarray) -> np.ndarray:
        off = np.abs((across + distance / 2) % distance - distance / 2)
        return np.clip(thickness / 2 + 0.5 - off, 0, 1)

    level = lines(y - lean * x + phase[0])
    return np.maximum(level, lines(x + lean * y + phase[1])) if squared else level


def lamp(shape: tuple[int, int], random: Random, strength: float) -> np.ndarray:
    """Light that falls off from a point."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    cy, cx = random.uniform(-0.2, 1.2) * height, random.uniform(-0.2, 1.2) * width
    off = ((y - cy) ** 2 + (x - cx) ** 2) / (height ** 2 + width ** 2)
    return 1 - strength * off / off.max()


def shadow(shape: tuple[int, int], random: Random) -> np.ndarray:
    """A half-plane in the shade, its edge more or less soft."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    angle = random.uniform(0, 2 * np.pi)
    side = (x - width * random.uniform(0.3, 0.7)) * np.cos(angle) + (y - height * random.uniform(0.3, 0.7)) * np.sin(angle)
    softness = min(shape) * random.uniform(0.01, 0.15)
    return 1 - random.uniform(0.25, 0.5) / (1 + np.exp(np.clip(-side / softness, -50, 50)))


INKS = {"blue": (0.1, 0.2, 0.65), "red": (0.8, 0.1, 0.15), "green": (0.05, 0.45, 0.2), "violet": (0.4, 0.1, 0.5), "pencil": (0.45, 0.45, 0.47)}


def colour_of(random: Random) -> np.ndarray:
    return np.array(list(INKS.values())[random.integers(len(INKS))])


# Each kind makes a picture of a digit.


def plain(digit: np.ndarray, random: Random) -> Picture:
    return inked(sheet_of(digit, random), light(random), dark(random))


def inverted(digit: np.ndarray, random: Random) -> Picture:
    return inked(sheet_of(digit, random), dark(random), light(random))


def rotated(digit: np.ndarray, random: Random) -> Picture:
    return inked(sheet_of(digit, random, random.uniform(-15, 15)), light(random), dark(random))


def blurred(digit: np.ndarray, random: Random) -> Picture:
    sheet = sheet_of(digit, random)
    rows = np.nonzero(sheet.any(1))[0]
    return inked(blur(sheet, np.ptp(rows) * random.uniform(0.02, 0.045)), light(random), dark(random))


def lined(digit: np.ndarray, random: Random) -> Picture:
    sheet = sheet_of(digit, random)
    paper = light(random) - ruled(sheet.shape, random, False) * random.uniform(0.15, 0.4)
    return inked(sheet, paper, dark(random))


def squared(digit: np.ndarray, random: Random) -> Picture:
    sheet = sheet_of(digit, random)
    paper = light(random) - ruled(sheet.shape, random, True) * random.uniform(0.15, 0.4)
    return inked(sheet, paper, dark(random))


def uneven(digit: np.ndarray, random: Random) -> Picture:
    sheet = sheet_of(digit, random)
    return inked(sheet, light(random), dark(random)) * lamp(sheet.shape, random, random.uniform(0.4, 0.75))


def shaded(digit: np.ndarray, random: Random) -> Picture:
    sheet = sheet_of(digit, random)
    return inked(sheet, light(random), dark(random)) * shadow(sheet.shape, random)


def coloured(digit: np.ndarray, random: Random) -> Picture:
    paper = np.array([1, 1, 1]) - random.uniform(0, 0.3, 3) * random.integers(0, 2)
    return inked(sheet_of(digit, random), paper, colour_of(random))


def grainy(digit: np.ndarray, random: Random) -> Picture:
    return noisy(inked(sheet_of(digit, random), light(random), dark(random)), random.uniform(0.05, 0.15), random)


def thin(digit: np.ndarray, random: Random) -> Picture:
    """A thin pen: the outline of the strokes is eaten away."""
    sheet = sheet_of(digit, random)
    rows = np.nonzero(sheet.any(1))[0]
    soft = blur(sheet, np.ptp(rows) * 0.03)
    return inked(np.clip((soft - 0.62) * 8, 0, 1), light(random), dark(random))


def small(digit: np.ndarray, random: Random) -> Picture:
    size = int(random.integers(36, 72))
    mask = strokes(digit, int(size * random.uniform(0.45, 0.6)))
    return inked(placed(mask, size, max(size, mask.shape[1] + 6), random), light(random), dark(random))


def tight(digit: np.ndarray, random: Random) -> Picture:
    """Cut out so close that the digit all but touches the edges."""
    mask = strokes(digit, int(random.integers(60, 500)))
    rows, columns = np.nonzero(mask.max(1) > 0.1)[0], np.nonzero(mask.max(0) > 0.1)[0]
    return inked(np.pad(mask[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1], int(random.integers(1, 4))), light(random), dark(random))


def white28(digit: np.ndarray, random: Random) -> Picture:
    """28x28, but black on white."""
    return 1 - digit / 255


def specks(digit: np.ndarray, random: Random) -> Picture:
    """Dirt on the paper, and something that reaches over the edge."""
    sheet = sheet_of(digit, random)
    y, x = np.mgrid[:sheet.shape[0], :sheet.shape[1]]
    dirt = np.zeros_like(sheet)
    for _ in range(random.integers(3, 12)):
        radius = min(sheet.shape) * random.uniform(0.003, 0.008)
        dirt = np.maximum(dirt, (y - random.uniform(0, sheet.shape[0])) ** 2 + (x - random.uniform(0, sheet.shape[1])) ** 2 < radius ** 2)
    finger = (x - random.uniform(0, sheet.shape[1])) ** 2 + (y - sheet.shape[0] * 1.06) ** 2 < (0.1 * min(sheet.shape)) ** 2
    clear = blur(sheet, min(sheet.shape) * 0.01) < 0.02
    return inked(np.maximum(sheet, (dirt + finger > 0) * clear), light(random), dark(random))


def photo(digit: np.ndarray, random: Random) -> Picture:
    """All of it at once, as a phone would take it: squared or lined paper, coloured ink, light, shadow, noise."""
    sheet = sheet_of(digit, random, random.uniform(-8, 8))
    lines = ruled(sheet.shape, random, bool(random.integers(2)))[:, :, None] * random.uniform(0.1, 0.3)
    paper = np.array([0.98, 0.96, 0.9]) * random.uniform(0.8, 1) - lines * np.array([1, 0.7, 0.3])
    picture = inked(blur(sheet, 0.8), paper, colour_of(random))
    lighting = lamp(sheet.shape, random, random.uniform(0.1, 0.5)) * shadow(sheet.shape, random)
    return noisy(picture * lighting[:, :, None], random.uniform(0.01, 0.04), random)


KINDS: dict[str, Callable[[np.ndarray, Random], Picture]] = {
    kind.__name__: kind
    for kind in [plain, inverted, rotated, blurred, lined, squared, uneven, shaded, coloured, grainy, thin, small, tight, white28, specks, photo]
}
# Kinds that differ in the file: how a picture of another kind is stored.
FILES = {"compressed": photo, "held": photo, "transparent": plain, "palette": coloured, "deep": uneven}


def stored(kind: str, picture: Picture, random: Random) -> tuple[str, bytes]:
    """The name's ending and the bytes of a file."""
    image = Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255 + 0.5))
    options: dict = {"format": "PNG"}
    if kind == "compressed":
        options = {"format": "JPEG", "quality": int(random.integers(15, 40)), "progressive": bool(random.integers(2))}
    elif kind == "held":
        number = int(random.integers(2, 9))
        # What EXIF's number says is done to the stored picture; here it is undone.
        undo = {
            2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
        }
        image = image.transpose(undo[number])
        exif = Image.Exif()
        exif[0x0112] = number
        options = {"format": "JPEG", "quality": 85, "exif": exif}
    elif kind == "transparent":
        ink = image.convert("L").point(lambda value: 255 - value)
        image = Image.merge("LA", (Image.new("L", image.size, 30), ink))
    elif kind == "palette":
        image = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
    elif kind == "deep":
        image = Image.fromarray(np.uint16(np.clip(picture, 0, 1) * 65535 + 0.5))
    elif random.integers(2) and kind != "white28":
        options = {"format": "JPEG", "quality": 90}
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return ("jpg" if options["format"] == "JPEG" else "png"), buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=25, help="pictures of each kind")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = os.environ.get("CNN_DATA_DIR", "data/mnist")
    digits, labels = mnist.load(folder, "t10k")
    kinds = KINDS | FILES
    for place, (kind, make) in enumerate(kinds.items()):
        folder = arguments.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng([arguments.seed, place])
        for number, index in enumerate(random.choice(len(digits), arguments.count, replace=False)):
            ending, content = stored(kind, make(digits[index][0], random), random)
            (folder / f"{number:03}-{labels[index]}.{ending}").write_bytes(content)
    print(f"{arguments.folder}: {arguments.count} pictures of each of {len(kinds)} kinds")


if __name__ == "__main__":
    main()
