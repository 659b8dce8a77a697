"""optimizers.safetensors: the parameters after each of ten steps, for every optimizer and option, by PyTorch, Keras and
TensorFlow 1.

Initial parameters and gradients are fixture_values.optimizer_vector.
"""

import numpy as np

from fixture_values import optimizer_vector
from fixture_writer import call_in_subprocess, framework_version, save_tensors

STEPS = 10

# Options of an optimizer beside its type and learning rate, by the name of the case.
VARIANTS = {
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "decay": {"weight_decay": 0.01},
    "momentum-decay": {"momentum": 0.9, "weight_decay": 0.01},
    "nesterov-decay": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "betas": {"lr": 0.002, "beta1": 0.8, "beta2": 0.99},
    "epsilon": {"epsilon": 1e-3},
}


def variants(optimizer, lr, *names, **special):
    """The optimizer as it is and each variant, in the form of a config; `special` variants come before VARIANTS."""
    base = {"type": optimizer, "lr": lr}
    return {optimizer: base} | {f"{optimizer}.{name}": base | (VARIANTS | special)[name] for name in names}


# The cases of each flavor; an option that is not given has the framework's own default.
TORCH = {
    **variants("sgd", 0.1, "momentum", "nesterov", "decay", "momentum-decay", "nesterov-decay"),
    **variants("adam", 0.001, "betas", "epsilon", "decay"),
    "adamw": {"type": "adam", "lr": 0.001, "weight_decay": 0.01, "decoupled_weight_decay": True},
    **variants("adagrad", 0.01, "initial", "epsilon", "decay", initial={"initial_accumulator": 0.1}),
    **variants("rmsprop", 0.01, "epsilon", "momentum", "decay", epsilon={"rho": 0.9, "epsilon": 1e-3}),
}
KERAS = {
    **variants("sgd", 0.01, "momentum", "nesterov", "decay", "momentum-decay"),
    **variants("adam", 0.001, "betas", "epsilon", "decay"),
    **variants("adagrad", 0.001, "initial", "epsilon", initial={"initial_accumulator": 0.01}),
    **variants("rmsprop", 0.001, "epsilon", "momentum", "decay"),
}
TENSORFLOW = {
    **variants("sgd", 0.1, "momentum", "nesterov"),
    **variants("adam", 0.001, "epsilon"),
    **variants("adagrad", 0.01, "initial", initial={"initial_accumulator": 0.5}),
    **variants("rmsprop", 0.001, "momentum", "epsilon"),
}


def framework_options(case, names):
    """(type, keyword arguments): a case's options under the framework's own names."""
    return case["type"], {names.get(key, key): value for key, value in case.items() if key != "type"}


def torch_steps(cases):
    import torch

    results = {}
    for name, case in cases.items():
        kind, options = framework_options(case, {
            "epsilon": "eps", "rho": "alpha", "initial_accumulator": "initial_accumulator_value"})
        if "beta1" in options:
            options["betas"] = (options.pop("beta1"), options.pop("beta2"))
        decoupled = options.pop("decoupled_weight_decay", False)
        optimizer_class = {
            "sgd": torch.optim.SGD, "adam": torch.optim.AdamW if decoupled else torch.optim.Adam,
            "adagrad": torch.optim.Adagrad, "rmsprop": torch.optim.RMSprop}[kind]
        variable = torch.from_numpy(optimizer_vector(0)).requires_grad_()
        optimizer, trajectory = optimizer_class([variable], foreach=False, **options), []
        for step in range(1, STEPS + 1):
            variable.grad = torch.from_numpy(optimizer_vector(step))
            optimizer.step()
            trajectory.append(variable.detach().numpy().copy())
        results[name] = np.stack(trajectory)
    return framework_version(torch), results


def keras_steps(cases):
    import keras

    results = {}
    for name, case in cases.items():
        kind, options = framework_options(case, {
            "lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2",
            "initial_accumulator": "initial_accumulator_value"})
        optimizer_class = {
            "sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam, "adagrad": keras.optimizers.Adagrad,
            "rmsprop": keras.optimizers.RMSprop}[kind]
        results[name] = tensorflow_trajectory(optimizer_class(**options))
    return framework_version(keras), results


def tensorflow_steps(cases):
    import tensorflow

    train, results = tensorflow.compat.v1.train, {}
    for name, case in cases.items():
        kind, options = framework_options(case, {
            "lr": "learning_rate", "nesterov": "use_nesterov",
            "initial_accumulator": "initial_accumulator_value"})
        optimizer_class = {
            "sgd": train.MomentumOptimizer if "momentum" in options else train.GradientDescentOptimizer,
            "adam": train.AdamOptimizer, "adagrad": train.AdagradOptimizer,
            "rmsprop": train.RMSPropOptimizer}[kind]
        results[name] = tensorflow_trajectory(optimizer_class(**options))
    return framework_version(tensorflow), results


def tensorflow_trajectory(optimizer):
    """The parameters after each step."""
    import tensorflow

    variable, trajectory = tensorflow.Variable(optimizer_vector(0)), []
    for step in range(1, STEPS + 1):
        optimizer.apply_gradients([(tensorflow.constant(optimizer_vector(step)), variable)])
        trajectory.append(variable.numpy())
    return np.stack(trajectory)


def main():
    tensors, metadata, sources = {}, {}, []
    for flavor, cases, steps in [
        ("torch", TORCH, torch_steps), ("keras", KERAS, keras_steps),
        ("tensorflow", TENSORFLOW, tensorflow_steps),
    ]:
        framework, results = call_in_subprocess(steps, cases)
        sources.append(framework)
        for name, trajectory in results.items():
            tensors[f"{flavor}.{name}"] = trajectory
            metadata[f"{flavor}.{name}"] = {"flavor": flavor, **cases[name]}
    save_tensors("optimizers", tensors, {"source": ", ".join(sources), **metadata})


if __name__ == "__main__":
    main()
