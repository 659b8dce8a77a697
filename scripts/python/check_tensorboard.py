"""Checks that TensorBoard reads the event files of a run; see scripts/check-tensorboard."""

import argparse
import base64
import csv
import io
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy
import websocket
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SCALARS = {"train": {"loss": "loss", "accuracy": "accuracy", "learning_rate": "learning_rate",
                     "images_per_second": "images_per_second"},
           "validation": {"loss": "val_loss", "accuracy": "val_accuracy"}}
PARAMETERS = {"conv1/weight": 150, "conv1/bias": 6, "conv2/weight": 2400, "conv2/bias": 16, "fc1/weight": 48000,
              "fc1/bias": 120, "fc2/weight": 10080, "fc2/bias": 84, "fc3/weight": 840, "fc3/bias": 10}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--screenshot", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(options.program.resolve(), Path(folder))
        for name, train in [
            ("uninterrupted", runs.uninterrupted), ("interrupted and resumed", runs.resumed),
            ("resumed from an earlier checkpoint", runs.rolled_back), ("resumed in another folder", runs.resumed_elsewhere),
        ]:  # fmt: skip
            run = train()
            check(run)
            print(f"{name}: tags, steps and values are those of metrics.csv, epochs 1 to {len(metrics(run))}")
        with Server(Path(folder)) as server:
            for name in ("uninterrupted", "resumed", "rolled-back"):
                server.check(f"{name}/tb", metrics(Path(folder) / name))
        print("the web server returns the same curves, train and validation under one tag")
        if options.screenshot:
            with Server(Path(folder) / "uninterrupted" / "tb") as server:
                server.check("", metrics(Path(folder) / "uninterrupted"))
                server.screenshot(options.screenshot.resolve(), Path(folder))


