"""Small JPEG pictures for the tests; see scripts/make-picture-fixtures."""

import sys
from pathlib import Path

from PIL import Image


def corners(mode: str) -> Image.Image:
    """24x16 in flat squares of 8x8, which JPEG keeps: from the left and down 0, 50, 100, 150, 200, 250 gray, or in colours."""
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
    exif[0x0112] = 6
    corners("L").save(folder / "gray.jpg", quality=95)
    corners("L").save(folder / "held.jpg", quality=95, exif=exif)
    corners("L").save(folder / "restarts.jpg", quality=95, restart_marker_blocks=1)
    corners("RGB").save(folder / "colour.jpg", quality=95, subsampling=0)
    corners("RGB").save(folder / "progressive.jpg", quality=95, subsampling=0, progressive=True)
    corners("CMYK").save(folder / "cmyk.jpg", quality=95)


if __name__ == "__main__":
    main()
