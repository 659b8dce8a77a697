// Every change of the drawing sends a picture of it and shows what comes back.

import { SIZE, picture, slate, strokes } from "/slate.js";

const find = (id) => document.getElementById(id);

// Asking

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

slate.addEventListener("ink", ask);
try {
  model = await (await fetch("/model")).json();
  classes = model.classes;
  lay();
  ask();
} catch {
  showProblem("The server has gone. Start it again and reload this page.");
}
