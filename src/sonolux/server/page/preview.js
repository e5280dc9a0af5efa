/**
 * Previews: a sound or film plays, muted, from the matched second while the pointer rests on its card.
 *
 * @import {Hit} from "./types.js"
 */
import { mediaUrl, webMediaUrl } from "./api.js";

const DELAY = 250;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * A media element that plays a file itself, and asks for the version for browsers where it cannot.
 * @param {HTMLMediaElement} media
 * @param {string} id
 * @param {number} second
 */
export function loadMedia(media, id, second) {
  const at = second > 0 ? `#t=${second.toFixed(2)}` : "";
  media.onerror = () => {
    media.onerror = null;
    media.src = webMediaUrl(id) + at;
  };
  media.src = mediaUrl(id) + at;
}

/** @param {HTMLMediaElement} media Stops to load, too. */
export function unloadMedia(media) {
  media.onerror = null;
  media.pause();
  media.removeAttribute("src");
  media.load();
}

export class Preview {
  /** @param {(card: HTMLElement) => Hit | undefined} hitOf */
  constructor(hitOf) {
    this.hitOf = hitOf;
    /** @type {HTMLElement | null} */
    this.card = null;
    /** @type {HTMLVideoElement | null} */
    this.video = null;
    this.timer = 0;
  }

  /** @param {HTMLElement | null} card Under the pointer. */
  rest(card) {
    if (card === this.card) return;
    this.leave();
    if (!card || still.matches) return;
    this.card = card;
    this.timer = window.setTimeout(() => this.#play(card), DELAY);
  }

  leave() {
    clearTimeout(this.timer);
    this.card = null;
    if (!this.video) return;
    unloadMedia(this.video);
    this.video.remove();
    this.video = null;
  }

  /** @param {HTMLElement} card */
  #play(card) {
    const hit = this.hitOf(card);
    if (hit?.modality !== "video" || !card.isConnected) return;
    const video = document.createElement("video");
    Object.assign(video, { muted: true, playsInline: true, loop: true, className: "preview" });
    video.setAttribute("aria-hidden", "true");
    video.disableRemotePlayback = true;
    video.addEventListener("playing", () => video.classList.add("playing"));
    loadMedia(video, hit.id, hit.start ?? 0);
    card.querySelector(".face")?.append(video);
    this.video = video;
    // Playing is refused where the pointer has left meanwhile.
    video.play().catch(() => undefined);
  }
}
