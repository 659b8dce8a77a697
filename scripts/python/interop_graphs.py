"""Graphs for scripts/check-interop, in the form of a config's `model`, and the same graphs in Keras."""

import numpy

from config_layers import pair, with_type
from graphs import FLATTEN, MEAN, chain, conv, dense, layer
from random_models import PARITY, THIRDS


def norm(name, source=None, **options):
    return layer("batch_norm", name, source, **options)


# name: model without its input, one channel of 28x28 pixels
GRAPHS = {
    # Norms behind a convolution, a pool, a flattened map and a dense layer; folded are all that read a layer with weights alone.
    "norms": chain(
        conv("conv1", 6, bias=False), norm("norm1"), layer("relu", "relu1"),
        layer("max_pool2d", "pool1", kernel=2), norm("norm2", momentum=0.3),
        conv("conv2", 5, stride=2), norm("norm3", epsilon=1e-3), layer("tanh", "tanh1"), FLATTEN, norm("norm4"),
        dense("fc1", 16), norm("norm5", unbiased=False), layer("relu", "relu2"), dense("fc2", 10, bias=False), norm("norm6")),
    # A convolution that something else reads and one with an activation keep their norms.
    "residual": chain(
        conv("stem", 8, stride=2, bias=False), norm("norm1"), layer("relu", "relu1"),
        conv("conv1", 8, bias=False), norm("norm2"), layer("add", "add1", ["norm2", "relu1"]), layer("relu", "relu2"),
        conv("conv2", 12, stride=2), norm("norm3"), conv("project", 12, 1, stride=2, bias=False, **{"from": "relu2"}),
        norm("norm4"), conv("conv3", 12, activation="relu", **{"from": "norm3"}), norm("norm5"),
        layer("add", "add2", ["norm3", "norm4", "norm5"]), conv("conv4", 12), norm("norm6"),
        layer("add", "add3", ["conv4", "norm6", "add2"]), layer("global_average_pool2d", "mean"), dense("fc", 10)),
    "activations": chain(
        conv("conv1", 6, stride=2), layer("leaky_relu", "leaky", slope=0.2), conv("conv2", 8, 3), layer("elu", "elu1", alpha=0.7),
        conv("conv3", 8, 1), layer("gelu", "gelu1"), conv("conv4", 8, 1), layer("gelu", "gelu2", approximate="tanh"),
        conv("conv5", 8, 3), layer("silu", "silu1"), FLATTEN,
        dense("fc1", 12, activation={"type": "leaky_relu", "slope": 0.3}), dense("fc2", 12, activation={"type": "elu", "alpha": 2}),
        dense("fc3", 12, activation="gelu"), dense("fc4", 12, activation={"type": "gelu", "approximate": "tanh"}),
        dense("fc5", 12, activation="silu"), dense("fc6", 12, activation="softmax"),
        dense("fc7", 12, activation="log_softmax"), dense("fc8", 12, activation="sigmoid"), dense("fc9", 10, activation="tanh")),
    "groups": chain(
        conv("stem", 6, stride=2, activation="relu"), conv("depthwise", 12, groups=6, bias=False), norm("norm1"),
        layer("silu", "silu1"), conv("groups", 8, groups=4, stride=2), norm("norm2"), layer("relu", "relu1"),
        conv("dilated", 6, [3, 2], groups=2, dilation=[2, 3], activation="relu"), FLATTEN, dense("fc", 10)),
    # Branches of maps and of features. Layers are listed in another order than Keras' own, by depth.
    "branches": chain(
        conv("stem", 4, stride=2, activation="relu"), conv("a1", 4), norm("a2"), conv("a3", 4), norm("a4"),
        conv("b1", 4, **{"from": "stem"}), norm("b2"), conv("b3", 4), layer("concat", "maps", ["b3", "a4", "stem", "b2"]),
        conv("mixed", 6, 3, stride=2), layer("max_pool2d", "pool", kernel=2, rounding="floor"), FLATTEN,
        layer("global_average_pool2d", "mean", "mixed"), layer("concat", "features", ["mean", "flat"]), norm("norm"),
        dense("fc1", 8, activation="softmax"), layer("concat", "again", ["fc1", "features", "fc1"]), dense("fc2", 10)),
    # An output that is a softmax within the loss and goes on, one under mse, flattened maps, log-probabilities, one in the middle.
    "outputs": chain(
        conv("stem", 4, stride=2, activation="relu"), layer("max_pool2d", "pool", kernel=2),
        conv("map", 10, 7, padding="valid"), layer("flatten", "ten"), layer("relu", "relu1", "pool"), FLATTEN,
        dense("early", 10), layer("relu", "relu2"), dense("digit", 10, activation="softmax"), dense("fc", 6, activation="tanh"),
        dense("scores", 2), layer("softmax", "parity"), dense("third", 3, activation="log_softmax", **{"from": "digit"}),
        outputs=[
            {"layer": "digit", "loss": "cross_entropy"}, {"layer": "parity", "loss": "mse", "labels": PARITY},
            {"layer": "ten", "weight": 0.5}, {"layer": "third", "loss": "nll", "labels": THIRDS}, {"layer": "early", "weight": 2}]),
    "softmax": chain(
        conv("conv1", 4, stride=2), FLATTEN, dense("digit", 10, activation="softmax"), dense("fc", 6),
        layer("relu", "relu1"), dense("thirds", 3), layer("softmax", "third"), layer("add", "twice", ["third", "third"]),
        dense("parity", 2), outputs=[
            {"layer": "digit", "loss": "mse"}, {"layer": "third", "labels": THIRDS}, {"layer": "parity", "labels": PARITY}]),
    # Classes that are pixels.
    "pixels": chain(
        conv("stem", 4, stride=4, activation="relu"), conv("map", 2, [7, 3], padding="valid"), norm("norm"), FLATTEN),
}
# Keras flattens maps channels last, so that these classes have another order there.
NOT_IN_KERAS = {"pixels"}
# The batch norms that are not folded: behind another layer, or behind one that has an activation or another reader.
KEPT_NORMS = {"norms": 2, "residual": 2, "branches": 1}


