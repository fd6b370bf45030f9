#!/bin/sh
# Snapshots of all nodes of a cluster into one folder, with the roster; needs kubectl and the collector's one file.
set -eu

usage() {
    cat <<'EOF'
usage: gather.sh [--collector FILE] [--image IMAGE] [--wait SECONDS] [--unprivileged] [--keep] OUT

Writes OUT/snapshots/NODE.json, OUT/nodes.json (the cluster's nodes: roster, and for `passmuster snapshot annotate`)
and OUT/missing.txt. Creates the namespace `passmuster`, and deletes it at the end (--keep: not).

  --collector FILE  the collector (default: passmuster-collector.pyz beside this script, else in dist/)
  --image IMAGE     any image with python3 in it (default: python:3-slim)
  --wait SECONDS    how long to wait for the pods (default: 300)
  --unprivileged    without `privileged`: what that hides is unknown (see README.md)

exit status: 0 every node has a snapshot, 2 usage or kubectl failed, 3 some are missing
EOF
}

fail() {
    printf 'gather.sh: %s\n' "$1" >&2
    exit 2
}

here=$(dirname "$0")
collector=
image=python:3-slim
wait=300
privileged=true
keep=
out=
while [ $# -gt 0 ]; do
    case $1 in
    --collector | --image | --wait)
        [ $# -gt 1 ] || fail "$1: a value is missing"
        case $1 in
        --collector) collector=$2 ;;
        --image) image=$2 ;;
        --wait) wait=$2 ;;
        esac
        shift
        ;;
    --unprivileged) privileged=false ;;
    --keep) keep=1 ;;
    -h | --help)
        usage
        exit 0
        ;;
    -*) fail "no such option: $1 (see --help)" ;;
    *)
        [ -z "$out" ] || fail "more than one folder (got $out and $1)"
        out=$1
        ;;
    esac
    shift
done
[ -n "$out" ] || fail "no folder given (see --help)"
case $image in *[!A-Za-z0-9._/:@-]*) fail "not the name of an image: $image" ;; esac
case $wait in '' | *[!0-9]*) fail "--wait: not a number of seconds: $wait" ;; esac
if [ -z "$collector" ]; then
    for collector in "$here/passmuster-collector.pyz" "$here/../../dist/passmuster-collector.pyz"; do
        [ ! -f "$collector" ] || break
    done
fi
[ -f "$collector" ] || fail "no such file: $collector (make collector builds it)"
command -v kubectl >/dev/null || fail "kubectl is not here"

mkdir -p "$out/snapshots"
parts=$(mktemp -d "$out/.parts.XXXXXX")
created=
finish() {
    rm -rf "$parts"
    if [ -n "$created" ] && [ -z "$keep" ]; then
        kubectl delete namespace passmuster --wait=false >/dev/null || :
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

kubectl get nodes -o json >"$parts/nodes.json" || fail "kubectl get nodes failed"
kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' >"$parts/names" ||
    fail "kubectl get nodes failed"
mv "$parts/nodes.json" "$out/nodes.json"

created=1
sed -e "s|image: python:3-slim|image: $image|" -e "s|privileged: true|privileged: $privileged|" \
    "$here/daemonset.yaml" >"$parts/daemonset.yaml"
kubectl apply -f "$here/namespace.yaml" >/dev/null || fail "kubectl apply failed"
kubectl -n passmuster delete daemonset,configmap --all --cascade=foreground >/dev/null || fail "kubectl delete failed"
# Created, not applied: apply would copy it into an annotation, which it is too large for.
kubectl -n passmuster create configmap passmuster-collector --from-file="passmuster-collector.pyz=$collector" \
    >/dev/null || fail "kubectl create configmap failed"
kubectl apply -f "$parts/daemonset.yaml" >/dev/null || fail "kubectl apply failed"
kubectl -n passmuster rollout status daemonset/passmuster --timeout="${wait}s" >/dev/null ||
    printf 'gather.sh: not all pods were ready after %s s; going on with those that are\n' "$wait" >&2

kubectl -n passmuster get pods -l app=passmuster \
    -o 'jsonpath={range .items[*]}{.spec.nodeName} {.metadata.name}{"\n"}{end}' >"$parts/pods" ||
    fail "kubectl get pods failed"

# A log is whole when it is one line that ends; a name is safe because Kubernetes allows no other.
# shellcheck disable=SC2016 # expanded by the inner shell
PARTS=$parts OUT=$out xargs -n 2 -P 16 sh -c '
    part=$PARTS/$1.json
    kubectl -n passmuster logs "$2" -c collect --request-timeout=60s >"$part" 2>"$part.err" || exit 0
    if [ "$(wc -l <"$part")" -eq 1 ] && [ -z "$(tail -c 1 "$part")" ] &&
        [ "$(head -c 15 "$part")" = "{\"collection\":{" ]; then
        mv "$part" "$OUT/snapshots/$1.json" && : >"$PARTS/$1.done"
    else
        echo "the log is not one whole snapshot" >"$part.err"
    fi
' sh <"$parts/pods"

: >"$out/missing.txt"
total=0
while read -r node; do
    total=$((total + 1))
    [ ! -f "$parts/$node.done" ] || continue
    if [ -s "$parts/$node.json.err" ]; then
        reason=$(head -n 1 "$parts/$node.json.err")
    elif grep -q "^$node " "$parts/pods"; then
        reason="no log"
    else
        reason="no pod"
    fi
    [ ! -f "$out/snapshots/$node.json" ] || reason="$reason (the snapshot there is from an earlier run)"
    printf '%s\t%s\n' "$node" "$reason" >>"$out/missing.txt"
done <"$parts/names"

missing=$(wc -l <"$out/missing.txt")
printf '%s of %s nodes have a snapshot in %s\n' "$((total - missing))" "$total" "$out/snapshots" >&2
if [ "$missing" -gt 0 ]; then
    sed 's/^/missing: /' "$out/missing.txt" >&2
    exit 3
fi
