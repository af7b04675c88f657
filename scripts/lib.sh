# Shared by the scripts: where things are, and how to find what set-up has installed.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=${XDSCOPE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/xdscope}
WASM=wasm32-unknown-unknown
. "$ROOT/scripts/versions"
BINDGEN=$(awk '$0 == "name = \"wasm-bindgen\"" { getline; gsub(/[^0-9.]/, ""); print }' "$ROOT/Cargo.lock")
cd "$ROOT"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# has_wasm RUSTC: whether that compiler has a standard library for wasm.
has_wasm() {
    local lib
    lib=$("$1" --print target-libdir --target $WASM 2>/dev/null) || return 1
    compgen -G "$lib/libstd-*.rlib" >/dev/null
}

# Puts the tools on PATH, and Debian's Rust before rustup's where only Debian's knows wasm.
# For wasm builds alone: native ones use the developer's own Rust.
use_wasm() {
    if ! has_wasm rustc && has_wasm /usr/bin/rustc; then
        PATH=/usr/bin:$PATH
    fi
    PATH=$TOOLS/trunk-$TRUNK/bin:$TOOLS/wasm-bindgen-$BINDGEN/bin:$TOOLS/binaryen-$BINARYEN/node_modules/.bin:$PATH
    export PATH
}

# What a released wasm is compiled with. The places of this machine's folders are nobody's business, and would
# make each build differ.
release_flags() {
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Ctarget-feature=+simd128 --remap-path-prefix=$ROOT=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates"
}

find_browser() {
    local b
    for b in "${CHROME:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "$(cd tests/browser && node -p "require('playwright-core').chromium.executablePath()" 2>/dev/null)"; do
        # It must run: some distributions install a stub that only names a snap.
        if [ -n "$b" ] && command -v "$b" >/dev/null && "$b" --version >/dev/null 2>&1; then
            command -v "$b"
            return
        fi
    done
    return 1
}
