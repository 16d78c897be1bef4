#!/bin/bash
# Makes the image with `make image` and runs it as a careful operator would: read-only root, no
# capabilities, uid 65532, 64 MB of memory. Then the two ways to give it a schema. Needs root and
# the tools below, all in Debian; no container engine need be running.
#
#   image.sh                the image for this machine, built by buildah
#   image.sh --twice        built again by podman with nothing cached: is it the same?
#   image.sh --arm64        also the one for arm64, run under qemu-user
#   image.sh ARCHIVE        runs what `make image` left, instead of building it
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need buildah podman curl python3
port=${PORT:-19300}
twice= arm64= archive=
for word in "$@"; do
    case $word in
    --twice) twice=1 ;;
    --arm64) arm64=1 ;;
    -*)      fail "no such option: $word" ;;
    *)       archive=$word ;;
    esac
done
containers_begin
image=localhost/thimble:test
url=http://127.0.0.1:$port

# make_image ENGINE PLATFORM FOLDER. Sources that this machine has fetched before (each is checked
# against deps.lock) are not fetched again.
make_image() {
    local cache=${DEPS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/thimble}
    mkdir -p "$cache"
    pod image exists localhost/debian:slim || { base_image localhost/debian:slim; say "base image made"; }
    nice make -C "$root" --no-print-directory image IMAGE=thimble:test ENGINE="$1" PLATFORM="$2" \
        BUILD="$3" DEBIAN_IMAGE=localhost/debian:slim \
        ENGINE_FLAGS="--pull=never --no-cache --isolation=chroot --network=host --volume=$cache:/root/.cache/thimble:ro" > "$w/build.log" 2>&1 ||
        { tail -n 30 "$w/build.log"; fail "$1 does not build it"; }
    tail -n 3 "$w/build.log"
}
# run NAME [FLAG...] IMAGE: started, and ready.
run() {
    local name=$1; shift
    pod run -d --name "$name" --network=host -e THIMBLE_LISTEN=127.0.0.1:$port --read-only \
        --cap-drop=all --security-opt=no-new-privileges --memory 64m --memory-swap 64m \
        --pids-limit 64 "$@" > /dev/null
    wait_for 10 curl -sf -o /dev/null "$url/readyz" ||
        { pod logs "$name" 2>&1 | tail -n 20; fail "$name does not get ready"; }
}
# stop NAME: with exit code 0, long before it would be killed.
stop() {
    local start took code
    start=$(date +%s%N)
    pod stop -t 10 "$1" > /dev/null
    took=$((($(date +%s%N) - start) / 1000000))
    code=$(pod inspect "$1" --format '{{.State.ExitCode}}')
    [ "$code" -eq 0 ] || { pod logs "$1" 2>&1 | tail -n 20; fail "$1: exit code $code"; }
    [ $took -lt 5000 ] || fail "$1 took $took ms to stop"
    say "$1: stopped in $took ms, exit 0"
}
json() { curl -sf -H 'Content-Type: application/json' "$@"; }
# answers PATH: the status.
answers() { curl -s -o /dev/null -w '%{http_code}' "$url$1"; }

if [ -n "$archive" ]; then
    pod load --quiet -i "$archive" > "$w/loaded"
    pod tag "$(sed 's/^Loaded image: *//' "$w/loaded")" "$image"
else
    make_image buildah "" "$w/first"
    archive=$(ls "$w"/first/thimble-image-*.tar)
    mkdir -p "$root/build" && cp "$archive" "$root/build/" # for the other scripts
fi
! python3 "$root/scripts/normalise-image" "$archive" "$w/large.tar" thimble:large \
    "$(pod image inspect "$image" --format '{{.Architecture}}')" 0 1000000 2> "$w/error" ||
    fail "an image over the limit is made all the same"
grep -q 'is to be under 1000000' "$w/error" || { cat "$w/error"; fail "no word of the size"; }

# ---- what is in it
config=$(pod image inspect "$image")
say "size: $(python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["Size"])' <<< "$config") bytes"
python3 - "$(cat "$root/VERSION")" 3<<< "$config" <<'PY' || fail "the configuration is not as it should be"
import json, os, sys
image = json.load(os.fdopen(3))[0]
config, labels = image["Config"], image["Labels"]
want = [
    (config["User"], "65532:65532"), (list(config["ExposedPorts"]), ["8080/tcp"]),
    (list(config["Volumes"]), ["/data"]), (config["StopSignal"], "SIGTERM"),
    (config["Entrypoint"], ["/thimble"]), (image.get("Healthcheck", image.get("HealthCheck"))["Test"], ["CMD", "/thimble", "healthcheck"]),
    ("THIMBLE_DB=/data/thimble.db" in config["Env"], True),
    (labels["org.opencontainers.image.title"], "thimble"),
    (labels["org.opencontainers.image.version"], sys.argv[1]),
    (labels["org.opencontainers.image.licenses"], "MIT"), (len(image["RootFS"]["Layers"]), 1),
]
for got, wanted in want:
    if got != wanted:
        sys.exit(f"{got!r}, not {wanted!r}")
