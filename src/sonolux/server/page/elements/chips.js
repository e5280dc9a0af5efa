/**
 * `sx-chips`: what is asked, a chip each, with its weight, whether it is to be or not to be, and a way out.
 *
 * @import {Part} from "../types.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api, thumbnailUrl, uploadThumbnailUrl } from "../api.js";
import { icon } from "../icons.js";
import { keeping } from "../keeping.js";
import { previews } from "../question-files.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { chanceInWords, clock, facetName, facetValue, fileName, mediumName } from "../words.js";

const WEIGHTS = [0.25, 0.5, 1, 2, 4];

class Chips extends LitElement {
  static properties = { naming: { state: true } };

  constructor() {
    super();
    /** @type {Set<string>} Parts whose names and modalities are asked for. */
    this.asked = new Set();
    this.naming = false;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    store.addEventListener("change", () => this.requestUpdate());
    keeping.addEventListener("change", () => this.requestUpdate());
  }

  updated() {
    if (store.question.parts.some((part) => part.kind === "upload")) keeping.ask();
    for (const part of store.question.parts) if (part.kind !== "text" && !(store.names.has(part.value) && store.modalities.has(part.value)) && !this.asked.has(part.value)) this.#learnName(part);
  }

  /** @param {Part} part Of an address: its name is not known yet. */
  async #learnName(part) {
    this.asked.add(part.value);
    const known = part.kind === "item" ? api.item(part.value) : api.uploaded(part.value);
    const { path, name, modality } = await known.catch((/** @type {Error} */ error) => ({ name: error.message }));
    store.names.set(part.value, path ?? (name || mediumName(modality)));
    if (modality) store.modalities.set(part.value, modality);
    this.requestUpdate();
  }

  /** @param {Part} part @param {number} index @param {1 | -1} step */
  #weigh(part, index, step) {
    const at = WEIGHTS.findIndex((weight) => weight >= part.weight);
    const next = WEIGHTS[(at < 0 ? WEIGHTS.length - 1 : at) + step];
    if (next) store.changePart(index, { weight: next });
  }

  /** @param {Part} part */
  #nameOf(part) {
    return part.kind === "text" ? part.value : fileName(store.names.get(part.value) || "…");
  }

  /** @param {Part} part */
  #picture(part) {
    const modality = store.modalities.get(part.value) ?? "";
    if (!["image", "video"].includes(modality)) return nothing;
    const url = part.kind === "item" ? thumbnailUrl(part.value, 160) : previews.get(part.value)?.url || uploadThumbnailUrl(part.value);
    return html`<img alt="" src=${url} @error=${(/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).remove()} />`;
  }

  /** @param {Part} part A recording: which of the catalogue is heard in it? */
  async #identify(part) {
    this.naming = true;
    try {
      const { matches, remarks } = await api.identify({ upload: part.value });
      const [best] = matches;
      const said = best ? `It is ${fileName(best.path)}, from ${clock(best.start)} on; ${chanceInWords(best.chance)} by chance.` : `No recording of the catalogue is heard in it. ${remarks.join(" ")}`;
      toast.tell(said, best ? { action: { label: "Open", do: () => store.go({ show: "item", id: best.id, second: best.start }) }, stays: true } : {});
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    } finally {
      this.naming = false;
    }
  }

  /** @param {Part} part An upload, which is gone in a day. @param {string} name */
  #keeper(part, name) {
    if (!keeping.isAllowed) return nothing;
    const state = keeping.states.get(part.value);
    const told = state === "kept" ? "It is in the library" : state ? "It is being added to the library" : "Keep it in the library";
    return html`<button class="keep" aria-label=${`${told}: ${name}`} title=${told} aria-disabled=${Boolean(state)} @click=${() => state || keeping.keep([part.value], name)}>${state === "coming" ? html`<span class="spinner"></span>` : icon(state ? "check" : "keep")}</button>`;
  }

  /** @param {Part} part @param {number} index */
  #chip(part, index) {
    const name = this.#nameOf(part);
    const kind = { text: "words", item: "like", upload: store.modalities.get(part.value) === "text" ? "words of" : "example" }[part.kind];
    // Something has to be asked for: what is alone cannot be what is not wanted.
    const isAlone = !part.minus && store.question.parts.every((other) => other === part || other.minus);
    const sign = isAlone ? nothing : html`<button class="sign" aria-pressed=${part.minus} aria-label=${`Away from ${name}`} title=${part.minus ? "Away from it; press for near to it" : "Near to it; press for away from it"}
      @click=${() => store.changePart(index, { minus: !part.minus })}>${icon(part.minus ? "minus" : "plus")}</button>`;
    const weight = html`<span class="weight" role="group" aria-label=${`Weight of ${name}`}>
      <button aria-label=${`Lighter: ${name}`} ?disabled=${part.weight <= WEIGHTS[0]} @click=${() => this.#weigh(part, index, -1)}>${icon("minus")}</button>
      <output>×${part.weight}</output>
      <button aria-label=${`Heavier: ${name}`} ?disabled=${part.weight >= WEIGHTS[WEIGHTS.length - 1]} @click=${() => this.#weigh(part, index, 1)}>${icon("plus")}</button></span>`;
    return html`<li class=${`chip ${part.minus ? "minus" : ""}`}>${sign}${this.#picture(part)}<span class="kind">${part.minus ? "unlike" : kind}</span>
      <span class="what" dir="auto" title=${name}><bdi>${name}</bdi></span>${weight}
      ${store.modalities.get(part.value) === "audio" && part.kind === "upload" ? html`<button class="named" aria-label=${`Name this recording: ${name}`} title="Name this recording" ?disabled=${this.naming} @click=${() => this.#identify(part)}>${icon("ear")}</button>` : nothing}
      ${part.kind === "upload" ? this.#keeper(part, name) : nothing}
      <button class="out" aria-label=${`Ask without ${name}`} @click=${() => store.removePart(index)}>${icon("close")}</button></li>`;
  }

  render() {
    const { parts, where } = store.question;
    const facets = Object.entries(where).flatMap(([key, values]) => values.map((value) => ({ key, value })));
    if (!parts.length && !facets.length) return nothing;
    return html`<ul class="chips" aria-label="What is asked">${parts.map((part, index) => this.#chip(part, index))}
      ${facets.map(({ key, value }) => html`<li class="chip facet"><span class="kind">${facetName(key)}</span><span class="what" dir="auto"><bdi>${facetValue(key, value)}</bdi></span>
        <button class="out" aria-label=${`Without ${facetName(key)} ${facetValue(key, value)}`} @click=${() => store.toggleFacet(key, value)}>${icon("close")}</button></li>`)}
      <li><button class="link" @click=${() => store.clear()}>Clear all</button></li></ul>`;
  }
}

customElements.define("sx-chips", Chips);
