#!/bin/sh
# The static binary in an empty root: nothing but itself and a folder for its data. Needs root.
set -eu
bin=${1:-$(dirname "$0")/../../build/thimble}
[ "$(id -u)" -eq 0 ] || { echo "skipped: needs root"; exit 0; }
w=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$w"' EXIT
mkdir "$w/data"
cp "$bin" "$w/thimble"
chroot "$w" /thimble serve --db /data/thimble.db --listen 127.0.0.1:0 > "$w/out" 2> "$w/err" &
pid=$!
for _ in $(seq 100); do
    url=$(sed -n 's/.* at \(http[^ ]*\)$/\1/p' "$w/out")
    [ -z "$url" ] || break
    sleep 0.05
done
curl -sf "$url/lists" | grep -q Home
curl -sf "$url/lists" -H 'Content-Type: application/json' -d '{"name":"Chroot"}' > /dev/null
chroot "$w" /thimble healthcheck --listen "${url#http://}"
kill "$pid"
wait "$pid"
pid=
find "$w" -type f | sed "s|$w||" | sort
echo "chroot.sh: passed"
