"""Music files with tags of every kind, put together by hand around a little sound."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import av

from media.specimens import tone, write_sound, write_wav

JPEG_START = b"\xff\xd8\xff"


def sevens(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: str, data: bytes, version: int = 3, flags: int = 0) -> bytes:
    """A frame of ID3v2; sizes as its version writes them."""
    if version == 2:
        return name.encode() + len(data).to_bytes(3, "big") + data
    size = sevens(len(data)) if version == 4 else len(data).to_bytes(4, "big")
    return name.encode() + size + bytes([0, flags]) + data


def id3(*frames: bytes, version: int = 3, flags: int = 0, padding: int = 0) -> bytes:
    body = b"".join(frames) + bytes(padding)
    if flags & 0x80 and version < 4:
        body = unsynchronised(body)
    return b"ID3" + bytes([version, 0, flags]) + sevens(len(body)) + body


def unsynchronised(data: bytes) -> bytes:
    """Put a zero behind every byte of ones that could look like the beginning of sound."""
    out = bytearray()
    for byte, after in zip(data, [*data[1:], 0], strict=True):
        out.append(byte)
        if byte == 0xFF and (after >= 0xE0 or after == 0):
            out.append(0)
    return bytes(out)


def latin(text: str, encoding: str = "latin-1") -> bytes:
    """A text that a frame calls Latin-1."""
    return b"\0" + text.encode(encoding)


def utf16(text: str) -> bytes:
    return b"\x01\xff\xfe" + text.encode("utf-16-le")


def utf8(text: str) -> bytes:
    return b"\x03" + text.encode()


def id3v1(title: bytes = b"", artist: bytes = b"", album: bytes = b"", comment: bytes = b"", genre: int = 255) -> bytes:
    fields = (title.ljust(30, b"\0")[:30], artist.ljust(30, b"\0")[:30], album.ljust(30, b"\0")[:30], b"1999")
    return b"TAG" + b"".join(fields) + comment.ljust(30, b"\0")[:30] + bytes([genre])


def ape(items: Mapping[str, str | bytes], version: int = 2000, *, header: bool = True) -> bytes:
    body = b""
    for key, value in items.items():
        data = value.encode() if isinstance(value, str) else value
        kind = 2 if key.startswith("Cover Art") else 0
        body += struct.pack("<II", len(data), kind) + key.encode() + b"\0" + data
    size = len(body) + 32

    def edge(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII", version, size, len(items), flags) + bytes(8)

    with_header = 1 << 31 if header else 0
    return (edge(with_header | 1 << 29) if header else b"") + body + edge(with_header)


def lyrics3(**fields: str) -> bytes:
    body = b"LYRICSBEGIN" + b"".join(f"{key}{len(value):05d}{value}".encode() for key, value in fields.items())
    return body + f"{len(body):06d}LYRICS200".encode()


def write_mp3(path: Path, front: bytes = b"", back: bytes = b"") -> Path:
    """An MP3 of a third of a second without tags of its own, with these around it."""
    write_sound(path, "libmp3lame", 0.3)
    sound = path.read_bytes()
    start = 10 + int.from_bytes(bytes(0), "big") if not sound.startswith(b"ID3") else 10 + _size(sound)
    path.write_bytes(front + sound[start if sound.startswith(b"ID3") else 0 :] + back)
    return path


def _size(head: bytes) -> int:
    number = 0
    for byte in head[6:10]:
        number = number << 7 | byte
    return number


def vorbis_comments(*comments: str) -> bytes:
    """The body of a Vorbis comment."""
    fields = [comment.encode() for comment in comments]
    return (
        struct.pack("<I", 1) + b"x" + struct.pack("<I", len(fields))
        + b"".join(struct.pack("<I", len(field)) + field for field in fields)
    )  # fmt: skip


def write_flac(path: Path, *comments: str, front: bytes = b"", pictures: Mapping[int, bytes] | None = None) -> Path:
    """A FLAC file with these comments and pictures in place of libav's."""
    write_sound(path, "flac", 0.3)
    sound = path.read_bytes()
    at, blocks = 4, []
    while True:
        kind, size = sound[at], int.from_bytes(sound[at + 1 : at + 4], "big")
        if kind & 0x7F == 0:
            blocks.append((0, sound[at + 4 : at + 4 + size]))
        at += 4 + size
        if kind & 0x80:
            break
    blocks.append((4, vorbis_comments(*comments)))
    blocks += [(6, picture(kind, data)) for kind, data in (pictures or {}).items()]
    out = b"fLaC"
    for number, (kind, data) in enumerate(blocks, 1):
        out += bytes([kind | (0x80 if number == len(blocks) else 0)]) + len(data).to_bytes(3, "big") + data
    path.write_bytes(front + out + sound[at:])
    return path


