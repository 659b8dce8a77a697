"""PyTorch models of the networks in configs/: the same layers under the same names, up to the logits."""

from collections import OrderedDict

from torch import nn


def network(*layers):
    """A Sequential of (name, module) pairs and of modules, which are named by type and number: relu1."""
    named, counts = OrderedDict(), {}
    for layer in layers:
        if isinstance(layer, tuple):
            name, module = layer
        else:
            module, kind = layer, type(layer).__name__.lower()
            counts[kind] = counts.get(kind, 0) + 1
            name = f"{kind}{counts[kind]}"
        named[name] = module
    return nn.Sequential(named)


def torch_lenet(dropout=False):
    return network(
        ("conv1", nn.Conv2d(1, 6, 5)), nn.ReLU(), nn.MaxPool2d(2),
        ("conv2", nn.Conv2d(6, 16, 5)), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), ("fc1", nn.Linear(256, 64)), nn.ReLU(), ("fc2", nn.Linear(64, 10)))


def keras_lenet(dropout=False):
    return network(
        ("conv1", nn.Conv2d(1, 6, 5, padding="same")), nn.ReLU(), nn.MaxPool2d(2),
        ("conv2", nn.Conv2d(6, 6, 5, padding="same")), nn.ReLU(), nn.MaxPool2d(2),
        ("conv3", nn.Conv2d(6, 6, 5, padding="same")), nn.ReLU(),
        nn.Flatten(), ("fc1", nn.Linear(294, 84)), nn.ReLU(), ("fc2", nn.Linear(84, 10)))


def simple_convnet(dropout=False):
    return network(
        ("conv1", nn.Conv2d(1, 30, 5)), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), ("fc1", nn.Linear(4320, 100)), nn.ReLU(), ("fc2", nn.Linear(100, 10)))


def tf_convnet(dropout=False):
    """`ceil_mode` equals TensorFlow's SAME padding here: windows may extend beyond the input, and padding is ignored."""
    def conv(number, inputs, outputs):
        yield f"conv{number}", nn.Conv2d(inputs, outputs, 3, padding="same", bias=False)
        yield from [nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)] + [nn.Dropout(0.2)] * dropout

    return network(
        *conv(1, 1, 32), *conv(2, 32, 64), *conv(3, 64, 128), nn.Flatten(),
        ("fc1", nn.Linear(2048, 625, bias=False)), nn.ReLU(), *[nn.Dropout(0.5)] * dropout,
        ("fc2", nn.Linear(625, 10, bias=False)))


def mlp_regularized(dropout=False):
    return network(nn.Flatten(), ("fc1", nn.Linear(784, 64)), ("fc2", nn.Linear(64, 10)))


def rgb_vgg(dropout=False):
    layers, inputs, number = [], 3, 0
    for outputs in (16, 32, 64):
        for _ in range(2):
            number += 1
            layers += [(f"conv{number}", nn.Conv2d(inputs, outputs, 3, padding="same")), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return network(
        *layers, nn.Flatten(), ("fc1", nn.Linear(1024, 128)), nn.ReLU(), ("fc2", nn.Linear(128, 10)))


def lenet(dropout=False):
    return network(
        ("conv1", nn.Conv2d(1, 6, 5, padding=2)), nn.ReLU(), nn.MaxPool2d(2),
        ("conv2", nn.Conv2d(6, 16, 5)), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), ("fc1", nn.Linear(400, 120)), nn.ReLU(), ("fc2", nn.Linear(120, 84)), nn.ReLU(),
        ("fc3", nn.Linear(84, 10)))


MODELS = {
    "torch-lenet": torch_lenet, "keras-lenet": keras_lenet, "simple-convnet": simple_convnet,
    "tf-convnet": tf_convnet, "mlp-regularized": mlp_regularized, "rgb-vgg": rgb_vgg, "lenet": lenet,
}
PARAMETER_COUNTS = {
    "torch-lenet": 19_670, "keras-lenet": 27_598, "simple-convnet": 433_890, "tf-convnet": 1_378_698,
    "mlp-regularized": 50_890, "rgb-vgg": 204_570, "lenet": 61_706,
}


def input_shape(name):
    """The shape of one image, [C, H, W]."""
    return (3, 32, 32) if name == "rgb-vgg" else (1, 28, 28)


def describe(model):
    """The layers in the form of a config's `model.layers`."""
    return [describe_layer(name, module) for name, module in model.named_children()]


def describe_layer(name, module):
    match module:
        case nn.Conv2d():
            return {
                "type": "conv2d", "name": name, "filters": module.out_channels,
                "kernel": module.kernel_size[0],
                "padding": "same" if module.padding == "same" else module.padding[0],
                "bias": module.bias is not None}
        case nn.Linear():
            return {
                "type": "dense", "name": name, "units": module.out_features, "bias": module.bias is not None}
        case nn.MaxPool2d():
            return {
                "type": "max_pool2d", "kernel": 2, "stride": 2,
                "padding": "same" if module.ceil_mode else "valid"}
        case nn.ReLU():
            return {"type": "relu"}
        case nn.Flatten():
            return {"type": "flatten"}
    raise TypeError(f"{name} is no layer of a config")
