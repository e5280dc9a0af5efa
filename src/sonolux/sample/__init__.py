"""Sample media: a small folder of every modality, written from installed packages.

`photos` come with scikit-image and scikit-learn, `sounds` are synthesised, the `video` shows the photos, the `texts`
stand in the code. Some photos are there twice, cut, turned or smaller, and some sounds are of one kind, so that there
is something to find. All is the same every time, but for single bits of the video: its encoder is not that strict.
"""

from __future__ import annotations

from pathlib import Path

from sonolux.errors import SonoluxError


def write_sample(folder: str | Path) -> list[Path]:
    """Write the sample: photos, sounds, a video and texts, in folders of these names.

    Parameters
    ----------
    folder : path
        Made if need be; files of the sample that are there already are written again, others stay.

    Returns
    -------
    files : list of Path

    Raises
    ------
    SonoluxError
        Where the folder cannot be written.
    """
    from sonolux.sample.photos import write_photos
    from sonolux.sample.sounds import write_sounds
    from sonolux.sample.texts import write_texts
    from sonolux.sample.video import write_video

    root = Path(folder).expanduser()
    try:
        for name in ("photos", "sounds", "video", "texts"):
            (root / name).mkdir(parents=True, exist_ok=True)
        photos = write_photos(root / "photos")
        sounds = write_sounds(root / "sounds")
        video = write_video(root / "video" / "a_day_out.mp4", photos)
        return [*photos.values(), *sounds, video, *write_texts(root / "texts")]
    except OSError as error:
        raise SonoluxError(f"the sample cannot be written to {folder}: {error.strerror}") from error
