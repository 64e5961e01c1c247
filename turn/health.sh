#!/bin/sh
# Asks coturn for an answer, where entrypoint.sh let it listen.
exec turnutils_stunclient -p "${VENTEROM_TURN_PORT:-3478}" "$(cat "${VENTEROM_TURN_FOLDER:-/dev/shm/turn}/address")"
