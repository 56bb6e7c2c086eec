# shellcheck shell=bash
# Shared functions of the commands in this folder: messages, locks, process ids, and calls to the API
# of an engine and a registry. Sourced, never run.
# shellcheck disable=SC2034 # Its variables are for those who source it.
set -euo pipefail

ground=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${KILN_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kiln-tests}

# The system folders are not in an ordinary user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$(basename "$0"): $*"
    exit 1
}
need_root() { [ "$(id -u)" = 0 ] || die "$1 needs root"; }

# A process is identified by its id and its start time, since ids are reused.
started() {
    local line fields
    { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    # The name in parentheses may contain anything; the fields after it are words.
    read -ra fields <<<"${line##*) }"
    [[ ${fields[0]} != [ZX] ]] && printf '%s\n' "${fields[19]}"
}
remember() { printf '%s %s\n' "$1" "$(started "$1")"; }
alive() { # FILE that `remember` wrote
    local pid start
    read -r pid start 2>/dev/null <"$1" || return 1
    [ -n "$start" ] && [ "$(started "$pid")" = "$start" ]
}
end_process() { # FILE [SIGNAL]: ends the process and waits for it
    local pid i
    alive "$1" || return 0
    read -r pid _ <"$1"
    kill "-${2:-TERM}" "$pid" 2>/dev/null || return 0
    for i in $(seq 100); do
        alive "$1" || return 0
        [ "$i" != 70 ] || kill -KILL "$pid" 2>/dev/null || true
        sleep 0.1
    done
    die "process $pid does not exit"
}

# with_lock FILE COMMAND…: one at a time; processes that the command leaves running do not hold the lock.
with_lock() {
    local file=$1
    shift
    mkdir -p "$(dirname "$file")"
    (
        flock -w 900 9 || die "another run has held $file for 15 minutes"
        "$@"
    ) 9>"$file"
}

# wait_for SECONDS COMMAND…
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# registry_config DIR PORT [HTPASSWD]: a registry's configuration, on standard output.
registry_config() {
    cat <<YAML
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: "$1"}
  delete: {enabled: ${KILN_WORLD_DELETES:-true}}
http:
  addr: 127.0.0.1:$2
  draintimeout: 1s
YAML
    [ -z "${3:-}" ] || printf 'auth:\n  htpasswd: {realm: ground, path: "%s"}\n' "$3"
}

# htpasswd USER PASSWORD: the line for a registry, with the password as a bcrypt hash.
htpasswd() {
    printf '%s\n%s\n' "$1" "$2" | perl -e '
        chomp(my ($user, $password) = <STDIN>);
        my @letters = ("a" .. "z", "A" .. "Z", 0 .. 9);
        my $salt = join "", map { $letters[rand @letters] } 1 .. 21;
        print "$user:", crypt($password, "\$2y\$05\$${salt}u"), "\n";'
}

# api SOCKET PATH [CURL OPTION…]: one call of an engine's API.
api() {
    local socket=$1 path=$2
    shift 2
    curl -sS --unix-socket "$socket" "$@" "http://engine$path"
}

engine_answers() { api "$1" /_ping -f -m 3 | grep -q OK; }

image_id() { # SOCKET NAME
    api "$1" "/images/$2/json" -f 2>/dev/null | grep -o '"Id":"sha256:[0-9a-f]*"' | head -n 1 | cut -d'"' -f4
}

# The last error in an engine's stream of JSON objects; the caller fails if there is one.
stream_error() { grep -o '"error":"[^"]*"' | tail -n 1 | cut -d'"' -f4 || true; }

# escape TEXT: encodes a text for a query string.
escape() {
    local text=$1 i letter
    for ((i = 0; i < ${#text}; i++)); do
        letter=${text:i:1}
        case $letter in [a-zA-Z0-9./_-]) printf '%s' "$letter" ;; *) printf '%%%02X' "'$letter" ;; esac
    done
}

# image_import SOCKET ARCHIVE NAME [CHANGE…]: imports a root file system archive as an image.
image_import() {
    local socket=$1 archive=$2 name=$3 change out error query
    query="fromSrc=-&repo=$(escape "${name%:*}")&tag=${name##*:}"
    shift 3
    for change in "$@"; do query+="&changes=$(escape "$change")"; done
    out=$(api "$socket" "/images/create?$query" -X POST -H 'Content-Type: application/x-tar' -H 'Expect:' -T "$archive")
    error=$(stream_error <<<"$out")
    [ -z "$error" ] || die "import of $name: $error"
    image_id "$socket" "$name" >/dev/null || die "import of $name: $out"
}

# image_push SOCKET NAME [AUTH]: pushes one tag and prints the digest.
image_push() {
    local socket=$1 name=$2 out error try
    for try in 1 2 3; do
        out=$(api "$socket" "/images/${name%:*}/push?tag=${name##*:}" -X POST -H "X-Registry-Auth: ${3:-e30=}")
        error=$(stream_error <<<"$out")
        # The registry of Debian 12 sometimes answers 500 if two engines push one blob at once.
        [[ $error == *"500 Internal Server Error"* ]] || break
        sleep "$try"
    done
    [ -z "$error" ] || die "push of $name: $error"
    # An engine with graph drivers reports the digest in a field, the containerd store in a message.
    grep -oE 'igest"?: ?"?sha256:[0-9a-f]{64}' <<<"$out" | tail -n 1 | grep -oE 'sha256:.*' || die "push of $name: $out"
}
