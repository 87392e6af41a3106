#!/bin/sh
# Builds the viewer into an empty folder and compares it with the committed one: equal, or the difference is an error.
set -eu
cd "$(dirname "$0")"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
npx vite build --logLevel error --outDir "$room"
npx vite build --logLevel error --outDir "$room" --mode widget
npx vite build --logLevel error --outDir "$room" --mode mistakes
for name in atlas.js atlas.css widget.js mistakes.js mistakes.css; do
    cmp "$room/$name" "../src/convscope/atlas/page/$name" || {
        echo "$name is not what the sources in web/ make: run 'make web' and commit the result" >&2
        exit 1
    }
done
echo "the committed viewer is what its sources make"
