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
import { densityPeaks, isWithin, normalised } from "../map-projection.js";
import { liveJobs } from "../jobs.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { counted, modalityName } from "../words.js";

const LISTED = 200;
const PEAKS = 40;
/** @type {Record<string, string>} Told apart by people who do not tell red from green (Okabe and Ito 2008). */
const COLOURS = { image: "#0072b2", video: "#d55e00", audio: "#009e73", text: "#cc79a7" };

class MapView extends LitElement {
  static properties = { ids: { state: true }, problem: { state: true }, isMissing: { state: true }, job: { state: true }, lassoing: { state: true }, chosen: { state: true }, peaks: { state: true } };

  constructor() {
    super();
    /** @type {string[]} */
    this.ids = [];
    /** @type {string[]} */
    this.modalities = [];
    /** @type {string[]} */
    this.names = [];
    this.space = "";
    /** @type {Float32Array} */
    this.positions = new Float32Array();
    /** @type {Camera} */
    this.camera = { x: 0.5, y: 0.5, scale: 600 };
    /** @type {number[]} */
    this.chosen = [];
    /** @type {number[][]} */
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
    try {
      const { ids, x, y, modality, name, space } = await api.map();
      Object.assign(this, { modalities: modality, names: name, space, ids, problem: "", isMissing: false });
      this.positions = normalised(x, y);
      this.#fit();
    } catch (error) {
      this.isMissing = error instanceof Problem && error.kind === "no-map";
      if (this.isMissing) await liveJobs.load();
      else this.problem = /** @type {Error} */ (error).message;
    }
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
    const chosen = new Set(this.chosen);
    const size = Math.max(2, Math.min(7, camera.scale / 260));
    for (const [modality, colour] of Object.entries(COLOURS)) {
      paper.fillStyle = colour;
      for (let n = 0; n < this.ids.length; n++) {
        if (this.modalities[n] !== modality) continue;
        paper.globalAlpha = !chosen.size || chosen.has(n) ? 0.85 : 0.15;
        paper.fillRect((positions[2 * n] - camera.x) * camera.scale + width / 2 - size / 2, (positions[2 * n + 1] - camera.y) * camera.scale + height / 2 - size / 2, size, size);
      }
    }
    this.#drawLasso(paper);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => (this.peaks = densityPeaks(positions, camera, { width, height, cell: 84, most: PEAKS })), 120);
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
    if (this.lassoing) this.#choose();
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

  #choose() {
    this.chosen = this.ids.map((_, n) => n).filter((n) => {
      const [x, y] = this.#placeOf(n);
      return this.lasso.length > 2 && isWithin(x, y, this.lasso);
    });
    this.lasso = [];
    this.lassoing = false;
    this.#draw();
  }

  async #start() {
    try {
      await api.startJob("map", {});
      await liveJobs.load();
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  #clear() {
    this.chosen = [];
    this.#draw();
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
    const listed = (this.chosen.length ? this.chosen : this.ids.map((_, n) => n)).slice(0, LISTED);
    const total = this.chosen.length || this.ids.length;
    return html`<div class="map-field"><canvas role="img" aria-label=${`Map of ${counted(this.ids.length, "item")}; the list beside it has the same.`} @pointerdown=${this.#down} @pointermove=${this.#moved} @pointerup=${this.#up}></canvas>
        ${this.peaks.filter(({ index }) => this.modalities[index] === "image" || this.modalities[index] === "video").map(({ index, x, y }) => html`<img alt="" src=${thumbnailUrl(this.ids[index], 160)} .style=${`left:${x}px;top:${y}px`} @error=${(/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).remove()} />`)}
        ${this.isMissing ? this.#missing() : nothing}
        <div class="map-tools" ?hidden=${!this.ids.length}><button aria-pressed=${this.lassoing} @click=${() => (this.lassoing = !this.lassoing)}>${this.lassoing ? "Draw around what you mean" : "Lasso"}</button>
          <button aria-label="Nearer" @click=${() => this.#zoom(1.5)}>+</button><button aria-label="Farther" @click=${() => this.#zoom(1 / 1.5)}>−</button><button @click=${() => this.#fit()}>Whole</button></div>
        <div class="map-legend" aria-hidden="true" ?hidden=${!this.ids.length}>${Object.entries(COLOURS).filter(([modality]) => this.modalities.includes(modality)).map(([modality, colour]) => html`<span><i .style=${`background:${colour}`}></i>${modalityName(modality)}</span>`)}</div></div>
      <section class="map-side" aria-label="What is on the map"><h1 tabindex="-1">Map</h1>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        <p class="hush" role="status">${this.ids.length ? `${counted(total, "item")}${this.chosen.length ? " in the lasso" : `, by ${this.space}`}` : this.isMissing ? "Nothing is on it yet." : ""}</p>
        ${this.chosen.length ? html`<button class="link" @click=${this.#clear}>Show all</button>` : nothing}
        <ul>${listed.map((n) => html`<li><button @click=${() => store.go({ show: "item", id: this.ids[n] })}><bdi dir="auto">${this.names[n] || this.ids[n]}</bdi></button></li>`)}</ul>
        ${total > LISTED ? html`<p class="hush">The first ${LISTED} of ${counted(total, "item")}.</p>` : nothing}</section>`;
  }
}

customElements.define("sx-map", MapView);
