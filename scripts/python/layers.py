"""layers.safetensors: forward and every gradient of each layer kind, by PyTorch and TensorFlow in float64.

The input is values(salt 4) times the case's `input_scale`, the upstream gradient values(salt 3); weight and bias are
parameters 0 and 1. Numeric padding is computed by PyTorch, "same" by TensorFlow.
"""

from fixture_values import INPUT, UPSTREAM, parameter, values
from fixture_writer import call_in_subprocess, framework_version, save_tensors


def conv(filters, kernel, padding="valid", stride=1, **options):
    return {
        "type": "conv2d", "filters": filters, "kernel": kernel, "stride": stride, "padding": padding,
        **options}


def pool(kind, kernel, stride, padding="valid", **options):
    return {"type": f"{kind}_pool2d", "kernel": kernel, "stride": stride, "padding": padding, **options}


FLOOR = {"rounding": "floor"}

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
}


def pair(value):
    """(height, width) of a size given as one number or as two."""
    return tuple(value) if isinstance(value, list) else (value, value)


def sides(padding):
    """[top, left, bottom, right] of a padding other than "same"."""
    if padding == "valid":
        padding = 0
    if isinstance(padding, list) and len(padding) == 4:
        return padding
    return [*pair(padding), *pair(padding)]


def input_and_parameters(shape, layer):
    """Input and parameters of a case as float64 arrays."""
    x = values(shape, INPUT) * layer.get("input_scale", 1)
    match layer["type"]:
        case "conv2d":
            weight = (layer["filters"], shape[1], *pair(layer["kernel"]))
        case "dense":
            weight = (layer["units"], shape[1])
        case _:
            return [x.astype("float64")]
    fan_in = weight[1] if len(weight) == 2 else weight[1] * weight[2] * weight[3]
    shapes = [weight, weight[:1]][: 2 if layer.get("bias", True) else 1]
    return [array.astype("float64") for array in [
        x, *(parameter(number, each, fan_in) for number, each in enumerate(shapes))]]


def torch_forward(layer, x, weight=None, bias=None):
    import torch
    from torch.nn import functional

    kind = layer["type"]
    if kind == "dense":
        return functional.linear(x, weight, bias)
    if not kind.endswith("2d"):
        return getattr(torch, kind)(x, *[1] * kind.endswith("softmax"))
    top, left, bottom, right = sides(layer["padding"])
    kernel, stride = pair(layer["kernel"]), pair(layer["stride"])
    if kind == "conv2d":
        return functional.conv2d(functional.pad(x, (left, right, top, bottom)), weight, bias, stride)
    if kind == "average_pool2d":
        return functional.avg_pool2d(x, kernel, stride, (top, left))
    sign = -1 if kind == "min_pool2d" else 1
    return sign * functional.max_pool2d(sign * x, kernel, stride, (top, left))


def torch_results(cases):
    import torch

    results = {}
    for name, (shape, layer) in cases.items():
        tensors = [torch.from_numpy(array).requires_grad_() for array in input_and_parameters(shape, layer)]
        y = torch_forward(layer, *tensors)
        y.backward(torch.from_numpy(values(tuple(y.shape), UPSTREAM).astype("float64")))
        results[name] = [y.detach().numpy(), *(tensor.grad.numpy() for tensor in tensors)]
    return framework_version(torch), results


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
        upstream = tensorflow.constant(values(tuple(y.shape), UPSTREAM).astype("float64"))
        gradients = tape.gradient(y, tensors, output_gradients=upstream)
        results[name] = [y.numpy(), *(gradient.numpy() for gradient in gradients)]
    return framework_version(tensorflow), results


def main():
    tensors, metadata, sources = {}, {}, []
    same = {name: case for name, case in CASES.items() if case[1].get("padding") == "same"}
    others = {name: case for name, case in CASES.items() if name not in same}
    for cases, compute in [(others, torch_results), (same, tensorflow_results)]:
        framework, results = call_in_subprocess(compute, cases)
        sources.append(framework)
        for name, arrays in results.items():
            shape, layer = cases[name]
            layer = dict(layer)
            scale = layer.pop("input_scale", 1)
            tensors.update(zip([f"{name}.{part}" for part in ("y", "dx", "dw", "db")], arrays))
            metadata[name] = {"input": shape, "input_scale": scale, "layer": layer}
    save_tensors("layers", tensors, {"source": ", ".join(sources), **metadata})


if __name__ == "__main__":
    main()
