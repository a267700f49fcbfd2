/*
 * What hosts are told to do, as texts of the POSIX shell: they need sh, tar, gzip, sha256sum and Node there, and no Corral. Variables
 * in capitals are parameters (shell.ts); what a script has to tell comes as lines of three fields (facts.ts).
 *
 * A host's directory holds releases/NAME, `current`, a symbolic link to one of them, and agent/, what one agent that was
 * started needs: run, which becomes the agent, its token and other files, and pid: pid, start time and boot of that process.
 */

/** Name of the unit; not that of the unit of the package, which is the administrator's. */
export const unitName = "corral-fleet-agent.service";

/** Lines of this beginning are told to us; all else on stdout is what the host's own start-up files say. */
export const tellMark = "corral";

const common = `set -u
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin
# A login without a session does not name the directory that the user's manager is found in.
systemctl() { XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} command systemctl "$@"; }
unit=${unitName}
agent=$D/agent
tell() { printf '\\n${tellMark}\\t%s\\t%s\\n' "$1" "$2"; }
# Ends it: what went wrong, and what to do about it.
fail() {
  tell failed "$(printf %s "$1" | tr '\\n\\t' '  ')"
  tell fix "\${2:-see to the rights and the room there}"
  exit 3
}
# Start time of a process that is no zombie, in clock ticks after boot.
ticks() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  set -- \${stat##*) }
  case $1 in Z | X) return 0 ;; esac
  shift 19
  echo "$1"
}
# Whether the agent runs that was started here; pid is its process.
alive() {
  [ -f "$agent/pid" ] || return 1
  read -r pid began boot <"$agent/pid" || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  read -r now </proc/sys/kernel/random/boot_id
  [ "$boot" = "$now" ] && [ "$(ticks "$pid")" = "$began" ]
}
kept() { cat "$agent/$1" 2>/dev/null; }
seconds() { read -r up _ </proc/uptime; echo "\${up%%.*}"; }
pause() { sleep 0.1 2>/dev/null || sleep 1; }
gone_within() {
  limit=$(($(seconds) + $1))
  while alive; do
    [ "$(seconds)" -lt "$limit" ] || return 1
    pause
  done
}
# Ends the agent: TERM, so many seconds, KILL. forced says which it was.
end_agent() {
  forced=no
  case $(kept service) in
    system) systemctl stop "$unit" ;;
    user) systemctl --user stop "$unit" ;;
  esac
  alive || return 0
  kill -TERM "$pid" 2>/dev/null
  gone_within "$1" && return 0
  forced=yes
  alive && kill -KILL "$pid" 2>/dev/null
  gone_within 5
}
tell reached yes
`;

const check = `tell system "$(uname -s)"
tell machine "$(uname -m)"
tell kernel "$(uname -r)"
tell uid "$(id -u)"
tell directory "$D"
node=$N
[ -n "$node" ] || node=$(command -v node 2>/dev/null) || node=
case $node in
  '') ;;
  *) tell node "$node"; tell node_version "$("$node" --version 2>&1 | head -n 1)" ;;
esac
at=$D
while [ ! -e "$at" ]; do at=$(dirname "$at"); done
[ -d "$at" ] && [ -w "$at" ] && tell writable yes
df -Pk "$at" 2>/dev/null | tail -n 1 | { read -r _ _ _ free _ && tell free_kib "$free"; }
for tool in tar gzip sha256sum; do command -v $tool >/dev/null 2>&1 || tell lacking $tool; done
for one in "$D"/releases/*; do [ -f "$one/.complete" ] && tell release "\${one##*/}"; done
link=$(readlink "$D/current" 2>/dev/null) && tell current "\${link##*/}"
[ -d /run/systemd/system ] && tell systemd yes
systemctl --user show-environment >/dev/null 2>&1 && tell systemd_user yes
digest() { [ ! -f "$2" ] || tell "$1" "$(sha256sum <"$2" | cut -c1-64)"; }
digest unit_system "/etc/systemd/system/$unit"
digest unit_user "$HOME/.config/systemd/user/$unit"
if alive; then
  tell agent_pid "$pid"
  tell agent_release "$(kept release)"
  tell agent_settings "$(kept settings)"
fi
exit 0
`;

/** Parameters R: the release, S: the sha256 of the data, N: Node; the data is a compressed tar. */
const copy = `umask 022
mkdir -p "$D/releases" || fail "$D/releases cannot be made"
# What copies that were broken off have left.
for one in "$D"/releases/.part-*; do [ -d "/proc/\${one##*-}" ] || rm -rf "$one"; done
part=$D/releases/.part-$$
trap 'rm -rf "$part"' EXIT
trap 'exit 3' HUP INT TERM
mkdir -p "$part/new" && cat >"$part/package" || fail "the package cannot be written to $part"
set -- $(sha256sum <"$part/package")
[ "$1" = "$S" ] || fail "what has arrived has the sha256 $1, which should be $S" 'try again'
gzip -dc <"$part/package" | tar -xf - -C "$part/new" || fail "the package cannot be unpacked in $part"
said=$("$N" "$part/new/dist/corral.cjs" --version 2>&1) || fail "the package does not run there: $said" 'name another Node with --node'
: >"$part/new/.complete"
[ -e "$D/releases/$R" ] && rm -rf "$D/releases/$R"
mv "$part/new" "$D/releases/$R" || fail "$D/releases/$R cannot be made"
`;

