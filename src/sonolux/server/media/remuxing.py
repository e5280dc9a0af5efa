"""Web versions of media: what browsers do not play becomes fragmented MP4, a picture that they do not show WebP.

Streams of codecs that browsers know are copied as they are (remuxing); others are decoded and encoded anew: moving
pictures as H.264, sound as FLAC where it was lossless and as Opus where it was not. `write_web_version` is what a
decoding process runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Protocol

from sonolux.errors import MediaError
from sonolux.media.containers.container import audio_stream, open_container, video_stream
from sonolux.media.images.geometry import shown_size, upright
from sonolux.media.options import ReadOptions
from sonolux.media.segment import Decoded
from sonolux.media.workers.worker import Progress
from sonolux.types import Modality

IMAGE_SIDE, VIDEO_SIDE = 2048, 1280
"""Pixels of the longer side of what is encoded, at most."""

QUALITY = 88
"""Of the WebP."""

PLAYED_VIDEO = frozenset({"h264", "vp9", "av1"})
PLAYED_PIXELS = frozenset({"yuv420p", "yuvj420p"})
PLAYED_AUDIO = frozenset({"aac", "mp3", "flac", "opus"})
"""Codecs, and pixels of 8 bits, that browsers play in MP4."""

LOSSLESS = frozenset({"alac", "ape", "tta", "wavpack", "truehd", "mlp", "tak", "shorten"})
"""Codecs beside PCM that lose nothing, whose sound becomes FLAC."""

OPUS_RATE = 48_000
HIGHEST_RATE = 192_000
"""Hertz."""

FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "2000000"}
"""Played from the beginning before the end is there, and from any place."""

USUAL_RATE = 25
"""Frames a second of a video that does not say."""

MOST_HELD = 64
"""Packets without a time of decoding: no codec reorders more frames."""

LONGEST_WORK = 900.0
"""Seconds, after which the work is given up."""


class _Track(Protocol):
    def packets(self, packet: Any) -> Iterator[Any]:
        """Return the packets to write for one that was read; an empty one ends the stream."""


def write_web_version(path: str, options: ReadOptions, target: str) -> Iterator[Progress | Decoded]:
    """Write the web version of a file to another, and yield its media type as metadata ``type``.

    Raises
    ------
    MediaError
        Where there is none of such a file, or it takes too long.
    """
    # The front names this function and never runs it: it needs no library of pictures.
    from sonolux.media.images.image import decode_image
    from sonolux.media.probing import probe

    found = probe(path)
    if found.modality == Modality.IMAGE:
        import PIL.Image

        from sonolux.media.images.image import decode_image

        image = decode_image(path, IMAGE_SIDE, options.max_pixels)
        PIL.Image.fromarray(image.pixels).save(target, "WEBP", quality=QUALITY)
        yield Decoded({"type": "image/webp"})
    elif found.modality in (Modality.AUDIO, Modality.VIDEO):
        yield from _write_mp4(path, target, options.max_pixels)
    else:
        raise MediaError("is no picture, sound or video")


def _write_mp4(path: str, target: str, max_pixels: int) -> Iterator[Progress | Decoded]:
    import av

    began = time.monotonic()
    size = _shown_size(path, max_pixels)
    with (
        open_container(path, "recording") as source,
        av.open(target, "w", format="mp4", options=FRAGMENTED) as out,
    ):
        images, sound = video_stream(source), audio_stream(source)
        tracks: dict[int, _Track] = {}
        if images is not None:
            tracks[images.index] = _image_track(images, out, size)
        if sound is not None:
            tracks[sound.index] = _sound_track(sound, out)
        for packet in source.demux([stream for stream in (images, sound) if stream is not None]):
            if time.monotonic() - began > LONGEST_WORK:
                raise MediaError("is too long to be made into what browsers play")
            for made in tracks[packet.stream.index].packets(packet):
                out.mux(made)
            yield Progress()
    yield Decoded({"type": "audio/mp4" if images is None else "video/mp4"})


def _shown_size(path: str, max_pixels: int) -> tuple[int, int]:
    """Return width and height of a video as it is shown; of sound alone nothing that counts."""
    with open_container(path, "recording") as source:
        images = video_stream(source)
        if images is None:
            return 0, 0
        if images.width * images.height > max_pixels:
            raise MediaError(f"has frames of {images.width} x {images.height} pixels, which are too many")
        return shown_size(source, images)


def _image_track(stream: Any, out: Any, size: tuple[int, int]) -> _Track:
    plays = stream.codec_context.name in PLAYED_VIDEO and stream.codec_context.pix_fmt in PLAYED_PIXELS
    return _Copied(stream, out) if plays else _EncodedImages(stream, out, size)


def _sound_track(stream: Any, out: Any) -> _Track:
    codec = stream.codec_context.name
    if codec.startswith("mp3") or codec in PLAYED_AUDIO:
        return _Copied(stream, out)
    lossless = codec.startswith(("pcm_", "dsd_")) or codec in LOSSLESS
    return _EncodedSound(stream, out, "flac" if lossless else "libopus")


class _Copied:
    """A stream that is copied.

    MP4 needs the time at which each packet is decoded. Matroska has none, and libav can say it only of packets behind
    the first few: those are held until it does, and lie evenly before.
    """

    def __init__(self, stream: Any, out: Any) -> None:
        self.made = out.add_stream_from_template(stream)
        self.held: list[Any] = []

    def packets(self, packet: Any) -> Iterator[Any]:
        if packet.size and packet.dts is None:
            if len(self.held) == MOST_HELD:
                raise MediaError("does not say when its frames are to be decoded")
            self.held.append(packet)
            return
        for before, held in enumerate(self.held):
            step = max(packet.duration or held.duration or 1, 1)
            held.dts = held.pts if packet.dts is None else packet.dts - step * (len(self.held) - before)
            yield from self._written(held)
        self.held.clear()
        yield from self._written(packet)

    def _written(self, packet: Any) -> Iterator[Any]:
        if packet.size:
            packet.stream = self.made
            yield packet


class _EncodedImages:
    """Moving pictures, decoded and encoded as H.264, upright, of even width and height."""

    def __init__(self, stream: Any, out: Any, size: tuple[int, int]) -> None:
        from sonolux.media.images.image import fit_size

        options = {"preset": "veryfast", "crf": "23"}
        self.made = out.add_stream("libx264", rate=stream.average_rate or USUAL_RATE, options=options)

        self.made.width, self.made.height = (max(side // 2 * 2, 2) for side in fit_size(size, VIDEO_SIDE))
        self.made.pix_fmt = "yuv420p"
        self.made.codec_context.time_base = stream.time_base

    def packets(self, packet: Any) -> Iterator[Any]:
        for frame in packet.decode():
            yield from self.made.encode(self._shown(frame))
        if not packet.size:
            yield from self.made.encode(None)

    def _shown(self, frame: Any) -> Any:
        import av

        shown = frame
        if frame.rotation:
            shown = av.VideoFrame.from_ndarray(upright(frame.to_ndarray(format="rgb24"), frame), "rgb24")
        shown = shown.reformat(self.made.width, self.made.height, "yuv420p")
        shown.pts, shown.time_base = frame.pts, frame.time_base
        shown.pict_type = 0  # the encoder chooses which frames stand alone
        return shown


class _EncodedSound:
    """Sound, decoded and encoded, of one channel or two."""

    def __init__(self, stream: Any, out: Any, codec: str) -> None:
        import av

        source = stream.codec_context
        rate = OPUS_RATE if codec == "libopus" else min(source.sample_rate, HIGHEST_RATE)
        layout = "mono" if source.layout.nb_channels == 1 else "stereo"
        self.made = out.add_stream(codec, rate=rate, layout=layout)
        self.made.codec_context.open()
        kind = self.made.codec_context.format.name
        size = self.made.codec_context.frame_size
        self.resampler = av.AudioResampler(format=kind, layout=layout, rate=rate, frame_size=size or None)

    def packets(self, packet: Any) -> Iterator[Any]:
        for frame in packet.decode():
            yield from self._encoded(frame)
        if not packet.size:
            yield from self._encoded(None)
            yield from self.made.encode(None)

    def _encoded(self, frame: Any) -> Iterator[Any]:
        for made in self.resampler.resample(frame):
            yield from self.made.encode(made)
