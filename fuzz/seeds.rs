//! What libFuzzer begins with: the right bytes of a target, laid into its corpus before that is read.

use std::path::Path;

use super::targets::TARGETS;

/// Writes the seeds of that target into the folder that `fuzz/run` names, and keeps all work on libFuzzer's thread.
pub fn lay(target: &str) {
    // Others would be woken and waited for many times an input, and each network has as many threads of its own.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("no work was done before");
    let Some(folder) = std::env::var_os("HANGTAG_CORPUS") else { return };
    for (number, seed) in
        TARGETS.iter().filter(|known| known.name == target).flat_map(|known| (known.seeds)()).enumerate()
    {
        let path = Path::new(&folder).join(format!("seed-{number}"));
        std::fs::write(&path, seed).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}