def picture(kind: int, data: bytes, mime: bytes = b"image/jpeg") -> bytes:
    """A picture as FLAC has it."""
    return struct.pack(">II", kind, len(mime)) + mime + struct.pack(">IIIIII", 0, 0, 0, 24, 0, len(data)) + data


def apic(kind: int, data: bytes, mime: bytes = b"image/jpeg", version: int = 3) -> bytes:
    """A picture as ID3 has it."""
    if version == 2:
        return frame("PIC", b"\0JPG" + bytes([kind]) + b"\0" + data, 2)
    return frame("APIC", b"\0" + mime + b"\0" + bytes([kind]) + b"\0" + data, version)


def atom(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + name + body


def data_atom(text: str | bytes, kind: int = 1) -> bytes:
    return atom(b"data", struct.pack(">II", kind, 0), text.encode() if isinstance(text, str) else text)


def own_atom(name: str, *values: str) -> bytes:
    """A text under a name of its own."""
    said = [data_atom(value) for value in values]
    return atom(b"----", atom(b"mean", bytes(4), b"com.apple.iTunes"), atom(b"name", bytes(4), name.encode()), *said)


def write_m4a(path: Path, *items: bytes) -> Path:
    """An MP4 file of sound with these items in its list of tags."""
    write_sound(path, "aac", 0.3)
    data = path.read_bytes()
    at = data.rfind(b"moov") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    assert at + size == len(data), "libav writes the movie last"
    moov = data[at + 8 :]
    handler = atom(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    tags = atom(b"udta", atom(b"meta", bytes(4), handler, atom(b"ilst", *items)))
    end = moov.rfind(b"udta") - 4
    path.write_bytes(data[:at] + atom(b"moov", moov[:end] if end > 0 else moov, tags))
    return path


def chunked_wav(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    """A WAV file with chunks behind its sound."""
    write_wav(path, (tone(0.3) * 32767).astype("<i2"))
    body = path.read_bytes()[8:]
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def list_info(**items: bytes) -> tuple[bytes, bytes]:
    body = b"INFO"
    for name, data in items.items():
        text = data + b"\0"
        body += name.encode() + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    return b"LIST", body


def write_subtitled(path: Path, codec: str, cues: Mapping[str, list[tuple[int, int, bytes]]]) -> Path:
    """A film of a plain picture with tracks of subtitles: language to start and end in milliseconds, and packet."""
    from fractions import Fraction

    from media.specimens import plain

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=12)
        stream.width, stream.height = 64, 48
        tracks = {}
        for language in cues:
            track = container.add_stream(codec)
            track.time_base = Fraction(1, 1000)
            track.metadata["language"] = language
            track.codec_context.subtitle_header = b"[Script Info]\nScriptType: v4.00+\n[Events]\n"
            tracks[language] = track
        image = av.VideoFrame.from_image(plain("red", (64, 48)))
        for _ in range(12):
            image.pts = None
            container.mux(stream.encode(image))
        container.mux(stream.encode())
        for language, said in cues.items():
            for start, end, data in said:
                packet = av.Packet(data)
                packet.stream, packet.time_base = tracks[language], Fraction(1, 1000)
                packet.pts = packet.dts = start
                packet.duration = end - start
                container.mux(packet)
    return path


def compressed(data: bytes) -> bytes:
    """What ID3v2.3 calls a compressed frame: its size, then zlib."""
    return len(data).to_bytes(4, "big") + zlib.compress(data)
