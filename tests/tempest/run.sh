#!/usr/bin/env bash
# Tempest, as its makers ship it, against a running cloud.
#
#   tests/tempest/run.sh [options]
#
#   --smoke            only tests tagged `smoke`
#   --services LIST    services to test (default: identity,image,compute,network); scenario tests come with compute
#   --regex RE         only ids that match RE
#   --exclude RE       no ids that match RE
#   --no-ssh           do not log in to guests, and leave the scenario tests out
#   --list             print the chosen ids and stop
#   --jobs N           tests side by side (default: half of the cores, at least 1)
#   --out DIR          where results go (default: $TEMPEST_WORK/results)
#
# Which cloud: OS_CLOUD (default: pileus-admin) from OS_CLIENT_CONFIG_FILE, else from $STATE/clouds.yaml, else from the
# usual places; or the OS_* variables when OS_AUTH_URL is set. The account must be an administrator.
# Other settings: TEMPEST_VENV (environment, default .venv-tempest, made from locks/tempest.txt), TEMPEST_WORK
# (configuration and logs, default tempest-work), and those that configure.py names.
#
# Results: summary on the screen; results.json, junit.xml and failures.txt in the folder of results.
# Exit code: 0 nothing failed, 1 something failed or did not run, 2 the run could not be set up.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${TEMPEST_VENV:-$root/.venv-tempest}
work=${TEMPEST_WORK:-$root/tempest-work}
choose=() configure=()
services=identity,image,compute,network mode=run out='' jobs=$(( ($(nproc) + 1) / 2 ))

fail() { echo "tempest: $*" >&2; exit 2; }

while (($#)); do
  case $1 in
    --smoke) choose+=(--smoke); shift ;;
    --regex | --exclude) choose+=("$1" "${2:?$1 needs a value}"); shift 2 ;;
    --services) services=${2:?}; shift 2 ;;
    --no-ssh) choose+=(--no-scenario); configure+=(--no-ssh); shift ;;
    --list) mode=list; shift ;;
    --jobs) jobs=${2:?}; shift 2 ;;
    --out) out=${2:?}; shift 2 ;;
    -h | --help) sed -n '2,/^set -uo/p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 0 ;;
    *) fail "unknown option $1 (see --help)" ;;
  esac
done

# The environment is made once, and again when its lock has changed.
lock=$root/locks/tempest.txt
if ! cmp -s "$lock" "$venv/.made-from"; then
  echo "tempest: making $venv from locks/tempest.txt" >&2
  "${PYTHON:-python3}" -m venv --clear "$venv" || fail "no virtual environment"
  "$venv/bin/pip" install -qq --disable-pip-version-check --require-hashes --no-deps -r "$lock" \
    || fail "tempest could not be installed"
  cp "$lock" "$venv/.made-from"
fi
python=$venv/bin/python

out=${out:-$work/results}
mkdir -p "$work/etc" "$work/logs" "$work/locks" "$out" || exit 2
work=$(readlink -f "$work") out=$(readlink -f "$out")

if [[ -z ${OS_AUTH_URL:-} ]]; then
  export OS_CLOUD=${OS_CLOUD:-pileus-admin}
  if [[ -z ${OS_CLIENT_CONFIG_FILE:-} && -n ${STATE:-} ]]; then
    export OS_CLIENT_CONFIG_FILE=$STATE/clouds.yaml
  fi
fi
# Listing needs no cloud.
if [[ $mode == run ]]; then
  "$python" "$here/configure.py" "$work" --services "$services" ${configure[@]+"${configure[@]}"} || exit 2
fi

export TEMPEST_CONFIG_DIR=$work/etc TEMPEST_CONFIG=tempest.conf PATH=$venv/bin:$PATH PYTHONWARNINGS=ignore
cd "$work" || exit 2
suite=$("$python" -c 'import pathlib, tempest; print(pathlib.Path(tempest.__file__).parent)')
printf '[DEFAULT]\ntest_path=%s/test_discover\ntop_dir=%s\ngroup_regex=([^\\.]*\\.)*\n' "$suite" "$suite" > .stestr.conf
[[ -d .stestr ]] || stestr init > /dev/null 2>&1 || fail "stestr would not start"

stestr list > all.txt 2> discovery.log || fail "discovery failed, see $work/discovery.log"
"$python" "$here/report.py" choose all.txt "$out/chosen.txt" --services "$services" \
  ${choose[@]+"${choose[@]}"} || exit 2
if [[ $mode == list ]]; then cat "$out/chosen.txt"; exit 0; fi

began=$SECONDS
stestr run --load-list "$out/chosen.txt" --concurrency "$jobs" --subunit \
  > "$out/run.subunit" 2> "$out/run.log"
"$python" "$here/report.py" summary "$out/run.subunit" "$out/chosen.txt" "$out" --seconds $((SECONDS - began))
