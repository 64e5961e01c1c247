#!/usr/bin/env bash
# Gets what the repository needs: `python` fills .venv, `node` fills web/node_modules, `certified` tests/certified/node_modules,
# `cdk` deploy/cdk/node_modules, `plane` compiles a part of the media worker, `programs run|test|relay` sees to Debian's programs.
# Every step says in a line what it does; what the tools print goes to build/log/setup.log.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/log
log=build/log/setup.log

fail() {
  echo "$*" >&2
  exit 1
}

# Runs a command quietly; when it fails, tells a missing network from everything else.
quietly() {
  local start
  start=$(wc -c 2>/dev/null <"$log" || echo 0)
  if ! "$@" >>"$log" 2>&1; then
    if tail -c "+$((start + 1))" "$log" | grep -qiE 'resolve|resolution|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|unreachable|connection (error|refused|broken|timed out)|error sending request|dns'; then
      fail "No network: $1 could not reach its package registry (details in $log). Connect and run the same command again."
    fi
    tail -n 5 "$log" >&2
    fail "That did not work: $* (all of it in $log)."
  fi
}

apt_install() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "Missing: $*. Install as root, then run this again:  apt-get install -y --no-install-recommends $*"
  fi
  echo "System: installing $* …"
  # A package's own service (coturn's) would listen on every interface: we want the program alone, and start it ourselves.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap "rm -f $policy" EXIT
  fi
  quietly apt-get -qq update
  DEBIAN_FRONTEND=noninteractive quietly apt-get -qq install -y --no-install-recommends "$@"
  local service
  for service in coturn janus; do
    if [ -d /run/systemd/system ] && [[ " $* " == *" $service "* ]]; then
      systemctl --quiet disable "$service" >>"$log" 2>&1 || true
    fi
  done
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11, 3.12 or 3.13 is needed (the versions AWS Lambda and our packages share). Name one with PYTHON=/path/to/python3.12"
}

setup_python() {
  local python
  python=$(find_python)
  if ! .venv/bin/python -c '' 2>/dev/null; then
    echo "Python: making .venv with $("$python" --version) …"
    rm -rf .venv
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv
    quietly "$python" -m venv .venv
  fi
  local uv
  uv=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements-dev.txt)
  if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv" ]; then
    echo "Python: fetching uv $uv …"
    awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements-dev.txt >build/uv.txt
    quietly .venv/bin/python -m pip install --quiet --disable-pip-version-check --retries 2 --require-hashes -r build/uv.txt
  fi
  echo "Python: fetching the locked packages …"
  VIRTUAL_ENV=$PWD/.venv UV_HTTP_RETRIES=2 quietly .venv/bin/uv pip sync --require-hashes requirements-dev.txt
}

# The media worker's compiled path. It runs without, for more CPU: so where nothing can be installed, we go on.
setup_plane() {
  local headers="from pathlib import Path; import sysconfig; raise SystemExit(not Path(sysconfig.get_path('include'), 'Python.h').exists())"
  local missing=()
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  .venv/bin/python -c "$headers" || missing+=("$(.venv/bin/python -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')")
  if [ "${#missing[@]}" != 0 ] && [ "$(id -u)" != 0 ]; then
    echo "Media worker: in pure Python, about twice the CPU. For the compiled one: apt-get install ${missing[*]}, then make clean"
    return
  fi
  [ "${#missing[@]}" = 0 ] || apt_install "${missing[@]}"
  echo "Media worker: compiling its fast path …"
  quietly .venv/bin/python -m media_worker.hotpath_build
}

setup_node() {
  echo "Node: fetching the locked packages …"
  npm_ci web
}

# AWS's program that brings templates to an account: `make deploy` and the test of it.
setup_cdk() {
  echo "Node: fetching the CDK's program …"
  npm_ci deploy/cdk
}

# The certified OpenID provider that only tests use.
setup_certified() {
  echo "Node: fetching the OpenID provider of the tests …"
  npm_ci tests/certified
}

npm_ci() {
  PATH="$PWD/.venv/bin:$PATH" quietly npm --prefix "$1" ci --no-audit --no-fund --fetch-retries=1
}

# What `make run`, `make test` and `make bench-relay` use from outside the repository: a program or file, then Debian's package for it.
run_programs="turnserver:coturn"
test_programs="$run_programs chromium:chromium chromium-headless-shell:chromium-headless-shell firefox-esr:firefox-esr java:default-jre-headless ss:iproute2 certutil:libnss3-tools /usr/sbin/debootstrap:debootstrap buildah:buildah /usr/sbin/nft:nftables
  /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core pulseaudio:pulseaudio"
relay_programs="janus:janus ip:iproute2 g++:g++"

setup_programs() {
  local wanted="$1_programs" missing=() pair
  for pair in ${!wanted}; do
    command -v "${pair%%:*}" >/dev/null || [ -e "${pair%%:*}" ] || missing+=("${pair##*:}")
  done
  [ "${#missing[@]}" = 0 ] || apt_install "${missing[@]}"
}

case "${1:-}" in
  python) setup_python ;;
  node) setup_node ;;
  certified) setup_certified ;;
  cdk) setup_cdk ;;
  plane) setup_plane ;;
  programs) setup_programs "$2" ;;
  *) fail "Usage: tools/setup.sh python | node | certified | cdk | plane | programs run|test|relay" ;;
esac
