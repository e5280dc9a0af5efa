/**
 * Scrolling of lists that are higher than an element may be (browsers cap it at some 17 to 33 million pixels).
 *
 * The element that scrolls is at most `CAP` high. A small move of its scroll bar moves the list by as many pixels; a jump
 * goes to the same share of the list. What the two then differ by is taken back when scrolling rests. Where the list fits,
 * both are one.
 */

/** Pixels; below every browser's cap. */
export const CAP = 8_000_000;

export class ScaledScroll {
  /** @param {HTMLElement} scroller */
  constructor(scroller) {
    this.scroller = scroller;
    this.height = 0;
    /** Of the list, in its own pixels, at the top of the screen. */
    this.top = 0;
    this.bar = 0;
  }

  /** Of the element within. */
  get capped() {
    return Math.min(this.height, CAP);
  }

  /** What to add to a place in the list for its place in the element. */
  get shift() {
    return this.bar - this.top;
  }

  get #view() {
    return this.scroller.clientHeight;
  }

  get #ratio() {
    const free = this.capped - this.#view;
    return free > 0 ? Math.max(0, this.height - this.#view) / free : 1;
  }

  /** Take over what the scroll bar says. */
  follow() {
    const bar = this.scroller.scrollTop;
    const [moved, most] = [bar - this.bar, Math.max(0, this.height - this.#view)];
    if (this.height > CAP && Math.abs(moved) > 2 * this.#view) this.top = bar * this.#ratio;
    else this.top += moved;
    if (bar <= 0) this.top = 0;
    else if (bar >= this.capped - this.#view - 1) this.top = most;
    this.top = Math.max(0, Math.min(this.top, most));
    this.bar = bar;
  }

  /**
   * Show a place of the list, and set the bar by it.
   * @param {number} place
   */
  show(place) {
    this.top = Math.max(0, Math.min(place, this.height - this.#view));
    this.rest();
  }

  /** Set the bar by the place: when scrolling rests. */
  rest() {
    const bar = this.top / this.#ratio;
    if (Math.abs(bar - this.scroller.scrollTop) >= 1) this.scroller.scrollTop = bar;
    this.bar = this.scroller.scrollTop;
  }
}
