"""Epochs of a `GraphModel` as `cnn` counts them."""

import math

import torch


def run_epoch(model, x, classes, batch, optimizer=None, rates=None):
    """Metrics of an epoch of training in the given order, or of evaluation without an optimizer, under the names that `cnn train
    --json` gives them. `rates` are the learning rates of the steps; without them the optimizer's stays."""
    names = ["loss"]
    if len(model.outputs) > 1:
        names += [f"{output.layer}_loss" for output in model.outputs]
    losses, right = [0.0] * len(names), [0] * len(model.outputs)
    model.train(optimizer is not None)
    with torch.set_grad_enabled(optimizer is not None):
        for x_batch, target in zip(x.split(batch), classes.split(batch)):
            scores = model(x_batch)
            total, each = model.losses(scores, target)
            if optimizer:
                if rates:
                    for group in optimizer.param_groups:
                        group["lr"] = next(rates)
                optimizer.zero_grad()
                total.backward()
                optimizer.step()
            losses = [sum_ + loss.item() * len(target) for sum_, loss in zip(losses, [total, *each])]
            right = [sum_ + count for sum_, count in zip(right, model.correct(scores, target))]
    metrics = dict(zip(names, losses)) | {"accuracy": right[0]}
    if len(model.outputs) > 1:
        metrics |= {f"{output.layer}_accuracy": count for output, count in zip(model.outputs, right)}
    return {name: value / len(x) for name, value in metrics.items()}


def learning_rates(optimizer, epochs, steps_per_epoch):
    """The learning rate of each step under a config's `optimizer`, as LearningRateSchedule.swift has it."""
    schedule = optimizer.get("schedule", "constant")
    schedule = {"type": schedule} if isinstance(schedule, str) else schedule
    warmup, final = schedule.get("warmup_epochs", 0), schedule.get("final", 0)
    for step in range(epochs * steps_per_epoch):
        epoch, factor = step / steps_per_epoch, 1
        match schedule["type"]:
            case "step":
                factor = schedule.get("factor", 0.1) ** (epoch // schedule["epochs"])
            case "cosine" if epoch < warmup:
                factor = (epoch + 1e-3) / warmup
            case "cosine":
                progress = min(1, (epoch - warmup) / max(epochs - warmup, 1e-9))
                factor = final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))
        yield optimizer["lr"] * factor
