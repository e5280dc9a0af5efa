/**
 * `sx-player`: a film or sound at its second, with a timeline of events and spans, waveform and spectrogram.
 *
 * @import {Item, Annotation} from "../types.js"
 */
import { LitElement, html, nothing, svg } from "../vendor/lit.js";
import { api, spectrogramUrl } from "../api.js";
import { loadMedia, unloadMedia } from "../preview.js";
import { clock, counted, fileName, title } from "../words.js";
import { drawnPeaks } from "../waveform.js";

const BARS = 400;
const LANES = 6;

export class Player extends LitElement {
  static properties = { item: { attribute: false }, second: { attribute: false }, annotations: { attribute: false }, time: { state: true }, duration: { state: true }, peaks: { state: true }, failed: { state: true }, hasSpectrogram: { state: true }, isOpen: { state: true } };

  constructor() {
    super();
    /** @type {Item | null} */
    this.item = null;
    /** @type {number | null} */
    this.second = null;
    /** @type {Annotation[]} */
    this.annotations = [];
    this.time = 0;
    this.duration = 0;
    /** @type {number[]} */
    this.peaks = [];
    this.failed = false;
    this.hasSpectrogram = true;
    /** Whether all lanes are shown, and not the first ones alone. */
    this.isOpen = false;
  }

  createRenderRoot() {
    return this;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    if (this.media) unloadMedia(this.media);
  }

  get media() {
    return /** @type {HTMLMediaElement | null} */ (this.querySelector("video, audio"));
  }

  /** @param {Map<string, unknown>} changes */
  willUpdate(changes) {
    if (!changes.has("item") || !this.item) return;
    this.time = this.second ?? 0;
    this.duration = Number(this.item.metadata.duration) || 0;
    this.peaks = [];
    this.failed = false;
    this.isOpen = false;
    this.hasSpectrogram = true;
    // A film without sound has no waveform: its problem says so, and there is none to show.
    api.waveform(this.item.file, BARS).then(({ peaks, seconds }) => Object.assign(this, { peaks, duration: this.duration || seconds }), () => (this.hasSpectrogram = false));
  }

  /** @param {Map<string, unknown>} changes */
  updated(changes) {
    const { media, item } = this;
    if (changes.has("item") && media && item) {
      loadMedia(media, item.file, this.second ?? 0);
      const first = media.onerror;
      media.onerror = (...told) => {
        if (typeof first === "function") first.apply(media, told);
        media.onerror = () => (this.failed = true);
      };
    }
  }

  /** @param {number} second Jump there, and play on. */
  seek(second) {
    const { media } = this;
    if (!media) return;
    media.currentTime = second;
    this.time = second;
    media.play().catch(() => undefined);
  }

  toggle() {
    const { media } = this;
    if (media?.paused) media.play().catch(() => undefined);
    else media?.pause();
  }

