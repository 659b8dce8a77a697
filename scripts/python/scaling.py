"""Measures with `cnn bench` how the cost of training scales, and writes docs/scaling.md and docs/scaling.svg.

The text of the page is kept: only the lines between the markers `<!-- name -->` and `<!-- /name -->` are replaced.
"""

import argparse
import copy
import json
import os
import re
import statistics
import subprocess
import tempfile
from math import log
from pathlib import Path

from benchmark_common import cpu_name

ROOT = Path(__file__).resolve().parents[2]
CNN = ROOT / ".build" / "release" / "cnn"
PAGE, CHARTS = ROOT / "docs" / "scaling.md", ROOT / "docs" / "scaling.svg"

Result = dict
Rows = list[list[str]]


def bench(config: str, options: argparse.Namespace, batch: int | None = None, threads: int | None = None) -> Result:
    """Runs the benchmark once more; returns the fastest run so far, with its shares of the highest peak of all runs.

    The fastest, because other programs only ever slow a run down, and often several in a row.
    """
    command = [str(CNN), "bench", config, "--json", "--seconds", str(options.seconds)]
    if batch:
        command += ["--batch-size", str(batch)]
    command += ["--threads", str(threads or options.threads)]
    runs = options.runs.setdefault(tuple(command), [])
    runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    fastest = copy.deepcopy(max(runs, key=lambda run: run["images_per_second"]))
    scale = fastest["peak_flops"] / max(run["peak_flops"] for run in runs)
    fastest["share_of_peak"] *= scale
    for layer in fastest["layers"]:
        layer["share_of_peak"] = {name: share * scale for name, share in layer["share_of_peak"].items()}
    return fastest


def config(folder: str, name: str, size: int, layers: list, batch: int, winograd: bool = True) -> str:
    """Writes a config and returns its path. It names no data: `cnn bench` generates noise images."""
    path = Path(folder) / f"{name}.json"
    path.write_text(json.dumps({
        "name": name,
        "model": {"input": size, "layers": layers},
        "optimizer": {"type": "adam"},
        "engine": {"winograd": winograd},
        "train": {"epochs": 1, "batch_size": batch},
    }))
    return str(path)


def convolution(filters: int, kernel: int) -> list:
    return [{"type": "conv2d", "filters": filters, "kernel": kernel, "padding": "same"}, "relu"]


def convolutions_and_pools(count: int) -> list:
    pool = {"type": "max_pool2d", "kernel": 2}
    return sum(([*convolution(8 << stage, 5 if stage == 0 else 3), pool] for stage in range(count)), [])


def by_batch(options: argparse.Namespace) -> tuple[list[str], Rows, dict]:
    rows, curves = [], {"torch-lenet": [], "tf-convnet": []}
    for batch in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]:
        row = [str(batch)]
        for name, points in curves.items():
            result = bench(name, options, batch=batch)
            points.append((batch, result["images_per_second"]))
            row += [f"{result['images_per_second']:,.0f}", percent(result["share_of_peak"])]
        rows.append(row)
    return ["batch", "torch-lenet, images/s", "of peak", "tf-convnet, images/s", "of peak"], rows, curves


