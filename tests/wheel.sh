#!/usr/bin/env bash
# Build the wheel, install it into an empty environment and run the demo from another folder: resources and weights
# must travel inside. torch is borrowed from the environment that runs this script, because it weighs gigabytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python -m build --wheel --outdir "$work/dist" "$root" >/dev/null
python -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-deps "$work"/dist/*.whl
content=$(python -m zipfile -l "$work"/dist/*.whl | tail -n +2 | cut -d/ -f1 | grep -v 'dist-info$' | sort -u | xargs)
[ "$content" = "crnn_gui model" ] || { echo "the wheel would put '$content' into site-packages"; exit 1; }

# A .pth file lends the dependencies, but this project must come from the wheel: its own editable finder is left out.
purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
python -c "$purelib" >"$("$work/venv/bin/python" -c "$purelib")/lender.pth"
cd "$work"
"$work/venv/bin/python" -c 'import model, pathlib; p = pathlib.Path(model.__file__); assert "site-packages" in p.parts, p'
QT_QPA_PLATFORM=offscreen "$work/venv/bin/crnn-gui" --demo --screenshots "$work/shots"
ls "$work/shots"
"$work/venv/bin/crnn" doctor
