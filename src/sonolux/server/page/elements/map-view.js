/**
 * `sx-map`: the library in two dimensions, as the last job has projected it; a list says the same in words.
 *
 * Points are drawn on a canvas: WebGL libraries that were looked at compile code from strings, which the page's content
 * security policy does not admit.
 *
 * @import {Camera} from "../map-projection.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api, Problem, thumbnailUrl } from "../api.js";
import { COLOURINGS, coloured, GREY } from "../map-colours.js";
import { densityPeaks, frameOf, isWithin, normalised, readArea, writeArea } from "../map-projection.js";
import { liveJobs } from "../jobs.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { count, counted } from "../words.js";

const LISTED = 200;
const PEAKS = 40;
/** Of a screen, that an arrow moves. */
const STEP = 0.15;
const [NEARER, FARTHER] = [1.5, 1 / 1.5];

class MapView extends LitElement {
  static properties = { ids: { state: true }, problem: { state: true }, isMissing: { state: true }, job: { state: true }, lassoing: { state: true }, chosen: { state: true }, peaks: { state: true }, groups: { state: true } };

  constructor() {
    super();
    /** @type {string[]} */
    this.ids = [];
    /** @type {string[]} */
    this.modalities = [];
    /** @type {string[]} */
    this.names = [];
    this.space = "";
    /** By which `groups` are; what is asked for is a part of the address. */
    this.colour = "";
    /** @type {import("../map-colours.js").Group[]} */
    this.groups = [];
    this.groupOf = new Uint8Array();
    /** @type {Array<string | number | null>} What each file is coloured by. */
    this.values = [];
    this.nameOf = (/** @type {string | number} */ value) => String(value);
    this.frame = frameOf([], []);
    /** @type {Float32Array} */
    this.positions = new Float32Array();
    /** @type {Camera} */
    this.camera = { x: 0.5, y: 0.5, scale: 600 };
    /** @type {number[] | null} Numbers of the points within the area that is asked for; null where none is. */
    this.chosen = null;
    /** @type {number[][]} On the screen. */
    this.lasso = [];
    this.lassoing = false;
    /** @type {Array<{index: number, x: number, y: number}>} */
    this.peaks = [];
    this.problem = "";
    this.isMissing = false;
    /** @type {import("../types.js").Job | undefined} The last one that draws, or has drawn. */
    this.job = undefined;
    this.listening = new AbortController();
    this.resizing = new ResizeObserver(() => this.#fit());
    this.timer = 0;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.listening = new AbortController();
    liveJobs.addEventListener("change", () => this.#follow(), { signal: this.listening.signal });
    store.addEventListener("change", () => this.#turned(), { signal: this.listening.signal });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.listening.abort();
    this.resizing.disconnect();
    clearTimeout(this.timer);
  }

  firstUpdated() {
    document.title = "Map · Sonolux";
    const field = this.querySelector(".map-field");
    if (field) this.resizing.observe(field);
    this.querySelector("canvas")?.addEventListener("wheel", (event) => this.#zoomed(event), { passive: false });
    this.querySelector("h1")?.focus();
    this.#load();
  }

  async #load() {
    const { colour } = store.place;
    this.colour = colour;
    try {
      const { ids, x, y, modality, name, space, value } = await api.map(colour);
      if (colour !== this.colour) return;
      const isFirst = !this.ids.length;
      Object.assign(this, { modalities: modality, names: name, space, ids, values: value, problem: "", isMissing: false, ...coloured(colour, value) });
      this.frame = frameOf(x, y);
      this.positions = normalised(x, y, this.frame);
      this.#choose();
      if (isFirst) this.#fit();
    } catch (error) {
      this.isMissing = error instanceof Problem && error.kind === "no-map";
      if (this.isMissing) await liveJobs.load();
      else this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** Another question, or another place of the history. */
  #turned() {
    if (store.place.show !== "map") return;
    if (store.place.colour === this.colour) this.#choose();
    else this.#load();
  }

  /** Show how far the map is that is being drawn, and then the map. */
  #follow() {
    const before = this.job;
    this.job = liveJobs.jobs.find((job) => job.kind === "map");
    if (before?.id === this.job?.id && before?.state !== "done" && this.job?.state === "done") this.#load();
  }

  get canvas() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector("canvas"));
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.camera = { x: 0.5, y: 0.5, scale: Math.min(width, height) * 0.9 };
    this.#draw();
  }

  #draw() {
    const { canvas, camera, positions } = this;
    const [width, height, dense] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
    if (canvas.width !== Math.round(width * dense)) canvas.width = Math.round(width * dense);
    if (canvas.height !== Math.round(height * dense)) canvas.height = Math.round(height * dense);
    const paper = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    paper.setTransform(dense, 0, 0, dense, 0, 0);
    paper.clearRect(0, 0, width, height);
    const chosen = this.chosen && new Set(this.chosen);
    const size = Math.max(2, Math.min(7, camera.scale / 260));
    const dot = (/** @type {number} */ n) => paper.fillRect((positions[2 * n] - camera.x) * camera.scale + width / 2 - size / 2, (positions[2 * n + 1] - camera.y) * camera.scale + height / 2 - size / 2, size, size);
    // What is not asked for lies below, grey.
    [paper.fillStyle, paper.globalAlpha] = [GREY, 0.3];
    if (chosen) for (let n = 0; n < this.ids.length; n++) if (!chosen.has(n)) dot(n);
    paper.globalAlpha = 0.85;
    this.groups.forEach(({ colour }, group) => {
      paper.fillStyle = colour;
      for (let n = 0; n < this.ids.length; n++) if (this.groupOf[n] === group && (!chosen || chosen.has(n))) dot(n);
    });
    this.#drawArea(paper);
    this.#drawLasso(paper);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#findPeaks(width, height), 120);
  }

