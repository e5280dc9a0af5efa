"""Made-up library data: items, hits and annotations of any number, each computed from its number alone."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

MODALITIES = ("image", "image", "video", "image", "audio", "image", "text", "image", "video", "audio")
NAMES = (
    "harbour at dusk", "two gulls", "market street", "rain on the pier", "grandmother's garden", "first snow",
    "night train", "lighthouse", "kitchen window", "the old ferry", "fog over fields", "paper boats",
)  # fmt: skip
STRANGE = {
    3: "<img src=x onerror=alert(1)><b>bold.jpg",
    4: "مرفأ عند الغروب.wav",
    6: "\u202eevil\u202c & <script>alert(2)<!--.txt",
    8: "a" * 140 + ".mp4",
}
ENDINGS = {"image": "jpg", "video": "mp4", "audio": "wav", "text": "md"}
PASSAGE = (
    "The ferry left the harbour a little after six. Gulls followed it as far as the lighthouse, and then the fog "
    "closed behind us <b>like a door</b>; nobody on deck said a word until the engine changed its note."
)
WORDS = (
    "the ferry left the harbour",
    "a little after six",
    "gulls followed it",
    "as far as the lighthouse",
    "& <i>then</i> fog",
)
SHAPES = ((3, 2), (4, 3), (2, 3), (16, 9), (1, 1), (5, 4), (3, 4))


def id_of(number: int) -> str:
    return str(UUID(int=(0x5031 << 112) | number))


def number_of(item: str) -> int:
    return UUID(item).int & 0xFFFFFFFF


def modality_of(number: int) -> str:
    return MODALITIES[number % len(MODALITIES)]


def path_of(number: int) -> str:
    modality = modality_of(number)
    name = STRANGE.get(number, f"{NAMES[number % len(NAMES)]} {number}.{ENDINGS[modality]}")
    return f"/home/ada/Media/{2019 + number % 7}/{name}"


def item(number: int) -> dict[str, Any]:
    modality = modality_of(number)
    wide, high = SHAPES[number % len(SHAPES)] if modality == "image" else (16, 9)
    drawn = {"width": wide * 400, "height": high * 400} if modality in ("image", "video") else {}
    timed = {"duration": 8.0 + number % 90} if modality in ("audio", "video") else {}
    said = {"artist": "Ada <Lovelace>", "keywords": ["sea", "evening"], "camera": "Leica Q2"} if number % 2 else {}
    return {
        "id": id_of(number), "path": path_of(number), "modality": modality, "kind": "file", "file": id_of(number),
        "start": None, "end": None, "unit": None, "text": PASSAGE if modality == "text" else "",
        "metadata": {**drawn, **timed, **said, "date": f"{2019 + number % 7}-06-{1 + number % 28:02d}T18:30:00",
            "size": 84_000 + number},
        "region": None,
    }  # fmt: skip


def hit(number: int, rank: int, sure: int) -> dict[str, Any]:
    whole = item(number)
    meta = whole["metadata"]
    timed = "duration" in meta
    chance = 10 ** (-5.2 + 2.5 * rank / max(sure, 1)) if rank < sure else min(0.9, 0.02 + (rank - sure) / 4000)
    return {
        **{key: whole[key] for key in ("id", "path", "modality", "kind", "file", "region")},
        "start": 2.5 if timed else (0.0 if whole["modality"] == "text" else None),
        "end": 6.0 if timed else (203.0 if whole["modality"] == "text" else None),
        "unit": "seconds" if timed else ("characters" if whole["modality"] == "text" else None),
        "score": round(0.93 - 0.5 * math.tanh(rank / 400), 4),
        "chance": chance,
        "space": "words" if whole["modality"] == "text" else "clip",
        "title": "", "text": PASSAGE if whole["modality"] == "text" else "",
        "confident": rank < sure,
        "width": meta.get("width"), "height": meta.get("height"), "duration": meta.get("duration"),
        "date": meta["date"],
        "copies": 3 if number % 17 == 5 else 0,
        "why": [{"space": "clip", "chance": chance}, {"space": "words", "chance": min(1.0, 40 * chance)}],
    }  # fmt: skip


def annotations(number: int) -> list[dict[str, Any]]:
    modality = modality_of(number)
    base = {"start": None, "end": None, "box": None, "region": None, "item": None, "probability": 0.91}
    if modality == "image":
        return [
            {**base, "label": "gull", "annotator": "detector", "kind": "label", "box": [0.2, 0.25, 0.42, 0.6]},
            {**base, "label": "EXIT <b>only</b>", "annotator": "reader", "kind": "text", "box": [0.55, 0.1, 0.9, 0.25]},
            {**base, "label": "seashore", "annotator": "photo-labels", "kind": "label", "probability": 0.62},
        ]
    if modality == "text":
        return []
    said = [
        {**base, "label": words, "annotator": "whisper", "kind": "transcript", "start": 1.5 * n, "end": 1.5 * n + 1.4}
        for n, words in enumerate(WORDS)
    ]
    heard = [
        {**base, "label": "gull", "annotator": "events", "kind": "label", "start": 0.5, "end": 2.0},
        {**base, "label": "engine", "annotator": "events", "kind": "label", "start": 3.0, "end": 7.5},
    ]
    return said + heard


def peaks(number: int, bins: int) -> list[float]:
    return [
        round(
            abs(math.sin(0.13 * (b * 600 / bins) + number) * math.sin(0.011 * (b * 600 / bins) * (1 + number % 5)))
            * 0.9
            + 0.06,
            3,
        )
        for b in range(bins)
    ]


def thumbnail(number: int) -> str:
    """Draw a landscape: sky, sun, two hills."""
    whole = item(number)["metadata"]
    wide, high = whole.get("width", 480), whole.get("height", 480)
    hue, sun, scale = 37 * number % 360, 20 + 13 * number % 60, high / wide
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 {100 * scale:.1f}" width="{wide // 4}"'
        f' height="{high // 4}" preserveAspectRatio="none"><defs><linearGradient id="s" x2="0" y2="1">'
        f'<stop stop-color="hsl({hue},42%,38%)"/><stop offset="1" stop-color="hsl({(hue + 40) % 360},62%,76%)"/>'
        f'</linearGradient></defs><rect width="100" height="200" fill="url(#s)"/>'
        f'<circle cx="{sun}" cy="{28 * scale:.1f}" r="7" fill="#fff" opacity=".85"/>'
        f'<path d="M0 {70 * scale:.1f}Q{sun} {40 * scale:.1f} 100 {75 * scale:.1f}V200H0Z" fill="hsl({hue},30%,30%)"/>'
        f'<path d="M0 {88 * scale:.1f}Q{100 - sun} {64 * scale:.1f} 100 {80 * scale:.1f}V200H0Z"'
        f' fill="hsl({hue},32%,20%)"/></svg>'
    )  # fmt: skip
