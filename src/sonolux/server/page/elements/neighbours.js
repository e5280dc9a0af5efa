/**
 * `sx-neighbours`: copies of an item, and what is near it, by the space that somebody chooses: layers of a network are
 * spaces too.
 *
 * @import {Hit, Item} from "../types.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api, thumbnailUrl } from "../api.js";
import { nameOf } from "../card.js";
import { excerptOf } from "../marks.js";
import { store } from "../store.js";
import { loadWaveforms, peaksPath } from "../waveform.js";
import { chanceInWords, mediumName } from "../words.js";

class Neighbours extends LitElement {
  static properties = { item: { attribute: false }, spaces: { state: true }, space: { state: true }, near: { state: true }, copies: { state: true }, alike: { state: true }, problem: { state: true } };

  constructor() {
    super();
    /** @type {Item | null} */
    this.item = null;
    /** @type {string[]} */
    this.spaces = [];
    this.space = "";
    /** @type {Hit[]} */
    this.near = [];
    /** @type {Hit[]} */
    this.copies = [];
    /** @type {Hit[]} */
    this.alike = [];
    this.problem = "";
  }

  createRenderRoot() {
    return this;
  }

  /** @param {Map<string, unknown>} changes */
  willUpdate(changes) {
    if (!changes.has("item") || !this.item) return;
    Object.assign(this, { near: [], copies: [], alike: [], problem: "" });
    this.#load();
  }

  async #load() {
    if (!this.item) return;
    const { id } = this.item;
    const tell = (/** @type {Error} */ error) => void (this.problem = error.message);
    api.copies(id).then((found) => {
      const [same, alike] = [true, false].map((isSame) => found.groups.filter((/** @type {any} */ group) => (group.kind === "identical") === isSame).flatMap((/** @type {any} */ group) => group.items));
      if (this.item?.id === id) [this.copies, this.alike] = [same, alike].map((items) => items.filter((/** @type {Item} */ one) => one.file !== this.item?.file));
    }, tell);
    try {
      this.spaces = spacesOf((await api.spaces()).spaces, this.item);
      if (!this.spaces.includes(this.space)) this.space = this.spaces[0] ?? "";
      await this.#near();
    } catch (error) {
      tell(/** @type {Error} */ (error));
    }
  }

  async #near() {
    if (!this.item || !this.space) return;
    const { id } = this.item;
    try {
      const { hits } = await api.neighbours(id, this.space);
      if (this.item.id === id) this.near = hits.filter((/** @type {Hit} */ hit) => hit.file !== this.item?.file);
      this.problem = "";
    } catch (error) {
      this.near = [];
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {string} space */
  #choose(space) {
    this.space = space;
    this.#near();
  }

  /** @param {Hit} hit Which cannot be seen. */
  #drawn(hit) {
    if (hit.modality === "text" && hit.text) return html`<span class="no-picture words" dir="auto">${excerptOf(hit.text, [], 130)}</span>`;
    if (hit.modality !== "audio") return html`<span class="no-picture">${mediumName(hit.modality)}</span>`;
    return html`<span class="no-picture sound"><svg class="wave" viewBox="0 0 240 40" preserveAspectRatio="none" aria-hidden="true" data-wave=${hit.file}><path d=${peaksPath(hit.file)}></path></svg></span>`;
  }

  updated() {
    loadWaveforms(this);
  }

  /** @param {string} heading @param {Hit[]} hits */
  #strip(heading, hits) {
    return html`${heading ? html`<h2>${heading}</h2>` : nothing}<ul class="strip-list">${hits.map((hit) => html`<li><button class="near" @click=${() => store.go({ show: "item", id: hit.file, second: hit.unit === "seconds" ? hit.start : null })}>
      ${hit.modality === "image" || hit.modality === "video" ? html`<img alt="" loading="lazy" src=${thumbnailUrl(hit.id, 320)} />` : this.#drawn(hit)}
      <span class="name" dir="auto"><bdi>${nameOf(hit)}</bdi></span>${typeof hit.chance === "number" ? html`<span class="chance">${chanceInWords(hit.chance)}</span>` : nothing}</button></li>`)}</ul>`;
  }

  /** The spaces; layers of one network together, in the order in which they are done. */
  #choices() {
    const option = (/** @type {string} */ space) => html`<option value=${space} .selected=${space === this.space}>${layerOf(space) || space}</option>`;
    const networks = [...new Set(this.spaces.filter(layerOf).map(networkOf))];
    return html`${this.spaces.filter((space) => !layerOf(space)).map(option)}
      ${networks.map((network) => html`<optgroup label=${`Layers of ${network}`}>${this.spaces.filter((space) => layerOf(space) && networkOf(space) === network).sort((a, b) => a.localeCompare(b, "en", { numeric: true })).map(option)}</optgroup>`)}`;
  }

  /** Say how a layer becomes a space, where the library has none: the page itself loads no network. */
  #layersOffered() {
    if (!this.spaces.includes(LAYERED) || this.spaces.some(layerOf)) return nothing;
    return html`<p class="hush">Near by an early layer is alike to look at, by a late one alike in what it is. The library has no layer as a space: <code>sonolux add --space ${LAYERED}@${LAYER} FOLDER</code> makes one, <code>sonolux layers ${LAYERED}</code> lists them.</p>`;
  }

  render() {
    if (!this.item) return nothing;
    return html`<section class="neighbours">${this.copies.length ? this.#strip("Copies", this.copies) : nothing}${this.alike.length ? this.#strip("Near-duplicates", this.alike) : nothing}
      <div class="near-head"><h2>Near it</h2><label>by <select @change=${(/** @type {Event} */ event) => this.#choose(/** @type {HTMLSelectElement} */ (event.target).value)}>${this.#choices()}</select></label></div>
      ${this.#layersOffered()}
      ${this.problem ? html`<p class="hush" role="status">${this.problem}</p>` : nothing}
      ${this.near.length ? this.#strip("", this.near) : nothing}</section>`;
  }
}

/** A network that comes with the library, and one of its layers. */
const [LAYERED, LAYER] = ["photo", "blocks.6"];

/** @param {string} space @returns {string} What comes after the network: "blocks.6" of "photo@blocks.6"; of other spaces nothing. */
const layerOf = (space) => space.split("@")[1] ?? "";

/** @param {string} space */
const networkOf = (space) => space.split("@")[0];

/** What is written into a space of what is in an item: a film is seen and heard. @type {Record<string, string[]>} */
const WRITTEN = { image: ["image"], audio: ["audio"], video: ["image", "audio", "video"], text: ["text"] };

/**
 * The spaces in which an item can have neighbours, the one that counts most in a search first, and layers last.
 * @param {Array<import("../types.js").Space>} spaces
 * @param {Item} item
 */
function spacesOf(spaces, { modality }) {
  const weight = (/** @type {import("../types.js").Space} */ space) => Math.max(...space.encoders.filter((one) => WRITTEN[modality].includes(String(one.modality))).map((one) => Number(one.weight ?? 1)));
  return spaces.filter((space) => weight(space) > 0).sort((a, b) => Number(Boolean(layerOf(a.space))) - Number(Boolean(layerOf(b.space))) || weight(b) - weight(a)).map((space) => space.space);
}

customElements.define("sx-neighbours", Neighbours);
