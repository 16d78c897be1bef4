#!/bin/sh
# Does what docs/licenses/README.md says: puts a changed libmicrohttpd into the binary, in a copy of
# the tree. What is changed: the version that it tells, and that answers have no Date.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ -f "$root/build/deps/musl/.built" ] || { echo "skipped: run make first"; exit 0; }
command -v curl > /dev/null || { echo "skipped: curl is not installed"; exit 0; }
w=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$w"' EXIT
trap 'exit 130' INT TERM
fail() { echo "relink.sh: FAILED: $*"; exit 1; }
tree=$w/tree

mkdir -p "$tree/build/deps"
tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$tree" -xf -
for name in archives src libc musl; do cp -a "$root/build/deps/$name" "$tree/build/deps/"; done

# The recipe.
cd "$tree"
library=build/deps/src/libmicrohttpd/src/microhttpd
sed -i 's/  return PACKAGE_VERSION;/  return PACKAGE_VERSION "-mine";/' $library/daemon.c
sed -i 's/(0 == (c->daemon->options & MHD_USE_SUPPRESS_DATE_NO_CLOCK))/0/' $library/connection.c
touch build/deps/src/.built
make > "$w/make.log" 2>&1 || { tail -n 20 "$w/make.log"; fail "make"; }

build/thimble version
build/thimble version | grep -qx 'libmicrohttpd [0-9.]*-mine' || fail "it has not my libmicrohttpd"
build/thimble serve --db "$w/data.db" --listen 127.0.0.1:0 > "$w/out" 2> "$w/err" &
pid=$!
for _ in $(seq 100); do
    url=$(sed -n 's/.* at \(http[^ ]*\)$/\1/p' "$w/out")
    [ -z "$url" ] || break
    sleep 0.05
done
curl -si "$url/lists" > "$w/answer"
grep -q '^HTTP/1.1 200' "$w/answer" || fail "it does not answer"
! grep -qi '^Date:' "$w/answer" || fail "the answer has a Date"
kill "$pid"
wait "$pid"
pid=
echo "relink.sh: passed"
