// The slate: strokes drawn by mouse, pen, finger or keys. Every change of them is an event "ink" of the canvas.

export const SIZE = 280;
const PEN = 20;
const STEP = 8;

const undoButton = document.getElementById("undo");
const clearButton = document.getElementById("clear");
export const slate = document.getElementById("slate");
const screen = slate.getContext("2d");

/** Each a list of [x, y] from 0 to SIZE. */
export let strokes = [];
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
  undoButton.disabled = clearButton.disabled = !isDrawn;
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
  if (isInk) slate.dispatchEvent(new Event("ink"));
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
undoButton.addEventListener("click", undo);
clearButton.addEventListener("click", clear);
new ResizeObserver(() => changed(false)).observe(slate);

// Its picture

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
export function picture() {
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
