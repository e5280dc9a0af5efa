/**
 * `sx-results`: a ranking as a grid that holds what is on the screen alone, and moves by the keyboard.
 *
 * @import {Hit} from "../types.js"
 * @import {LaidRow} from "../blocks.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { repeat } from "../vendor/repeat.js";
import { cardTemplate, dividerWords } from "../card.js";
import { Preview } from "../preview.js";
import { BLOCK, Ranking } from "../ranking.js";
import { Recommended } from "../recommended.js";
import { ResultLayout, aspectOf, seenAspects } from "../result-layout.js";
import { ScaledScroll } from "../scaled-scroll.js";
import { stemsOf } from "../marks.js";
import { selection } from "../selection.js";
import { sound } from "../sound.js";
import { store } from "../store.js";
import { loadWaveforms } from "../waveform.js";
import { count } from "../words.js";

/** Pixels, laid out above and below the screen. */
const AHEAD = 480;
const PAD = { top: 4, bottom: 48 };

export class Results extends LitElement {
  static properties = { ranking: { attribute: false }, hasProblem: { state: true } };

  constructor() {
    super();
    /** @type {Ranking | null} */
    this.ranking = null;
    /** @type {ResultLayout | null} */
    this.layout = null;
    this.focusIndex = 0;
    this.pointedIndex = -1;
    this.hadFocus = /** @type {boolean | undefined} */ (false);
    this.hasProblem = "";
    this.stems = /** @type {string[]} */ ([]);
    this.preview = new Preview((card) => this.#hitOf(card));
    this.resizing = new ResizeObserver(() => this.#resize());
    this.redraw = () => this.requestUpdate();
    this.listening = new AbortController();
    /** @type {number[] | undefined} First and last block. */
    this.wanted = undefined;
    this.timers = { rest: 0, load: 0, aspect: 0 };
    /** @type {Set<number>} */
    this.changed = new Set();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.classList.add("results");
    this.tabIndex = -1;
    this.scroll_ = new ScaledScroll(this);
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    this.addEventListener("load", (event) => this.#pictureLoaded(event), { signal, capture: true });
    this.addEventListener("error", (event) => this.#pictureFailed(event), { signal, capture: true });
    this.addEventListener("pointerover", (event) => this.#pointed(event.pointerType === "mouse" ? cardAt(event) : null), { signal });
    this.addEventListener("pointerleave", () => this.#pointed(null), { signal });
    this.addEventListener("waveform", this.redraw, { signal });
    this.addEventListener("focusin", (event) => this.#focused(event), { signal });
    this.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.addEventListener("dragstart", (event) => this.#dragged(event), { signal });
    selection.addEventListener("change", this.redraw, { signal });
    sound.addEventListener("change", this.redraw, { signal });
    this.resizing.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resizing.disconnect();
    this.listening.abort();
    this.preview.leave();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
  }

  /** @param {Map<string, unknown>} changes */
  willUpdate(changes) {
    this.hadFocus = document.activeElement?.matches(".card") && this.contains(document.activeElement);
    if (!changes.has("ranking")) return;
    const before = /** @type {Ranking | null | undefined} */ (changes.get("ranking"));
    before?.removeEventListener("window", this.onWindow);
    before?.removeEventListener("grown", this.onGrown);
    before?.removeEventListener("problem", this.onProblem);
    this.ranking?.addEventListener("window", this.onWindow);
    this.ranking?.addEventListener("grown", this.onGrown);
    this.ranking?.addEventListener("problem", this.onProblem);
    this.stems = stemsOf(store.words);
    this.layout = null;
    this.hasProblem = "";
  }

  onWindow = (/** @type {Event} */ event) => {
    this.hasProblem = "";
    this.#renew([/** @type {CustomEvent<number>} */ (event).detail]);
  };

  onGrown = () => {
    if (!this.layout || !this.scroll_) return;
    const top = this.scroll_.top;
    this.#lay();
    this.scroll_.show(top);
    this.requestUpdate();
  };

  onProblem = (/** @type {Event} */ event) => {
    this.hasProblem = /** @type {CustomEvent<Error>} */ (event).detail.message;
  };

  get #column() {
    const style = getComputedStyle(this);
    return this.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  }

  /** @param {number} [index] The hit that stays at the top of the screen. */
  #lay(index) {
    if (!this.ranking || !this.scroll_ || this.#column < 60) return;
    this.layout = new ResultLayout(this.ranking, this.#column);
    this.scroll_.height = this.layout.heights.total + PAD.top + PAD.bottom;
    this.sizer?.style.setProperty("height", `${this.scroll_.capped}px`);
    if (this.ranking.total) this.scroll_.show(index ? this.layout.rowOf(Math.min(index, this.ranking.total - 1)).top : 0);
  }

  get sizer() {
    return /** @type {HTMLElement | null} */ (this.querySelector(".sizer"));
  }

  updated() {
    if (!this.layout && this.ranking) this.#settle();
    // Rows are other ones once the shapes of their hits are known: the card that had the focus has it still.
    else if (this.hadFocus && !this.contains(document.activeElement)) this.#cardOf(this.focusIndex)?.focus({ preventScroll: true });
    loadWaveforms(this);
  }

  /** Go where the address says, once there is a ranking. */
  #settle() {
    if (!this.ranking) return;
    this.#lay(store.place.at);
    if (!this.layout) return;
    const hadFocus = store.place.on >= 0;
    this.focusIndex = hadFocus ? Math.min(store.place.on, this.ranking.total - 1) : Math.min(store.place.at, Math.max(0, this.ranking.total - 1));
    this.requestUpdate();
    if (hadFocus) this.updateComplete.then(() => this.focusCard(this.focusIndex));
  }

  #resize() {
    if (!this.layout || !this.scroll_ || Math.abs(this.layout.width - this.#column) < 1) return this.requestUpdate();
    this.#lay(this.layout.indexAt(this.scroll_.top));
    this.requestUpdate();
  }

  /**
   * Blocks have other heights now: the card with the focus, or else what is at the top of the screen, stays there.
   * @param {number[]} blocks
   */
  #renew(blocks) {
    if (!this.layout || !this.scroll_ || !this.ranking?.total) return;
    const index = this.#anchor(this.layout, this.scroll_);
    const within = this.scroll_.top - this.layout.rowOf(index).top;
    for (const block of blocks) this.layout.renew(block);
    this.scroll_.height = this.layout.heights.total + PAD.top + PAD.bottom;
    this.sizer?.style.setProperty("height", `${this.scroll_.capped}px`);
    const top = this.scroll_.top > 0 ? this.layout.rowOf(index).top + within : 0;
    if (Math.abs(top - this.scroll_.top) >= 1) this.scroll_.show(top);
    this.requestUpdate();
  }

  /** @param {ResultLayout} layout @param {ScaledScroll} scroll */
  #anchor(layout, scroll) {
    const { row, top } = layout.rowOf(this.focusIndex);
    const isSeen = top + row.height > scroll.top && top < scroll.top + this.clientHeight;
    return isSeen && document.activeElement === this.#cardOf(this.focusIndex) ? this.focusIndex : layout.indexAt(scroll.top);
  }

  #scrolled() {
    this.scroll_?.follow();
    this.preview.leave();
    this.requestUpdate();
    clearTimeout(this.timers.rest);
    this.timers.rest = window.setTimeout(() => this.#rested(), 160);
  }

  #rested() {
    if (!this.layout || !this.scroll_ || !this.ranking?.total) return;
    this.scroll_.rest();
    store.note({ at: this.scroll_.top > 2 ? this.layout.indexAt(this.scroll_.top) : 0 });
    this.requestUpdate();
  }

  /** Rows on the screen and a little beyond it, and the one that holds the focus. */
  #visible() {
    const { layout, scroll_: scroll, ranking } = this;
    if (!layout || !scroll || !ranking?.total) return [];
    const [from, to] = [scroll.top - AHEAD, scroll.top + this.clientHeight + AHEAD];
    this.#want(...layout.blocksBetween(from, to));
    const hasFocus = this.contains(document.activeElement) && document.activeElement !== this;
    return layout.rowsBetween(from, to, hasFocus ? this.focusIndex : -1);
  }

  /**
   * Fetch what is on the screen, a moment after it came: not each window that a drag of the scroll bar passes.
   * @param {number} first
   * @param {number} last
   */
  #want(first, last) {
    this.wanted = [first, last];
    if (this.timers.load) return;
    this.timers.load = window.setTimeout(() => {
      this.timers.load = 0;
      if (this.wanted) this.ranking?.load(this.wanted[0], this.wanted[1]);
    }, 40);
  }

  render() {
    const { ranking, scroll_: scroll } = this;
    if (!ranking || !scroll) return nothing;
    const blocks = this.#visible();
    const label = ranking instanceof Recommended ? "Recommended" : `${count(ranking.total)} results`;
    return html`<div class="sizer" role=${ranking.total ? "grid" : "presentation"} aria-label=${ranking.total ? label : nothing} aria-multiselectable=${ranking.total ? "true" : nothing} aria-rowcount=${ranking.total ? -1 : nothing}>
      ${repeat(blocks, ({ block }) => block, ({ block, top, rows }) => html`<div class="block" role="rowgroup" .style=${`transform:translateY(${top + scroll.shift + PAD.top}px)`} data-block=${block}>
        ${repeat(rows, (row) => (row.divider ? "divider" : row.first), (row) => this.#row(row))}
      </div>`)}
    </div>${this.hasProblem ? html`<p class="problem" role="alert">${this.hasProblem}</p>` : nothing}`;
  }

  /** @param {LaidRow} row */
  #row(row) {
    const style = `transform:translateY(${row.top}px);height:${row.height}px`;
    if (row.divider) return html`<div class="row divider" role="row" .style=${style}><span role="gridcell">${dividerWords(Boolean(this.ranking?.sure))}</span></div>`;
    const { ranking } = this;
    const isLine = Boolean(this.layout?.lineHeight);
    return html`<div class="row" role="row" .style=${style}>${row.widths.map((width, number) => {
      const index = row.first + number;
      const hit = ranking?.hit(index);
      return cardTemplate(hit, {
        index, width, height: row.height - (isLine ? 0 : (this.layout?.below ?? 0)), isLine, stems: this.stems, hasFocus: index === this.focusIndex, hasPointer: index === this.pointedIndex,
        isSelected: Boolean(hit && selection.has(hit.id)), isPlaying: Boolean(hit && sound.playing === hit.id),
        beside: hit && ranking instanceof Recommended ? ranking.beside(hit) : undefined,
      });
    })}</div>`;
  }

  /** @param {Event} event */
  #pictureLoaded(event) {
    const picture = event.target;
    if (!(picture instanceof HTMLImageElement) || !picture.naturalWidth) return;
    const card = /** @type {HTMLElement | null} */ (picture.closest(".card"));
    picture.classList.add("loaded");
    const hit = card && this.#hitOf(card);
    if (!hit || (hit.width && hit.height) || seenAspects.has(hit.id)) return;
    const assumed = aspectOf(hit);
    seenAspects.set(hit.id, picture.naturalWidth / picture.naturalHeight);
    if (Math.abs(aspectOf(hit) - assumed) > 0.08) this.changed.add(Math.floor(Number(card.dataset.index) / BLOCK));
    clearTimeout(this.timers.aspect);
    this.timers.aspect = window.setTimeout(() => this.#renew([...this.changed.values()].filter((block) => this.changed.delete(block))), 250);
  }

  /** @param {Event} event */
  #pictureFailed(event) {
    if (event.target instanceof HTMLImageElement) event.target.classList.add("missing");
  }

  /** @param {HTMLElement | null} card Under the pointer. */
  #pointed(card) {
    this.preview.rest(card);
    const index = card ? Number(card.dataset.index) : -1;
    if (index === this.pointedIndex) return;
    this.pointedIndex = index;
    this.requestUpdate();
  }

  /** @param {HTMLElement} card @returns {Hit | undefined} */
  #hitOf(card) {
    return this.ranking?.hit(Number(card.dataset.index));
  }

  /** @param {FocusEvent} event */
  #focused(event) {
    const card = cardAt(event);
    if (!card) return;
    const index = Number(card.dataset.index);
    if (index === this.focusIndex && store.place.on === index) return;
    this.focusIndex = index;
    if (store.place.show === store.list) store.note({ on: index });
    this.requestUpdate();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const card = cardAt(event);
    const hit = card && this.#hitOf(card);
    if (!card || !hit || event.ctrlKey || event.metaKey) return;
    const act = /** @type {HTMLElement} */ (event.target).closest("[data-act]")?.getAttribute("data-act");
    if (act) this.act(act, Number(card.dataset.index));
    else if (event.shiftKey) this.selectTo(Number(card.dataset.index));
    else this.act("open", Number(card.dataset.index));
  }

