"""What TensorBoard makes of a run's event files; see scripts/check-tensorboard."""

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
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(options.program.resolve(), Path(folder))
        for name, make in [("whole", runs.whole), ("interrupted and resumed", runs.interrupted),
                           ("gone back", runs.gone_back), ("gone on elsewhere", runs.elsewhere)]:
            run = make()
            check(run)
            print(f"{name}: tags, steps and values are those of metrics.csv, epochs 1 to {len(rows(run))}")
        with Server(Path(folder)) as server:
            for name in ("whole", "interrupted", "back"):
                server.check(f"{name}/tb", rows(Path(folder) / name))
        print("the web server shows the same curves, train and validation under one tag")
        if options.picture:
            with Server(Path(folder) / "whole" / "tb") as server:
                server.check("", rows(Path(folder) / "whole"))
                server.picture(options.picture.resolve(), Path(folder))


class Runs:
    """Runs of lenet on drawn digits, in `folder`."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder

    def command(self, *options: object) -> list[str]:
        return [str(self.program), "train", *map(str, options)]

    def train(self, *options: object) -> None:
        subprocess.run(self.command("--quiet", *options), check=True)

    def fresh(self, name: str) -> list[object]:
        return ["--config", "lenet", "--data", "builtin", "--set", "data.builtin.train=6000", "--set",
                "data.builtin.test=1000", "--set", "data.validation.count=1000", "--set", "train.checkpoint.keep=9",
                "--epochs", 6, "--tensorboard", "--output", self.folder / name]

    def whole(self) -> Path:
        self.train(*self.fresh("whole"))
        return self.folder / "whole"

    def interrupted(self) -> Path:
        run = self.folder / "interrupted"
        with subprocess.Popen(self.command("--quiet", *self.fresh("interrupted")),
                              stderr=subprocess.DEVNULL) as process:
            while not (run / "checkpoints" / "epoch-0002.ckpt").exists():
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
        assert process.returncode == 130, process.returncode
        self.train("--resume", run)
        return run

    def gone_back(self) -> Path:
        run = self.folder / "back"
        shutil.copytree(self.folder / "whole", run)
        self.train("--resume", run / "checkpoints" / "epoch-0003.ckpt", "--epochs", 5)
        return run

    def elsewhere(self) -> Path:
        run = self.folder / "elsewhere"
        self.train("--resume", self.folder / "whole" / "checkpoints" / "epoch-0004.ckpt", "--output", run)
        return run


def rows(run: Path) -> list[dict[str, str]]:
    with open(run / "metrics.csv") as file:
        return list(csv.DictReader(file))


def check(run: Path) -> None:
    """Compares what TensorBoard reads with the run's own metrics."""
    epochs = rows(run)
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
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1", "--port",
             str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def get(self, path: str) -> object:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=10) as answer:
            return json.load(answer)

    def check(self, folder: str, epochs: list[dict[str, str]]) -> None:
        """Waits until the server has read the run, then compares."""
        for part, columns in SCALARS.items():
            for tag, column in columns.items():
                wanted = [(int(row["epoch"]), float(row[column])) for row in epochs]
                query = f"data/plugin/scalars/scalars?run={folder}{'/' if folder else ''}{part}&tag={tag}"
                for _ in range(300):
                    try:
                        points = [(step, value) for _, step, value in self.get(query)]
                    except OSError:
                        points = []
                    if len(points) >= len(wanted):
                        break
                    time.sleep(0.2)
                assert [step for step, _ in points] == [step for step, _ in wanted], (folder, part, tag, points)
                assert numpy.allclose([value for _, value in points], [value for _, value in wanted], rtol=1e-6)

    def picture(self, file: Path, folder: Path) -> None:
        """Has Chromium, in a window of its own, write the charts of accuracy and loss to `file`."""
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
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
                page = next(target for target in json.load(answer) if target["type"] == "page")
            tab = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=30)
            time.sleep(8)
            close = "[...document.querySelectorAll('button')].find(b => b.textContent.includes('Settings')).click()"
            call(tab, "Runtime.evaluate", expression=close)
            time.sleep(3)
            file.write_bytes(base64.b64decode(call(tab, "Page.captureScreenshot", format="png")["data"]))
        finally:
            browser.terminate()
            browser.wait()


def call(page: websocket.WebSocket, method: str, **parameters: object) -> dict:
    page.send(json.dumps({"id": 1, "method": method, "params": parameters}))
    while True:
        answer = json.loads(page.recv())
        if answer.get("id") == 1:
            return answer["result"]


if __name__ == "__main__":
    main()
