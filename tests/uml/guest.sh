#!/bin/sh -eu
# guest.sh NLSH OUT: what runs in the guest, beside kinds.star, as root of a kernel of its own. It sees the host's
# files, and writes into OUT only.
nlsh=$1 out=$2
cd "$(dirname "$0")"

# Links that rtnetlink does not make: of /dev/net/tun, and hardware, which netdevsim pretends to be.
ip tuntap add dev tun0 mode tun user 4242 group 4243 pi multi_queue
ip tuntap add dev tap0 mode tap vnet_hdr
echo "7 2 3" >/sys/bus/netdevsim/new_device # id, ports, queues
echo 2 >/sys/bus/netdevsim/devices/netdevsim7/sriov_numvfs

"$nlsh" kinds.star create >"$out/create"
"$nlsh" kinds.star dump >"$out/before"
ip -d -j link >"$out/ip"
"$nlsh" kinds.star dump >"$out/after"
"$nlsh" kinds.star delete >"$out/delete"
