"""Trains and evaluates the network of a config as a Keras model on MNIST as fast as Keras can, on TensorFlow or on JAX.

Prints the same events as train_pytorch.py. The whole data set is in memory as normalized floats; `fit` runs many steps in
each call of the backend, compiled by XLA or as a graph; evaluation is one compiled function.
"""

import os
import time

from benchmark_common import TRAINING, argument_parser, report
from mnist import load

MODES = ["tensorflow", "tensorflow+xla", "jax"]
# Steps in one call of the backend; `fit` runs the rest of an epoch with the same compiled program.
STEPS_PER_EXECUTION = 32


def network(keras, config):
    """The model of a config up to the logits, in TensorFlow's layout, NHWC."""
    layers = keras.layers

    def conv(filters, kernel, padding, pool="valid", bias=True, dropout=None):
        yield layers.Conv2D(filters, kernel, padding=padding, use_bias=bias, activation="relu")
        if pool:
            yield layers.MaxPooling2D(2, padding=pool)
        if dropout:
            yield layers.Dropout(dropout)

    def dense(*units, bias=True, dropout=None):
        yield layers.Flatten()
        for count in units:
            yield layers.Dense(count, use_bias=bias, activation="relu")
            if dropout:
                yield layers.Dropout(dropout)
        yield layers.Dense(10, use_bias=bias)

    stacks = {
        "torch-lenet": [*conv(6, 5, "valid"), *conv(16, 5, "valid"), *dense(64)],
        "keras-lenet": [*conv(6, 5, "same"), *conv(6, 5, "same"), *conv(6, 5, "same", pool=None), *dense(84)],
        "simple-convnet": [*conv(30, 5, "valid"), *dense(100)],
        "tf-convnet": [
            *(layer for filters in (32, 64, 128)
              for layer in conv(filters, 3, "same", pool="same", bias=False, dropout=0.2)),
            *dense(625, bias=False, dropout=0.5)],
    }
    return keras.Sequential([layers.Input((28, 28, 1)), *stacks[config]])


def optimizer(keras, config):
    return {
        "torch-lenet": lambda: keras.optimizers.SGD(0.01), "keras-lenet": lambda: keras.optimizers.Adam(0.001),
        "simple-convnet": lambda: keras.optimizers.Adam(0.001),
        "tf-convnet": lambda: keras.optimizers.RMSprop(0.001, rho=0.9, epsilon=1e-10),
    }[config]()


def pixels(array):
    return array.reshape(-1, 28, 28, 1).astype("float32") / 255


def evaluator(keras, model, backend, xla):
    """A compiled function from images to predicted classes."""
    if backend == "jax":
        import jax

        trainable = [variable.value for variable in model.trainable_variables]
        others = [variable.value for variable in model.non_trainable_variables]
        return jax.jit(lambda x: model.stateless_call(trainable, others, x, training=False)[0].argmax(1))
    import tensorflow

    return tensorflow.function(lambda x: tensorflow.argmax(model(x, training=False), 1), jit_compile=xla)


def train(keras, model, options, xla):
    count, batch, shuffled, drop_last = TRAINING[options.config]
    count = min(count, options.images)
    count -= count % batch if drop_last else 0
    images, labels = load(options.data, "train")
    images, labels = pixels(images[:count]), labels[:count].astype("int32")
    model.compile(
        optimizer(keras, options.config), keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=xla, steps_per_execution=STEPS_PER_EXECUTION)

    class EpochTimer(keras.callbacks.Callback):
        first_step = True

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            if self.first_step:
                report(event="first_step")
                self.first_step = False

        def on_epoch_end(self, epoch, logs=None):
            seconds = time.perf_counter() - self.start
            report(event="epoch", epoch=epoch + 1, loss=float(logs["loss"]), seconds=seconds,
                   images_per_second=count / seconds)

    model.fit(images, labels, batch_size=batch, epochs=options.epochs, shuffle=shuffled, verbose=0,
              callbacks=[EpochTimer()])


def evaluate(keras, model, backend, options, xla):
    images, labels = load(options.data, "t10k")
    images, classify, batch = pixels(images), evaluator(keras, model, backend, xla), 1000
    for turn in range(options.evaluations + 1):
        start = time.perf_counter()
        predictions = [classify(images[first : first + batch]) for first in range(0, len(images), batch)]
        correct = sum(int((part.__array__() == labels[index * batch : (index + 1) * batch]).sum())
                      for index, part in enumerate(predictions))
        seconds = time.perf_counter() - start
        if turn:  # the first one is the warm-up: it compiles
            report(event="evaluation", accuracy=correct / len(images), seconds=seconds)


def main():
    options = argument_parser(__doc__, "keras-lenet", choices=MODES, default="tensorflow").parse_args()
    backend, _, xla = options.mode.partition("+")
    os.environ.update(KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu")
    # JAX starts a thread for each core of the process's affinity mask.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    if backend == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
    import keras

    keras.utils.set_random_seed(42)
    model = network(keras, options.config)
    compiled = backend == "jax" or bool(xla)
    if options.predict:
        model.load_weights(options.predict)
        image = pixels(load(options.data, "t10k")[0][:1])
        print(int(keras.ops.convert_to_numpy(model(image)).argmax()))
        return
    train(keras, model, options, compiled)
    if options.evaluations:
        evaluate(keras, model, backend, options, compiled)
    if options.save:
        model.save_weights(options.save)


if __name__ == "__main__":
    main()
