"""Writes small picture files for the tests, and the pixels that Pillow reads from them; see scripts/make-picture-fixtures."""

import sys
from pathlib import Path

import numpy
import pillow_heif
from PIL import Image, ImageOps

from picture_encoders import RGB_MASKS, bmp, pnm, tiff, words

pillow_heif.register_heif_opener()

WIDTH, HEIGHT = 23, 17


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


def jpegs(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation
    squares("L").save(folder / "gray.jpg", quality=95)
    squares("L").save(folder / "held.jpg", quality=95, exif=exif)
    squares("L").save(folder / "restarts.jpg", quality=95, restart_marker_blocks=1)
    squares("RGB").save(folder / "colour.jpg", quality=95, subsampling=0)
    squares("RGB").save(folder / "progressive.jpg", quality=95, subsampling=0, progressive=True)
    squares("CMYK").save(folder / "cmyk.jpg", quality=95)


Y, X = numpy.mgrid[:HEIGHT, :WIDTH]
GRAY = (X * 9 + Y * 5).astype(numpy.uint8)
COLOUR = numpy.stack([X * 11, Y * 15, X * Y * 7 % 256], axis=2).astype(numpy.uint8)
GRAY16 = (X * 2731 + Y * 257 + 130).astype(numpy.uint16)
COLOUR16 = numpy.stack([X * 2900, Y * 4000 + 128, X * Y * 170 + 255], axis=2).astype(numpy.uint16)
# Opaque on the left, transparent on the right.
CUT = numpy.dstack([COLOUR, numpy.where(X < 12, 255, 0).astype(numpy.uint8)])
INDICES = {bits: ((X // 3 + Y // 4) % (1 << bits)).astype(numpy.uint8) for bits in (1, 4, 8)}
PALETTES = {
    bits: numpy.array([[index * 37 % 256, 255 - index * 13 % 256, index * 71 % 256] for index in range(1 << bits)])
    for bits in (1, 4, 8)
}


def rounded(values: numpy.ndarray) -> Image.Image:
    """16 bits as 8, to the nearest, as libpng does; Pillow cuts them off."""
    return Image.fromarray(((values.astype(numpy.int64) * 255 + 32895) >> 16).astype(numpy.uint8))


class Fixtures:
    """The files in a folder: each has its pixels beside it, as `<name>.png`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            file.unlink()

    def add(self, name: str, content: bytes | None = None, expected: Image.Image | None = None, **options) -> None:
        """Writes a file, by Pillow from `image` where there is no content, and what Pillow reads from it."""
        path = self.folder / name
        if content is None:
            options.pop("image").save(path, **options)
        else:
            path.write_bytes(content)
        if expected is None:
            with Image.open(path) as file:
                expected = ImageOps.exif_transpose(file)
                has_alpha = "A" in expected.getbands() or "transparency" in expected.info
                if has_alpha:
                    expected = expected.convert("RGBA")
                    expected = Image.alpha_composite(Image.new("RGBA", expected.size, "white"), expected)
                gray = expected.mode in ("1", "L") or expected.mode == "P" and is_gray(expected)
                expected = expected.convert("L" if gray else "RGB")
        expected.save(self.folder / f"{name}.png", optimize=True)


def is_gray(image: Image.Image) -> bool:
    entries = numpy.array(image.getpalette()).reshape(-1, 3)
    return bool((entries == entries[:, :1]).all())


def bmps(fixtures: Fixtures) -> None:
    for bits in (1, 4, 8):
        fixtures.add(f"indices{bits}.bmp", bmp(bits, INDICES[bits], PALETTES[bits]))
        fixtures.add(f"core{bits}.bmp", bmp(bits, INDICES[bits], PALETTES[bits], header=12))
    fixtures.add("gray.bmp", image=Image.fromarray(GRAY))
    fixtures.add("bilevel.bmp", image=Image.fromarray(GRAY).convert("1"))
    fixtures.add("os2.bmp", bmp(4, INDICES[4], PALETTES[4], header=64))
    fixtures.add("colour.bmp", image=Image.fromarray(COLOUR))
    fixtures.add("core24.bmp", bmp(24, COLOUR, header=12))
    fixtures.add("top-down.bmp", bmp(24, COLOUR, top_down=True))
    for bits in (16, 32):
        fixtures.add(f"words{bits}.bmp", bmp(bits, words(COLOUR, RGB_MASKS[bits])))
    masks = (0xF800, 0x7E0, 0x1F)
    fixtures.add("masks16.bmp", bmp(16, words(COLOUR, masks), masks=masks))
    masks = (0xFF000000, 0xFF0000, 0xFF00)
    fixtures.add("masks32.bmp", bmp(32, words(COLOUR, masks), masks=masks))
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    fixtures.add("alpha.bmp", bmp(32, words(CUT, masks), masks=masks, header=124))
    for bits in (4, 8):
        noise = numpy.where(Y % 3 == 0, (X * X + Y) % (1 << bits), INDICES[bits]).astype(numpy.uint8)
        fixtures.add(f"runs{bits}.bmp", bmp(bits, noise, PALETTES[bits], run_length=True))


def gifs(fixtures: Fixtures) -> None:
    def indexed(indices: numpy.ndarray, palette: numpy.ndarray) -> Image.Image:
        image = Image.fromarray(indices)
        image.putpalette(palette.astype(numpy.uint8).tobytes())
        return image

    fixtures.add("gray.gif", image=Image.fromarray(GRAY))
    fixtures.add("colour.gif", image=indexed(INDICES[4], PALETTES[4]))
    fixtures.add("bilevel.gif", image=indexed(INDICES[1], PALETTES[1]))
    fixtures.add("interlaced.gif", image=indexed((Y * 7 + X // 8).astype(numpy.uint8), PALETTES[8]), interlace=1)
    fixtures.add("clear.gif", image=indexed(INDICES[4], PALETTES[4]), transparency=2)
    frames = [indexed(INDICES[4], PALETTES[4]), indexed(INDICES[4][::-1].copy(), PALETTES[4])]
    fixtures.add("animation.gif", image=frames[0], save_all=True, append_images=frames[1:], duration=100)
    # More than 4,096 different strings.
    noise = numpy.random.default_rng(1).integers(0, 256, (64, 68), dtype=numpy.uint8)
    fixtures.add("noise.gif", image=Image.fromarray(noise), optimize=False)
    fixtures.add("plain.gif", image=Image.fromarray(numpy.full((120, 150), 77, numpy.uint8)))


def pnms(fixtures: Fixtures) -> None:
    black = (INDICES[1] ^ (X % 2 == 0)).astype(numpy.uint8)
    for kind, values, suffix in [(1, black, "pbm"), (2, GRAY, "pgm"), (3, COLOUR, "ppm")]:
        fixtures.add(f"text.{suffix}", pnm(kind, values))
        fixtures.add(f"binary.{suffix}", pnm(kind + 3, values))
    fixtures.add("deep.pgm", pnm(5, GRAY16, 65535), rounded(GRAY16))
    fixtures.add("deep.ppm", pnm(6, COLOUR16, 65535), rounded(COLOUR16))


def webps(fixtures: Fixtures) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    fixtures.add("lossless.webp", image=Image.fromarray(COLOUR), lossless=True)
    fixtures.add("lossy.webp", image=Image.fromarray(COLOUR), quality=90)
    fixtures.add("alpha.webp", image=Image.fromarray(CUT), lossless=True, exact=True)
    fixtures.add("held.webp", image=Image.fromarray(COLOUR), lossless=True, exif=exif)
    frames = [Image.fromarray(COLOUR), Image.fromarray(COLOUR[::-1].copy())]
    fixtures.add("animation.webp", image=frames[0], save_all=True, append_images=frames[1:], lossless=True)


def tiffs(fixtures: Fixtures) -> None:
    gray, colour = Image.fromarray(GRAY), Image.fromarray(COLOUR)
    fixtures.add("gray.tiff", image=gray)
    fixtures.add("lzw.tiff", image=colour, compression="tiff_lzw")
    fixtures.add("deflate.tiff", image=colour, compression="tiff_adobe_deflate", big_tiff=True)
    fixtures.add("packbits.tiff", image=gray, compression="packbits")
    fixtures.add("jpeg.tiff", image=colour, compression="jpeg", quality=95)
    fixtures.add("fax.tiff", image=gray.convert("1"), compression="group4")
    fixtures.add("palette.tiff", image=colour.quantize(16))
    fixtures.add("alpha.tiff", image=Image.fromarray(CUT))
    fixtures.add("pages.tiff", image=colour, save_all=True, append_images=[gray])
    fixtures.add("held.tiff", image=colour, tiffinfo={274: 6})
    fixtures.add("white-is-zero.tiff", tiff(255 - GRAY, 0), gray)
    fixtures.add("big-endian.tiff", tiff(COLOUR, 2, order=">"))
    fixtures.add("planes.tiff", tiff(COLOUR, 2, planar=True))
    fixtures.add("tiles.tiff", tiff(CUT, 2, tile=16, extra=2))
    fixtures.add("deep.tiff", tiff(GRAY16, 1), rounded(GRAY16))
    fixtures.add("deep-colour.tiff", tiff(COLOUR16, 2, order=">"), rounded(COLOUR16))
    fixtures.add("deep-white-is-zero.tiff", tiff(65535 - GRAY16, 0), rounded(GRAY16))
    fixtures.add("floats.tiff", image=Image.fromarray(GRAY.astype(numpy.float32)), expected=gray)


def heifs(fixtures: Fixtures) -> None:
    y, x = numpy.mgrid[:40, :48]
    smooth = numpy.stack([x * 5, y * 6, 255 - x * 3 - y * 2], axis=2).clip(0, 255).astype(numpy.uint8)
    image = Image.fromarray(smooth)
    exif = Image.Exif()
    exif[0x0112] = 6
    fixtures.add("colour.heic", image=image, quality=90)
    fixtures.add("held.heic", image=image, quality=90, exif=exif.tobytes())
    fixtures.add("gray.heic", image=image.convert("L"), quality=90)
    cut = numpy.dstack([smooth, numpy.where(x < 24, 255, 0).astype(numpy.uint8)])
    fixtures.add("alpha.heic", image=Image.fromarray(cut), quality=90)
    deep = pillow_heif.from_bytes(mode="RGB;16", size=(48, 40), data=(smooth.astype(numpy.uint16) * 257).tobytes())
    deep.save(fixtures.folder / "deep.heic", quality=90)
    fixtures.add("deep.heic", (fixtures.folder / "deep.heic").read_bytes())
    fixtures.add("colour.avif", image=image, quality=90)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    jpegs(folder)
    fixtures = Fixtures(folder / "formats")
    for write in (bmps, gifs, pnms, webps, tiffs, heifs):
        write(fixtures)


if __name__ == "__main__":
    main()
