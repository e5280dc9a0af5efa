/** Icons, drawn for this page: strokes of 1.6 in a box of 24, in the colour of the text around. */
import { html, svg } from "./vendor/lit.js";

const PATHS = {
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20",
  microphone: "M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v3.5",
  attach: "M4.5 5.5h15v13h-15zM4.5 15.5l4-4 4 4M12 15l3-3 4.5 4.5M15.2 9h.1",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  plus: "M12 6v12M6 12h12",
  minus: "M6 12h12",
  more: "M12 19.5C7 16 4 13 4 9.5A4.2 4.2 0 0 1 12 8a4.2 4.2 0 0 1 8 1.5C20 13 17 16 12 19.5Z",
  less: "M12 4.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM6.8 17.2 17.2 6.8",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  keep: "M12 4.5v9M8.5 10.5 12 14l3.5-3.5M5 14.5v4.5h14v-4.5",
  check: "M5.5 12.5l4.5 4.5 8.5-10",
  star: "M12 4.5l2.3 4.8 5.2.7-3.8 3.7.9 5.3-4.6-2.5L7.4 19l.9-5.3L4.5 10l5.2-.7z",
  library: "M5 5v14M9.5 5v14M14 5.5l4.5 13",
  map: "M6 8a1.5 1.5 0 1 0 .1 0M17 6a1.5 1.5 0 1 0 .1 0M12 14a1.5 1.5 0 1 0 .1 0M18.5 16.5a1.5 1.5 0 1 0 .1 0M7 17a1 1 0 1 0 .1 0",
  help: "M9.3 9a2.8 2.8 0 1 1 4.2 2.5c-1 .6-1.5 1.1-1.5 2.3M12 17.3v.2",
  back: "M14.5 5.5 8 12l6.5 6.5",
  filter: "M4.5 7h15M7.5 12h9M10.5 17h3",
  folder: "M4 7v11h16V8.5h-8.5L10 6H4z",
  copies: "M8.5 8.5h11v11h-11zM15.5 8V4.5h-11v11H8",
  undo: "M8.5 5 5 8.5 8.5 12M5 8.5h8.5a5 5 0 0 1 0 10H10",
  forYou: "M12 19.5C7 16 4 13 4 9.5A4.2 4.2 0 0 1 12 8a4.2 4.2 0 0 1 8 1.5M17.5 13v6.5M14.25 16.25h6.5",
  next: "M6 5.5v13L15 12zM18 5.5v13",
  person: "M12 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM5.5 19.5c.8-3.5 3.3-5 6.5-5s5.7 1.5 6.5 5",
  station: "M12 10.5a1.5 1.5 0 1 0 .1 0M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.7 18.3a9 9 0 0 1 0-12.6M18.3 5.7a9 9 0 0 1 0 12.6",
  ear: "M8 18c1.5 2.5 5 2 5.5-1 .4-2 3.5-3 3.5-7a5 5 0 0 0-10 0M10 10a2 2 0 1 1 3 1.7c-.8.6-1 1.1-1 2",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name */
export const icon = (name) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${PATHS[name]} />`}</svg>`;
