#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boot a kernel under QEMU's software emulation, run one command in it, power off.
#
#   vm.sh [options] [-r DIR[:DEST]]... -- COMMAND...
#   vm.sh [options] -I                 an interactive shell
#
#   -k RELEASE   kernel to boot: installed, or a debug kernel in the cache
#                (default: the newest installed 6.1)
#   -m MEM       guest memory, QEMU syntax (default 1536M)
#   -s CPUS      guest CPUs (default 2)
#   -p CPU       guest CPU model (default max)
#   -t SECONDS   kill the guest after this (default 600; none for -I)
#   -1           one host thread for all guest CPUs.  With one for each, QEMU 7.2 can,
#                rarely, livelock a CPU: it may keep running a stale translation when
#                the kernel patches a jump label from the other CPU
#   -i ICOUNT    QEMU's -icount (shift=0,sleep=off: one TSC tick per instruction);
#                implies -1 and -s 1
#   -M FILE.ko   load this module before the command; repeatable, in order
#   -K MODULE    load a module of the kernel's own tree with its dependencies
#   -r DIR[:DEST] copy DIR's contents into the guest at DEST (default /), with the
#                shared libraries that its programs need
#   -a ARGS      append to the kernel command line
#   -S KEY=VALUE sysctl to set before the command; repeatable
#   -c FILE      keep the kernel console's log there
#   -o           do not panic on an oops (default: oops=panic)
#
# The command's output (a tty in raw mode) is printed as it comes, and then
#   EXIT_STATUS=<n> wall=<seconds in the guest> kernel=<release>
# Exit status: the command's; 124 timeout; 97 the guest died without a status;
# 98 the command succeeded but the kernel's console shows a BUG, WARNING, ...;
# 96 a module did not load; 2 usage.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${LBPF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lbpf}

usage() {
	sed -n '3,/^set -u/{/^#/p}' "$0" | sed 's/^# \{0,1\}//' >&2
	exit 2
}

die() {
	echo "vm.sh: $*" >&2
	exit 2
}

release='' memory=1536M cpus='' limit='' icount='' append='' console_log=''
thread=multi oops=oops=panic interactive='' model=max
overlays=() modules=() own_modules=() sysctls=()
while getopts 'k:m:s:p:t:1i:M:K:r:a:S:c:oIh' option; do
	case $option in
	k) release=$OPTARG ;;
	m) memory=$OPTARG ;;
	s) cpus=$OPTARG ;;
	p) model=$OPTARG ;;
	t) limit=$OPTARG ;;
	1) thread=single ;;
	i) icount=$OPTARG ;;
	M) modules+=("$OPTARG") ;;
	K) own_modules+=("$OPTARG") ;;
	r) overlays+=("$OPTARG") ;;
	a) append=$OPTARG ;;
	S) sysctls+=("$OPTARG") ;;
	c) console_log=$OPTARG ;;
	o) oops='' ;;
	I) interactive=1 ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || [ -n "$interactive" ] || usage
[ -n "$release" ] ||
	release=$(find /boot -name 'vmlinuz-6.1.*-cloud-amd64' -printf '%f\n' | sort -V | tail -1 | cut -d- -f2-)

image=/boot/vmlinuz-$release
config=/boot/config-$release
tree=/lib/modules/$release
if [ ! -e "$image" ]; then
	image=$cache/kernel-$release/bzImage
	config=$cache/kernel-$release/config
fi
[ -r "$image" ] || die "no image of kernel '$release'"
[ -n "$limit" ] || limit=$([ -n "$interactive" ] && echo 0 || echo 600)

work=$(mktemp -d "${TMPDIR:-/tmp}/lbpf-vm.XXXXXX") || exit 2
qemu_pid=
cleanup() {
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The guest's root: busybox, the shared libraries of the overlays, what vm-init reads.
root=$work/root
mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,mnt,run,etc,root,lib,lib64,usr/bin,usr/sbin,var/tmp,vm/modules}
ln -s ../run "$root/var/run"
cp "$(command -v busybox)" "$root/bin/busybox" || die "no busybox"
cp "$here/vm-init" "$root/init"
printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
[ ! -r "$config" ] || cp "$config" "$root/vm/config"
[ -z "$interactive" ] || : >"$root/vm/interactive"
printf '%s\n' ${sysctls[@]+"${sysctls[@]}"} | sed '/^$/d' >"$root/vm/sysctl"
{
	printf 'cd /\nexec'
	[ $# -gt 0 ] || set -- sh -i
	for word; do
		printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done
	echo
} >"$root/vm/command"

nr_modules=0
add_module() { # file
	local to

	to=$root/vm/modules/$(printf %03d $nr_modules)-$(basename "$1" | sed 's/\.ko.*/.ko/')
	nr_modules=$((nr_modules + 1))
	case $1 in
	*.xz) xz -dc "$1" >"$to" ;;
	*.zst) zstd -qdc "$1" >"$to" ;;
	*) cp "$1" "$to" ;;
	esac
}

