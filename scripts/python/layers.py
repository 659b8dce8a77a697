"""layers.safetensors: forward and every gradient of each layer kind, by PyTorch, TensorFlow and Keras in float64.

The input is values(salt 4) times the case's `input_scale`, plus its `input_offset`, in float32; the upstream gradient is
values(salt 3); weight and bias are parameters 0 and 1, and those of a norm have a fan-in of 1. Numeric padding is computed by
PyTorch, "same" by TensorFlow where that can, a norm with a biased running variance by Keras.

CASE.y, .dx, .dw, .db: output and gradients. For a norm also CASE.running_mean and .running_var, from 0 and 1 after one
training step, and CASE.y_eval, what evaluation with these makes of the same input.
"""

import math

from config_layers import pair, parameter_shapes
from fixture_values import INPUT, UPSTREAM, parameter, values
from fixture_writer import call_in_subprocess, framework_version, save_tensors


def conv(filters, kernel, padding="valid", stride=1, **options):
    return {
        "type": "conv2d", "filters": filters, "kernel": kernel, "stride": stride, "padding": padding,
        **options}


def pool(kind, kernel, stride, padding="valid", **options):
    return {"type": f"{kind}_pool2d", "kernel": kernel, "stride": stride, "padding": padding, **options}


def norm(**options):
    return {"type": "batch_norm", **options}


FLOOR = {"rounding": "floor"}
# The defaults of Keras' layer, whose momentum is what remains of the statistics before.
KERAS_NORM = {"epsilon": 1e-3, "momentum": 0.01, "unbiased": False}

