#!/bin/sh
# Builds the viewer into an empty folder and compares it with the committed one: equal, or the difference is an error.
set -eu
cd "$(dirname "$0")"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
npx vite build --logLevel error --outDir "$room"
npx vite build --logLevel error --outDir "$room" --mode more
npx vite build --logLevel error --outDir "$room" --mode widget
npx vite build --logLevel error --outDir "$room" --mode mistakes
npx vite build --logLevel error --outDir "$room" --mode bench
npx vite build --logLevel error --outDir "$room" --mode bench-widget
for path in atlas/page/atlas.js atlas/page/atlas.css atlas/page/atlas-more.js atlas/page/widget.js atlas/page/mistakes.js atlas/page/mistakes.css \
    live/page/bench.js live/page/bench.css live/page/bench-widget.js; do
    name=${path##*/}
    cmp "$room/$name" "../src/convscope/$path" || {
        echo "$name is not what the sources in web/ make: run 'make web' and commit the result" >&2
        exit 1
    }
done
echo "the committed viewer is what its sources make"
