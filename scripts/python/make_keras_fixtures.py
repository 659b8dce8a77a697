"""Writes Tests/Fixtures/keras: small models in every file format of Keras 3 and Keras 2, their outputs for some images, and
arrays in the forms of HDF5; needs keras, tensorflow, tf-keras of the same version, h5py and ml_dtypes."""

import gzip
import io
import json
import os
import zipfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import ml_dtypes
import numpy
import tf_keras

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "keras"
RANDOM = numpy.random.default_rng(16)


def sequential(api):
    layers = api.layers
    return api.Sequential([
        api.Input((8, 8, 1)),
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
        layers.LeakyReLU(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(5, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ])


def functional(api):
    """Two outputs; a normalization of RGB in front, a strided branch, a sum, a concatenation."""
    layers = api.layers
    image = api.Input((9, 9, 3), name="image")
    x = layers.Normalization(mean=[100.0, 120.0, 90.0], variance=[2500.0, 3600.0, 1600.0])(image)
    x = layers.ZeroPadding2D(((0, 1), (1, 0)))(x)
    x = layers.Conv2D(4, 3, strides=2, use_bias=False, name="stem.conv")(x)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.Activation("relu")(x)
    y = layers.SeparableConv2D(4, 3, padding="same")(x)
    x = layers.Add()([x, y])
    z = layers.AveragePooling2D(2, strides=1, padding="same")(x)
    x = layers.Concatenate()([x, z])
    flat = layers.Flatten()(x)
    flat = layers.BatchNormalization(center=False)(flat)
    first = layers.Dense(3, name="digit")(flat)
    first = layers.Softmax()(first)
    second = layers.Dense(2, activation="sigmoid", name="parity")(layers.GlobalAveragePooling2D()(x))
    return api.Model(image, [first, second])


def twelve(api):
    layers = [api.layers.Conv2D(2, 3, padding="same") for _ in range(12)]
    return api.Sequential([
        api.Input((6, 6)), api.layers.Rescaling(1 / 127.5, -1), api.layers.Reshape((6, 6, 1)), *layers,
        api.layers.GlobalMaxPooling2D()])


def perceptron(api):
    return api.Sequential([
        api.Input((16,)), api.layers.Dense(4, activation="tanh"), api.layers.Dense(2, activation="softmax")])


def filled(model):
    """The model with random weights; variances are positive."""
    def values(name, shape):
        spread = RANDOM.normal(0, 1, shape)
        if "variance" in name:
            return 0.5 + spread ** 2
        return spread * (1 if len(shape) < 2 else (2 / max(1, numpy.prod(shape[:-1]))) ** 0.5)

    for layer in model.layers:
        if not layer.name.startswith("normalization"):
            layer.set_weights([values(weight.name, weight.shape) for weight in layer.weights])
    return model


def outputs(model, scale):
    """Three images as bytes, channels last, and what the model makes of them, divided by `scale`."""
    images = RANDOM.integers(0, 256, (3, *model.input_shape[1:]))
    results = model.predict(images.astype(numpy.float32) / scale, verbose=0)
    results = results if isinstance(results, list) else [results]
    return {
        "shape": list(images.shape[1:]), "images": images.reshape(3, -1).tolist(),
        "outputs": [[[float(f"{value:.7g}") for value in row] for row in result.tolist()] for result in results],
    }


def packed(path: Path) -> None:
    """Replaces a file by a small one that is read in the same way: an archive by a compressed one, HDF5 by gzip."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, part in content.items():
                archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    else:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        path.unlink()


def write_renamed(source: str, target: str, rename) -> None:
    """Writes an archive with the groups of layers under other paths, as other versions and systems call them."""
    with zipfile.ZipFile(FOLDER / source) as archive:
        config, weights = archive.read("config.json"), archive.read("model.weights.h5")
    renamed = io.BytesIO()
    with h5py.File(io.BytesIO(weights)) as old, h5py.File(renamed, "w") as new:
        for name, layer in old["layers"].items():
            if len(layer["vars"]):
                group = rename(new, name)
                for number, values in layer["vars"].items():
                    group[number] = values[...]
    with zipfile.ZipFile(FOLDER / target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in [("config.json", config), ("model.weights.h5", renamed.getvalue())]:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def dependency(file, name):
    """TensorFlow 2.12 lists layers with weights twice: every second number is missing."""
    stem, _, number = name.partition("_")
    number = 2 * int(number or 0)
    return file.create_group(f"_layer_checkpoint_dependencies/{stem}{f'_{number}' if number else ''}/vars")


def write_models() -> None:
    reference = {}
    for name, make, scale in [
        ("sequential", sequential, 255), ("functional", functional, 1), ("twelve", twelve, 1), ("flat", perceptron, 255)]:
        keras.backend.clear_session()
        model = filled(make(keras))
        if name == "sequential":
            model.compile("sgd", "sparse_categorical_crossentropy")
        reference[name] = outputs(model, scale)
        model.save(FOLDER / f"{name}.keras")
        if name in ("sequential", "functional"):
            model.save(FOLDER / f"{name}.h5")
            model.save_weights(FOLDER / f"{name}.weights.h5")
    for name, make, scale in [("keras2-sequential", sequential, 255), ("keras2-functional", functional, 1)]:
        tf_keras.backend.clear_session()
        model = filled(make(tf_keras))
        reference[name] = outputs(model, scale)
        model.save(FOLDER / f"{name}.h5")
        if name == "keras2-sequential":
            model.save_weights(FOLDER / f"{name}-weights.h5")
    write_renamed("twelve.keras", "twelve-dependencies.keras", dependency)
    # On Windows the path of a group became its name.
    write_renamed("twelve.keras", "twelve-windows.keras", lambda file, name: file.create_group(f"layers\\{name}").create_group("vars"))
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".keras", ".h5") and not path.name.startswith(("sequential.keras", "twelve-")):
            packed(path)
    (FOLDER / "outputs.json").write_text(json.dumps(reference, separators=(",", ":")) + "\n")


def write_arrays() -> None:
    """The array 0 … 34, the element i being i / 4 in floating-point types, and others."""
    count = numpy.arange(35).reshape(5, 7)
    with h5py.File(FOLDER / "arrays.h5", "w") as file:
        for name, kind in [
            ("half", "<f2"), ("single", "<f4"), ("double", "<f8"), ("single-big", ">f4"), ("double-big", ">f8")]:
            file[name] = (count / 4).astype(kind)
        for kind in ["<i1", "<u1", "<i2", ">u2", "<i4", ">i4", "<u4", "<i8", ">u8"]:
            file[f"whole{kind.replace('<', '-').replace('>', '-big-')}"] = count.astype(kind)
        brain = file.create_dataset("brain", data=(count / 4).astype(ml_dtypes.bfloat16))
        brain.attrs["dtype"] = "bfloat16"
        file.create_dataset("chunked", data=count / 4, dtype="<f4", chunks=(2, 3), compression="gzip", shuffle=True)
        file.create_dataset("chunked-plain", data=count / 4, dtype="<f4", chunks=(5, 2))
        file.create_dataset("chunked-lzf", data=count * 0, dtype="<f4", chunks=(5, 7), compression="lzf")
        file["scalar"] = numpy.float32(1.5)
        file["none"] = numpy.zeros((0, 3), numpy.float32)
        file["texts"] = ["a", "b"]
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        space, kind = h5py.h5s.create_simple((2,)), h5py.h5t.IEEE_F32LE
        h5py.h5d.create(file.id, b"compact", kind, space, compact).write(
            h5py.h5s.ALL, h5py.h5s.ALL, numpy.array([1, -2], numpy.float32))
        file.attrs["fixed"] = numpy.array([b"one", b"three"])
        file.attrs["variable"] = ["ene", "m\u00eane", ""]
        file.attrs["number"] = 7
        file.create_group("group").attrs["text"] = "x" * 300
    # Newer forms: superblock 3, headers of version 2, link messages, layouts of version 4.
    with h5py.File(FOLDER / "latest.h5", "w", libver="latest") as file:
        file["group/single"] = (count / 4).astype("<f4")
        file.create_dataset("one-chunk", data=count / 4, dtype="<f4", chunks=(5, 7), compression="gzip")
        file.create_dataset("fixed", data=count / 4, dtype="<f4", chunks=(2, 3), compression="gzip", shuffle=True)
        file.create_dataset("fixed-plain", data=count / 4, dtype="<f4", chunks=(2, 3))
        file.attrs["variable"] = ["ene", "mene"]
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_chunk((5, 2))
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        early.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        implicit = h5py.h5d.create(file.id, b"implicit", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((5, 7)), early)
        implicit.write(h5py.h5s.ALL, h5py.h5s.ALL, (count / 4).astype(numpy.float32))
    # Small ones for fuzzing: the forms of most files, and the lists of names of Keras 2.
    with h5py.File(FOLDER / "seed-arrays.h5", "w") as file:
        file.create_dataset("chunked", data=count / 4, dtype="<f4", chunks=(2, 7), compression="gzip", shuffle=True)
        file["group/whole"] = count[:1].astype(">i2")
        file.attrs["fixed"] = numpy.array([b"one", b"three"])
        file.attrs["variable"] = ["ene", "mene"]
    layer = {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 4]}}
    with h5py.File(FOLDER / "seed-names.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [layer]}})
        file.attrs["training_config"] = json.dumps({"loss": "mse"})
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        group = group.create_group("d")
        group.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
        group["d/kernel:0"] = numpy.ones((4, 2), numpy.float32)
        group["d/bias:0"] = numpy.zeros(2, numpy.float32)
    with h5py.File(FOLDER / "seed-numbers.h5", "w") as file:
        file["layers/dense/vars/0"] = numpy.ones((4, 2), numpy.float32)
        file["layers/dense/vars/1"] = numpy.zeros(2, numpy.float32)
    with h5py.File(FOLDER / "dense.h5", "w", libver="latest") as file:
        for number in range(9):
            file[str(number)] = numpy.float32(number)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_models()
    write_arrays()
