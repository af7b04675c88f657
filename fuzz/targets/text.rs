#![no_main]
#[path = "../functions.rs"]
#[allow(dead_code, reason = "each target is one of them")]
mod functions;
libfuzzer_sys::fuzz_target!(|data: &[u8]| functions::text(data));
