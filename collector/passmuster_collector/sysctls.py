"""Kernel parameters that every snapshot tells about: the same on nodes of one kind, and those that follow their memory.

What public documents ask of a node: Kubernetes and its distributions, container networks and storage, databases, real
time, packet processing and kernel hardening. No counters, and none that holds a secret, a name or an address.
"""

_LISTED = """
crypto.fips_enabled dev.tty.ldisc_autoload fs.aio-max-nr fs.inotify.max_queued_events fs.inotify.max_user_instances
fs.inotify.max_user_watches fs.may_detach_mounts fs.mount-max fs.mqueue.msg_max fs.mqueue.msgsize_max
fs.mqueue.queues_max fs.nr_open fs.pipe-max-size fs.protected_fifos fs.protected_hardlinks fs.protected_regular
fs.protected_symlinks fs.suid_dumpable kernel.apparmor_restrict_unprivileged_userns kernel.core_uses_pid
kernel.dmesg_restrict kernel.hung_task_panic kernel.hung_task_timeout_secs kernel.io_uring_disabled
kernel.kexec_load_disabled kernel.keys.maxbytes kernel.keys.maxkeys kernel.keys.root_maxbytes
kernel.keys.root_maxkeys kernel.kptr_restrict kernel.modules_disabled kernel.msgmax kernel.msgmnb kernel.msgmni
kernel.nmi_watchdog kernel.numa_balancing kernel.panic kernel.panic_on_oops kernel.panic_on_unrecovered_nmi
kernel.perf_event_paranoid kernel.pid_max kernel.printk kernel.randomize_va_space kernel.sched_autogroup_enabled
kernel.sched_child_runs_first kernel.sched_latency_ns kernel.sched_migration_cost_ns kernel.sched_min_granularity_ns
kernel.sched_rt_period_us kernel.sched_rt_runtime_us kernel.sched_schedstats kernel.sched_util_clamp_min kernel.sem
kernel.shm_rmid_forced kernel.shmall kernel.shmmax kernel.shmmni kernel.softlockup_panic kernel.sysrq
kernel.task_delayacct kernel.timer_migration kernel.unprivileged_bpf_disabled kernel.unprivileged_userns_clone
kernel.watchdog kernel.watchdog_thresh kernel.yama.ptrace_scope net.bridge.bridge-nf-call-arptables
net.bridge.bridge-nf-call-ip6tables net.bridge.bridge-nf-call-iptables net.core.bpf_jit_enable
net.core.bpf_jit_harden net.core.busy_poll net.core.busy_read net.core.default_qdisc net.core.netdev_budget
net.core.netdev_budget_usecs net.core.netdev_max_backlog net.core.optmem_max net.core.rmem_default net.core.rmem_max
net.core.rps_sock_flow_entries net.core.somaxconn net.core.wmem_default net.core.wmem_max
net.ipv4.conf.all.accept_local net.ipv4.conf.all.accept_redirects net.ipv4.conf.all.accept_source_route
net.ipv4.conf.all.arp_announce net.ipv4.conf.all.arp_ignore net.ipv4.conf.all.forwarding
net.ipv4.conf.all.log_martians net.ipv4.conf.all.proxy_arp net.ipv4.conf.all.route_localnet
net.ipv4.conf.all.rp_filter net.ipv4.conf.all.secure_redirects net.ipv4.conf.all.send_redirects
net.ipv4.conf.all.src_valid_mark net.ipv4.conf.default.accept_redirects net.ipv4.conf.default.accept_source_route
net.ipv4.conf.default.arp_announce net.ipv4.conf.default.arp_ignore net.ipv4.conf.default.forwarding
net.ipv4.conf.default.log_martians net.ipv4.conf.default.proxy_arp net.ipv4.conf.default.rp_filter
net.ipv4.conf.default.secure_redirects net.ipv4.conf.default.send_redirects net.ipv4.icmp_echo_ignore_broadcasts
net.ipv4.icmp_ignore_bogus_error_responses net.ipv4.igmp_max_memberships net.ipv4.ip_forward
net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports net.ipv4.ip_no_pmtu_disc net.ipv4.ip_nonlocal_bind
net.ipv4.ip_unprivileged_port_start net.ipv4.neigh.default.gc_interval net.ipv4.neigh.default.gc_stale_time
net.ipv4.neigh.default.gc_thresh1 net.ipv4.neigh.default.gc_thresh2 net.ipv4.neigh.default.gc_thresh3
net.ipv4.ping_group_range net.ipv4.tcp_abort_on_overflow net.ipv4.tcp_congestion_control net.ipv4.tcp_ecn
net.ipv4.tcp_fastopen net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes
net.ipv4.tcp_keepalive_time net.ipv4.tcp_low_latency net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_moderate_rcvbuf
net.ipv4.tcp_mtu_probing net.ipv4.tcp_no_metrics_save net.ipv4.tcp_notsent_lowat net.ipv4.tcp_orphan_retries
net.ipv4.tcp_retries1 net.ipv4.tcp_retries2 net.ipv4.tcp_rfc1337 net.ipv4.tcp_sack
net.ipv4.tcp_slow_start_after_idle net.ipv4.tcp_syn_retries net.ipv4.tcp_synack_retries net.ipv4.tcp_syncookies
net.ipv4.tcp_timestamps net.ipv4.tcp_tw_reuse net.ipv4.tcp_window_scaling net.ipv4.vs.conn_reuse_mode
net.ipv4.vs.conntrack net.ipv4.vs.expire_nodest_conn net.ipv6.bindv6only net.ipv6.conf.all.accept_ra
net.ipv6.conf.all.accept_redirects net.ipv6.conf.all.accept_source_route net.ipv6.conf.all.disable_ipv6
net.ipv6.conf.all.forwarding net.ipv6.conf.all.proxy_ndp net.ipv6.conf.default.accept_ra
net.ipv6.conf.default.accept_redirects net.ipv6.conf.default.accept_source_route net.ipv6.conf.default.disable_ipv6
net.ipv6.conf.default.forwarding net.ipv6.conf.lo.disable_ipv6 net.ipv6.neigh.default.gc_thresh1
net.ipv6.neigh.default.gc_thresh2 net.ipv6.neigh.default.gc_thresh3 net.mptcp.enabled
net.netfilter.nf_conntrack_acct net.netfilter.nf_conntrack_helper net.netfilter.nf_conntrack_tcp_be_liberal
net.netfilter.nf_conntrack_tcp_loose net.netfilter.nf_conntrack_tcp_timeout_close_wait
net.netfilter.nf_conntrack_tcp_timeout_established net.netfilter.nf_conntrack_tcp_timeout_time_wait
net.netfilter.nf_conntrack_timestamp net.netfilter.nf_conntrack_udp_timeout
net.netfilter.nf_conntrack_udp_timeout_stream net.unix.max_dgram_qlen user.max_inotify_instances
vm.compaction_proactiveness vm.dirty_background_bytes vm.dirty_background_ratio vm.dirty_bytes
vm.dirty_expire_centisecs vm.dirty_ratio vm.dirty_writeback_centisecs vm.hugetlb_shm_group vm.legacy_va_layout
vm.max_map_count vm.memory_failure_early_kill vm.memory_failure_recovery vm.mmap_min_addr vm.mmap_rnd_bits
vm.nr_hugepages vm.nr_overcommit_hugepages vm.oom_dump_tasks vm.oom_kill_allocating_task vm.overcommit_kbytes
vm.overcommit_memory vm.overcommit_ratio vm.page-cluster vm.panic_on_oom vm.stat_interval vm.swappiness
vm.unprivileged_userfaultfd vm.vfs_cache_pressure vm.watermark_scale_factor vm.zone_reclaim_mode
"""
_SIZED = """
fs.epoll.max_user_watches fs.file-max kernel.threads-max net.ipv4.tcp_max_orphans net.ipv4.tcp_max_tw_buckets
net.ipv4.tcp_mem net.ipv4.tcp_rmem net.ipv4.tcp_wmem net.ipv4.udp_mem net.netfilter.nf_conntrack_buckets
net.netfilter.nf_conntrack_expect_max net.netfilter.nf_conntrack_max user.max_cgroup_namespaces
user.max_inotify_watches user.max_ipc_namespaces user.max_mnt_namespaces user.max_net_namespaces
user.max_pid_namespaces user.max_user_namespaces user.max_uts_namespaces vm.admin_reserve_kbytes
vm.lowmem_reserve_ratio vm.min_free_kbytes vm.user_reserve_kbytes
"""
LISTED = tuple(_LISTED.split())
"""Sorted, as the schema has them."""
SIZED = tuple(_SIZED.split())
"""Their defaults follow the memory: apart from the others, so that these repeat between nodes."""
