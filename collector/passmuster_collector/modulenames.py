"""Kernel modules of which every snapshot tells whether the node has them; `--full` tells about all of them.

Virtual machines, container networks and storage, accelerators, file systems, and what hardening guides want to be away.
"""

_NAMES = """
8021q 9p 9pnet_virtio act_bpf act_gact act_mirred act_police af_alg af_packet algif_hash algif_skcipher amd64_edac
amdgpu amdkfd arp_tables aufs autofs4 bonding br_netfilter brd bridge btrfs cachefiles can ceph cifs cls_bpf
cls_flower cls_u32 configfs cramfs crc32c_generic cuse dccp dm_cache dm_crypt dm_integrity dm_log dm_mirror dm_mod
dm_multipath dm_raid dm_round_robin dm_service_time dm_snapshot dm_thin_pool dm_verity dm_writecache drbd dummy
ebtable_filter ebtables efivarfs erofs esp4 esp6 exfat ext4 f2fs fat freevxfs fuse gdrdrv geneve gfs2 gre hfs
hfsplus i40e i915 iavf ib_core ib_ipoib ib_iser ib_isert ib_umad ib_uverbs ice ifb igb_uio iommufd ip6_tables
ip6_tunnel ip6t_REJECT ip6table_filter ip6table_mangle ip6table_nat ip6table_raw ip_gre ip_set ip_set_bitmap_port
ip_set_hash_ip ip_set_hash_ipport ip_set_hash_ipportip ip_set_hash_ipportnet ip_set_hash_net ip_set_hash_netport
ip_set_list_set ip_tables ip_tunnel ip_vs ip_vs_lc ip_vs_rr ip_vs_sh ip_vs_wrr ipip ipmi_devintf ipmi_si ipt_REJECT
iptable_filter iptable_mangle iptable_nat iptable_raw ipvlan ipvtap irdma iscsi_ibft iscsi_target_mod iscsi_tcp
isofs iw_cm ixgbe ixgbevf jffs2 kvm kvm_amd kvm_hv kvm_intel kvm_pr libcrc32c libiscsi libiscsi_tcp llc loop lz4
lz4_compress macsec macvlan macvtap mdev megaraid_sas mlx4_core mlx5_core mlx5_ib mlxfw mpls_iptunnel mpls_router
mptcp_diag msr nbd net_failover netconsole netkit nf_conntrack nf_conntrack_ftp nf_conntrack_ipv4 nf_conntrack_ipv6
nf_conntrack_netlink nf_conntrack_tftp nf_defrag_ipv4 nf_defrag_ipv6 nf_flow_table nf_log_syslog nf_nat nf_nat_ftp
nf_nat_ipv4 nf_nat_tftp nf_reject_ipv4 nf_socket_ipv4 nf_tables nf_tproxy_ipv4 nfnetlink nfnetlink_log
nfnetlink_queue nfs nfs_layout_flexfiles nfsd nfsv3 nfsv4 nft_chain_nat nft_compat nft_ct nft_fib nft_fib_inet
nft_limit nft_log nft_masq nft_nat nft_numgen nft_redir nft_reject nft_socket nft_tproxy nouveau ntfs3 nvidia
nvidia_drm nvidia_fs nvidia_modeset nvidia_peermem nvidia_uvm nvme nvme_core nvme_fabrics nvme_fc nvme_rdma nvme_tcp
nvmet nvmet_tcp ocfs2 openvswitch overlay pci_stub pcspkr ppp_generic psample ptp_kvm raid1 raid10 raid456 rbd
rdma_cm rdma_rxe rdma_ucm rds rpcrdma rpcsec_gss_krb5 sch_fq sch_fq_codel sch_htb sch_ingress sch_netem sch_sfq
sch_tbf scsi_dh_alua scsi_transport_iscsi sctp sd_mod sfc softdog squashfs sr_mod sunrpc tap target_core_file
target_core_iblock target_core_mod target_core_user tcm_loop tcp_bbr tcp_dctcp team tipc tls tun ublk_drv udf
udp_tunnel uio uio_pci_generic usb_storage userio vboxdrv vdpa veth vfat vfio vfio_ap vfio_ccw vfio_iommu_type1
vfio_mdev vfio_pci vfio_pci_core vhost vhost_net vhost_scsi vhost_vdpa vhost_vsock virtio_balloon virtio_blk
virtio_console virtio_fs virtio_iommu virtio_mem virtio_net virtio_pci virtio_pmem virtio_rng virtio_scsi virtiofs
vmw_vsock_virtio_transport vport_geneve vport_vxlan vrf vsock vsock_loopback vxlan wireguard xfrm_interface
xfrm_user xfs xsk_diag xt_CHECKSUM xt_CONNSECMARK xt_CT xt_LOG xt_MASQUERADE xt_NFLOG xt_NFQUEUE xt_REDIRECT
xt_TCPMSS xt_TPROXY xt_addrtype xt_bpf xt_cgroup xt_comment xt_connlimit xt_connmark xt_conntrack xt_dscp
xt_hashlimit xt_iprange xt_ipvs xt_limit xt_mac xt_mark xt_multiport xt_nat xt_owner xt_physdev xt_pkttype xt_policy
xt_recent xt_rpfilter xt_set xt_socket xt_state xt_statistic xt_string xt_tcpmss xt_tcpudp xt_u32 zfs zram
"""
LISTED = tuple(_NAMES.split())
"""Sorted, with `_` for `-`, as /proc/modules writes names; the schema lists the same ones."""
