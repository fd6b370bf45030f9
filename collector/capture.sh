#!/bin/sh
# What the collector reads, for a node without Python: a tar of raw files on standard output, and a list of what was
# absent and what was denied. At home `passmuster collect --from CAPTURE.tar` makes of it the snapshot that the
# collector would have made here. Needs tar, ls, head and a shell (dash, busybox ash, bash); changes nothing, and
# opens a device only where its driver is there. Raw files may hold secrets (command lines): treat it as confidential.
set -u

usage='usage: capture.sh [ROOT] >CAPTURE.tar   (ROOT: a whole host mounted there; default: this host)'
case ${1-} in -*)
    printf '%s\n' "$usage"
    [ "$1" = -h ] || [ "$1" = --help ]
    exit
    ;;
esac
[ $# -le 1 ] || {
    printf '%s\n' "$usage" >&2
    exit 2
}
[ ! -t 1 ] || {
    printf 'capture.sh: standard output is a terminal (%s)\n' "$usage" >&2
    exit 2
}
kind=live root=
if [ $# -eq 1 ]; then
    kind=root root=${1%/}
    [ -d "$root/" ] || {
        printf 'capture.sh: %s is no folder\n' "$1" >&2
        exit 2
    }
fi

LC_ALL=C
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset QUOTING_STYLE CDPATH
umask 077
stage=$(mktemp -d "${TMPDIR:-/tmp}/passmuster.XXXXXX") || exit 2
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT TERM HUP
err=$stage/err
tree=$stage/capture
mkdir "$tree"
exec 3>"$tree/passmuster-capture.tsv"
limited() { shift; "$@"; }
if timeout 5 true 2>/dev/null; then
    limited() { timeout "$@"; }
fi

# One line a look: the path, what was asked, the answer or "!" and the system's words.
note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >&3; }

# The system's words: what stands behind the last colon of the last line of a message.
refused() {
    why=
    while IFS= read -r line || [ -n "$line" ]; do why=$line; done <"$err"
    note "$1" "$2" "!${why##*: }"
}

