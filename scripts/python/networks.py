"""network-*.safetensors: logits, loss and every gradient of the seven networks, by PyTorch in float64."""

import numpy as np
import torch
from torch.nn import functional

from fixture_values import images, labels, parameter
from fixture_writer import call_in_subprocess, framework_version, save_tensors, summarize
from pytorch_models import MODELS, PARAMETER_COUNTS, describe, input_shape
from regularized import regularized_gradients

BATCH = 19


def set_parameters(model):
    """Fills the parameters, in order, with fixture values; a bias has the fan-in of the weight before it."""
    fan_in = 1
    with torch.no_grad():
        for number, (name, tensor) in enumerate(model.named_parameters()):
            if name.endswith(".weight"):
                fan_in = tensor[0].numel()
            tensor.copy_(torch.from_numpy(parameter(number, tuple(tensor.shape), fan_in)))
    return model


def evaluate(name, dtype):
    """(model, logits, loss, gradients) for one batch of noise."""
    model = set_parameters(MODELS[name]()).to(dtype)
    x = torch.from_numpy(images(BATCH, input_shape(name))).to(dtype) / 255
    logits = model(x)
    loss = functional.cross_entropy(logits, torch.from_numpy(labels(BATCH)))
    loss.backward()
    gradients = {key: tensor.grad.double().numpy() for key, tensor in model.named_parameters()}
    return model, logits.detach().double().numpy(), loss.item(), gradients


def add_gradients(tensors, prefix, gradients):
    """Adds the gradients to `tensors`; returns the sampling step of each, 0 for one that is stored whole."""
    steps = []
    for key, gradient in gradients.items():
        parts, every = summarize(f"{prefix}.{key}", gradient)
        tensors.update(parts)
        steps.append(every)
    return steps


def write(name):
    model, logits, loss, gradients = evaluate(name, torch.float64)
    if sum(tensor.numel() for tensor in model.parameters()) != PARAMETER_COUNTS[name]:
        raise ValueError(f"{name}: the PyTorch model has another number of parameters")
    _, logits32, loss32, gradients32 = evaluate(name, torch.float32)
    tensors = {
        "logits": logits, "loss": np.array([loss]), "logits.float32": logits32,
        "loss.float32": np.array([loss32])}
    steps = add_gradients(tensors, "gradient", gradients)
    if name == "mlp-regularized":
        weights = [tensor.detach().double().numpy() for tensor in model.parameters()]
        loss, regularized = call_in_subprocess(regularized_gradients, weights, images(BATCH, (784,)), labels(BATCH))
        tensors["regularized.loss"] = np.array([loss])
        add_gradients(tensors, "regularized.gradient", dict(zip(gradients, regularized, strict=True)))
    errors = {
        key: np.linalg.norm(gradients32[key] - exact) / np.linalg.norm(exact)
        for key, exact in gradients.items()}
    worst = max(errors, key=errors.get)
    print(f"{name}: relative error of PyTorch's float32 gradients at most {errors[worst]:.1e} ({worst})")
    save_tensors(f"network-{name}", tensors, {
        "source": framework_version(torch),
        "batch": BATCH,
        "model": {"input": input_shape(name), "layers": describe(model)},
        "parameters": [
            {"name": key, "shape": list(tensor.shape), "every": every}
            for (key, tensor), every in zip(model.named_parameters(), steps, strict=True)],
    })


if __name__ == "__main__":
    for name in MODELS:
        write(name)
