#!/usr/bin/env bash
# Makes docker/secrets once: random passwords, the two database addresses and a keyring. Never overwrites anything.
set -euo pipefail
cd "$(dirname "$0")"
# The containers run as other users than the one who made the files, and read them; the folder keeps everybody else out.
umask 022
mkdir -p secrets && chmod 0700 secrets

secret() { # secret NAME: a random password, unless there is one
  [ -s "secrets/$1" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"secrets/$1"
}
secret mysql_root_password
secret mysql_app_password
secret mysql_migration_password
secret admin_password

address() { # address FILE USER PASSWORD_FILE
  [ -s "secrets/$1" ] || printf 'mysql://%s:%s@mysql:3306/steward' "$2" "$(<"secrets/$3")" >"secrets/$1"
}
address database_url steward mysql_app_password
address database_migration_url steward_migration mysql_migration_password

if [ ! -s secrets/keyring ]; then
  docker build -q -f Dockerfile -t steward .. >/dev/null
  docker run --rm --network none steward node dist/apps/cli/src/main.js keys:generate >secrets/keyring
fi
echo "secrets are in $PWD/secrets; the first administrator's password is in secrets/admin_password"