# Below another root links are followed here, so that none leads out. Sets real.
where() {
    real=$1
    [ -n "$root" ] || return 0
    walked='' rest=$1 links=0
    while [ -n "$rest" ]; do
        step=${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest='' ;; esac
        case $step in '' | .) continue ;; ..) walked=${walked%/*} && continue ;; esac
        if [ -L "$root$walked/$step" ] && { [ -n "$rest" ] || [ "$2" = follow ]; }; then
            links=$((links + 1))
            target=$(readlink -- "$root$walked/$step"; printf x)
            target=${target%?x}
            if [ $links -gt 40 ]; then
                note "$1" stat '!Too many levels of symbolic links'
                return 1
            fi
            case $target in /*) walked='' ;; esac
            rest=$target/$rest
        else
            walked=$walked/$step
        fi
    done
    real=$root${walked:-/}
}

# What ls says of a path: inode, mode, owner, group, size or numbers. Sets mode, owner, major and minor.
status() {
    mode='' owner='' group='' major='' minor=''
    # shellcheck disable=SC2086 # flags
    if line=$(ls $3 -- "$real" 2>"$err"); then
        set -f
        # shellcheck disable=SC2086 # fields
        set -- "$1" "$2" $line '' ''
        set +f
        mode=$4 owner=$6 group=$7 major=$8 minor=$9
        note "$1" "$2" "$3 $4 $6 $7 $8 $9"
    else
        refused "$1" "$2"
        return 1
    fi
}

node() {
    where "$1" follow || return 1
    if [ -n "$root" ]; then status "$1" stat -lidn; else status "$1" stat -lidnL; fi
}

file() {
    node "$1" || return 0
    case $mode in -*) ;; *) return 0 ;; esac
    mkdir -p "$tree/host${1%/*}"
    limited 10 head -c "${2:-1048577}" -- "$real" >"$tree/host$1" 2>"$err"
    case $? in
    0) note "$1" file ok ;;
    124) note "$1" file timeout && rm -f "$tree/host$1" ;;
    *) refused "$1" file && rm -f "$tree/host$1" ;;
    esac
}

names() {
    node "$1" || return 0
    case $mode in d*) ;; *) return 0 ;; esac
    listing=$tree/names$1.list
    mkdir -p "${listing%/*}"
    (
        cd "$real" 2>/dev/null || exit
        for name in * .*; do
            case $name in . | ..) continue ;; esac
            if [ -e "$name" ] || [ -L "$name" ]; then printf '%s\0' "$name"; fi
        done
    ) >"$listing"
    if [ ! -s "$listing" ]; then
        # Empty, not to be entered, or not to be read: ls tells, but fails in /proc where a process ends meanwhile.
        ls -1a -- "$real" >"$stage/lines" 2>"$err" || {
            refused "$1" names
            return 0
        }
        while IFS= read -r name; do
            case $name in . | ..) ;; *) printf '%s\0' "$name" ;; esac
        done <"$stage/lines" >"$listing"
    fi
    note "$1" names ok
}

link() {
    where "$1" stay || return 0
    if target=$(readlink -- "$real"); then
        note "$1" link "$target"
    else
        ls -ld -- "$real" >/dev/null 2>"$err"
        refused "$1" link
    fi
}

# A device is opened only where that loads no driver: it is the registered one.
device() {
    node "$1"
    found=$mode,$major$minor
    where "$1" stay && status "$1" lstat -lidn
    [ -f "$tree/host/proc/misc" ] || return 0
    number=$3
    while read -r registered driver; do
        [ "$driver" = "$2" ] || continue
        [ "$3" != any ] || number=$registered
        case $found in c*,10,"$number")
            where "$1" follow || return 0
            # shellcheck disable=SC2188 # opening is all
            if (: <>"$real") 2>"$err"; then note "$1" try ok; else refused "$1" try; fi
            ;;
        esac
    done <"$tree/host/proc/misc"
}

# A program of this host, if only root can have written it; its output is kept up to a limit.
run() {
    [ "$kind" = live ] && node "$1" || return 1
    case $owner:$mode in 0:?????w* | 0:????????w*) return 0 ;; 0:*) ;; *) return 0 ;; esac
    timeout 5 true 2>/dev/null || return 0
    mkdir -p "$tree/run"
    count=$((count + 1))
    {
        cd / && env -i LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin timeout 3 "$@" </dev/null 2>/dev/null
        echo $? >"$stage/status"
    } | head -c 65536 >"$tree/run/$count"
    note "$*" run "$count $(cat "$stage/status")"
}
count=0

note kind "$kind" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
for field in n r v m; do note uname $field "$(uname -$field)"; done
folder=$(cd "$root/" && pwd -P)
note id folder "${folder##*/}"
note id u "$(id -u)"
note id g "$(id -g)"

# shellcheck disable=SC2043 # lists
for path in /proc /sys/kernel /dev/null /sys/fs/selinux /sys/firmware/uv /sys/module/nf_tables \
    /proc/sys/fs /proc/sys/kernel /proc/sys/net /proc/sys/net/ipv6 /proc/sys/vm \
    /proc/self/net/dev /proc/1/net/dev \
    /.dockerenv /run/.containerenv /run/systemd/container \
    /var/lib/rpm /usr/lib/sysimage/rpm \
    /var/run/tdx-qgs/qgs.socket \
    /run/k3s/cri-dockerd/cri-dockerd.sock /run/k3s/containerd/containerd.sock \
    /run/docker.sock /run/containerd/containerd.sock /run/crio/crio.sock \
    /var/lib/kubelet/pod-resources/kubelet.sock /run/cri-dockerd-mke.sock /run/k0s/containerd.sock \
    /var/snap/microk8s/common/run/containerd.sock /snap/microk8s/current/kubelite \
    /usr/local/bin/k3s /usr/bin/k3s /opt/bin/k3s /usr/local/bin/rke2 /usr/bin/rke2 /opt/rke2/bin/rke2 \
    /usr/local/bin/k0s /usr/bin/k0s; do
    node "$path"
