//! Which scripts are meant: those of the suite inside this program, and those of
//! the files and folders that are named.

use crate::derived::{self, Wish};
use crate::status::Problem;
use qga_engine::Script;
use qga_engine::script::ClaimId;
use qga_engine::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The ending of a script's file name.
pub const ENDING: &str = "session";
/// The largest script that is read, in bytes.
const SCRIPT_BYTES_MAX: u64 = 64 << 20;
/// Folders inside folders that are looked into.
const FOLDER_DEPTH_MAX: usize = 32;

/// A script, and which of its claims are judged.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The script.
    pub script: Script,
    /// The claims it was chosen for; all of them if `None`.
    pub claims: Option<BTreeSet<ClaimId>>,
    /// Whether it was read from the disk, and is no part of the suite inside.
    pub is_from_disk: bool,
}

/// What the words of a command line name.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The scripts that were written, each once: in the order of the words, and below
    /// a word in the order of the names.
    pub chosen: Vec<Chosen>,
    /// The cases that are derived once the agent is known.
    pub derived: Wish,
}

/// What the words of a command line name; everything if there are none.
///
/// # Errors
/// A word that names nothing, a file that cannot be read, a script that does not parse.
pub fn choose(words: &[String]) -> Result<Selection, Problem> {
    let suite = embedded()?;
    if words.is_empty() {
        return Ok(Selection {
            chosen: suite.scripts.into_iter().map(Chosen::whole).collect(),
            derived: Wish::All,
        });
    }
    let (mut chosen, mut derived) = (EachOnce::default(), Vec::new());
    for word in words {
        if derived::is_meant(word)? {
            derived.push(word.clone());
            continue;
        }
        for found in name(&suite, word)? {
            chosen.add(found);
        }
    }
    Ok(Selection {
        chosen: chosen.scripts,
        derived: Wish::These(derived),
    })
}

impl Chosen {
    /// All of a script of the suite.
    pub fn whole(script: Script) -> Chosen {
        Chosen {
            script,
            claims: None,
            is_from_disk: false,
        }
    }

    /// How many claims are judged, from the first on: none after the last one that it was
    /// chosen for, so that what is wrong in the end is laid on one that is told.
    pub fn claims_to_judge(&self) -> usize {
        let Some(chosen) = &self.claims else {
            return usize::MAX;
        };
        let ids = self.script.claims().map(|(_, it)| chosen.contains(&it.id));
        ids.enumerate()
            .filter(|(_, is_chosen)| *is_chosen)
            .last()
            .map_or(0, |(at, _)| at + 1)
    }
}

/// The suite inside this program.
///
/// # Errors
/// It does not parse.
fn embedded() -> Result<Suite, Problem> {
    Suite::parse(qga_fixtures::sessions().iter().copied()).map_err(|errors| unparsable(&errors))
}

fn unparsable(errors: &[qga_engine::ScriptError]) -> Problem {
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Problem::usage(format!("a script does not parse\n{}", shown.join("\n")), "")
}

/// What one word names.
pub(crate) fn name(suite: &Suite, word: &str) -> Result<Vec<Chosen>, Problem> {
    let path = Path::new(word);
    if path.exists() {
        return read(path);
    }
    let claims = ClaimId::new(word).map(|it| BTreeSet::from([it]));
    let found = suite.select(&[word.to_owned()]).map_err(|sentences| {
        let cure = "name a file, a folder, or what the suite has: qga-conformance list shows it";
        Problem::usage(sentences.join("; "), cure)
    })?;
    Ok(found
        .into_iter()
        .map(|it| Chosen {
            script: it.clone(),
            claims: claims.clone(),
            is_from_disk: false,
        })
        .collect())
}

/// Scripts in the order in which they were first named.
#[derive(Debug, Default)]
pub(crate) struct EachOnce {
    /// The scripts.
    pub(crate) scripts: Vec<Chosen>,
    /// Where the script of a file is among them.
    places: BTreeMap<String, usize>,
}

