"""Encoders of BMP, PNM and TIFF files of kinds that Pillow does not write."""

import struct

import numpy

RGB_MASKS = {16: (0x7C00, 0x3E0, 0x1F), 32: (0xFF0000, 0xFF00, 0xFF)}


def packed(rows: numpy.ndarray, bits: int) -> list[bytes]:
    """Rows of indices as bytes, `bits` bits each, the first one in the highest."""
    per_byte = 8 // bits
    result = []
    for row in rows:
        row = numpy.concatenate([row, numpy.zeros(-len(row) % per_byte, numpy.uint8)]).reshape(-1, per_byte)
        result.append(bytes(sum(int(value) << (bits * (per_byte - 1 - place)) for place, value in enumerate(group)) for group in row))
    return result


def rle(row: numpy.ndarray, bits: int) -> bytes:
    """A row of indices as runs where two or more are equal, as literals where at least three are not."""
    result, column = b"", 0

    def run(column: int) -> int:
        end = column
        while end < len(row) and row[end] == row[column] and end - column < 255:
            end += 1
        return end - column

    while column < len(row):
        length = run(column)
        literals = 0
        while column + literals < len(row) and run(column + literals) < 3 and literals < 250:
            literals += 1
        if literals >= 3:
            values = row[column : column + literals]
            content = bytes(values) if bits == 8 else packed([values], 4)[0]
            result += bytes([0, literals]) + content + bytes(len(content) % 2)
            column += literals
        else:
            value = int(row[column])
            result += bytes([length, value if bits == 8 else value << 4 | value])
            column += length
    return result


def bmp(
    bits: int, pixels: numpy.ndarray, palette: numpy.ndarray | None = None, header: int = 40, top_down: bool = False,
    run_length: bool = False, masks: tuple[int, ...] = (),
) -> bytes:
    """A BMP file: `pixels` are indices up to 8 bits, RGB for 24, else words that `masks` explain."""
    height, width = pixels.shape[:2]
    order = pixels if top_down else pixels[::-1]
    if run_length:
        data = b"".join(rle(row, bits) + b"\0\0" for row in order)[:-2] + b"\0\1"
    else:
        if bits <= 8:
            rows = packed(order, bits)
        elif bits == 24:
            rows = [row[:, ::-1].astype(numpy.uint8).tobytes() for row in order]
        else:
            rows = [row.astype("<u2" if bits == 16 else "<u4").tobytes() for row in order]
        data = b"".join(row + bytes(-len(row) % 4) for row in rows)
    colours = b"" if palette is None else b"".join(bytes(reversed(entry)) + bytes(header != 12) for entry in palette.tolist())
    compression = (1 if bits == 8 else 2) if run_length else 3 if masks else 0
    if header == 12:
        content = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        count = 0 if palette is None else len(palette)
        content = struct.pack(
            "<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression, len(data), 2835, 2835, count, 0)
        content += b"".join(struct.pack("<I", mask) for mask in masks)
        content += bytes(max(0, header - len(content)))
    offset = 14 + len(content) + len(colours)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + content + colours + data


def words(pixels: numpy.ndarray, masks: tuple[int, ...]) -> numpy.ndarray:
    """Channels of 8 bits in one word a pixel, with as many of their high bits as the masks have."""
    result = numpy.zeros(pixels.shape[:2], numpy.int64)
    for channel, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        result |= pixels[..., channel].astype(numpy.int64) >> (8 - mask.bit_count()) << shift
    return result


def pnm(kind: int, values: numpy.ndarray, white: int = 255) -> bytes:
    """A PNM file of the format P1 to P6; the values of P1 and P4 are 1 for black."""
    height, width = values.shape[:2]
    head = f"P{kind}\n# width and height\n{width} {height}\n" + ("" if kind in (1, 4) else f"{white}\n")
    if kind <= 3:
        separator = "" if kind == 1 else " "
        lines = [separator.join(str(value) for value in row.ravel()) for row in values]
        return head.encode() + "\n".join(lines).encode() + b"\n"
    if kind == 4:
        return head.encode() + b"".join(packed(values, 1))
    return head.encode() + values.astype(">u2" if white > 255 else "u1").tobytes()


def tiff(samples: numpy.ndarray, photometric: int, order: str = "<", planar: bool = False, tile: int = 0, extra: int = 0) -> bytes:
    """An uncompressed TIFF file of 8 or 16 bits in one strip, one for each channel, or in square tiles."""
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    count, bits = samples.shape[2], samples.dtype.itemsize * 8
    samples = samples.astype(samples.dtype.newbyteorder(order))
    if planar:
        blocks = [samples[..., channel].tobytes() for channel in range(count)]
    elif tile:
        rows, columns = -height % tile, -width % tile
        padded = numpy.pad(samples, ((0, rows), (0, columns), (0, 0)))
        blocks = [
            padded[y : y + tile, x : x + tile].tobytes() for y in range(0, height, tile) for x in range(0, width, tile)
        ]
    else:
        blocks = [samples.tobytes()]
    offsets, data = [], b""
    for block in blocks:
        offsets.append(8 + len(data))
        data += block
    sizes = [len(block) for block in blocks]
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * count), 259: (3, [1]), 262: (3, [photometric]),
            274: (3, [1]), 277: (3, [count]), 284: (3, [2 if planar else 1])}
    tags |= {322: (4, [tile]), 323: (4, [tile]), 324: (4, offsets), 325: (4, sizes)} if tile else {
        273: (4, offsets), 278: (4, [height]), 279: (4, sizes)}
    if extra:
        tags[338] = (3, [extra])
    start = 8 + len(data)
    more, entries = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        content = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(content) > 4:
            place = start + 2 + 12 * len(tags) + 4 + len(more)
            more += content
            content = struct.pack(f"{order}I", place)
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + content.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    return head + data + struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + more