done
for switch in disable force-complain; do
    path=/etc/apparmor.d/$switch/usr.sbin.libvirtd
    where "$path" stay && status "$path" lstat -lidn
done
for path in /proc/self/ns/pid /proc/self/ns/net /proc/1/ns/net /proc/1/ns/mnt; do link "$path"; done
for path in /proc/cpuinfo /var/lib/dpkg/status; do file "$path" 8388609; done
for path in /proc/mounts /proc/self/mounts /proc/1/mounts /proc/self/mountinfo /proc/1/mountinfo; do file "$path" 16777217; done
clock=/sys/devices/system/clocksource/clocksource0
for path in /proc/version /proc/1/comm /proc/cmdline /proc/cgroups /proc/misc /proc/modules /proc/config.gz /proc/meminfo /proc/sysinfo \
    /proc/sys/kernel/hostname /proc/sys/kernel/osrelease /proc/sys/kernel/version \
    /etc/hostname /etc/machine-id /etc/os-release /usr/lib/os-release \
    $clock/available_clocksource $clock/current_clocksource \
    /sys/firmware/acpi/tables/IORT /sys/firmware/devicetree/base/compatible \
    /sys/firmware/devicetree/base/hypervisor/compatible /sys/firmware/uv/prot_virt_host \
    /sys/hypervisor/type /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name \
    /sys/kernel/mm/ksm/run /sys/kernel/security/lsm /sys/kernel/security/lockdown /sys/fs/selinux/enforce \
    /sys/module/apparmor/parameters/enabled /etc/apparmor.d/usr.sbin.libvirtd /etc/apparmor.d/local/usr.sbin.libvirtd \
    /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/cpu_manager_state \
    /etc/default/kubelet /etc/sysconfig/kubelet /etc/init.d/kubelet /etc/conf.d/kubelet; do
    file "$path"
