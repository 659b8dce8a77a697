"""Checks that the same images give the same fingerprint and the same weights from every format of data."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy
import scipy.io
from PIL import Image
from safetensors.numpy import load_file

import mnist
from interop_workspace import Workspace, metadata
from source_files import write_csv, write_gzip_idx, write_idx_int32, write_idx_pair

TRAINING, TEST = 2_000, 500


class Part(NamedTuple):
    """The images of a set in the order in which every format has them, and the names of their PNG files."""

    pixels: numpy.ndarray
    labels: numpy.ndarray
    names: list[str]


Writer = Callable[[Path, Part, Part], None]


def parts(workspace: Workspace) -> dict[str, Part]:
    """2,000 training and 500 test images of MNIST.

    Training files have the image's number; those of the test are numbered in each class, so that ten have the same name.
    Pictures come by file name, numbers by value, and then by class.
    """
    train, train_labels = mnist.load(workspace.data, "train")
    train, train_labels = train[:TRAINING, 0], train_labels[:TRAINING]
    test, test_labels = workspace.pixels[:TEST, 0], workspace.labels[:TEST]
    places = numpy.array([(test_labels[:i] == label).sum() for i, label in enumerate(test_labels)])
    order = numpy.lexsort((test_labels, places))
    return {
        "train": Part(train, train_labels.astype(numpy.uint8), [str(i) for i in range(TRAINING)]),
        "test": Part(test[order], test_labels[order], [str(place) for place in places[order]])}


def write_pngs(folder: Path, part: Part) -> None:
    for pixels, label, name in zip(part.pixels, part.labels, part.names, strict=True):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / str(label) / f"{name}.png")


def idx(folder: Path, train: Part, test: Part) -> None:
    write_idx_pair(folder, "train", train.pixels, train.labels)
    write_idx_pair(folder, "t10k", test.pixels, test.labels)


def npz(folder: Path, train: Part, test: Part) -> None:
    numpy.savez_compressed(
        folder / "digits.npz", x_train=train.pixels, y_train=train.labels, x_test=test.pixels, y_test=test.labels)


def float_npz(folder: Path, train: Part, test: Part) -> None:
    """Flat rows from 0 to 1 and one-hot labels."""
    def flat(part: Part) -> numpy.ndarray:
        return (part.pixels.reshape(len(part.pixels), -1) / 255).astype(numpy.float32)

    one_hot = numpy.eye(10, dtype=numpy.float32)
    numpy.savez(
        folder / "flat.npz", X_train=flat(train), y_train=one_hot[train.labels], X_test=flat(test), y_test=one_hot[test.labels])


def csv(folder: Path, train: Part, test: Part) -> None:
    write_csv(folder / "mnist_train.csv", train.pixels, train.labels)
    write_csv(folder / "mnist_test.csv", test.pixels, test.labels)


def kaggle(folder: Path, train: Part, test: Part) -> None:
    write_csv(folder / "train.csv", train.pixels, train.labels, header=True)
    write_csv(folder / "test.csv", test.pixels, test.labels, header=True)


def pngs(folder: Path, train: Part, test: Part) -> None:
    write_pngs(folder / "train", train)
    write_pngs(folder / "test", test)


def emnist(folder: Path, train: Part, test: Part) -> None:
    """EMNIST's `mnist` split: every image is transposed."""
    for name, part in (("train", train), ("test", test)):
        write_gzip_idx(folder / f"emnist-mnist-{name}-images-idx3-ubyte.gz", part.pixels.transpose(0, 2, 1))
        write_gzip_idx(folder / f"emnist-mnist-{name}-labels-idx1-ubyte.gz", part.labels)
    (folder / "emnist-mnist-mapping.txt").write_text("".join(f"{digit} {48 + digit}\n" for digit in range(10)))


def qmnist(folder: Path, train: Part, test: Part) -> None:
    """Labels of 32 bits, eight columns; the first is the class."""
    for name, part in (("train", train), ("test", test)):
        write_gzip_idx(folder / f"qmnist-{name}-images-idx3-ubyte.gz", part.pixels)
        columns = numpy.arange(8)[None] * 1_000 + numpy.arange(len(part.labels))[:, None]
        columns[:, 0] = part.labels
        write_idx_int32(folder / f"qmnist-{name}-labels-idx2-int.gz", columns)


def kmnist(folder: Path, train: Part, test: Part) -> None:
    """Four files with one array each."""
    for name, part in (("train", train), ("test", test)):
        numpy.savez_compressed(folder / f"kmnist-{name}-imgs.npz", part.pixels)
        numpy.savez_compressed(folder / f"kmnist-{name}-labels.npz", part.labels)