def keras_network(keras, model):
    """The functional model with a layer for each of the config's, channels last; its outputs are the scores of each output."""
    layers, activations = keras.layers, keras.activations

    def function(entry):
        if entry is None:
            return None
        options = with_type(entry)
        match options["type"]:
            case "leaky_relu":
                return lambda x: activations.leaky_relu(x, negative_slope=options.get("slope", 0.01))
            case "elu":
                return lambda x: activations.elu(x, alpha=options.get("alpha", 1))
            case "gelu":
                return lambda x: activations.gelu(x, approximate=options.get("approximate") == "tanh")
        return options["type"]

    def make(entry, name):
        match entry["type"]:
            case "conv2d":
                return layers.Conv2D(
                    entry["filters"], pair(entry["kernel"]), pair(entry.get("stride", 1)), entry.get("padding", "valid"),
                    dilation_rate=pair(entry.get("dilation", 1)), groups=entry.get("groups", 1),
                    activation=function(entry.get("activation")), use_bias=entry.get("bias", True), name=name)
            case "dense":
                return layers.Dense(
                    entry["units"], activation=function(entry.get("activation")), use_bias=entry.get("bias", True), name=name)
            case "batch_norm":
                return layers.BatchNormalization(
                    momentum=1 - entry.get("momentum", 0.1), epsilon=entry.get("epsilon", 1e-5), name=name)
            case "max_pool2d":
                return layers.MaxPooling2D(pair(entry["kernel"]), name=name)
            case "global_average_pool2d":
                return layers.GlobalAveragePooling2D(name=name)
            case "flatten":
                return layers.Flatten(name=name)
            case "add":
                return layers.Add(name=name)
            case "concat":
                return layers.Concatenate(name=name)
        return layers.Activation(function(entry), name=name)

    image = keras.Input((28, 28, 1))
    values, previous = {"input": image}, "input"
    for entry in model["layers"]:
        name, source = entry["name"], entry.get("from", previous)
        inputs = [values[each] for each in source] if isinstance(source, list) else values[source]
        values[name], previous = make(entry, name)(inputs), name
    names = [output["layer"] for output in model.get("outputs", [])] or [previous]
    return keras.Model(image, [values[name] for name in names])


def keras_scores(model, pixels):
    """The scores of each output, [N, classes], for images [N, 1, 28, 28] that are normalized."""
    results = model(pixels.transpose(0, 2, 3, 1))
    results = [numpy.asarray(scores) for scores in (results if isinstance(results, list) else [results])]
    return [numpy.moveaxis(scores, -1, 1).reshape(len(pixels), -1) for scores in results]
