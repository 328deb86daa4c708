//! The inputs that fuzzing begins with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use qga_fuzz_targets::Target;

use crate::root::root;

/// Writes a target's seeds, and what was once a finding, to a folder.
pub(super) fn write(target: &Target, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let kept = fs::read_dir(root().join("fixtures/fuzz").join(target.name));
    let kept = kept.into_iter().flatten().flatten().map(|it| fs::read(it.path()));
    let seeds = (target.seeds)().into_iter().map(Ok).chain(kept);
    for (number, seed) in seeds.enumerate() {
        fs::write(folder.join(format!("{number:04}")), seed?)?;
    }
    Ok(folder.to_owned())
}
