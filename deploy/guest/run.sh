#!/usr/bin/env bash
# run.sh KERNEL INITRD DISK TAP=NIC...: the guest, its console on standard input and output, until
# it switches itself off. NIC is QEMU's name of a card (virtio-net-pci, e1000e, vmxnet3), TAP an
# interface of the network namespace one is in. Cpu 1 is isolated, without a timer tick: it is the
# engine's.
set -euo pipefail

die() { printf 'guest: %s\n' "$*" >&2 && exit 1; }

[[ $# -ge 4 ]] || die "usage: run.sh KERNEL INITRD DISK TAP=NIC..."
kernel=$1 initrd=$2 disk=$3
shift 3

cards=()
for each in "$@"; do
  tap=${each%%=*} nic=${each#*=} number=$((${#cards[@]} / 4 + 1))
  card="$nic,netdev=n$number,mac=52:54:00:53:4b:5$number,romfile="
  # Without iommu_platform the emulated card would reach past the IOMMU.
  [[ $nic != virtio-* ]] || card+=,iommu_platform=on,disable-legacy=on
  cards+=(-netdev "tap,id=n$number,ifname=$tap,script=no,downscript=no,vhost=off" -device "$card")
done

# The IOMMU comes before what stands behind it; without intremap vfio-pci refuses. no_timer_check: a
# kernel that asks whether its timer ticks must not ask a machine whose own processor is busy.
exec qemu-system-x86_64 -name saker-guest -machine q35,kernel-irqchip=split \
  -accel tcg,thread=multi -cpu max -smp 2,sockets=1,cores=2,threads=1 -m "${SAKER_GUEST_MB:-1024}" \
  -nodefaults -no-user-config -display none -monitor none -no-reboot \
  -device intel-iommu,intremap=on,caching-mode=on \
  -drive "file=$disk,if=none,id=d0,format=raw,cache=writeback" -device virtio-blk-pci,drive=d0 \
  "${cards[@]}" \
  -serial stdio -kernel "$kernel/vmlinuz" -initrd "$initrd" \
  -append "console=ttyS0 quiet panic=-1 isolcpus=nohz,domain,managed_irq,1 nohz_full=1 rcu_nocbs=1 \
irqaffinity=0 intel_iommu=on nowatchdog tsc=reliable clocksource=tsc no_timer_check \
transparent_hugepage=never"