  #timed() {
    const media = this.media;
    if (!media) return;
    this.time = media.currentTime;
    if (Number.isFinite(media.duration)) this.duration = media.duration;
    this.dispatchEvent(new CustomEvent("time", { detail: this.time }));
  }

  /** @param {PointerEvent} event */
  #scrub(event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    this.seek(((event.clientX - box.left) / box.width) * this.duration);
  }

  /** What any annotator has said of some time of it, a lane each; those that last longest first. */
  #lanes() {
    /** @type {Map<string, Annotation[]>} */
    const lanes = new Map();
    for (const said of this.annotations) {
      if (said.start === null || said.end === null || said.kind === "transcript") continue;
      lanes.set(said.label, [...(lanes.get(said.label) ?? []), said]);
    }
    const seconds = (/** @type {Annotation[]} */ events) => events.reduce((sum, { start, end }) => sum + Number(end) - Number(start), 0);
    return [...lanes].sort(([, a], [, b]) => seconds(b) - seconds(a));
  }

  /** @param {number} start @param {number} end */
  #extent(start, end) {
    return `left:${(100 * start) / this.duration}%;width:${Math.max((100 * (end - start)) / this.duration, 0.4)}%`;
  }

  render() {
    const { item } = this;
    if (!item) return nothing;
    const name = fileName(item.path);
    const on = { loadedmetadata: () => this.#timed(), timeupdate: () => this.#timed() };
    return html`${item.modality === "video"
      ? html`<video controls playsinline preload="metadata" aria-label=${name} @loadedmetadata=${on.loadedmetadata} @timeupdate=${on.timeupdate}></video>`
      : html`<audio controls preload="metadata" aria-label=${name} @loadedmetadata=${on.loadedmetadata} @timeupdate=${on.timeupdate}></audio>`}
      ${this.failed ? html`<p class="problem" role="alert">Neither the file nor a version for browsers can be played here. <a href=${`/api/v1/items/${encodeURIComponent(item.id)}/media`} download>Download it</a> instead.</p>` : nothing}
      ${this.duration ? this.#timeline(item) : nothing}`;
  }

  /** @param {Item} item */
  #timeline(item) {
    const spans = (item.spans ?? []).filter((span) => span.start !== null && span.end !== null && span.unit !== "characters");
    const kinds = [...new Set(spans.map((span) => span.kind))];
    const at = `left:${(100 * this.time) / this.duration}%`;
    const all = this.#lanes();
    const lanes = this.isOpen ? all : all.slice(0, LANES);
    return html`<div class="timeline">
      <div class="strip" @pointerdown=${this.#scrub}>
        ${this.peaks.length ? html`<svg class="wave" viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">${svg`<path d=${drawnPeaks(this.peaks, 1000)} />`}</svg>` : nothing}
        ${this.hasSpectrogram ? html`<img class="spectrogram" alt="Spectrogram" src=${spectrogramUrl(item.file, 1280)} @error=${() => (this.hasSpectrogram = false)} />` : nothing}
        ${this.second !== null ? html`<i class="matched" .style=${`left:${(100 * this.second) / this.duration}%`}></i>` : nothing}
        <i class="playhead" .style=${at}></i>
      </div>
      <input type="range" class="scrubber" min="0" max=${this.duration} step="0.1" .value=${String(this.time)} aria-label="Position" aria-valuetext=${`${clock(this.time)} of ${clock(this.duration)}`}
        @input=${(/** @type {Event} */ event) => this.seek(Number(/** @type {HTMLInputElement} */ (event.target).value))} />
      <div class="times"><output>${clock(this.time)}</output><span>${clock(this.duration)}</span></div>
      ${kinds.map((kind) => html`<div class="lane"><span class="lane-name">${title(kind)}s</span><div class="bars">${spans.filter((span) => span.kind === kind).map((span) => html`<button class="bar span" .style=${this.#extent(span.start ?? 0, span.end ?? 0)}
        title=${`${span.kind} ${clock(span.start ?? 0)}–${clock(span.end ?? 0)}`} aria-label=${`${span.kind}, ${clock(span.start ?? 0)} to ${clock(span.end ?? 0)}`} @click=${() => this.seek(span.start ?? 0)}></button>`)}</div></div>`)}
      ${lanes.map(([label, events]) => html`<div class="lane"><span class="lane-name" dir="auto"><bdi>${label}</bdi></span><div class="bars">${events.map((event) => html`<button class="bar" .style=${this.#extent(event.start ?? 0, event.end ?? 0)}
        title=${`${label}, ${Math.round(100 * event.probability)}%`} aria-label=${`${label}, ${clock(event.start ?? 0)} to ${clock(event.end ?? 0)}, ${Math.round(100 * event.probability)} percent`} @click=${() => this.seek(event.start ?? 0)}></button>`)}</div></div>`)}
      ${all.length > lanes.length ? html`<button class="link" @click=${() => (this.isOpen = true)}>${counted(all.length - lanes.length, "more lane")}</button>` : nothing}
    </div>`;
  }
}

customElements.define("sx-player", Player);
