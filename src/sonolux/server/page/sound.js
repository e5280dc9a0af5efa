/** The one sound that plays outside of an item's page: space on a card. */
import { loadMedia, unloadMedia } from "./preview.js";

class Sound extends EventTarget {
  constructor() {
    super();
    this.audio = new Audio();
    this.playing = "";
    this.audio.addEventListener("ended", () => this.stop());
  }

  /** @param {{id: string, start: number | null}} hit */
  toggle(hit) {
    if (this.playing === hit.id) return this.stop();
    this.playing = hit.id;
    loadMedia(this.audio, hit.id, hit.start ?? 0);
    this.audio.play().catch((/** @type {Error} */ error) => {
      // The file's own format was refused: `loadMedia` has gone on to the version for browsers.
      if (error.name === "NotSupportedError" && this.playing === hit.id) this.audio.play().catch(() => this.stop());
    });
    this.dispatchEvent(new Event("change"));
  }

  stop() {
    if (!this.playing) return;
    this.playing = "";
    unloadMedia(this.audio);
    this.dispatchEvent(new Event("change"));
  }
}

export const sound = new Sound();