# name: (input shape [N, C, H, W] or [N, features], layer in the form of a config)
CASES = {
    "conv.one-pixel": ((1, 1, 1, 1), conv(1, 1)),
    "conv.3x3": ((2, 3, 5, 7), conv(4, 3)),
    "conv.no-bias": ((2, 2, 5, 5), conv(3, 3, bias=False)),
    "conv.whole-map": ((3, 2, 4, 5), conv(3, [4, 5])),
    "conv.kernel-3x2": ((2, 3, 7, 5), conv(2, [3, 2])),
    "conv.kernel-1x5": ((2, 2, 3, 9), conv(3, [1, 5])),
    "conv.stride-2": ((2, 2, 7, 9), conv(3, 3, stride=2)),
    "conv.stride-2-floor": ((2, 2, 8, 8), conv(3, 3, stride=2, **FLOOR)),
    "conv.stride-3x2": ((2, 2, 8, 6), conv(3, 2, stride=[3, 2])),
    "conv.padding-2": ((1, 1, 6, 6), conv(2, 5, 2)),
    "conv.padding-1x2": ((2, 2, 5, 4), conv(3, [3, 5], [1, 2])),
    "conv.padding-4-sides": ((2, 2, 4, 5), conv(3, 3, [0, 1, 2, 3])),
    "conv.padding-4-sides-stride-2": ((2, 2, 5, 5), conv(3, 3, [2, 1, 0, 3], 2)),
    "conv.17-images": ((17, 1, 3, 3), conv(2, 2)),
    "conv.17-channels": ((1, 17, 3, 3), conv(5, 2)),
    "conv.17-filters": ((1, 3, 3, 4), conv(17, 2)),
    "conv.same-5x7": ((2, 2, 5, 7), conv(3, 3, "same")),
    "conv.same-even-kernel": ((2, 2, 5, 6), conv(3, [2, 4], "same")),
    "conv.same-5-stride-2": ((2, 2, 5, 5), conv(3, 3, "same", 2)),
    "conv.same-7x6-stride-2": ((2, 2, 7, 6), conv(3, 3, "same", 2)),
    "conv.same-7-kernel-2-stride-2": ((2, 2, 7, 7), conv(3, 2, "same", 2)),
    "conv.same-7-kernel-5-stride-2": ((1, 2, 7, 7), conv(2, 5, "same", 2)),
    "conv.same-8-stride-3": ((2, 2, 8, 8), conv(3, 3, "same", 3)),
    "conv.same-kernel-1-stride-2": ((2, 2, 5, 5), conv(3, 1, "same", 2)),
    "dense": ((5, 7), {"type": "dense", "units": 3}),
    "dense.17-images": ((17, 33), {"type": "dense", "units": 9}),
    "dense.no-bias": ((3, 20), {"type": "dense", "units": 17, "bias": False}),
    **{
        f"{kind}-pool.{name}": (shape, pool(kind, *options, **more))
        for kind in ("max", "min", "average")
        for name, shape, options, more in [
            ("2", (2, 3, 4, 6), (2, 2), {}),
            ("3x2", (2, 2, 6, 4), ([3, 2], [3, 2]), {}),
            ("3-stride-2", (2, 2, 7, 5), (3, 2), {}),
            ("3-stride-2-floor", (2, 2, 8, 8), (3, 2), FLOOR),
            ("2-floor", (2, 2, 5, 7), (2, 2), FLOOR),
            ("3-stride-1", (2, 2, 5, 5), (3, 1), {}),
            ("padding-1", (2, 2, 5, 5), (3, 2, 1), {}),
            ("17-images", (17, 1, 4, 4), (2, 2), {}),
            ("same-5", (2, 2, 5, 5), (2, 2, "same"), {}),
            ("same-7", (2, 2, 7, 7), (2, 2, "same"), {}),
            ("same-5x7-kernel-3", (2, 2, 5, 7), (3, 2, "same"), {}),
            ("same-6-kernel-3", (2, 2, 6, 6), (3, 2, "same"), {}),
            ("same-5-stride-1", (2, 2, 5, 5), (2, 1, "same"), {}),
        ]
    },
    **{f"{kind}": ((3, 2, 3, 5), {"type": kind, "input_scale": 4}) for kind in ("relu", "sigmoid", "tanh")},
    **{f"{kind}.large": ((2, 30), {"type": kind, "input_scale": 60}) for kind in ("sigmoid", "tanh")},
    **{f"{kind}": ((17, 10), {"type": kind, "input_scale": 4}) for kind in ("softmax", "log_softmax")},
    **{f"{kind}.large": ((3, 7), {"type": kind, "input_scale": 60}) for kind in ("softmax", "log_softmax")},
    **{
        f"{name}{size}": (shape, {**layer, "input_scale": scale})
        for name, layer in {
            "leaky_relu": {"type": "leaky_relu"},
            "leaky_relu.slope-0.2": {"type": "leaky_relu", "slope": 0.2},
            "elu": {"type": "elu"},
            "elu.alpha-0.5": {"type": "elu", "alpha": 0.5},
            "gelu": {"type": "gelu"},
            "gelu.tanh": {"type": "gelu", "approximate": "tanh"},
            "silu": {"type": "silu"},
        }.items()
        for size, shape, scale in [("", (3, 2, 3, 5), 4), (".large", (2, 30), 60)]
    },
    "global-average-pool": ((5, 3, 4, 6), {"type": "global_average_pool2d"}),
    "global-average-pool.one-pixel": ((2, 17, 1, 1), {"type": "global_average_pool2d"}),
    "global-average-pool.19-images": ((19, 2, 7, 5), {"type": "global_average_pool2d"}),
    "conv.groups-2": ((5, 4, 6, 5), conv(6, 3, groups=2)),
    "conv.groups-2-kernel-1": ((16, 4, 3, 3), conv(2, 1, groups=2)),
    "conv.groups-2-no-bias": ((2, 6, 4, 4), conv(4, [2, 3], 1, groups=2, bias=False)),
    "conv.groups-2-16-channels": ((1, 16, 8, 8), conv(16, 3, 1, groups=2)),
    "conv.groups-2-34-channels": ((2, 34, 3, 3), conv(36, 2, groups=2)),
    "conv.groups-2-same": ((19, 4, 4, 3), conv(4, [3, 2], "same", groups=2)),
    "conv.groups-3": ((2, 6, 5, 4), conv(9, 3, [1, 0], groups=3)),
    "conv.groups-3-stride-2": ((2, 6, 7, 9), conv(3, 3, stride=2, groups=3)),
    "conv.groups-3-same-stride-2": ((2, 3, 6, 7), conv(6, 3, "same", 2, groups=3)),
    "conv.depthwise": ((5, 3, 6, 7), conv(3, 3, groups=3)),
    "conv.depthwise-multiplier-2": ((5, 3, 6, 5), conv(6, 3, 1, groups=3)),
    "conv.depthwise-17-channels": ((2, 17, 5, 4), conv(17, 3, 1, groups=17)),
    "conv.depthwise-5x5": ((17, 2, 6, 6), conv(2, 5, 2, groups=2)),
    "conv.depthwise-stride-2": ((3, 4, 8, 7), conv(4, 3, [1, 0, 0, 1], 2, groups=4, rounding="floor")),
    "conv.depthwise-same": ((2, 3, 5, 6), conv(3, [2, 3], "same", groups=3)),
    "conv.depthwise-same-stride-2": ((2, 3, 6, 7), conv(6, 3, "same", 2, groups=3)),
    "conv.dilation-2": ((5, 2, 7, 8), conv(3, 3, dilation=2)),
    "conv.dilation-1x3": ((2, 3, 5, 9), conv(2, 3, dilation=[1, 3])),
    "conv.dilation-2-17-images": ((17, 1, 5, 6), conv(2, [3, 2], dilation=[2, 3])),
    "conv.dilation-2-stride-2": ((2, 2, 9, 7), conv(3, 3, stride=2, dilation=2)),
    "conv.dilation-3-stride-2-floor": ((2, 2, 8, 9), conv(3, 2, 1, 2, dilation=3, **FLOOR)),
    "conv.dilation-2-padding-2": ((2, 2, 5, 6), conv(3, 3, 2, dilation=2)),
    "conv.dilation-2-padding-4-sides": ((2, 2, 5, 5), conv(3, [3, 2], [3, 0, 1, 2], dilation=2)),
    "conv.dilation-2-same": ((2, 2, 5, 6), conv(3, 3, "same", dilation=2)),
    "conv.dilation-2x3-same-even-kernel": ((2, 2, 6, 7), conv(2, 2, "same", dilation=[2, 3])),
    "conv.dilation-2-kernel-1": ((2, 3, 4, 4), conv(2, 1, dilation=2)),
    "conv.dilation-2-groups-2": ((5, 4, 6, 7), conv(4, 3, 1, groups=2, dilation=2)),
    "conv.dilation-2-depthwise": ((3, 3, 6, 7), conv(3, 3, 2, groups=3, dilation=2)),
    "conv.dilation-2-depthwise-stride-2-same": ((2, 3, 8, 7), conv(6, 3, "same", 2, groups=3, dilation=2)),
    "conv.activation-relu": ((5, 2, 5, 6), conv(3, 3, activation="relu")),
    "conv.activation-leaky": (
        (2, 2, 5, 7), conv(3, 3, 1, 2, activation={"type": "leaky_relu", "slope": 0.2})),
    "conv.activation-gelu": ((17, 1, 4, 4), conv(2, 3, 1, activation={"type": "gelu", "approximate": "tanh"})),
    "conv.activation-silu-groups-2": ((3, 4, 4, 5), conv(4, 3, 1, groups=2, activation="silu")),
    "dense.activation-relu": ((19, 7), {"type": "dense", "units": 5, "activation": "relu"}),
    "dense.activation-elu": ((5, 9), {"type": "dense", "units": 17, "activation": {"type": "elu", "alpha": 0.5}}),
    "dense.activation-softmax": ((3, 8), {"type": "dense", "units": 6, "activation": "softmax"}),
    "norm.maps": ((5, 3, 4, 6), norm()),
    "norm.maps-16-images": ((16, 17, 3, 2), norm()),
    "norm.maps-19-images": ((19, 2, 3, 5), norm(epsilon=1e-3, momentum=0.3)),
    "norm.maps-of-one-pixel": ((19, 4, 1, 1), norm()),
    "norm.maps-of-one-image": ((1, 3, 4, 4), norm()),
    "norm.maps-momentum-1": ((2, 2, 3, 3), norm(momentum=1)),
    "norm.maps-large-mean": ((5, 3, 4, 4), norm(input_offset=60)),
    "norm.maps-constant": ((5, 2, 3, 3), norm(epsilon=1e-3, input_scale=0, input_offset=3)),
    "norm.features": ((5, 7), norm()),
    "norm.features-16-images": ((16, 17), norm(momentum=0.25)),
    "norm.features-19-images": ((19, 33), norm(epsilon=1e-3)),
    "norm.features-large-mean": ((19, 5), norm(input_offset=-60)),
    "norm.biased-maps": ((5, 3, 3, 4), norm(unbiased=False)),
    "norm.biased-features": ((5, 7), norm(unbiased=False, momentum=0.3)),
    "norm.keras-maps": ((19, 3, 4, 5), norm(**KERAS_NORM)),
    "norm.keras-features": ((16, 20), norm(**KERAS_NORM)),
    "norm.keras-maps-large-mean": ((16, 2, 3, 3), norm(**KERAS_NORM, input_offset=60)),
}