class Runs:
    """Trains runs of lenet on synthetic digits, in `folder`."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder

    def command(self, *options: object) -> list[str]:
        return [str(self.program), "train", *map(str, options)]

    def train(self, *options: object) -> None:
        subprocess.run(self.command("--quiet", *options), check=True)

    def options(self, name: str) -> list[object]:
        return ["--config", "lenet", "--data", "builtin", "--set", "data.builtin.train=6000", "--set",
                "data.builtin.test=1000", "--set", "data.validation.count=1000", "--set", "train.checkpoint.keep=9",
                "--epochs", 6, "--tensorboard", "--output", self.folder / name]

    def uninterrupted(self) -> Path:
        self.train(*self.options("uninterrupted"))
        return self.folder / "uninterrupted"

    def resumed(self) -> Path:
        run = self.folder / "resumed"
        with subprocess.Popen(self.command("--quiet", *self.options("resumed")),
                              stderr=subprocess.DEVNULL) as process:
            while not (run / "checkpoints" / "epoch-0002.ckpt").exists():
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
        assert process.returncode == 130, process.returncode
        self.train("--resume", run)
        return run

    def rolled_back(self) -> Path:
        run = self.folder / "rolled-back"
        shutil.copytree(self.folder / "uninterrupted", run)
        self.train("--resume", run / "checkpoints" / "epoch-0003.ckpt", "--epochs", 5)
        return run

    def resumed_elsewhere(self) -> Path:
        run = self.folder / "resumed-elsewhere"
        self.train("--resume", self.folder / "uninterrupted" / "checkpoints" / "epoch-0004.ckpt", "--output", run)
        return run


def metrics(run: Path) -> list[dict[str, str]]:
    with open(run / "metrics.csv") as file:
        return list(csv.DictReader(file))


def check(run: Path) -> None:
    """Compares the scalars that TensorBoard reads with the run's metrics.csv."""
    epochs = metrics(run)
    for part, columns in SCALARS.items():
        events = EventAccumulator(str(run / "tb" / part), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
        events.Reload()
        tags = events.Tags()
        assert set(tags["scalars"]) == set(columns), tags
        for tag, column in columns.items():
            points = events.Scalars(tag)
            assert [point.step for point in points] == [int(row["epoch"]) for row in epochs], (tag, points)
            values = numpy.array([float(row[column]) for row in epochs], dtype=numpy.float32)
            assert numpy.array_equal(numpy.array([point.value for point in points], dtype=numpy.float32), values)
            assert all(abs(point.wall_time - time.time()) < 3600 for point in points)
        if part == "train":
            check_weights(events, [0] + [int(row["epoch"]) for row in epochs])
        else:
            assert not tags["histograms"] and not tags["images"], tags


def check_weights(events: EventAccumulator, steps: list[int]) -> None:
    """Checks the histograms of every parameter, and the images of the first layer's filters."""
    assert set(events.Tags()["histograms"]) == set(PARAMETERS) and events.Tags()["images"] == ["conv1/filters"]
    for tag, count in PARAMETERS.items():
        histograms = events.Histograms(tag)
        assert [histogram.step for histogram in histograms] == steps, tag
        for histogram in histograms:
            value = histogram.histogram_value
            assert value.num == count == sum(value.bucket) and len(value.bucket) == len(value.bucket_limit)
            assert value.min <= value.max == value.bucket_limit[-1]
            assert sorted(value.bucket_limit) == list(value.bucket_limit)
            mean = numpy.average(numpy.array(value.bucket_limit), weights=numpy.array(value.bucket))
            width = (value.max - value.min) / len(value.bucket)
            assert value.sum / count <= mean + 1e-9 and mean <= value.sum / count + width + 1e-9, tag
    images = events.Images("conv1/filters")
    assert [image.step for image in images] == steps
    decoded = [Image.open(io.BytesIO(image.encoded_image_string)) for image in images]
    assert all(picture.format == "PNG" and picture.size == (image.width, image.height)
               for picture, image in zip(decoded, images))
    assert decoded[0].tobytes() != decoded[-1].tobytes(), "training has not changed the filters"


class Server:
    """TensorBoard's web server over a folder of runs."""

    def __init__(self, folder: Path):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.port = unused.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1", "--port",
             str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def get(self, path: str) -> object:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=10) as response:
            return json.load(response)

    def check(self, folder: str, epochs: list[dict[str, str]]) -> None:
        """Waits until the server has loaded the run, then compares its scalars with the metrics."""
        for part, columns in SCALARS.items():
            for tag, column in columns.items():
                expected = [(int(row["epoch"]), float(row[column])) for row in epochs]
                query = f"data/plugin/scalars/scalars?run={folder}{'/' if folder else ''}{part}&tag={tag}"
                for _ in range(300):
                    try:
                        points = [(step, value) for _, step, value in self.get(query)]
                    except OSError:
                        points = []
                    if len(points) >= len(expected):
                        break
                    time.sleep(0.2)
                assert [step for step, _ in points] == [step for step, _ in expected], (folder, part, tag, points)
                assert numpy.allclose([value for _, value in points], [value for _, value in expected], rtol=1e-6)

    def screenshot(self, file: Path, folder: Path) -> None:
        """Writes a screenshot of the charts of accuracy and loss, taken by headless Chromium."""
        options = "darkMode=false&smoothing=0&tagFilter=accuracy%7Closs#timeseries"
        browser = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--remote-debugging-port=0",
             "--remote-allow-origins=*", f"--user-data-dir={folder / 'chromium'}", "--window-size=1100,620",
             f"http://127.0.0.1:{self.port}/?{options}"], stderr=subprocess.DEVNULL)
        try:
            port_file = folder / "chromium" / "DevToolsActivePort"
            while not port_file.exists():
                time.sleep(0.1)
            port = int(port_file.read_text().split()[0])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as response:
                page = next(target for target in json.load(response) if target["type"] == "page")
            tab = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=30)
            time.sleep(8)
            close_settings = "[...document.querySelectorAll('button')].find(b => b.textContent.includes('Settings')).click()"
            call(tab, "Runtime.evaluate", expression=close_settings)
            time.sleep(3)
            file.write_bytes(base64.b64decode(call(tab, "Page.captureScreenshot", format="png")["data"]))
        finally:
            browser.terminate()
            browser.wait()


def call(page: websocket.WebSocket, method: str, **parameters: object) -> dict:
    page.send(json.dumps({"id": 1, "method": method, "params": parameters}))
    while True:
        response = json.loads(page.recv())
        if response.get("id") == 1:
            return response["result"]


if __name__ == "__main__":
    main()
