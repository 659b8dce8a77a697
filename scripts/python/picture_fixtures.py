"""Writes small JPEG files for the tests; see scripts/make-picture-fixtures."""

import sys
from pathlib import Path

from PIL import Image


def squares(mode: str) -> Image.Image:
    """24x16 pixels in squares of one colour, 8x8 as JPEG's blocks, so that compression keeps them: row by row gray 0, 50, 100,
    150, 200, 250, or colours."""
    image = Image.new(mode, (24, 16))
    for square in range(6):
        shade = 50 * square
        colour = {"L": shade, "RGB": (shade, 250 - shade, 100), "CMYK": (shade, 0, 0, 0)}[mode]
        left, top = square % 3 * 8, square // 3 * 8
        image.paste(colour, (left, top, left + 8, top + 8))
    return image


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation
    squares("L").save(folder / "gray.jpg", quality=95)
    squares("L").save(folder / "held.jpg", quality=95, exif=exif)
    squares("L").save(folder / "restarts.jpg", quality=95, restart_marker_blocks=1)
    squares("RGB").save(folder / "colour.jpg", quality=95, subsampling=0)
    squares("RGB").save(folder / "progressive.jpg", quality=95, subsampling=0, progressive=True)
    squares("CMYK").save(folder / "cmyk.jpg", quality=95)


if __name__ == "__main__":
    main()
