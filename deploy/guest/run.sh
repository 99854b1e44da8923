#!/usr/bin/env bash
# run.sh KERNEL INITRD DISK NIC TAP: the guest, its console on standard input and output, until it
# switches itself off. NIC is QEMU's name of a card (virtio-net-pci, e1000e, vmxnet3), TAP an
# interface of the network namespace one is in. Cpu 1 is isolated, without a timer tick: it is the
# engine's.
set -euo pipefail

die() { printf 'guest: %s\n' "$*" >&2 && exit 1; }

[[ $# -eq 5 ]] || die "usage: run.sh KERNEL INITRD DISK NIC TAP"
kernel=$1 initrd=$2 disk=$3 nic=$4 tap=$5

card="$nic,netdev=n0,mac=52:54:00:53:4b:52,romfile="
# Without iommu_platform the emulated card would reach past the IOMMU.
[[ $nic != virtio-* ]] || card+=,iommu_platform=on,disable-legacy=on

# The IOMMU comes before what stands behind it; without intremap vfio-pci refuses.
exec qemu-system-x86_64 -name saker-guest -machine q35,kernel-irqchip=split \
  -accel tcg,thread=multi -cpu max -smp 2,sockets=1,cores=2,threads=1 -m "${SAKER_GUEST_MB:-1024}" \
  -nodefaults -no-user-config -display none -monitor none -no-reboot \
  -device intel-iommu,intremap=on,caching-mode=on \
  -drive "file=$disk,if=none,id=d0,format=raw,cache=writeback" -device virtio-blk-pci,drive=d0 \
  -netdev "tap,id=n0,ifname=$tap,script=no,downscript=no,vhost=off" -device "$card" \
  -serial stdio -kernel "$kernel/vmlinuz" -initrd "$initrd" \
  -append "console=ttyS0 quiet panic=-1 isolcpus=nohz,domain,managed_irq,1 nohz_full=1 rcu_nocbs=1 \
irqaffinity=0 intel_iommu=on nowatchdog tsc=reliable clocksource=tsc transparent_hugepage=never"
