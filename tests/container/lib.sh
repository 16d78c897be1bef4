# shellcheck shell=bash
# For the scripts here: containers without a running engine, in a folder that is thrown away.
#
#   . "$(dirname "$0")/lib.sh"
#   need podman curl                 ends the script, saying why, where the machine cannot
#   containers_begin                 $w: the folder; buildah and podman keep everything in it
#   base_image localhost/debian:slim a small Debian, from the machine's own package sources
#   archive=$(image_archive)         what `make image` has left; nothing if it has not
#
# Nothing in /etc or in the user's own storage is read or written, and no name of a package host
# or registry is needed.

# shellcheck disable=SC2034 # for the scripts that read this one
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
script=$(basename "$0")

say() { echo "$script: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }
skip() { say "skipped: $*"; exit 0; }

# need TOOL...: also root, without which nothing here runs.
need() {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    missing=
    for tool in "$@"; do command -v "$tool" > /dev/null || missing="$missing $tool"; done
    [ -z "$missing" ] || skip "not installed:$missing (scripts/install-tools containers)"
}

image_archive() { find "$root/build" -maxdepth 1 -name 'thimble-image-*.tar' 2> /dev/null | head -n 1 || true; }

# podman without its complaints about a machine that systemd does not run.
pod() { podman --log-level=fatal "$@"; }

# The ulimits are podman's defaults made small: a sandbox may not raise limits. runc, because
# crun refuses a machine that mounts both versions of cgroups.
containers_begin() {
    w=$(mktemp -d)
    had_network=$(network_chains nat)
    trap containers_end EXIT
    trap 'exit 130' INT TERM
    local runtime=runc
    command -v runc > /dev/null || runtime=crun
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
runtime = "$runtime"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$w/libpod"
[network]
network_config_dir = "$w/networks"
S
    export CONTAINERS_STORAGE_CONF=$w/storage.conf CONTAINERS_CONF=$w/containers.conf
}

# The chains that podman's network has in a table of the packet filter.
network_chains() { iptables -t "$1" -S 2> /dev/null | awk '$1 == "-N" && /NETAVARK/ { print $2 }'; }

# podman leaves its chains behind, and the kernel follows every connection for them.
forget_network() {
    local table chain
    for table in nat filter; do
        for chain in $(network_chains $table); do iptables -t $table -F "$chain"; done
        iptables -t $table -S | grep -- '^-A .*NETAVARK' | sed 's/^-A/-D/' | xargs -rL1 iptables -t $table
        for chain in $(network_chains $table); do iptables -t $table -X "$chain"; done
    done
}

containers_end() {
    local status=$?
    pod rm -af -t 3 > /dev/null 2>&1 || true
    pod system reset -f > /dev/null 2>&1 || true
    [ -n "$had_network" ] || forget_network > /dev/null 2>&1 || true
    rm -rf "$w"
    exit $status
}

# base_image NAME [PACKAGE...]: tags a minimal Debian of this machine's release as NAME, with the
# packages in it. Where the machine is no Debian, NAME is pulled from where its engine looks.
base_image() {
    local name=$1; shift
    if ! command -v mmdebstrap > /dev/null || [ ! -f /etc/debian_version ]; then
        pod pull --quiet "debian:${DEBIAN_RELEASE:-bookworm}-slim" > /dev/null &&
            pod tag "debian:${DEBIAN_RELEASE:-bookworm}-slim" "$name" ||
            skip "no mmdebstrap to make a base image with, and none can be pulled"
        return
    fi
    local packages=$* sources
    sources=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2> /dev/null || true)
    nice mmdebstrap --quiet --mode=root --variant=minbase ${packages:+--include="${packages// /,}"} \
        --aptopt='Acquire::Check-Valid-Until "false"' \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$w/base.tar" - <<< "$sources"
    pod import --quiet "$w/base.tar" "$name" > /dev/null
    rm -f "$w/base.tar"
}

# wait_for SECONDS COMMAND...: true as soon as COMMAND is.
wait_for() {
    local tries=$(($1 * 20)); shift
    for _ in $(seq "$tries"); do
        if "$@" > /dev/null 2>&1; then return; fi
        sleep 0.05
    done
    return 1
}
