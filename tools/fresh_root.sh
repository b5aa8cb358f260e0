#!/bin/sh
# Runs a command in a fresh Debian 12 made by debootstrap, with this source tree at /pileus in it.
#
#   tools/fresh_root.sh [--keep] [--private-net] [--root DIR] [--] COMMAND [ARGUMENT...]
#
#   --root DIR      where the root is made (default: a new folder below /var/tmp, removed at the end)
#   --keep          leave the root in place; with --root, a later run uses it as it is
#   --private-net   own network namespace, joined to this machine by one NATed link, so that bridges, taps and
#                   addresses made inside cannot meet those of this machine
#
# The command runs in own mount, pid, uts and ipc namespaces: when it ends, whatever it left running ends too.
# apt and pip inside are configured as on this machine (sources, keys, pip.conf, PIP_* and folders named there).
set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
me=$tree/tools/$(basename "$0")
release=bookworm
link=pileus-fresh
inside_net=198.18.77

say() { printf '%s\n' "fresh-root: $*" >&2; }
fail() { say "$*"; exit 1; }

# The archive this machine itself installs from: the first Debian one that apt knows.
archive() {
    apt-get indextargets --format '$(SITE) $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk -v release="$release" '$3 == release && $4 == "main" { print $2; exit }'
}

make_root() {
    command -v debootstrap > /dev/null || fail "needs debootstrap: apt-get install debootstrap"
    from=$(archive)
    [ -n "$from" ] || fail "apt on this machine names no archive with $release"
    say "making a Debian root in $root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates,make "$release" "$root" "$from" > "$root.log" 2>&1 ||
        { tail -n 5 "$root.log" >&2; fail "debootstrap failed; see $root.log"; }
    rm -f "$root.log" "$root/etc/apt/sources.list"
    mkdir -p "$root/pileus"
    touch "$root/.pileus-fresh-root"
}

# As on this machine: where packages come from and which certificates are believed.
copy_configuration() {
    for each in etc/apt/sources.list etc/apt/sources.list.d etc/apt/keyrings etc/apt/trusted.gpg.d \
        etc/apt/auth.conf.d etc/pip.conf etc/hosts etc/ssl/certs usr/share/keyrings usr/local/share/ca-certificates; do
        [ -e "/$each" ] || continue
        mkdir -p "$root/$(dirname "$each")"
        rm -rf "${root:?}/$each"
        cp -a "/$each" "$root/$each"
    done
    for each in /etc/apt/apt.conf /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/*artifact*; do
        [ -f "$each" ] && cp "$each" "$root$each"
    done
    rm -f "$root/etc/resolv.conf"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    for each in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
        [ -f "$each" ] || continue
        mkdir -p "$root/root/.config/pip"
        cp "$each" "$root/root/.config/pip/pip.conf"
        break
    done
}

# Folders that pip is told to look into; they are shown inside at the same place.
pip_folders() {
    { cat /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" 2> /dev/null
      env | sed -n 's/^PIP_[A-Z_]*=//p'; } |
        tr ' =' '\n\n' | sed -e 's,^file://,,' | grep '^/' | sort -u |
        while read -r each; do
            # An index names its simple/ folder and links to the files beside it.
            if [ -d "$each" ]; then case $each in */simple) dirname "$each" ;; *) echo "$each" ;; esac; fi
        done
}

