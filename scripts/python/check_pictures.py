"""MNIST from PNG files and photographed digits through `cnn predict`; see scripts/check-pictures."""

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps

import mnist

IMAGES = 500
LEAST_SHARE = 0.95


def predict(program: Path, checkpoint: Path, *inputs: Path | str) -> list[dict]:
    """What `cnn predict --json` says; pictures it cannot use are named on standard error and left out."""
    command = [program, "predict", checkpoint, *inputs, "--json"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)


def same_from_png(program: Path, checkpoint: Path, work: Path) -> bool:
    """Whether the test set's first images give the same logits as PNG and as IDX."""
    data = Path(os.environ.get("CNN_DATA_DIR", "data/mnist"))
    images, _ = mnist.load(data, "t10k")
    folder = work / "mnist"
    folder.mkdir()
    for index in range(IMAGES):
        Image.fromarray(images[index][0]).save(folder / f"{index}.png")
    file = next(data.glob("t10k-images-idx3-ubyte*"))
    from_png = predict(program, checkpoint, folder)
    from_idx = predict(program, checkpoint, f"{file}@0..{IMAGES - 1}")
    same = sum(a["logits"] == b["logits"] for a, b in zip(from_png, from_idx, strict=True))
    print(f"{same} of {IMAGES} MNIST test images give the same logits as PNG and as IDX")
    return same == IMAGES


def photos_are_read(program: Path, checkpoint: Path, folder: Path) -> bool:
    """Whether enough of the made photos, FOLDER/KIND/NUMBER-LABEL.png, are read right."""
    right = total = 0
    print("\n| kind | read right | misread |\n|---|---:|---|")
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        labels = {str(path): path.stem.split("-")[1] for path in sorted(kind.iterdir())}
        guesses = {guess["input"]: guess["label"] for guess in predict(program, checkpoint, kind)}
        wrong = [path for path, label in labels.items() if guesses.get(path) != label]
        names = ", ".join(f"{Path(path).stem} as {guesses.get(path, 'nothing')}" for path in wrong)
        print(f"| {kind.name} | {len(labels) - len(wrong)} of {len(labels)} | {names} |")
        right, total = right + len(labels) - len(wrong), total + len(labels)
    print(f"\n{right} of {total} photos read right: {100 * right / total:.1f} %")
    return right >= LEAST_SHARE * total


def draw_sheet(program: Path, checkpoint: Path, folder: Path, target: Path) -> None:
    """A picture of some kinds of photos, and below each what the network saw of it."""
    kinds = ["plain", "inverted", "lined", "squared", "coloured", "shaded", "grainy", "photo"]
    size, gap = 112, 8
    sheet = Image.new("RGB", (len(kinds) * (size + gap) + gap, 2 * size + 3 * gap), (90, 90, 90))
    seen = target.with_name("seen.png")
    for column, kind in enumerate(kinds):
        photo = sorted((folder / kind).iterdir())[2]
        predict(program, checkpoint, photo, "--save-input", seen)
        large = ImageOps.pad(Image.open(photo).convert("RGB"), (size, size), color=(90, 90, 90))
        sheet.paste(large, (gap + column * (size + gap), gap))
        small = Image.open(seen).resize((size, size), Image.Resampling.NEAREST)
        sheet.paste(small, (gap + column * (size + gap), 2 * gap + size))
    sheet.save(target, optimize=True)
    print(f"{target}: photos, and what the network saw")


def main() -> int:
    program, checkpoint, work = (Path(argument) for argument in sys.argv[1:])
    same = same_from_png(program, checkpoint, work)
    read = photos_are_read(program, checkpoint, work / "photos")
    draw_sheet(program, checkpoint, work / "photos", work / "sheet.png")
    return 0 if same and read else 1


if __name__ == "__main__":
    sys.exit(main())
