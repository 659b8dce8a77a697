"""Sizes and shapes of a config's layers, without any framework."""


def with_type(entry):
    """A config's object, which may be given as the name of its type alone."""
    return {"type": entry} if isinstance(entry, str) else entry


def pair(value):
    """(height, width) of a size given as one number or as two."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


def window_sides(layer, shape):
    """(left, right, top, bottom), as torch.nn.functional.pad takes it, of a layer with a window over maps [C, H, W]."""
    padding = layer.get("padding", "valid")
    if padding == "same":
        parts = zip(shape[1:], pair(layer["kernel"]), pair(layer.get("stride", 1)), pair(layer.get("dilation", 1)))
        (top, bottom), (left, right) = (same_sides(*part) for part in parts)
    elif isinstance(padding, list) and len(padding) == 4:
        top, left, bottom, right = padding
    else:
        top, left = bottom, right = pair(0 if padding == "valid" else padding)
    return left, right, top, bottom


def same_sides(size, kernel, stride, dilation):
    """TensorFlow's "same": the output is ceil(size / stride), and the odd pixel is at the bottom or right."""
    extent = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def parameter_shapes(layer, shape):
    """The shapes of a layer's weight and bias, as PyTorch has them; the layer reads [C, H, W] or [features]."""
    match layer["type"]:
        case "conv2d":
            weight = (layer["filters"], shape[0] // layer.get("groups", 1), *pair(layer["kernel"]))
        case "dense":
            weight = (layer["units"], shape[0])
        case "batch_norm":
            weight = (shape[0],)
        case _:
            return []
    return [weight, weight[:1]][: 2 if layer.get("bias", True) else 1]