done
for parameter in crypto/fips_enabled dev/tty/ldisc_autoload fs/aio-max-nr fs/epoll/max_user_watches fs/file-max \
    fs/inotify/max_queued_events fs/inotify/max_user_instances fs/inotify/max_user_watches fs/may_detach_mounts \
    fs/mount-max fs/mqueue/msg_max fs/mqueue/msgsize_max fs/mqueue/queues_max fs/nr_open fs/pipe-max-size \
    fs/protected_fifos fs/protected_hardlinks fs/protected_regular fs/protected_symlinks fs/suid_dumpable \
    kernel/apparmor_restrict_unprivileged_userns kernel/core_uses_pid kernel/dmesg_restrict kernel/hung_task_panic \
    kernel/hung_task_timeout_secs kernel/io_uring_disabled kernel/kexec_load_disabled kernel/keys/maxbytes \
    kernel/keys/maxkeys kernel/keys/root_maxbytes kernel/keys/root_maxkeys kernel/kptr_restrict \
    kernel/modules_disabled kernel/msgmax kernel/msgmnb kernel/msgmni kernel/nmi_watchdog kernel/numa_balancing \
    kernel/panic kernel/panic_on_oops kernel/panic_on_unrecovered_nmi kernel/perf_event_paranoid kernel/pid_max \
    kernel/printk kernel/randomize_va_space kernel/sched_autogroup_enabled kernel/sched_child_runs_first \
    kernel/sched_latency_ns kernel/sched_migration_cost_ns kernel/sched_min_granularity_ns kernel/sched_rt_period_us \
    kernel/sched_rt_runtime_us kernel/sched_schedstats kernel/sched_util_clamp_min kernel/sem kernel/shm_rmid_forced \
    kernel/shmall kernel/shmmax kernel/shmmni kernel/softlockup_panic kernel/sysrq kernel/task_delayacct \
    kernel/threads-max kernel/timer_migration kernel/unprivileged_bpf_disabled kernel/unprivileged_userns_clone \
    kernel/watchdog kernel/watchdog_thresh kernel/yama/ptrace_scope net/bridge/bridge-nf-call-arptables \
    net/bridge/bridge-nf-call-ip6tables net/bridge/bridge-nf-call-iptables net/core/bpf_jit_enable \
    net/core/bpf_jit_harden net/core/busy_poll net/core/busy_read net/core/default_qdisc net/core/netdev_budget \
    net/core/netdev_budget_usecs net/core/netdev_max_backlog net/core/optmem_max net/core/rmem_default \
    net/core/rmem_max net/core/rps_sock_flow_entries net/core/somaxconn net/core/wmem_default net/core/wmem_max \
    net/ipv4/conf/all/accept_local net/ipv4/conf/all/accept_redirects net/ipv4/conf/all/accept_source_route \
    net/ipv4/conf/all/arp_announce net/ipv4/conf/all/arp_ignore net/ipv4/conf/all/forwarding \
    net/ipv4/conf/all/log_martians net/ipv4/conf/all/proxy_arp net/ipv4/conf/all/route_localnet \
    net/ipv4/conf/all/rp_filter net/ipv4/conf/all/secure_redirects net/ipv4/conf/all/send_redirects \
    net/ipv4/conf/all/src_valid_mark net/ipv4/conf/default/accept_redirects \
    net/ipv4/conf/default/accept_source_route net/ipv4/conf/default/arp_announce net/ipv4/conf/default/arp_ignore \
    net/ipv4/conf/default/forwarding net/ipv4/conf/default/log_martians net/ipv4/conf/default/proxy_arp \
    net/ipv4/conf/default/rp_filter net/ipv4/conf/default/secure_redirects net/ipv4/conf/default/send_redirects \
    net/ipv4/icmp_echo_ignore_broadcasts net/ipv4/icmp_ignore_bogus_error_responses net/ipv4/igmp_max_memberships \
    net/ipv4/ip_forward net/ipv4/ip_local_port_range net/ipv4/ip_local_reserved_ports net/ipv4/ip_no_pmtu_disc \
    net/ipv4/ip_nonlocal_bind net/ipv4/ip_unprivileged_port_start net/ipv4/neigh/default/gc_interval \
    net/ipv4/neigh/default/gc_stale_time net/ipv4/neigh/default/gc_thresh1 net/ipv4/neigh/default/gc_thresh2 \
    net/ipv4/neigh/default/gc_thresh3 net/ipv4/ping_group_range net/ipv4/tcp_abort_on_overflow \
    net/ipv4/tcp_congestion_control net/ipv4/tcp_ecn net/ipv4/tcp_fastopen net/ipv4/tcp_fin_timeout \
    net/ipv4/tcp_keepalive_intvl net/ipv4/tcp_keepalive_probes net/ipv4/tcp_keepalive_time net/ipv4/tcp_low_latency \
    net/ipv4/tcp_max_orphans net/ipv4/tcp_max_syn_backlog net/ipv4/tcp_max_tw_buckets net/ipv4/tcp_mem \
    net/ipv4/tcp_moderate_rcvbuf net/ipv4/tcp_mtu_probing net/ipv4/tcp_no_metrics_save net/ipv4/tcp_notsent_lowat \
    net/ipv4/tcp_orphan_retries net/ipv4/tcp_retries1 net/ipv4/tcp_retries2 net/ipv4/tcp_rfc1337 net/ipv4/tcp_rmem \
    net/ipv4/tcp_sack net/ipv4/tcp_slow_start_after_idle net/ipv4/tcp_syn_retries net/ipv4/tcp_synack_retries \
    net/ipv4/tcp_syncookies net/ipv4/tcp_timestamps net/ipv4/tcp_tw_reuse net/ipv4/tcp_window_scaling \
    net/ipv4/tcp_wmem net/ipv4/udp_mem net/ipv4/vs/conn_reuse_mode net/ipv4/vs/conntrack \
    net/ipv4/vs/expire_nodest_conn net/ipv6/bindv6only net/ipv6/conf/all/accept_ra \
    net/ipv6/conf/all/accept_redirects net/ipv6/conf/all/accept_source_route net/ipv6/conf/all/disable_ipv6 \
    net/ipv6/conf/all/forwarding net/ipv6/conf/all/proxy_ndp net/ipv6/conf/default/accept_ra \
    net/ipv6/conf/default/accept_redirects net/ipv6/conf/default/accept_source_route \
    net/ipv6/conf/default/disable_ipv6 net/ipv6/conf/default/forwarding net/ipv6/conf/lo/disable_ipv6 \
    net/ipv6/neigh/default/gc_thresh1 net/ipv6/neigh/default/gc_thresh2 net/ipv6/neigh/default/gc_thresh3 \
    net/mptcp/enabled net/netfilter/nf_conntrack_acct net/netfilter/nf_conntrack_buckets \
    net/netfilter/nf_conntrack_expect_max net/netfilter/nf_conntrack_helper net/netfilter/nf_conntrack_max \
    net/netfilter/nf_conntrack_tcp_be_liberal net/netfilter/nf_conntrack_tcp_loose \
    net/netfilter/nf_conntrack_tcp_timeout_close_wait net/netfilter/nf_conntrack_tcp_timeout_established \
    net/netfilter/nf_conntrack_tcp_timeout_time_wait net/netfilter/nf_conntrack_timestamp \
    net/netfilter/nf_conntrack_udp_timeout net/netfilter/nf_conntrack_udp_timeout_stream net/unix/max_dgram_qlen \
    user/max_cgroup_namespaces user/max_inotify_instances user/max_inotify_watches user/max_ipc_namespaces \
    user/max_mnt_namespaces user/max_net_namespaces user/max_pid_namespaces user/max_user_namespaces \
    user/max_uts_namespaces vm/admin_reserve_kbytes vm/compaction_proactiveness vm/dirty_background_bytes \
    vm/dirty_background_ratio vm/dirty_bytes vm/dirty_expire_centisecs vm/dirty_ratio vm/dirty_writeback_centisecs \
    vm/hugetlb_shm_group vm/legacy_va_layout vm/lowmem_reserve_ratio vm/max_map_count vm/memory_failure_early_kill \
    vm/memory_failure_recovery vm/min_free_kbytes vm/mmap_min_addr vm/mmap_rnd_bits vm/nr_hugepages \
    vm/nr_overcommit_hugepages vm/oom_dump_tasks vm/oom_kill_allocating_task vm/overcommit_kbytes \
    vm/overcommit_memory vm/overcommit_ratio vm/page-cluster vm/panic_on_oom vm/stat_interval vm/swappiness \
    vm/unprivileged_userfaultfd vm/user_reserve_kbytes vm/vfs_cache_pressure vm/watermark_scale_factor \
    vm/zone_reclaim_mode; do
    file "/proc/sys/$parameter"