  /** @param {DragEvent} event */
  #dragged(event) {
    const card = cardAt(event);
    const hit = card && this.#hitOf(card);
    if (!hit || !event.dataTransfer) return;
    event.dataTransfer.setData("application/x-sonolux-item", JSON.stringify({ id: hit.id, path: hit.path }));
    event.dataTransfer.effectAllowed = "copy";
  }

  /**
   * Do what a key or button says with a hit.
   * @param {string} act
   * @param {number} [index]
   */
  act(act, index = this.focusIndex) {
    const hit = this.ranking?.hit(index);
    if (!hit) return;
    if (act === "open") {
      store.note({ on: index, at: this.layout && this.scroll_ ? this.layout.indexAt(this.scroll_.top) : 0 });
      store.go({ show: "item", id: hit.file, second: hit.unit === "seconds" ? hit.start : null });
    }
    if (act === "play") sound.toggle(hit);
    if (this.ranking instanceof Recommended) {
      if (act === "like" || act === "unlike" || act === "know") this.dispatchEvent(new CustomEvent("opinion", { bubbles: true, detail: { hit, opinion: act } }));
      return;
    }
    if (act === "select") selection.toggle(hit);
    if (act === "like" || act === "unlike") {
      const items = selection.has(hit.id) ? selection.items : [hit];
      this.dispatchEvent(new CustomEvent("judge", { bubbles: true, detail: { items, liked: act === "like" } }));
    }
  }

  /** @param {number} index Select from the hit that has the focus to this one. */
  selectTo(index) {
    const [from, to] = [Math.min(index, this.focusIndex), Math.max(index, this.focusIndex)];
    for (let one = from; one <= Math.min(to, from + 500); one++) {
      const hit = this.ranking?.hit(one);
      if (hit) selection.add(hit);
    }
  }

  /** @param {string} key An arrow. @param {boolean} extends_ Whether the selection goes along. */
  move(key, extends_) {
    if (!this.layout || !this.ranking) return;
    const from = this.focusIndex;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const to = step ? from + step : this.layout.beside(from, key === "ArrowDown" ? 1 : -1);
    const index = Math.max(0, Math.min(this.ranking.total - 1, to));
    if (extends_) this.selectTo(index);
    this.focusCard(index);
  }

  /** @param {number} index */
  async focusCard(index) {
    if (!this.layout || !this.scroll_ || !this.ranking?.total) return;
    const { row, top } = this.layout.rowOf(index);
    const view = this.clientHeight;
    if (top < this.scroll_.top) this.scroll_.show(top - 8);
    else if (top + row.height > this.scroll_.top + view) this.scroll_.show(top + row.height - view + 24);
    this.focusIndex = index;
    this.requestUpdate();
    await this.updateComplete;
    this.#cardOf(index)?.focus({ preventScroll: true });
  }

  /** @param {number} index @returns {HTMLElement | null} */
  #cardOf(index) {
    return this.querySelector(`.card[data-index="${index}"]`);
  }

  /** @param {number} index From 0: go there, with the focus. */
  async jump(index) {
    if (!this.layout || !this.scroll_ || !this.ranking?.total) return;
    const to = Math.max(0, Math.min(index, this.ranking.total - 1));
    this.scroll_.show(this.layout.rowOf(to).top);
    await this.focusCard(to);
  }
}

/** @param {Event} event @returns {HTMLElement | null} */
const cardAt = (event) => (event.target instanceof Element ? event.target.closest(".card") : null);

customElements.define("sx-results", Results);
