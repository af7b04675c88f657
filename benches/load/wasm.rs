//! The same for wasm32: tests/browser/bench.mjs runs it beside TextDecoder and JSON.parse. A program and not a bench,
//! so that the tests' dependencies need not compile for wasm.

#[cfg(target_arch = "wasm32")]
#[path = "../../src/bin/worker/made_up.rs"]
mod made_up;
#[cfg(target_arch = "wasm32")]
mod steps;

#[cfg(target_arch = "wasm32")]
mod wasm {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
    }

    /// What the shipped worker does before there is work.
    #[wasm_bindgen]
    pub fn warm_up() {
        super::steps::load(super::made_up::dump().into_bytes(), |_| {});
    }

    /// Milliseconds since `began` at which the bytes were in and each step ended, then the number of rows.
    #[wasm_bindgen]
    pub fn load(bytes: Vec<u8>, began: f64) -> Vec<f64> {
        let mut times = vec![now() - began];
        let rows = super::steps::load(bytes, |_| times.push(now() - began));
        times.push(f64::from(rows));
        times
    }
}

fn main() {}
