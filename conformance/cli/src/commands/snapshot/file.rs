//! A snapshot as a file of insta: a header between two lines of dashes, the text
//! after it. What changed waits beside it as `.snap.new` for `cargo insta review`.

use crate::status::Problem;
use qga_engine::derive::PREFIX;
use qga_engine::responses::Responses;
use similar::TextDiff;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The line around the header.
const FENCE: &str = "---\n";
/// The folder of the snapshots of derived scripts.
const DERIVED: &str = "derived";

/// What became of a snapshot.
pub(super) enum Change {
    /// There was none: it is kept.
    New,
    /// It is as it was.
    None,
    /// It differs, as this text shows, and waits for review.
    Shown(String),
}

/// A snapshot that may be kept.
pub(super) struct Snapshot {
    /// Its path below the folder, without an ending.
    path: PathBuf,
    header: String,
    text: String,
}

impl Snapshot {
    /// The snapshot of what an agent answered to a script.
    pub(super) fn of(responses: &Responses, agent: &str) -> Snapshot {
        Snapshot {
            path: path(&responses.file),
            header: header(responses, agent),
            text: responses.text(),
        }
    }

    /// Keeps it if there is none yet, and puts it up for review if it differs.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub(super) fn keep(&self, dir: &Path) -> Result<Change, Problem> {
        let kept = dir.join(&self.path);
        let new = kept.with_extension("snap.new");
        let known = match fs::read_to_string(&kept) {
            Ok(file) => Some(contents(&file).to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(&kept, &error)),
        };
        let Some(known) = known else {
            self.write(&kept)?;
            forget(&new)?;
            return Ok(Change::New);
        };
        if known.trim_end() == self.text.trim_end() {
            forget(&new)?;
            return Ok(Change::None);
        }
        self.write(&new)?;
        Ok(Change::Shown(self.difference(&known, &kept)))
    }

    fn write(&self, path: &Path) -> Result<(), Problem> {
        let folder = path.parent().unwrap_or(path);
        let file = format!("{FENCE}{}{FENCE}{}\n", self.header, self.text.trim_end());
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, file));
        written.map_err(|error| {
            let what = format!("cannot write {}: {error}", path.display());
            Problem::usage(what, "name another folder with --dir")
        })
    }

    fn difference(&self, known: &str, kept: &Path) -> String {
        let name = kept.display().to_string();
        let known = format!("{}\n", known.trim_end());
        TextDiff::from_lines(&known, &self.text)
            .unified_diff()
            .header(&name, &format!("{name}.new"))
            .to_string()
    }
}

/// The header, in the order in which insta writes it. Only the text below it counts
/// when two snapshots are held against each other.
fn header(responses: &Responses, agent: &str) -> String {
    let field = |name: &str, value: &str| format!("{name}: {}\n", quoted(value));
    let expression = format!("qga-conformance run {}", shell_words::quote(&responses.file));
    [
        field("source", &responses.file),
        field("description", &format!("{agent}: {}", responses.session)),
        field("expression", &expression),
    ]
    .concat()
}

/// As YAML: a string of JSON is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What stands after the header.
fn contents(file: &str) -> &str {
    let after = file
        .strip_prefix(FENCE)
        .and_then(|it| it.split_once(&format!("\n{FENCE}")));
    after.map_or(file, |(_, text)| text)
}

/// Below the folder as in the suite. A script of the disk may be named from anywhere:
/// what leads out of the folder is left out.
fn path(file: &str) -> PathBuf {
    let derived = file.strip_prefix(PREFIX).map(|it| format!("{DERIVED}/{it}"));
    let name = derived.as_deref().unwrap_or(file);
    let name = name.strip_suffix(".session").unwrap_or(name);
    let steps = name.split('/').filter(|it| !matches!(*it, "" | "." | ".."));
    // The ending is put after the name, which may have a dot in it.
    PathBuf::from(steps.collect::<PathBuf>().display().to_string() + ".snap")
}

fn forget(path: &Path) -> Result<(), Problem> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let what = format!("cannot remove {}: {error}", path.display());
            Err(Problem::usage(what, "it is a pending snapshot that holds no more"))
        }
        _ => Ok(()),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::usage(format!("cannot read {}: {error}", path.display()), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("file/open.session", "file/open.snap")]
    #[case("derived:guest-ping/id", "derived/guest-ping/id.snap")]
    #[case("/home/me/../mine.session", "home/me/mine.snap")]
    #[case("a.b.session", "a.b.snap")]
    fn snapshots_lie_below_the_folder(#[case] file: &str, #[case] expected: &str) {
        assert_eq!(path(file), Path::new(expected));
    }

    #[test]
    fn the_text_after_the_header_is_found() {
        assert_eq!(
            contents("---\nsource: \"x\"\n---\n> {}\n---\n< {}\n"),
            "> {}\n---\n< {}\n"
        );
        assert_eq!(contents("no header\n"), "no header\n");
    }
}
