// What is drawn is kept as strokes; every change sends a picture of them and shows what comes back.

const SIZE = 280;
const PEN = 20;
const STEP = 8;

const find = (id) => document.getElementById(id);
const slate = find("slate");
const screen = slate.getContext("2d");

/** Strokes, each a list of [x, y] from 0 to SIZE. */
let strokes = [];
/** The pointer that draws, or "keys". */
let drawer = null;
/** Where the keyboard's pen is. */
let pen = { x: SIZE / 2, y: SIZE / 2, shown: false };

// Drawing

function trace(context, stroke, width) {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width;
  context.strokeStyle = "#fff";
  context.beginPath();
  context.moveTo(...stroke[0]);
  for (let i = 1; i < stroke.length - 1; i++) {
    const [[x, y], [nextX, nextY]] = [stroke[i], stroke[i + 1]];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  // A line of no length at all would leave no dot.
  const [x, y] = stroke.at(-1);
  context.lineTo(x + 0.01, y);
  context.stroke();
}

function paint() {
  const side = Math.round(slate.clientWidth * devicePixelRatio);
  if (slate.width !== side) slate.width = slate.height = side;
  screen.setTransform(side / SIZE, 0, 0, side / SIZE, 0, 0);
  screen.clearRect(0, 0, SIZE, SIZE);
  for (const stroke of strokes) trace(screen, stroke, PEN);
  if (pen.shown) paintPen();
  const isDrawn = strokes.length > 0;
  document.body.classList.toggle("drawn", isDrawn);
  find("undo").disabled = find("clear").disabled = !isDrawn;
}

function paintPen() {
  screen.lineWidth = 2;
  screen.strokeStyle = screen.fillStyle = "#ff7f4a";
  screen.beginPath();
  screen.arc(pen.x, pen.y, PEN / 2, 0, 2 * Math.PI);
  screen.stroke();
  if (drawer === "keys") screen.fill();
}

let isPaintDue = false;

function changed(isInk = true) {
  if (isInk) ask();
  if (isPaintDue) return;
  isPaintDue = true;
  requestAnimationFrame(() => {
    isPaintDue = false;
    paint();
  });
}

function undo() {
  lift();
  strokes.pop();
  changed();
}

function clear() {
  lift();
  strokes = [];
  changed();
}

function lift() {
  drawer = null;
}

// Mouse, pen, finger

function point(event) {
  const box = slate.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
}

slate.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || (drawer !== null && drawer !== "keys")) return;
  drawer = event.pointerId;
  pen.shown = false;
  slate.setPointerCapture(event.pointerId);
  strokes.push([point(event)]);
  changed();
});

slate.addEventListener("pointermove", (event) => {
  if (event.pointerId !== drawer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const part of events.length ? events : [event]) strokes.at(-1).push(point(part));
  changed();
});

for (const end of ["pointerup", "pointercancel"]) {
  slate.addEventListener(end, (event) => {
    if (event.pointerId === drawer) lift();
  });
}
slate.addEventListener("contextmenu", (event) => event.preventDefault());

// Keys

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const held = new Set();

slate.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") {
    if (drawer === "keys") {
      lift();
    } else if (drawer === null && !event.repeat) {
      drawer = "keys";
      strokes.push([[pen.x, pen.y]]);
    }
  } else if (event.key in ARROWS) {
    held.add(event.key);
    // Two arrows held down go diagonally.
    for (const key of held) {
      pen.x = Math.min(SIZE, Math.max(0, pen.x + ARROWS[key][0] * STEP));
      pen.y = Math.min(SIZE, Math.max(0, pen.y + ARROWS[key][1] * STEP));
    }
    if (drawer === "keys") strokes.at(-1).push([pen.x, pen.y]);
  } else {
    return;
  }
  event.preventDefault();
  pen.shown = true;
  changed(drawer === "keys");
});
slate.addEventListener("keyup", (event) => held.delete(event.key));
slate.addEventListener("focus", () => {
  pen.shown = slate.matches(":focus-visible");
  changed(false);
});
slate.addEventListener("blur", () => {
  held.clear();
  pen.shown = false;
  if (drawer === "keys") lift();
  changed(false);
});

document.addEventListener("keydown", (event) => {
  const isUndo = event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey));
  if (event.key !== "Escape" && event.key !== "Delete" && !isUndo) return;
  event.preventDefault();
  if (isUndo) undo();
  else clear();
});
find("undo").addEventListener("click", undo);
find("clear").addEventListener("click", clear);
new ResizeObserver(() => changed(false)).observe(slate);

// Asking

const paper = new OffscreenCanvas(SIZE, SIZE).getContext("2d", { willReadFrequently: true });

/** The pen that makes this drawing as bold as MNIST's are, however large it is. */
function boldness() {
  const [low, high] = [[SIZE, SIZE], [0, 0]];
  for (const point of strokes.flat()) {
    for (const axis of [0, 1]) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  }
  return Math.min(26, Math.max(6, 0.14 * Math.max(high[0] - low[0], high[1] - low[1])));
}

/** The drawing as gray bytes in base64; null where nothing of it lies on the paper. */
function picture() {
  paper.clearRect(0, 0, SIZE, SIZE);
  const width = boldness();
  for (const stroke of strokes) trace(paper, stroke, width);
  const pixels = paper.getImageData(0, 0, SIZE, SIZE).data;
  let text = "";
  let darkest = 0;
  for (let i = 3; i < pixels.length; i += 4) {
    text += String.fromCharCode(pixels[i]);
    darkest = Math.max(darkest, pixels[i]);
  }
  return darkest < 128 ? null : btoa(text);
}

