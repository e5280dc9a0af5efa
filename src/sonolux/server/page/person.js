/** For whom it is recommended: an id that somebody chooses, kept in this browser alone. */

const KEY = "sonolux.person";
const NOBODY = "me";

class Person extends EventTarget {
  constructor() {
    super();
    this.name = read() || NOBODY;
  }

  /** @param {string} name */
  choose(name) {
    this.name = name.trim() || NOBODY;
    try {
      localStorage.setItem(KEY, this.name);
    } catch {
      // A browser that keeps nothing: it holds for as long as the page is open.
    }
    this.dispatchEvent(new Event("change"));
  }
}

function read() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const person = new Person();
