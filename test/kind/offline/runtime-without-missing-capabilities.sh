#!/bin/bash
# An OCI runtime in front of runc, for machines where root itself lacks capabilities (some sandboxes take CAP_SYS_RESOURCE away).
# `docker run --privileged` and `docker exec --privileged` ask for every capability there is, and the kernel refuses one that is not
# in the bounding set: "unable to apply caps: operation not permitted". This asks for those that are there, so it only ever asks
# for less. `create` has them in the bundle's config.json, `exec` in the file of --process.
arguments=("$@")
held=$((16#$(awk '/^CapBnd:/ { print $2 }' /proc/self/status)))
names=(CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
  NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE
  SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND
  AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE)
missing=()
for ((i = 0; i < ${#names[@]}; i++)); do
  (((held >> i) & 1)) || missing+=("CAP_${names[i]}")
done

less() { # file, path of the capabilities in it
  local changed
  [ -f "$1" ] && [ ${#missing[@]} -gt 0 ] || return 0
  changed=$(mktemp)
  jq -c "if $2 then $2 |= map_values(. - \$ARGS.positional) else . end" --args "${missing[@]}" <"$1" >"$changed" && cat "$changed" >"$1"
  rm -f "$changed"
}

for ((i = 0; i < $#; i++)); do
  case ${arguments[i]} in
    --bundle | -b) less "${arguments[i + 1]}/config.json" .process.capabilities ;;
    --process | -p) less "${arguments[i + 1]}" .capabilities ;;
  esac
done
exec "$(command -v runc || echo /usr/sbin/runc)" "$@"
