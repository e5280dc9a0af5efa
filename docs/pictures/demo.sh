#!/usr/bin/env bash
# Makes demo.png again: the page that `sonolux demo` writes, as Chromium shows it, in 96 colours.
set -euo pipefail
picture="$(cd "$(dirname "$0")" && pwd)/demo.png"
work="$(mktemp -d)"
mkdir /tmp/demo # the page shows this path; one that is there is somebody's
trap 'rm -rf "$work" /tmp/demo' EXIT
sonolux demo --folder /tmp/demo
chromium --headless --no-sandbox --hide-scrollbars --window-size=1180,1325 \
  --screenshot="$work/page.png" file:///tmp/demo/index.html
python - "$work/page.png" "$picture" <<'PYTHON'
import sys

from PIL import Image

Image.open(sys.argv[1]).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(sys.argv[2], optimize=True)
PYTHON
