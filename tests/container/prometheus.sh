#!/bin/bash
# Debian's Prometheus scrapes a running thimble on the loopback: the page, the rules and the
# configuration are what promtool takes, the rules say what they should, the counters arrive, and
# every query of the dashboard has an answer. Needs prometheus and promtool, or apt, which then
# unpacks Debian's package into a folder of its own (nothing is installed, no service starts), and
# curl and python3. THIMBLE_BIN names the binary; the default is build/thimble.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
thimble=$(realpath "${THIMBLE_BIN:-$root/build/thimble}")
monitoring=$root/deploy/monitoring
say() { echo "prometheus.sh: $*"; }
skip() { say "skipped: $*"; exit 0; }
for tool in curl python3; do command -v $tool > /dev/null || skip "$tool is not installed"; done
[ -x "$thimble" ] || { say "$thimble is not there: make it first" >&2; exit 1; }

w=$(mktemp -d) pids=
clean() {
    for pid in $pids; do kill "$pid" 2> /dev/null || true; wait "$pid" 2> /dev/null || true; done
    rm -rf "$w"
}
trap clean EXIT
fail() { say "FAILED: $*" >&2; tail -n 20 "$w"/*.log >&2 2> /dev/null || true; exit 1; }

if ! command -v prometheus > /dev/null || ! command -v promtool > /dev/null; then
    command -v apt-get > /dev/null || skip "prometheus is not installed, and there is no apt to bring it"
    mkdir "$w/deb"
    bring() { (cd "$w/deb" && apt-get -q download prometheus) > "$w/apt.log" 2>&1; }
    bring || { [ "$(id -u)" -eq 0 ] && apt-get -q update > "$w/apt.log" 2>&1 && bring; } ||
        skip "prometheus is not installed, and apt cannot bring it: $(tail -n 1 "$w/apt.log")"
    dpkg-deb -x "$w"/deb/prometheus_*.deb "$w/deb" || skip "Debian's prometheus cannot be unpacked"
    PATH=$w/deb/usr/bin:$PATH
fi
say "$(prometheus --version 2>&1 | head -n 1)"

# ---- a server, and something to count
(cd "$w" && exec "$thimble" serve --db "$w/test.db" --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0) \
    > "$w/ready" 2> "$w/thimble.log" &
served=$! pids="$!"
for _ in $(seq 100); do grep -q operators "$w/ready" && break; sleep 0.1; done
mapfile -t urls < <(grep -o 'http://[0-9.:]*' "$w/ready")
[ ${#urls[@]} -eq 2 ] || fail "thimble does not start"
main=${urls[0]} operators=${urls[1]}
ask() { curl -s -o /dev/null "$@" || fail "curl $*"; }
for _ in $(seq 20); do ask "$main/tasks/1"; done
for _ in $(seq 3); do ask "$main/nothing/at/all"; done
for i in $(seq 5); do ask "$main/tags" -H 'Content-Type: application/json' -d "{\"name\": \"tag $i\"}"; done

# ---- what promtool thinks
curl -s "$operators/metrics" | promtool check metrics > "$w/check.log" 2>&1 || fail "check metrics"
[ ! -s "$w/check.log" ] || fail "check metrics has something to say"
say "check metrics: clean, $(curl -s "$operators/metrics" | grep -vc '^#') samples"
promtool check rules "$monitoring/alerts.yaml" > "$w/check.log" 2>&1 || fail "check rules"
say "check rules:$(grep -o ' [0-9]* rules found' "$w/check.log")"
promtool check config "$monitoring/prometheus.yml" > "$w/check.log" 2>&1 || fail "check config"
promtool test rules "$root/tests/container/alerts_test.yaml" > "$w/check.log" 2>&1 || fail "test rules"
say "check config, test rules: clean"

# ---- scraped for true: the shipped configuration, every second, our address
cp "$monitoring/alerts.yaml" "$w/"
sed -e "s/127\.0\.0\.1:9464/${operators#http://}/" -e 's/scrape_interval: .*/scrape_interval: 1s/' \
    "$monitoring/prometheus.yml" > "$w/prometheus.yml"
printf 'global:\n  evaluation_interval: 1s\n' >> "$w/prometheus.yml"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file="$w/prometheus.yml" --storage.tsdb.path="$w/data" --log.level=warn \
    --web.listen-address="127.0.0.1:$port" > "$w/prometheus.log" 2>&1 &
pids="$pids $!"

cat > "$w/api.py" <<'P'
"""api.py BASE value QUERY | rules | dashboard FILE"""
import json, sys, urllib.parse, urllib.request
base = sys.argv[1]

def get(path, **parameters):
    with urllib.request.urlopen(f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
        found = json.load(answer)
    assert found["status"] == "success", found
    return found["data"]

def expressions(value):
    if isinstance(value, dict):
        yield from (item for key, item in value.items() if key == "expr")
        for item in value.values():
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)

def value(query):
    result = get("query", query=query)["result"]
    print(" ".join(f'{float(one["value"][1]):g}' for one in result) or "nothing")

def rules():
    found = [rule for group in get("rules")["groups"] for rule in group["rules"]]
    bad = [rule["name"] for rule in found if rule["health"] != "ok"]
    assert found and not bad, bad
    print(len(found))

def dashboard(file):
    asked = list(expressions(json.load(open(file))))
    empty = []
    for query in asked:
        query = query.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
        if not get("query", query=query)["result"]:
            empty.append(query)
    assert asked and not empty, "no answer to:\n" + "\n".join(empty)
    print(len(asked))

{"value": value, "rules": rules, "dashboard": dashboard}[sys.argv[2]](*sys.argv[3:])
P
api() { python3 "$w/api.py" "http://127.0.0.1:$port" "$@"; }
becomes() { # becomes QUERY VALUE: within half a minute
    for _ in $(seq 60); do
        got=$(api value "$1" 2> "$w/api.log") || true
        [ "$got" != "$2" ] || { say "$1 = $2"; return; }
        sleep 0.5
    done
    fail "$1 is $got, not $2"
}
becomes 'up{job="thimble"}' 1
becomes 'thimble_http_requests_total{route="row",method="GET",status="2xx"}' 20
becomes 'thimble_http_requests_total{route="none",method="GET",status="4xx"}' 3
becomes 'thimble_writer_jobs_total' 5
becomes 'thimble_commit_duration_seconds_count' 5
becomes 'thimble_ready' 1
becomes 'count(thimble_build_info{version="'"$("$thimble" version | sed -n 's/^thimble //p')"'"})' 1
for _ in $(seq 30); do ask "$main/tasks/1"; done
becomes 'thimble_http_requests_total{route="row",method="GET",status="2xx"}' 50
becomes 'increase(thimble_http_requests_total{route="row",method="GET",status="2xx"}[5m]) > bool 0' 1
n=$(api rules) || fail "a rule cannot be evaluated"
say "rules evaluated: $n"
n=$(api dashboard "$monitoring/grafana-dashboard.json") || fail "a query of the dashboard"
say "queries of the dashboard that have an answer: $n"
becomes 'count(ALERTS) or vector(0)' 0

# ---- and when it is gone
kill "$served" && wait "$served" || fail "thimble does not stop well"
becomes 'up{job="thimble"}' 0
becomes 'count(ALERTS{alertname="ThimbleDown",alertstate="pending"})' 1
say "passed"