def mat(folder: Path, train: Part, test: Part) -> None:
    """The training images sorted by class, then the test images: another order."""
    order = [numpy.argsort(part.labels, kind="stable") for part in (train, test)]
    sorted_parts = list(zip((train, test), order))
    columns = numpy.concatenate([part.pixels[each].reshape(-1, 784) for part, each in sorted_parts]).T
    labels = numpy.concatenate([part.labels[each] for part, each in sorted_parts])[None].astype(numpy.float64)
    names = numpy.array(["label", "data"], dtype=object)
    matrices = {"mldata_descr_ordering": names, "data": columns, "label": labels}
    scipy.io.savemat(folder / "mnist-original.mat", matrices, do_compression=True)


def coloured(pixels: numpy.ndarray) -> numpy.ndarray:
    """RGB, channels last, with three different channels."""
    return numpy.stack([pixels, 255 - pixels, pixels // 2], axis=-1)


def validation(train: Part) -> tuple[Part, Part]:
    """The training images without the last 200, and these."""
    first, second = (slice(0, -200), slice(-200, None))
    return tuple(Part(train.pixels[each], train.labels[each], train.names[each]) for each in (first, second))


def medmnist(folder: Path, train: Part, test: Part) -> None:
    """Labels of one column."""
    train, held_out = validation(train)
    arrays = {}
    for name, part in (("train", train), ("val", held_out), ("test", test)):
        arrays |= {f"{name}_images": part.pixels, f"{name}_labels": part.labels[:, None]}
    numpy.savez_compressed(folder / "medmnist.npz", **arrays)


def colour_pngs(folder: Path, train: Part, test: Part) -> None:
    train, held_out = validation(train)
    for name, part in (("train", train), ("val", held_out), ("test", test)):
        write_pngs(folder / name, part)


SOURCES: dict[str, Writer] = {
    "idx": idx, "npz": npz, "float-npz": float_npz, "csv": csv, "kaggle": kaggle, "png": pngs, "emnist": emnist,
    "qmnist": qmnist, "kmnist": kmnist,
}
COLOUR_SOURCES: dict[str, Writer] = {"medmnist": medmnist, "colour-png": colour_pngs}


def write(workspace: Workspace, name: str, function: Writer, images: dict[str, Part]) -> str:
    """Writes the images in a format; returns the folder for --data."""
    folder = workspace.folder / "sources" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    function(folder, images["train"], images["test"])
    return f"sources/{name}"


def train_same(workspace: Workspace, sources: Mapping[str, Writer], images: dict[str, Part], *options: str) -> str:
    """Trains for an epoch on each source, compares fingerprints and weights, and returns the fingerprint."""
    known: dict[str, numpy.ndarray] = {}
    fingerprint = ""
    for name, function in sources.items():
        run = f"sources-{name}"
        data = write(workspace, name, function, images)
        workspace.cnn("train", "lenet", "--data", data, "--output", run, "--epochs", 1, "--quiet", "--force", *options)
        path = workspace.folder / run / "model.ckpt"
        found, entries = load_file(path), metadata(path)
        known, fingerprint = known or found, fingerprint or entries["data_fingerprint"]
        assert entries["data_fingerprint"] == fingerprint, f"{name}: another fingerprint than from the first source"
        assert found.keys() == known.keys() and all(numpy.array_equal(found[key], known[key]) for key in known), \
            f"{name}: other weights than from the first source"
        source = Path(json.loads(entries["data"])["source"])
        assert source.is_relative_to(workspace.folder.resolve() / data), f"{name}: the run says that its data is {source}"
    return fingerprint


def check_same_weights(workspace: Workspace) -> None:
    fingerprint = train_same(workspace, SOURCES, parts(workspace))
    print(f"{TRAINING:,} + {TEST} images from {', '.join(SOURCES)}: fingerprint {fingerprint[:8]}… and the same weights")


def check_colour(workspace: Workspace) -> None:
    """RGB images with a validation set."""
    images = {name: part._replace(pixels=coloured(part.pixels)) for name, part in parts(workspace).items()}
    fingerprint = train_same(workspace, COLOUR_SOURCES, images, "--set", "model.input=[3,28,28]")
    print(f"RGB images from {', '.join(COLOUR_SOURCES)}: fingerprint {fingerprint[:8]}… and the same weights")


def check_other_order(workspace: Workspace) -> None:
    """A mat file has the images sorted by class, and the same confusion matrix."""
    data = write(workspace, "mat", mat, parts(workspace))
    # Its validation images are those of the test, so that no training image is held out.
    workspace.train("keras-lenet", "sources-mat", "--data", data)
    for split, count in (("test", TEST), ("train", TRAINING)):
        first, second = (
            json.loads(workspace.cnn("eval", "sources-mat", "--data", each, "--json", "--split", split))
            for each in ("sources/idx", data))
        assert first["confusion"] == second["confusion"] and second["count"] == count, f"mat: {split}"
    print(f"mnist-original.mat: the same confusion matrices as from IDX files, on {TEST} and {TRAINING:,} images")


def check(workspace: Workspace) -> None:
    workspace.attempt(check_same_weights, workspace)
    workspace.attempt(check_colour, workspace)
    workspace.attempt(check_other_order, workspace)
