#!/usr/bin/env bash
# Fails when src/ledger/schema.ts says something that no migration does.
set -euo pipefail
cd "$(dirname "$0")/.."
before=$(find drizzle -type f -exec sha256sum {} + | sort)
bin/node node_modules/drizzle-kit/bin.cjs check
bin/node node_modules/drizzle-kit/bin.cjs generate --name drift
after=$(find drizzle -type f -exec sha256sum {} + | sort)
if [ "$before" != "$after" ]; then
  echo 'drizzle-kit generated a migration: the schema and the migrations differ' >&2
  git status --short drizzle >&2
  exit 1
fi
