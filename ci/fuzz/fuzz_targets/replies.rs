#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qga_fuzz_targets::run("replies", input));
