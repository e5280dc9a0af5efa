"""Model of the settings: where libraries, models and caches live, and the limits that keep bad input harmless.

Every setting can be given as an environment variable with the prefix ``SONOLUX_``:
``SONOLUX_LIBRARY=trips.sonolux``, ``SONOLUX_WORKERS=4``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

GIB = 2**30


class Settings(BaseSettings):
    """Settings of this process; see the field descriptions."""

    model_config = SettingsConfigDict(env_prefix="SONOLUX_", extra="ignore")

    library: str = Field("library.sonolux", description="library used when none is named")
    cache: Path = Field(
        default_factory=lambda: user_cache_path("sonolux", appauthor=False),
        description="folder for what can be made again",
    )
    device: str = Field("auto", description="torch device; auto takes a GPU where there is one")
    hub: Literal["auto", "cached", "off"] = Field(
        "auto", description="hub models: download when reachable, only what is cached, or none"
    )
    hub_timeout: float = Field(2.0, description="seconds to wait for the hub to answer at all")
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="decoding processes")
    executor: Literal["threads", "processes"] = Field("threads", description="where encoders work")
    encoding_processes: int = Field(1, ge=1, description="encoding processes, where executor is processes")
    decode_seconds: float = Field(60.0, gt=0, description="a decoder that is silent for so long is ended")
    decode_memory: int = Field(4 * GIB, gt=0, description="bytes of address space that a decoder may add to its own")
    max_pixels: int = Field(200_000_000, gt=0, description="larger pictures are refused as decompression bombs")
    max_text: int = Field(64 * 2**20, gt=0, description="larger text files are refused, in bytes")
    max_member: int = Field(2**30, gt=0, description="larger members of shards and tables are refused, in bytes")
    max_object: int = Field(4 * GIB, gt=0, description="larger objects in buckets are refused, in bytes")
    image_side: int = Field(512, ge=32, description="pictures are decoded to this longer side")
    audio_window: float = Field(10.0, gt=0, description="seconds in an audio window")
    audio_hop: float = Field(5.0, gt=0, description="seconds from one audio window to the next")
    passage_chars: int = Field(1000, ge=100, description="characters in a text passage, about")
    thumbnail_cache: int = Field(256 * 2**20, ge=0, description="bytes of thumbnails and waveforms that are kept")
    object_cache: int = Field(GIB, ge=0, description="bytes of objects from buckets that are kept on the disk")
    storage_seconds: float = Field(30.0, gt=0, description="object storage that refuses is asked again for so long")
    min_free: int = Field(256 * 2**20, ge=0, description="bytes that must stay free on the disk of the library")
