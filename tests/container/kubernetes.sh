#!/bin/bash
# deploy/kubernetes: renders, keeps to the schemas of the oldest and the newest Kubernetes it is for
# (unknown fields being errors: misspelt ones are shown to fail), is "restricted" in the sense of the
# Pod Security Standards, and runs, as `podman kube play` can run it.
#
#   kubernetes.sh [ARCHIVE]      ARCHIVE: an image that `make image` left; default: the one in build/
#
# Without an archive or podman it renders and validates, and says so. The schemas are the Python
# package kubernetes-validate's, and for ServiceMonitor the npm package
# @kubernetes-models/prometheus-operator's; both go to a folder that is thrown away.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
port=${PORT:-19301}
oldest=1.29.0 newest=1.37.0
here=$root/tests/container deploy=$root/deploy/kubernetes
need python3 podman curl
containers_begin
archive=${1:-$(image_archive)}

if command -v kubectl > /dev/null; then render() { kubectl kustomize "$1"; }
elif command -v kustomize > /dev/null; then render() { kustomize build "$1"; }
else skip "neither kubectl nor kustomize is installed"
fi
/usr/bin/python3 -m venv "$w/venv" 2> /dev/null &&
    "$w/venv/bin/pip" -q --disable-pip-version-check install kubernetes-validate==1.37.0 > "$w/pip.log" 2>&1 ||
    skip "cannot install kubernetes-validate: $(tail -n 1 "$w/pip.log" 2> /dev/null || echo "no python3-venv")"
python=$w/venv/bin/python3
check() { "$python" "$here/kubernetes.py" "$@"; }
# valid VERSION FILE: against the schemas, every unknown field an error.
valid() {
    "$w/venv/bin/kubernetes-validate" -k "$1" --strict --quiet "$2" > "$w/valid.log" 2>&1 || return 1
    ! grep -v 'kind ServiceMonitor' "$w/valid.log" | grep -q WARN
}

