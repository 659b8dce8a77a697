"""Writes a tiny data set as IDX, npz and mat, arrays of weights, and a tiny ONNX model; see scripts/make-interop-fixtures."""

from pathlib import Path

import numpy
import onnx
import scipy.io
from onnx import TensorProto, helper, numpy_helper

from mnist import write_idx

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"
ARCHIVES = FIXTURES / "archives"
TRAIN, TEST, SIDE = 30, 10, 6



def write_datasets() -> None:
    random = numpy.random.default_rng(1)
    images = random.integers(0, 256, (TRAIN + TEST, SIDE, SIDE), dtype=numpy.uint8)
    images[random.random(images.shape) < 0.7] = 0
    # Sorted within each split, as in mnist-original.mat.
    labels = numpy.concatenate([numpy.arange(count) * 10 // count for count in (TRAIN, TEST)]).astype(numpy.uint8)
    splits = {"train": slice(0, TRAIN), "t10k": slice(TRAIN, None)}
    for split, indices in splits.items():
        write_idx(ARCHIVES / f"{split}-images-idx3-ubyte", images[indices])
        write_idx(ARCHIVES / f"{split}-labels-idx1-ubyte", labels[indices])
    arrays = {
        "x_train": images[:TRAIN], "y_train": labels[:TRAIN], "x_test": images[TRAIN:], "y_test": labels[TRAIN:],
    }
    numpy.savez_compressed(ARCHIVES / "mnist.npz", **arrays)
    wide = {name: values.astype(numpy.int64) if name.startswith("y") else values[..., None] for name, values in arrays.items()}
    numpy.savez(ARCHIVES / "stored.npz", **wide)
    columns = images.reshape(TRAIN + TEST, -1).T
    order = numpy.array(["label", "data"], dtype=object)
    matrices = {"mldata_descr_ordering": order, "data": columns, "label": labels[None].astype(numpy.float64)}
    scipy.io.savemat(ARCHIVES / "mnist-original.mat", matrices, do_compression=True)
    scipy.io.savemat(ARCHIVES / "plain.mat", {"label": labels[:, None], "data": columns.astype(numpy.float64)})


def write_weights() -> None:
    values = numpy.arange(24).reshape(2, 3, 4)
    numpy.savez(
        ARCHIVES / "weights.npz", half=values.astype(numpy.float16) / 4, single=values.astype(numpy.float32) / 4,
        double=values.astype(numpy.float64) / 4, whole=values, scalar=numpy.float32(1.5))


def write_onnx() -> None:
    """Writes tiny.onnx, the model that ONNXTests builds."""
    def constant(name: str, values: numpy.ndarray) -> TensorProto:
        return numpy_helper.from_array(values, name)

    def value(name: str, *sizes: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *sizes])

    nodes = [
        helper.make_node(
            "Conv", ["input", "c.weight", "c.bias"], ["c"], "c", kernel_shape=[2, 2], strides=[1, 2],
            pads=[0, 1, 1, 0]),
        helper.make_node("Neg", ["c"], ["m"], "m"),
        helper.make_node("Reshape", ["m", "r.list"], ["r"], "r"),
        helper.make_node("Gemm", ["r", "f.weight"], ["logits"], "logits", transB=1),
    ]
    for node in nodes:  # helper.make_node sorts attributes by name; ONNXTests has them in this order
        node.attribute.sort(key=lambda attribute: ["kernel_shape", "strides", "pads", "transB"].index(attribute.name))
    initializers = [
        constant("c.weight", numpy.array([[[[1, 2], [3, 4]]], [[[5, 6], [7, -8.5]]]], numpy.float32)),
        constant("c.bias", numpy.array([0.5, -1], numpy.float32)),
        constant("r.list", numpy.array([0, 8], numpy.int64)),
        constant("f.weight", numpy.arange(16, dtype=numpy.float32).reshape(2, 8)),
    ]
    graph = helper.make_graph(nodes, "tiny", [value("input", 1, 2, 3)], [value("logits", 2), value("c", 2, 2, 2)], initializers)
    model = helper.make_model(graph, ir_version=8, producer_name="cnn")
    del model.opset_import[:]
    model.opset_import.add(version=17)
    helper.set_model_props(model, {"input": "pixels"})
    onnx.checker.check_model(model, full_check=True)
    (FIXTURES / "tiny.onnx").write_bytes(model.SerializeToString(deterministic=True))


def main() -> None:
    ARCHIVES.mkdir(parents=True, exist_ok=True)
    write_datasets()
    write_weights()
    write_onnx()


if __name__ == "__main__":
    main()
