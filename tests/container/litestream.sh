#!/bin/bash
# thimble beside the real Litestream (https://litestream.io): --checkpoint off leaves the write-ahead log
# to it. Inserts are acknowledged under load, Litestream replicates into a folder, and what is restored
# from there is compared with what was acknowledged: in the middle a prefix without a gap, at the end
# all of it. Takes litestream, or go to build it; gcc, sqlite3 and curl.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${1:-$root/build/thimble}
version=${LITESTREAM_VERSION:-v0.5.18}
say() { echo "litestream.sh: $*"; }
for tool in gcc sqlite3 curl; do
    command -v $tool > /dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done

w=$(mktemp -d)
pids=
clean() {
    for pid in $pids; do kill "$pid" 2> /dev/null || true; done
    wait
    rm -rf "$w"
}
trap clean EXIT
fail() { say "FAILED: $*"; tail -n 20 "$w"/*.log; exit 1; }

litestream=${LITESTREAM:-$(command -v litestream || true)}
if [ -z "$litestream" ]; then
    command -v go > /dev/null || { echo "skipped: neither litestream nor go is installed"; exit 0; }
    say "building litestream $version"
    GOBIN=$w go install "github.com/benbjohnson/litestream/cmd/litestream@$version" > "$w/go.log" 2>&1 ||
        { echo "skipped: litestream $version cannot be built: $(tail -n 1 "$w/go.log")"; exit 0; }
    litestream=$w/litestream
fi
say "$("$litestream" version)"

mkdir "$w/migrations" "$w/data"
cat > "$w/migrations/0001_entry.sql" <<'S'
CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
S
cat > "$w/litestream.yml" <<S
dbs:
  - path: $w/data/live.db
    replica:
      type: file
      path: $w/replica
      sync-interval: 1s
S
gcc -O2 -D_GNU_SOURCE "$root/bench/load/load.c" -o "$w/load"
echo '1 POST /entry {"text":"{n} {pad}"}' > "$w/work"

"$bin" serve --db "$w/data/live.db" --migrations "$w/migrations" --listen 127.0.0.1:0 --checkpoint off \
    --default-return minimal > "$w/ready" 2> "$w/thimble.log" &
thimble=$!
pids="$thimble"
for _ in $(seq 100); do
    port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$w/ready")
    [ -z "$port" ] || break
    sleep 0.05
done
[ -n "$port" ] || fail "thimble does not start"
"$litestream" replicate -config "$w/litestream.yml" > "$w/replicate.log" 2>&1 &
replicate=$!
pids="$pids $replicate"
sleep 2

# restored NAME: restores to NAME.db and prints its rows, if they are whole and without a gap.
restored() {
    rm -f "$w/$1.db"
    "$litestream" restore -config "$w/litestream.yml" -o "$w/$1.db" "$w/data/live.db" > "$w/$1.log" 2>&1 ||
        fail "restore"
    [ "$(sqlite3 "$w/$1.db" 'PRAGMA integrity_check')" = ok ] || fail "$1: integrity_check"
    [ "$(sqlite3 "$w/$1.db" 'SELECT count(*) = coalesce(max(id), 0) FROM entry')" = 1 ] || fail "$1: a gap"
    sqlite3 "$w/$1.db" 'SELECT count(*) FROM entry'
}

"$w/load" 127.0.0.1 "$port" "$w/work" --connections 64 --seconds "${SECONDS_OF_LOAD:-8}" --pad 100 \
    > "$w/load.json" &
load=$!
sleep 4
middle=$(restored middle)
[ "$middle" -gt 0 ] || fail "nothing was replicated while rows came"
wait $load
answered=$(sqlite3 "$w/data/live.db" 'SELECT count(*) FROM entry')
grep -q '"errors":0,' "$w/load.json" || fail "requests failed: $(cat "$w/load.json")"
rate=$(sed 's/.*"rate":\([0-9]*\).*/\1/' "$w/load.json")
say "$answered rows, $rate/s; in the middle $middle were restored"

for _ in $(seq 30); do # Litestream takes what is left in the log at its own pace
    end=$(restored end)
    [ "$end" -lt "$answered" ] || break
    sleep 1
done
[ "$end" = "$answered" ] || fail "$end of $answered rows came back"
[ "$(sqlite3 "$w/end.db" 'SELECT count(*), sum(length(text)) FROM entry')" = \
    "$(sqlite3 "$w/data/live.db" 'SELECT count(*), sum(length(text)) FROM entry')" ] || fail "other rows"

wal=$(stat -c %s "$w/data/live.db-wal")
kill -TERM "$thimble"
wait "$thimble" || fail "thimble: exit $?"
kill -TERM "$replicate"
wait "$replicate" || true
pids=
say "the log had $((wal / 1024)) kB at the end, kept in bounds by Litestream alone"
say "passed: all $end rows came back"
