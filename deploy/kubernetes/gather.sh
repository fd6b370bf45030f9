#!/bin/sh
# Snapshots of all nodes of a cluster into one folder, with the roster; needs kubectl and the collector's one file.
set -eu

usage() {
    cat <<'EOF'
usage: gather.sh [--collector FILE] [--image IMAGE] [--namespace NAME] [--wait SECONDS] [--unprivileged] [--keep] OUT

Writes OUT/snapshots/NODE.json, OUT/nodes.json (the cluster's nodes: roster, and for `passmuster snapshot annotate`)
and OUT/missing.txt. Creates a namespace of its own (passmuster-...), and deletes it at the end (--keep: not).

  --collector FILE  the collector (default: passmuster-collector.pyz beside this script, else in dist/)
  --image IMAGE     any image with python3 in it, best by digest (default: python:3.13.1-slim-bookworm)
  --namespace NAME  use this namespace, which exists and stays; only what this run made in it is deleted
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
image=python:3.13.1-slim-bookworm
namespace=
wait=300
privileged=true
keep=
out=
while [ $# -gt 0 ]; do
    case $1 in
    --collector | --image | --namespace | --wait)
        [ $# -gt 1 ] || fail "$1: a value is missing"
        case $1 in
        --collector) collector=$2 ;;
        --image) image=$2 ;;
        --namespace) namespace=$2 ;;
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
case $namespace in [!a-z0-9]* | *[!a-z0-9-]*) fail "not the name of a namespace: $namespace" ;; esac
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
cluster() { kubectl --request-timeout=60s "$@"; }
finish() {
    rm -rf "$parts"
    [ -n "$created" ] && [ -z "$keep" ] || return 0
    case $created in
    namespace) cluster delete namespace "$namespace" --wait=false >/dev/null || left=1 ;;
    objects) cluster -n "$namespace" delete daemonset/passmuster configmap/passmuster-collector --ignore-not-found \
        --wait=false >/dev/null || left=1 ;;
    esac
    [ -z "${left-}" ] || printf 'gather.sh: the namespace %s could not be cleaned up: delete it by hand\n' "$namespace" >&2
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

cluster get nodes -o json >"$parts/nodes.json" || fail "kubectl get nodes failed"
cluster get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.status.nodeInfo.operatingSystem}{"\n"}{end}' \
    >"$parts/names" || fail "kubectl get nodes failed"
mv "$parts/nodes.json" "$out/nodes.json"

# Each run has objects of its own: two runs at once, or one right after another, do not meet.
if [ -z "$namespace" ]; then
    namespace=passmuster-$(date +%s)-$$
    sed -e "s|name: passmuster|name: $namespace|" "$here/namespace.yaml" >"$parts/namespace.yaml"
    created=namespace
    cluster create -f "$parts/namespace.yaml" >/dev/null || fail "kubectl create namespace $namespace failed"
fi
sed -e "s|image: python:.*|image: $image|" -e "s|privileged: true|privileged: $privileged|" \
    -e "s|namespace: passmuster|namespace: $namespace|" "$here/daemonset.yaml" >"$parts/daemonset.yaml"
# Created, not applied: apply would copy the collector into an annotation, which it is too large for.
cluster -n "$namespace" create configmap passmuster-collector --from-file="passmuster-collector.pyz=$collector" \
    >/dev/null || fail "kubectl create configmap failed (in $namespace; another run may be using it)"
created=${created:-objects}
cluster create -f "$parts/daemonset.yaml" >/dev/null || fail "kubectl create daemonset failed"
kubectl -n "$namespace" rollout status daemonset/passmuster --timeout="${wait}s" >/dev/null ||
    printf 'gather.sh: not all pods were ready after %s s; going on with those that are\n' "$wait" >&2

cluster -n "$namespace" get pods -l app=passmuster \
    -o 'jsonpath={range .items[*]}{.spec.nodeName} {.metadata.name}{"\n"}{end}' >"$parts/pods" ||
    fail "kubectl get pods failed"

# A log is whole when it is one line that ends, and belongs to the node that it names; a node's name is safe because Kubernetes allows no other.
# shellcheck disable=SC2016 # expanded by the inner shell
PARTS=$parts OUT=$out NAMESPACE=$namespace xargs -n 2 -P 16 sh -c '
    part=$PARTS/$1.json
    kubectl -n "$NAMESPACE" logs "$2" -c collect --request-timeout=60s >"$part" 2>"$part.err" || exit 0
    if [ "$(wc -l <"$part")" -eq 1 ] && [ -z "$(tail -c 1 "$part")" ] &&
        [ "$(head -c 15 "$part")" = "{\"collection\":{" ]; then
        if grep -qF "\"name\":\"$1\"},\"schema\"" "$part"; then
            mv "$part" "$OUT/snapshots/$1.json" && : >"$PARTS/$1.done"
        else
            echo "the snapshot is of another node" >"$part.err"
        fi
    else
        echo "the log is not one whole snapshot" >"$part.err"
    fi
' sh <"$parts/pods"

: >"$out/missing.txt"
total=0
while read -r node system; do
    total=$((total + 1))
    [ ! -f "$parts/$node.done" ] || continue
    if [ -s "$parts/$node.json.err" ]; then
        reason=$(head -n 1 "$parts/$node.json.err")
    elif [ "${system:-linux}" != linux ]; then
        reason="not a Linux node ($system)"
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
