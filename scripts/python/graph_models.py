"""PyTorch models of configs: `GraphModel` reads a config's `model` with its layers, their `from`, and its outputs.

The names of the tensors in the state dict are those of a checkpoint: <layer>.weight, <layer>.running_mean, ...
"""

import torch
from torch import nn
from torch.nn import functional

from config_layers import pair, window_sides, with_type

DEFAULT_LOSS = {"type": "cross_entropy"}
# Keys that change neither the outputs nor their gradients.
IGNORED_KEYS = {"type", "name", "from", "init", "bias_init", "rounding"}


class GraphModel(nn.Module):
    """The network of a config's `model`; `loss` is the config's, for outputs that do not name their own."""

    def __init__(self, model, loss=DEFAULT_LOSS):
        super().__init__()
        self.input_shape = tuple(model.get("input", (1, 28, 28)))
        self.nodes = []  # (layer's name, names of the layers that it reads)
        shapes, counts, previous = {"input": self.input_shape}, {}, "input"
        for layer in map(with_type, model["layers"]):
            kind = layer["type"]
            counts[kind] = counts.get(kind, 0) + 1
            name = layer.get("name", f"{kind}{counts[kind]}")
            sources = layer.get("from", previous)
            sources = sources if isinstance(sources, list) else [sources]
            module = make_module(layer, shapes[sources[0]])
            # add_module refuses the names of a Module's own methods, such as "double".
            self._modules[name] = module
            self.nodes.append((name, sources))
            shapes[name] = output_shape(module, [shapes[source] for source in sources])
            previous = name
        self.shapes = shapes
        self.outputs = [
            Output(output, with_type(output.get("loss", loss)), self.last_type(output["layer"], model))
            for output in model.get("outputs") or [{"layer": previous}]]

    def last_type(self, name, model):
        """The type of the function that computes the values of the layer `name`."""
        index = [node for node, _ in self.nodes].index(name)
        layer = with_type(model["layers"][index])
        return with_type(layer.get("activation", layer))["type"]

    def values(self, x):
        """The value of every layer, by name."""
        values = {"input": x}
        for name, sources in self.nodes:
            values[name] = self._modules[name](*(values[source] for source in sources))
        return values

    def forward(self, x):
        """The scores of each output, [N, classes]."""
        values = self.values(x)
        return [values[output.layer].flatten(1) for output in self.outputs]

    def losses(self, scores, classes):
        """The weighted sum of the outputs' losses, and the loss of each; `classes` are those of the data."""
        losses = [output.loss(each, classes) for output, each in zip(self.outputs, scores, strict=True)]
        return sum(output.weight * loss for output, loss in zip(self.outputs, losses)), losses

    def correct(self, scores, classes):
        """The number of right predictions of each output."""
        return [
            (each.argmax(1) == output.labels(classes)).sum().item()
            for output, each in zip(self.outputs, scores, strict=True)]

    def statistics(self):
        """Running means and variances by name, without the counts of batches."""
        return {name: tensor for name, tensor in self.named_buffers() if tensor.is_floating_point()}


class Output:
    """An entry of `model.outputs`."""

    def __init__(self, entry, loss, layer_type):
        self.layer, self.weight, self.map = entry["layer"], entry.get("weight", 1), entry.get("labels")
        self.loss_type, self.layer_type = loss["type"], layer_type

    def labels(self, classes):
        """The output's labels of images of these classes."""
        return classes if self.map is None else torch.tensor(self.map)[classes]

    def loss(self, scores, classes):
        labels = self.labels(classes)
        match self.loss_type:
            case "cross_entropy" if self.layer_type == "softmax":
                return functional.nll_loss(scores.log(), labels)
            case "cross_entropy":
                return functional.cross_entropy(scores, labels)
            case "nll":
                return functional.nll_loss(scores, labels)
            case "mse":
                return functional.mse_loss(scores, functional.one_hot(labels, scores.shape[1]).to(scores))
        raise ValueError(f"no loss {self.loss_type}")


# Layers


class Conv2d(nn.Conv2d):
    """A convolution with padding on any side and an activation."""

    def __init__(self, layer, shape):
        super().__init__(
            shape[0], layer["filters"], pair(layer["kernel"]), pair(layer.get("stride", 1)),
            dilation=pair(layer.get("dilation", 1)), groups=layer.get("groups", 1), bias=layer.get("bias", True))
        self.sides = window_sides(layer, shape)
        self.activation = activation(layer.get("activation"))

    def forward(self, x):
        return self.activation(super().forward(functional.pad(x, self.sides)))


class Linear(nn.Linear):
    """A dense layer with an activation."""

    def __init__(self, layer, shape):
        super().__init__(shape[0], layer["units"], layer.get("bias", True))
        self.activation = activation(layer.get("activation"))

    def forward(self, x):
        return self.activation(super().forward(x))


class BatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm of maps or of flat features. With `unbiased` false the running variance is that of the batch, as in Keras;
    PyTorch's own divides by the number of values less one."""

    def __init__(self, layer, shape):
        super().__init__(shape[0], layer.get("epsilon", 1e-5), layer.get("momentum", 0.1))
        self.unbiased = layer.get("unbiased", True)

    def _check_input_dim(self, x):
        pass

    def forward(self, x):
        if self.unbiased or not self.training:
            return super().forward(x)
        with torch.no_grad():
            variance, mean = torch.var_mean(x, [0, *range(2, x.dim())], correction=0)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance, self.momentum)
            self.num_batches_tracked.add_(1)
        return functional.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)


