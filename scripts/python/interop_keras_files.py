"""Checks the files of Keras 3 and Keras 2: a sequential and a functional model in every format, trained on MNIST."""

from collections.abc import Callable
from types import ModuleType

import keras
import numpy
import tf_keras

import mnist
from interop_files import check_file, check_start, network_config, report, softmax
from interop_workspace import Workspace

IMAGES, BATCH = 8_000, 32
APIS = {"Keras 3": keras, "Keras 2": tf_keras}


def sequential(api: ModuleType) -> keras.Model:
    """Bytes in, which the first layer scales; probabilities out."""
    layers = api.layers
    return api.Sequential([
        api.Input((28, 28, 1)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(8, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(32, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])


def functional(api: ModuleType) -> keras.Model:
    """Pixels from 0 to 1 without a channel in, logits out; a residual branch, and two ways to the features."""
    layers = api.layers
    image = api.Input((28, 28))
    x = layers.Reshape((28, 28, 1))(image)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.Conv2D(8, 3, padding="same")(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    x = layers.Add()([x, y])
    z = layers.MaxPooling2D()(x)
    z = layers.Conv2D(12, 3, padding="same", activation="relu")(z)
    features = layers.Concatenate()([layers.Flatten()(z), layers.GlobalAveragePooling2D()(x)])
    return api.Model(image, layers.Dense(10)(features))


def inputs(model: keras.Model, pixels: numpy.ndarray) -> numpy.ndarray:
    """Bytes [N, 1, 28, 28] as a model of this page reads them."""
    if len(model.input_shape) == 4:
        return pixels.transpose(0, 2, 3, 1).astype(numpy.float32)
    return pixels[:, 0].astype(numpy.float32) / 255


def stem(version: str, make: Callable[[ModuleType], keras.Model]) -> str:
    """The name of a model's files without an ending."""
    return f"{version.replace(' ', '').lower()}-{make.__name__}"


def check_model(workspace: Workspace, version: str, make: Callable[[ModuleType], keras.Model]) -> None:
    """Trains for an epoch on 8,000 images, saves, and compares."""
    api = APIS[version]
    api.utils.set_random_seed(1)
    model = make(api)
    is_sequential = make is sequential
    images, labels = mnist.load(workspace.data, "train")
    model.compile("adam", api.losses.SparseCategoricalCrossentropy(from_logits=not is_sequential))
    model.fit(inputs(model, images[:IMAGES]), labels[:IMAGES], batch_size=BATCH, verbose=0)
    scores = numpy.asarray(model.predict(inputs(model, workspace.pixels), verbose=0))
    probabilities = scores if is_sequential else softmax(scores)

    name = stem(version, make)
    model.save(f"{name}.keras")
    model.save(f"{name}.h5")
    # Keras 2 knows its own format of weights alone by the ending .h5, and Keras 3's by .weights.h5.
    weights = [f"{name}.weights.h5", *([f"{name}-only.h5"] if api is tf_keras else [])]
    for file in weights:
        model.save_weights(file)
    counts = {file: check_file(workspace, file, probabilities) for file in (f"{name}.keras", f"{name}.h5")}
    config = network_config(workspace, f"{name}.keras", f"{name}.json")
    counts |= {file: check_file(workspace, file, probabilities, "--config", config) for file in weights}
    report(version, counts)


def check(workspace: Workspace) -> None:
    for version in APIS:
        for make in (sequential, functional):
            workspace.attempt(check_model, workspace, version, make)
            for ending in ("keras", "h5"):
                workspace.attempt(check_start, workspace, f"{stem(version, make)}.{ending}")
