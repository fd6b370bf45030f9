"""All sections of a snapshot, in one list; a new one is added here."""

from passmuster_collector.facts import (
    boot,
    cgroup,
    cpu,
    devices,
    iommu,
    kernel,
    kernel_config,
    kernel_modules,
    kubernetes,
    memory,
    network,
    os_release,
    runtime,
    security,
    storage,
    sysctl_sized,
    virtualization,
)
from passmuster_collector.section import Section

SECTIONS = (
    Section("boot", boot.FIELDS, boot.collect),
    Section("cgroup", cgroup.FIELDS, cgroup.collect),
    Section("cpu", cpu.FIELDS, cpu.collect),
    Section("devices", devices.FIELDS, devices.collect),
    Section("iommu", iommu.FIELDS, iommu.collect),
    Section("kernel", kernel.FIELDS, kernel.collect),
    Section("kernel_config", kernel_config.FIELDS, kernel_config.collect),
    Section("kernel_modules", kernel_modules.FIELDS, kernel_modules.collect),
    Section("kubernetes", kubernetes.FIELDS, kubernetes.collect),
    Section("memory", memory.FIELDS, memory.collect),
    Section("network", network.FIELDS, network.collect),
    Section("os", os_release.FIELDS, os_release.collect),
    Section("runtime", runtime.FIELDS, runtime.collect),
    Section("security", security.FIELDS, security.collect),
    Section("storage", storage.FIELDS, storage.collect),
    Section("sysctl_sized", sysctl_sized.FIELDS, sysctl_sized.collect),
    Section("virtualization", virtualization.FIELDS, virtualization.collect),
)
