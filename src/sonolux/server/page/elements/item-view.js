/**
 * `sx-item`: everything that is known of an item: shown or played, what is heard, read and seen in it, and what is near.
 *
 * @import {Annotation, Hit, Item} from "../types.js"
 * @import {Player} from "./player.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api, mediaUrl, thumbnailUrl, webMediaUrl } from "../api.js";
import { icon } from "../icons.js";
import { marked, surenessInWords } from "../card.js";
import { stemsOf } from "../marks.js";
import { recentRanking } from "../ranking.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { chanceInWords, clock, fileName, folderName, mediumName, placeInWords, reasonInWords } from "../words.js";
import "./facts.js";
import "./neighbours.js";
import "./player.js";

export class ItemView extends LitElement {
  static properties = { item: { state: true }, annotations: { state: true }, text: { state: true }, recordings: { state: true }, problem: { state: true }, time: { state: true }, boxes: { state: true }, asking: { state: true } };

  constructor() {
    super();
    /** @type {Item | null} */
    this.item = null;
    /** @type {Annotation[]} */
    this.annotations = [];
    this.text = "";
    /** @type {any[] | null} */
    this.recordings = null;
    /** @type {string[]} */
    this.remarks = [];
    this.isCatalogued = false;
    this.problem = "";
    this.time = 0;
    this.boxes = true;
    this.asking = false;
    this.id_ = "";
    this.listening = new AbortController();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.listening = new AbortController();
    store.addEventListener("change", () => this.#load(), { signal: this.listening.signal });
    this.#load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.listening.abort();
  }

  async #load() {
    const { id, show } = store.place;
    if (show !== "item" || id === this.id_) return;
    Object.assign(this, { id_: id, item: null, annotations: [], text: "", recordings: null, problem: "", time: store.place.second ?? 0 });
    try {
      const item = /** @type {Item} */ (await api.item(id));
      if (this.id_ !== id) return;
      this.item = item;
      this.annotations = item.annotations ?? (await api.annotations(id)).annotations;
      if (item.modality === "text") this.text = textOf(await api.text(id).catch(() => "")) || item.text;
      document.title = `${fileName(item.path)} · Sonolux`;
      await this.updateComplete;
      this.querySelector("h1")?.focus();
    } catch (error) {
      if (this.id_ === id) this.problem = /** @type {Error} */ (error).message;
    }
  }

  get player() {
    return /** @type {Player | null} */ (this.querySelector("sx-player"));
  }

  async #identify() {
    if (!this.item) return;
    this.asking = true;
    try {
      const { matches, remarks } = await api.identify({ item: this.item.id });
      const file = this.item.file;
      const others = matches.filter((/** @type {{id: string}} */ match) => match.id !== file);
      this.recordings = others;
      this.isCatalogued = others.length < matches.length;
      this.remarks = remarks ?? [];
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
    this.asking = false;
  }

  /** Play on from here: what is loaded for it is loaded now. */
  async #station() {
    if (!this.item) return;
    this.player?.media?.pause();
    const [{ startFrom }] = await Promise.all([import("../station.js"), import("./station.js")]);
    await startFrom(this.item.file).catch((/** @type {Error} */ error) => toast.tell(error.message, { isProblem: true }));
  }

  async #remove() {
    if (!this.item || !confirm(`Take ${fileName(this.item.path)} out of the library? The file itself stays where it is.`)) return;
    try {
      await api.startJob("remove", { ids: [this.item.file] });
      toast.tell("It is being taken out of the library.", { action: { label: "See the job", do: () => store.go({ show: "library" }) } });
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  /** @param {boolean} liked */
  #judge(liked) {
    if (!this.item) return;
    this.dispatchEvent(new CustomEvent("judge", { bubbles: true, detail: { items: [this.item], liked } }));
  }

  render() {
    const { item } = this;
    if (this.problem) return html`<div class="page"><p class="problem" role="alert">${this.problem}</p>${this.#back()}</div>`;
    if (!item) return html`<div class="page" aria-busy="true">${this.#back()}</div>`;
    const place = placeInWords(item);
    return html`<article class="page item">
      <header class="item-head">${this.#back()}<div><h1 tabindex="-1" dir="auto"><bdi>${String(item.metadata.title ?? "") || fileName(item.path)}</bdi></h1>
        <p class="hush" dir="auto"><bdi>${folderName(item.path)}</bdi> · ${mediumName(item.modality)}${place ? ` · ${place}` : ""}</p></div>
        <div class="item-acts">
          <button @click=${() => this.#judge(true)}>${icon("more")}More like this</button>
          <button @click=${() => this.#judge(false)}>${icon("less")}Less like this</button>
          ${item.modality === "audio" || item.modality === "video" ? html`<button ?disabled=${this.asking} @click=${this.#identify}>${icon("ear")}${this.asking ? "Listening…" : "Name this recording"}</button>
            <button title="Plays it, and then what is like it" @click=${this.#station}>${icon("station")}Station</button>` : nothing}
          <button class="quiet" @click=${this.#remove}>Remove</button>
        </div></header>
      <div class="item-body"><div class="item-main">${this.#shown(item)}${this.#matchList()}${this.#transcript()}</div>
        <aside class="item-side" aria-label="About it">${this.#why()}${this.#labels()}<sx-facts .item=${item}></sx-facts></aside></div>
      <sx-neighbours .item=${item}></sx-neighbours>
    </article>`;
  }

  #back() {
    return html`<button class="quiet back" @click=${() => store.go({ show: store.list })} aria-label="Back to the results" title="Back to the results (Esc)">${icon("back")}</button>`;
  }

  /** @param {Item} item */
  #shown(item) {
    if (item.modality === "image") return this.#picture(item);
    if (item.modality === "text") return this.#document(item);
    return html`<sx-player .item=${item} .second=${store.place.second} .annotations=${this.annotations} @time=${(/** @type {CustomEvent<number>} */ event) => (this.time = event.detail)}></sx-player>`;
  }

  /** @param {Item} item */
  #picture(item) {
    const boxed = this.annotations.filter((said) => said.box);
    const sources = [webMediaUrl(item.id), thumbnailUrl(item.id, 1280)];
    const onError = (/** @type {Event} */ event) => {
      const next = sources.shift();
      if (next) /** @type {HTMLImageElement} */ (event.target).src = next;
    };
    return html`<figure class="picture"><div class="frame"><img alt=${fileName(item.path)} src=${mediaUrl(item.id)} @error=${onError} />
      ${this.boxes ? boxed.map((said) => html`<span class=${`region ${said.kind}`} .style=${boxStyle(said.box ?? [])}><span class="tag" dir="auto">${said.label}</span></span>`) : nothing}</div>
      ${boxed.length ? html`<figcaption><label class="switch"><input type="checkbox" .checked=${this.boxes} @change=${() => (this.boxes = !this.boxes)} />Boxes and text that was read</label></figcaption>` : nothing}</figure>`;
  }

  /** @param {Item} item */
  #document(item) {
    const stems = stemsOf(store.words);
    const paragraphs = (this.text || item.text).split(/\n\s*\n/u).filter(Boolean);
    return html`<div class="document" dir="auto">${paragraphs.map((paragraph) => html`<p>${marked(paragraph, stems)}</p>`)}</div>`;
  }

  #matchList() {
    if (!this.recordings) return nothing;
    if (!this.recordings.length) return html`<p class="notice" role="status">No ${this.isCatalogued ? "other " : ""}recording of the catalogue is heard in it. ${this.remarks.join(" ")}</p>`;
    return html`<section class="matches" aria-label="Recordings in it"><h2>Recordings in it</h2><ul>${this.recordings.map((match) => html`<li><b dir="auto"><bdi>${fileName(match.path)}</bdi></b> from ${clock(match.query_start)} to ${clock(match.query_end)}, there at ${clock(match.start)}, <span class="hush">${chanceInWords(match.chance)} by chance</span>
      <button class="link" @click=${() => store.go({ show: "item", id: match.id, second: match.start })}>Open</button></li>`)}</ul></section>`;
  }

  #transcript() {
    const phrases = this.annotations.filter((said) => said.kind === "transcript");
    if (!phrases.length) return nothing;
    const stems = stemsOf(store.words);
    return html`<section class="transcript"><h2>Transcript</h2><ol>${phrases.map((phrase) => {
      const isNow = phrase.start !== null && this.time >= phrase.start && this.time < (phrase.end ?? phrase.start);
      return html`<li><button class=${isNow ? "now" : ""} aria-current=${isNow ? "true" : "false"} @click=${() => this.player?.seek(phrase.start ?? 0)}><time>${clock(phrase.start ?? 0)}</time><span dir="auto">${marked(phrase.label, stems)}</span></button></li>`;
    })}</ol></section>`;
  }

  #why() {
    const hit = this.#hit();
    if (!hit || hit.chance === null) return nothing;
    const [odds, sureness] = [chanceInWords(hit.chance), surenessInWords(hit, stemsOf(store.words))];
    return html`<section class="found-why"><h2>Why it was found</h2><p>${sureness === odds ? html`<b>${odds}</b> by chance${hit.confident ? "" : ", so it may be chance"}.` : html`It <b>${sureness}</b> that were asked.`}</p>
      ${hit.why?.length ? html`<ul class="why">${hit.why.map((why) => html`<li><span dir="auto">${reasonInWords(why)}</span><span class="hush">${chanceInWords(why.chance)}</span></li>`)}</ul>`
        : html`<p class="hush">Most by ${hit.space}.</p>`}</section>`;
  }

  /** @returns {Hit | undefined} As it was found, where it comes from results. */
  #hit() {
    const index = store.place.on;
    const hit = index >= 0 ? recentRanking(store.key)?.hit(index) : undefined;
    return hit && hit.file === this.item?.file ? hit : undefined;
  }

  #labels() {
    const labels = this.annotations.filter((said) => said.kind !== "transcript");
    if (!labels.length) return nothing;
    const best = new Map(labels.sort((a, b) => a.probability - b.probability).map((said) => [said.label, said]));
    return html`<section><h2>Seen, heard and read in it</h2><ul class="labels">${[...best.values()].reverse().map((said) => html`<li><span dir="auto"><bdi>${said.label}</bdi></span><span class="hush">${Math.round(100 * said.probability)}% · ${said.annotator}</span></li>`)}</ul></section>`;
  }
}

/** @param {number[]} box Shares of width and height: left, upper, right, lower. */
const boxStyle = ([left, upper, right, lower]) => `left:${100 * left}%;top:${100 * upper}%;width:${100 * (right - left)}%;height:${100 * (lower - upper)}%`;

/** @param {any} answer @returns {string} */
const textOf = (answer) => (typeof answer === "string" ? answer : (answer?.text ?? (answer?.passages ?? []).map((/** @type {{text: string}} */ one) => one.text).join("\n\n")));

customElements.define("sx-item", ItemView);
