"""Small real files of every format, written by the encoders that come with the decoders."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pillow_heif
from PIL import ImageDraw

RATE = 22_050
COLOURS = ("red", "green", "blue", "yellow")
SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Good evening.</i>

2
00:01:00,000 --> 00:01:03,250
The ship &amp; the storm
are coming.
"""
VTT = """WEBVTT - a title

NOTE a comment

intro
00:01.000 --> 00:02.500 align:start
<v Anna>Good evening.</v>

01:00:00.000 --> 01:00:03.250
The storm is here.
"""
HTML = """<!DOCTYPE html><html lang="en"><head><title>Sea &amp; sky</title><style>p {}</style></head>
<body><script>var hidden = 1;</script><h1>The sea</h1><p>It is <b>wide</b>.</p><p>It is deep.</p></body></html>"""


def photo(width: int = 96, height: int = 64) -> PIL.Image.Image:
    """An image whose four quarters differ, so that turning it shows; red is top left."""
    image = PIL.Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate(COLOURS):
        x, y = index % 2 * width // 2, index // 2 * height // 2
        draw.rectangle((x, y, x + width // 2 - 1, y + height // 2 - 1), fill=colour)
    return image


def noisy(width: int = 96, height: int = 64, seed: int = 0) -> PIL.Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return PIL.Image.fromarray(pixels)


def png_of_zeros(path: Path, width: int, height: int) -> Path:
    """Write a black RGB PNG of any size through a compressor, never holding it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    compressor = zlib.compressobj(1)
    rows = b"".join(compressor.compress(bytes(1 + 3 * width)) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    """Write (n, channels) samples as they are: int16, or float32 with all its NaNs."""
    frames = samples if samples.ndim == 2 else samples[:, None]
    channels, width = frames.shape[1], frames.itemsize
    kind = 3 if frames.dtype == np.float32 else 1
    data = frames.tobytes()
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * width, channels * width, 8 * width)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def write_sound(path: Path, codec: str, seconds: float = 2.0, tags: dict[str, str] | None = None) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata.update(tags or {})
        rate = 48_000 if codec == "libopus" else 44_100
        # libav's own Vorbis encoder is experimental, and knows only stereo.
        layout = "stereo" if codec == "vorbis" else "mono"
        stream = container.add_stream(codec, rate=rate, layout=layout, options={"strict": "experimental"})
        _encode_sound(container, stream, tone(seconds, rate=rate), rate)
    return path


def _encode_sound(container: object, stream: object, samples: np.ndarray, rate: int) -> None:
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
    resampler = av.AudioResampler(stream.format, stream.layout, rate, stream.frame_size or 1024)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(part))
    container.mux(stream.encode())


def write_video(
    path: Path,
    images: list[PIL.Image.Image],
    seconds: float = 2.0,
    *,
    sound: bool = False,
    codec: str = "mpeg4",
    form: str = "yuv420p",
) -> Path:
    """Show each image for some seconds, 12 frames a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=12)
        stream.width, stream.height = images[0].size
        stream.pix_fmt = form
        track = container.add_stream("aac", rate=44_100, layout="mono") if sound else None
        for image in images:
            frame = av.VideoFrame.from_image(image)
            for _ in range(round(12 * seconds)):
                frame.pts = None
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if track is not None:
            _encode_sound(container, track, tone(len(images) * seconds, rate=44_100), 44_100)
    return path


def plain(colour: str, size: tuple[int, int] = (128, 96)) -> PIL.Image.Image:
    return PIL.Image.new("RGB", size, colour)


def pdf(*pages: str, title: str = "Tides") -> bytes:
    """A PDF written by hand: a Helvetica line a page."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(pages):
        content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {5 + 2 * number} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>"
        )
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
    info = len(objects) + 1
    objects.append(f"<</Title({title})/Author(A. Sailor)/CreationDate(D:20190704123000Z)>>")
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj{body}endobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    tail = f"xref\n0 {info + 1}\n0000000000 65535 f \n{table}trailer<</Root 1 0 R/Info {info} 0 R/Size {info + 1}>>"
    return out + f"{tail}\nstartxref\n{len(out)}\n%%EOF\n".encode()


def write_all(folder: Path) -> list[Path]:
    """Write one small sound file of every format there is, and return their paths."""
    for suffix in ("jpg", "png", "webp", "gif", "tiff", "bmp"):
        noisy().save(folder / f"picture.{suffix}")
    pillow_heif.from_pillow(noisy()).save(folder / "picture.heic")
    frames = [noisy(seed=seed) for seed in range(3)]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])
    for name, codec in (("ogg", "vorbis"), ("mp3", "libmp3lame"), ("flac", "flac"), ("opus", "libopus")):
        write_sound(folder / f"sound.{name}", codec)
    write_wav(folder / "sound.wav", (tone(1.0) * 32767).astype("<i2"))
    slides = [plain("red"), noisy(128, 96), plain("blue")]
    write_video(folder / "video.mp4", slides, 1.0, sound=True)
    write_video(folder / "video.mkv", slides, 1.0)
    (folder / "document.pdf").write_bytes(pdf("The tide is high.", "The tide is low."))
    (folder / "page.html").write_text(HTML)
    (folder / "film.srt").write_text(SRT)
    (folder / "film.vtt").write_text(VTT)
    (folder / "notes.txt").write_text("The tide is high.\n\nNaïve sailors wait. " * 40)
    (folder / "notes.md").write_text("# Tides\n\nThe tide is high.\n")
    return sorted(folder.iterdir())