impl EachOnce {
    /// A script named twice is run once, for the claims of both.
    pub(crate) fn add(&mut self, new: Chosen) {
        if let Some(place) = self.places.get(&new.script.file) {
            let known = &mut self.scripts[*place];
            known.claims = known.claims.take().zip(new.claims).map(|(known, new)| &known | &new);
        } else {
            self.places.insert(new.script.file.clone(), self.scripts.len());
            self.scripts.push(new);
        }
    }
}

fn read(path: &Path) -> Result<Vec<Chosen>, Problem> {
    let files = files(&[path.to_owned()])?;
    let texts = files.iter().map(|it| Ok((it.display().to_string(), text(it)?)));
    let texts = texts.collect::<Result<Vec<_>, Problem>>()?;
    let suite = Suite::parse(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())));
    let suite = suite.map_err(|errors| unparsable(&errors))?;
    Ok(suite
        .scripts
        .into_iter()
        .map(|script| Chosen {
            script,
            claims: None,
            is_from_disk: true,
        })
        .collect())
}

/// The scripts among the paths: files as they are named, folders with all
/// scripts below them, sorted.
///
/// # Errors
/// A path that is not there, a folder without scripts.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        collect(path, FOLDER_DEPTH_MAX, &mut files)?;
        if files.len() == before {
            let what = format!("there is no script in {}", path.display());
            return Err(Problem::usage(what, format!("a script's name ends in .{ENDING}")));
        }
    }
    Ok(files)
}

fn collect(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Problem> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut below: Vec<PathBuf> = entries.flatten().map(|it| it.path()).collect();
    below.sort();
    for path in below {
        let is_script = path.extension().is_some_and(|it| it == ENDING) && path.is_file();
        if is_script || (depth > 0 && path.is_dir() && !path.is_symlink()) {
            collect(&path, depth.saturating_sub(1), files)?;
        }
    }
    Ok(())
}

/// The text of a script.
///
/// # Errors
/// It cannot be read, is no UTF-8 or no ordinary size.
pub fn text(path: &Path) -> Result<String, Problem> {
    text_of(path, "a script is UTF-8; write other bytes as \\xHH in >raw and <raw")
}

/// The text of a file, and what is to be done if it is none in UTF-8.
///
/// # Errors
/// It cannot be read, is no UTF-8 or no ordinary size.
pub fn text_of(path: &Path, cure: &str) -> Result<String, Problem> {
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(SCRIPT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > SCRIPT_BYTES_MAX {
        let what = format!("{} has more than {SCRIPT_BYTES_MAX} bytes", path.display());
        return Err(Problem::usage(what, "is it the right file?"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|it| **it == b'\n').count() + 1;
        let what = format!("{}:{line}: the byte at offset {at} is no UTF-8", path.display());
        Problem::usage(what, cure)
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::usage(format!("cannot read {}: {error}", path.display()), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn folder() -> TempDir {
        let folder = TempDir::new().expect("a folder");
        for name in ["b/two.session", "a.session", "b/notes.txt", "b/c/three.session"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "session x\n").expect("a file");
        }
        folder
    }

    #[test]
    fn scripts_of_a_folder_are_found_in_order() {
        let folder = folder();
        let found = files(&[folder.path().to_owned()]).expect("scripts");
        let names: Vec<_> = found
            .iter()
            .filter_map(|it| it.strip_prefix(folder.path()).ok())
            .collect();
        assert_eq!(
            names,
            [
                Path::new("a.session"),
                Path::new("b/c/three.session"),
                Path::new("b/two.session")
            ]
        );
    }

    #[test]
    fn a_named_file_needs_no_ending_and_an_empty_folder_is_an_error() {
        let folder = folder();
        let notes = folder.path().join("b/notes.txt");
        assert_eq!(files(std::slice::from_ref(&notes)).expect("a file"), [notes]);
        let empty = TempDir::new().expect("a folder");
        let error = files(&[empty.path().to_owned()]).expect_err("no script");
        assert!(error.what.contains("no script in"), "{error}");
    }

    #[test]
    fn text_that_is_no_utf8_is_placed() {
        let folder = folder();
        let path = folder.path().join("bad.session");
        fs::write(&path, b"session x\n>raw \xFF\n").expect("a file");
        let error = text(&path).expect_err("no text");
        assert!(error.what.contains("bad.session:2: the byte at offset 15"), "{error}");
    }
}
