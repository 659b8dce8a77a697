import Testing
import TestSupport

/// Layers and options of Keras that have no counterpart: each is named in one line.
@Suite struct KerasRefusalTests {
  private static let refusals: [(reason: String, config: String)] = [
    (
      "layer \"l0\" (LSTM): layers of this class are not supported",
      KerasConversionTests.sequence([("LSTM", "")])
    ),
    (
      "layer \"l0\" (L\\nSTM): layers of this class are not supported",
      KerasConversionTests.sequence([("L\\nSTM", "")])
    ),
    (
      "layer \"l0\" (Conv2D): filters is missing, not a number from 1 to 65536",
      KerasConversionTests.sequence([("Conv2D", #""kernel_size": 3"#)])
    ),
    (
      "layer \"l0\" (Conv2D): kernel_size is [3,0], not one or two numbers from 1 to 4096",
      KerasConversionTests.sequence([("Conv2D", #""filters": 4, "kernel_size": [3, 0]"#)])
    ),
    (
      "layer \"l0\" (Conv2D): padding \"causal\" is not supported",
      KerasConversionTests.sequence([("Conv2D", #""filters": 4, "kernel_size": 3, "padding": "causal""#)])
    ),
    (
      "layer \"l0\" (Conv2D): a kernel of 9 does not fit a map of 8",
      KerasConversionTests.sequence([("Conv2D", #""filters": 4, "kernel_size": 9"#)])
    ),
    (
      "layer \"l0\" (Conv2D): activation \"relu6\" is not supported",
      KerasConversionTests.sequence([("Conv2D", #""filters": 4, "kernel_size": 3, "activation": "relu6""#)])
    ),
    (
      "layer \"l0\" (Conv2D): softmax is supported of flat features alone",
      KerasConversionTests.sequence([("Conv2D", #""filters": 4, "kernel_size": 3, "activation": "softmax""#)])
    ),
    (
      "layer \"l0\" (Conv2D): the file has weights of [3, 3, 1, 4], [4], the config needs [5, 5, 1, 4], [4]",
      KerasConversionTests.sequence([("Conv2D", #""filters": 4, "kernel_size": 5"#)])
    ),
    (
      "layer \"l0\" (SeparableConv2D): the file has no weights, the config needs [3, 3, 1, 1], [1, 1, 1, 2], [2]",
      KerasConversionTests.sequence([("SeparableConv2D", #""filters": 2, "kernel_size": 3"#)])
    ),
    (
      "layer \"l0\" (ReLU): max_value 6 is not supported",
      KerasConversionTests.sequence([("ReLU", #""max_value": 6"#)])
    ),
    (
      "layer \"l0\" (LeakyReLU): a slope of -1.0 is not supported, only 0 to 1",
      KerasConversionTests.sequence([("LeakyReLU", #""alpha": -1"#)])
    ),
    (
      "layer \"l0\" (BatchNormalization): axis 1 is not that of the channels",
      KerasConversionTests.sequence([("BatchNormalization", #""axis": [1]"#)])
    ),
    (
      "layer \"l0\" (Dropout): a rate of 1.0 is not supported",
      KerasConversionTests.sequence([("Dropout", #""rate": 1"#)])
    ),
    (
      "layer \"l0\" (Dense): it reads [1, 8, 8]; put Flatten in front of it",
      KerasConversionTests.sequence(input: "8, 8", [("Dense", #""units": 5"#)])
    ),
    (
      "layer \"l1\" (MaxPooling2D): zero padding is supported in front of a convolution, or of a max pool behind ReLU",
      KerasConversionTests.sequence([("ZeroPadding2D", #""padding": 1"#), ("MaxPooling2D", "")])
    ),
    (
      "layer \"l1\" (Rescaling): it is supported in front of a model alone, where nothing else reads the input",
      KerasConversionTests.sequence([("Activation", #""activation": "relu""#), ("Rescaling", #""scale": 2"#)])
    ),
    (
      "layer \"l0\" (Normalization): the file has no mean and variance",
      KerasConversionTests.sequence([("Normalization", "")])
    ),
    (
      "layer \"l0\" (Normalization): it has 3 numbers; one for each channel is supported",
      KerasConversionTests.sequence([("Normalization", #""mean": [1, 2, 3], "variance": [1, 1, 1]"#)])
    ),
    (
      "Keras model: its scaling of the input is not supported by data.normalize",
      KerasConversionTests.sequence([("Rescaling", #""scale": -1"#), ("Flatten", "")])
    ),
    (
      "layer \"l0\" (Reshape): target_shape [9, -1] is not supported of 64 values",
      KerasConversionTests.sequence([("Reshape", #""target_shape": [9, -1]"#)])
    ),
    (
      "layer \"l0\" (Reshape): a reshape to maps of several channels, whose order is another here, is not supported",
      KerasConversionTests.sequence([("Reshape", #""target_shape": [4, 4, 4]"#)])
    ),
    (
      "layer \"in\" (InputLayer): an input of (None, None, None, 3), which is no image of a fixed size",
      KerasConversionTests.sequence(input: "null, null, 3", [])
    ),
    (
      "layer \"in\" (InputLayer): an input of 3072 values, which are no square picture of one channel",
      KerasConversionTests.sequence(input: "3072", [])
    ),
    (
      "layer \"l0\" (Flatten): the file does not say the shape of the input; build the model before it is saved",
      #"{"class_name": "Sequential", "config": [{"class_name": "Flatten", "config": {"name": "l0"}}]}"#
    ),
    (
      "Keras model: channels first in some layers and last in others",
      KerasConversionTests.sequence([
        ("MaxPooling2D", #""data_format": "channels_first""#),
        ("MaxPooling2D", #""data_format": "channels_last""#),
      ])
    ),
    (
      "output \"l0\" is a flattened map, which are no classes",
      KerasConversionTests.sequence(input: "4, 4, 3", [("Flatten", "")])
    ),
    (
      "layer \"l1\" (ZeroPadding2D): an output of [1, 8200, 8200] has too many values",
      KerasConversionTests.sequence(
        input: "16, 16, 1",
        [("Activation", #""activation": "relu""#), ("ZeroPadding2D", #""padding": 4092"#)])
    ),
  ]

  @Test(arguments: refusals)
  func refused(refusal: (reason: String, config: String)) throws {
    #expect(message { _ = try KerasConversionTests.network(refusal.config) } == "f: \(refusal.reason)")
  }
}