# Second stage: inside the new namespaces, as pid 1 of them.
enter() {
    root=$1; shift
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys" 2> /dev/null || mount --rbind /sys "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/dev/net"
    for each in null zero full random urandom tty kvm net/tun; do
        [ -e "/dev/$each" ] || continue
        if [ "$each" = kvm ] && [ -n "${PILEUS_FRESH_NO_KVM:-}" ]; then continue; fi
        : > "$root/dev/$each"
        mount --bind "/dev/$each" "$root/dev/$each"
    done
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mkdir -p "$root/run/lock"
    mount --bind "$tree" "$root/pileus"
    pip_folders | while read -r each; do
        mkdir -p "$root$each"
        mount --bind -o ro "$each" "$root$each"
    done
    hostname fresh
    ip link set lo up 2> /dev/null || :
    # The environment must not lead into this machine's tree; its own is made inside the root.
    cd "$root"
    keep=$(env | sed -n 's/^\(PIP_[A-Z_]*\)=.*/\1/p; s/^\(SSL_CERT_[A-Z]*\|REQUESTS_CA_BUNDLE\|[a-z]*_proxy\)=.*/\1/p')
    set -- env PILEUS_VENV="${PILEUS_FRESH_VENV:-/var/lib/pileus-venv}" \
        PILEUS_BOOTSTRAP_LOG=/var/log/pileus-bootstrap.log PYTHONDONTWRITEBYTECODE=1 "$@"
    for each in $keep; do set -- "$each=$(printenv "$each")" "$@"; done
    # A small shell stays as pid 1 and collects orphans while the command runs.
    env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot . sh -c 'cd /pileus && env "$@"; exit $?' fresh-root "$@"
}

join_network() { # PID: one NATed link between this machine and the namespaces of PID
    ip link add "$link" type veth peer name eth0 netns "$1"
    ip addr add "$inside_net.1/30" dev "$link"
    ip link set "$link" up
    ethtool -K "$link" tx off > /dev/null 2>&1 || :
    nft -f - << RULES
table ip $link {
    chain postrouting { type nat hook postrouting priority srcnat; ip saddr $inside_net.0/30 oifname != "$link" masquerade; }
}
RULES
    forwarded=$(cat /proc/sys/net/ipv4/ip_forward)
    echo 1 > /proc/sys/net/ipv4/ip_forward
    nsenter -t "$1" --net sh -c "ip link set lo up; ip addr add $inside_net.2/30 dev eth0; ip link set eth0 up
        ip route add default via $inside_net.1"
}

leave_network() {
    ip link del "$link" 2> /dev/null || :
    nft delete table ip "$link" 2> /dev/null || :
    if [ -n "${forwarded:-}" ]; then echo "$forwarded" > /proc/sys/net/ipv4/ip_forward; fi
}

if [ "${1:-}" = --enter ]; then shift; enter "$@"; exit $?; fi

keep='' private_net='' root=''
while [ $# -gt 0 ]; do
    case $1 in
        --keep) keep=1; shift ;;
        --private-net) private_net=1; shift ;;
        --root) root=$2; shift 2 ;;
        --) shift; break ;;
        -*) sed -n '2,13p' "$0" >&2; exit 2 ;;
        *) break ;;
    esac
done
[ $# -gt 0 ] || { sed -n '2,13p' "$0" >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "needs root (debootstrap, chroot and namespaces)"
[ -n "$root" ] || root=$(mktemp -d /var/tmp/pileus-root.XXXXXX)

finish() {
    [ -z "$private_net" ] || leave_network
    # Mounts were made in the private namespace only, so nothing of this machine is below the root by now.
    if [ -z "$keep" ] && [ -e "$root/.pileus-fresh-root" ]; then rm -rf --one-file-system "$root"; fi
}
trap finish EXIT
trap 'exit 130' INT; trap 'exit 143' TERM

[ -e "$root/.pileus-fresh-root" ] || make_root
copy_configuration

if [ -z "$private_net" ]; then
    unshare --mount --pid --uts --ipc --fork --kill-child -- "$me" --enter "$root" "$@"
else
    # Held by a sleeping process until the link is in place.
    unshare --net -- sleep 1000000 &
    holder=$!
    while [ "$(readlink /proc/$holder/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
    join_network "$holder"
    status=0
    nsenter -t "$holder" --net -- \
        unshare --mount --pid --uts --ipc --fork --kill-child -- "$me" --enter "$root" "$@" || status=$?
    kill "$holder"
    exit $status
fi
