"""Random small networks in the form of a config's `model`: chains and graphs, whose every value leads to an output.

They have residual blocks, branches that are added or concatenated, values with three readers, activations that could be
computed in place beside another reader, norms, pools, groups, dilation, and one to three outputs, some of which go on.
"""

import random

from graph_models import make_module, output_shape

PARITY = [0, 1] * 5
THIRDS = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
ACTIVATIONS = [
    {"type": "relu"}, {"type": "relu"}, {"type": "leaky_relu", "slope": 0.2}, {"type": "elu"},
    {"type": "gelu"}, {"type": "gelu", "approximate": "tanh"}, {"type": "silu"}, {"type": "tanh"},
    {"type": "sigmoid"}]


def random_model(seed, input_shape):
    """A `model` for ten classes, the same for the same seed and input shape [C, H, W]."""
    return Builder(random.Random(seed), input_shape).model()


class Builder:
    """Appends layers; methods take and return names of values."""

    def __init__(self, source, input_shape):
        self.random, self.layers, self.outputs = source, [], []
        self.shapes, self.previous, self.counts = {"input": tuple(input_shape)}, "input", {}

    def model(self):
        """Maps, flat features, and the outputs at their end and on the way."""
        value = self.stem("input")
        for _ in range(self.random.randint(1, 3)):
            value = self.map_block(value)
        if self.random.random() < 0.25:
            self.side_output(value)
        value = self.features(value)
        for _ in range(self.random.randint(0, 2)):
            value = self.feature_block(value)
        self.main_output(value)
        model = {"input": list(self.shapes["input"]), "layers": self.layers}
        is_default = self.outputs == [{"layer": self.previous}]
        return model if is_default and self.random.random() < 0.7 else {**model, "outputs": self.outputs}

    def add(self, kind, *sources, **options):
        """Appends a layer that reads `sources`; returns its name."""
        prefix = {"conv2d": "conv", "dense": "fc", "batch_norm": "norm", "global_average_pool2d": "mean"}.get(kind, kind)
        self.counts[prefix] = self.counts.get(prefix, 0) + 1
        layer = {"type": kind, "name": f"{prefix}{self.counts[prefix]}", **options}
        if len(sources) > 1 or sources[0] != self.previous:
            layer["from"] = list(sources) if len(sources) > 1 else sources[0]
        shapes = [self.shapes[source] for source in sources]
        self.shapes[layer["name"]] = output_shape(make_module(layer, shapes[0]), shapes)
        self.layers.append(layer)
        self.previous = layer["name"]
        return layer["name"]

    # Maps

    def conv(self, value, filters, kernel=3, stride=1, **options):
        """A convolution that fits any map; the size stays that of `padding` "same"."""
        channels = self.shapes[value][0]
        if "groups" not in options and channels > 1 and self.random.random() < 0.25:
            fitting = [n for n in range(2, channels + 1) if channels % n == 0 and filters % n == 0]
            if fitting:
                options["groups"] = self.random.choice(fitting)
        if options.get("groups") == 1:
            del options["groups"]
        if kernel != 1 and stride == 1 and self.random.random() < 0.2:
            options["dilation"] = self.random.choice([2, [1, 2], [3, 1]])
        if stride != 1:
            options["stride"] = stride
        if self.random.random() < 0.3:
            options["bias"] = False
        return self.add("conv2d", value, filters=filters, kernel=kernel, padding="same", **options)

    def activation(self, value):
        options = dict(self.random.choice(ACTIVATIONS))
        return self.add(options.pop("type"), value, **options)

    def norm(self, value):
        options = self.random.choice([{}, {}, {"epsilon": 1e-3, "momentum": 0.01, "unbiased": False}, {"momentum": 0.3}])
        return self.add("batch_norm", value, **options)

    def filters(self):
        return self.random.choice([2, 3, 4, 4, 6, 6, 8, 17])

    def stem(self, value):
        """Two or three layers behind the image, and smaller maps where it is large."""
        _, height, width = self.shapes[value]
        stride = 2 if height > 12 else self.random.choice([1, 1, 2])
        value = self.conv(value, self.filters(), self.random.choice([1, 3, 3, [3, 2], 5]), stride)
        if self.random.random() < 0.5:
            value = self.norm(value)
        value = self.activation(value)
        return self.pool(value) if height > 12 else value

    def pool(self, value):
        kind = self.random.choice(["max_pool2d", "max_pool2d", "average_pool2d", "min_pool2d"])
        if min(self.shapes[value][1:]) < 3:
            return self.add(kind, value, kernel=2, stride=1, padding="same")
        options = self.random.choice([
            {"kernel": 2, "rounding": "floor"}, {"kernel": 3, "stride": 2, "padding": "same"},
            {"kernel": 3, "stride": 2, "padding": 1, "rounding": "floor"}, {"kernel": 3, "stride": 1, "padding": "same"}])
        return self.add(kind, value, **options)

    def map_block(self, value):
        return self.random.choice([
            self.plain, self.plain, self.pool, self.residual, self.residual, self.projection, self.inception,
            self.three_readers, self.beside_reader, self.separable, self.with_image, self.two_sums,
            self.long_skip, self.pooled_sum])(value)

    def plain(self, value):
        """Convolution, perhaps a norm, activation: as layers of their own or in short."""
        if self.random.random() < 0.4:
            return self.conv(value, self.filters(), activation=self.shorthand())
        options = {"kernel": 3, "rounding": "floor"}
        if min(self.shapes[value][1:]) > 5 and self.random.random() < 0.5:
            padding = self.random.choice(["valid", 1, [0, 2], [1, 0, 2, 1]])
            value = self.add("conv2d", value, filters=self.filters(), padding=padding, **options)
        else:
            value = self.conv(value, self.filters())
        return self.activation(self.norm(value) if self.random.random() < 0.6 else value)

    def shorthand(self):
        options = self.random.choice(ACTIVATIONS)
        return options["type"] if len(options) == 1 else options

    def residual(self, value):
        """x + f(x), with the order of the two random."""
        channels = self.shapes[value][0]
        inner = self.activation(self.norm(self.conv(value, channels, bias=False)))
        inner = self.norm(self.conv(inner, channels, groups=1))
        pair = [inner, value]
        self.random.shuffle(pair)
        return self.activation(self.add("add", *pair))

    def projection(self, value):
        """A residual block with a stride, whose shortcut is a 1x1 convolution."""
        channels = 2 * self.shapes[value][0]
        inner = self.norm(self.conv(value, channels, stride=2))
        shortcut = self.conv(value, channels, kernel=1, stride=2, groups=1)
        if self.random.random() < 0.5:
            shortcut = self.norm(shortcut)
        return self.activation(self.add("add", inner, shortcut))

    def inception(self, value):
        branches = [self.conv(value, self.filters(), kernel=1), self.activation(self.conv(value, self.filters()))]
        if self.random.random() < 0.5:
            branches.append(self.add("max_pool2d", value, kernel=3, stride=1, padding="same"))
        if self.random.random() < 0.3:
            branches.append(value)
        self.random.shuffle(branches)
        return self.add("concat", *branches)

    def three_readers(self, value):
        """A value that two layers and a sum of three read."""
        first = self.conv(value, self.shapes[value][0], groups=1)
        second = self.norm(value) if self.random.random() < 0.5 else self.activation(value)
        terms = [value, first, second]
        self.random.shuffle(terms)
        return self.add("add", *terms)

    def beside_reader(self, value):
        """An activation that cannot be computed in place, because a layer before or behind it reads the same value."""
        value = self.conv(value, self.filters())
        readers = [self.activation, lambda source: self.conv(source, self.shapes[source][0], groups=1)]
        self.random.shuffle(readers)
        return self.add(self.random.choice(["add", "concat"]), *(reader(value) for reader in readers))

    def separable(self, value):
        """A depthwise convolution, with a multiplier or not, and a pointwise one."""
        channels = self.shapes[value][0]
        value = self.conv(
            value, channels * self.random.choice([1, 2]), stride=self.random.choice([1, 2]), groups=channels)
        value = self.conv(self.norm(value), self.filters(), kernel=1)
        return self.activation(value)

    def two_sums(self, value):
        """Sums one behind the other, of which the second reads a value of the first again."""
        value = self.conv(value, self.filters())
        inner = self.activation(self.conv(value, self.shapes[value][0], groups=1))
        first = self.add("add", inner, value)
        if self.random.random() < 0.5:
            first = self.activation(first)
        return self.add("add", first, self.random.choice([value, inner, first]))

    def long_skip(self, value):
        """A value that is read again behind two blocks, perhaps with a score of its own on the way."""
        channels = self.shapes[value][0]
        inner = self.residual(self.residual(value))
        if self.random.random() < 0.3:
            self.side_output(inner)
        return self.add("add", self.conv(inner, channels, kernel=1, groups=1), value)

    def pooled_sum(self, value):
        """Two convolutions of one value, at times of the image, added and pooled."""
        source = "input" if self.shapes[value][1:] == self.shapes["input"][1:] else value
        filters = self.filters()
        pair = [self.conv(source, filters, groups=1), self.conv(value, filters, groups=1)]
        return self.pool(self.add("add", *pair))

    def with_image(self, value):
        """Channels of the image beside those of a value of the same size."""
        if self.shapes[value][1:] != self.shapes["input"][1:]:
            return self.plain(value)
        return self.conv(self.add("concat", "input", value), self.filters())

    # Flat features

    def features(self, value):
        """Means of maps, all pixels, or both."""
        while self.size(value) > 600:
            value = self.pool(self.conv(value, 4, kernel=1, stride=2))
        kind = self.random.choice(["flatten", "global_average_pool2d", "both"])
        if kind != "both":
            return self.add(kind, value)
        return self.add("concat", self.add("flatten", value), self.add("global_average_pool2d", value))

    def size(self, value):
        channels, height, width = self.shapes[value]
        return channels * height * width

    def feature_block(self, value):
        kind = self.random.choice(["plain", "norm", "residual", "concat"])
        units = self.random.choice([5, 8, 12, 16, 20])
        if kind == "plain":
            return self.add("dense", value, units=units, activation=self.shorthand())
        if kind == "norm":
            return self.activation(self.norm(self.add("dense", value, units=units, bias=False)))
        narrow = self.activation(self.add("dense", value, units=units))
        wide = self.add("dense", value if kind == "concat" else narrow, units=units)
        return self.add("add" if kind == "residual" else "concat", narrow, wide)

    # Outputs

    def main_output(self, value):
        """Ten scores, at times behind a log-softmax, and perhaps an output that reads them."""
        style = self.random.choice(["plain", "plain", "plain", "log_softmax", "mse", "softmax", "goes on"])
        scores = self.add("dense", value, units=10)
        if style == "log_softmax":
            scores = self.add("log_softmax", scores)
        if style == "softmax":
            scores = self.add("softmax", scores)
        entry = {"layer": scores}
        if style == "log_softmax" and self.random.random() < 0.7:
            entry["loss"] = "nll"
        elif style == "mse":
            entry["loss"] = "mse"
        self.outputs.insert(0, entry)
        if style == "goes on" or self.random.random() < 0.2:
            self.labelled_output(self.activation(scores) if self.random.random() < 0.5 else scores)
        elif self.random.random() < 0.25:
            self.labelled_output(value)

    def side_output(self, value):
        self.labelled_output(self.add("global_average_pool2d", value))

    def labelled_output(self, value):
        labels = self.random.choice([PARITY, THIRDS, None])
        scores = self.add("dense", value, units=max(labels) + 1 if labels else 10)
        entry = {"layer": scores, "weight": self.random.choice([0.3, 0.5, 1, 2])}
        self.outputs.append({**entry, "labels": labels} if labels else entry)
