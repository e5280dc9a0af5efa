/**
 * Data of the service's interface, as types for the checker; this file has no code.
 *
 * @typedef {"image" | "audio" | "video" | "text"} Modality
 *
 * @typedef {object} Part One thing that is asked with.
 * @property {"text" | "item" | "upload"} kind
 * @property {string} value Words, or the id of an item or upload.
 * @property {number} weight
 * @property {boolean} minus Whether hits are to be away from it.
 *
 * @typedef {object} Question
 * @property {Part[]} parts
 * @property {Record<string, string[]>} where Facets, each with the values that are admitted.
 * @property {"rank" | "date"} sort
 * @property {"mixed" | Modality} view
 *
 * @typedef {{box: number[], time: number | null, mask: unknown}} Region
 *
 * @typedef {object} Hit
 * @property {string} id
 * @property {string} path
 * @property {Modality} modality
 * @property {string} kind
 * @property {string} file
 * @property {number | null} start
 * @property {number | null} end
 * @property {string | null} unit
 * @property {number} score
 * @property {number | null} chance
 * @property {string} space
 * @property {string} title
 * @property {string} text
 * @property {boolean} confident
 * @property {Region | null} region
 * @property {number | null} [width]
 * @property {number | null} [height]
 * @property {number | null} [duration]
 * @property {string | null} [date]
 * @property {number} [copies] How many copies of it there are, which are folded into this hit.
 * @property {Array<Why>} [why]
 *
 * @typedef {{space: string, chance: number, rank?: number, words?: string[], label?: string | null, example?: string | null}} Why
 * @typedef {{value: string, count: number}} FacetValue
 * @typedef {Record<string, FacetValue[]>} Facets
 *
 * @typedef {object} Answer
 * @property {string} ranking
 * @property {number} total
 * @property {boolean} [complete] Whether there are no more hits than the total.
 * @property {number} sure
 * @property {Hit[]} hits
 * @property {string[]} spaces
 * @property {number} seconds
 *
 * @typedef {{id: string, path: string, title: string, modality: Modality}} Example A liked item that others resemble.
 * @typedef {{hits: Hit[], examples: Example[], spaces: string[], remark: string, seconds: number}} Recommendations
 *
 * @typedef {object} Interaction
 * @property {string} item
 * @property {"play" | "rating" | "skip"} kind
 * @property {number} weight
 * @property {number} time
 * @property {string} [path] Of an item that is still there.
 * @property {string} [title]
 *
 * @typedef {object} Annotation
 * @property {string} label
 * @property {number} probability
 * @property {number | null} start
 * @property {number | null} end
 * @property {number[] | null} box
 * @property {string} annotator
 * @property {string} kind
 *
 * @typedef {object} Item
 * @property {string} id
 * @property {string} path
 * @property {Modality} modality
 * @property {string} kind
 * @property {string} file
 * @property {number | null} start
 * @property {number | null} end
 * @property {string | null} unit
 * @property {Record<string, unknown>} metadata
 * @property {string} text
 * @property {Array<{id: string, kind: string, start: number | null, end: number | null, unit: string | null, text: string}>} [spans]
 * @property {Annotation[]} [annotations]
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {string} kind
 * @property {Record<string, unknown>} params
 * @property {"queued" | "running" | "done" | "failed" | "cancelled"} state
 * @property {number} done
 * @property {number | null} total
 * @property {string | null} current
 * @property {Array<{path: string, reason: string}>} failed
 * @property {Record<string, unknown> | null} [summary]
 * @property {string} [reason]
 * @property {string} [phase]
 *
 * @typedef {object} Space
 * @property {string} space
 * @property {string} kind
 * @property {string} metric
 * @property {number} dim
 * @property {number} count
 * @property {Array<Record<string, unknown>>} encoders
 */
export {};
