//! The engine in a terminal.
fn main() {}
