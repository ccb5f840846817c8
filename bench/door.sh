#!/bin/bash
# door.sh: an audited, decrypted, decided read of a 2 KB resource over TLS, beside nginx serving the
# same bytes from a file, on the same cores, in one run. Needs root, wrk and curl.
# Usage: bench/door.sh BUILD [SECONDS]
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "$1") seconds=${2:-10} connections=64
work=$(mktemp -d /tmp/bench-door.XXXX)
chmod 755 "$work"
trap 'kill $(jobs -p) 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$work"' EXIT
hospitaller=("$build/src/hospitaller" --state "$work/state" --set listen=127.0.0.1:8471 --set "console=$work/console"
	--set "rules=$PWD/rules" --set "modules=$build/src/gate/nginx")
mkdir "$work/console"
python3 - "$work" <<'END'
import json, sys
note = "The patient is in stable condition and continues as arranged. " * 24
r = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "note"},
     "subject": {"reference": "Patient/a"}, "note": [{"text": note.strip()}]}
e = [{"fullUrl": "Patient/a", "resource": {"resourceType": "Patient", "id": "a"}},
     {"fullUrl": "Observation/o", "resource": r}]
json.dump({"resourceType": "Bundle", "type": "collection", "entry": e}, open(sys.argv[1] + "/b.json", "w"))
END
"${hospitaller[@]}" run > "$work/log" 2>&1 &
for i in $(seq 100); do curl -skf https://127.0.0.1:8471/api/health > /dev/null && break; sleep 0.1; done
"${hospitaller[@]}" import "$work/b.json" > /dev/null
"${hospitaller[@]}" account add --login app --name App --role application > /dev/null
token=$("${hospitaller[@]}" account token app --label bench)
curl -skf -H "Authorization: Bearer $token" https://127.0.0.1:8471/fhir/Observation/o > "$work/console/file.json"
cat > "$work/nginx.conf" <<END
worker_processes auto; daemon off; error_log stderr crit; pid $work/pid;
events { worker_connections 4096; multi_accept on; }
http { access_log off; sendfile on; tcp_nodelay on; keepalive_requests 100000; server { listen 127.0.0.1:8472 ssl http2;
ssl_certificate $work/state/gate/certificate.pem; ssl_certificate_key $work/state/gate/certificate-key.pem;
ssl_protocols TLSv1.3; root $work/console; types { application/json json; } } }
END
/usr/sbin/nginx -e stderr -c "$work/nginx.conf" > /dev/null 2>&1 &
sleep 1
measure() { wrk -t2 -c$connections -d"${seconds}s" --latency "$@" > "$work/out"; }
rate() { sed -n 's/^Requests\/sec: *//p' "$work/out"; }
tail_ms() { awk '/99%/ { print $2 }' "$work/out"; }
errors() { sed -n 's/.*Non-2xx or 3xx responses: *//p' "$work/out"; }
measure https://127.0.0.1:8472/file.json; file=$(rate) file99=$(tail_ms)
if [ -n "${PERF:-}" ]; then (sleep 1; perf record -o /tmp/perf.data -p "$(pgrep -d, hospitaller),$(pgrep -d, nginx)" -F 1999 --call-graph dwarf,4096 -- sleep 2 > /dev/null 2>&1) & fi
measure -H "Authorization: Bearer $token" https://127.0.0.1:8471/fhir/Observation/o; ours=$(rate) ours99=$(tail_ms) bad=$(errors)
measure https://127.0.0.1:8472/file.json; file=$(echo "$file $(rate)" | awk '{ print ($1 + $2) / 2 }')
size=$(stat -c %s "$work/console/file.json")
vault=$(pgrep -f "role vault" | head -1)
memory=$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$vault/status")
echo "machine: $(nproc) cores, $(sed -n 's/^model name\t*: //p' /proc/cpuinfo | head -1), Linux $(uname -r), $(nginx -v 2>&1)"
echo "a resource of $size bytes, TLS 1.3, $connections connections, ${seconds}s each, wrk on the same cores"
awk -v f="$file" -v o="$ours" -v ft="$file99" -v ot="$ours99" -v b="${bad:-0}" -v m="$memory" 'BEGIN {
	printf "%-34s %10s %10s  %s\n", "", "per second", "p99", ""
	printf "%-34s %10.0f %10s  %s\n", "nginx, the same bytes from a file", f, ft, substr("########################################", 1, 40)
	printf "%-34s %10.0f %10s  %s\n", "hospitaller, decided and on trail", o, ot, substr("########################################", 1, int(40 * o / f + .5))
	printf "ratio %.2f; errors %d; vault memory %d MB\n", o / f, b, m }'
"${hospitaller[@]}" status | sed -n '/^trail/p'
