"""Checks data with names of classes and data without labels: EMNIST letters, Kaggle's competition, Fashion-MNIST."""

import csv
import json
from pathlib import Path

import numpy
from PIL import Image

import letters
import mnist
from interop_workspace import Workspace
from source_files import write_csv, write_gzip_idx

FASHION = Path("/usr/share/datasets/fashion-mnist")
FASHION_PNGS = 2_000
KAGGLE_TRAINING, KAGGLE_TEST = 8_000, 2_000
# The config holds out 5,000 images, most of what is here.
FEW_HELD_OUT = ("--set", "data.validation.count=500")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def write_letters(folder: Path) -> tuple[numpy.ndarray, numpy.ndarray]:
    """EMNIST's split `letters`: transposed images, labels 1 to 26; returns the test images upright and their classes."""
    folder.mkdir()
    for name, count, seed in (("train", 6_000, 1), ("test", 1_000, 2)):
        images, classes = letters.draw(count, seed)
        write_gzip_idx(folder / f"emnist-letters-{name}-images-idx3-ubyte.gz", images.transpose(0, 2, 1))
        write_gzip_idx(folder / f"emnist-letters-{name}-labels-idx1-ubyte.gz", classes + 1)
    mapping = (f"{number} {ord(letter)} {ord(letter.lower())}\n" for number, letter in enumerate(letters.ALPHABET, 1))
    (folder / "emnist-letters-mapping.txt").write_text("".join(mapping))
    return images, classes


def check_letters(workspace: Workspace) -> None:
    images, classes = write_letters(workspace.folder / "emnist")
    workspace.cnn("train", "lenet", "--data", "emnist", "--output", "letters", "--epochs", 4, "--quiet", *FEW_HELD_OUT)
    result = json.loads(workspace.cnn("eval", "letters", "--json", "--save-predictions", "letters.csv"))
    assert result["count"] == len(images) and result["accuracy"] > 0.9, f"letters: {result['accuracy']}"
    saved = rows((workspace.folder / "letters.csv").read_text())
    labels, predictions = ([row[key] for row in saved] for key in ("label", "prediction"))
    # A name has one case or both of them: A, Aa.
    truth = [letters.ALPHABET[each] for each in classes]
    assert [label[0].upper() for label in labels] == truth, f"letters: the first are called {labels[:5]}, not {truth[:5]}"
    assert len(set(labels)) == 26, f"letters: names {sorted(set(labels))}"
    # Pictures are upright; scores agree only if the images of the files were transposed.
    folder = workspace.folder / "letter-pictures"
    folder.mkdir()
    for number, image in enumerate(images[:200]):
        Image.fromarray(image).save(folder / f"{number:03}.png")
    text = workspace.cnn("predict", "letters", "letter-pictures", "--csv")
    read = [row["label"] for row in rows(text)]
    assert read == predictions[:200], f"letters: {sum(map(str.__ne__, read, predictions))} of 200 pictures get other labels"
    print(f"EMNIST letters: {result['accuracy']:.1%} of {len(images):,}, the names {labels[0]}, {labels[1]}, …; PNGs get the same")


def check_kaggle(workspace: Workspace) -> None:
    """Train on `train.csv`, answer for `test.csv`, and compare with the labels that Kaggle keeps."""
    folder = workspace.folder / "digit-recognizer"
    folder.mkdir()
    train, train_labels = mnist.load(workspace.data, "train")
    write_csv(folder / "train.csv", train[:KAGGLE_TRAINING], train_labels[:KAGGLE_TRAINING], header=True)
    write_csv(folder / "test.csv", workspace.pixels[:KAGGLE_TEST], header=True)
    workspace.cnn("train", "lenet", "--data", "digit-recognizer", "--output", "kaggle", "--epochs", 2, "--quiet", *FEW_HELD_OUT)
    text = workspace.cnn("predict", "kaggle", "digit-recognizer/test.csv", "--csv")
    assert text.startswith("ImageId,Label\n1,"), text[:40]
    answer = rows(text)
    assert [row["ImageId"] for row in answer] == [str(number) for number in range(1, KAGGLE_TEST + 1)]
    found = numpy.array([int(row["Label"]) for row in answer])
    mnist.write_idx(folder / "test.idx", workspace.pixels[:KAGGLE_TEST, 0])
    expected = workspace.predict("kaggle", "digit-recognizer/test.idx")[:, :10].argmax(axis=1)
    assert numpy.array_equal(found, expected), "test.csv gets other labels than the same images as IDX"
    accuracy = float((found == workspace.labels[:KAGGLE_TEST]).mean())
    assert accuracy > 0.9, f"kaggle: {accuracy}"
    print(f"Kaggle: ImageId,Label for {KAGGLE_TEST:,} images of test.csv, {accuracy:.1%} right")


def check_fashion(workspace: Workspace) -> None:
    """2,000 PNGs get from `predict` the labels and probabilities that the same images get from `eval`."""
    workspace.cnn("train", "fashion", "--data", FASHION, "--output", "fashion", "--epochs", 1, "--quiet")
    workspace.cnn("eval", "fashion", "--limit", FASHION_PNGS, "--save-predictions", "fashion.csv", "--json")
    expected = rows((workspace.folder / "fashion.csv").read_text())
    pixels, labels = (part[:FASHION_PNGS] for part in mnist.load(FASHION, "t10k"))
    folder = workspace.folder / "fashion-pictures"
    folder.mkdir()
    for number, image in enumerate(pixels[:, 0]):
        Image.fromarray(image).save(folder / f"{number:05}.png")
    found = rows(workspace.cnn("predict", "fashion", "fashion-pictures", "--csv"))
    assert len(found) == len(expected) == FASHION_PNGS
    others = sum(one["label"] != other["prediction"] for one, other in zip(found, expected, strict=True))
    assert others == 0, f"{others} of {FASHION_PNGS:,} PNGs get another label than from eval"
    right = sum(row["label"] == row["prediction"] for row in expected)
    assert right > 0.75 * FASHION_PNGS, f"fashion: {right} right"
    names = {int(label): row["label"] for label, row in zip(labels, expected)}
    known = ", ".join(names[label] for label in range(10))
    print(f"Fashion-MNIST: {FASHION_PNGS:,} PNGs get the labels of eval, {right:,} right; classes {known}")


def check(workspace: Workspace) -> None:
    workspace.attempt(check_letters, workspace)
    workspace.attempt(check_kaggle, workspace)
    if FASHION.is_dir():
        workspace.attempt(check_fashion, workspace)
    else:
        print("Fashion-MNIST is left out: its Debian package, dataset-fashion-mnist, is not installed")
