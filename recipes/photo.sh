#!/usr/bin/env bash
# Make the prior of photographs, which takes noise away from real pictures: from a folder of photographs to a model.
#
#     recipes/photo.sh --photos DIR [--out runs/photo-64] [--scale 1] [--device cpu|cuda]
#
# It may be killed and continued by the same command. Lengths are in pictures; --scale 0.001 is a rehearsal.
#
# The photographs of the shipped model, and those to judge it by (see the tool for what must be installed):
#     python tools/photo_folder.py ARCHIVE PHOTOS
#     recipes/photo.sh --photos PHOTOS/train
#     python benchmarks/denoise.py PHOTOS/held --model runs/photo-64/model
set -euo pipefail

photos="" out=runs/photo-64 scale=1 device=cpu
while [ $# -gt 0 ]; do
    case "$1" in
        --photos) photos="$2" ;;
        --out) out="$2" ;;
        --scale) scale="$2" ;;
        --device) device="$2" ;;
        *) echo "photo.sh: unknown option $1; options: --photos DIR --out DIR --scale X --device NAME" >&2; exit 2 ;;
    esac
    shift 2
done
if [ -z "$photos" ]; then
    echo "photo.sh: name the folder of photographs: --photos DIR" >&2
    exit 2
fi

case "$device" in
    cpu) length=600000 more=() ;;
    *) length=8000000 more=(--set train.batch=256 --set train.save_every_images=500000) ;;
esac
images="$(awk -v n="$length" -v s="$scale" 'BEGIN { print int(96 + n * s) }')"
unfog train "$photos" --preset photo --size 64 --set data.crop=true --set data.flip=true \
    --images "$images" --resume --out "$out" --device "$device" "${more[@]}"
unfog model show "$out/model"