done
for parameter in kvm/halt_poll_ns kvm/nested kvm_amd/avic kvm_amd/nested kvm_amd/npt kvm_amd/sev kvm_amd/sev_es \
    kvm_amd/sev_snp kvm_hv/nested kvm_intel/enable_apicv kvm_intel/ept kvm_intel/nested kvm_intel/tdx \
    kvm_intel/unrestricted_guest; do
    file "/sys/module/${parameter%/*}/parameters/${parameter#*/}"
done
for path in /proc /sys/firmware/acpi/tables /sys/kernel/iommu_groups /sys/class/iommu /sys/bus/pci/devices \
    /sys/kernel/mm/hugepages; do
    names "$path"
done
# Most groups have no name: what is not there costs no process.
where /sys/kernel/iommu_groups follow && for group in "$real"/*; do
    path=/sys/kernel/iommu_groups/${group##*/}/name
    case ${group##*/} in *[!0-9]*) continue ;; esac
    if [ -x "$group" ] && [ ! -e "$group/name" ]; then note "$path" stat '!No such file or directory'; else file "$path"; fi
done
device /dev/iommu iommu any
device /dev/kvm kvm 232
device /dev/net/tun tun 200
device /dev/sev sev any
device /dev/vfio/vfio vfio 196
device /dev/vhost-net vhost-net 238
device /dev/vhost-vsock vhost-vsock 241

where /sys/kernel/mm/hugepages follow &&
    for size in "$real"/hugepages-*kB; do file "/sys/kernel/mm/hugepages/${size##*/}/nr_hugepages"; done

# The unified hierarchy, wherever it is mounted: points are written with octal escapes for blanks.
for table in mounts 1/mounts self/mounts; do
    [ ! -f "$tree/host/proc/$table" ] || cat "$tree/host/proc/$table"
done | sort -u | while read -r _ point type _; do
    [ "$type" = cgroup2 ] || continue
    point=$(printf '%b' "$(printf '%s\n' "$point" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')")
    case $point in *"	"*) continue ;; esac
    for name in cgroup.controllers cgroup.subtree_control misc.capacity; do file "${point%/}/$name"; done
