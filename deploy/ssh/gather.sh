#!/bin/sh
# Snapshots of many nodes over ssh into one folder, with the roster; nothing is left behind on a node.
set -eu

usage() {
    cat <<'EOF'
usage: gather.sh [--collector FILE] [--sudo] [--parallel N] [--timeout SECONDS] HOSTS OUT

HOSTS has one node a line: [USER@]HOST [NAME]; NAME (default: HOST) is the node's name in the roster and the snapshot.
Lines that begin with # are passed over. Writes OUT/snapshots/NAME.json, OUT/roster.txt and OUT/missing.txt.

  --collector FILE   the collector (default: passmuster-collector.pyz beside this script, else in dist/)
  --sudo             look as root, through `sudo -n`
  --parallel N       nodes at a time (default: 16)
  --timeout SECONDS  for each node (default: 120)

A node without Python 3.6 is captured with capture.sh instead, and the capture is read here.
exit status: 0 every node has a snapshot, 2 usage, 3 some are missing
EOF
}

fail() {
    printf 'gather.sh: %s\n' "$1" >&2
    exit 2
}

here=$(dirname "$0")
collector=
sudo=
parallel=16
seconds=120
hosts=
out=
while [ $# -gt 0 ]; do
    case $1 in
    --collector | --parallel | --timeout)
        [ $# -gt 1 ] || fail "$1: a value is missing"
        case $1 in
        --collector) collector=$2 ;;
        --parallel) parallel=$2 ;;
        --timeout) seconds=$2 ;;
        esac
        shift
        ;;
    --sudo) sudo='sudo -n ' ;;
    -h | --help)
        usage
        exit 0
        ;;
    -*) fail "no such option: $1 (see --help)" ;;
    *)
        if [ -z "$hosts" ]; then
            hosts=$1
        elif [ -z "$out" ]; then
            out=$1
        else
            fail "too many arguments (got $1)"
        fi
        ;;
    esac
    shift
done
[ -n "$out" ] || fail "HOSTS and OUT are needed (see --help)"
[ -f "$hosts" ] || fail "no such file: $hosts"
case $parallel in '' | *[!0-9]*) fail "--parallel: not a number: $parallel" ;; esac
case $seconds in '' | *[!0-9]*) fail "--timeout: not a number of seconds: $seconds" ;; esac
if [ -z "$collector" ]; then
    for collector in "$here/passmuster-collector.pyz" "$here/../../dist/passmuster-collector.pyz"; do
        [ ! -f "$collector" ] || break
    done
fi
[ -f "$collector" ] || fail "no such file: $collector (make collector builds it)"
capture=$here/capture.sh
[ -f "$capture" ] || capture=$here/../../collector/capture.sh

command -v timeout >/dev/null || fail "timeout is not here (it comes with coreutils and busybox)"

mkdir -p "$out/snapshots"
parts=$(mktemp -d "$out/.parts.XXXXXX")
trap 'rm -rf "$parts"' EXIT
trap 'exit 130' INT TERM HUP

# HOST and NAME of each node; what could be read as an option or a path is refused here.
while read -r host name more; do
    case $host in '' | '#'*) continue ;; esac
    name=${name:-${host#*@}}
    case $host in -* | *[!A-Za-z0-9._@:%-]*) fail "$hosts: not a host: $host" ;; esac
    case $name in [.-]* | *[!A-Za-z0-9._:%-]*) fail "$hosts: not a name: $name" ;; esac
    [ -z "$more" ] || fail "$hosts: not a node: $host $name $more (expected [USER@]HOST [NAME])"
    printf '%s %s\n' "$host" "$name"
done <"$hosts" >"$parts/nodes"
[ -s "$parts/nodes" ] || fail "$hosts: no node in it"
cut -d ' ' -f 2 "$parts/nodes" >"$out/roster.txt"
twice=$(sort "$out/roster.txt" | uniq -d | head -n 1)
[ -z "$twice" ] || fail "$hosts: the name $twice is there twice"

# On the node: the collector comes on standard input into a file without a name, which ends with the process.
# shellcheck disable=SC2016 # expanded on the node
run='p=$(command -v python3 || echo /usr/libexec/platform-python); [ -x "$p" ] || exit 127
exec '$sudo'"$p" -I -S -c "
import runpy, sys, tempfile
file = tempfile.TemporaryFile()
file.write(sys.stdin.buffer.read())
file.flush()
path = \"/proc/self/fd/%d\" % file.fileno()
sys.argv = [path, \"--name\", sys.argv[1]]
runpy.run_path(path, run_name=\"__main__\")"'

# shellcheck disable=SC2016 # expanded by the inner shell
COLLECTOR=$collector CAPTURE=$capture PARTS=$parts OUT=$out RUN=$run SUDO=$sudo SECONDS_EACH=$seconds \
    xargs -n 2 -P "$parallel" sh -c '
    part=$PARTS/$2.json
    on() {
        timeout "$SECONDS_EACH" ssh -o BatchMode=yes -o ConnectTimeout=10 -- "$@"
    }
    status=0
    on "$1" "$RUN $2" <"$COLLECTOR" >"$part" 2>"$part.err" || status=$?
    if [ "$status" -eq 127 ] && [ -f "$CAPTURE" ]; then
        status=0
        on "$1" "${SUDO}sh -s" <"$CAPTURE" >"$PARTS/$2.tar" 2>"$part.err" || status=$?
        if [ "$status" -eq 0 ]; then
            python3 -I -S "$COLLECTOR" --from "$PARTS/$2.tar" --name "$2" -o "$part" 2>"$part.err" || status=$?
        fi
        rm -f "$PARTS/$2.tar"
    fi
    case $status in
    0)
        if [ "$(wc -l <"$part")" -eq 1 ] && [ "$(head -c 15 "$part")" = "{\"collection\":{" ]; then
            if grep -qF "\"name\":\"$2\"},\"schema\"" "$part"; then
                mv "$part" "$OUT/snapshots/$2.json" && : >"$PARTS/$2.done"
            else
                echo "the snapshot is of another node" >"$part.err"
            fi
        else
            echo "what came is not one whole snapshot" >"$part.err"
        fi
        ;;
    124) echo "no answer within $SECONDS_EACH s" >"$part.err" ;;
    *) [ -s "$part.err" ] || echo "ssh ended with status $status" >"$part.err" ;;
    esac
' sh <"$parts/nodes"

: >"$out/missing.txt"
total=0
while read -r name; do
    total=$((total + 1))
    [ ! -f "$parts/$name.done" ] || continue
    reason=$(head -n 1 "$parts/$name.json.err")
    [ ! -f "$out/snapshots/$name.json" ] || reason="$reason (the snapshot there is from an earlier run)"
    printf '%s\t%s\n' "$name" "$reason" >>"$out/missing.txt"
done <"$out/roster.txt"

missing=$(wc -l <"$out/missing.txt")
printf '%s of %s nodes have a snapshot in %s\n' "$((total - missing))" "$total" "$out/snapshots" >&2
if [ "$missing" -gt 0 ]; then
    sed 's/^/missing: /' "$out/missing.txt" >&2
    exit 3
fi
