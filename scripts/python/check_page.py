"""Draws digits on the page of `cnn serve` in a browser and checks the predictions; see scripts/check-page."""

import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

Point = tuple[float, float]
Stroke = list[Point]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def arc(x: float, y: float, width: float, height: float, start: float, end: float) -> Stroke:
    """A part of an ellipse, angles in degrees, clockwise from the right."""
    count = max(8, int(abs(end - start) / 6))
    angles = [math.radians(start + (end - start) * i / count) for i in range(count + 1)]
    return [(x + width * math.cos(angle), y + height * math.sin(angle)) for angle in angles]


# Strokes of each digit as most people write it, on a square of side 1.
DIGITS: dict[str, list[Stroke]] = {
    "0": [arc(0.5, 0.5, 0.2, 0.32, -90, 270)],
    "1": [[(0.53, 0.16), (0.5, 0.5), (0.47, 0.84)]],
    "2": [arc(0.5, 0.34, 0.19, 0.17, -170, 30) + [(0.48, 0.66), (0.28, 0.82), (0.5, 0.81), (0.76, 0.8)]],
    "3": [arc(0.47, 0.33, 0.18, 0.16, -150, 85) + arc(0.47, 0.66, 0.21, 0.18, -85, 150)],
    "4": [[(0.32, 0.18), (0.29, 0.38), (0.28, 0.52), (0.5, 0.51), (0.72, 0.49)], [(0.66, 0.17), (0.63, 0.5), (0.6, 0.85)]],
    "5": [[(0.7, 0.19), (0.52, 0.19), (0.36, 0.2), (0.33, 0.44)] + arc(0.47, 0.62, 0.22, 0.2, -130, 150)],
    "6": [[(0.62, 0.15), (0.46, 0.28), (0.35, 0.48)] + arc(0.49, 0.65, 0.17, 0.17, 180, -190)],
    "7": [[(0.28, 0.22), (0.5, 0.21), (0.72, 0.2), (0.6, 0.45), (0.5, 0.65), (0.42, 0.85)]],
    "8": [arc(0.5, 0.34, 0.15, 0.16, 60, -240) + arc(0.5, 0.67, 0.18, 0.17, -60, 240) + [(0.575, 0.48)]],
    "9": [arc(0.5, 0.35, 0.17, 0.17, -10, -360) + [(0.67, 0.35), (0.65, 0.6), (0.6, 0.85)]],
}  # fmt: skip

faults: list[str] = []


def check(passed: bool, description: str) -> None:
    print(f"{'ok  ' if passed else 'FAIL'} {description}", flush=True)
    if not passed:
        faults.append(description)


@contextmanager
def server(program: str, checkpoint: str) -> Iterator[str]:
    """Starts a server and yields its URL; Ctrl-C has to stop it with status 130."""
    process = subprocess.Popen([program, "serve", checkpoint, "--port", "0"], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline() if process.stdout else ""
    print(line.strip())
    found = re.search(r"http://\S+", line)
    if not found:
        sys.exit("the server did not start")
    try:
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        check(process.wait(5) == 130, "Ctrl-C ends it with status 130")


@contextmanager
def visit(browser: Browser, url: str, size: dict[str, int], scheme: str = "light", **options: object) -> Iterator[Page]:
    """Opens the page in a new browser context; console messages and requests to other origins are faults."""
    context = browser.new_context(viewport=size, color_scheme=scheme, **options)  # type: ignore[arg-type]
    page = context.new_page()
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("requestfailed", lambda request: noise.append(f"failed: {request.url}"))
    page.on("request", lambda request: None if request.url.startswith(url) else noise.append(f"foreign: {request.url}"))
    page.goto(url)
    page.wait_for_selector("#probabilities li")
    yield page
    check(noise == [], f"no console messages, no foreign requests {noise or ''}")
    context.close()


def box(page: Page) -> tuple[float, float, float]:
    bounds = page.locator("#canvas").bounding_box()
    assert bounds
    return bounds["x"], bounds["y"], bounds["width"]


def placed(page: Page, strokes: list[Stroke]) -> list[Stroke]:
    x, y, side = box(page)
    return [[(x + side * px, y + side * py) for px, py in stroke] for stroke in strokes]


def draw_by_mouse(page: Page, strokes: list[Stroke]) -> None:
    for stroke in placed(page, strokes):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*point, steps=3)
        page.mouse.up()


def draw_by_finger(page: Page, touch: CDPSession, strokes: list[Stroke]) -> None:
    for stroke in placed(page, strokes):
        for index, (x, y) in enumerate(stroke):
            kind = "touchMove" if index else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def settled(page: Page) -> None:
    """Waits for the last response and the end of the transitions."""
    page.wait_for_timeout(50)
    page.wait_for_selector("#probabilities[aria-busy=false]")
    page.wait_for_timeout(250)


def prediction(page: Page) -> str:
    settled(page)
    return page.inner_text("#prediction")


def confidence(page: Page) -> str:
    return page.inner_text("#confidence")


def check_digits(page: Page, how: str, draw: object) -> None:
    for digit, strokes in DIGITS.items():
        draw(strokes)  # type: ignore[operator]
        predicted = prediction(page)
        check(predicted == digit, f"{how}: a drawn {digit} is classified as {predicted}, {confidence(page)}")
        page.click("#clear")
    check(prediction(page) == "?", f"{how}: Clear removes the drawing")


