#!/usr/bin/env bash
# An ssh server of one's own on this machine's loopback, for tests: keys, configuration and log lie in one folder.
#
#   ssh-loopback.sh start FOLDER    prints the configuration for "ssh -F": hosts node1 and node2
#   ssh-loopback.sh stop FOLDER
#
# Needs Debian's openssh-server, and root where the server separates privileges.
set -euo pipefail
usage() { sed -n '2,7p' "$0" >&2; exit 2; }
[[ $# -eq 2 ]] || usage
verb=$1 R=$(mkdir -p "$2" && cd "$2" && pwd)

case $verb in
start)
  port=${SSH_LOOPBACK_PORT:-18822}
  chmod 700 "$R"
  [[ -s $R/host ]] || ssh-keygen -q -t ed25519 -N '' -f "$R/host"
  [[ -s $R/user ]] || ssh-keygen -q -t ed25519 -N '' -f "$R/user"
  cp "$R/user.pub" "$R/authorized"
  [[ $(id -u) -ne 0 ]] || mkdir -p /run/sshd
  cat >"$R/sshd.conf" <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $R/host
PidFile $R/sshd.pid
AuthorizedKeysFile $R/authorized
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
MaxStartups 100
CONF
  cat >"$R/ssh.conf" <<CONF
Host node1 node2
  HostName 127.0.0.1
  Port $port
  IdentityFile $R/user
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile $R/known
  LogLevel ERROR
CONF
  # With standard streams alone: who started this script may wait for the end of its other descriptors.
  (
    for descriptor in /proc/self/fd/*; do
      [[ ${descriptor##*/} -le 2 || ${descriptor##*/} -eq 255 ]] || eval "exec ${descriptor##*/}>&-"
    done
    exec /usr/sbin/sshd -f "$R/sshd.conf" -E "$R/sshd.log" </dev/null >/dev/null 2>&1
  )
  for _ in $(seq 50); do
    ssh -F "$R/ssh.conf" node1 true 2>/dev/null && { echo "$R/ssh.conf"; exit 0; }
    sleep 0.1
  done
  echo "the server does not answer; see $R/sshd.log" >&2; exit 1 ;;
stop)
  pid=$(cat "$R/sshd.pid" 2>/dev/null) || exit 0
  # Who started it may have blocked SIGTERM for it.
  kill "$pid" 2>/dev/null || true
  sleep 0.5
  kill -9 "$pid" 2>/dev/null || true ;;
*) usage ;;
esac
