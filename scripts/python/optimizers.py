"""optimizers.safetensors: ten steps of every optimizer and option, by PyTorch, Keras and TensorFlow 1.

Parameters and gradients are fixture_values.optimizer_vector.
"""

import numpy as np

from fixture_values import optimizer_vector
from fixture_writer import call_in_subprocess, framework_version, save_tensors

STEPS = 10

# Options under our names. The defaults of a flavor are its framework's own.
TORCH = {
    "sgd": {"type": "sgd", "lr": 0.1},
    "sgd.momentum": {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    "sgd.nesterov": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    "sgd.decay": {"type": "sgd", "lr": 0.1, "weight_decay": 0.01},
    "sgd.momentum-decay": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "sgd.nesterov-decay": {
        "type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "adam": {"type": "adam", "lr": 0.001},
    "adam.betas": {"type": "adam", "lr": 0.002, "beta1": 0.8, "beta2": 0.99},
    "adam.epsilon": {"type": "adam", "lr": 0.001, "epsilon": 1e-3},
    "adam.decay": {"type": "adam", "lr": 0.001, "weight_decay": 0.01},
    "adamw": {"type": "adam", "lr": 0.001, "weight_decay": 0.01, "decoupled_weight_decay": True},
    "adagrad": {"type": "adagrad", "lr": 0.01},
    "adagrad.initial": {"type": "adagrad", "lr": 0.01, "initial_accumulator": 0.1},
    "adagrad.epsilon": {"type": "adagrad", "lr": 0.01, "epsilon": 1e-3},
    "adagrad.decay": {"type": "adagrad", "lr": 0.01, "weight_decay": 0.01},
    "rmsprop": {"type": "rmsprop", "lr": 0.01},
    "rmsprop.epsilon": {"type": "rmsprop", "lr": 0.01, "rho": 0.9, "epsilon": 1e-3},
    "rmsprop.momentum": {"type": "rmsprop", "lr": 0.01, "momentum": 0.9},
    "rmsprop.decay": {"type": "rmsprop", "lr": 0.01, "weight_decay": 0.01},
}
KERAS = {
    "sgd": {"type": "sgd", "lr": 0.01},
    "sgd.momentum": {"type": "sgd", "lr": 0.01, "momentum": 0.9},
    "sgd.nesterov": {"type": "sgd", "lr": 0.01, "momentum": 0.9, "nesterov": True},
    "sgd.decay": {"type": "sgd", "lr": 0.01, "weight_decay": 0.01},
    "sgd.momentum-decay": {"type": "sgd", "lr": 0.01, "momentum": 0.9, "weight_decay": 0.01},
    "adam": {"type": "adam", "lr": 0.001},
    "adam.betas": {"type": "adam", "lr": 0.002, "beta1": 0.8, "beta2": 0.99},
    "adam.epsilon": {"type": "adam", "lr": 0.001, "epsilon": 1e-3},
    "adam.decay": {"type": "adam", "lr": 0.001, "weight_decay": 0.01},
    "adagrad": {"type": "adagrad", "lr": 0.001},
    "adagrad.initial": {"type": "adagrad", "lr": 0.001, "initial_accumulator": 0.01},
    "adagrad.epsilon": {"type": "adagrad", "lr": 0.001, "epsilon": 1e-3},
    "rmsprop": {"type": "rmsprop", "lr": 0.001},
    "rmsprop.epsilon": {"type": "rmsprop", "lr": 0.001, "epsilon": 1e-3},
    "rmsprop.momentum": {"type": "rmsprop", "lr": 0.001, "momentum": 0.9},
    "rmsprop.decay": {"type": "rmsprop", "lr": 0.001, "weight_decay": 0.01},
}
TENSORFLOW = {
    "sgd": {"type": "sgd", "lr": 0.1},
    "sgd.momentum": {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    "sgd.nesterov": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    "adam": {"type": "adam", "lr": 0.001},
    "adam.epsilon": {"type": "adam", "lr": 0.001, "epsilon": 1e-3},
    "adagrad": {"type": "adagrad", "lr": 0.01},
    "adagrad.initial": {"type": "adagrad", "lr": 0.01, "initial_accumulator": 0.5},
    "rmsprop": {"type": "rmsprop", "lr": 0.001},
    "rmsprop.momentum": {"type": "rmsprop", "lr": 0.001, "momentum": 0.9},
    "rmsprop.epsilon": {"type": "rmsprop", "lr": 0.001, "epsilon": 1e-3},
}


def split(options, renamed):
    """The type and the framework's own names of the other options."""
    return options["type"], {renamed.get(key, key): value for key, value in options.items() if key != "type"}


def torch_steps(cases):
    import torch

    results = {}
    for name, options in cases.items():
        kind, options = split(options, {
            "epsilon": "eps", "rho": "alpha", "initial_accumulator": "initial_accumulator_value"})
        if "beta1" in options:
            options["betas"] = (options.pop("beta1"), options.pop("beta2"))
        decoupled = options.pop("decoupled_weight_decay", False)
        make = {
            "sgd": torch.optim.SGD, "adam": torch.optim.AdamW if decoupled else torch.optim.Adam,
            "adagrad": torch.optim.Adagrad, "rmsprop": torch.optim.RMSprop}[kind]
        variable = torch.from_numpy(optimizer_vector(0)).requires_grad_()
        optimizer, path = make([variable], foreach=False, **options), []
        for step in range(1, STEPS + 1):
            variable.grad = torch.from_numpy(optimizer_vector(step))
            optimizer.step()
            path.append(variable.detach().numpy().copy())
        results[name] = np.stack(path)
    return framework_version(torch), results


def keras_steps(cases):
    import keras

    results = {}
    for name, options in cases.items():
        kind, options = split(options, {
            "lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2",
            "initial_accumulator": "initial_accumulator_value"})
        make = {
            "sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam, "adagrad": keras.optimizers.Adagrad,
            "rmsprop": keras.optimizers.RMSprop}[kind]
        results[name] = tensorflow_path(make(**options))
    return framework_version(keras), results


def tensorflow_steps(cases):
    import tensorflow

    train, results = tensorflow.compat.v1.train, {}
    for name, options in cases.items():
        kind, options = split(options, {
            "lr": "learning_rate", "nesterov": "use_nesterov",
            "initial_accumulator": "initial_accumulator_value"})
        make = {
            "sgd": train.MomentumOptimizer if "momentum" in options else train.GradientDescentOptimizer,
            "adam": train.AdamOptimizer, "adagrad": train.AdagradOptimizer,
            "rmsprop": train.RMSPropOptimizer}[kind]
        results[name] = tensorflow_path(make(**options))
    return framework_version(tensorflow), results


def tensorflow_path(optimizer):
    """The parameters after each step."""
    import tensorflow

    variable, path = tensorflow.Variable(optimizer_vector(0)), []
    for step in range(1, STEPS + 1):
        optimizer.apply_gradients([(tensorflow.constant(optimizer_vector(step)), variable)])
        path.append(variable.numpy())
    return np.stack(path)


def main():
    tensors, metadata, sources = {}, {}, []
    for flavor, cases, steps in [
        ("torch", TORCH, torch_steps), ("keras", KERAS, keras_steps),
        ("tensorflow", TENSORFLOW, tensorflow_steps),
    ]:
        framework, results = call_in_subprocess(steps, cases)
        sources.append(framework)
        for name, path in results.items():
            tensors[f"{flavor}.{name}"] = path
            metadata[f"{flavor}.{name}"] = {"flavor": flavor, **cases[name]}
    save_tensors("optimizers", tensors, {"source": ", ".join(sources), **metadata})


if __name__ == "__main__":
    main()
