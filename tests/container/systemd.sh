#!/bin/bash
# The Debian package and its unit under a real systemd, in a container that boots one: readiness,
# socket activation, reload, the watchdog, a crash, a clean stop, removal. Needs root, podman,
# buildah, runc, mmdebstrap and curl (all in Debian). Everything happens in a folder of its own.
#   tests/container/systemd.sh [PACKAGE.deb]      the default is what make deb makes
# SUITE=trixie takes another Debian than this machine's.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
port=${PORT:-19297}
say() { echo "systemd.sh: $*"; }
for tool in podman buildah runc mmdebstrap curl systemd-analyze; do
    command -v $tool > /dev/null || { say "skipped: $tool is not installed"; exit 0; }
done
[ "$(id -u)" -eq 0 ] || { say "skipped: needs root"; exit 0; }
if [ $# -eq 0 ]; then make -C "$root" deb; fi
deb=$(readlink -f "${1:-$(ls -t "$root"/build/thimble_*.deb | head -1)}")

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
in_it() { pod exec thimble-systemd "$@"; }
clean() {
    pod rm -af -t 3 > /dev/null 2>&1 || true
    pod system reset -f > /dev/null 2>&1 || true
    rm -rf "$w"
}
trap clean EXIT
fail() {
    say "FAILED: $*"
    in_it systemctl status --no-pager -l thimble.service thimble.socket 2>&1 | tail -30 || true
    in_it journalctl -u thimble --no-pager 2>&1 | tail -40 || true
    exit 1
}
show() { in_it systemctl show thimble.service -P "$1"; }
within() { # within SECONDS COMMAND...: until it succeeds
    local end=$((SECONDS + $1)); shift
    until "$@" > /dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}
get() { curl -sf --max-time 20 "127.0.0.1:$port$1"; }

# ---- the unit on its own

score=$(systemd-analyze security --offline=true --threshold=15 "$root/deploy/systemd/thimble.service" 2>/dev/null |
    sed -n 's/.*Overall exposure level for thimble.service: \([0-9.]*\).*/\1/p') ||
    fail "the exposure is over 1.5"
say "systemd-analyze security, this machine's $(systemctl --version | head -1 | cut -d' ' -f1,2): exposure $score"

# ---- a Debian that boots

sources=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true)
suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
if [ -n "${SUITE:-}" ]; then
    from=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
    sources="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $from $suite main"
fi
mmdebstrap --quiet --mode=root --variant=minbase --include=systemd,systemd-sysv,dbus,procps,man-db \
    --dpkgopt='path-include=/usr/share/man/*' --aptopt='Acquire::Check-Valid-Until "false"' \
    "$suite" "$w/base.tar" - <<< "$sources"
pod import --quiet --change 'CMD ["/sbin/init"]' --change 'STOPSIGNAL SIGRTMIN+3' "$w/base.tar" \
    localhost/thimble-systemd:test > /dev/null
mkdir "$w/share"
cp "$deb" "$w/share/thimble.deb"
pod run -d --name thimble-systemd --systemd=always --cap-add=SYS_ADMIN,SYS_PTRACE --network=host \
    -v "$w/share:/share" localhost/thimble-systemd:test > /dev/null
running() { [ "$(in_it systemctl is-system-running 2>/dev/null)" = running ]; }
within 60 running || fail "systemd does not get running: $(in_it systemctl --failed --no-legend)"
say "$suite booted: $(in_it systemctl --version | head -1)"

# ---- install

in_it dpkg -i /share/thimble.deb > /dev/null || fail "dpkg -i"
[ "$(in_it systemctl is-enabled thimble.service || true)" = disabled ] || fail "it started itself"
in_it sh -c "echo THIMBLE_LISTEN=127.0.0.1:$port >> /etc/thimble/thimble.env
    echo THIMBLE_MIGRATIONS=/etc/thimble/migrations >> /etc/thimble/thimble.env
    mkdir /etc/thimble/migrations
    echo 'CREATE TABLE first(id INTEGER PRIMARY KEY, v TEXT);' > /etc/thimble/migrations/0001_first.sql"
words=$(in_it systemd-analyze verify --man=yes /lib/systemd/system/thimble.service \
    /lib/systemd/system/thimble.socket 2>&1) || fail "systemd-analyze verify: $words"
[ -z "$words" ] || fail "systemd-analyze verify says: $words"
say "systemd-analyze verify: nothing to say"
say "$(in_it systemd-analyze security --threshold=15 thimble.service | tail -1 | tr -cd '[:print:]')" ||
    fail "the exposure is over 1.5"

# ---- Type=notify

in_it systemctl enable --now thimble.service 2> /dev/null || fail "systemctl start"
[ "$(show ActiveState)/$(show SubState)" = active/running ] || fail "not active: $(show SubState)"
get /readyz > /dev/null || fail "active, and does not answer"
say "active by READY=1; status: $(show StatusText)"
pid=$(show MainPID)
status=$(in_it cat "/proc/$pid/status")
grep -q '^CapBnd:.0000000000000000' <<< "$status" || fail "has capabilities"
grep -q '^NoNewPrivs:.1' <<< "$status" || fail "may get privileges"
grep -q '^Seccomp:.2' <<< "$status" || fail "no system-call filter"
[ "$(in_it stat -c %u "/proc/$pid")" -ge 61184 ] || fail "not a dynamic user"
curl -sf "127.0.0.1:$port/first" -H 'Content-Type: application/json' -d '{"v":"kept"}' > /dev/null ||
    fail "POST"

