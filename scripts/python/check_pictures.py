"""Checks predictions on PNG files of MNIST and on synthetic photos of digits; see scripts/check-pictures."""

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps

import mnist

IMAGES = 500
MIN_ACCURACY = 0.95


def predict(program: Path, checkpoint: Path, *inputs: Path | str) -> list[dict]:
    """The predictions of `cnn predict --json`, without the pictures it rejects and names on standard error."""
    command = [program, "predict", checkpoint, *inputs, "--json"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)


def check_png(program: Path, checkpoint: Path, work: Path) -> bool:
    """Whether the first test images have the same logits as PNG and as IDX."""
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
    print(f"{same} of {IMAGES} MNIST test images have the same logits as PNG and as IDX")
    return same == IMAGES


def check_photos(program: Path, checkpoint: Path, folder: Path) -> bool:
    """Whether the accuracy on the photos, FOLDER/KIND/NUMBER-LABEL.png, is high enough."""
    correct = total = 0
    print("\n| kind | correct | misclassified |\n|---|---:|---|")
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        labels = {str(path): path.stem.split("-")[1] for path in sorted(kind.iterdir())}
        predictions = {prediction["input"]: prediction["label"] for prediction in predict(program, checkpoint, kind)}
        misclassified = [path for path, label in labels.items() if predictions.get(path) != label]
        names = ", ".join(f"{Path(path).stem} as {predictions.get(path, 'nothing')}" for path in misclassified)
        print(f"| {kind.name} | {len(labels) - len(misclassified)} of {len(labels)} | {names} |")
        correct, total = correct + len(labels) - len(misclassified), total + len(labels)
    print(f"\naccuracy on {total} photos: {100 * correct / total:.1f} % ({correct} correct)")
    return correct >= MIN_ACCURACY * total


def write_contact_sheet(program: Path, checkpoint: Path, folder: Path, target: Path) -> None:
    """A contact sheet of some kinds of photos, each above the network's input made from it."""
    kinds = ["plain", "inverted", "lined_paper", "grid_paper", "coloured_ink", "shadowed", "noisy", "phone_photo"]
    size, gap = 112, 8
    sheet = Image.new("RGB", (len(kinds) * (size + gap) + gap, 2 * size + 3 * gap), (90, 90, 90))
    input_file = target.with_name("input.png")
    for column, kind in enumerate(kinds):
        photo = sorted((folder / kind).iterdir())[2]
        predict(program, checkpoint, photo, "--save-input", input_file)
        large = ImageOps.pad(Image.open(photo).convert("RGB"), (size, size), color=(90, 90, 90))
        sheet.paste(large, (gap + column * (size + gap), gap))
        small = Image.open(input_file).resize((size, size), Image.Resampling.NEAREST)
        sheet.paste(small, (gap + column * (size + gap), 2 * gap + size))
    sheet.save(target, optimize=True)
    print(f"{target}: photos and the network's inputs")


def main() -> int:
    program, checkpoint, work = (Path(argument) for argument in sys.argv[1:])
    passed = [check_png(program, checkpoint, work), check_photos(program, checkpoint, work / "photos")]
    write_contact_sheet(program, checkpoint, work / "photos", work / "sheet.png")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