let isAsking = false;
let isAskDue = false;

/** Asks for the scores; while an answer is awaited, the newest drawing waits, too. */
async function ask() {
  isAskDue = true;
  if (isAsking || model === null) return;
  isAsking = true;
  find("bars").ariaBusy = "true";
  while (isAskDue) {
    isAskDue = false;
    const pixels = picture();
    if (pixels === null) {
      showNothing();
      continue;
    }
    try {
      const response = await fetch("/predict", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ width: SIZE, height: SIZE, pixels }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
      if (strokes.length > 0) show(answer);
      showProblem("");
    } catch (error) {
      const isGone = error instanceof TypeError;
      showProblem(isGone ? "The server has gone. Start it again, then go on drawing." : error.message);
      if (isGone) await new Promise((resume) => setTimeout(resume, 500));
    }
  }
  isAsking = false;
  find("bars").ariaBusy = "false";
}

// Showing

function showProblem(text) {
  find("problem").textContent = text;
  find("problem").hidden = text === "";
}

const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const percent = (probability) => `${(100 * probability).toFixed(probability > 0.9995 ? 0 : 1)} %`;

let classes = [];
let model = null;
let announcement = 0;

function show(answer) {
  const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
  showScores(answer.probabilities, best);
  find("guess").textContent = answer.label;
  const sure = percent(answer.probabilities[best]);
  find("certainty").textContent = `${sure} sure`;
  announce(`${answer.label}, ${sure} sure`);
  showInput(answer.input.width, answer.input.height, bytes(answer.input.pixels));
  showMaps(answer.maps, bytes(answer.maps.pixels));
}

function showNothing() {
  showScores(classes.map(() => 0), -1);
  find("guess").textContent = "?";
  find("certainty").textContent = "Nothing yet";
  announce("");
  showInput(model.input[2], model.input[1], []);
  showMaps({ ...model.maps, low: 0, high: 0 }, []);
}

/** Tells a screen reader, once the pen rests. */
function announce(text) {
  clearTimeout(announcement);
  announcement = setTimeout(() => (find("spoken").textContent = text), text ? 600 : 0);
}

function showScores(probabilities, best) {
  [...find("bars").children].forEach((bar, index) => {
    const probability = probabilities[index];
    bar.classList.toggle("best", index === best);
    bar.querySelector(".fill").style.transform = `translateY(${101 - 101 * probability}%)`;
    bar.querySelector(".percent").textContent = probability >= 0.005 ? Math.round(100 * probability) : "";
    bar.setAttribute("aria-label", `${classes[index]}: ${percent(probability)}`);
  });
}

function showInput(width, height, pixels) {
  drawPixels(find("input"), width, height, (i) => {
    const value = pixels[i] ?? 0;
    return [value, value, value];
  });
}

function showMaps({ channels, height, width, low, high }, pixels) {
  const maps = find("maps");
  const largest = Math.max(-low, high, 1e-9);
  const colours = Array.from({ length: 256 }, (_, byte) => colour((low + (byte / 255) * (high - low)) / largest));
  while (maps.children.length < channels) maps.append(document.createElement("canvas"));
  // Features without a place stand in rows of 16.
  const columns = height === 1 ? Math.min(16, width) : width;
  const rows = height === 1 ? Math.ceil(width / columns) : height;
  [...maps.children].forEach((canvas, channel) => {
    const start = channel * height * width;
    drawPixels(canvas, columns, rows, (i) => (i < height * width ? colours[pixels[start + i] ?? 0] : colours[0]));
  });
}

/** Black for 0, through orange to white for 1, through blue for -1. */
function colour(value) {
  const strength = Math.sqrt(Math.abs(value));
  const ramp = (from, to) => 255 * Math.min(1, Math.max(0, (strength - from) / (to - from)));
  return value >= 0 ? [ramp(0, 0.7), ramp(0.25, 1), ramp(0.6, 1.15)] : [ramp(0.6, 1.15), ramp(0.25, 1), ramp(0, 0.7)];
}

function drawPixels(canvas, width, height, colourAt) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...colourAt(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
}

// The start

function lay() {
  const [, height, width] = model.input;
  find("model").textContent = `${model.name}, ${model.parameters.toLocaleString("en")} parameters`;
  find("input-size").textContent = `${width} × ${height} pixels`;
  const { layer, channels } = model.maps;
  find("maps-size").textContent = `${layer}, ${channels} of ${model.maps.width} × ${model.maps.height}`;
  const pixels = document.querySelector(".pixels");
  pixels.style.setProperty("--columns", width);
  pixels.style.setProperty("--rows", height);
  find("maps").style.setProperty("--columns", Math.ceil(Math.sqrt(1.5 * channels)));
  for (const name of classes) {
    const bar = document.createElement("li");
    for (const part of ["percent", "track", "class"]) {
      bar.append(Object.assign(document.createElement("span"), { className: part }));
    }
    bar.querySelector(".track").append(Object.assign(document.createElement("span"), { className: "fill" }));
    bar.querySelector(".class").textContent = name;
    find("bars").append(bar);
  }
}

try {
  model = await (await fetch("/model")).json();
  classes = model.classes;
  lay();
  ask();
  paint();
} catch {
  showProblem("The server has gone. Start it again and reload this page.");
}
