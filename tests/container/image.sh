#!/bin/bash
# Builds the image from the Dockerfile and runs it as a careful operator would: read-only root,
# no capabilities, uid 65532, 64 MB. Needs root, buildah, podman, runc, mmdebstrap and curl (all in
# Debian); no container engine need be running. Everything happens in a folder of its own.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
port=${PORT:-18097}
for tool in buildah podman runc mmdebstrap curl; do
    command -v $tool > /dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done
[ "$(id -u)" -eq 0 ] || { echo "skipped: needs root"; exit 0; }

w=$(mktemp -d)
cat > "$w/storage.conf" <<S
[storage]
driver = "overlay"
graphroot = "$w/graph"
runroot = "$w/run"
S
cat > "$w/containers.conf" <<S
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
S
export CONTAINERS_STORAGE_CONF=$w/storage.conf CONTAINERS_CONF=$w/containers.conf
pod() { podman --log-level=fatal "$@"; }
clean() {
    pod rm -af -t 3 > /dev/null 2>&1 || true
    pod system reset -f > /dev/null 2>&1 || true
    rm -rf "$w"
}
trap clean EXIT
say() { echo "image.sh: $*"; }
fail() { say "FAILED: $*"; pod logs thimble-test 2>&1 | tail -20 || true; exit 1; }
run() { # run NAME VOLUME
    pod run -d --name "$1" --network=host -e THIMBLE_LISTEN=127.0.0.1:$port --read-only --cap-drop=all \
        --security-opt=no-new-privileges --memory 64m --memory-swap 64m --pids-limit 64 \
        -v "$2:/data" localhost/thimble:test > /dev/null
    for _ in $(seq 100); do
        curl -sf -o /dev/null "127.0.0.1:$port/readyz" && return
        sleep 0.05
    done
    fail "it does not get ready"
}

# The base image from the machine's own package sources, so that nothing need be pulled.
sources=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true)
mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$w/base.tar" - <<< "$sources"
pod import --quiet "$w/base.tar" localhost/debian:slim > /dev/null
say "base image made"

buildah build --pull-never --isolation=chroot --network=host --format docker \
    --build-arg DEBIAN_IMAGE=localhost/debian:slim -t localhost/thimble:test "$root" > "$w/build.log" 2>&1 ||
    { tail -30 "$w/build.log"; exit 1; }
size=$(pod image inspect localhost/thimble:test --format '{{.Size}}')
say "built: $size bytes"
[ "$size" -lt 2000000 ] || fail "the image is over 2 MB"

run thimble-test data
pid=$(pod inspect thimble-test --format '{{.State.Pid}}')
grep -q '^Uid:.65532' "/proc/$pid/status" || fail "not uid 65532"
grep -q '^CapEff:.0000000000000000' "/proc/$pid/status" || fail "has capabilities"
pod healthcheck run thimble-test || fail "health check"
curl -sf "127.0.0.1:$port/lists" -H 'Content-Type: application/json' -d '{"name":"In a container"}' > /dev/null ||
    fail "POST"
curl -sf "127.0.0.1:$port/lists?name=eq.In%20a%20container" | grep -q '"In a container"' || fail "GET"
say "memory: $(pod stats --no-stream --format '{{.MemUsage}}' thimble-test)"
start=$(date +%s%N)
pod stop -t 10 thimble-test > /dev/null
took=$((($(date +%s%N) - start) / 1000000))
code=$(pod inspect thimble-test --format '{{.State.ExitCode}}')
[ "$code" -eq 0 ] || fail "exit code $code"
say "stopped in $took ms, exit 0"

run thimble-again data
curl -sf "127.0.0.1:$port/lists?name=eq.In%20a%20container" | grep -q '"In a container"' ||
    fail "the row is not in the new container"
pod stop -t 10 thimble-again > /dev/null
say "passed: the row is there in a new container"
