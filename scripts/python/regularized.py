"""Keras' loss and gradients of mlp-regularized, with its penalties."""


def regularized(weights, images, labels):
    """(loss, gradients) with L2 0.01 on the first kernel and L1 0.01 on its activity, which Keras divides
    by the batch; weights are in PyTorch's layout [out, in]."""
    import keras
    import tensorflow

    penalty = keras.regularizers
    model = keras.Sequential([
        keras.Input((784,), dtype="float64"),
        keras.layers.Dense(
            64, kernel_regularizer=penalty.L2(0.01), activity_regularizer=penalty.L1(0.01), dtype="float64"),
        keras.layers.Dense(10, dtype="float64"),
    ])
    model.set_weights([weight.T for weight in weights])
    with tensorflow.GradientTape() as tape:
        logits = model(images.astype("float64") / 255, training=True)
        cross_entropy = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        penalties = [tensorflow.cast(loss, "float64") for loss in model.losses]
        loss = tensorflow.reduce_mean(cross_entropy) + tensorflow.add_n(penalties)
    return float(loss), [gradient.numpy().T for gradient in tape.gradient(loss, model.trainable_variables)]
