#!/usr/bin/env bash
# Make the embedded model again, from a folder of sprites to a model folder with its measurements.
#
#     recipes/embedded.sh --sprites DIR [--out runs/embedded] [--scale 1] [--device cpu]
#
# Four runs, each of which may be killed and continued by the same command: two towers for words and pictures; a model
# that starts with their words at 32 pixels, where a picture costs a quarter; the same network at 64 pixels; and what
# is measured. --scale 0.001 is a rehearsal of a few minutes. Lengths are in pictures.
set -euo pipefail

sprites="" out=runs/embedded scale=1 device=()
while [ $# -gt 0 ]; do
    case "$1" in
        --sprites) sprites="$2" ;;
        --out) out="$2" ;;
        --scale) scale="$2" ;;
        --device) device=(--device "$2") ;;
        *) echo "embedded.sh: unknown option $1; options: --sprites DIR --out DIR --scale X --device NAME" >&2; exit 2 ;;
    esac
    shift 2
done
if [ -z "$sprites" ]; then
    echo "embedded.sh: name the folder of sprites: --sprites DIR" >&2
    exit 2
fi

images() { awk -v n="$1" -v s="$scale" 'BEGIN { k = int(n * s); print (k < 96 ? 96 : k) }'; }
run() { unfog train scenes --sprites "$sprites" --resume "${device[@]}" "$@"; }

mkdir -p "$out"
run --out "$out/contrast-64" --preset contrast --images "$(images 300000)"
run --out "$out/emoji-32" --start "$out/contrast-64/model" --size 32 --images "$(images 400000)" \
    --set model.net.patch=4 --set model.completes=true
run --out "$out/emoji-64" --start "$out/emoji-32/model" --size 64 --images "$(images 1000000)"
