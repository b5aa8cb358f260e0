#!/bin/sh
# Makes a Debian machine able to run Pileus: the missing packages, then .venv with the locked requirements.
#
#   deploy/bootstrap.sh [run|dev|check]
#
#   run     what `pileus up` needs (the default)
#   dev     the same, and the tools and clients that the tests use
#   check   changes nothing; prints what is missing and exits 1 if anything is
#
# Safe to repeat; a repeat with nothing to do takes a fraction of a second.  Packages come from wherever apt is
# configured to take them, Python packages from wherever pip is.  The package lists are in
# src/pileus/platform/packages/, one per purpose.  PILEUS_VENV moves the environment (default: .venv).
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
venv=${PILEUS_VENV:-$here/.venv}
python=/usr/bin/python3
log=${PILEUS_BOOTSTRAP_LOG:-$here/.state/bootstrap.log}
policy=/usr/sbin/policy-rc.d
policy_mark='# Written by Pileus while it installs packages.'
purpose=${1:-run}
purposes='base host guest-image saml build'

say() { printf '%s\n' "pileus: $*" >&2; }
fail() { say "$*"; exit 1; }

case $purpose in
    run | check) ;;
    dev) purposes="$purposes test" ;;
    *) sed -n '2,13p' "$0" >&2; exit 2 ;;
esac

# The packages of every purpose, one a line, comments dropped.
wanted_packages() {
    for each in $purposes; do
        sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$here/src/pileus/platform/packages/$each.txt"
    done | sort -u
}

missing_packages() {
    # shellcheck disable=SC2046  # one argument a package is what is wanted
    present=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $(wanted_packages) 2>/dev/null |
        sed -n 's/^installed //p' | sort -u)
    wanted_packages | while read -r name; do
        printf '%s\n' "$present" | grep -qxF -- "$name" || printf '%s ' "$name"
    done
}

# An environment that was made for dev stays one when it is renewed for run.
environment_purpose() {
    if [ "$purpose" = dev ] || grep -qs '^dev ' "$venv/.pileus-stamp"; then echo dev; else echo run; fi
}

# What the environment was made from.  Another interpreter, lock or place means a new one.
stamp() {
    { cat "$1" "$here/deploy/link_project.py"; awk '/^\[/ { wanted = /^\[project/ } wanted' "$here/pyproject.toml"
      "$python" -V; echo "$here $venv"; } | sha256sum | cut -d' ' -f1
}

# dev holds all that run holds, so an environment made for dev serves run too.
environment_is_current() {
    [ -x "$venv/bin/python" ] && [ -f "$venv/.pileus-stamp" ] || return 1
    read -r made_for made_from < "$venv/.pileus-stamp" || return 1
    case $purpose:$made_for in run:run | run:dev | check:run | check:dev | dev:dev) ;; *) return 1 ;; esac
    [ "$made_from" = "$(stamp "$here/locks/$made_for.txt")" ]
}

# Without systemd a package's maintainer script would start its daemons by hand, as system-wide ones that nobody
# stops.  The policy file is Debian's own switch against that.  One that is already there is the owner's: it stays.
hold_services() {
    [ -d /run/systemd/system ] && return 0
    if [ -e "$policy" ] && ! grep -qxF -- "$policy_mark" "$policy"; then return 0; fi
    trap release_services EXIT
    trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" > "$policy"
    chmod 755 "$policy"
}

release_services() {
    if [ -e "$policy" ] && grep -qxF -- "$policy_mark" "$policy"; then rm -f "$policy"; fi
}

# Turns apt's machine-readable progress (kind:package:percent:text) into one line for each tenth.
show_progress() {
    last=-1
    while IFS=: read -r kind _ percent text; do
        case $kind in dlstatus) what=downloading ;; pmstatus) what=installing ;; *) continue ;; esac
        tenth=${percent%%.*}; tenth=${tenth%?}; tenth=${tenth:-0}
        if [ "$what$tenth" != "$last" ]; then say "  $what ${percent%%.*}%  $text"; last=$what$tenth; fi
    done
}

run_apt() {
    rm -f "$log.rc"
    { DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y -o Dpkg::Use-Pty=0 -o APT::Status-Fd=3 "$@" \
        3>&1 >> "$log" 2>&1 < /dev/null || echo $? > "$log.rc"; } | show_progress
    [ ! -e "$log.rc" ] || { rm -f "$log.rc"; return 1; }
}

install_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    missing=${missing% }
    command -v apt-get > /dev/null || fail "needs the Debian packages: $missing (there is no apt-get here)"
    [ "$(id -u)" = 0 ] || fail "needs packages; as root run: apt-get install --no-install-recommends $missing"
    # shellcheck disable=SC2086
    say "installing $(echo $missing | wc -w) Debian packages: $missing"
    hold_services
    # shellcheck disable=SC2086
    if ! run_apt install --no-install-recommends $missing; then
        say "refreshing the package index"
        run_apt update || { tail -n 15 "$log" >&2; fail "apt-get update failed; see $log"; }
        # shellcheck disable=SC2086
        run_apt install --no-install-recommends $missing ||
            { tail -n 15 "$log" >&2; fail "apt-get install failed; see $log"; }
    fi
    release_services
}

# --no-deps: the lock is complete, so nothing needs to be resolved.  What comes as source only (libvirt-python, ovs)
# is built with the locked setuptools of the environment itself instead of a freshly downloaded one.
pip_install() {
    if ! "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes \
        --progress-bar off "$@" >> "$log" 2>&1; then
        grep -E 'ERROR|error:' "$log" | tail -n 5 >&2
        fail "pip install failed; see $log"
    fi
}

make_environment() {
    made_for=$(environment_purpose)
    lock=$here/locks/$made_for.txt
    [ -f "$lock" ] || fail "$lock is missing"
    "$python" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' ||
        fail "needs Python 3.11 or newer as $python (Debian 12 has it)"
    say "making the Python environment in $venv ($(grep -c '^[A-Za-z0-9]' "$lock") locked packages)"
    rm -f "$venv/.pileus-stamp"
    "$python" -m venv --clear "$venv" >> "$log" 2>&1 || fail "python3 -m venv failed; see $log"
    builder=$(mktemp)
    awk '/^[A-Za-z0-9]/ { wanted = /^setuptools==/ } wanted' "$lock" > "$builder"
    pip_install --only-binary :all: -r "$builder"
    rm -f "$builder"
    pip_install --no-build-isolation -r "$lock"
    "$venv/bin/python" "$here/deploy/link_project.py" "$here" >> "$log" 2>&1 || fail "linking the project failed; see $log"
    printf '%s %s\n' "$made_for" "$(stamp "$lock")" > "$venv/.pileus-stamp"
}

if [ "$purpose" = check ]; then
    missing=$(missing_packages); state=0
    [ -z "$missing" ] || { say "missing packages: ${missing% }"; state=1; }
    environment_is_current || { say "the Python environment $venv is missing or out of date"; state=1; }
    exit $state
fi

mkdir -p "$(dirname "$log")"
install_packages
environment_is_current || make_environment
