// The drawing area: strokes by mouse, pen, finger or keys. Every change dispatches a "drawingchange" event.

/** Width and height of the drawing. */
export const SIZE = 280;
/** Line width on screen. */
const LINE_WIDTH = 20;
/** Distance that an arrow key moves the pen. */
const KEY_STEP = 8;

const undoButton = document.getElementById("undo");
const clearButton = document.getElementById("clear");
export const canvas = document.getElementById("canvas");
const context = canvas.getContext("2d");

/** The strokes, each an array of points [x, y] with coordinates from 0 to SIZE. */
export let strokes = [];
/** The source of the current stroke: a pointer id, "keys", or null between strokes. */
let activeInput = null;
/** The pen that the keyboard moves. */
let pen = { x: SIZE / 2, y: SIZE / 2, isVisible: false };

// Drawing

function drawStroke(context, stroke, width) {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width;
  context.strokeStyle = "#fff";
  context.beginPath();
  context.moveTo(...stroke[0]);
  for (let i = 1; i < stroke.length - 1; i++) {
    const [[x, y], [nextX, nextY]] = [stroke[i], stroke[i + 1]];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  // A line of length 0 would not draw a dot.
  const [x, y] = stroke.at(-1);
  context.lineTo(x + 0.01, y);
  context.stroke();
}

function redraw() {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  context.setTransform(side / SIZE, 0, 0, side / SIZE, 0, 0);
  context.clearRect(0, 0, SIZE, SIZE);
  for (const stroke of strokes) drawStroke(context, stroke, LINE_WIDTH);
  if (pen.isVisible) drawPen();
  const isDrawn = strokes.length > 0;
  document.body.classList.toggle("drawn", isDrawn);
  undoButton.disabled = clearButton.disabled = !isDrawn;
}

function drawPen() {
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = "#ff7f4a";
  context.beginPath();
  context.arc(pen.x, pen.y, LINE_WIDTH / 2, 0, 2 * Math.PI);
  context.stroke();
  if (activeInput === "keys") context.fill();
}

let isRedrawScheduled = false;

/** Schedules a redraw, and tells listeners unless only the pen has moved. */
function update(isDrawingChanged = true) {
  if (isDrawingChanged) canvas.dispatchEvent(new Event("drawingchange"));
  if (isRedrawScheduled) return;
  isRedrawScheduled = true;
  requestAnimationFrame(() => {
    isRedrawScheduled = false;
    redraw();
  });
}

function undo() {
  endStroke();
  strokes.pop();
  update();
}

function clear() {
  endStroke();
  strokes = [];
  update();
}

function endStroke() {
  activeInput = null;
}

// Mouse, pen, finger

/** The position of a pointer event in the drawing. */
function pointOf(event) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || (activeInput !== null && activeInput !== "keys")) return;
  activeInput = event.pointerId;
  pen.isVisible = false;
  canvas.setPointerCapture(event.pointerId);
  strokes.push([pointOf(event)]);
  update();
});

canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== activeInput) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const part of events.length ? events : [event]) strokes.at(-1).push(pointOf(part));
  update();
});

for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, (event) => {
    if (event.pointerId === activeInput) endStroke();
  });
}
canvas.addEventListener("contextmenu", (event) => event.preventDefault());

// Keys

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const pressedKeys = new Set();

canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") {
    if (activeInput === "keys") {
      endStroke();
    } else if (activeInput === null && !event.repeat) {
      activeInput = "keys";
      strokes.push([[pen.x, pen.y]]);
    }
  } else if (event.key in ARROWS) {
    pressedKeys.add(event.key);
    // Two pressed arrow keys move diagonally.
    for (const key of pressedKeys) {
      pen.x = Math.min(SIZE, Math.max(0, pen.x + ARROWS[key][0] * KEY_STEP));
      pen.y = Math.min(SIZE, Math.max(0, pen.y + ARROWS[key][1] * KEY_STEP));
    }
    if (activeInput === "keys") strokes.at(-1).push([pen.x, pen.y]);
  } else {
    return;
  }
  event.preventDefault();
  pen.isVisible = true;
  update(activeInput === "keys");
});
canvas.addEventListener("keyup", (event) => pressedKeys.delete(event.key));
canvas.addEventListener("focus", () => {
  pen.isVisible = canvas.matches(":focus-visible");
  update(false);
});
canvas.addEventListener("blur", () => {
  pressedKeys.clear();
  pen.isVisible = false;
  if (activeInput === "keys") endStroke();
  update(false);
});

document.addEventListener("keydown", (event) => {
  const isUndo = event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey));
  if (event.key !== "Escape" && event.key !== "Delete" && !isUndo) return;
  event.preventDefault();
  if (isUndo) undo();
  else clear();
});
undoButton.addEventListener("click", undo);
clearButton.addEventListener("click", clear);
new ResizeObserver(() => update(false)).observe(canvas);

// Encoding

const offscreen = new OffscreenCanvas(SIZE, SIZE).getContext("2d", { willReadFrequently: true });

/** The line width, relative to the size of the drawing, that MNIST's digits have. */
function encodedLineWidth() {
  const [low, high] = [[SIZE, SIZE], [0, 0]];
  for (const point of strokes.flat()) {
    for (const axis of [0, 1]) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  }
  return Math.min(26, Math.max(6, 0.14 * Math.max(high[0] - low[0], high[1] - low[1])));
}

/** The drawing as gray bytes in base64, row-major; null if it is empty. */
export function encodeDrawing() {
  offscreen.clearRect(0, 0, SIZE, SIZE);
  const width = encodedLineWidth();
  for (const stroke of strokes) drawStroke(offscreen, stroke, width);
  const pixels = offscreen.getImageData(0, 0, SIZE, SIZE).data;
  let text = "";
  let largest = 0;
  for (let i = 3; i < pixels.length; i += 4) {
    text += String.fromCharCode(pixels[i]);
    largest = Math.max(largest, pixels[i]);
  }
  return largest < 128 ? null : btoa(text);
}
