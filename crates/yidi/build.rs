//! Builds the program again when a policy or catalog changes: they are part of it.

fn main() {
    println!("cargo::rerun-if-changed=../../policy");
    println!("cargo::rerun-if-changed=build.rs");
}