def check_wide(page: Page) -> None:
    check_digits(page, "mouse", lambda strokes: draw_by_mouse(page, strokes))
    # A digit in a corner, a third as large.
    small = [[(0.05 + x / 3, 0.6 + y / 3) for x, y in stroke] for stroke in DIGITS["3"]]
    draw_by_mouse(page, small)
    check(prediction(page) == "3", f"a small 3 in a corner is classified as {prediction(page)}, {confidence(page)}")
    page.click("#clear")

    # The probabilities change during a stroke.
    (stroke,) = placed(page, DIGITS["7"])
    page.mouse.move(*stroke[0])
    page.mouse.down()
    page.mouse.move(*stroke[2], steps=10)
    page.wait_for_timeout(200)
    first = confidence(page)
    for point in stroke[3:]:
        page.mouse.move(*point, steps=5)
    page.wait_for_timeout(200)
    check("%" in first and page.inner_text("#prediction") == "7", f"probabilities change during a stroke ({first})")
    page.mouse.up()

    check(prediction(page) == "7", "a drawn 7 is classified as 7")
    page.wait_for_timeout(700)
    check(page.inner_text("#announcement").startswith("7, "), f"announced to screen readers: {page.inner_text('#announcement')!r}")
    label = page.locator("#probabilities li").nth(7).get_attribute("aria-label") or ""
    check(label.startswith("7: "), f"the label of a bar is {label!r}")
    draw_by_mouse(page, [[(0.2, 0.5), (0.8, 0.5)]])
    settled(page)
    page.keyboard.press("Control+z")
    check(prediction(page) == "7", "undo removes one stroke")
    page.click("#undo")
    check(prediction(page) == "?" and page.is_disabled("#undo"), "undo removes the last one")

    times = page.evaluate(
        """performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("/predict"))
             .map((entry) => entry.responseStart - entry.requestStart).sort((a, b) => a - b)"""
    )
    median = times[len(times) // 2]
    check(median < 10, f"latency of {len(times)} predictions: median {median:.1f} ms, maximum {times[-1]:.1f} ms")


def check_keys(page: Page) -> None:
    order = []
    for _ in range(2):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
    check(order[0] == "canvas", f"the first tab stop is the canvas {order}")
    page.keyboard.press("Shift+Tab")
    outline = page.evaluate("getComputedStyle(document.getElementById('canvas')).outlineStyle")
    check(outline == "solid", "the focus is visible")
    for key, count in [("ArrowUp", 11), ("Space", 1), ("ArrowDown", 22), ("Space", 1)]:
        for _ in range(count):
            page.keyboard.press(key)
    check(prediction(page) == "1", f"keys: a drawn 1 is classified as {page.inner_text('#prediction')}, {confidence(page)}")
    for _ in range(2):
        page.keyboard.press("Tab")
    check(page.evaluate("document.activeElement.id") == "clear", "the third tab stop is Clear")
    page.keyboard.press("Enter")
    check(prediction(page) == "?", "Enter on Clear clears")
    draw_by_mouse(page, DIGITS["0"])
    check(prediction(page) == "0", "a drawn 0 is classified as 0")
    page.keyboard.press("Escape")
    check(prediction(page) == "?", "Escape clears")


def check_phone(page: Page) -> None:
    touch = page.context.new_cdp_session(page)
    check_digits(page, "finger", lambda strokes: draw_by_finger(page, touch, strokes))
    draw_by_finger(page, touch, [[(0.5, 0.9), (0.5, 0.5), (0.5, 0.05)]])
    check(page.evaluate("scrollY") == 0, "drawing upwards does not scroll")
    width = page.evaluate("document.documentElement.scrollWidth")
    check(width <= PHONE["width"], f"the page is not wider than the screen ({width})")
    _, y, side = box(page)
    bars = page.locator("#probabilities").bounding_box()
    assert bounds_end(bars)
    check(bounds_end(bars) <= PHONE["height"], f"canvas and probabilities fit on the screen (they end at {bounds_end(bars):.0f})")
    for name in ["undo", "clear"]:
        size = page.locator(f"#{name}").bounding_box() or {}
        check(size.get("height", 0) >= 44, f"{name} is large enough for a finger")


def bounds_end(bounds: object) -> float:
    return bounds["y"] + bounds["height"] if isinstance(bounds, dict) else 0


def main() -> int:
    program, checkpoint = sys.argv[1:3]
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else ".build/page")
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright, server(program, checkpoint) as url:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with visit(browser, url, WIDE) as page:
            check_wide(page)
        with visit(browser, url, WIDE) as page:
            check_keys(page)
        with visit(browser, url, PHONE, has_touch=True, is_mobile=True, device_scale_factor=2) as page:
            check_phone(page)
        with visit(browser, url, WIDE, reduced_motion="reduce") as page:
            duration = page.evaluate("getComputedStyle(document.querySelector('.fill')).transitionDuration")
            check(duration == "0s", "prefers-reduced-motion turns transitions off")
        for name, size in [("phone", PHONE), ("wide", WIDE), ("short", {"width": 844, "height": 390}), ("tablet", {"width": 820, "height": 1180})]:
            for scheme in ["light", "dark"]:
                with visit(browser, url, size, scheme) as page:
                    if name == "phone":
                        page.screenshot(path=folder / f"{name}-{scheme}-empty.png")
                    draw_by_mouse(page, DIGITS["3" if scheme == "light" else "5"])
                    settled(page)
                    page.screenshot(path=folder / f"{name}-{scheme}.png")
        browser.close()
    print(f"screenshots: {folder}")
    print(f"{len(faults)} faults" if faults else "no faults")
    return int(bool(faults))


if __name__ == "__main__":
    start = time.monotonic()
    status = main()
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(status)
