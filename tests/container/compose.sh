#!/bin/bash
# deploy/compose.yaml: keeps to the Compose specification (a misspelt field is shown to fail), and
# runs. podman-compose runs it, the specification's own schema judges it; both are fetched from the
# package indexes of Python and Go to a folder that is thrown away.
#
#   compose.sh [ARCHIVE]      ARCHIVE: an image that `make image` left; default: the one in build/
set -euo pipefail
. "$(dirname "$0")/lib.sh"
port=${PORT:-19302}
need python3 podman curl iptables
containers_begin
archive=${1:-$(image_archive)}
[ -n "$archive" ] || skip "no image archive; make image leaves one"
/usr/bin/python3 -m venv "$w/venv" 2> /dev/null &&
    "$w/venv/bin/pip" -q --disable-pip-version-check install podman-compose==1.6.0 jsonschema pyyaml > "$w/pip.log" 2>&1 ||
    skip "cannot install podman-compose: $(tail -n 1 "$w/pip.log" 2> /dev/null || echo "no python3-venv")"

# ---- valid
valid() { # valid FILE
    "$w/venv/bin/python3" - "$w/schema.json" "$1" <<'PY'
import json, sys, jsonschema, yaml
jsonschema.validate(yaml.safe_load(open(sys.argv[2])), json.load(open(sys.argv[1])))
PY
}
compose=$root/deploy/compose.yaml
if command -v go > /dev/null; then
    (cd "$w" && GOFLAGS=-mod=mod GOMODCACHE=$w/go go mod download -modcacherw -json \
        github.com/compose-spec/compose-go/v2@v2.16.2 > "$w/go.log" 2>&1) ||
        { tail -n 3 "$w/go.log"; fail "cannot fetch the schema"; }
    cp "$w"/go/github.com/compose-spec/compose-go/v2@*/schema/compose-spec.json "$w/schema.json"
    valid "$compose" 2> "$w/valid.log" || { tail -n 20 "$w/valid.log"; fail "not valid"; }
    sed 's/read_only:/readonly:/' "$compose" > "$w/misspelt.yaml"
    ! valid "$w/misspelt.yaml" 2> "$w/valid.log" || fail "readonly passes for a field"
    grep -q readonly "$w/valid.log" || { tail -n 20 "$w/valid.log"; fail "it complains of something else"; }
    say "valid, and a misspelt field is refused"
else
    say "not validated: go is not installed, which fetches the schema"
fi

# ---- run
pod load --quiet -i "$archive" > "$w/loaded"
tag=$(sed -n 's/^ *image: //p' "$compose")
[ "$tag" = "thimble:$(cat "$root/VERSION")" ] || fail "not the image of this version: $tag"
pod tag "$(sed 's/^Loaded image: *//' "$w/loaded")" "localhost/$tag"
mkdir "$w/migrations"
echo 'CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL);' > "$w/migrations/0001_books.sql"
export THIMBLE_HOST_PORT=$port THIMBLE_HOST_MIGRATIONS=$w/migrations
url=http://127.0.0.1:$port
compose() {
    PATH=$w/venv/bin:$PATH "$w/venv/bin/podman-compose" --podman-args=--log-level=fatal \
        -f "$root/deploy/compose.yaml" "$@" > "$w/compose.log" 2>&1 ||
        { tail -n 20 "$w/compose.log"; fail "podman-compose $*"; }
}
compose up -d --no-build
wait_for 15 curl -sf -o /dev/null "$url/readyz" || { pod logs thimble_thimble_1; fail "it does not get ready"; }
pid=$(pod inspect thimble_thimble_1 --format '{{.State.Pid}}')
status() { awk -v f="$1:" '$1 == f { print $2 }' "/proc/$pid/status"; }
[ "$(status Uid)" = 65532 ] || fail "uid $(status Uid)"
[ "$(status CapEff)$(status CapBnd)" = 00000000000000000000000000000000 ] || fail "has capabilities"
[ "$(status NoNewPrivs)" = 1 ] || fail "may gain privileges"
grep -q ' / / ro[, ]' "/proc/$pid/mountinfo" || fail "its root is writable"
[ "$(pod inspect thimble_thimble_1 --format '{{.HostConfig.Memory}}')" = 67108864 ] || fail "no limit of 64 MB"
pod port thimble_thimble_1 | grep -q -- "-> 127.0.0.1:$port\$" || fail "open to others: $(pod port thimble_thimble_1)"
pod healthcheck run thimble_thimble_1 || fail "it is not healthy"
curl -sf -H 'Content-Type: application/json' "$url/books" -d '{"title":"Emma"}' | grep -q Emma || fail "POST"
say "up: uid 65532, no capabilities, read-only root, 64 MB, on the loopback; healthy"
compose down
compose up -d --no-build
wait_for 15 curl -sf -o /dev/null "$url/readyz" || fail "it does not get ready again"
curl -sf "$url/books?title=eq.Emma" | grep -q Emma || fail "the row is gone"
compose down
say "down and up again: the data is there"
say "passed"