done

{
    uname -r
    [ ! -f "$tree/host/proc/sys/kernel/osrelease" ] || cat "$tree/host/proc/sys/kernel/osrelease"
    [ ! -f "$tree/host/proc/version" ] || sed 's/^Linux version \([^ ]*\).*/\1/' "$tree/host/proc/version"
} | sort -u | while IFS= read -r release; do
    case $release in '' | . | .. | */*) continue ;; esac
    for path in "/boot/config-$release" "/lib/modules/$release/config" "/usr/lib/modules/$release/config" \
        "/lib/modules/$release/modules.builtin" "/usr/lib/modules/$release/modules.builtin"; do
        file "$path"
    done
    for path in "/lib/modules/$release/modules.dep" "/usr/lib/modules/$release/modules.dep"; do file "$path" 16777217; done
done

where / stay && status / lstat -lidn
top=$owner guarded=yes
[ "$kind" = live ] || [ -e "$root/proc/self" ] || guarded=no
# A file that a unit or a command line names: also who owns it, the folders above it and the links on the way. Where a
# kernel runs, what others than root may have written is not read.
named() {
    case $1 in *"	"* | /proc/* | /sys/* | /dev/*) return 0 ;; /*) ;; *) return 0 ;; esac
    trail='' steps=${1#/} jumps=0
    while [ -n "$steps" ]; do
        part=${steps%%/*}
        case $steps in */*) steps=${steps#*/} ;; *) steps='' ;; esac
        case $part in '' | .) continue ;; ..) trail=${trail%/*} && continue ;; esac
        where "$trail/$part" stay && status "$trail/$part" lstat -lidn || break
        case $guarded:$owner:$group:$mode in
        no:* | yes:$top:*:l* | yes:0:*:l*) ;;
        yes:$top:*:?????-??-* | yes:0:*:?????-??-* | yes:$top:0:????????-* | yes:0:0:????????-*) ;;
        *) return 0 ;;
        esac
        case $trail/$part/ in /proc/* | /sys/* | /dev/*) return 0 ;; esac
        case $mode in
        l*)
            jumps=$((jumps + 1))
            [ $jumps -le 40 ] || break
            link "$trail/$part"
            case $target in /*) trail='' ;; esac
            steps=$target/$steps
            ;;
        *) trail=$trail/$part ;;
        esac
    done
    case $2 in
    file) file "$1" ;;
    folder) names "$1" ;;
    esac
}

# What units, command lines and environments say, a word a line.
words() {
    find "$tree/host" -type f \( -name cmdline -o ! -path "$tree/host/proc/*" ! -path "$tree/host/sys/*" \
        ! -path '*/dpkg/*' ! -path '*/modules/*' ! -path "$tree/host/boot/*" \) -exec cat {} + 2>/dev/null |
        tr -s '\0 \t"\\'\' '\n\n\n\n\n\n'
}

# The runtimes and the kubelet: their processes and units, and what those name.
where /proc follow && for process in "$real"/[0-9]*; do
    comm=
    { read -r comm <"$process/comm"; } 2>/dev/null
    case $comm in
    kubelet | dockerd | dockerd-current | dockerd-latest | containerd | crio | k3s | k3s-server | k3s-agent | rke2 | \
        k0s | kubelite | hyperkube)
        for name in comm status; do file "/proc/${process##*/}/$name"; done
        [ "$comm" != kubelet ] || file "/proc/${process##*/}/cmdline"
        for name in exe ns/mnt; do link "/proc/${process##*/}/$name"; done
        target=$(readlink -- "$process/exe" 2>/dev/null) || continue
        target=${target% (deleted)}
        named "$target" stat
        case $target in /*) printf '%s\n' "$target" >>"$stage/programs" ;; esac
        ;;
    esac
done
for folder in /etc/systemd/system.control /run/systemd/system.control /run/systemd/transient \
    /run/systemd/generator.early /etc/systemd/system /run/systemd/system /run/systemd/generator \
    /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system /run/systemd/generator.late; do
    case $folder in /usr/lib/* | /lib/*) names "$folder" ;; esac
    [ "$kind" = live ] || for unit in k3s k3s-agent rke2-server rke2-agent k0scontroller k0sworker \
        snap.microk8s.daemon-kubelite; do
        file "$folder/$unit.service"
    done
    for unit in kubelet.service snap.kubelet.daemon.service docker.service snap.docker.dockerd.service \
        containerd.service crio.service cri-o.service service; do
        [ $unit = service ] || file "$folder/$unit"
        names "$folder/$unit.d"
        where "$folder/$unit.d" follow &&
            for drop_in in "$real"/*.conf "$real"/.*.conf; do
                if [ -e "$drop_in" ] || [ -L "$drop_in" ]; then file "$folder/$unit.d/${drop_in##*/}"; fi
            done
    done