PY
pod create --name inside "$image" > /dev/null
pod export inside | tar -tv | awk '{ print $1, $2, $NF }' > "$w/files"
pod rm inside > /dev/null
# podman itself adds empty places to mount things on.
grep -vE ' (dev|proc|sys|run|etc)/|etc/(hosts|hostname|resolv.conf|mtab)|^l' "$w/files" > "$w/own" || true
grep -q '^-rw-r--r-- .* etc/passwd$' "$w/files" || fail "no /etc/passwd"
[ "$(grep -c '^-' "$w/own")" -eq 1 ] && grep -q '^-r-xr-xr-x .* thimble$' "$w/own" ||
    { cat "$w/files"; fail "it holds more than the binary"; }
say "it holds the binary, /etc/passwd and /data"

# ---- run as it should be
run thimble-one -v data:/data "$image"
pid=$(pod inspect thimble-one --format '{{.State.Pid}}')
status() { awk -v f="$1:" '$1 == f { print $2 }' "/proc/$pid/status"; }
[ "$(status Uid)" = 65532 ] || fail "uid $(status Uid)"
[ "$(status CapEff)$(status CapBnd)" = 00000000000000000000000000000000 ] || fail "has capabilities"
[ "$(status NoNewPrivs)" = 1 ] || fail "may gain privileges"
[ "$(status Seccomp)" = 2 ] || fail "has no seccomp filter"
grep -q ' / / ro[, ]\| / ro[, ]' "/proc/$pid/mountinfo" || fail "its root is writable"
pod healthcheck run thimble-one || fail "it is not healthy"
[ "$(pod inspect thimble-one --format '{{.State.Healthcheck.Status}}')" = healthy ] ||
    fail "its status is not healthy"
say "uid 65532, no capabilities, read-only root, seccomp; healthy"

row=$(json "$url/lists" -d '{"name":"In a container"}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')
json "$url/lists/$row" | grep -q '"In a container"' || fail "it does not read what it wrote"
json -X PATCH "$url/lists/$row" -d '{"name":"Kept"}' | grep -q '"Kept"' || fail "PATCH"
other=$(json "$url/lists" -d '{"name":"Gone"}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')
[ "$(curl -s -o /dev/null -w '%{http_code}' -X DELETE "$url/lists/$other")" = 204 ] || fail "DELETE"
[ "$(answers "/lists/$other")" = 404 ] || fail "a deleted row is there"
say "create, read, update, delete; memory: $(pod stats --no-stream --format '{{.MemUsage}}' thimble-one)"
kill -STOP "$pid"
! timeout 20 podman --log-level=fatal healthcheck run thimble-one > /dev/null 2>&1 || fail "stopped and healthy"
kill -CONT "$pid"
stop thimble-one
run thimble-two -v data:/data "$image"
json "$url/lists/$row" | grep -q '"Kept"' || fail "the row is not in the new container"
stop thimble-two
say "the row is there in a new container"

# ---- a schema of one's own: an image made from this one, and a mount
mkdir -p "$w/own-image/migrations"
echo 'CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL);' > "$w/own-image/migrations/0001_books.sql"
printf 'FROM %s\nCOPY migrations /migrations\n' "$image" > "$w/own-image/Dockerfile"
buildah build --pull-never --isolation=chroot --format docker -t localhost/books:test "$w/own-image" > "$w/build.log" 2>&1 ||
    { cat "$w/build.log"; fail "an image FROM it does not build"; }
run books-image -v books:/data localhost/books:test
json "$url/books" -d '{"title":"Emma"}' | grep -q Emma || fail "the image's own migrations are not served"
[ "$(answers /lists)" = 404 ] || fail "the built-in tables are served as well"
stop books-image
run books-mount -v mounted:/data -v "$w/own-image/migrations:/migrations:ro" "$image"
json "$url/books" -d '{"title":"Emma"}' | grep -q Emma || fail "the mounted migrations are not served"
stop books-mount
say "FROM thimble, COPY migrations; and -v ./migrations:/migrations:ro"

if [ -n "$twice" ]; then
    make_image podman "" "$w/second"
    cmp "$archive" "$w"/second/thimble-image-*.tar || fail "two builds differ"
    say "buildah and podman, nothing cached, the same: $(sha256sum < "$(ls "$w"/second/thimble-image-*.tar)" | cut -c1-64)"
fi

if [ -n "$arm64" ]; then
    qemu=$(command -v qemu-aarch64-static) || fail "--arm64 needs qemu-user-static"
    make_image buildah linux/arm64 "$w/arm64"
    [ "$(pod image inspect "$image-arm64" --format '{{.Architecture}}')" = arm64 ] || fail "it is not for arm64"
    run thimble-arm64 -v arm:/data -v "$qemu:/qemu:ro" --no-healthcheck --entrypoint '["/qemu","/thimble"]' "$image-arm64"
    json "$url/lists" -d '{"name":"On arm64"}' | grep -q arm64 || fail "arm64: POST"
    stop thimble-arm64
fi
say "passed"
