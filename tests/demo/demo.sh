#!/usr/bin/env bash
# The tutorial from R and Lua on one folder of chart directories, in the browser.
#
#     build/run tests/demo/demo.sh         draws the charts, opens them, and leaves their server running
#     ONCE=1 build/run tests/demo/demo.sh  draws them, checks that every page and series answers, and ends the server
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${CHARTS_DEMO:-$here/../../build/demo}
mkdir -p "$folder"
cd "$folder"

if [ -n "${ONCE:-}" ]; then
  export CHARTS_BROWSER=true CHARTS_IDLE=300
  trap 'charts stop . >/dev/null 2>&1 || true' EXIT
fi

Rscript --vanilla "$here/tutorial.R"
lua5.4 "$here/tutorial.lua"

echo
echo "The tutorial's charts:"
for directory in stocks different-stocks temp-3; do
  printf '  %-18s %s\n' "$directory" "$(charts url "$directory")"
done

if [ -n "${ONCE:-}" ]; then
  node "$here/check.mjs" "$(charts url .)" stocks different-stocks temp-3
else
  echo "They stay until \`build/run charts stop build/demo\`, or for eight hours after the last page is closed."
fi