class Pool2d(nn.Module):
    """A pool with padding on any side. Padding never counts in a maximum or minimum; in a mean, that of "same" does not."""

    def __init__(self, layer, shape):
        super().__init__()
        layer = {"kernel": 2, **layer}
        self.kind, self.kernel = layer["type"], pair(layer["kernel"])
        self.stride = pair(layer.get("stride", layer["kernel"]))
        self.sides, self.is_same = window_sides({**layer, "stride": self.stride}, shape), layer.get("padding") == "same"

    def forward(self, x):
        if self.kind == "average_pool2d":
            means = functional.avg_pool2d(functional.pad(x, self.sides), self.kernel, self.stride)
            if not self.is_same:
                return means
            pixels = functional.pad(torch.ones_like(x[:1, :1]), self.sides)
            return means / functional.avg_pool2d(pixels, self.kernel, self.stride)
        sign = -1 if self.kind == "min_pool2d" else 1
        padded = functional.pad(sign * x, self.sides, value=-torch.inf)
        return sign * functional.max_pool2d(padded, self.kernel, self.stride)


class Function(nn.Module):
    """A layer without parameters."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


ACTIVATIONS = {
    "relu": lambda options: functional.relu,
    "leaky_relu": lambda options: lambda x: functional.leaky_relu(x, options.get("slope", 0.01)),
    "elu": lambda options: lambda x: functional.elu(x, options.get("alpha", 1)),
    "gelu": lambda options: lambda x: functional.gelu(x, approximate=options.get("approximate", "none")),
    "silu": lambda options: functional.silu,
    "sigmoid": lambda options: torch.sigmoid,
    "tanh": lambda options: torch.tanh,
    "softmax": lambda options: lambda x: functional.softmax(x, dim=1),
    "log_softmax": lambda options: lambda x: functional.log_softmax(x, dim=1),
}
ACTIVATION_KEYS = {"leaky_relu": {"slope"}, "elu": {"alpha"}, "gelu": {"approximate"}}
WEIGHT_KEYS = {"bias", "activation"}
WINDOW_KEYS = {"kernel", "stride", "padding"}
# The keys of each layer that a model is made from. A key that stands nowhere, such as a regularizer's, is refused.
LAYER_KEYS = {
    "conv2d": {"filters", "groups", "dilation"} | WINDOW_KEYS | WEIGHT_KEYS, "dense": {"units"} | WEIGHT_KEYS,
    "batch_norm": {"epsilon", "momentum", "unbiased"},
    **{f"{kind}_pool2d": WINDOW_KEYS for kind in ("max", "min", "average")},
    "dropout": {"rate"}, "reshape": {"shape"}, **ACTIVATION_KEYS,
}


def make_module(layer, shape):
    """The module of a layer whose first input has the shape [C, H, W] or [features]."""
    kind = layer["type"]
    if unknown := set(layer) - IGNORED_KEYS - LAYER_KEYS.get(kind, set()):
        raise ValueError(f"{layer.get('name', kind)}: {', '.join(sorted(unknown))} has no counterpart here")
    match kind:
        case "conv2d":
            return Conv2d(layer, shape)
        case "dense":
            return Linear(layer, shape)
        case "batch_norm":
            return BatchNorm(layer, shape)
        case "max_pool2d" | "min_pool2d" | "average_pool2d":
            return Pool2d(layer, shape)
        case "dropout":
            return nn.Dropout(layer["rate"])
        case "global_average_pool2d":
            return Function(lambda x: x.mean((2, 3)))
        case "flatten":
            return Function(lambda x: x.flatten(1))
        case "reshape":
            return Function(lambda x: x.reshape(len(x), *layer["shape"]))
        case "add":
            return Function(lambda *inputs: sum(inputs[1:], start=inputs[0]))
        case "concat":
            return Function(lambda *inputs: torch.cat(inputs, dim=1))
    return Function(activation(layer))


def output_shape(module, shapes):
    """The output of a layer for one image, found by calling it on an image of zeros."""
    is_training = module.training
    with torch.no_grad():
        y = module.eval()(*(torch.zeros(1, *shape) for shape in shapes))
    module.train(is_training)
    return tuple(y.shape[1:])


def activation(entry):
    """The function of an activation's entry in a config; the identity for None."""
    if entry is None:
        return lambda x: x
    options = with_type(entry)
    return ACTIVATIONS[options["type"]](options)


def make_optimizer(config, parameters):
    """PyTorch's optimizer of a config's `optimizer` in the flavor "torch"."""
    options = dict(with_type(config))
    kind = options.pop("type", "adam")
    if options.pop("flavor", "torch") != "torch":
        raise ValueError("only the flavor torch is PyTorch's")
    options.pop("schedule", None)
    decoupled = options.pop("decoupled_weight_decay", False)
    if "beta1" in options or "beta2" in options:
        options["betas"] = (options.pop("beta1", 0.9), options.pop("beta2", 0.999))
    names = {"epsilon": "eps", "rho": "alpha", "initial_accumulator": "initial_accumulator_value"}
    options = {names.get(key, key): value for key, value in options.items()}
    if options.pop("epsilon_inside_sqrt", False) or options.pop("initial_mean_square", 0):
        raise ValueError("PyTorch has neither epsilon_inside_sqrt nor initial_mean_square")
    optimizer = {
        "sgd": torch.optim.SGD, "adam": torch.optim.AdamW if decoupled else torch.optim.Adam,
        "adagrad": torch.optim.Adagrad, "rmsprop": torch.optim.RMSprop}[kind]
    defaults = {"sgd": 0.01, "adagrad": 0.01}
    return optimizer(parameters, **{"lr": defaults.get(kind, 0.001), "foreach": False, **options})