def by_size(options: argparse.Namespace, folder: str) -> tuple[list[str], Rows, dict]:
    rows, points = [], []
    for size in [28, 56, 112, 224]:
        layers = convolutions_and_pools(2) + [{"type": "average_pool2d", "kernel": size // 4}, "flatten",
                              {"type": "dense", "units": 10}]
        result = bench(config(folder, f"size-{size}", [1, size, size], layers, 32), options)
        pixels = result["images_per_second"] * size * size
        points.append((size, result["images_per_second"]))
        rows.append([f"{size}x{size}", f"{result['images_per_second']:,.0f}", f"{pixels / 1e6:,.1f}",
                     percent(result["share_of_peak"]), f"{result['peak_memory'] / 1e6:,.0f}"])
    return ["image", "images/s", "million pixels/s", "of peak", "peak MB"], rows, {"images of n x n": points}


def by_channels(options: argparse.Namespace, folder: str) -> tuple[list[str], Rows, dict]:
    rows, curves = [], {"Winograd": [], "direct": []}
    for channels in [1, 2, 3, 4, 6, 8, 16, 30, 32, 64, 128, 256]:
        row = [str(channels)]
        for name, points in curves.items():
            # Behind a 1x1 convolution, because the first layer computes no input gradient.
            layers = [{"type": "conv2d", "filters": channels, "kernel": 1}, "relu", *convolution(channels, 3),
                      {"type": "average_pool2d", "kernel": 14}, "flatten", {"type": "dense", "units": 10}]
            path = config(folder, f"channels-{channels}-{name}", [1, 14, 14], layers, 64, name == "Winograd")
            layer = next(each for each in bench(path, options)["layers"] if each["name"] == "conv2d2")
            shares = [layer["share_of_peak"][each] for each in ("forward", "input_gradient", "weight_gradient")]
            points.append((channels, 100 * statistics.harmonic_mean(shares)))
            row += [percent(share) for share in shares]
        rows.append(row)
    heading = ["channels"] + [f"{each}{word}" for word in ("", ", direct")
                              for each in ("forward", "d input", "d weights")]
    return heading, rows, curves


def by_threads(options: argparse.Namespace) -> tuple[list[str], Rows, dict]:
    counts = [count for count in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32) if count <= len(os.sched_getaffinity(0))]
    names = ["torch-lenet", "keras-lenet", "simple-convnet", "tf-convnet"]
    curves = {name: [(count, bench(name, options, threads=count)["images_per_second"]) for count in counts]
              for name in names}
    rows = [[name] + [f"{rate:,.0f}" for _, rate in points] + [f"{points[-1][1] / points[0][1]:.2f}"]
            for name, points in curves.items()]
    return ["images/s with threads:"] + [str(count) for count in counts] + ["last over first"], rows, curves


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def markdown(heading: list[str], rows: Rows) -> str:
    lines = [heading, ["---"] + ["---:"] * (len(heading) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# The charts, one for each table. Both axes are logarithmic, except that of the share of the peak.

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 420, 300, 62, 40, 18, 46
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]
TITLES = {"batch": ("Images per second over batch size", "images/s", True),
          "size": ("Images per second over image size", "images/s", True),
          "channels": ("Share of peak over channels, 3x3", "% of peak", False),
          "threads": ("Images per second over threads", "images/s", True)}


def chart(name: str, curves: dict, x0: int, y0: int) -> list[str]:
    title, unit, logarithmic = TITLES[name]
    xs = sorted({x for points in curves.values() for x, _ in points})
    ys = [y for points in curves.values() for _, y in points]
    ticks = logarithmic_ticks(min(ys), max(ys)) if logarithmic else list(range(0, int(max(ys)) + 50, 50))
    low, high = ticks[0], ticks[-1]

    def position(value: float, first: float, last: float, is_log: bool) -> float:
        if first == last:
            return 0.5
        return log(value / first) / log(last / first) if is_log else (value - first) / (last - first)

    def x(value: float) -> float:
        return x0 + LEFT + position(value, xs[0], xs[-1], True) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return y0 + HEIGHT - BOTTOM - position(value, low, high, logarithmic) * (HEIGHT - TOP - BOTTOM)

    out = [f'<text x="{x0 + LEFT}" y="{y0 + 18}" class="title">{title}</text>']
    for tick in ticks:
        label = f"{tick:,.0f}" if unit == "images/s" else f"{tick} %"
        out += [f'<line x1="{x0 + LEFT}" x2="{x0 + WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" class="grid"/>',
                f'<text x="{x0 + LEFT - 6}" y="{y(tick) + 4:.1f}" class="right">{label}</text>']
    last = None
    for value in xs:
        if last is None or x(value) - last > 26:
            out.append(f'<text x="{x(value):.1f}" y="{y0 + HEIGHT - BOTTOM + 16}" class="middle">{value}</text>')
            last = x(value)
    for (label, points), colour in zip(curves.items(), COLOURS):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        out.append(f'<polyline points="{path}" stroke="{colour}" class="curve"/>')
        out += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="2.5" fill="{colour}"/>' for a, b in points]
    at = x0 + LEFT
    for label, colour in zip(curves, COLOURS):
        out += [f'<rect x="{at:.0f}" y="{y0 + HEIGHT - 19}" width="10" height="10" fill="{colour}"/>',
                f'<text x="{at + 14:.0f}" y="{y0 + HEIGHT - 10}">{label}</text>']
        at += 24 + 6 * len(label)
    return out


def logarithmic_ticks(low: float, high: float) -> list[int]:
    steps = [factor * 10**power for power in range(0, 8) for factor in (1, 2, 5)]
    first = max(step for step in steps if step <= low)
    last = min(step for step in steps if step >= high)
    ticks = [step for step in steps if first <= step <= last]
    return ticks if len(ticks) <= 7 else [step for step in ticks if str(step)[0] == "1" or step in (first, last)]


def svg(charts: dict) -> str:
    body = []
    for index, (name, curves) in enumerate(charts.items()):
        body += chart(name, curves, index % 2 * WIDTH, index // 2 * HEIGHT)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {2 * HEIGHT}" font-family="sans-serif" '
        'font-size="11">',
        "<style>.title{font-size:13px;font-weight:bold}.grid{stroke:#ddd}.right{text-anchor:end}"
        ".middle{text-anchor:middle}.curve{fill:none;stroke-width:2}</style>",
        f'<rect width="{2 * WIDTH}" height="{2 * HEIGHT}" fill="white"/>', *body, "</svg>", ""])


def replace(page: str, name: str, text: str) -> str:
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE} has no markers <!-- {name} --> and <!-- /{name} -->")
    return pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page)



def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/scaling", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="per measurement (default: 1)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of every measurement, in turns; the fastest counts (default: 3)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args(namespace=argparse.Namespace(runs={}))
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(max(options.rounds, 1)):
            measured = {"batch": by_batch(options), "size": by_size(options, folder),
                        "channels": by_channels(options, folder), "threads": by_threads(options)}
    machine = f"{cpu_name()}, {len(os.sched_getaffinity(0))} cores, {options.threads} threads."
    page = replace(PAGE.read_text(), "machine", machine)
    for name, (heading, rows, _) in measured.items():
        page = replace(page, name, markdown(heading, rows))
    PAGE.write_text(page)
    CHARTS.write_text(svg({name: curves for name, (_, _, curves) in measured.items()}))


if __name__ == "__main__":
    main()