done
words | sed -n 's/^EnvironmentFile=-\{0,1\}//p' | sed 's/%%/%/g' | sort -u | while IFS= read -r path; do
    case $path in
    *[*?[]*)
        named "${path%/*}" folder
        where "${path%/*}" follow || continue
        for match in "$real"/${path##*/}; do [ ! -e "$match" ] || named "${path%/*}/${match##*/}" file; done
        ;;
    *) named "$path" file ;;
    esac
done
for option in config config-dir root-dir; do
    option=$(printf '%s\n' "$option" | sed 's/-/[-_]/g')
    words | sed -n -e "/^--$option\$/{n;p;}" -e "s/.*--$option=//p" | tr -s / | sort -u | while IFS= read -r path; do
        case $option in
        config) named "$path" file ;;
        root*) named "${path%/}/cpu_manager_state" file ;;
        *)
            named "$path" folder
            where "$path" follow &&
                for drop_in in "$real"/*; do
                    if [ -e "$drop_in" ] || [ -L "$drop_in" ]; then named "${path%/}/${drop_in##*/}" file; fi
                done
            ;;
        esac
    done
done
named /var/lib/kubelet/cpu_manager_state file

# The daemons: what runs, what units start, and the first of each that is found elsewhere are asked for their versions.
for program in containerd crio dockerd kubelet; do
    case $program in
    containerd)
        others='/var/lib/rancher/k3s/data/current/bin/containerd /var/lib/rancher/rke2/bin/containerd
            /var/lib/k0s/bin/containerd /snap/microk8s/current/bin/containerd /opt/kube/bin/containerd'
        ;;
    dockerd)
        others='/usr/bin/dockerd-current /usr/bin/dockerd-latest /snap/docker/current/bin/dockerd
            /opt/kube/bin/dockerd'
        ;;
    kubelet) others='/var/lib/rancher/rke2/bin/kubelet /var/lib/k0s/bin/kubelet /opt/kube/bin/kubelet' ;;
    *) others='' ;;
    esac
    asked=
    for folder in /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /opt/bin /bin /sbin; do
        node "$folder/$program" && asked=${asked:-$folder/$program}
    done
    for path in $others; do node "$path" && asked=${asked:-$path}; done
    {
        [ -z "$asked" ] || printf '%s\n' "$asked"
        words | sed -n "s|^\(ExecStart=\)\{0,1\}[-@:+!]*\(/.*/$program\)\$|\2|p"
        sed -n "/\/$program\$/p" "$stage/programs"
    } 2>/dev/null | sort -u >"$stage/asked"
    while IFS= read -r path; do
        case $path in *"	"* | *" "*) ;; *) run "$path" --version ;; esac
    done <"$stage/asked"
done
run /usr/bin/rpm -q container-selinux

exec 3>&-
tar -cf - -C "$tree" .
