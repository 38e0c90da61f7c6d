#!/usr/bin/env bash
# Boots the real daemon on an empty library as a person would, drops real photos, looks at the tree and at the rows with
# psql, and ends it with SIGTERM. Usage: test/smoke.sh PHOTO...
set -euo pipefail
cd "$(dirname "$0")/.."

library=$(mktemp -d)
log=$library/daemon.log
export LIBRARY_DIR=$library/library SETTLE_MS=200 DEFAULT_TIME_ZONE=UTC
unset DATABASE_URL
daemon=
cleanup() {
  if [ -n "$daemon" ]; then kill -9 "$daemon" 2>/dev/null || true; fi
  rm -rf "$library"
}
trap cleanup EXIT
fail() {
  echo "smoke: $*" >&2
  tail -n 40 "$log" >&2 || true
  exit 1
}
until_true() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    kill -0 "$daemon" 2>/dev/null || fail "the daemon ended by itself"
    sleep 0.2
  done
}
ask() { bin/photo-factory psql -A -t -q -c "$1"; }

npm start --silent >"$log" 2>&1 &
daemon=$!
until_true 60 test -d "$LIBRARY_DIR/Photos_Inbox" || fail "no inbox after 60 s"
cp -- "$@" "$LIBRARY_DIR/Photos_Inbox/"
inbox_is_empty() { [ -z "$(ls "$LIBRARY_DIR/Photos_Inbox")" ]; }
until_true 60 inbox_is_empty || fail "the inbox is not empty after 60 s: $(ls "$LIBRARY_DIR/Photos_Inbox")"

photos=$(printf '%s\0' "$@" | xargs -0 sha256sum | cut -d' ' -f1 | sort -u | wc -l)
# What belongs together may still be moved together, under a second name for a moment: zeroed.mp4 to where zeroed.jpg is.
stored() { find "$LIBRARY_DIR/Storage/Originals" -type f | wc -l; }
rows() { ask 'SELECT count(*) FROM media_assets'; }
is_as_recorded() {
  [ "$(stored)" -eq "$photos" ] && [ "$(rows)" -eq "$photos" ] || return 1
  ask 'SELECT file_hash, final_path FROM media_assets' | while IFS='|' read -r hash path; do
    [ "$(sha256sum <"$path" | cut -d' ' -f1)" = "$hash" ] || exit 1
  done
}
until_true 30 is_as_recorded || fail "after 30 s: $(stored) files stored and $(rows) rows of $photos, or one is not what its row says"
[ "$(ask "SELECT status FROM system_status WHERE service_name = 'librarian'")" = OK ] || fail "the librarian does not say OK"
bin/photo-factory status >/dev/null || fail "status is not green: $(bin/photo-factory status || true)"

kill -TERM "$daemon"
code=0
wait "$daemon" || code=$?
daemon=
[ "$code" -eq 0 ] || fail "SIGTERM ended the daemon with exit code $code"
server=$LIBRARY_DIR/data/postgres/18/cluster/postmaster.pid
[ ! -e "$server" ] || fail "the database still runs: $server"
echo "smoke: $photos photos filed and recorded, ended by SIGTERM with exit code 0"