def input_and_parameters(shape, layer):
    """Input and parameters of a case as float64 arrays."""
    x = values(shape, INPUT) * layer.get("input_scale", 1) + layer.get("input_offset", 0)
    shapes = parameter_shapes(layer, shape[1:])
    fan_in = math.prod(shapes[0][1:]) if shapes else 1
    return [array.astype("float64") for array in [
        x, *(parameter(number, each, fan_in) for number, each in enumerate(shapes))]]


def upstream(y):
    """The upstream gradient of an output."""
    return values(tuple(y.shape), UPSTREAM).astype("float64")


def torch_results(cases):
    import torch

    from graph_models import BatchNorm, make_module

    results = {}
    for name, (shape, layer) in cases.items():
        x, *parameters = (torch.from_numpy(array) for array in input_and_parameters(shape, layer))
        module = make_module(without_input(layer), shape[1:]).double()
        with torch.no_grad():
            for parameter, value in zip(module.parameters(), parameters, strict=True):
                parameter.copy_(value)
        y = module(x.requires_grad_())
        y.backward(torch.from_numpy(upstream(y)))
        results[name] = gradients_by_part([y.detach(), x.grad, *(each.grad for each in module.parameters())])
        if isinstance(module, BatchNorm):
            module.eval()
            results[name] |= {
                "running_mean": module.running_mean.numpy(), "running_var": module.running_var.numpy(),
                "y_eval": module(x).detach().numpy()}
    return framework_version(torch), results