/** Parameters R: the release, N: Node, O: releases to remove. A rename is what makes the switch one step. */
const activate = `umask 022
next=$D/.current-$$
ln -s "releases/$R" "$next" || fail "$next cannot be made"
"$N" -e 'require("fs").renameSync(process.argv[1], process.argv[2])' "$next" "$D/current" || {
  rm -f "$next"
  fail "$D/current cannot be made a link to releases/$R"
}
for one in $O; do rm -rf "$D/releases/$one"; done
`;

/** Parameters U: path of the unit, M: --user or nothing; the data is its text. */
const installUnit = `umask 022
mkdir -p "$(dirname "$U")" && cat >"$U.new" && mv "$U.new" "$U" || fail "$U cannot be written"
said=$(systemctl $M daemon-reload 2>&1) || fail "systemctl daemon-reload: $said" 'see to systemd there, or give --systemd none'
`;

/**
 * Parameters V: process, system or user; M: --user or nothing; W: the digest of what the agent is started with; X: yes to end one
 * with another; T: seconds for its start and for the end of another. The data is a tar of what is in agent/.
 */
const start = `where() {
  line=
  [ ! -f "$agent/out" ] || read -r line <"$agent/out"
  case $line in
    'listening on '*) address=\${line#listening on } ;;
    'going to '*) address=\${line#going to } ;;
    *) return 1 ;;
  esac
}
last_words() {
  case $V in
    process) tail -n 2 "$agent/log" 2>/dev/null ;;
    *) journalctl $M -u "$unit" -n 2 -o cat --no-pager 2>/dev/null ;;
  esac | cut -c 1-500
}
# An agent that did not come to be leaves nothing behind, its token least of all.
give_up() {
  words=$(last_words)
  end_agent 5
  rm -rf "$agent"
  fail "$1: \${words:-it said nothing}" 'correct what it names'
}
outcome=started
if alive; then
  if [ "$(kept settings)" = "$W" ] && where; then
    tell pid "$pid"; tell address "$address"; tell outcome running
    exit 0
  fi
  [ "$X" = yes ] || fail "an agent of another release or with other settings runs there already, process $pid" \\
    'give --restart, or end it with corral fleet stop'
  end_agent "$T" || fail "the agent that runs there does not end, process $pid" 'see to that process there'
  outcome=restarted
fi
umask 077
rm -rf "$agent"
mkdir -p "$agent" && tar -xf - -C "$agent" || fail "$agent cannot be written"
child=
case $V in
  process)
    cd /
    detach=
    for tool in setsid nohup; do command -v $tool >/dev/null 2>&1 && detach="$detach $tool"; done
    $detach /bin/sh "$agent/run" </dev/null >/dev/null 2>"$agent/log" &
    child=$!
    ;;
  *)
    systemctl $M reset-failed "$unit" 2>/dev/null
    said=$(systemctl $M start "$unit" 2>&1) || give_up "systemd did not start it: $said"
    ;;
esac
limit_start=$(($(seconds) + T))
until where; do
  [ -z "$child" ] || [ -n "$(ticks "$child")" ] || where || give_up "it ended at once"
  [ "$(seconds)" -lt "$limit_start" ] || give_up "it did not say in $T s where it is"
  pause
done
alive || give_up "it ended at once"
tell pid "$pid"; tell address "$address"; tell outcome "$outcome"
`;

/** Parameters T: seconds for the agent to end by itself, X: yes to remove what was deployed, too. */
const stop = `outcome=absent
if [ -d "$agent" ]; then
  service=$(kept service)
  if alive; then
    tell pid "$pid"
    end_agent "$T" || fail "the agent does not end, process $pid" 'see to that process there'
    tell forced "$forced"
    outcome=stopped
  else
    # One that systemd is about to start again.
    end_agent 0
  fi
  tell service "$service"
  rm -rf "$agent" || fail "$agent cannot be removed"
fi
if [ "$X" = yes ] && [ -d "$D/releases" ]; then
  remove_unit() {
    grep -qF "$agent/run" "$1" 2>/dev/null || return 0
    rm -f "$1" || fail "$1 cannot be removed"
    systemctl $2 daemon-reload
  }
  remove_unit "/etc/systemd/system/$unit" ''
  remove_unit "$HOME/.config/systemd/user/$unit" --user
  rm -rf "$D/releases" "$D/current" || fail "$D cannot be removed"
  rmdir "$D" 2>/dev/null
  tell removed yes
fi
tell outcome "$outcome"
`;

/** Every script, whole. */
export const scripts = {
  check: common + check,
  copy: common + copy,
  activate: common + activate,
  unit: common + installUnit,
  start: common + start,
  stop: common + stop,
} as const;
