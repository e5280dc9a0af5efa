"""A file to arrays and spans: image, audio, video, text.

Start at `sonolux.media.reading`: it decodes one file into a probe and pieces. `sonolux.media.workers.pool` does so for
many, in processes that may fail; `sonolux.media.finding` says which files there are.
"""