# ---- reload

in_it sh -c "echo 'CREATE TABLE second(id INTEGER PRIMARY KEY);' > /etc/thimble/migrations/0002_second.sql"
in_it systemctl reload thimble.service || fail "systemctl reload"
within 10 get /second || fail "the new table is not served"
[ "$(show MainPID)" = "$pid" ] || fail "it was restarted"
[ "$(show ActiveState)" = active ] || fail "not active after a reload"
say "reload: the new migration is applied, the same process serves"
in_it sh -c "echo 'CREATE TABLE;' > /etc/thimble/migrations/0003_bad.sql"
in_it systemctl reload thimble.service || true
failed() { show StatusText | grep '0003_bad.sql:1'; }
within 10 failed || fail "a bad migration is not told: $(show StatusText)"
get /second > /dev/null || fail "a bad migration stopped it"
in_it rm /etc/thimble/migrations/0003_bad.sql
say "reload of a bad migration: $(show StatusText)"

# ---- crash and watchdog

recovered() { [ "$(show NRestarts)" = "$1" ] && [ "$(show ActiveState)" = active ] && get /readyz; }
in_it kill -9 "$(show MainPID)"
within 20 recovered 1 || fail "kill -9: $(show NRestarts) restarts"
get /first | grep -q kept || fail "the row is gone"
say "kill -9: restarted, the row is there"
in_it sh -c 'mkdir -p /run/systemd/system/thimble.service.d
    printf "[Service]\nWatchdogSec=2\nTimeoutAbortSec=5\nEnvironment=THIMBLE_REQUEST_TIMEOUT=1s\n" > /run/systemd/system/thimble.service.d/fast.conf'
in_it systemctl daemon-reload
in_it systemctl restart thimble.service
sleep 5
[ "$(show NRestarts)" = 0 ] && [ "$(show ActiveState)" = active ] || fail "the watchdog is not fed"
in_it kill -STOP "$(show MainPID)"
within 30 recovered 1 || fail "SIGSTOP: $(show NRestarts) restarts, $(show Result)"
in_it journalctl -u thimble --no-pager | grep 'Watchdog timeout' > /dev/null || fail "no word of the watchdog"
say "SIGSTOP: $(in_it journalctl -u thimble --no-pager -o cat | grep 'Watchdog timeout' | tail -1); restarted"

# ---- socket activation

in_it systemctl stop thimble.service || fail "systemctl stop"
[ "$(show Result)/$(show ActiveState)" = success/inactive ] || fail "stop: $(show Result)"
say "stop: Result=$(show Result), exit status $(show ExecMainStatus)"
in_it sh -c "mkdir -p /run/systemd/system/thimble.socket.d
    printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:$port\nListenStream=/run/thimble.sock\nSocketMode=0660\n' > /run/systemd/system/thimble.socket.d/test.conf"
in_it systemctl daemon-reload
in_it systemctl start thimble.socket || fail "the socket does not start"
[ "$(show ActiveState)" = inactive ] || fail "the service runs before it is asked"
get /first | grep -q kept || fail "socket activation: the first request"
[ "$(show ActiveState)" = active ] || fail "not active after a request"
say "socket activation: the first request is served; status: $(show StatusText)"
unix=$(in_it cat /proc/1/comm > /dev/null; curl -sf --unix-socket "/proc/$(pod inspect thimble-systemd --format '{{.State.Pid}}')/root/run/thimble.sock" localhost/first) ||
    fail "the unix socket"
grep -q kept <<< "$unix" || fail "the unix socket's answer: $unix"
say "the unix socket beside it answers too"
( # a client that never stops asking, over two restarts
    while [ ! -e "$w/enough" ]; do get /first || echo refused >> "$w/refused"; done > /dev/null
) &
asker=$!
in_it systemctl restart thimble.service
in_it systemctl restart thimble.service
sleep 0.5
touch "$w/enough"
wait $asker
[ ! -e "$w/refused" ] || fail "$(wc -l < "$w/refused") requests failed during two restarts"
say "two restarts: no request was refused"

# ---- stop and removal

in_it systemctl stop thimble.socket thimble.service
[ "$(show Result)" = success ] || fail "stop: $(show Result)"
in_it man -w thimble > /dev/null || fail "no manual page"
in_it dpkg -r thimble > /dev/null 2>&1 || fail "dpkg -r"
in_it sh -c '! command -v thimble' > /dev/null || fail "the binary is still there"
in_it test -f /etc/thimble/thimble.env || fail "the configuration is gone"
in_it dpkg -P thimble > /dev/null 2>&1 || fail "dpkg -P"
in_it test ! -e /etc/thimble/thimble.env || fail "the configuration survived a purge"
in_it test -f /var/lib/private/thimble/thimble.db || fail "a purge took the data"
say "removed and purged; the data is still there"
say "passed on $suite"
