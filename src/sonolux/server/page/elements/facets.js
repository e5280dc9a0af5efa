/**
 * `sx-facets`: values of what is found, with their counts; one that leads to nothing is not offered.
 *
 * @import {Facets, FacetValue} from "../types.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { repeat } from "../vendor/repeat.js";
import { api, Problem } from "../api.js";
import { whereOf } from "../ranking.js";
import { store } from "../store.js";
import { count, facetName, facetValue } from "../words.js";

/** Values that are shown before somebody asks for all. */
const SHORT = 6;

const KEYS = ["modality", "label", "keywords", "artist", "album", "genre", "place", "camera", "language"];

class FacetsView extends LitElement {
  static properties = { ranking: { attribute: false }, facets: { state: true }, opened: { state: true }, problem: { state: true } };

  constructor() {
    super();
    /** @type {import("../ranking.js").Ranking | null} What is found, of which values are counted. */
    this.ranking = null;
    /** @type {Facets} */
    this.facets = {};
    /** @type {Set<string>} */
    this.opened = new Set();
    this.problem = "";
    this.counted = "";
    this.listening = new AbortController();
  }

  connectedCallback() {
    super.connectedCallback();
    this.listening = new AbortController();
    store.addEventListener("change", () => this.#count(), { signal: this.listening.signal });
    this.#count();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.listening.abort();
  }

  /** @param {Map<string, unknown>} changes */
  updated(changes) {
    if (changes.has("ranking")) this.#count();
  }

  /**
   * Count the values of what is found, and of a key that is asked its other values too: those of the files that satisfy
   * all the other conditions. One more value of such a key finds more, one of another key finds what is counted.
   */
  async #count() {
    const where = whereOf(store.question);
    const ranking = this.ranking?.key === store.key ? this.ranking.answer.ranking : "";
    if (store.question.parts.length && !ranking) return this.requestUpdate();
    const asked = JSON.stringify([where, ranking]);
    this.requestUpdate();
    if (asked === this.counted) return;
    this.counted = asked;
    const chosen = KEYS.filter((key) => where[key]);
    const others = KEYS.filter((key) => !where[key]);
    const without = (/** @type {string} */ key) => Object.fromEntries(Object.entries(where).filter(([other]) => other !== key));
    try {
      const answers = await Promise.all([this.#countFound(others, where, ranking), ...chosen.map((key) => api.facets([key], without(key)))]);
      if (asked !== this.counted) return;
      this.facets = Object.assign({}, ...answers.map((answer) => answer.facets));
      this.problem = "";
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {string[]} keys @param {Record<string, unknown>} where @param {string} ranking */
  async #countFound(keys, where, ranking) {
    try {
      return await api.facets(keys, where, ranking);
    } catch (error) {
      // A ranking is kept for some minutes: of one that is gone, the values of the library.
      if (!(error instanceof Problem) || error.kind !== "expired") throw error;
      return api.facets(keys, where);
    }
  }

  createRenderRoot() {
    return this;
  }

  /** @param {string} key @param {FacetValue[]} values */
  #group(key, values) {
    const admitted = store.question.where[key] ?? [];
    // What is asked stays to be seen, and to be taken back, where it is in no hit.
    const lost = admitted.filter((value) => !values.some((one) => String(one.value) === value)).map((value) => ({ value, count: 0 }));
    const all = [...lost, ...values.filter((one) => one.count > 0)];
    const shown = this.opened.has(key) ? all : all.filter((one, n) => n < SHORT || admitted.includes(String(one.value)));
    const name = facetName(key);
    return html`<fieldset><legend>${name}</legend>${repeat(shown, ({ value }) => String(value), ({ value, count: number }) => html`<label class="facet-value">
        <input type="checkbox" .checked=${admitted.includes(String(value))} @change=${() => store.toggleFacet(key, String(value))} />
        <span class="value" dir="auto"><bdi>${facetValue(key, String(value))}</bdi></span><span class="count">${count(number)}</span></label>`)}
      ${all.length > shown.length ? html`<button class="link" @click=${() => (this.opened = new Set([...this.opened, key]))}>${count(all.length - shown.length)} more<span class="unseen"> of ${name}</span></button>` : nothing}
    </fieldset>`;
  }

  render() {
    if (this.problem) return html`<p class="hush" role="status">The filters cannot be counted: ${this.problem}</p>`;
    const keys = new Set([...KEYS, ...Object.keys(store.question.where)]);
    // One view shows one medium: there is none to choose.
    if (store.question.view !== "mixed") keys.delete("modality");
    // An area of the map has no values to choose from: its chip says that it is asked for.
    keys.delete("map");
    const groups = [...keys].filter((key) => this.facets[key]?.length || store.question.where[key]);
    if (!groups.length) return html`<p class="hush">Nothing to narrow by.</p>`;
    return repeat(groups, (key) => key, (key) => this.#group(key, this.facets[key] ?? []));
  }
}

customElements.define("sx-facets", FacetsView);
