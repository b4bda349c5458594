#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, once; what is there stays as it is.
# The folder is closed to others. The files in it are readable, since containers read them under accounts of their own.
set -eu
folder=${1:-$(dirname "$0")/../secrets}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

letters() {
  LC_ALL=C tr -dc 'A-Za-z0-9' < /dev/urandom | head -c "$1"
}

keep() {
  if [ ! -e "$folder/$1" ]; then
    printf '%s' "$2" > "$folder/$1.part"
    chmod 644 "$folder/$1.part"
    mv "$folder/$1.part" "$folder/$1"
    echo "$folder/$1"
  fi
}

keep mongo_key "$(letters 1000)"
keep mongo_root_password "$(letters 32)"
keep store_url "mongodb://quce:$(letters 32)@mongo1:27017,mongo2:27017,mongo3:27017/quce?replicaSet=quce&authSource=admin"
for name in smtp_url webhook_url webhook_secret; do
  keep "$name" ""
done
