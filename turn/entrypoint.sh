#!/bin/sh
# Writes coturn's configuration from the environment (docs/operating/worker.md) and becomes coturn.
set -eu
umask 077

fail() {
  echo "$1" >&2
  exit 2
}

secret=${VENTEROM_TURN_SECRET:-}
[ -z "${VENTEROM_TURN_SECRET_FILE:-}" ] || secret=$(cat "$VENTEROM_TURN_SECRET_FILE")
[ -n "$secret" ] || fail "VENTEROM_TURN_SECRET or VENTEROM_TURN_SECRET_FILE is not set."
# A task on Fargate has a link-local address besides, for its metadata.
relay=${VENTEROM_TURN_RELAY:-$(hostname -I | tr ' ' '\n' | grep -v -e : -e '^169\.254\.' | head -n 1)}
[ -n "$relay" ] || fail "VENTEROM_TURN_RELAY is not set: the private address to relay from; this machine has none."
listen=${VENTEROM_TURN_LISTEN:-$relay}
[ -n "${VENTEROM_TURN_PEERS:-}" ] || fail "VENTEROM_TURN_PEERS is not set: the workers' private addresses."

folder=${VENTEROM_TURN_FOLDER:-/dev/shm/turn}
mkdir -p "$folder"
echo "$listen" >"$folder/address" # for health.sh
{
  cat "$(dirname "$0")/turnserver.conf"
  # One key, or a ring of them as the functions keep it, {"keys": ["…", "…"]}: coturn takes credentials by any of them.
  echo "$secret" | tr -d '{}[]" ' | sed 's/^keys://' | tr , '\n' | sed 's/^/static-auth-secret=/'
  echo "realm=${VENTEROM_TURN_REALM:-venterom}"
  echo "listening-ip=$listen"
  echo "listening-port=${VENTEROM_TURN_PORT:-3478}"
  echo "relay-ip=$relay"
  echo "min-port=${VENTEROM_TURN_MIN_PORT:-49152}"
  echo "max-port=${VENTEROM_TURN_MAX_PORT:-65535}"
  for peer in $(echo "$VENTEROM_TURN_PEERS" | tr , ' '); do
    case $peer in
      127.* | ::1) echo "allow-loopback-peers" ;; # tests, and nowhere else
    esac
    echo "allowed-peer-ip=$peer"
  done
  echo "user-quota=${VENTEROM_TURN_USER_QUOTA:-30}"
  echo "total-quota=${VENTEROM_TURN_TOTAL_QUOTA:-1200}"
  echo "max-bps=${VENTEROM_TURN_MAX_BYTES:-1250000}"
  if [ -n "${VENTEROM_TURN_CERTIFICATE:-}" ]; then
    echo "tls-listening-port=${VENTEROM_TURN_TLS_PORT:-5349}"
    echo "cert=$VENTEROM_TURN_CERTIFICATE"
    echo "pkey=${VENTEROM_TURN_KEY:-}"
  else
    echo "no-tls"
  fi
  echo "userdb=$folder/turndb"
  echo "pidfile=$folder/turnserver.pid"
} >"$folder/turnserver.conf"

# Its log names user names and addresses when it refuses them: the words stay, what they are about goes.
rm -f "$folder/log"
mkfifo "$folder/log"
sed -u -E 's/<[^>]*>/<…>/g; s/([0-9]{1,3}\.){3}[0-9]{1,3}/…/g; s/[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,}/…/g' <"$folder/log" &
exec turnserver -c "$folder/turnserver.conf" >"$folder/log" 2>&1
