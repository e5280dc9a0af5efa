/** Short notices at the foot of the page, with one thing to do about them. */

/** @typedef {{text: string, isProblem: boolean, action?: {label: string, do: () => void}}} Notice */

class Toast extends EventTarget {
  constructor() {
    super();
    /** @type {Notice | null} */
    this.notice = null;
    this.timer = 0;
  }

  /** @param {string} text @param {{isProblem?: boolean, action?: Notice["action"], stays?: boolean}} [more] It stays until it is closed. */
  tell(text, { isProblem = false, action, stays = isProblem } = {}) {
    this.notice = { text, isProblem, action };
    clearTimeout(this.timer);
    // A problem stays until it is closed, or something else is told.
    if (!stays) this.timer = window.setTimeout(() => this.clear(), 8000);
    this.dispatchEvent(new Event("change"));
  }

  clear() {
    this.notice = null;
    this.dispatchEvent(new Event("change"));
  }
}

export const toast = new Toast();
