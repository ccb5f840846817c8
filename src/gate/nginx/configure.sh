#!/bin/bash
# Makes the headers that say how Debian's nginx was configured: configure.sh WORK CONFIG HEADERS.
# nginx-dev brings the sources and Debian's flags; what they find on this machine must be found here.
set -eu
work=$1 config=$(realpath -m "$2") headers=$(realpath -m "$3")
rm -rf "$work"
cp -r /usr/share/nginx/src "$work"
cd "$work"
. ./conf_flags
bash ./configure "${NGX_CONF_FLAGS[@]}" > configure.log 2>&1 || { cat configure.log >&2; exit 1; }
cp objs/ngx_auto_config.h "$config"
cp objs/ngx_auto_headers.h "$headers"
