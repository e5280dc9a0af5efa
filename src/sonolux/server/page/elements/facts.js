/**
 * `sx-facts`: metadata of an item, as it was written in its file.
 *
 * @import {Item} from "../types.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { clock, dayOf, sizeInWords, title, valueInWords } from "../words.js";

/** @type {Record<string, (value: any) => string>} */
const WORDED = { duration: clock, size: sizeInWords, date: dayOf, rate: (value) => `${value} Hz` };

/** For the library's own use, and no news to people. */
const INTERNAL = new Set(["hash", "mtime", "heard", "format"]);

class Facts extends LitElement {
  static properties = { item: { attribute: false } };

  constructor() {
    super();
    /** @type {Item | null} */
    this.item = null;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    if (!this.item) return nothing;
    const facts = Object.entries(this.item.metadata).filter(([key, value]) => !INTERNAL.has(key) && valueInWords(value));
    return html`<section><h2>About the file</h2><dl class="facts">${facts.map(([key, value]) => html`<div><dt>${title(key)}</dt><dd dir="auto"><bdi>${worded(key, value)}</bdi></dd></div>`)}
      <div><dt>Path</dt><dd dir="auto"><bdi>${this.item.path}</bdi></dd></div></dl></section>`;
  }
}

/** @param {string} key @param {unknown} value */
function worded(key, value) {
  const isAsExpected = key === "date" ? typeof value === "string" : typeof value === "number";
  return WORDED[key] && isAsExpected ? WORDED[key](value) : valueInWords(value);
}

customElements.define("sx-facts", Facts);