# ---- rendered, valid, restricted
for part in . base overlays/servicemonitor overlays/litestream; do
    name=${part//\//-}
    render "$deploy/$part" > "$w/$name.yaml" || fail "$part does not render"
    for version in $oldest $newest; do
        valid $version "$w/$name.yaml" || { cat "$w/valid.log"; fail "$part: against Kubernetes $version"; }
    done
    check restricted "$w/$name.yaml" || fail "$part"
    say "$part: renders, valid against Kubernetes $oldest and $newest, restricted"
done
cmp -s "$w/..yaml" "$w/base.yaml" || fail "deploy/kubernetes is not its base"
grep -q "image: thimble:$(cat "$root/VERSION")\$" "$w/base.yaml" || fail "not the image of this version"

number=0
while word=$(check misspell "$w/base.yaml" $number "$w/misspelt.yaml"); do
    ! valid $newest "$w/misspelt.yaml" || fail "$word passes for a field"
    number=$((number + 1))
done
[ $number -ge 5 ] || fail "nothing was misspelt"
say "$number misspelt fields: each refused"

# A custom resource: TypeScript refuses what its type has not.
if command -v npm > /dev/null; then
    mkdir "$w/types"
    (cd "$w/types" && npm install --silent --no-audit --no-fund --ignore-scripts \
        @kubernetes-models/prometheus-operator@6.0.0 typescript@5 > "$w/npm.log" 2>&1) ||
        { tail -n 3 "$w/npm.log"; fail "npm does not install the types of ServiceMonitor"; }
    typed() { # typed JSON
        {   echo 'import type {IServiceMonitor} from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";'
            echo "export const all: IServiceMonitor[] = $(cat "$1");"
        } > "$w/types/check.mts"
        (cd "$w/types" && node_modules/.bin/tsc --noEmit --strict --skipLibCheck --module nodenext check.mts) > "$w/tsc.log" 2>&1
    }
    check json "$w/overlays-servicemonitor.yaml" ServiceMonitor > "$w/monitor.json"
    typed "$w/monitor.json" || { cat "$w/tsc.log"; fail "ServiceMonitor"; }
    sed 's/scrapeTimeout/scrapeTimout/' "$w/monitor.json" > "$w/misspelt.json"
    ! typed "$w/misspelt.json" || fail "scrapeTimout passes for a field of a ServiceMonitor"
    grep -q scrapeTimout "$w/tsc.log" || { cat "$w/tsc.log"; fail "tsc complains of something else"; }
    say "ServiceMonitor: valid, and a misspelt field is refused"
else
    say "ServiceMonitor is not validated: npm is not installed"
fi

# ---- run
[ -n "$archive" ] || { say "not run: no image archive; make image leaves one"; say "passed"; exit 0; }
pod load --quiet -i "$archive" > "$w/loaded"
pod tag "$(sed 's/^Loaded image: *//' "$w/loaded")" localhost/thimble:play
url=http://127.0.0.1:$port
check play "$w/base.yaml" localhost/thimble:play "$port" "$w/play.yaml"

# up FILE: played, and its container's process in $pid.
up() {
    pod kube play --network host "$1" > "$w/play.log" 2>&1 || { cat "$w/play.log"; fail "podman kube play"; }
    container=$(pod ps --format '{{.Names}}' | grep -- '-thimble$') || fail "no container runs"
    wait_for 15 curl -sf -o /dev/null "$url/readyz" || { pod logs "$container"; fail "it does not get ready"; }
    pid=$(pod inspect "$container" --format '{{.State.Pid}}')
}
status() { awk -v f="$1:" '$1 == f { print $2 }' "/proc/$pid/status"; }

up "$w/play.yaml"
[ "$(status Uid)" = 65532 ] && [ "$(status Gid)" = 65532 ] || fail "uid $(status Uid), gid $(status Gid)"
[ "$(status CapEff)$(status CapBnd)" = 00000000000000000000000000000000 ] || fail "has capabilities"
[ "$(status NoNewPrivs)" = 1 ] || fail "may gain privileges"
[ "$(status Seccomp)" = 2 ] || fail "has no seccomp filter"
grep -q ' / / ro[, ]' "/proc/$pid/mountinfo" || fail "its root is writable"
[ "$(pod inspect "$container" --format '{{.HostConfig.Memory}}')" = 67108864 ] || fail "no limit of 64Mi"
say "uid 65532, no capabilities, read-only root, seccomp, 64Mi"

check probes "$w/base.yaml" > "$w/probes"
while read -r path; do
    curl -sf -o /dev/null "$url$path" || fail "the probe of $path"
done < "$w/probes"
say "probes answer: $(tr '\n' ' ' < "$w/probes")"

json() { curl -sf -H 'Content-Type: application/json' "$@"; }
json "$url/notes" -d '{"title":"first"}' | grep -q '"first"' || fail "POST"
json -X PATCH "$url/notes/1" -d '{"body":"kept"}' | grep -q '"kept"' || fail "PATCH"
json "$url/notes" -d '{"title":"second"}' > /dev/null || fail "POST"
[ "$(curl -s -o /dev/null -w '%{http_code}' -X DELETE "$url/notes/2")" = 204 ] || fail "DELETE"
[ "$(json "$url/notes?select=title,body")" = '[{"title":"first","body":"kept"}]' ] || fail "GET"
say "the ConfigMap's migrations are served: create, read, update, delete"

pod kube play --down "$w/play.yaml" > "$w/play.log" 2>&1 || { cat "$w/play.log"; fail "down"; }
up "$w/play.yaml.again"
[ "$(json "$url/notes?select=title,body")" = '[{"title":"first","body":"kept"}]' ] || fail "the row is gone"
pod kube play --down "$w/play.yaml.again" > "$w/play.log" 2>&1
say "down and up again: the data is there"
say "passed"
