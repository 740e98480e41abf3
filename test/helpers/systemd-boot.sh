#!/usr/bin/env bash
# PID 1 of new namespaces: prepares a root of its own in BASE, an overlay of this machine's, and becomes systemd in it. PROJECT is at INSTALLED there.
set -euo pipefail
base=$1 project=$2 installed=$3 root=$1/root
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/disk/upper,workdir=$base/disk/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
# Mounted in the new cgroup namespace, these show what is below the container's own group alone.
mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
mkdir "$root/sys/fs/cgroup/systemd" "$root/sys/fs/cgroup/unified"
mount -t cgroup -o none,name=systemd,xattr cgroup "$root/sys/fs/cgroup/systemd"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
# Devices of its own: systemd changes their modes.
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
device() { mknod -m 666 "$root/dev/$1" c "$2" "$3"; }
device null 1 3; device zero 1 5; device full 1 7; device random 1 8; device urandom 1 9; device tty 5 0
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mkdir -p "$root$installed"
mount --rbind "$project" "$root$installed"
ip link set lo up
# Most of these belong to the whole machine, and systemd sets some at boot.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
exec chroot "$root" /usr/bin/env -i container=kedge-test "PATH=$PATH" /lib/systemd/systemd systemd.unit=multi-user.target