# modules.dep names, for each module, what it needs, nearest first.
declare -A added
add_own_module() { # name
	local pattern line file

	pattern="/$(echo "$1" | sed 's/[-_]/[-_]/g')\\.ko"
	line=$(grep -E "$pattern(\\.[a-z]+)?:" "$tree/modules.dep" 2>/dev/null | head -1)
	if [ -z "$line" ]; then
		# Debug kernels have all of it built in.
		[ ! -d "$tree" ] || grep -qE "$pattern" "$tree/modules.builtin" || die "no module $1 in $tree"
		return
	fi
	for file in $(echo "${line#*:}" | tr ' ' '\n' | tac) "${line%%:*}"; do
		[ -z "${added[$file]:-}" ] || continue
		added[$file]=1
		add_module "$tree/$file"
	done
}

for module in ${own_modules[@]+"${own_modules[@]}"}; do
	add_own_module "$module"
done
for module in ${modules[@]+"${modules[@]}"}; do
	[ -r "$module" ] || die "no $module"
	add_module "$module"
done

add_libraries() { # directory...: of every ELF program below
	local library gcc

	find "$@" -type f \( -perm /111 -o -name '*.so*' \) -size +1k -exec ldd {} + 2>/dev/null |
	sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | sort -u |
	while read -r library; do
		mkdir -p "$root${library%/*}"
		cp -L "$library" "$root$library"
		case $library in
		*/libc.so.6) # loads libgcc_s by itself when a thread ends
			gcc=$(ldconfig -p | sed -n 's/.*libgcc_s.so.1 .*x86-64.*=> //p' | head -1)
			[ -z "$gcc" ] || { mkdir -p "$root${gcc%/*}" && cp -L "$gcc" "$root$gcc"; }
			;;
		esac
	done
}

pack() { (cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --null -o -H newc --quiet); }

sources=()
for overlay in ${overlays[@]+"${overlays[@]}"}; do
	[ -d "${overlay%%:*}" ] || die "no directory ${overlay%%:*}"
	sources+=("${overlay%%:*}")
done
[ ${#sources[@]} = 0 ] || add_libraries "${sources[@]}"
pack "$root" >"$work/initrd"
for overlay in ${overlays[@]+"${overlays[@]}"}; do
	case $overlay in
	*:*)
		mkdir -p "$work/placed${overlay#*:}"
		cp -a "${overlay%%:*}/." "$work/placed${overlay#*:}/"
		;;
	*) pack "$overlay" >>"$work/initrd" ;;
	esac
done
[ ! -d "$work/placed" ] || pack "$work/placed" >>"$work/initrd"

if [ -n "$icount" ]; then
	thread=single
	cpus=${cpus:-1}
fi
: >"$work/out"
: >"$work/console"
# On a busy host the guest's timer can seem dead to the check that the kernel makes of it.
qemu=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot
      -accel "tcg,thread=$thread" ${icount:+-icount "$icount"}
      -cpu "$model" -smp "${cpus:-2}" -m "$memory" -kernel "$image" -initrd "$work/initrd"
      -append "console=ttyS0 loglevel=5 panic=-1 $oops random.trust_cpu=on no_timer_check $append"
      -serial "file:$work/console")

if [ -n "$interactive" ]; then
	"${qemu[@]}" -serial mon:stdio
	status=0
else
	timeout -k 5 "$limit" "${qemu[@]}" -serial "file:$work/out" </dev/null >"$work/qemu" 2>&1 &
	qemu_pid=$!
	tail -n +1 -f -s 0.2 --pid=$qemu_pid "$work/out" | grep -a --line-buffered -v '^EXIT_STATUS=' &
	tail_pid=$!
	wait $qemu_pid
	status=$?
	qemu_pid=
	wait $tail_pid 2>/dev/null
fi

tr -d '\r' <"$work/console" >"$work/console.txt"
[ -z "$console_log" ] || cp "$work/console.txt" "$console_log"
line="EXIT_STATUS=0 kernel=$release"
rc=0
if [ -z "$interactive" ]; then
	line=$(grep -a '^EXIT_STATUS=' "$work/out" | tail -1)
	rc=$(echo "$line" | sed -n 's/^EXIT_STATUS=\([0-9]*\).*/\1/p')
fi
if [ -z "$rc" ]; then
	rc=97
	[ $status != 124 ] && [ $status != 137 ] || rc=124
	line="EXIT_STATUS=$rc (the guest gave no status; QEMU: $status) kernel=$release"
	cat "$work/qemu" >&2
	echo '--- last lines of the kernel console:'
	tail -40 "$work/console.txt"
fi

bad='BUG:|kernel BUG at|WARNING: |Oops[: ]|KASAN|UBSAN|KCSAN|general protection fault|Kernel panic'
bad+='|rcu.*detected stall|soft lockup|hung_task|blocked for more than|possible recursive locking'
bad+='|possible circular locking|inconsistent lock state|suspicious RCU usage|unreferenced object'
bad+='|Bad page state|refcount_t:|list_(add|del) corruption|unregister_netdevice: waiting'
bad+='|sleeping function called|scheduling while atomic|DEBUG_LOCKS|ODEBUG|unexpected return thunk'
# An early line of KASAN kernels only says that it is on.
if grep -aE "$bad" "$work/console.txt" | grep -qvE 'KernelAddressSanitizer initialized|kasan: '; then
	echo '--- the kernel console shows:'
	grep -aE -A45 "$bad" "$work/console.txt" | head -400
	if [ "$rc" = 0 ]; then
		rc=98
		line="EXIT_STATUS=98 (command: ${line#EXIT_STATUS=})"
	fi
fi
echo "$line"
exit "$rc"
