/** What is selected: items by their ids, with what is shown of them. */

/** @typedef {{id: string, path: string}} Selected */

class Selection extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, Selected>} */
    this.byId = new Map();
  }

  get items() {
    return [...this.byId.values()];
  }

  /** @param {string} id */
  has(id) {
    return this.byId.has(id);
  }

  /** @param {Selected} item */
  add({ id, path }) {
    this.byId.set(id, { id, path });
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Selected} item */
  toggle(item) {
    if (!this.byId.delete(item.id)) return this.add(item);
    this.dispatchEvent(new Event("change"));
  }

  clear() {
    this.byId.clear();
    this.dispatchEvent(new Event("change"));
  }
}

export const selection = new Selection();
