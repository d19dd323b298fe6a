#!/usr/bin/env bash
# Make the embedded model again, from a folder of sprites to a model folder with its measurements.
#
#     recipes/embedded.sh --sprites DIR [--out runs/embedded] [--scale 1] [--device cpu|cuda]
#
# 1. two towers that compare words with pictures, and a sketch of what words suggest; 2. a codec that makes pictures
# smaller; 3. a network that draws what the codec makes of them, with words, eyes and sketch of the towers, which stay;
# 4. the noise levels to evaluate it at. Every part may be killed and continued by the same command. On a GPU the network
# is the larger one. Lengths are in pictures; --scale 0.001 is a rehearsal of a few minutes.
#
# The sprites of the shipped model: python tools/sprite_folder.py ARCHIVE DIR --limit 174
set -euo pipefail

sprites="" out=runs/embedded scale=1 device=cpu
while [ $# -gt 0 ]; do
    case "$1" in
        --sprites) sprites="$2" ;;
        --out) out="$2" ;;
        --scale) scale="$2" ;;
        --device) device="$2" ;;
        *) echo "embedded.sh: unknown option $1; options: --sprites DIR --out DIR --scale X --device NAME" >&2; exit 2 ;;
    esac
    shift 2
done
if [ -z "$sprites" ]; then
    echo "embedded.sh: name the folder of sprites: --sprites DIR" >&2
    exit 2
fi

case "$device" in
    cpu) drawing=(--preset small --images "$(awk -v s="$scale" 'BEGIN { print int(96 + 1000000 * s) }')"
                  --set "model.net.widths=[96]" --set model.net.emb=192
                  --set train.batch=64) ;;
    *) drawing=(--preset base --images "$(awk -v s="$scale" 'BEGIN { print int(96 + 8000000 * s) }')"
                --set "model.net.widths=[160]" --set train.batch=1024 --set train.save_every_images=500000) ;;
esac
comparing=(--preset contrast --set data.relations=0.4 --set data.dictionary=2
           --images "$(awk -v s="$scale" 'BEGIN { print int(96 + 480000 * s) }')")
coding=(--preset vae --images "$(awk -v s="$scale" 'BEGIN { print int(96 + 160000 * s) }')")
latents=(--set model.completes=true --set train.density.mean=1.3 --set train.density.std=1.5
         --set train.keep_words=true --set data.relations=0.12)
run() { unfog train scenes --sprites "$sprites" --resume --device "$device" "$@"; }

mkdir -p "$out"
run --out "$out/words-64" "${comparing[@]}"
run --out "$out/codec-64" "${coding[@]}"
run --out "$out/emoji-64" --start "$out/words-64/model" --codec "$out/codec-64/model" "${latents[@]}" "${drawing[@]}"
fitting=(--guidance 2,3,5)
if [ "$scale" != 1 ]; then fitting=(--steps 4 --pictures 2 --tries 10); fi
if [ ! -e "$out/model" ]; then
    unfog model calibrate "$out/emoji-64/model" --device "$device" -o "$out/model" "${fitting[@]}"
fi
unfog model show "$out/model"
