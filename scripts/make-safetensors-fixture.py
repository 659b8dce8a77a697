"""Writes Tests/Fixtures/reference.safetensors with the safetensors library (pip install safetensors torch).

One tensor of each type, with values that the type represents exactly.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

numbers = [0.0, 1.0, -2.5, 0.09375, -65504.0, 2.0**-24]
tensors = {
    "conv1.weight": torch.tensor(numbers).reshape(1, 2, 1, 3),
    "double": torch.tensor(numbers, dtype=torch.float64),
    "half": torch.tensor(numbers, dtype=torch.float16).reshape(2, 3),
    "brain": torch.tensor(numbers[:4], dtype=torch.bfloat16),
    "step": torch.tensor(-(2**40), dtype=torch.int64),
    "count": torch.tensor([-1, 7], dtype=torch.int32),
    "pixels": torch.tensor([0, 128, 255], dtype=torch.uint8),
    "empty": torch.zeros(0, 5),
}
path = Path(__file__).parent.parent / "Tests" / "Fixtures" / "reference.safetensors"
path.parent.mkdir(exist_ok=True)
save_file(tensors, path, {"format": "pt", "author": 'the "reference" é'})
print(path.name, path.stat().st_size, "bytes")
