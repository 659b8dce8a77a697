"""Loss and gradients of mlp-regularized with its regularizers, by Keras."""


def regularized_gradients(weights, images, labels):
    """(loss, gradients) with L2 0.01 on the first kernel and L1 0.01 on its layer's activity, which Keras divides by the
    batch size. Weights and gradients are in PyTorch's layout, [out, in]."""
    import keras
    import tensorflow

    regularizers = keras.regularizers
    model = keras.Sequential([
        keras.Input((784,), dtype="float64"),
        keras.layers.Dense(
            64, kernel_regularizer=regularizers.L2(0.01), activity_regularizer=regularizers.L1(0.01), dtype="float64"),
        keras.layers.Dense(10, dtype="float64"),
    ])
    model.set_weights([weight.T for weight in weights])
    with tensorflow.GradientTape() as tape:
        logits = model(images.astype("float64") / 255, training=True)
        cross_entropy = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        regularization = [tensorflow.cast(loss, "float64") for loss in model.losses]
        loss = tensorflow.reduce_mean(cross_entropy) + tensorflow.add_n(regularization)
    return float(loss), [gradient.numpy().T for gradient in tape.gradient(loss, model.trainable_variables)]
