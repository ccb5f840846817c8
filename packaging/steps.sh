# steps: what ./start and ./check share. Sourced by both, from the project's folder.

# One line that changes on a terminal; in a log every fiftieth step is enough.
progress() {
	local pattern=$1 tty=0
	[ -t 1 ] && tty=1
	awk -v pattern="$pattern" -v tty=$tty '
		$0 !~ pattern { if (shown) print ""; shown = 0; print; next }
		{ seen++ }
		tty { printf "\r   %-70.70s", $0; shown = 1; fflush(); next }
		seen % 50 == 0 { printf "   %.70s\n", $0; fflush() }
		END { if (shown) print "" }'
}

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }

become_root() {
	[ "$(id -u)" = 0 ] && return
	command -v sudo > /dev/null || { say "Run this as root, or install sudo." >&2; exit 1; }
	exec sudo -- "$@"
}

# Debian builds Hyperscan for amd64 alone; Vectorscan is the same library for other processors.
names_here() {
	if [ "$(dpkg --print-architecture)" = amd64 ]; then printf '%s ' "$@"
	else printf '%s ' "${@/#libhyperscan-dev/libvectorscan-dev}"
	fi
}

# The packages of the lists named, in one line.
packages_of() {
	local kinds=" $* "
	while read -r kind names; do
		case "$kinds" in *" $kind "*) printf '%s ' $(names_here $names) ;; esac
	done < <(grep -v '^#' packaging/debian-packages.txt)
}

# Installing nginx must not start nginx: Debian's own way to say so is policy-rc.d.
without_services() {
	local policy=/usr/sbin/policy-rc.d made="" result=0
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' > $policy
		chmod 755 $policy
		made=yes
	fi
	"$@" || result=$?
	[ -z "$made" ] || rm -f $policy
	return $result
}

# Debian has one mail server at a time: whoever has another keeps it, and the tests with Postfix say
# that they were left out.
has_other_mail_server() {
	dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Provides}\n' 2> /dev/null |
		awk '$2 == "ii" && $1 != "postfix" && /mail-transport-agent/ { found = 1 } END { exit !found }'
}

install_packages() {
	local missing=() name
	for name in $(packages_of "$@"); do
		[ "$name" = postfix ] && has_other_mail_server && continue
		dpkg-query -W -f '${Status}' "$name" 2> /dev/null | grep -q 'ok installed' || missing+=("$name")
	done
	# A machine may bring its own Node; Debian's is for those that have none.
	if command -v node > /dev/null && command -v npm > /dev/null; then
		local rest=()
		for name in "${missing[@]}"; do
			case $name in nodejs | npm) ;; *) rest+=("$name") ;; esac
		done
		missing=("${rest[@]}")
	fi
	[ ${#missing[@]} = 0 ] && return
	step "Installing ${#missing[@]} packages from Debian: ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# Without a configuration of its own Postfix cannot run but for who gives it one, as our tests do.
	case " ${missing[*]} " in *" postfix "*)
		echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections ;;
	esac
	local had="" ; for name in nginx rsyslog postfix; do
		dpkg-query -W "$name" > /dev/null 2>&1 && had="$had $name "
	done
	without_services apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" |
		progress '^(Get|Selecting|Preparing|Unpacking|Setting up|Processing|Reading|Building)'
	[ "${PIPESTATUS[0]}" = 0 ] || { say "The packages cannot be installed." >&2; return 1; }
	# Nobody asked for servers of their own: they must not come up at the next boot either.
	for name in nginx rsyslog postfix; do
		case $had in *" $name "*) continue ;; esac
		if [ -d /run/systemd/system ]; then
			systemctl disable --quiet "$name.service" 2> /dev/null || true
		else
			rm -f "/etc/systemd/system/multi-user.target.wants/$name.service" /etc/rc?.d/S??"$name"
		fi
	done
}

make_users() {
	local name
	getent group hospitaller > /dev/null || groupadd --system hospitaller
	for name in vault gate watch courier guard; do
		id "hospitaller-$name" > /dev/null 2>&1 ||
			useradd --system --no-create-home --home-dir /nonexistent \
				--shell /usr/sbin/nologin "hospitaller-$name"
	done
}

npm_install() {
	[ -e "$1/node_modules/.installed" ] && [ "$1/node_modules/.installed" -nt "$1/package-lock.json" ] && return
	say "   npm: $1"
	npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
	touch "$1/node_modules/.installed"
}

build_all() {
	local dir=$1
	step "Building"
	npm_install src/common/format/definitions
	[ -e "$dir/build.ninja" ] || meson setup "$dir" --buildtype=release > "$dir.log" 2>&1 ||
		{ cat "$dir.log" >&2; exit 1; }
	ninja -C "$dir" | progress '^\\['
	[ "${PIPESTATUS[0]}" = 0 ] || exit 1
	if [ -e console/package.json ]; then
		npm_install console
		(cd console && npm run --silent build)
	fi
}

# The roles run under users of their own, who must be able to reach the program. A clone in /root is
# out of their reach: then everything is copied to /opt/hospitaller.
reachable() { setpriv --reuid hospitaller-gate --clear-groups test -x "$1" 2> /dev/null; }

program_place() {
	local to=$PWD/build/place
	reachable "$PWD" || to=/opt/hospitaller
	mkdir -p "$to"
	local file
	for file in src/hospitaller src/gate/nginx/hospitaller_gate.so sim/hospital-sim src/trail_verify/trail-verify; do
		[ -e "build/$file" ] && install -m 755 "build/$file" "$to/"
	done
	rm -rf "$to/rules" "$to/console"
	cp -r rules "$to/rules"
	if [ -d console/dist ]; then cp -r console/dist "$to/console"; else mkdir -p "$to/console"; fi
	chmod -R a+rX "$to"
	printf '%s' "$to"
}

state_place() {
	if reachable "$PWD"; then printf '%s/var' "$PWD"; else printf /var/lib/hospitaller; fi
}

wait_ready() {
	local port=$1 server=$2 i
	for i in $(seq 150); do
		kill -0 "$server" 2> /dev/null || return 1
		if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null &&
			"$hospitaller" --state "$state" trail key > /dev/null 2>&1; then
			return 0
		fi
		sleep 0.1
	done
	return 1
}

make_hospital() {
	local hospitaller=$1 place=$2 state=$3 port=$4 patients=$5
	[ -x "$place/hospital-sim" ] || return 0
	step "Making a simulated hospital with $patients patients"
	mkdir -p "$state/demo"
	chmod 700 "$state/demo"
	"$place/hospital-sim" make --seed 1 --patients "$patients" --staff 40 --days 60 --out "$state/demo"
	"$hospitaller" --state "$state" import "$state/demo/bundles"
	step "Making its accounts"
	"$place/hospital-sim" accounts --demo --state "$state" --dir "$state/demo" \
		--url "https://localhost:$port" --hospitaller "$hospitaller"
}