def gradients_by_part(tensors):
    """Output and gradients as arrays, by their names in the file."""
    return {part: tensor.numpy() for part, tensor in zip(("y", "dx", "dw", "db"), tensors)}


def tensorflow_forward(layer, x, weight=None, bias=None):
    """Input and output are NCHW; TensorFlow computes on the CPU in NHWC."""
    import tensorflow

    stride, x = pair(layer["stride"]), tensorflow.transpose(x, (0, 2, 3, 1))
    kind, kernel = layer["type"], pair(layer["kernel"])
    if kind == "conv2d":
        y = tensorflow.nn.conv2d(x, tensorflow.transpose(weight, (2, 3, 1, 0)), stride, "SAME")
        y = y if bias is None else y + bias
    elif kind == "average_pool2d":
        y = tensorflow.nn.avg_pool2d(x, kernel, stride, "SAME")
    else:
        sign = -1 if kind == "min_pool2d" else 1
        y = sign * tensorflow.nn.max_pool2d(sign * x, kernel, stride, "SAME")
    return tensorflow.transpose(y, (0, 3, 1, 2))


def tensorflow_results(cases):
    import tensorflow

    results = {}
    for name, (shape, layer) in cases.items():
        tensors = [tensorflow.Variable(array) for array in input_and_parameters(shape, layer)]
        with tensorflow.GradientTape() as tape:
            y = tensorflow_forward(layer, *tensors)
        gradients = tape.gradient(y, tensors, output_gradients=tensorflow.constant(upstream(y)))
        results[name] = gradients_by_part([y, *gradients])
    return framework_version(tensorflow), results


def keras_results(cases):
    import keras
    import tensorflow

    results = {}
    for name, (shape, layer) in cases.items():
        x, gamma, beta = (tensorflow.Variable(array) for array in input_and_parameters(shape, layer))
        module = keras.layers.BatchNormalization(
            axis=1, momentum=1 - layer.get("momentum", 0.1), epsilon=layer.get("epsilon", 1e-5), dtype="float64")
        module.build(shape)
        module.gamma.assign(gamma)
        module.beta.assign(beta)
        with tensorflow.GradientTape() as tape:
            y = module(x, training=True)
        gradients = tape.gradient(
            y, [x, module.gamma.value, module.beta.value], output_gradients=tensorflow.constant(upstream(y)))
        results[name] = gradients_by_part([y, *gradients]) | {
            "running_mean": module.moving_mean.numpy(), "running_var": module.moving_variance.numpy(),
            "y_eval": module(x, training=False).numpy()}
    return framework_version(keras), results


def without_input(layer):
    """A case's layer as it stands in a config."""
    return {key: value for key, value in layer.items() if not key.startswith("input_")}


def framework(layer):
    """The framework whose numbers a layer's fixture has."""
    if layer.get("unbiased") is False:
        return keras_results
    # TensorFlow has no gradients of grouped or dilated convolutions on the CPU.
    if layer.get("padding") == "same" and not {"groups", "dilation"} & set(layer):
        return tensorflow_results
    return torch_results


def main():
    tensors, metadata, sources = {}, {}, []
    for compute in (torch_results, tensorflow_results, keras_results):
        cases = {name: case for name, case in CASES.items() if framework(case[1]) is compute}
        source, results = call_in_subprocess(compute, cases)
        sources.append(source)
        for name, arrays in results.items():
            shape, layer = cases[name]
            tensors.update({f"{name}.{part}": array for part, array in arrays.items()})
            metadata[name] = {"input": shape, "input_scale": layer.get("input_scale", 1)}
            if "input_offset" in layer:
                metadata[name]["input_offset"] = layer["input_offset"]
            metadata[name]["layer"] = without_input(layer)
    save_tensors("layers", tensors, {"source": ", ".join(sources), **metadata})


if __name__ == "__main__":
    main()