  /** Find what is shown as a thumbnail: where an area is asked for, only of what lies within. @param {number} width @param {number} height */
  #findPeaks(width, height) {
    const { chosen, positions, camera } = this;
    const looked = chosen ? Float32Array.from(chosen.flatMap((n) => [positions[2 * n], positions[2 * n + 1]])) : positions;
    const peaks = densityPeaks(looked, camera, { width, height, cell: 84, most: PEAKS });
    this.peaks = chosen ? peaks.map((peak) => ({ ...peak, index: chosen[peak.index] })) : peaks;
  }

  /** @param {CanvasRenderingContext2D} paper */
  #drawLasso(paper) {
    if (this.lasso.length < 2) return;
    paper.globalAlpha = 1;
    paper.strokeStyle = getComputedStyle(this).color;
    paper.setLineDash([5, 4]);
    paper.beginPath();
    for (const [x, y] of this.lasso) paper.lineTo(x, y);
    paper.stroke();
  }

  /** @param {CanvasRenderingContext2D} paper Gets the outline of the area that is asked for. */
  #drawArea(paper) {
    const { camera, canvas } = this;
    paper.strokeStyle = getComputedStyle(this).color;
    paper.globalAlpha = 0.6;
    paper.setLineDash([]);
    for (const area of store.question.where.map ?? []) {
      paper.beginPath();
      for (const [x, y] of readArea(area, this.frame)) paper.lineTo((x - camera.x) * camera.scale + canvas.clientWidth / 2, (y - camera.y) * camera.scale + canvas.clientHeight / 2);
      paper.closePath();
      paper.stroke();
    }
  }

  /** @param {WheelEvent} event */
  #zoomed(event) {
    event.preventDefault();
    this.#zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }

  /** @param {number} factor @param {number} x @param {number} y The place of the screen that stays. */
  #zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const { camera, canvas } = this;
    const [right, down] = [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2];
    const scale = Math.max(100, Math.min(camera.scale * factor, 400_000));
    this.camera = { x: camera.x + right / camera.scale - right / scale, y: camera.y + down / camera.scale - down / scale, scale };
    this.peaks = [];
    this.#draw();
  }

  /** @param {PointerEvent} event */
  #moved(event) {
    if (!event.buttons) return;
    if (this.lassoing) this.lasso.push([event.offsetX, event.offsetY]);
    else this.camera = { ...this.camera, x: this.camera.x - event.movementX / this.camera.scale, y: this.camera.y - event.movementY / this.camera.scale };
    this.peaks = this.lassoing ? this.peaks : [];
    this.#draw();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.lasso = [];
    this.pressed = [event.offsetX, event.offsetY];
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (this.lassoing) this.#ask(this.lasso);
    else if (this.pressed && Math.hypot(event.offsetX - this.pressed[0], event.offsetY - this.pressed[1]) < 4) this.#open(event.offsetX, event.offsetY);
  }

  /** @param {number} index @returns {number[]} On the screen. */
  #placeOf(index) {
    const { camera, canvas, positions } = this;
    return [(positions[2 * index] - camera.x) * camera.scale + canvas.clientWidth / 2, (positions[2 * index + 1] - camera.y) * camera.scale + canvas.clientHeight / 2];
  }

  /** @param {number} x @param {number} y */
  #open(x, y) {
    let [nearest, least] = [-1, 14 ** 2];
    for (let n = 0; n < this.ids.length; n++) {
      const [left, top] = this.#placeOf(n);
      const far = (left - x) ** 2 + (top - y) ** 2;
      if (far < least) [nearest, least] = [n, far];
    }
    if (nearest >= 0) store.go({ show: "item", id: this.ids[nearest] });
  }

  /** @param {number} x @param {number} y On the screen. @returns {number[]} In the plane. */
  #planeAt(x, y) {
    const { camera, canvas } = this;
    return [(x - canvas.clientWidth / 2) / camera.scale + camera.x, (y - canvas.clientHeight / 2) / camera.scale + camera.y];
  }

  /**
   * Ask for what lies within an area.
   * @param {number[][]} corners On the screen.
   */
  #ask(corners) {
    this.lasso = [];
    this.lassoing = false;
    if (corners.length > 2) store.askWithin(writeArea(corners.map(([x, y]) => this.#planeAt(x, y)), this.frame));
    else this.#draw();
  }

  /** Ask for what is in view: what a lasso does, without a pointer. */
  #askView() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.#ask([[0, 0], [width, 0], [width, height], [0, height]]);
  }

  /** Find the points within the area of the question. */
  #choose() {
    const areas = (store.question.where.map ?? []).map((area) => readArea(area, this.frame));
    const isIn = (/** @type {number} */ n) => areas.some((area) => isWithin(this.positions[2 * n], this.positions[2 * n + 1], area));
    this.chosen = areas.length ? this.ids.map((_, n) => n).filter(isIn) : null;
    if (this.canvas) this.#draw();
  }

  /** @param {KeyboardEvent} event On the map: arrows move it, plus and minus zoom. */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const factor = { "+": NEARER, "=": NEARER, "-": FARTHER }[event.key];
    if (!moves && !factor && event.key !== "Enter" && event.key !== "0") return;
    event.preventDefault();
    const { camera, canvas } = this;
    if (factor) return this.#zoom(factor);
    if (event.key === "Enter") return this.#askView();
    if (!moves) return this.#fit();
    this.camera = { ...camera, x: camera.x + (moves[0] * STEP * canvas.clientWidth) / camera.scale, y: camera.y + (moves[1] * STEP * canvas.clientHeight) / camera.scale };
    this.peaks = [];
    this.#draw();
  }

  /** @param {Event} event */
  #recolour(event) {
    store.note({ colour: /** @type {HTMLSelectElement} */ (event.target).value });
    this.#load();
  }

  /** @param {number} n @returns {string} What a file is coloured by, in words, be it one of the colours or not. */
  #valueOf(n) {
    const value = this.values[n] ?? null;
    return value === null ? "" : this.nameOf(value);
  }

  async #start() {
    try {
      await api.startJob("map", {});
      await liveJobs.load();
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  #missing() {
    const { job } = this;
    const isOpen = job?.state === "queued" || job?.state === "running";
    return html`<div class="map-missing"><h2>There is no map yet</h2><p>What looks, sounds or reads alike will lie close together.</p>
      ${isOpen ? html`<progress max=${job.total || 1} .value=${job.total ? job.done : 0} aria-label="Drawing the map"></progress><p class="hush" role="status">${job.state === "queued" ? "Waiting for other jobs" : "Drawing the map"}</p>`
        : html`<button class="primary" @click=${this.#start}>Draw the map</button>`}
      ${job?.state === "failed" ? html`<p class="problem" role="alert">${job.reason}</p>` : nothing}</div>`;
  }

  render() {
    const all = this.chosen ?? this.ids.map((_, n) => n);
    const label = `Map of ${counted(this.ids.length, "item")}. Arrows move it, plus and minus zoom, Enter asks for what is in view; the list beside it says what that is.`;
    return html`<div class="map-field"><canvas role="application" tabindex="0" aria-label=${label} @keydown=${this.#pressed} @pointerdown=${this.#down} @pointermove=${this.#moved} @pointerup=${this.#up}></canvas>
        ${this.peaks.filter(({ index }) => this.modalities[index] === "image" || this.modalities[index] === "video").map(({ index, x, y }) => html`<img alt="" src=${thumbnailUrl(this.ids[index], 160)} .style=${`left:${x}px;top:${y}px`} @error=${(/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).remove()} />`)}
        ${this.isMissing ? this.#missing() : nothing}
        <div class="map-tools" ?hidden=${!this.ids.length}><button aria-pressed=${this.lassoing} @click=${() => (this.lassoing = !this.lassoing)}>${this.lassoing ? "Draw around what you mean" : "Lasso"}</button>
          <button @click=${this.#askView}>Only what is in view</button>
          <button aria-label="Nearer" @click=${() => this.#zoom(NEARER)}>+</button><button aria-label="Farther" @click=${() => this.#zoom(FARTHER)}>−</button><button @click=${() => this.#fit()}>Whole</button>
          <label class="map-colour">Colour by <select @change=${this.#recolour}>${COLOURINGS.map(([key, name]) => html`<option value=${key} .selected=${key === store.place.colour}>${name}</option>`)}</select></label></div>
        <ul class="map-legend" aria-label="Colours" ?hidden=${!this.ids.length}>${this.groups.map(({ name, colour, count: number }) => html`<li><i .style=${`background:${colour}`}></i><bdi dir="auto">${name}</bdi> <span class="hush">${count(number)}</span></li>`)}</ul></div>
      <section class="map-side" aria-label="What is on the map"><h1 tabindex="-1">Map</h1>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        <p class="hush" role="status">${this.ids.length ? `${counted(all.length, "item")}${this.chosen ? " in the area" : `, by ${this.space}`}` : this.isMissing ? "Nothing is on it yet." : ""}</p>
        ${this.chosen ? html`<p class="map-acts"><button class="primary" @click=${() => store.go({ show: "results" })}>See the results</button><button class="link" @click=${() => store.askWithin("")}>Whole map</button></p>` : nothing}
        <ul>${all.slice(0, LISTED).map((n) => html`<li><button @click=${() => store.go({ show: "item", id: this.ids[n] })}><i aria-hidden="true" .style=${`background:${this.groups[this.groupOf[n]]?.colour ?? GREY}`}></i><bdi dir="auto">${this.names[n] || this.ids[n]}</bdi> <span class="hush">${this.#valueOf(n)}</span></button></li>`)}</ul>
        ${all.length > LISTED ? html`<p class="hush">The first ${LISTED} of ${counted(all.length, "item")}.</p>` : nothing}</section>`;
  }
}

customElements.define("sx-map", MapView);
