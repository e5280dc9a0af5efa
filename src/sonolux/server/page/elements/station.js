/** `sx-station`: the station at the foot of every view: what it plays and why, and what is thought of it. */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { thumbnailUrl } from "../api.js";
import { nameOf } from "../card.js";
import { icon } from "../icons.js";
import { opinions } from "../opinions.js";
import { station } from "../station.js";
import { store } from "../store.js";
import { clock } from "../words.js";

class StationBar extends LitElement {
  constructor() {
    super();
    this.listening = new AbortController();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.listening = new AbortController();
    const { signal } = this.listening;
    for (const event of ["change", "time"]) station.addEventListener(event, () => this.requestUpdate(), { signal });
    opinions.addEventListener("change", () => this.requestUpdate(), { signal });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.listening.abort();
  }

  updated() {
    const place = this.querySelector(".station-picture");
    if (place && !place.contains(station.media)) place.append(station.media);
  }

  /** @param {Event} event */
  #seek(event) {
    station.media.currentTime = Number(/** @type {HTMLInputElement} */ (event.target).value);
  }

  render() {
    const { hit, isOn, media, because } = station;
    this.classList.toggle("on", isOn);
    if (!isOn) return nothing;
    if (!hit) return html`<section class="station" aria-label="Station" aria-busy="true"><p class="hush">Choosing…</p>${this.#stop()}</section>`;
    const name = nameOf(hit);
    const duration = Number.isFinite(media.duration) ? media.duration : (hit.duration ?? 0);
    const liked = opinions.said.get(hit.file) === "like";
    return html`<section class="station" aria-label="Station">
      <div class=${`station-picture ${hit.modality}`}>${hit.modality === "video" ? html`<img alt="" src=${thumbnailUrl(hit.file, 160)} @error=${(/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).remove()} />` : icon("station")}</div>
      <p class="station-what" role="status"><button class="link" dir="auto" title=${hit.path} @click=${() => store.go({ show: "item", id: hit.file })}><bdi>${name}</bdi></button><span class="hush" dir="auto">${because}</span></p>
      <div class="station-acts">
        <button class="play" aria-label=${media.paused ? "Play" : "Pause"} @click=${() => station.toggle()}>${icon(media.paused ? "play" : "pause")}</button>
        <button class="quiet" aria-label=${`Like ${name}`} title="Like" aria-pressed=${liked} @click=${() => station.say("like")}>${icon("more")}</button>
        <button class="quiet" aria-label=${`Not for me: ${name}`} title="Not for me, and on" @click=${() => station.say("unlike")}>${icon("less")}</button>
        <button class="quiet" aria-label=${`Skip ${name}`} title="Next (n)" @click=${() => station.skip()}>${icon("next")}</button>${this.#stop()}</div>
      <label class="station-time"><span class="unseen">Where in ${name}</span><span>${clock(media.currentTime)}</span>
        <input type="range" min="0" max=${duration || 1} step="0.1" .value=${String(media.currentTime)} @input=${this.#seek} /><span>${clock(duration)}</span></label>
    </section>`;
  }

  #stop() {
    return html`<button class="quiet" aria-label="Stop the station" title="Stop" @click=${() => station.stop()}>${icon("close")}</button>`;
  }
}

customElements.define("sx-station", StationBar);
