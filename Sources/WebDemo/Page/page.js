// Sends the drawing to the server after every change, and shows the prediction.

import { SIZE, canvas, encodeDrawing, strokes } from "/canvas.js";

const byId = (id) => document.getElementById(id);

// Requests

let isRequestPending = false;
let isDrawingChanged = false;

/** Requests a prediction. While a response is pending, only the newest drawing is kept. */
async function predict() {
  isDrawingChanged = true;
  if (isRequestPending || model === null) return;
  isRequestPending = true;
  byId("probabilities").ariaBusy = "true";
  while (isDrawingChanged) {
    isDrawingChanged = false;
    const pixels = encodeDrawing();
    if (pixels === null) {
      showEmpty();
      continue;
    }
    try {
      const response = await fetch("/predict", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ width: SIZE, height: SIZE, pixels }),
      });
      const result = await response.json();
      if (response.status === 503) {
        // Too many people draw at once: the drawing is sent again.
        isDrawingChanged = true;
        await new Promise((resolve) => setTimeout(resolve, 500));
        continue;
      }
      if (!response.ok) throw new Error(result.error);
      if (strokes.length > 0) showPrediction(result);
      showError("");
    } catch (error) {
      const isUnreachable = error instanceof TypeError;
      showError(isUnreachable ? "The server does not respond. Restart it and continue drawing." : error.message);
      if (isUnreachable) await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  isRequestPending = false;
  byId("probabilities").ariaBusy = "false";
}

// Results

function showError(message) {
  byId("error").textContent = message;
  byId("error").hidden = message === "";
}

const decodeBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const percent = (probability) => `${(100 * probability).toFixed(probability > 0.9995 ? 0 : 1)} %`;

let classes = [];
let furtherOutputs = [];
let model = null;
let announcementTimer = 0;

function showPrediction({ label, probabilities, outputs, input, maps }) {
  const predicted = probabilities.indexOf(Math.max(...probabilities));
  const confidence = percent(probabilities[predicted]);
  showProbabilities(probabilities, predicted);
  byId("prediction").textContent = label;
  byId("confidence").textContent = confidence;
  announce([`${label}, confidence ${confidence}`, ...showOutputs(outputs)].join("; "));
  showInput(input.width, input.height, decodeBase64(input.pixels));
  showFeatureMaps(maps, decodeBase64(maps.pixels));
}

function showEmpty() {
  showProbabilities(classes.map(() => 0), -1);
  byId("prediction").textContent = "?";
  byId("confidence").textContent = "–";
  showOutputs(null);
  announce("");
  showInput(model.input[2], model.input[1], []);
  showFeatureMaps({ ...model.maps, low: 0, high: 0 }, []);
}

/** Announces a text to screen readers when the drawing has not changed for a moment. */
function announce(text) {
  clearTimeout(announcementTimer);
  announcementTimer = setTimeout(() => (byId("announcement").textContent = text), text ? 600 : 0);
}

function showProbabilities(probabilities, predicted) {
  [...byId("probabilities").children].forEach((bar, index) => {
    const probability = probabilities[index];
    bar.classList.toggle("predicted", index === predicted);
    bar.querySelector(".fill").style.transform = `translateY(${101 - 101 * probability}%)`;
    bar.querySelector(".percent").textContent = probability >= 0.005 ? Math.round(100 * probability) : "";
    bar.setAttribute("aria-label", `${classes[index]}: ${percent(probability)}`);
  });
}

/** Shows label and probability of each output behind the main one; returns them as texts. */
function showOutputs(outputs) {
  return furtherOutputs.map(({ name }, index) => {
    const prediction = outputs?.[name];
    const text = prediction ? `${prediction.label} ${percent(Math.max(...prediction.probabilities))}` : "–";
    byId("outputs").querySelectorAll("dd")[index].textContent = text;
    return `${name} ${text}`;
  });
}

function showInput(width, height, pixels) {
  drawPixels(byId("input"), width, height, (i) => {
    const value = pixels[i] ?? 0;
    return [value, value, value];
  });
}

function showFeatureMaps({ channels, height, width, low, high }, pixels) {
  const maps = byId("maps");
  const largest = Math.max(-low, high, 1e-9);
  const colors = Array.from({ length: 256 }, (_, byte) => colormap((low + (byte / 255) * (high - low)) / largest));
  while (maps.children.length < channels) maps.append(document.createElement("canvas"));
  // A vector of features is shown in rows of 16.
  const columns = height === 1 ? Math.min(16, width) : width;
  const rows = height === 1 ? Math.ceil(width / columns) : height;
  [...maps.children].forEach((map, channel) => {
    const offset = channel * height * width;
    drawPixels(map, columns, rows, (i) => (i < height * width ? colors[pixels[offset + i] ?? 0] : colors[0]));
  });
}

/** A diverging colormap for -1 to 1: white and blue for negative values, black for 0, orange and white for positive. */
function colormap(value) {
  const strength = Math.sqrt(Math.abs(value));
  const ramp = (from, to) => 255 * Math.min(1, Math.max(0, (strength - from) / (to - from)));
  return value >= 0 ? [ramp(0, 0.7), ramp(0.25, 1), ramp(0.6, 1.15)] : [ramp(0.6, 1.15), ramp(0.25, 1), ramp(0, 0.7)];
}

function drawPixels(canvas, width, height, colorAt) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...colorAt(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
}

// Start

function showModel() {
  const [, height, width] = model.input;
  const { layer, channels, height: mapHeight, width: mapWidth } = model.maps;
  const isVector = channels === 1 && mapHeight === 1;
  byId("model").textContent = `${model.name}, ${model.parameters.toLocaleString("en")} parameters`;
  byId("input-size").textContent = `${width} × ${height} pixels`;
  byId("maps-title").textContent = isVector ? `Features of ${layer}` : `Feature maps of ${layer}`;
  byId("maps-size").textContent = isVector ? `${mapWidth}` : `${channels} × ${mapHeight} × ${mapWidth}`;
  const pixels = document.querySelector(".pixels");
  pixels.style.setProperty("--columns", width);
  pixels.style.setProperty("--rows", height);
  byId("maps").style.setProperty("--columns", Math.ceil(Math.sqrt(1.5 * channels)));
  for (const name of classes) {
    const bar = document.createElement("li");
    for (const part of ["percent", "track", "class"]) {
      bar.append(Object.assign(document.createElement("span"), { className: part }));
    }
    bar.querySelector(".track").append(Object.assign(document.createElement("span"), { className: "fill" }));
    bar.querySelector(".class").textContent = name;
    byId("probabilities").append(bar);
  }
  for (const { name } of furtherOutputs) {
    const row = document.createElement("div");
    row.append(Object.assign(document.createElement("dt"), { textContent: name }), document.createElement("dd"));
    byId("outputs").append(row);
  }
  byId("outputs").hidden = furtherOutputs.length === 0;
}

canvas.addEventListener("drawingchange", predict);
try {
  model = await (await fetch("/model")).json();
  classes = model.classes;
  furtherOutputs = (model.outputs ?? []).slice(1);
  showModel();
  predict();
} catch {
  showError("The server does not respond. Restart it and reload this page.");
}
