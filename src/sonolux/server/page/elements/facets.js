/**
 * `sx-facets`: values of what is found, with their counts; one that leads to nothing is not offered.
 *
 * @import {Facets, FacetValue} from "../types.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { store } from "../store.js";
import { count, modalityName, title } from "../words.js";

/** Values that are shown before somebody asks for all. */
const SHORT = 6;

class FacetsView extends LitElement {
  static properties = { facets: { attribute: false }, opened: { state: true } };

  constructor() {
    super();
    /** @type {Facets} */
    this.facets = {};
    /** @type {Set<string>} */
    this.opened = new Set();
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
    const name = title(key === "modality" ? "medium" : key);
    return html`<fieldset><legend>${name}</legend>${shown.map(({ value, count: number }) => html`<label class="facet-value">
        <input type="checkbox" .checked=${admitted.includes(String(value))} @change=${() => store.toggleFacet(key, String(value))} />
        <span class="value" dir="auto"><bdi>${key === "modality" ? modalityName(String(value)) : value}</bdi></span><span class="count">${count(number)}</span></label>`)}
      ${all.length > shown.length ? html`<button class="link" @click=${() => (this.opened = new Set([...this.opened, key]))}>${count(all.length - shown.length)} more<span class="unseen"> of ${name}</span></button>` : nothing}
    </fieldset>`;
  }

  render() {
    const keys = Object.keys({ ...this.facets, ...store.question.where });
    const groups = keys.filter((key) => this.facets[key]?.length || store.question.where[key]);
    if (!groups.length) return html`<p class="hush">Nothing to narrow by.</p>`;
    return groups.map((key) => this.#group(key, this.facets[key] ?? []));
  }
}

customElements.define("sx-facets", FacetsView);
