//! Tells the linker that Node's functions are found when the module is loaded.

fn main() {
    napi_build::setup();
}
